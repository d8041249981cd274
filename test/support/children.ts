/** Runs that a run has triggered. */
import { addWorkflow } from "../triggers/second-workflow.ts";
import { answeringRunner } from "./fake-runner.ts";
import { callBack } from "./lifecycle.ts";
import type { Service } from "./service.ts";
import { createTenant, runToken, type TestTenant } from "./tenant.ts";

/** A tenant whose workflow may trigger runs of a second one. Runners take all runs, and 50 of each workflow at the same time. */
export async function createFamily(service: Service): Promise<{ tenant: TestTenant; childId: string }> {
  const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
  const childId = await addWorkflow(service.database, tenant);
  await service.database.sql`
    update workflow_definitions set max_running = 50, may_trigger = array[${childId}]::uuid[] where id = ${tenant.definitionId}`;
  await service.database.sql`update workflow_definitions set max_running = 50 where id = ${childId}`;
  return { tenant, childId };
}

export type Child = { run_id: string; key: string; status: string; is_new?: boolean; output?: unknown };

/** Asks for children like the runner of this attempt. */
export const askForChildren = async (
  service: Service,
  tenant: TestTenant,
  runId: string,
  children: readonly object[],
  attempt = 1,
): Promise<Response> =>
  service.send("POST", `/v1/workflow-runs/${runId}/children`, await runToken(tenant, runId, attempt), { children });

/** Children of this workflow with these keys. Throws unless the service has triggered them. */
export async function triggerChildren(
  service: Service,
  { tenant, childId }: { tenant: TestTenant; childId: string },
  runId: string,
  keys: readonly string[],
  attempt = 1,
): Promise<Child[]> {
  const specs = keys.map((key) => ({ workflow_definition_id: childId, key, input: { key } }));
  const response = await askForChildren(service, tenant, runId, specs, attempt);
  if (response.status !== 200) throw new Error(`children: ${response.status} ${await response.text()}`);
  return (await response.json<{ runs: Child[] }>()).runs;
}

export const complete = (service: Service, tenant: TestTenant, runId: string, output: unknown = null) =>
  callBack(service, tenant, runId, { status: "COMPLETED", output });

export const fail = (service: Service, tenant: TestTenant, runId: string, attempt = 1) =>
  callBack(service, tenant, runId, { status: "FAILED", error: "It broke." }, attempt);

/** A page of the children, like the runner of this attempt. */
export async function listChildren(service: Service, tenant: TestTenant, runId: string, attempt = 1, query = "") {
  const path = `/v1/workflow-runs/${runId}/children${query}`;
  const response = await service.get(path, await runToken(tenant, runId, attempt));
  if (response.status !== 200) throw new Error(`children: ${response.status} ${await response.text()}`);
  return response.json<{ items: Child[]; next_cursor: string | null }>();
}
