import { inject } from "vitest";
import { readConfig } from "../../src/config.ts";
import { signRunToken } from "../../src/http/credentials/run-token.ts";
import type { Service } from "./service.ts";
import { SETTINGS } from "./settings.ts";
import type { TestTenant } from "./tenant.ts";

/** A runner that answers everything with this status, and remembers nothing. */
export const answeringRunner = (status: number) => `${inject("harnessUrl")}/answering-runner?status=${status}`;

/** A runner that has no time: a dispatch to it fails, and is due again later. */
export const BUSY_RUNNER = answeringRunner(503);

const { runTokenKeys } = readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused" });

export const invokePath = (tenant: TestTenant) => `/v1/workflow-definitions/${tenant.definitionId}/invoke`;

/** Triggers a run of the tenant's definition, and returns its id. */
export async function invoke(service: Service, tenant: TestTenant, key = tenant.owner.key): Promise<string> {
  const response = await service.send("POST", invokePath(tenant), key, {});
  if (response.status !== 202) throw new Error(`invoke: ${response.status} ${await response.text()}`);
  return (await response.json<{ id: string }>()).id;
}

/** The token that a dispatch of this attempt brings. */
export function runToken(tenant: TestTenant, runId: string, attempt = 1): Promise<string> {
  return signRunToken(runTokenKeys, { runId, attempt, tenantId: tenant.id, expiresAt: new Date().toISOString() });
}

/** Says, as the runner would, how an attempt ended. */
export async function callBack(
  service: Service,
  tenant: TestTenant,
  runId: string,
  result: unknown,
  attempt = 1,
): Promise<Response> {
  return service.send("POST", `/v1/workflow-runs/${runId}/callback`, await runToken(tenant, runId, attempt), result);
}

/** How a run stands, to its tenant's owner. */
export async function readRun(service: Service, tenant: TestTenant, runId: string) {
  const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
  return response.json<Record<string, unknown> & { status: string; error: string | null }>();
}

/** The types of what happened to a run, oldest first. */
export async function eventTypes(service: Service, tenant: TestTenant, runId: string): Promise<string[]> {
  const response = await service.get(`/v1/workflow-runs/${runId}/events?limit=100`, tenant.owner.key);
  const { items } = await response.json<{ items: { type: string }[] }>();
  return items.map(({ type }) => type);
}

/** Moves a RUNNING run's times back, so that its deadline was `seconds` ago. */
export async function makeOverdue(service: Service, runId: string, seconds = 1): Promise<void> {
  await service.database.sql`
    update workflow_runs
    set started_at = started_at - (deadline_at - statement_timestamp()) - make_interval(secs => ${seconds}),
        deadline_at = statement_timestamp() - make_interval(secs => ${seconds})
    where id = ${runId}`;
}

/**
 * Moves a RUNNING run's times back, as {@link makeOverdue} does, while others are at it: under the definition's lock,
 * since time does not jump in the middle of a change.
 */
export async function passDeadline({ database: { sql } }: Service, runId: string): Promise<void> {
  await sql.transaction([
    sql`
      select d.id from workflow_runs r join workflow_definitions d on d.id = r.workflow_definition_id
      where r.id = ${runId} for update of d`,
    sql`
      update workflow_runs
      set started_at = started_at - (deadline_at - statement_timestamp()) - interval '1 second',
          deadline_at = statement_timestamp() - interval '1 second'
      where id = ${runId} and status = 'RUNNING'`,
  ]);
}
