import { addDefinition, addFolder, addGrant, addKey, addRun, definitionBody, type Stage } from "./stage.ts";
import { addUser } from "./users.ts";

/** A request that an OWNER could make, once: each call has a thing of its own to be about. */
export type Call = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  /** The run whose token opens it, where one does. */
  runId?: string;
};

const users = ({ tenant }: Stage) => `/v1/tenants/${tenant.id}/users`;

/** How each operation of the OpenAPI document is called. */
export const CALLS: Record<string, (stage: Stage) => Call | Promise<Call>> = {
  list_workflow_definitions: () => ({ method: "GET", path: "/v1/workflow-definitions?limit=100" }),
  create_workflow_definition: (stage) => ({
    method: "POST",
    path: "/v1/workflow-definitions",
    body: definitionBody(stage),
  }),
  get_workflow_definition: async (stage) => ({
    method: "GET",
    path: `/v1/workflow-definitions/${await addDefinition(stage)}`,
  }),
  update_workflow_definition: async (stage) => ({
    method: "PUT",
    path: `/v1/workflow-definitions/${await addDefinition(stage)}`,
    body: definitionBody(stage),
  }),
  delete_workflow_definition: async (stage) => ({
    method: "DELETE",
    path: `/v1/workflow-definitions/${await addDefinition(stage)}`,
  }),
  invoke_workflow: async (stage) => ({
    method: "POST",
    path: `/v1/workflow-definitions/${await addDefinition(stage)}/invoke`,
    body: { idempotency_key: stage.mark },
  }),
  list_workflow_runs: ({ tenant }) => ({
    method: "GET",
    path: `/v1/workflow-definitions/${tenant.definitionId}/runs?limit=100`,
  }),
  list_tenant_workflow_runs: () => ({ method: "GET", path: "/v1/workflow-runs?limit=100" }),
  summarise_workflow_runs: () => ({ method: "GET", path: "/v1/workflow-runs/summary" }),
  get_workflow_run: async (stage) => ({ method: "GET", path: `/v1/workflow-runs/${await addRun(stage, "FAILED")}` }),
  delete_workflow_run: async (stage) => ({
    method: "DELETE",
    path: `/v1/workflow-runs/${await addRun(stage, "COMPLETED")}`,
  }),
  list_workflow_run_events: async (stage) => ({
    method: "GET",
    path: `/v1/workflow-runs/${await addRun(stage, "COMPLETED")}/events`,
  }),
  stop_workflow_run: async (stage) => ({
    method: "POST",
    path: `/v1/workflow-runs/${await addRun(stage, "RUNNING")}/stop`,
    body: { reason: stage.mark },
  }),
  retry_workflow_run: async (stage) => ({
    method: "POST",
    path: `/v1/workflow-runs/${await addRun(stage, "FAILED")}/retry`,
  }),
  workflow_run_callback: async (stage) => {
    const runId = await addRun(stage, "RUNNING");
    const body = { status: "FAILED", error: stage.mark };
    return { method: "POST", path: `/v1/workflow-runs/${runId}/callback`, body, runId };
  },
  list_path_parts: ({ roots }) => ({
    method: "GET",
    path: `/v1/path-parts?parent_path_id=${roots["/outputs"]}&max_depth=5&limit=100`,
  }),
  create_path_part: (stage) => ({
    method: "POST",
    path: "/v1/path-parts",
    body: {
      name: `${stage.mark}-${crypto.randomUUID()}`,
      part_type: "FOLDER",
      parent_path_id: stage.roots["/outputs"],
    },
  }),
  get_path_part: async (stage) => ({ method: "GET", path: `/v1/path-parts/${await addFolder(stage)}` }),
  update_path_part: async (stage) => ({
    method: "PATCH",
    path: `/v1/path-parts/${await addFolder(stage)}`,
    body: { name: `${stage.mark}-${crypto.randomUUID()}` },
  }),
  delete_path_part: async (stage) => ({ method: "DELETE", path: `/v1/path-parts/${await addFolder(stage)}` }),
  get_me: () => ({ method: "GET", path: "/v1/users/me" }),
  list_tenant_users: (stage) => ({ method: "GET", path: `${users(stage)}?limit=100` }),
  create_tenant_user: (stage) => ({
    method: "POST",
    path: users(stage),
    body: { email: `${crypto.randomUUID()}@${stage.mark}.example`, first_name: stage.mark, role: "USER" },
  }),
  update_tenant_user: async (stage) => ({
    method: "PATCH",
    path: `${users(stage)}/${(await addUser(stage.service.database, stage.tenant)).id}`,
    body: { role: "ADMIN" },
  }),
  deactivate_tenant_user: async (stage) => ({
    method: "POST",
    path: `${users(stage)}/${(await addUser(stage.service.database, stage.tenant)).id}/deactivate`,
  }),
  activate_tenant_user: async (stage) => ({
    method: "POST",
    path: `${users(stage)}/${(await addUser(stage.service.database, stage.tenant)).id}/activate`,
  }),
  list_user_permissions: ({ tenant, colleague }) => ({
    method: "GET",
    path: `/v1/user-permissions?tenant_id=${tenant.id}&user_id=${colleague.id}&limit=100`,
  }),
  create_user_permission: async (stage) => ({
    method: "POST",
    path: "/v1/user-permissions",
    body: {
      tenant_id: stage.tenant.id,
      user_id: (await addUser(stage.service.database, stage.tenant)).id,
      path_part_id: await addFolder(stage),
      capability: "READ_WRITE",
    },
  }),
  update_user_permission: async (stage) => ({
    method: "PATCH",
    path: `/v1/user-permissions/${await addGrant(stage)}?tenant_id=${stage.tenant.id}`,
    body: { capability: "READ_WRITE" },
  }),
  delete_user_permission: async (stage) => ({
    method: "DELETE",
    path: `/v1/user-permissions/${await addGrant(stage)}?tenant_id=${stage.tenant.id}`,
  }),
  create_api_key: ({ mark }) => ({ method: "POST", path: "/v1/api-keys", body: { name: mark } }),
  list_api_keys: () => ({ method: "GET", path: "/v1/api-keys" }),
  get_api_key: async (stage) => ({ method: "GET", path: `/v1/api-keys/${await addKey(stage)}` }),
  delete_api_key: async (stage) => ({ method: "DELETE", path: `/v1/api-keys/${await addKey(stage)}` }),
  health_check: () => ({ method: "GET", path: "/healthz" }),
  readiness_check: () => ({ method: "GET", path: "/readyz" }),
  get_service: () => ({ method: "GET", path: "/" }),
};

/** How an operation is called. A new route has to say so here, and is then tested with all others. */
export async function callOf(operationId: string, stage: Stage): Promise<Call> {
  const call = CALLS[operationId];
  if (!call) throw new Error(`test/support/operations.ts does not say how ${operationId} is called.`);
  return call(stage);
}

/** A call as a request of whoever holds the token; of nobody without one. */
export function requestOf({ method, body }: Call, token?: string): RequestInit<IncomingRequestCfProperties> {
  return {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}
