import { callBack, invoke, runToken } from "../support/lifecycle.ts";
import { WEBHOOK_SECRET } from "../support/tenant.ts";
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
  change("delete_path_part", async (world) => {
    const { path_part_id = "" } = await post(world, "/v1/path-parts", {
      name: "doomed",
      part_type: "FOLDER",
      parent_path_id: null,
    });
    return { parameters: { path_part_id } };
  }),

  read("list_workflow_definitions", async () => ({})),
  read("get_workflow_definition", async (world) => ({ parameters: readDefinition(world) })),
  change("create_workflow_definition", async (world) => ({ body: describeDefinition(world) })),
  {
    ...change("update_workflow_definition", async (world) => {
      await prepareRunning(world);
      return { parameters: readDefinition(world), body: describeDefinition(world) };
    }),
    isRepeatable: true,
  },
  change("delete_workflow_definition", async (world) => {
    await prepareFailed(world);
    return { parameters: readDefinition(world) };
  }),

  read("get_me", async () => ({})),
  read("list_tenant_users", async ({ tenant }) => ({ parameters: { tenant_id: tenant.id } })),
  change("create_tenant_user", async ({ tenant }) => ({
    parameters: { tenant_id: tenant.id },
    body: { email: "new@test.example", role: "USER" },
  })),
  change("update_tenant_user", async ({ tenant }) => ({
    parameters: { tenant_id: tenant.id, user_id: tenant.user.id },
    body: { role: "ADMIN" },
  })),
  change("deactivate_tenant_user", async ({ tenant }) => ({
    parameters: { tenant_id: tenant.id, user_id: tenant.user.id },
  })),
  change("activate_tenant_user", async (world) => {
    const { id: tenant_id, user } = world.tenant;
    await post(world, `/v1/tenants/${tenant_id}/users/${user.id}/deactivate`);
    return { parameters: { tenant_id, user_id: user.id } };
  }),

  read("list_user_permissions", async ({ tenant }) => ({
    parameters: { tenant_id: tenant.id, user_id: tenant.user.id },
  })),
  change("create_user_permission", async (world) => ({ body: describeGrant(world) })),
  change("update_user_permission", async (world) => ({
    parameters: await createGrant(world),
    body: { capability: "READ_WRITE" },
  })),
  change("delete_user_permission", async (world) => ({ parameters: await createGrant(world) })),

  read("list_api_keys", async () => ({})),
  read("get_api_key", async (world) => ({ parameters: await createKey(world) })),
  change("create_api_key", async () => ({ body: { name: "new" } })),
  change("delete_api_key", async (world) => ({ parameters: await createKey(world) })),
];

/** Posts as the tenant's owner; the answer's fields that are texts. */
async function post({ service, tenant }: World, path: string, body?: unknown): Promise<Record<string, string>> {
  const response = await service.send("POST", path, tenant.owner.key, body);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** What the tenant's definition says, but for its name. */
const describeDefinition = ({ tenant, runner }: World) => ({
  name: "Another name",
  runner_type: "SELF_HOSTED",
  runner_config: { url: runner.url, webhook_secret: WEBHOOK_SECRET },
  source_path_part_ids: [tenant.sourcesId],
  instruction_path_part_ids: [tenant.instructionsId],
  output_path_part_ids: [tenant.outputsId],
});

const describeGrant = ({ tenant }: World) => ({
  tenant_id: tenant.id,
  user_id: tenant.user.id,
  path_part_id: tenant.sourcesId,
  capability: "READ_ONLY",
});

async function createGrant(world: World): Promise<Record<string, string>> {
  const { id = "" } = await post(world, "/v1/user-permissions", describeGrant(world));
  return { permission_id: id, tenant_id: world.tenant.id };
}

async function createKey(world: World): Promise<Record<string, string>> {
  const { id = "" } = await post(world, "/v1/api-keys", { name: "doomed" });
  return { api_key_id: id };
}

export const nameOf = ({ operationId, variant }: Trial) => (variant ? `${operationId}, ${variant}` : operationId);
