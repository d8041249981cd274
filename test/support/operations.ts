import { createHmac } from "node:crypto";
import { addCommandLineCode, addSignInSession, VERIFIER } from "./sign-in-session.ts";
import {
  addArtifact,
  addBatch,
  addColleague,
  addDefinition,
  addDelayed,
  addDelivery,
  addEnded,
  addEndpoint,
  addFiredTrigger,
  addFolder,
  addInvite,
  addKey,
  addLeased,
  addParent,
  addPermission,
  addRunnerSession,
  addRunning,
  addServiceUser,
  addSuspended,
  addTrigger,
  addWaitingForLease,
  addWebhook,
  artifactBody,
  definitionBody,
  type Stage,
  suspensionBody,
  triggerBody,
} from "./stage.ts";

/** A request that an OWNER can send once. Each call acts on a new object. */
export type Call = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  /** The run whose token is the credential, if it is one. */
  runId?: string;
  /** The token of a runner's session, or the code of a command line, if it is the credential. */
  sessionToken?: string;
  /** The signature of a message to a trigger, and the secret that signs it or is in the path. */
  headers?: Record<string, string>;
  secret?: string;
  /** The invited email, for a call that accepts an invite. Only a session with this verified email may do so. */
  invitedEmail?: string;
};

/** The statuses for: a USER without permissions, one who may read, one who may write, an ADMIN, the OWNER, another tenant's OWNER. */
type Answers = readonly [bare: number, reader: number, writer: number, admin: number, owner: number, stranger: number];

export type Operation = {
  call: (stage: Stage) => Call | Promise<Call>;
  /**
   * The statuses for known callers. "anybody": 200 even without a credential. "runner": 200 only with the token of its run or
   * session. "sender": 202, whatever the credential, since the message itself is signed.
   */
  answers: Answers | "anybody" | "runner" | "sender";
  /** Which scope a key of the OWNER with scopes needs for it: "any" is each, and "none" that only a key without scopes may. */
  scope?: "read" | "run" | "manage" | "metrics" | "any" | "none";
  /** The OWNER's status with a session instead of a key, when it differs. */
  ownerBySession?: number;
  /**
   * True for an idempotent change, which the service retries when its connection to the database breaks. Reads are always
   * retried.
   */
  isRepeatable?: true;
  /** True when something may be sent after the answer: the dispatch of a run that it starts, or a notification. */
  sendsAfterwards?: true;
  /** How many requests to the database it makes, when it is not one. Two are an exception: migrations/functions/runs/rules/artifacts.sql. */
  databaseRequests?: 0 | 2;
};

const get = (path: string): Call => ({ method: "GET", path });
const post = (path: string, body?: unknown): Call => ({ method: "POST", path, body });
const patch = (path: string, body: unknown): Call => ({ method: "PATCH", path, body });
const remove = (path: string): Call => ({ method: "DELETE", path });
const users = ({ tenant }: Stage) => `/v1/tenants/${tenant.id}/users`;
const definition = (id: string) => `/v1/workflow-definitions/${id}`;
const endpoint = (id: string) => `/v1/notification-endpoints/${id}`;
const trigger = (id: string) => `/v1/triggers/${id}`;
/** A signed message to a trigger. */
const messageTo = ({ id, secret }: { id: string; secret: string }, body: object): Call => ({
  ...post(`/v1/inbound/${id}`, body),
  headers: { "X-Signature": createHmac("sha256", secret).update(JSON.stringify(body)).digest("hex") },
  secret,
});
const run = ({ runId }: { runId: string }) => `/v1/workflow-runs/${runId}`;

/**
 * Every operation of the OpenAPI document by its `operationId`. The tests of rights, of the isolation of tenants, of secrets,
 * plans, random requests and faults use this table, and so does the benchmark of round trips. A new route needs a row here and
 * nowhere else.
 */
export const OPERATIONS: Record<string, Operation> = {
  list_workflow_definitions: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/workflow-definitions?limit=100"),
  },
  create_workflow_definition: {
    answers: [403, 403, 403, 201, 201, 422],
    scope: "manage",
    call: (stage) => post("/v1/workflow-definitions", definitionBody(stage)),
  },
  get_workflow_definition: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(definition(await addDefinition(stage))),
  },
  update_workflow_definition: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => ({
      method: "PUT",
      path: definition((await addRunning(stage)).definitionId),
      body: definitionBody(stage),
    }),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  pause_workflow_definition: {
    answers: [404, 403, 204, 204, 204, 404],
    scope: "manage",
    call: async (stage) => post(`${definition(await addDefinition(stage))}/pause`),
  },
  resume_workflow_definition: {
    answers: [404, 403, 204, 204, 204, 404],
    scope: "manage",
    call: async (stage) => post(`${definition((await addRunning(stage)).definitionId)}/resume`),
  },
  delete_workflow_definition: {
    answers: [404, 403, 403, 204, 204, 404],
    scope: "manage",
    call: async (stage) => remove(definition((await addEnded(stage, "FAILED")).definitionId)),
  },
  get_workflow_definition_policy: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${definition(await addDefinition(stage))}/policy`),
  },
  get_workflow_input_schema: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${definition(await addDefinition(stage))}/input-schema`),
  },
  update_workflow_definition_policy: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => ({
      method: "PUT",
      path: `${definition(await addDefinition(stage))}/policy`,
      body: {
        ...{ handover: "lease", lease_seconds: 30, max_attempts: 3, retry_on: ["LOST"] },
        ...{ max_running: 3, max_running_per_key: 2, key_from: "/customer" },
        ...{ when_busy: "replace_queued", replace_grace_seconds: 30, max_queued: 9 },
        ...{ run_needs: "read", runner_tags: [], may_trigger: [] },
        input_schema: { properties: { customer: { type: "string" } } },
      },
    }),
    isRepeatable: true,
  },
  invoke_workflow: {
    answers: [404, 403, 202, 202, 202, 404],
    scope: "run",
    call: async (stage) =>
      post(`${definition(await addDefinition(stage))}/invoke`, {
        idempotency_key: stage.mark,
        input: { mark: stage.mark },
        labels: { customer: stage.mark },
        concurrency_key: stage.mark,
      }),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  invoke_workflow_batch: {
    answers: [404, 403, 202, 202, 202, 404],
    scope: "run",
    call: async (stage) =>
      post(`${definition(await addDefinition(stage))}/invoke-batch`, {
        idempotency_key: stage.mark,
        runs: [{ input: { mark: stage.mark }, labels: { customer: stage.mark }, concurrency_key: stage.mark }, {}],
      }),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  get_run_batch: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`/v1/run-batches/${await addBatch(stage)}`),
  },
  list_run_batch_results: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`/v1/run-batches/${await addBatch(stage)}/results`),
  },
  list_triggers: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${definition(await addDefinition(stage))}/triggers?limit=100`),
  },
  create_trigger: {
    answers: [404, 403, 201, 201, 201, 404],
    scope: "manage",
    call: async (stage) => post(`${definition(await addDefinition(stage))}/triggers`, triggerBody(stage)),
    isRepeatable: true,
  },
  get_trigger: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(trigger(await addTrigger(stage))),
  },
  update_trigger: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => ({ method: "PUT", path: trigger(await addTrigger(stage)), body: triggerBody(stage) }),
    isRepeatable: true,
  },
  delete_trigger: {
    answers: [404, 403, 204, 204, 204, 404],
    scope: "manage",
    call: async (stage) => remove(trigger(await addFiredTrigger(stage))),
  },
  pause_trigger: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => post(`${trigger(await addTrigger(stage))}/pause`, { note: stage.mark }),
    isRepeatable: true,
  },
  resume_trigger: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => post(`${trigger(await addTrigger(stage))}/resume`, { catch_up: true }),
    isRepeatable: true,
  },
  fire_trigger: {
    answers: [404, 403, 202, 202, 202, 404],
    scope: "run",
    call: async (stage) => post(`${trigger(await addTrigger(stage))}/fire`),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  rotate_trigger_secret: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => post(`${trigger((await addWebhook(stage, "hmac-sha256")).id)}/rotate-secret`),
  },
  // The first message of a minute costs another request, in which the isolate reads the trigger: test/triggers/inbound.test.ts.
  receive_webhook: {
    answers: "sender",
    call: async (stage) => messageTo(await addWebhook(stage, "hmac-sha256"), { mark: stage.mark }),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  receive_webhook_by_token: {
    answers: "sender",
    call: async (stage) => {
      const { id, secret } = await addWebhook(stage, "token");
      return { ...post(`/v1/inbound/${id}/${secret}`, { mark: stage.mark }), secret };
    },
    isRepeatable: true,
    sendsAfterwards: true,
  },
  // With `dry_run` it only reads. Without, it is the one change that reads first, in a request of its own: test/triggers/backfill.test.ts.
  backfill_trigger: {
    answers: [404, 403, 202, 202, 202, 404],
    scope: "run",
    call: async (stage) => {
      const range = { from: "2024-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" };
      return post(`${trigger(await addTrigger(stage))}/backfill`, { ...range, dry_run: true });
    },
    isRepeatable: true,
  },
  list_trigger_firings: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${trigger(await addFiredTrigger(stage))}/firings?limit=100`),
  },
  list_trigger_occurrences: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${trigger(await addTrigger(stage))}/occurrences?limit=5`),
  },
  list_workflow_runs: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${definition((await addRunning(stage)).definitionId)}/runs?limit=100`),
  },
  list_tenant_workflow_runs: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/workflow-runs?limit=100&details=true"),
  },
  summarise_workflow_runs: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/workflow-runs/summary"),
  },
  get_workflow_run: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(run(await addEnded(stage, "FAILED"))),
  },
  get_workflow_run_details: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addRunning(stage))}/details`),
  },
  delete_workflow_run: {
    answers: [404, 403, 403, 204, 204, 404],
    scope: "run",
    call: async (stage) => remove(run(await addEnded(stage, "COMPLETED"))),
  },
  list_workflow_run_events: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addEnded(stage, "COMPLETED"))}/events`),
  },
  // The stream of an ended run needs no hub. The stream of all runs does, and the services of most tests have none.
  stream_workflow_run: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addEnded(stage, "COMPLETED"))}/stream?log=true`),
  },
  stream_tenant_workflow_runs: {
    answers: [503, 503, 503, 503, 503, 503],
    scope: "read",
    call: () => get("/v1/workflow-runs/stream"),
  },
  stop_workflow_run: {
    answers: [404, 403, 403, 200, 200, 404],
    scope: "run",
    call: async (stage) => post(`${run(await addRunning(stage))}/stop`, { reason: stage.mark }),
    sendsAfterwards: true,
  },
  start_workflow_run_now: {
    answers: [404, 403, 403, 200, 200, 404],
    scope: "run",
    call: async (stage) => post(`${run(await addDelayed(stage))}/start-now`),
    sendsAfterwards: true,
  },
  prioritize_workflow_run: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "run",
    call: async (stage) => ({
      method: "PUT",
      path: `${run(await addDelayed(stage))}/priority`,
      body: { priority: 9 },
    }),
  },
  retry_workflow_run: {
    answers: [404, 403, 403, 202, 202, 404],
    scope: "run",
    call: async (stage) => post(`${run(await addEnded(stage, "FAILED"))}/retry`),
    sendsAfterwards: true,
  },
  change_workflow_runs: {
    // A caller who may not change a run is told so for each run.
    answers: [200, 200, 200, 200, 200, 200],
    scope: "run",
    call: async (stage) =>
      post("/v1/workflow-runs/bulk", { action: "stop", run_ids: [(await addRunning(stage)).runId] }),
    sendsAfterwards: true,
  },
  workflow_run_callback: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addRunning(stage);
      const result = { status: "FAILED", error: stage.mark, output: [stage.mark], artifacts: [{ name: stage.mark }] };
      return { ...post(`${run({ runId })}/callback`, result), runId };
    },
    isRepeatable: true,
    sendsAfterwards: true,
  },
  append_workflow_run_log: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addRunning(stage);
      return { ...post(`${run({ runId })}/log`, { sequence: 0, text: stage.mark }), runId };
    },
    isRepeatable: true,
  },
  create_runner_key: {
    answers: [403, 403, 403, 201, 201, 201],
    scope: "none",
    call: ({ mark }) => post("/v1/runner-keys", { name: mark }),
  },
  create_runner_session: {
    answers: [403, 403, 403, 201, 201, 201],
    scope: "none",
    ownerBySession: 401,
    call: ({ mark }) => post("/v1/runner-sessions", { name: mark, capacity: 1 }),
  },
  close_runner_session: {
    answers: "runner",
    call: async (stage) => {
      const definitionId = await addWaitingForLease(stage);
      const sessionToken = await addRunnerSession(stage, definitionId);
      return { ...post("/v1/runner-sessions/close"), sessionToken };
    },
    isRepeatable: true,
  },
  create_leases: {
    answers: "runner",
    call: async (stage) => {
      const definitionId = await addWaitingForLease(stage);
      const sessionToken = await addRunnerSession(stage, definitionId);
      return { ...post("/v1/leases", { request_id: crypto.randomUUID() }), sessionToken };
    },
    isRepeatable: true,
  },
  heartbeat_workflow_run: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addLeased(stage);
      const progress = { percent: 50, message: stage.mark };
      const log = [{ sequence: 0, text: stage.mark }];
      return { ...post(`${run({ runId })}/heartbeat`, { progress, log }), runId };
    },
    isRepeatable: true,
  },
  release_workflow_run: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addLeased(stage);
      return { ...post(`${run({ runId })}/release`), runId };
    },
  },
  suspend_workflow_run: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addRunning(stage);
      return { ...post(`${run({ runId })}/suspend`, suspensionBody(stage)), runId };
    },
    isRepeatable: true,
    sendsAfterwards: true,
  },
  trigger_child_runs: {
    answers: "runner",
    call: async (stage) => {
      const { runId, definitionId } = await addParent(stage);
      const child = { workflow_definition_id: definitionId, key: "one", input: { mark: stage.mark } };
      return { ...post(`${run({ runId })}/children`, { children: [child] }), runId };
    },
    isRepeatable: true,
    sendsAfterwards: true,
  },
  list_child_runs: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addParent(stage);
      return { ...get(`${run({ runId })}/children`), runId };
    },
  },
  keep_checkpoint: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addRunning(stage);
      return { method: "PUT", path: `${run({ runId })}/checkpoints/ocr`, body: { value: stage.mark }, runId };
    },
    isRepeatable: true,
  },
  get_workflow_run_resume: {
    answers: "runner",
    call: async (stage) => {
      const { runId } = await addRunning(stage);
      return { ...get(`${run({ runId })}/resume`), runId };
    },
  },
  list_checkpoints: {
    scope: "read",
    answers: [404, 200, 200, 200, 200, 404],
    call: async (stage) => get(`${run(await addRunning(stage))}/checkpoints`),
  },
  list_waits: {
    scope: "read",
    answers: [200, 200, 200, 200, 200, 200],
    call: async (stage) => {
      await addSuspended(stage);
      return get("/v1/waits?limit=100");
    },
  },
  answer_wait: {
    scope: "run",
    answers: [404, 403, 200, 200, 200, 404],
    call: async (stage) =>
      post(`${run(await addSuspended(stage))}/waits/approve/answer`, { value: "yes", comment: stage.mark }),
    isRepeatable: true,
    sendsAfterwards: true,
  },
  signal_workflow: {
    scope: "run",
    answers: [404, 403, 200, 200, 200, 404],
    call: async (stage) => {
      const sent = { name: "paid", correlation: stage.mark };
      const { definitionId } = await addSuspended(stage, undefined, {
        waits: [{ key: "paid", kind: "signal", ...sent }],
      });
      return post(`${definition(definitionId)}/signals`, { ...sent, payload: { mark: stage.mark } });
    },
    isRepeatable: true,
    sendsAfterwards: true,
  },
  read_workflow_run_log: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addRunning(stage))}/log?attempt=1`),
  },
  put_workflow_run_artifact: {
    answers: "runner",
    call: async (stage) => {
      const { runId, path } = await addArtifact(stage);
      return { method: "PUT", path, runId, ...artifactBody(stage) };
    },
    isRepeatable: true,
    databaseRequests: 2,
  },
  list_workflow_run_artifacts: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addArtifact(stage))}/artifacts`),
  },
  get_workflow_run_artifact: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get((await addArtifact(stage)).path),
  },
  get_workflow_run_input: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addRunning(stage))}/input`),
  },
  get_workflow_run_result: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addEnded(stage, "FAILED"))}/result`),
  },
  explain_workflow_run: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${run(await addRunning(stage))}/explain`),
  },
  list_events: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/events?limit=100"),
  },
  stream_events: {
    answers: [503, 503, 503, 503, 503, 503],
    scope: "read",
    call: () => get("/v1/events/stream"),
  },
  list_notification_endpoints: {
    answers: [403, 403, 403, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/notification-endpoints?limit=100"),
  },
  create_notification_endpoint: {
    answers: [403, 403, 403, 201, 201, 201],
    scope: "manage",
    call: ({ mark, runnerUrl }) =>
      post("/v1/notification-endpoints", {
        url: runnerUrl,
        event_types: ["workflow_run.started", "workflow_run.failed"],
        description: mark,
      }),
  },
  get_notification_endpoint: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(endpoint(await addEndpoint(stage))),
  },
  update_notification_endpoint: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "manage",
    call: async (stage) => patch(endpoint(await addEndpoint(stage)), { description: stage.newName() }),
    isRepeatable: true,
  },
  delete_notification_endpoint: {
    answers: [403, 403, 403, 204, 204, 404],
    scope: "manage",
    call: async (stage) => remove(endpoint(await addEndpoint(stage))),
  },
  rotate_notification_secret: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "manage",
    call: async (stage) => post(`${endpoint(await addEndpoint(stage))}/rotate-secret`),
  },
  test_notification_endpoint: {
    answers: [403, 403, 403, 202, 202, 404],
    scope: "manage",
    call: async (stage) => post(`${endpoint(await addEndpoint(stage))}/test`),
    sendsAfterwards: true,
  },
  list_notification_deliveries: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`${endpoint((await addDelivery(stage)).endpointId)}/deliveries?limit=100`),
  },
  resend_notification_delivery: {
    answers: [403, 403, 403, 202, 202, 404],
    scope: "manage",
    call: async (stage) => {
      const { endpointId, deliveryId } = await addDelivery(stage);
      return post(`${endpoint(endpointId)}/deliveries/${deliveryId}/resend`);
    },
    sendsAfterwards: true,
  },
  list_path_parts: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: ({ roots }) => get(`/v1/path-parts?parent_path_id=${roots["/outputs"]}&max_depth=5&limit=100`),
  },
  create_path_part: {
    answers: [422, 403, 201, 201, 201, 422],
    scope: "manage",
    call: (stage) =>
      post("/v1/path-parts", {
        name: stage.newName(),
        part_type: "FOLDER",
        parent_path_id: stage.roots["/outputs"],
      }),
  },
  get_path_part: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`/v1/path-parts/${await addFolder(stage)}`),
  },
  update_path_part: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => patch(`/v1/path-parts/${await addFolder(stage)}`, { name: stage.newName() }),
  },
  delete_path_part: {
    answers: [404, 403, 204, 204, 204, 404],
    scope: "manage",
    call: async (stage) => remove(`/v1/path-parts/${await addFolder(stage)}`),
  },
  list_folders: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: ({ roots }) => get(`/v1/folders?parent_path_part_id=${roots["/outputs"]}&limit=100`),
  },
  create_folder: {
    answers: [422, 403, 201, 201, 201, 422],
    scope: "manage",
    call: (stage) => post("/v1/folders", { name: stage.newName(), parent_path_part_id: stage.roots["/outputs"] }),
  },
  get_folder: {
    answers: [404, 200, 200, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`/v1/folders/${await addFolder(stage)}`),
  },
  update_folder: {
    answers: [404, 403, 200, 200, 200, 404],
    scope: "manage",
    call: async (stage) => patch(`/v1/folders/${await addFolder(stage)}`, { name: stage.newName() }),
  },
  delete_folder: {
    answers: [404, 403, 204, 204, 204, 404],
    scope: "manage",
    call: async (stage) => remove(`/v1/folders/${await addFolder(stage)}`),
  },
  get_me: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "any",
    call: () => get("/v1/users/me"),
  },
  list_tenant_users: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "read",
    call: (stage) => get(`${users(stage)}?limit=100`),
  },
  get_tenant_use: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "read",
    call: ({ tenant }) => get(`/v1/tenants/${tenant.id}/use`),
  },
  create_tenant_user: {
    answers: [403, 403, 403, 201, 201, 404],
    scope: "none",
    call: (stage) =>
      post(users(stage), { email: `${stage.newName()}@test.example`, first_name: stage.mark, role: "USER" }),
  },
  update_tenant_user: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "none",
    call: async (stage) => patch(`${users(stage)}/${await addColleague(stage)}`, { role: "ADMIN" }),
  },
  delete_tenant_user: {
    answers: [403, 403, 403, 204, 204, 404],
    scope: "none",
    call: async (stage) => remove(`${users(stage)}/${await addColleague(stage)}`),
  },
  deactivate_tenant_user: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "none",
    call: async (stage) => post(`${users(stage)}/${await addColleague(stage)}/deactivate`),
  },
  activate_tenant_user: {
    answers: [403, 403, 403, 200, 200, 404],
    scope: "none",
    call: async (stage) => {
      const id = await addColleague(stage);
      const { sql } = stage.service.database;
      await sql`update users set deactivated_at = statement_timestamp() where id = ${id}`;
      return post(`${users(stage)}/${id}/activate`);
    },
  },
  list_user_permissions: {
    answers: [404, 404, 404, 200, 200, 404],
    scope: "read",
    call: ({ tenant, colleague }) =>
      get(`/v1/user-permissions?tenant_id=${tenant.id}&user_id=${colleague.id}&limit=100`),
  },
  create_user_permission: {
    answers: [403, 403, 403, 201, 201, 404],
    scope: "none",
    call: async (stage) =>
      post("/v1/user-permissions", {
        tenant_id: stage.tenant.id,
        user_id: await addColleague(stage),
        path_part_id: await addFolder(stage),
        capability: "READ_WRITE",
      }),
  },
  update_user_permission: {
    answers: [404, 404, 404, 200, 200, 404],
    scope: "none",
    call: async (stage) => patch(await permissionPath(stage), { capability: "READ_WRITE" }),
  },
  delete_user_permission: {
    answers: [404, 404, 404, 204, 204, 404],
    scope: "none",
    call: async (stage) => remove(await permissionPath(stage)),
  },
  list_invites: {
    answers: [403, 403, 403, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/invites?limit=100"),
  },
  create_invite: {
    answers: [403, 403, 403, 201, 201, 404],
    scope: "none",
    call: (stage) => post("/v1/invites", { tenant_id: stage.tenant.id, email: `${stage.newName()}@test.example` }),
  },
  delete_invite: {
    answers: [403, 403, 403, 204, 204, 404],
    scope: "none",
    call: async (stage) => remove(`/v1/invites/${await addInvite(stage)}`),
  },
  accept_invite: {
    // None of these callers has the invited email.
    answers: [404, 404, 404, 404, 404, 404],
    scope: "none",
    call: async (stage) => {
      const invitedEmail = `${stage.newName()}@test.example`;
      return { ...post(`/v1/invites/${await addInvite(stage, invitedEmail)}/accept`), invitedEmail };
    },
  },
  create_api_key: {
    answers: [201, 201, 201, 201, 201, 201],
    scope: "none",
    call: ({ mark }) => post("/v1/api-keys", { name: mark }),
  },
  list_api_keys: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/api-keys"),
  },
  create_user_api_key: {
    answers: [404, 404, 404, 201, 201, 404],
    scope: "none",
    call: async (stage) => post(`/v1/users/${await addServiceUser(stage)}/api-keys`, { name: stage.mark }),
  },
  list_user_api_keys: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: async (stage) => get(`/v1/users/${await addServiceUser(stage)}/api-keys`),
  },
  list_own_api_keys: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/users/me/api-keys"),
  },
  get_api_key: {
    answers: [404, 404, 404, 200, 200, 404],
    scope: "read",
    call: async (stage) => get(`/v1/api-keys/${await addKey(stage)}`),
  },
  delete_api_key: {
    answers: [404, 404, 404, 204, 204, 404],
    scope: "none",
    call: async (stage) => remove(`/v1/api-keys/${await addKey(stage)}`),
  },
  list_audit_events: {
    answers: [403, 403, 403, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/audit-events?limit=100"),
  },
  list_sign_in_sessions: {
    answers: [200, 200, 200, 200, 200, 200],
    scope: "read",
    call: () => get("/v1/sign-in-sessions"),
  },
  end_sign_in_session: {
    answers: [404, 404, 404, 204, 204, 404],
    scope: "none",
    call: async (stage) => remove(`/v1/sign-in-sessions/${(await addSession(stage)).sid}`),
  },
  end_sign_in_sessions: {
    answers: [404, 404, 404, 200, 200, 404],
    scope: "none",
    call: async (stage) => {
      const user_id = await addColleague(stage);
      await addSignInSession(stage.service.database, user_id);
      return post("/v1/sign-in-sessions/end", { user_id });
    },
  },
  create_command_line_key: {
    answers: "runner",
    call: async (stage) => {
      const { sid } = await addSession(stage);
      const sessionToken = await addCommandLineCode(stage.service.database, sid, stage.newName());
      return { ...post("/v1/command-line-keys", { code_verifier: VERIFIER }), sessionToken };
    },
  },
  liveness_check: { answers: "anybody", call: () => get("/livez"), databaseRequests: 0 },
  read_metrics: { answers: [403, 403, 403, 200, 200, 200], scope: "metrics", call: () => get("/v1/metrics") },
  health_check: { answers: "anybody", call: () => get("/healthz") },
  readiness_check: { answers: "anybody", call: () => get("/readyz") },
  get_service: { answers: "anybody", call: () => get("/"), databaseRequests: 0 },
};

/** A session of a new colleague on the dashboard. */
const addSession = async (stage: Stage) => addSignInSession(stage.service.database, await addColleague(stage));

const permissionPath = async (stage: Stage) =>
  `/v1/user-permissions/${await addPermission(stage)}?tenant_id=${stage.tenant.id}`;

export const OPERATION_IDS = Object.keys(OPERATIONS);

/** How an operation is called. */
export async function callOf(operationId: string, stage: Stage): Promise<Call> {
  const operation = OPERATIONS[operationId];
  if (!operation) throw new Error(`test/support/operations.ts has no row for ${operationId}.`);
  return operation.call(stage);
}

/** The status for whoever may do it, from a service with hubs: the OWNER, the runner, the sender of a message, or the invited person. */
export function statusWithHubs({ answers }: Operation, isInvited: boolean): number {
  if (answers === "sender") return 202;
  // The table is that of a Worker without hubs, which answers 503 where one is needed.
  return typeof answers === "string" || isInvited || answers[4] === 503 ? 200 : answers[4];
}
