import { callBack, invoke, runToken } from "../support/lifecycle.ts";
import type { World } from "./world.ts";

/** What the operation is sent, beside the method and path that the document gives it. */
export type Sent = { parameters?: Record<string, string>; token?: string; body?: unknown };

/** How to try an operation. */
export type Trial = {
  operationId: string;
  /** What tells it from another trial of the same operation. */
  variant?: string;
  /** True when the service may carry it out twice, and comes to the same. */
  isRepeatable: boolean;
  /** False for an operation that never asks the database. */
  usesDatabase?: boolean;
  /** Makes what the operation needs. */
  prepare(world: World): Promise<Sent>;
};

const readRuns = async ({ service, tenant }: World) => ({ run_id: await invoke(service, tenant) });
const readDefinition = ({ tenant }: World) => ({ definition_id: tenant.definitionId });

/** A run that the tenant's runner has failed. */
async function prepareFailed({ service, tenant }: World): Promise<Sent> {
  const runId = await invoke(service, tenant);
  await callBack(service, tenant, runId, { status: "FAILED", error: "No such column." });
  return { parameters: { run_id: runId } };
}

/** A RUNNING run with another one behind it. */
async function prepareRunning({ service, tenant }: World): Promise<Sent> {
  const runId = await invoke(service, tenant);
  await invoke(service, tenant);
  return { parameters: { run_id: runId } };
}

const read = (operationId: string, prepare: Trial["prepare"]): Trial => ({ operationId, isRepeatable: true, prepare });
const change = (operationId: string, prepare: Trial["prepare"]): Trial => ({
  operationId,
  isRepeatable: false,
  prepare,
});

/** At least one trial of every operation that the document has. */
export const TRIALS: Trial[] = [
  { ...read("get_service", async () => ({})), usesDatabase: false },
  read("health_check", async () => ({})),
  read("readiness_check", async ({ service }) => {
    await service.sweep();
    return {};
  }),

  { ...change("invoke_workflow", async (world) => ({ parameters: readDefinition(world) })), isRepeatable: true },
  {
    ...change("invoke_workflow", async (world) => ({
      parameters: readDefinition(world),
      body: { idempotency_key: "once" },
    })),
    variant: "with a key",
    isRepeatable: true,
  },
  read("list_workflow_runs", async (world) => {
    await invoke(world.service, world.tenant);
    return { parameters: readDefinition(world) };
  }),

  read("get_workflow_run", async (world) => ({ parameters: await readRuns(world) })),
  read("list_workflow_run_events", async (world) => ({ parameters: await readRuns(world) })),
  read("list_tenant_workflow_runs", async (world) => {
    await readRuns(world);
    return {};
  }),
  read("summarise_workflow_runs", async (world) => {
    await readRuns(world);
    return {};
  }),
  change("delete_workflow_run", prepareFailed),
  change("retry_workflow_run", prepareFailed),
  change("stop_workflow_run", prepareRunning),
  {
    ...change("workflow_run_callback", async (world) => {
      const { parameters = {} } = await prepareRunning(world);
      const token = await runToken(world.tenant, parameters.run_id ?? "");
      return { parameters, token, body: { status: "COMPLETED" } };
    }),
    isRepeatable: true,
  },

  read("list_path_parts", async () => ({})),
  read("get_path_part", async ({ tenant }) => ({ parameters: { path_part_id: tenant.sourcesId } })),
  change("create_path_part", async () => ({ body: { name: "new", part_type: "FOLDER", parent_path_id: null } })),
  change("update_path_part", async ({ tenant }) => ({
    parameters: { path_part_id: tenant.sourcesId },
    body: { name: "renamed" },
  })),
  change("delete_path_part", async (world) => ({ parameters: { path_part_id: await createFolder(world) } })),
];

async function createFolder({ service, tenant }: World): Promise<string> {
  const body = { name: "doomed", part_type: "FOLDER", parent_path_id: null };
  const response = await service.send("POST", "/v1/path-parts", tenant.owner.key, body);
  return (await response.json<{ path_part_id: string }>()).path_part_id;
}

export const nameOf = ({ operationId, variant }: Trial) => (variant ? `${operationId}, ${variant}` : operationId);
