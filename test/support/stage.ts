import type { NeonQueryFunction } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { insertParts, permit } from "./path-parts.ts";
import {
  addUser,
  createTenant,
  encryptSecret,
  runToken,
  type TestTenant,
  type TestUser,
  WEBHOOK_SECRET,
} from "./tenant.ts";

/** What a stage needs of a service: the tests have one in workerd, and the benchmark one in a process of its own. */
export type StageService = {
  database: { sql: NeonQueryFunction<false, false> };
  /** Sends a request as the holder of `key`, with `body` as JSON if there is one. */
  send(
    method: string,
    path: string,
    key: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Pick<Response, "ok" | "status" | "text">>;
};

/** A tenant in which every kind of user and of thing is found. Every name in it holds its `mark`. */
export type Stage<S extends StageService = StageService> = {
  service: S;
  tenant: TestTenant;
  mark: string;
  /** The runner of all its definitions. */
  runnerUrl: string;
  /** USERs: without any permission, and with one on each root of the tree. */
  bare: TestUser;
  reader: TestUser;
  writer: TestUser;
  /** A USER whom the others ask about. */
  colleague: TestUser;
  roots: Record<"/workflows" | "/sources" | "/outputs" | "/instructions.md", string>;
  /** A new name. Stages on which the same is done have the same names. */
  newName(): string;
};

/** A port on which no server listens. */
const ABSENT_RUNNER = "http://127.0.0.1:9/";

export async function createStage<S extends StageService>(
  service: S,
  mark: string,
  runnerUrl = ABSENT_RUNNER,
): Promise<Stage<S>> {
  const { database } = service;
  const { sql } = database;
  const tenant = await createTenant(database, { runnerUrl });
  const addOne = () => addUser(database, tenant);
  const [reader, writer, colleague] = await Promise.all([addOne(), addOne(), addOne()]);
  const [, , , , , rows = []] = await sql.transaction([
    sql`update tenants set name = ${mark} where id = ${tenant.id}`,
    sql`update users set first_name = ${mark}, last_name = ${mark} where tenant_id = ${tenant.id}`,
    sql`update api_keys set name = ${mark} where tenant_id = ${tenant.id}`,
    sql`update workflow_definitions set name = ${mark}, description = ${mark} where tenant_id = ${tenant.id}`,
    sql`
      insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
      select gen_random_uuid(), ${tenant.id}, permitted.user_id, part.id, permitted.capability
      from (values (${reader.id}::uuid, 'READ_ONLY'), (${writer.id}::uuid, 'READ_WRITE')) permitted (user_id, capability),
        path_parts part
      where part.tenant_id = ${tenant.id} and part.parent_id is null`,
    sql`select materialized_path, id from path_parts where tenant_id = ${tenant.id}`,
  ]);
  const idOf = (path: string) => String(rows.find((row) => row.materialized_path === path)?.id);
  const roots = {
    "/workflows": idOf("/workflows"),
    "/sources": idOf("/sources"),
    "/outputs": idOf("/outputs"),
    "/instructions.md": idOf("/instructions.md"),
  };
  let names = 0;
  const newName = () => `${mark}-${++names}`;
  return { service, tenant, mark, runnerUrl, bare: tenant.user, reader, writer, colleague, roots, newName };
}

export const definitionBody = (stage: Stage) => ({
  name: stage.newName(),
  description: stage.mark,
  runner_type: "SELF_HOSTED",
  runner_config: { url: stage.runnerUrl, webhook_secret: WEBHOOK_SECRET },
  source_path_part_ids: [stage.roots["/sources"]],
  instruction_path_part_ids: [stage.roots["/instructions.md"]],
  output_path_part_ids: [stage.roots["/outputs"]],
});

/** A new definition of the OWNER's. Returns its id. */
export async function addDefinition(stage: Stage): Promise<string> {
  return postForId(stage, "/v1/workflow-definitions", definitionBody(stage));
}

/** A new run of this definition, with a label. Returns its id. */
export async function invokeDefinition(stage: Stage, definitionId: string): Promise<string> {
  const labels = { customer: stage.mark };
  return postForId(stage, `/v1/workflow-definitions/${definitionId}/invoke`, { labels });
}

/** A new batch of the OWNER's, of a definition of its own: a RUNNING run and one that waits. Returns its id. */
export async function addBatch(stage: Stage): Promise<string> {
  const path = `/v1/workflow-definitions/${await addDefinition(stage)}/invoke-batch`;
  return postForId(stage, path, { idempotency_key: stage.newName(), runs: [{ labels: { customer: stage.mark } }, {}] });
}

type AddedRun = { runId: string; definitionId: string };

/** A new RUNNING run of the OWNER's, of a definition of its own, and another run that waits for its slot. */
export async function addRunning(stage: Stage): Promise<AddedRun> {
  const definitionId = await addDefinition(stage);
  const runId = await invokeDefinition(stage, definitionId);
  await invokeDefinition(stage, definitionId);
  return { runId, definitionId };
}

/** A new run of the OWNER's that waits for its `start_after`, of a definition of its own. */
export async function addDelayed(stage: Stage): Promise<AddedRun> {
  const definitionId = await addDefinition(stage);
  const body = { labels: { customer: stage.mark }, start_after: new Date(Date.now() + 3_600_000).toISOString() };
  return { runId: await postForId(stage, `/v1/workflow-definitions/${definitionId}/invoke`, body), definitionId };
}

/** A new run of the OWNER's that its runner has ended, of a definition of its own. */
export async function addEnded(stage: Stage, status: "COMPLETED" | "FAILED"): Promise<AddedRun> {
  const definitionId = await addDefinition(stage);
  const runId = await invokeDefinition(stage, definitionId);
  const body = { status, ...(status === "FAILED" && { error: stage.mark }) };
  await post(stage, `/v1/workflow-runs/${runId}/callback`, body, await runToken(stage.tenant, runId));
  return { runId, definitionId };
}

/** The content of a file, and its length, which a request in workerd does not have by itself. */
export const artifactBody = ({ mark }: Stage) => ({
  body: mark,
  headers: { "Content-Length": String(JSON.stringify(mark).length) },
});

/** A file of a new RUNNING run of the OWNER's. */
export async function addArtifact(stage: Stage): Promise<{ runId: string; path: string }> {
  const { runId } = await addRunning(stage);
  const path = `/v1/workflow-runs/${runId}/artifacts/${stage.mark}.txt`;
  const { body, headers } = artifactBody(stage);
  await send(stage, "PUT", path, body, await runToken(stage.tenant, runId), headers);
  return { runId, path };
}

/** A new definition whose runs are leased, with a run that waits for a runner. Returns the id of the definition. */
export async function addWaitingForLease(stage: Stage): Promise<string> {
  const definitionId = await addDefinition(stage);
  const { sql } = stage.service.database;
  await sql`update workflow_definitions set handover = 'lease' where id = ${definitionId}`;
  await invokeDefinition(stage, definitionId);
  return definitionId;
}

/** A new session of a runner that leases runs of this definition. Returns its token. */
export async function addRunnerSession(stage: Stage, definitionId: string, capacity = 1): Promise<string> {
  const body = { name: stage.newName(), workflow_definition_ids: [definitionId], capacity };
  const { token }: { token: string } = JSON.parse(await post(stage, "/v1/runner-sessions", body));
  return token;
}

/** A new RUNNING run of the OWNER's that a runner has leased, of a definition of its own. */
export async function addLeased(stage: Stage): Promise<AddedRun> {
  const definitionId = await addWaitingForLease(stage);
  const session = await addRunnerSession(stage, definitionId);
  const answer = await post(stage, "/v1/leases", { request_id: crypto.randomUUID() }, session);
  const { leases }: { leases: { run_id: string }[] } = JSON.parse(answer);
  return { runId: String(leases[0]?.run_id), definitionId };
}

/** A new suspended run of the OWNER's, which waits for an answer to the question `approve`, or for something else. */
export async function addSuspended(
  stage: Stage,
  definitionId?: string,
  suspension: object = suspensionBody(stage),
): Promise<AddedRun> {
  const added =
    definitionId === undefined
      ? await addRunning(stage)
      : { runId: await invokeDefinition(stage, definitionId), definitionId };
  const path = `/v1/workflow-runs/${added.runId}/suspend`;
  await post(stage, path, suspension, await runToken(stage.tenant, added.runId));
  return added;
}

/** A new RUNNING run of the OWNER's with a child of the same workflow, which it may trigger. */
export async function addParent(stage: Stage): Promise<AddedRun> {
  const added = await addRunning(stage);
  const { sql } = stage.service.database;
  await sql`update workflow_definitions set may_trigger = array[id] where id = ${added.definitionId}`;
  const children = [{ workflow_definition_id: added.definitionId, key: "first", input: { mark: stage.mark } }];
  await post(
    stage,
    `/v1/workflow-runs/${added.runId}/children`,
    { children },
    await runToken(stage.tenant, added.runId),
  );
  return added;
}

/** A new RUNNING run of the OWNER's with a checkpoint, whose workflow keeps a signal. */
export async function addCheckpoint(stage: Stage): Promise<AddedRun> {
  const added = await addRunning(stage);
  const { tenant, mark } = stage;
  const path = `/v1/workflow-runs/${added.runId}/checkpoints/${mark}`;
  await send(stage, "PUT", path, { value: mark }, await runToken(tenant, added.runId));
  const signal = { name: mark, correlation: mark, payload: { mark } };
  await post(stage, `/v1/workflow-definitions/${added.definitionId}/signals`, signal);
  return added;
}

export const suspensionBody = ({ mark }: Pick<Stage, "mark">) => ({
  waits: [{ key: "approve", kind: "question", prompt: mark, choices: ["yes", "no"], people_only: false }],
});

/** What a trigger of a stage is: it fires in summer, at no instant that a test lives through. */
export const triggerBody = (stage: Stage) => ({
  name: stage.newName(),
  kind: "schedule",
  schedule: { cron: "0 6 1 7 *", time_zone: "Europe/Berlin" },
  input: { mark: stage.mark },
  labels: { customer: stage.mark },
});

/** A new trigger of the OWNER's, of a definition of its own. Returns its id. */
export async function addTrigger(stage: Stage): Promise<string> {
  return postForId(stage, `/v1/workflow-definitions/${await addDefinition(stage)}/triggers`, triggerBody(stage));
}

/** A new trigger of the OWNER's, of a definition of its own, that fires after runs of the tenant's definition. Returns its id. */
export async function addRunTrigger(stage: Stage): Promise<string> {
  const run = { of: stage.tenant.definitionId, on: "ended", input_from: "run" };
  const body = { ...triggerBody(stage), kind: "run", schedule: null, run };
  return postForId(stage, `/v1/workflow-definitions/${await addDefinition(stage)}/triggers`, body);
}

/** A new trigger that has fired once by hand. Returns its id. */
export async function addFiredTrigger(stage: Stage): Promise<string> {
  const id = await addTrigger(stage);
  await post(stage, `/v1/triggers/${id}/fire`, {});
  return id;
}

/**
 * A new trigger of the OWNER's that receives webhooks, of a definition of its own. The isolate knows it already, since somebody has sent
 * it a message that was not signed.
 */
export async function addWebhook(
  stage: Stage,
  scheme: "hmac-sha256" | "token",
  given: { definitionId?: string; taken?: object } = {},
): Promise<{ id: string; secret: string }> {
  const isNamed = scheme === "hmac-sha256";
  const webhook = {
    scheme,
    ...(isNamed && { signature_header: "X-Signature", signature_encoding: "hex" }),
    ...(given.taken ?? { labels_from: { customer: "/mark" } }),
  };
  const body = { name: stage.newName(), kind: "webhook", webhook };
  const definitionId = given.definitionId ?? (await addDefinition(stage));
  const answer = await post(stage, `/v1/workflow-definitions/${definitionId}/triggers`, body);
  const { id, secret }: { id: string; secret: string } = JSON.parse(answer);
  await stage.service.send("POST", `/v1/inbound/${id}`, stage.tenant.owner.key, {});
  return { id, secret };
}

/** A new folder below `/outputs`. Returns its id. */
export async function addFolder(stage: Stage): Promise<string> {
  const path = `/outputs/${stage.newName()}`;
  return (await insertParts(stage.service.database, stage.tenant, [path])).idOf(path);
}

/** A new permission of the colleague's. Returns its id. */
export async function addPermission(stage: Stage): Promise<string> {
  return permit(stage.service.database, stage.tenant, await addFolder(stage), "READ_ONLY", stage.colleague);
}

/** A new USER. Returns their id. */
export async function addColleague(stage: Stage): Promise<string> {
  return (await addUser(stage.service.database, stage.tenant)).id;
}

/** A new service user. Returns its id. */
export async function addServiceUser(stage: Stage): Promise<string> {
  const id = await addColleague(stage);
  await stage.service.database.sql`update users set email = null, first_name = ${stage.mark} where id = ${id}`;
  return id;
}

/** A new invite to the stage's tenant. Returns its id. */
export async function addInvite(stage: Stage, email = `${stage.newName()}@test.example`): Promise<string> {
  return postForId(stage, "/v1/invites", { tenant_id: stage.tenant.id, email });
}

/** A new notification endpoint, at a port on which nobody listens, that hears of no run. Returns its id. */
export async function addEndpoint({ service, tenant, mark }: Stage): Promise<string> {
  const id = uuid();
  // Each change of a run looks at all endpoints of its tenant, so the tenant keeps no more of them than one operation needs.
  await service.database.sql`
    delete from notification_endpoints where id in (
      select id from notification_endpoints where tenant_id = ${tenant.id} order by created_at desc, id desc offset 8)`;
  await service.database.sql`
    insert into notification_endpoints (id, tenant_id, url, description, event_types, secret_encrypted)
    values (${id}, ${tenant.id}, ${ABSENT_RUNNER}, ${mark}, '{notification_endpoint.disabled}', ${await encryptSecret(id)})`;
  return id;
}

/** A notification that an endpoint was sent. */
export async function addDelivery(stage: Stage): Promise<{ endpointId: string; deliveryId: string }> {
  const endpointId = await addEndpoint(stage);
  const [row] = await stage.service.database.sql`
    insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, delivered_at)
    values (${stage.tenant.id}, ${endpointId}, '1', 'notification_endpoint.test', statement_timestamp(),
      ${JSON.stringify({ mark: stage.mark })}::jsonb, statement_timestamp())
    returning id`;
  return { endpointId, deliveryId: String(row?.id) };
}

/** A new key of the OWNER's colleague: an ADMIN of their own, since a user may have only so many. Returns its id. */
export async function addKey(stage: Stage): Promise<string> {
  const { key } = await addUser(stage.service.database, stage.tenant, "ADMIN");
  return postForId(stage, "/v1/api-keys", { name: stage.newName() }, key);
}

async function postForId(stage: Stage, path: string, body: object, key?: string): Promise<string> {
  const { id }: { id: string } = JSON.parse(await post(stage, path, body, key));
  return id;
}

const post = (stage: Stage, path: string, body: object, key = stage.tenant.owner.key): Promise<string> =>
  send(stage, "POST", path, body, key);

async function send(
  { service }: Stage,
  ...[method, path, body, key, headers]: [string, string, unknown, string, Record<string, string>?]
): Promise<string> {
  const response = await service.send(method, path, key, body, headers);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}
