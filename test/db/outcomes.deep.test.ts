/** Reaches every outcome of every SQL function that can refuse: exactly the refusals in its text, and then all other outcomes. */
import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import type { Cap } from "../../src/db/enums.ts";
import { challengeOf, hashCode } from "../../src/people/sign-ins/command-line-verbs.ts";
import { inSeconds as secondsFrom1970 } from "../support/callers.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, inSeconds, invoke, makeOverdue } from "../support/lifecycle.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { insertSessions } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { addAgentGrant, addCommandLineCode, addSignInSession, VERIFIER } from "../support/sign-in-session.ts";
import { callerOf, callSqlFunction, SQL_FILES, type SqlAnswer } from "../support/sql-function.ts";
import { createTenant, type TestTenant, type TestUser } from "../support/tenant.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService();

type Answer = SqlAnswer;
type World = { tenant: TestTenant; runId: string };

/** A tenant with a RUNNING run of its OWNER. */
async function newWorld(): Promise<World> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  return { tenant, runId: await invoke(service, tenant) };
}

const call = (name: string, args: Record<string, unknown>): Promise<Answer> =>
  callSqlFunction(service.database, name, args);

const nobody = { caller: { api_key_hash: "00" } };

/** The proof of the run token of an attempt. */
const attemptOf = ({ tenant, runId }: World, more: object = {}) => ({
  run: { run_id: runId, tenant_id: tenant.id, attempt: 1, ...more },
});

const trigger = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call("trigger_run", {
    ...(await callerOf(user)),
    definition_id: tenant.definitionId,
    run_id: uuid(),
    idempotency_key: null,
    input: null,
    traceparent: null,
    ...more,
  });

const triggerBatch = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call("trigger_batch", {
    ...(await callerOf(user)),
    ...{ definition_id: tenant.definitionId, batch_id: uuid(), idempotency_key: "k", traceparent: null },
    ...{ run_ids: [uuid(), uuid()], runs: "[{}, {}]" },
    ...more,
  });

const appendLog = (world: World, more: object = {}, attempt: object = {}) =>
  call("append_log", { ...attemptOf(world, attempt), sequence: 0, text: "a", ...more });

const reserve = (world: World, more: object = {}) =>
  call("reserve_artifact", {
    ...attemptOf(world),
    ...{ artifact_id: uuid(), name: "a.txt", content_type: "text/plain", bytes: 1, sha256: null },
    ...more,
  });

const read = async (verb: string, { tenant, runId }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call(verb, { ...(await callerOf(user)), run_id: runId, ...more });

/** The refusals of the reads of one run. */
const readsOf = (verb: string, more: object = {}): Record<string, Reach> => ({
  unauthenticated: ({ runId }) => call(verb, { ...nobody, run_id: runId, ...more }),
  not_found: (world) => read(verb, world, world.tenant.user, more),
});

/** The refusals of the reads of one batch. */
const readsOfBatch = (verb: string, more: object = {}): Record<string, Reach> => ({
  unauthenticated: () => call(verb, { ...nobody, batch_id: uuid(), ...more }),
  not_found: async ({ tenant }) => call(verb, { ...(await callerOf(tenant.owner)), batch_id: uuid(), ...more }),
});

const change = async (verb: string, { tenant, runId }: World, user: TestUser = tenant.owner) =>
  call(verb, {
    ...(await callerOf(user)),
    run_id: runId,
    ...(verb === "stop_run" && { reason: null, grace_seconds: 60 }),
    ...(verb === "prioritize_run" && { priority: 9 }),
  });

const content = ({ tenant }: World, more: object = {}) =>
  JSON.stringify({
    name: "Test",
    description: null,
    runner_type: "SELF_HOSTED",
    runner_url: null,
    webhook_secret_encrypted: null,
    max_run_duration_seconds: 300,
    source_path_part_ids: [tenant.sourcesId],
    instruction_path_part_ids: [tenant.instructionsId],
    output_path_part_ids: [tenant.outputsId],
    template_path_part_id: null,
    is_active: true,
    ...more,
  });

const create = async (world: World, user = world.tenant.owner, more: object = {}, id = uuid()) =>
  call("create_definition", {
    ...(await callerOf(user)),
    definition_id: id,
    node_id: uuid(),
    content: content(world, more),
  });

const replace = async (world: World, user = world.tenant.owner, more: object = {}, seen: object = {}) =>
  call("replace_definition", {
    ...(await callerOf(user)),
    definition_id: world.tenant.definitionId,
    content: content(world, more),
    ...seen,
  });

const definitionVerb = async (verb: string, { tenant }: World, user = tenant.owner, more: object = {}) =>
  call(verb, { ...(await callerOf(user)), definition_id: tenant.definitionId, ...more });

const SEEN_FAILURE = { failure_code: "LOST", fingerprint: "v1 x", note: "" };

const INVITED = "ida@test.example";

const ACCOUNT = { iss: "https://login.test", email: null, not_before: 0 };

const accountOf = (claims: object) =>
  JSON.stringify({ ...ACCOUNT, sub: uuid(), expires_at: secondsFrom1970(60), ...claims });

const signInByLogin = (claims: object = {}) =>
  call("sign_in_by_login", { account: accountOf(claims), session_seconds: 60, session_id: uuid() });

const redeemByLogin = (more: object, claims: object = {}) =>
  call("redeem_invite_by_login", {
    ...{
      secret_hash: "00",
      account: accountOf(claims),
      user_id: uuid(),
      login_id: uuid(),
      session_seconds: 60,
      session_id: uuid(),
    },
    ...more,
  });

const createKeyByCode = async (codeHash: string, max_keys = 20) =>
  call("create_api_key_by_code", {
    ...{ code_hash: codeHash, code_challenge: await challengeOf(VERIFIER), max_keys },
    ...{ api_key_id: uuid(), key_hash: "00", key_suffix: "0000" },
  });

/** Accepts an invite to the tenant with a session of the login service for this user. */
async function accept({ tenant }: World, userId: string): Promise<Answer> {
  const inviteId = uuid();
  await service.database.sql`
    insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
    values (${inviteId}, ${tenant.id}, ${INVITED}, 'USER', sha256('secret'), statement_timestamp() + interval '1 day')`;
  const session = { user_id: userId, tenant_id: tenant.id, expires_at: Date.now() / 1000 + 60, not_before: 0 };
  return call("accept_invite", { caller: { ...session, verified_email: INVITED }, invite_id: inviteId });
}

/** An administrator's verb on the tenant itself, on its USER unless `more` says otherwise. */
const tenantVerb = async (verb: string, { tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call(verb, { ...(await callerOf(user)), tenant_id: tenant.id, user_id: tenant.user.id, ...more });

/** The refusals of verbs for an OWNER or ADMIN of the tenant that the request names. */
const inTenant = (verb: string, more: object): Record<string, Reach> => ({
  unauthenticated: (world) => tenantVerb(verb, world, world.tenant.owner, { ...nobody, ...more }),
  tenant_not_found: (world) => tenantVerb(verb, world, world.tenant.owner, { tenant_id: uuid(), ...more }),
  forbidden: (world) => tenantVerb(verb, world, world.tenant.user, more),
});

/** The refusals of changes of a user. */
const userVerb = (verb: string, more: object = {}): Record<string, Reach> => ({
  ...inTenant(verb, more),
  not_found: (world) => tenantVerb(verb, world, world.tenant.owner, { user_id: uuid(), ...more }),
  self: (world) => tenantVerb(verb, world, world.tenant.owner, { user_id: world.tenant.owner.id, ...more }),
  owner: (world) => tenantVerb(verb, world, world.tenant.admin, { user_id: world.tenant.owner.id, ...more }),
});

const newUser = () => ({
  ...{ user_id: uuid(), email: `${uuid()}@test.example`, first_name: null, last_name: null, role: "USER" },
});

const newPermission = () => ({
  ...{ permission_id: uuid(), path_part_id: uuid(), capability: "READ_ONLY", max_permissions: 50 },
});

/** Gives the tenant's USER a permission to read the sources, and calls a verb on it. */
async function onPermission(verb: string, { tenant }: World, user: TestUser, more: object = {}): Promise<Answer> {
  const id = await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
  return call(verb, { ...(await callerOf(user)), tenant_id: tenant.id, permission_id: id, ...more });
}

/** The refusals of changes of a permission. */
const permissionVerb = (verb: string, more: object = {}): Record<string, Reach> => ({
  unauthenticated: ({ tenant }) => call(verb, { ...nobody, tenant_id: tenant.id, permission_id: uuid(), ...more }),
  not_found: async ({ tenant }) =>
    call(verb, { ...(await callerOf(tenant.owner)), tenant_id: tenant.id, permission_id: uuid(), ...more }),
  forbidden: (world) => onPermission(verb, world, world.tenant.user, more),
});

const createKey = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call("create_api_key", {
    ...(await callerOf(user)),
    ...{ api_key_id: uuid(), name: "Test", key_hash: uuid().replaceAll("-", "").repeat(2), key_suffix: "abcd" },
    ...{ expires_at: null, kind: "USER", definition_ids: null, max_keys: 20, ...more },
  });

/** Calls `revoke_api_key` for the key of the OWNER. */
async function revokeKeyOfOwner({ tenant }: World, user: TestUser): Promise<Answer> {
  const [row] = await service.database.sql`select id from api_keys where user_id = ${tenant.owner.id}`;
  return call("revoke_api_key", { ...(await callerOf(user)), api_key_id: row?.id });
}

const createInvite = async (world: World, user: TestUser = world.tenant.owner, more: object = {}) => {
  const invited = { invite_id: uuid(), email: INVITED, role: "USER", secret_hash: "00".repeat(32), days: 7 };
  const proof = await callerOf(user);
  return call("create_invite", { ...proof, tenant_id: world.tenant.id, ...invited, ...more });
};

/** Gives the tenant's USER a permission to read the definition. */
const letRead = async (world: World, capability: "READ_ONLY" | "READ_WRITE" = "READ_ONLY") =>
  permit(service.database, world.tenant, await findPlace(world), capability);

const fail = ({ tenant, runId }: World) => callBack(service, tenant, runId, { status: "FAILED" });
const setDefinition = ({ tenant }: World, what: "paused" | "no runner" | "gone part") => {
  const { sql } = service.database;
  switch (what) {
    case "paused":
      return sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    case "no runner":
      return sql`
        update workflow_definitions set runner_url = null, webhook_secret_encrypted = null
        where id = ${tenant.definitionId}`;
    case "gone part":
      return sql`
        update workflow_definitions set template_path_part_id = gen_random_uuid() where id = ${tenant.definitionId}`;
  }
};

/** What an invoke does when the definition is busy, and how many runs may wait. */
const setBusy = ({ tenant }: World, whenBusy: string, maxQueued: number | null = null) => service.database.sql`
  update workflow_definitions set when_busy = ${whenBusy}, max_queued = ${maxQueued} where id = ${tenant.definitionId}`;

/** Sets an input schema. Returns its hash, and that of a missing input. */
const setSchema = async ({ tenant }: World): Promise<[string, string]> => {
  const [row] = await service.database.sql`
    update workflow_definitions set input_schema = 'false', input_schema_hash = json_hash('false') where id = ${tenant.definitionId}
    returning input_schema_hash as schema, json_hash('{}') as input`;
  return [row?.schema, row?.input];
};

/** Lets two runs of the definition be RUNNING. */
const allowTwo = ({ tenant }: World) => service.database.sql`
  update workflow_definitions set max_running = 2 where id = ${tenant.definitionId}`;

/** Changes the run's snapshot so that it names a template that does not exist. */
const loseTemplate = ({ runId }: World) => service.database.sql`
  update workflow_runs
  set run_snapshot = jsonb_set(run_snapshot, '{template}', jsonb_build_object('path_part_id', gen_random_uuid()))
  where id = ${runId}`;

/** Gives an unfinished run the same idempotency key. */
async function shareKey({ tenant }: World): Promise<void> {
  await invoke(service, tenant);
  await service.database.sql`
    update workflow_runs set idempotency_key = 'k' where workflow_definition_id = ${tenant.definitionId}`;
}

type Reach = (world: World) => Promise<Answer>;

const CHANGES: Record<string, Reach> = {
  unauthenticated: ({ runId }) => call("delete_run", { ...nobody, run_id: runId }),
  not_found: (world) => change("delete_run", world, world.tenant.user),
  forbidden: async (world) => {
    await letRead(world);
    return change("delete_run", world, world.tenant.user);
  },
  wrong_state: (world) => change("delete_run", world),
};

/** The refusals of verbs that are only for an OWNER or ADMIN. */
const administratorOnly = (verb: string, more: object): Record<string, Reach> => ({
  unauthenticated: () => call(verb, { ...nobody, ...more }),
  forbidden: async ({ tenant }) => call(verb, { ...(await callerOf(tenant.user)), ...more }),
});

/** The refusals of verbs on one endpoint. */
const endpointVerb = (verb: string, more: object = {}): Record<string, Reach> => ({
  ...administratorOnly(verb, { endpoint_id: uuid(), ...more }),
  not_found: async ({ tenant }) => call(verb, { ...(await callerOf(tenant.owner)), endpoint_id: uuid(), ...more }),
});

/** Calls a verb for a new endpoint of the tenant. */
async function onEndpoint(
  verb: string,
  { tenant }: World,
  more: object,
  isDisabled = false,
  waiting = 0,
): Promise<Answer> {
  const endpointId = uuid();
  await service.database.sql`
    insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted, disabled_at, disabled_reason)
    values (${endpointId}, ${tenant.id}, 'https://hook.example', '{}', 'x',
      case when ${isDisabled} then statement_timestamp() end, case when ${isDisabled} then 'Gone.' end)`;
  await service.database.sql`
    insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
    select ${tenant.id}, ${endpointId}, n, 'workflow_run.failed', statement_timestamp(), '{}', statement_timestamp()
    from generate_series(1, ${waiting}::int) n`;
  return call(verb, { ...(await callerOf(tenant.owner)), endpoint_id: endpointId, ...more });
}

const createEndpoint = async (
  { tenant }: World,
  definitionIds: string[] | null = null,
  id = uuid(),
  turns: string[] | null = null,
) =>
  call("create_notification_endpoint", {
    ...(await callerOf(tenant.owner)),
    endpoint_id: id,
    content: JSON.stringify({
      url: "https://hook.example",
      event_types: [],
      workflow_definition_ids: definitionIds,
      turns,
      secret_encrypted: "x",
    }),
  });

const MAX_PATH_BYTES = 2048;

/** The place of the tenant's definition in the tree, which only the service changes. */
async function findPlace({ tenant }: World): Promise<string> {
  const [row] = await service.database.sql`
    select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
  return String(row?.path_part_id);
}

const createPart = async ({ tenant }: World, more: object = {}, user: TestUser = tenant.owner) =>
  call("create_path_part", {
    ...(await callerOf(user)),
    ...{ part_id: uuid(), name: "new", part_type: "FOLDER", parent_id: null, max_path_bytes: MAX_PATH_BYTES },
    ...more,
  });

/** What is refused to a tenant that may have none of something. */
const capped = (cap: Cap, reach: Reach): Record<string, Reach> => ({
  cap_reached: async (world) => {
    await service.database
      .sql`update tenants set caps = jsonb_build_object(${cap}::text, 0) where id = ${world.tenant.id}`;
    return reach(world);
  },
});

/** Renames or moves the folder of the sources. */
const movePart = async ({ tenant }: World, more: object = {}, user: TestUser = tenant.owner) =>
  call("move_path_part", {
    ...(await callerOf(user)),
    ...{ part_id: tenant.sourcesId, part_type: null, name: null, is_put: false, parent_id: null },
    ...{ max_path_bytes: MAX_PATH_BYTES, ...more },
  });

const deletePart = async ({ tenant }: World, more: object = {}, user: TestUser = tenant.owner) =>
  call("delete_path_part", {
    ...(await callerOf(user)),
    ...{ part_id: tenant.sourcesId, part_type: null, most_named: 5, ...more },
  });

type ChangePart = (world: World, more?: object, user?: TestUser) => Promise<Answer>;

/** The refusals of the verbs that change a part. */
const partVerb = (change: ChangePart): Record<string, Reach> => ({
  unauthenticated: (world) => change(world, nobody),
  part_not_found: (world) => change(world, {}, world.tenant.user),
  part_not_writable: async (world) => {
    await permit(service.database, world.tenant, world.tenant.sourcesId, "READ_ONLY");
    return change(world, {}, world.tenant.user);
  },
  part_is_managed: async (world) => change(world, { part_id: await findPlace(world) }),
});

/** The refusals of the verbs that put a part below a parent. `put` puts a FOLDER there. */
const underParent = (put: ChangePart): Record<string, Reach> => ({
  parent_not_found: (world) => put(world, { parent_id: uuid() }),
  parent_not_writable: async (world) => {
    await permit(service.database, world.tenant, world.tenant.outputsId, "READ_ONLY");
    await permit(service.database, world.tenant, world.tenant.sourcesId, "READ_WRITE");
    return put(world, { parent_id: world.tenant.outputsId }, world.tenant.user);
  },
  parent_is_managed: async (world) => put(world, { parent_id: await findPlace(world) }),
  parent_has_wrong_type: (world) => put(world, { parent_id: world.tenant.instructionsId }),
});

const of = (verb: string, outcomes: Record<string, Reach>): [string, Record<string, Reach>] => [verb, outcomes];

/** The refusal of the only run in a call of `change_runs`, or of the call itself. */
async function changeMany(
  action: string,
  { tenant, runId }: World,
  user: TestUser = tenant.owner,
  isDryRun = false,
): Promise<Answer> {
  const answer: Answer & { refusals?: { refusal: Answer }[] } = await call("change_runs", {
    ...(await callerOf(user)),
    ...{ action, run_ids: [runId], statuses: null, is_dry_run: isDryRun },
  });
  return answer.refusals?.[0]?.refusal ?? answer;
}

/** A run is refused among many for the same reasons as by its own verb. */
const retryMany: Record<string, Reach> = {
  definition_not_visible: async (world) => {
    await fail(world);
    await service.database.sql`update workflow_runs set user_id = ${world.tenant.user.id} where id = ${world.runId}`;
    return changeMany("retry", world, world.tenant.user, true);
  },
  paused: async (world) => {
    await fail(world);
    await setDefinition(world, "paused");
    return changeMany("retry", world, world.tenant.owner, true);
  },
  no_runner: async (world) => {
    await fail(world);
    await setDefinition(world, "no runner");
    return changeMany("retry", world);
  },
  path_parts: async (world) => {
    await fail(world);
    await loseTemplate(world);
    return changeMany("retry", world, world.tenant.owner, true);
  },
  key_in_use: async (world) => {
    await fail(world);
    await shareKey(world);
    return changeMany("retry", world);
  },
};

const permitWorkflow = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call("permit_workflow", {
    ...(await callerOf(user)),
    definition_id: tenant.definitionId,
    user_id: tenant.user.id,
    max_permissions: 50,
    ...more,
  });

const policyVerb = async (verb: string, { tenant }: World, user = tenant.owner, more: object = {}) =>
  call(verb, {
    ...(await callerOf(user)),
    definition_id: tenant.definitionId,
    ...(verb === "replace_policy" && { handover: "lease", lease_seconds: 60, max_attempts: 1, retry_on: [] }),
    ...more,
  });

const PLAN = JSON.stringify({ from: "2020-01-01T00:00:00Z", instants: [], is_complete: true });
const PAST_PLAN = { config: { at: "2020-01-01T00:00:00Z" } };

const triggerContent = (more: object = {}) =>
  JSON.stringify({ name: "Test", kind: "schedule", config: {}, is_active: true, ...more });

const createTrigger = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}, id = uuid()) =>
  call("create_trigger", {
    ...(await callerOf(user)),
    ...{ definition_id: tenant.definitionId, trigger_id: id, content: triggerContent(more), input: null, plan: PLAN },
  });

/** Inserts triggers of the tenant's definition. Returns the id of the last one. */
async function insertTriggers({ tenant }: World, count = 1): Promise<string> {
  const rows = await service.database.sql`
    insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
    select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'Test', 'schedule', '{}', now()
    from generate_series(1, ${count})
    returning id`;
  return String(rows.at(-1)?.id);
}

/** Inserts a trigger of the tenant's definition that receives webhooks. Returns its id. */
async function insertWebhook({ tenant }: World, scheme = "github"): Promise<string> {
  const id = uuid();
  await service.database.sql`
    insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, secret_encrypted)
    values (${id}, ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'Test', 'webhook', ${JSON.stringify({ scheme })}::jsonb,
      now(), 'x')`;
  return id;
}

/** Gives a webhook a new secret, as the OWNER. */
const rotateSecret = async (world: World, scheme: string, more: object = {}) =>
  call("rotate_trigger_secret", {
    ...(await callerOf(world.tenant.owner)),
    trigger_id: await insertWebhook(world, scheme),
    ...ROTATION,
    ...more,
  });
const ROTATION = { secret_encrypted: "y", is_given: false, is_standard: true };

/** Receives a message for a trigger, with the outcome that is told. */
async function receive(triggerId: string, message: object = {}, more: object = {}) {
  const given = { firing_id: uuid(), run_id: uuid(), occasion: "1", refused: null, ...message };
  const { firing, is_duplicate, ...answer } = await call("receive_webhook", {
    webhook: { trigger_id: triggerId, version: 1 },
    ...{ message: JSON.stringify(given), input: null },
    ...more,
  });
  const outcome = firing !== null && typeof firing === "object" && "outcome" in firing ? firing.outcome : undefined;
  return { ...answer, outcome, is_duplicate };
}

/** Calls a verb or a read for a new trigger of the tenant. */
const onTrigger = async (verb: string, world: World, user: TestUser = world.tenant.owner, more: object = {}) =>
  call(verb, { ...(await callerOf(user)), trigger_id: await insertTriggers(world), ...more });

/** The refusals of reads of one trigger. */
const triggerRead = (verb: string, more: object = {}): Record<string, Reach> => ({
  unauthenticated: () => call(verb, { ...nobody, trigger_id: uuid(), ...more }),
  not_found: (world) => onTrigger(verb, world, world.tenant.user, more),
});

/** The refusals of verbs on one trigger. */
const triggerVerb = (verb: string, more: object = {}): Record<string, Reach> => ({
  ...triggerRead(verb, more),
  forbidden: async (world) => {
    await letRead(world);
    return onTrigger(verb, world, world.tenant.user, more);
  },
});

/** Called by a user who may change the definition, and who may not read one of its sources. */
async function onTriggerWithoutRights(verb: string, world: World, more: object) {
  const { idOf } = await insertParts(service.database, world.tenant, ["/unseen.md"]);
  await service.database.sql`
    update workflow_definitions set source_path_part_ids = ${[idOf("/unseen.md")]}::uuid[] where id = ${world.tenant.definitionId}`;
  await letRead(world, "READ_WRITE");
  return onTrigger(verb, world, world.tenant.user, more);
}

const replaceTrigger = (world: World, more: object) =>
  onTrigger("replace_trigger", world, world.tenant.owner, { content: triggerContent(more), input: null, plan: PLAN });

/** The content of a trigger that fires after the runs of this definition. */
const afterRun = (of: string) => ({ kind: "run", config: { of, on: "ended", input_from: "fixed" } });

/** Inserts a second definition, after whose runs 20 triggers fire. Returns its id. */
async function insertManyAfter(world: World): Promise<string> {
  const id = await addWorkflow(service.database, world.tenant);
  await insertTriggers(world, 20);
  await service.database.sql`
    update triggers set kind = 'run', config = ${JSON.stringify(afterRun(id).config)}::jsonb
    where workflow_definition_id = ${world.tenant.definitionId}`;
  return id;
}

/** Inserts a trigger that fires after runs of a definition that is gone. Returns its id. */
async function insertRunTrigger(world: World): Promise<string> {
  const id = await insertTriggers(world);
  await service.database.sql`
    update triggers set kind = 'run', config = ${JSON.stringify(afterRun(uuid()).config)}::jsonb where id = ${id}`;
  return id;
}

const replaceRunTrigger = async (world: World, of: string) =>
  call("replace_trigger", {
    ...(await callerOf(world.tenant.owner)),
    ...{ trigger_id: await insertRunTrigger(world), content: triggerContent(afterRun(of)), input: null, plan: null },
  });

const openSession = async ({ tenant }: World, user = tenant.owner, more: object = {}) =>
  call("open_runner_session", {
    ...(await callerOf(user)),
    ...{ session_id: uuid(), name: "Test", definition_ids: null, capacity: 1, silent_ids: null, silent_at: null },
    ...more,
  });

/** The refusals of the verbs for a runner that holds a run. */
const ofRunner = (verb: string, more: object = {}): Record<string, Reach> => ({
  not_found: (world) => call(verb, { ...attemptOf(world, { run_id: uuid() }), ...more }),
  other_attempt: (world) => call(verb, { ...attemptOf(world, { attempt: 2 }), ...more }),
  ended: async (world) => {
    await fail(world);
    return call(verb, { ...attemptOf(world), ...more });
  },
});

const keep = (world: World, more: object = {}) =>
  call("keep_checkpoint", { ...attemptOf(world), key: "a", value: "1", ...more });

const insertCheckpoints = ({ tenant, runId }: World, count: number, bytes: number) => service.database.sql`
  insert into run_checkpoints (run_id, key, tenant_id, attempt, value, bytes, kept_at)
  select ${runId}, 'b' || n, ${tenant.id}, 1, '1', ${bytes}, now() from generate_series(1, ${count}::int) n`;

const findResume = ({ tenant, runId }: World, attempt: number) =>
  call("find_resume", { tenant_id: tenant.id, run_id: runId, attempt });

const CHILDREN = { run_ids: [uuid()], traceparent: null };
const childrenOf = (id: string, more: object = {}) =>
  JSON.stringify([{ workflow_definition_id: id, key: "a", ...more }]);

/** Triggers a child of the same workflow. */
const callTriggerChildren = (world: World, more: object = {}) =>
  call("trigger_children", {
    ...attemptOf(world),
    ...{ run_ids: [uuid()], children: childrenOf(world.tenant.definitionId, more), traceparent: null },
  });

const triggerChildren = async (world: World, more: object = {}) => {
  const { definitionId } = world.tenant;
  await service.database.sql`update workflow_definitions set may_trigger = array[id] where id = ${definitionId}`;
  return callTriggerChildren(world, more);
};

const listChildren = ({ tenant, runId }: World, attempt: number) =>
  call("list_children", { tenant_id: tenant.id, run_id: runId, attempt, limit: 1 });

/** Lets the runner have the run, so that a stop can give it time. */
const acceptRun = ({ runId }: World) => service.database.sql`
  update workflow_runs set dispatched_at = now(), next_dispatch_at = null where id = ${runId}`;

const QUESTION = { key: "a", kind: "question", prompt: "?", people_only: false };
const ANSWER = { key: "a", value: "yes" };
const suspensionOf = (wait: object = QUESTION) => JSON.stringify({ waits: [wait], on_timeout: "fail" });

const suspendOnce = (world: World, wait: object = QUESTION) =>
  call("suspend_run", { ...attemptOf(world), suspension: suspensionOf(wait) });

const answer = async ({ tenant, runId }: World, more: object = {}) =>
  call("answer_wait", { ...(await callerOf(tenant.owner)), run_id: runId, ...ANSWER, ...more });

const signal = async ({ tenant }: World, user: TestUser = tenant.owner, more: object = {}) =>
  call("signal_workflow", {
    ...(await callerOf(user)),
    definition_id: tenant.definitionId,
    signal: JSON.stringify({ name: "paid", correlation: "4711", id: "1", ...more }),
    payload: "1",
  });

const resultOf = (status: string) => ({ status, error: null, output: null, summary: null, artifacts: null });

/** How each outcome is reached. */
const OUTCOMES: [string, Record<string, Reach>][] = [
  of("trigger_run", {
    unauthenticated: ({ tenant }) =>
      call("trigger_run", {
        ...nobody,
        definition_id: tenant.definitionId,
        run_id: uuid(),
        idempotency_key: null,
        input: null,
        traceparent: null,
      }),
    not_found: (world) => trigger(world, world.tenant.user),
  }),
  of("known_run", {
    other_input: async (world) => {
      await trigger(world, world.tenant.owner, { idempotency_key: "k", input: '{"a": 1}' });
      return trigger(world, world.tenant.owner, { idempotency_key: "k", input: '{"a": 2}' });
    },
    id_taken: async (world) => trigger(world, world.tenant.owner, { run_id: (await newWorld()).runId }),
  }),
  of("add_run", {
    start_after: (world) => trigger(world, world.tenant.owner, { start_after: inSeconds(91 * 86_400) }),
    must_start_by: (world) =>
      trigger(world, world.tenant.owner, { start_after: inSeconds(120), must_start_by: inSeconds(60) }),
    ...capped("waiting_runs", (world) => trigger(world, world.tenant.owner, { start_after: inSeconds(60) })),
    no_key: async (world) => {
      await service.database.sql`
        update workflow_definitions set key_from = '/customer' where id = ${world.tenant.definitionId}`;
      return trigger(world, world.tenant.owner, { input: '{"customer": {}}' });
    },
  }),
  of("make_room", {
    ...capped("waiting_runs", async (world) => {
      await setBusy(world, "replace_running");
      await trigger(world);
      return trigger(world);
    }),
    busy: async (world) => {
      await setBusy(world, "skip");
      return trigger(world);
    },
    queue_full: async (world) => {
      await setBusy(world, "queue", 1);
      await trigger(world);
      return trigger(world);
    },
    // A firing says why it was refused.
    several_slots: async (world) => {
      await allowTwo(world);
      const id = await insertTriggers(world);
      await service.database.sql`update triggers set when_busy = 'replace_running' where id = ${id}`;
      const ids = { trigger_id: id, firing_id: uuid(), run_id: uuid() };
      const { firing } = await call("fire_trigger", { ...(await callerOf(world.tenant.owner)), ...ids });
      return { refused: (firing as { reason: string }).reason };
    },
  }),
  of("trigger_batch", {
    unauthenticated: (world) => triggerBatch(world, world.tenant.owner, nobody),
    not_found: (world) => triggerBatch(world, world.tenant.user),
  }),
  of("known_batch", {
    other_runs: async (world) => {
      await triggerBatch(world);
      return triggerBatch(world, world.tenant.owner, { runs: '[{}, {"input": {}}]' });
    },
  }),
  of("insert_batch", {
    ...capped("waiting_runs", (world) => triggerBatch(world)),
    no_key: async (world) => {
      await service.database.sql`
        update workflow_definitions set key_from = '/customer' where id = ${world.tenant.definitionId}`;
      return triggerBatch(world);
    },
    start_after: (world) =>
      triggerBatch(world, world.tenant.owner, { runs: JSON.stringify([{}, { start_after: inSeconds(91 * 86_400) }]) }),
    must_start_by: (world) =>
      triggerBatch(world, world.tenant.owner, { runs: JSON.stringify([{}, { must_start_by: inSeconds(-60) }]) }),
    queue_full: async (world) => {
      await setBusy(world, "queue", 1);
      return triggerBatch(world);
    },
  }),
  of("find_batch", readsOfBatch("find_batch")),
  of("list_batch_results", readsOfBatch("list_batch_results", { limit: 1 })),
  of("refusal_of_frozen", {
    paused: async (world) => {
      await setDefinition(world, "paused");
      return trigger(world);
    },
    no_runner: async (world) => {
      await setDefinition(world, "no runner");
      return trigger(world);
    },
    path_parts: async (world) => {
      await setDefinition(world, "gone part");
      return trigger(world);
    },
    snapshot_too_large: async (world) => {
      const folders = Array.from({ length: 8 }, (_, depth) => `/${"x".repeat(250)}`.repeat(depth + 1));
      const documents = Array.from({ length: 38 }, (_, i) => `${folders.at(-1)}/${i}.md`);
      const { idOf } = await insertParts(service.database, world.tenant, [...folders, ...documents]);
      await service.database.sql`
        update workflow_definitions
        set source_path_part_ids = ${documents.slice(0, 19).map(idOf)}::uuid[],
          instruction_path_part_ids = ${documents.slice(19).map(idOf)}::uuid[]
        where id = ${world.tenant.definitionId}`;
      return trigger(world);
    },
  }),
  of("check_inputs", {
    input_unchecked: async (world) => {
      await setSchema(world);
      return trigger(world, world.tenant.owner, { inputs: {} });
    },
    input_invalid: async (world) => {
      const [schema, input] = await setSchema(world);
      return trigger(world, world.tenant.owner, {
        inputs: { [schema]: { [input]: [{ path: [], msg: "Must not be." }] } },
      });
    },
  }),
  of("record_result", ofRunner("record_result", resultOf("COMPLETED"))),
  of("append_log", {
    not_found: (world) => appendLog(world, {}, { run_id: uuid() }),
    other_attempt: (world) => appendLog(world, {}, { attempt: 2 }),
    ended: async (world) => {
      await fail(world);
      return appendLog(world);
    },
    other_text: async (world) => {
      await appendLog(world);
      return appendLog(world, { text: "b" });
    },
  }),
  of("reserve_artifact", {
    ...capped("artifact_bytes", (world) => reserve(world)),
    ...ofRunner("reserve_artifact", { artifact_id: uuid(), name: "a", content_type: "a/b", bytes: 1, sha256: null }),
    too_many: async (world) => {
      for (let n = 0; n < 50; n++) await reserve(world, { name: `a${n}` });
      return reserve(world);
    },
    too_large: (world) => reserve(world, { bytes: 1_073_741_825 }),
  }),
  of("commit_artifact", {
    ...ofRunner("commit_artifact", { artifact_id: uuid() }),
    reservation_ended: (world) => call("commit_artifact", { ...attemptOf(world), artifact_id: uuid() }),
  }),
  of("list_artifacts", {
    ...readsOf("list_artifacts", { attempt: null }),
    no_such_attempt: (world) => read("list_artifacts", world, world.tenant.owner, { attempt: 2 }),
  }),
  of("permit_workflow", {
    unauthenticated: (world) => permitWorkflow(world, world.tenant.owner, nobody),
    not_found: (world) => permitWorkflow(world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return permitWorkflow(world, world.tenant.user);
    },
    user_unknown: (world) => permitWorkflow(world, world.tenant.owner, { user_id: uuid() }),
    too_many: (world) => permitWorkflow(world, world.tenant.owner, { max_permissions: 3 }),
  }),
  of("list_events", {
    unauthenticated: () => call("list_events", { ...nobody, after: null, names: null, definition_id: null, limit: 1 }),
  }),
  of("find_end_of_events", { unauthenticated: () => call("find_end_of_events", nobody) }),
  of("count_metrics", {
    unauthenticated: () => call("count_metrics", nobody),
    forbidden: async ({ tenant }) => call("count_metrics", await callerOf(tenant.user)),
  }),
  of("record_heartbeat", ofRunner("record_heartbeat", { progress: null, log: null })),
  of("release_run", ofRunner("release_run")),
  of("keep_checkpoint", {
    ...ofRunner("keep_checkpoint", { key: "a", value: "1" }),
    other_value: async (world) => {
      await keep(world);
      return keep(world, { value: "2" });
    },
    too_many: async (world) => {
      await insertCheckpoints(world, 1000, 1);
      return keep(world);
    },
    too_large: async (world) => {
      await insertCheckpoints(world, 1, 4_194_304);
      return keep(world);
    },
  }),
  of("list_checkpoints", readsOf("list_checkpoints", { limit: 1, offset: 0 })),
  of("find_resume", {
    not_found: ({ tenant }) => call("find_resume", { tenant_id: tenant.id, run_id: uuid(), attempt: 1 }),
    other_attempt: (world) => findResume(world, 2),
    ended: async (world) => {
      await fail(world);
      return findResume(world, 1);
    },
  }),
  of("trigger_children", {
    ...ofRunner("trigger_children", { ...CHILDREN, children: childrenOf(uuid()) }),
    ...capped("waiting_runs", (world) => triggerChildren(world)),
    stopping: async (world) => {
      await acceptRun(world);
      await change("stop_run", world);
      return triggerChildren(world);
    },
    too_many: async (world) => {
      await service.database.sql`
        insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
        select gen_random_uuid(), ${world.tenant.id}, ${world.runId}, ${world.tenant.definitionId}, 'b' || n, 1
        from generate_series(1, 1000) n`;
      return triggerChildren(world);
    },
    too_deep: async (world) => {
      await service.database.sql`update workflow_runs set triggered_by = '{"depth": 10}' where id = ${world.runId}`;
      return triggerChildren(world);
    },
    may_not_trigger: (world) => callTriggerChildren(world),
    user_deactivated: async (world) => {
      await service.database.sql`update users set deactivated_at = now() where id = ${world.tenant.owner.id}`;
      return triggerChildren(world);
    },
  }),
  of("new_children_of", {
    no_key: async (world) => {
      await service.database.sql`
        update workflow_definitions set key_from = '/customer' where id = ${world.tenant.definitionId}`;
      return triggerChildren(world);
    },
    start_after: (world) => triggerChildren(world, { start_after: inSeconds(91 * 86_400) }),
    must_start_by: (world) => triggerChildren(world, { must_start_by: inSeconds(-60) }),
    queue_full: async (world) => {
      await service.database
        .sql`update workflow_definitions set max_queued = 1 where id = ${world.tenant.definitionId}`;
      await trigger(world);
      return triggerChildren(world);
    },
    not_visible: async (world) => {
      await service.database.sql`update workflow_runs set user_id = ${world.tenant.user.id} where id = ${world.runId}`;
      return triggerChildren(world);
    },
  }),
  of("list_children", {
    not_found: ({ tenant }) => listChildren({ tenant, runId: uuid() }, 1),
    other_attempt: (world) => listChildren(world, 2),
    ended: async (world) => {
      await fail(world);
      return listChildren(world, 1);
    },
  }),
  of("suspend_run", {
    ...ofRunner("suspend_run", { suspension: suspensionOf() }),
    other_kind: async (world) => {
      await suspendOnce(world, { key: "a", kind: "timer", seconds: 0 });
      return suspendOnce(world);
    },
    too_many: async (world) => {
      await service.database.sql`
        insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, due_at)
        select ${world.runId}, 'b' || n, ${world.tenant.id}, ${world.tenant.definitionId}, 'timer', now(), now()
        from generate_series(1, 1000) n`;
      return suspendOnce(world);
    },
  }),
  of("signal_workflow", {
    unauthenticated: ({ tenant }) =>
      call("signal_workflow", { ...nobody, definition_id: tenant.definitionId, signal: "{}", payload: null }),
    not_found: (world) => signal(world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return signal(world, world.tenant.user);
    },
  }),
  of("receive_signal", {
    other_signal: async (world) => {
      await signal(world);
      return signal(world, world.tenant.owner, { correlation: "4712" });
    },
    too_many_signals: async (world) => {
      await service.database.sql`
        insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
        select ${world.tenant.id}, ${world.tenant.definitionId}, 's' || n, 'paid', '4711', sha256('x'), ${world.tenant.owner.id}, now()
        from generate_series(1, 1000) n`;
      return signal(world);
    },
  }),
  of("answer_wait", {
    unauthenticated: ({ runId }) => call("answer_wait", { ...nobody, run_id: runId, ...ANSWER }),
    not_found: (world) => answer(world),
    forbidden: async (world) => {
      await suspendOnce(world, { ...QUESTION, by: { not_requester: true } });
      return answer(world);
    },
    people_only: async (world) => {
      await suspendOnce(world, { ...QUESTION, people_only: true });
      return answer(world);
    },
    answered: async (world) => {
      await suspendOnce(world);
      await answer(world);
      return answer(world, { value: "no" });
    },
    closed: async (world) => {
      await suspendOnce(world);
      await change("stop_run", world);
      return answer(world);
    },
    not_a_choice: async (world) => {
      await suspendOnce(world, { ...QUESTION, choices: ["no", "never"] });
      return answer(world);
    },
  }),
  of("list_waits", { unauthenticated: () => call("list_waits", { ...nobody, before: null, limit: 1 }) }),
  of("open_runner_session", {
    unauthenticated: (world) => openSession(world, world.tenant.owner, nobody),
    forbidden: (world) => openSession(world, world.tenant.user),
    definitions: (world) => openSession(world, world.tenant.owner, { definition_ids: [uuid()] }),
    too_many: async (world) => {
      await insertSessions(service, world.tenant, 100);
      return openSession(world);
    },
  }),
  of("close_runner_session", {
    unauthenticated: ({ tenant }) =>
      call("close_runner_session", { session: { session_id: uuid(), tenant_id: tenant.id } }),
  }),
  of("lease_runs", {
    unauthenticated: ({ tenant }) =>
      call("lease_runs", {
        session: { session_id: uuid(), tenant_id: tenant.id },
        request_id: uuid(),
        max: 1,
      }),
  }),
  of("create_trigger", {
    unauthenticated: ({ tenant }) =>
      call("create_trigger", {
        ...nobody,
        ...{
          definition_id: tenant.definitionId,
          trigger_id: uuid(),
          content: triggerContent(),
          input: null,
          plan: PLAN,
        },
      }),
    not_found: (world) => createTrigger(world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return createTrigger(world, world.tenant.user);
    },
    id_taken: async (world) => createTrigger(world, world.tenant.owner, {}, await insertTriggers(await newWorld())),
    too_many: async (world) => {
      await insertTriggers(world, 100);
      return createTrigger(world);
    },
    several_slots: async (world) => {
      await allowTwo(world);
      return createTrigger(world, world.tenant.owner, { when_busy: "replace_running" });
    },
    past: (world) => createTrigger(world, world.tenant.owner, PAST_PLAN),
    of_itself: (world) => createTrigger(world, world.tenant.owner, afterRun(world.tenant.definitionId)),
    of_not_found: (world) => createTrigger(world, world.tenant.owner, afterRun(uuid())),
    of_too_many: async (world) => createTrigger(world, world.tenant.owner, afterRun(await insertManyAfter(world))),
  }),
  of("replace_trigger", {
    ...triggerVerb("replace_trigger", { content: triggerContent(), input: null, plan: PLAN }),
    several_slots: async (world) => {
      await allowTwo(world);
      return replaceTrigger(world, { when_busy: "replace_running" });
    },
    past: (world) => replaceTrigger(world, PAST_PLAN),
    of_itself: (world) => replaceRunTrigger(world, world.tenant.definitionId),
    of_not_found: (world) => replaceRunTrigger(world, uuid()),
    of_too_many: async (world) => replaceRunTrigger(world, await insertManyAfter(world)),
    other_kind: (world) => replaceTrigger(world, { kind: "webhook" }),
    other_scheme: async (world) =>
      call("replace_trigger", {
        ...(await callerOf(world.tenant.owner)),
        trigger_id: await insertWebhook(world),
        ...{ content: triggerContent({ kind: "webhook", config: { scheme: "stripe" } }), input: null, plan: PLAN },
      }),
  }),
  of("rotate_trigger_secret", {
    ...triggerVerb("rotate_trigger_secret", ROTATION),
    no_secret: (world) => onTrigger("rotate_trigger_secret", world, world.tenant.owner, ROTATION),
    token_given: (world) => rotateSecret(world, "token", { is_given: true }),
    secret_malformed: (world) => rotateSecret(world, "standard-webhooks", { is_standard: false }),
    seen_another: (world) => rotateSecret(world, "github", { seen_at: "then" }),
  }),
  of("receive_webhook", {
    gone: () => receive(uuid()),
    changed: async (world) => {
      const id = await insertWebhook(world);
      return receive(id, {}, { webhook: { trigger_id: id, version: 2 } });
    },
  }),
  of("delete_trigger", triggerVerb("delete_trigger")),
  of("pause_trigger", triggerVerb("pause_trigger", { note: null })),
  of("resume_trigger", {
    ...triggerVerb("resume_trigger", { catches_up: false }),
    of_not_found: async (world) => {
      const id = await insertRunTrigger(world);
      return call("resume_trigger", { ...(await callerOf(world.tenant.owner)), trigger_id: id, catches_up: false });
    },
  }),
  of("fire_trigger", {
    ...triggerVerb("fire_trigger", { firing_id: uuid(), run_id: uuid() }),
    path_parts: async (world) => onTriggerWithoutRights("fire_trigger", world, { firing_id: uuid(), run_id: uuid() }),
  }),
  of("backfill_trigger", {
    ...triggerVerb("backfill_trigger", { version: 1, firings: "[]" }),
    changed: (world) => onTrigger("backfill_trigger", world, world.tenant.owner, { version: 2, firings: "[]" }),
    path_parts: async (world) => onTriggerWithoutRights("backfill_trigger", world, { version: 1, firings: "[]" }),
  }),
  of("find_trigger", triggerRead("find_trigger")),
  of("list_firings", triggerRead("list_firings", { before: null, limit: 1 })),
  of("find_backfill", {
    ...triggerVerb("find_backfill", { from: "2020-01-01", until: "2021-01-01" }),
    no_schedule: async (world) =>
      call("find_backfill", {
        ...(await callerOf(world.tenant.owner)),
        ...{ trigger_id: await insertWebhook(world), from: "2020-01-01", until: "2021-01-01" },
      }),
  }),
  of("list_triggers", {
    unauthenticated: (world) =>
      policyVerb("list_triggers", world, world.tenant.owner, { ...nobody, limit: 1, offset: 0 }),
    not_found: (world) => policyVerb("list_triggers", world, world.tenant.user, { limit: 1, offset: 0 }),
  }),
  of("find_policy", {
    unauthenticated: (world) => policyVerb("find_policy", world, world.tenant.owner, nobody),
    not_found: (world) => policyVerb("find_policy", world, world.tenant.user),
  }),
  of("replace_policy", {
    unauthenticated: (world) => policyVerb("replace_policy", world, world.tenant.owner, nobody),
    not_found: (world) => policyVerb("replace_policy", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return policyVerb("replace_policy", world, world.tenant.user);
    },
    changed: (world) => policyVerb("replace_policy", world, world.tenant.owner, { if_match: "{}" }),
    may_trigger: (world) => policyVerb("replace_policy", world, world.tenant.owner, { may_trigger: [uuid()] }),
  }),
  of(
    "list_audit_events",
    administratorOnly("list_audit_events", {
      ...{ actor_id: null, object_id: null, action: null, since: null, until: null },
      ...{ before: null, limit: 1 },
    }),
  ),
  of("tenant_use", {
    ...administratorOnly("tenant_use", { tenant_id: uuid() }),
    forbidden: async ({ tenant }) => call("tenant_use", { ...(await callerOf(tenant.user)), tenant_id: tenant.id }),
    tenant_not_found: async ({ tenant }) =>
      call("tenant_use", { ...(await callerOf(tenant.owner)), tenant_id: uuid() }),
  }),
  of("list_notification_endpoints", administratorOnly("list_notification_endpoints", { limit: 1, offset: 0 })),
  of("find_notification_endpoint", endpointVerb("find_notification_endpoint")),
  of("list_deliveries", endpointVerb("list_deliveries", { before: null, limit: 1 })),
  of("rotate_notification_secret", {
    ...endpointVerb("rotate_notification_secret", { secret_encrypted: "x" }),
    changed: (world) => onEndpoint("rotate_notification_secret", world, { secret_encrypted: "x", seen_at: "then" }),
    not_signed: async ({ tenant }) => {
      const endpointId = uuid();
      await service.database.sql`
        insert into notification_endpoints (id, tenant_id, format, url, address_hash, event_types, secret_encrypted)
        values (${endpointId}, ${tenant.id}, 'slack', 'https://hook.example', 'x', '{}', 'x')`;
      const args = { endpoint_id: endpointId, secret_encrypted: "y" };
      return call("rotate_notification_secret", { ...(await callerOf(tenant.owner)), ...args });
    },
  }),
  of("delete_notification_endpoint", endpointVerb("delete_notification_endpoint")),
  of("create_notification_endpoint", {
    ...administratorOnly("create_notification_endpoint", { endpoint_id: uuid(), content: "{}" }),
    too_many: async (world) => {
      await service.database.sql`
        insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
        select gen_random_uuid(), ${world.tenant.id}, 'https://hook.example', '{}', 'x' from generate_series(1, 50)`;
      return createEndpoint(world);
    },
    unknown_definitions: (world) => createEndpoint(world, [uuid()]),
    turn_in_vain: (world) => createEndpoint(world, null, uuid(), ["works_again"]),
    id_taken: async (world) => {
      const [id, other] = [uuid(), await createTenant(service.database)];
      await service.database.sql`
        insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
        values (${id}, ${other.id}, 'https://hook.example', '{}', 'x')`;
      return createEndpoint(world, null, id);
    },
  }),
  of("change_notification_endpoint", {
    ...endpointVerb("change_notification_endpoint", { changes: "{}", secret_encrypted: "y" }),
    unknown_definitions: async (world) =>
      onEndpoint("change_notification_endpoint", world, {
        changes: JSON.stringify({ workflow_definition_ids: [uuid()] }),
        secret_encrypted: "y",
      }),
    other_format: (world) =>
      onEndpoint("change_notification_endpoint", world, { changes: '{"format": "slack"}', secret_encrypted: null }),
    turn_in_vain: (world) =>
      onEndpoint("change_notification_endpoint", world, {
        changes: '{"turns": ["works_again"]}',
        secret_encrypted: null,
      }),
    giving_up: (world) => {
      const enable = { changes: '{"is_active": true}', secret_encrypted: null };
      return onEndpoint("change_notification_endpoint", world, enable, true, 2001);
    },
  }),
  of("send_test_notification", {
    ...endpointVerb("send_test_notification", { delivery_id: uuid() }),
    disabled: (world) => onEndpoint("send_test_notification", world, { delivery_id: uuid() }, true),
  }),
  of("resend_delivery", {
    ...endpointVerb("resend_delivery", { delivery_id: uuid() }),
    disabled: (world) => onEndpoint("resend_delivery", world, { delivery_id: uuid() }, true),
    no_delivery: (world) => onEndpoint("resend_delivery", world, { delivery_id: uuid() }),
  }),
  of("find_details", readsOf("find_details")),
  of("find_input", readsOf("find_input")),
  of("find_result", readsOf("find_result")),
  of("explain_run", readsOf("explain_run")),
  of("read_log", {
    ...readsOf("read_log", { attempt: null, after: -1 }),
    no_such_attempt: (world) => read("read_log", world, world.tenant.owner, { attempt: 2, after: -1 }),
  }),
  of("delete_run", CHANGES),
  of("stop_run", {
    unauthenticated: ({ runId }) => call("stop_run", { ...nobody, run_id: runId, reason: null, grace_seconds: 60 }),
    not_found: (world) => change("stop_run", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return change("stop_run", world, world.tenant.user);
    },
    wrong_state: async (world) => {
      await fail(world);
      return change("stop_run", world);
    },
  }),
  of("start_run_now", {
    unauthenticated: ({ runId }) => call("start_run_now", { ...nobody, run_id: runId }),
    not_found: (world) => change("start_run_now", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return change("start_run_now", world, world.tenant.user);
    },
    wrong_state: (world) => change("start_run_now", world),
    not_delayed: async ({ tenant }) => change("start_run_now", { tenant, runId: await invoke(service, tenant) }),
    suspended: async (world) => {
      await suspendOnce(world);
      return change("start_run_now", world);
    },
  }),
  of("prioritize_run", {
    unauthenticated: ({ runId }) => call("prioritize_run", { ...nobody, run_id: runId, priority: 9 }),
    not_found: (world) => change("prioritize_run", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return change("prioritize_run", world, world.tenant.user);
    },
    wrong_state: (world) => change("prioritize_run", world),
  }),
  of("retry_run", {
    unauthenticated: ({ runId }) => call("retry_run", { ...nobody, run_id: runId }),
    not_found: (world) => change("retry_run", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return change("retry_run", world, world.tenant.user);
    },
    wrong_state: (world) => change("retry_run", world),
    definition_not_visible: async (world) => {
      await fail(world);
      await service.database.sql`update workflow_runs set user_id = ${world.tenant.user.id} where id = ${world.runId}`;
      return change("retry_run", world, world.tenant.user);
    },
    paused: async (world) => {
      await fail(world);
      await setDefinition(world, "paused");
      return change("retry_run", world);
    },
    no_runner: async (world) => {
      await fail(world);
      await setDefinition(world, "no runner");
      return change("retry_run", world);
    },
    path_parts: async (world) => {
      await fail(world);
      await loseTemplate(world);
      return change("retry_run", world);
    },
    key_in_use: async (world) => {
      await fail(world);
      await shareKey(world);
      return change("retry_run", world);
    },
  }),
  of("change_runs", {
    unauthenticated: ({ runId }) =>
      call("change_runs", {
        ...nobody,
        ...{ action: "stop", run_ids: [runId], statuses: null, is_dry_run: false },
      }),
    not_found: (world) => changeMany("delete", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return changeMany("stop", world, world.tenant.user);
    },
    wrong_state: (world) => changeMany("delete", world),
    ...retryMany,
  }),
  of("run_again", {
    unauthenticated: ({ runId }) => call("run_again", { ...nobody, run_id: runId, new_run_id: uuid() }),
    not_found: async ({ tenant, runId }) =>
      call("run_again", { ...(await callerOf(tenant.user)), run_id: runId, new_run_id: uuid() }),
  }),
  of("find_run", {
    unauthenticated: ({ runId }) => call("find_run", { ...nobody, run_id: runId }),
  }),
  of("follow_run", {
    unauthenticated: ({ runId }) => call("follow_run", { ...nobody, run_id: runId, after: 0, limit: 1 }),
  }),
  of("follow_run_and_log", {
    unauthenticated: ({ runId }) =>
      call("follow_run_and_log", {
        ...nobody,
        ...{ run_id: runId, after: 0, limit: 1, attempt: null, after_sequence: -1 },
      }),
  }),
  of("follow_runs", {
    unauthenticated: () =>
      call("follow_runs", { ...nobody, definition_id: null, user_id: null, after: null, known: [], limit: 1 }),
  }),
  of("create_definition", {
    ...capped("definitions", (world) => create(world)),
    unauthenticated: (world) =>
      call("create_definition", { ...nobody, definition_id: uuid(), node_id: uuid(), content: content(world) }),
    forbidden: (world) => create(world, world.tenant.user),
    path_parts: (world) => create(world, world.tenant.owner, { template_path_part_id: uuid() }),
    id_taken: async (world) => {
      const other = await createTenant(service.database);
      return create(world, world.tenant.owner, {}, other.definitionId);
    },
  }),
  of("replace_definition", {
    unauthenticated: (world) =>
      call("replace_definition", {
        ...nobody,
        definition_id: world.tenant.definitionId,
        content: content(world),
      }),
    not_found: (world) => replace(world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return replace(world, world.tenant.user);
    },
    path_parts: (world) => replace(world, world.tenant.owner, { template_path_part_id: uuid() }),
    changed: async (world) => {
      await replace(world, world.tenant.owner, {}, { seen_at: "then" });
      return replace(world, world.tenant.owner, {}, { if_match: "{}" });
    },
    secret_missing: (world) => replace(world, world.tenant.owner, { runner_url: "https://another.example/hook" }),
  }),
  of("mark_failure_seen", {
    unauthenticated: ({ tenant }) =>
      call("mark_failure_seen", { ...nobody, definition_id: tenant.definitionId, ...SEEN_FAILURE }),
    not_found: (world) => definitionVerb("mark_failure_seen", world, world.tenant.user, SEEN_FAILURE),
    forbidden: async (world) => {
      await letRead(world);
      return definitionVerb("mark_failure_seen", world, world.tenant.user, SEEN_FAILURE);
    },
  }),
  of("change_definition_activity", {
    unauthenticated: ({ tenant }) =>
      call("change_definition_activity", {
        ...nobody,
        definition_id: tenant.definitionId,
        is_active: true,
      }),
    not_found: (world) => definitionVerb("change_definition_activity", world, world.tenant.user, { is_active: true }),
    forbidden: async (world) => {
      await letRead(world);
      return definitionVerb("change_definition_activity", world, world.tenant.user, { is_active: true });
    },
  }),
  of("delete_definition", {
    unauthenticated: ({ tenant }) => call("delete_definition", { ...nobody, definition_id: tenant.definitionId }),
    not_found: (world) => definitionVerb("delete_definition", world, world.tenant.user),
    forbidden: async (world) => {
      await letRead(world);
      return definitionVerb("delete_definition", world, world.tenant.user);
    },
    running: (world) => definitionVerb("delete_definition", world),
  }),
  of("create_user", {
    ...inTenant("create_user", newUser()),
    email_taken: async (world) => {
      await service.database.sql`update users set email = ${INVITED} where id = ${world.tenant.user.id}`;
      return tenantVerb("create_user", world, world.tenant.owner, { ...newUser(), email: INVITED.toUpperCase() });
    },
  }),
  of("change_user_role", {
    ...userVerb("change_user_role", { role: "ADMIN" }),
    only_owner_may: (world) => tenantVerb("change_user_role", world, world.tenant.admin, { role: "OWNER" }),
    deactivated: async (world) => {
      await service.database.sql`
        update users set deactivated_at = statement_timestamp() where id = ${world.tenant.user.id}`;
      return tenantVerb("change_user_role", world, world.tenant.owner, { role: "OWNER" });
    },
  }),
  of("change_user_activation", userVerb("change_user_activation", { is_active: false })),
  of("delete_user", userVerb("delete_user")),
  of("create_user_permission", {
    ...inTenant("create_user_permission", newPermission()),
    unknown: (world) => tenantVerb("create_user_permission", world, world.tenant.owner, newPermission()),
    clash: async (world) => {
      const { tenant } = world;
      await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
      const again = { ...newPermission(), path_part_id: tenant.sourcesId };
      return tenantVerb("create_user_permission", world, tenant.owner, again);
    },
    too_many: (world) => {
      const permission = { ...newPermission(), path_part_id: world.tenant.sourcesId, max_permissions: 0 };
      return tenantVerb("create_user_permission", world, world.tenant.owner, permission);
    },
  }),
  of("change_user_permission", {
    ...permissionVerb("change_user_permission", { path_part_id: null, capability: null }),
    unknown: (world) => {
      const change = { path_part_id: uuid(), capability: null };
      return onPermission("change_user_permission", world, world.tenant.owner, change);
    },
    clash: async (world) => {
      const { tenant } = world;
      await permit(service.database, tenant, tenant.outputsId, "READ_ONLY");
      const change = { path_part_id: tenant.outputsId, capability: null };
      return onPermission("change_user_permission", world, tenant.owner, change);
    },
  }),
  of("revoke_user_permission", permissionVerb("revoke_user_permission")),
  of("create_api_key", {
    unauthenticated: (world) => createKey(world, world.tenant.owner, nobody),
    forbidden: (world) => createKey(world, world.tenant.user, { kind: "RUNNER" }),
    unknown_definitions: (world) => createKey(world, world.tenant.owner, { kind: "RUNNER", definition_ids: [uuid()] }),
    expired: (world) => createKey(world, world.tenant.owner, { expires_at: "2026-01-31T12:00:00Z" }),
    too_many: (world) => createKey(world, world.tenant.owner, { max_keys: 1 }),
    id_taken: async (world) => {
      const [row] = await service.database.sql`select id from api_keys where user_id = ${world.tenant.admin.id}`;
      return createKey(world, world.tenant.owner, { api_key_id: row?.id });
    },
    no_such_user: (world) => createKey(world, world.tenant.owner, { user_id: uuid() }),
    not_service_user: (world) => createKey(world, world.tenant.owner, { user_id: world.tenant.user.id }),
  }),
  of("revoke_api_key", {
    unauthenticated: () => call("revoke_api_key", { ...nobody, api_key_id: uuid() }),
    not_found: (world) => revokeKeyOfOwner(world, world.tenant.user),
    of_owner: (world) => revokeKeyOfOwner(world, world.tenant.admin),
  }),
  of("create_invite", {
    unauthenticated: (world) => createInvite(world, world.tenant.owner, nobody),
    tenant_not_found: (world) => createInvite(world, world.tenant.owner, { tenant_id: uuid() }),
    forbidden: (world) => createInvite(world, world.tenant.user),
    of_owner: (world) => createInvite(world, world.tenant.owner, { role: "OWNER" }),
    email_taken: async (world) => {
      await service.database.sql`update users set email = ${INVITED} where id = ${world.tenant.user.id}`;
      return createInvite(world);
    },
    id_taken: async (world) => {
      const [id, other] = [uuid(), await createTenant(service.database)];
      await service.database.sql`
        insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
        values (${id}, ${other.id}, ${INVITED}, 'USER', sha256('x'), statement_timestamp() + interval '1 day')`;
      return createInvite(world, world.tenant.owner, { invite_id: id });
    },
  }),
  of("withdraw_invite", {
    ...administratorOnly("withdraw_invite", { invite_id: uuid() }),
    not_found: async ({ tenant }) => call("withdraw_invite", { ...(await callerOf(tenant.owner)), invite_id: uuid() }),
    accepted: async (world) => {
      await accept(world, uuid());
      const [row] = await service.database.sql`select id from invites where tenant_id = ${world.tenant.id}`;
      return call("withdraw_invite", { ...(await callerOf(world.tenant.owner)), invite_id: row?.id });
    },
  }),
  of("create_path_part", {
    ...capped("path_parts", (world) => createPart(world)),
    unauthenticated: (world) => createPart(world, nobody),
    ...underParent(createPart),
    path_too_long: (world) => createPart(world, { max_path_bytes: 3 }),
    name_taken: (world) => createPart(world, { name: "sources" }),
  }),
  of("move_path_part", {
    ...partVerb(movePart),
    ...underParent((world, more, user) => movePart(world, { is_put: true, ...more }, user)),
    parent_is_below_part: (world) => movePart(world, { is_put: true, parent_id: world.tenant.sourcesId }),
    path_too_long: (world) => movePart(world, { max_path_bytes: 3 }),
    name_taken: (world) => movePart(world, { name: "outputs" }),
  }),
  of("delete_path_part", {
    ...partVerb(deletePart),
    named_by_definitions: (world) => deletePart(world),
  }),
  of("accept_invite", {
    unauthenticated: () => call("accept_invite", { ...nobody, invite_id: uuid() }),
    not_found: async ({ tenant }) => call("accept_invite", { ...(await callerOf(tenant.owner)), invite_id: uuid() }),
    other_tenant: async (world) => accept(world, (await createTenant(service.database)).user.id),
    email_taken: async (world) => {
      await service.database.sql`update users set email = ${INVITED} where id = ${world.tenant.user.id}`;
      return accept(world, uuid());
    },
  }),
  of("sign_in_by_login", {
    unauthenticated: () => signInByLogin({ expires_at: secondsFrom1970(-60) }),
    unknown_account: () => signInByLogin(),
  }),
  of("redeem_invite_by_login", {
    unauthenticated: () => redeemByLogin({ invite_id: uuid() }, { expires_at: secondsFrom1970(-60) }),
    not_found: () => redeemByLogin({ invite_id: uuid() }),
    account_taken: async ({ tenant }) => {
      const [id, sub] = [uuid(), uuid()];
      await service.database.sql.transaction([
        service.database.sql`
          insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
          values (${id}, ${tenant.id}, ${INVITED}, 'USER', sha256('x'), statement_timestamp() + interval '1 day')`,
        service.database.sql`
          insert into logins (id, tenant_id, user_id, iss, sub)
          values (${uuid()}, ${tenant.id}, ${tenant.user.id}, ${ACCOUNT.iss}, ${sub})`,
      ]);
      const [row] = await service.database.sql`select encode(secret_hash, 'hex') as hash from invites where id = ${id}`;
      return redeemByLogin({ invite_id: id, secret_hash: row?.hash }, { sub });
    },
  }),
  of("untie_login", userVerb("untie_login")),
  of("sign_in_by_key", {
    unauthenticated: () => call("sign_in_by_key", { ...nobody, session_id: uuid(), session_seconds: 60 }),
  }),
  of("enter_tenant", {
    unauthenticated: ({ tenant }) => call("enter_tenant", { ...nobody, tenant_id: tenant.id, session_id: uuid() }),
    not_found: async ({ tenant }) =>
      call("enter_tenant", { ...(await callerOf(tenant.owner)), tenant_id: tenant.id, session_id: uuid() }),
  }),
  of("end_sign_in_session", {
    unauthenticated: () => call("end_sign_in_session", { ...nobody, session_id: uuid() }),
    not_found: async ({ tenant }) =>
      call("end_sign_in_session", { ...(await callerOf(tenant.owner)), session_id: uuid() }),
    of_owner: async ({ tenant }) => {
      const { sid } = await addSignInSession(service.database, tenant.owner.id);
      return call("end_sign_in_session", { ...(await callerOf(tenant.admin)), session_id: sid });
    },
  }),
  of("end_sign_in_sessions", {
    unauthenticated: () => call("end_sign_in_sessions", { ...nobody, user_id: null }),
    not_found: async ({ tenant }) =>
      call("end_sign_in_sessions", { ...(await callerOf(tenant.user)), user_id: tenant.admin.id }),
    of_owner: async ({ tenant }) =>
      call("end_sign_in_sessions", { ...(await callerOf(tenant.admin)), user_id: tenant.owner.id }),
  }),
  of("agree_to_agent", {
    // An API key is no session of the dashboard.
    unauthenticated: async ({ tenant }) =>
      call("agree_to_agent", {
        ...(await callerOf(tenant.owner)),
        ...{ grant_id: uuid(), client_name: "Test", redirect_host: "test", scopes: ["read"], seconds: 60, most: 50 },
      }),
  }),
  of("renew_agent_grant", {
    unauthenticated: () => call("renew_agent_grant", { grant_id: uuid(), generation: 0, seconds: 60, idle_days: 90 }),
  }),
  of("end_agent_grant", {
    unauthenticated: () => call("end_agent_grant", { ...nobody, grant_id: uuid() }),
    not_found: async ({ tenant }) => call("end_agent_grant", { ...(await callerOf(tenant.owner)), grant_id: uuid() }),
    of_owner: async ({ tenant }) =>
      call("end_agent_grant", {
        ...(await callerOf(tenant.admin)),
        grant_id: await addAgentGrant(service.database, tenant, tenant.owner.id),
      }),
  }),
  of("agree_to_command_line", {
    // An API key is no session of the dashboard.
    unauthenticated: async ({ tenant }) =>
      call("agree_to_command_line", {
        ...(await callerOf(tenant.owner)),
        ...{ code_hash: "00", code_challenge: "", key_name: "Test", seconds: 60 },
      }),
  }),
  of("create_api_key_by_code", {
    unauthenticated: () => createKeyByCode("00"),
    too_many: async ({ tenant }) => {
      const { sid } = await addSignInSession(service.database, tenant.owner.id);
      return createKeyByCode(await hashCode(await addCommandLineCode(service.database, sid, "Test")), 1);
    },
  }),
  of("set_limits", { not_found: () => call("set_limits", { tenant_id: uuid(), limits: "large" }) }),
  of("redeem_invite", {
    not_found: () =>
      call("redeem_invite", {
        invite_id: uuid(),
        secret_hash: "00",
        user_id: uuid(),
        key_id: uuid(),
        key_hash: "00",
        key_suffix: "0000",
        session_seconds: 60,
        session_id: uuid(),
      }),
  }),
];

/** The body of each function, by its name. */
const BODIES = new Map(
  Object.values(SQL_FILES)
    .join("\n")
    .split(/^create or replace function public\./m)
    .slice(1)
    .map((text) => [/^\w+/.exec(text)?.[0] ?? "", text.slice(0, text.indexOf("$$;"))]),
);

/** True for a rule that judges a caller, or the state of a run. Its refusals are those of each verb that calls it. */
const isJudge = (name: string) => name.startsWith("judge_") || name.startsWith("lock_and_judge_");

/** The values of `start_obstacle`, for a function that refuses because of it. */
const obstaclesIn = (body: string) =>
  /'refused', [pv]_obstacle/.test(body) ? [...(BODIES.get("start_obstacle") ?? "").matchAll(/then '(\w+)'/g)] : [];

/** The values of `refused` in a function and in the functions that check for it. */
function refusalsOf(name: string): string[] {
  const body = BODIES.get(name) ?? "";
  const judges = [...BODIES.keys()].filter((other) => isJudge(other) && body.includes(`public.${other}(`));
  const own = [...body.matchAll(/refused["'](?:,|:) ["'](\w+)["']/g), ...obstaclesIn(body)].map(
    ([, refusal = ""]) => refusal,
  );
  return [...new Set([...own, ...judges.flatMap(refusalsOf)])].sort();
}

it("has a row for each function that refuses", () => {
  const refusing = [...BODIES.keys()].filter((name) => !isJudge(name) && refusalsOf(name).length > 0);
  expect(refusing.sort()).toEqual(OUTCOMES.map(([verb]) => verb).sort());
});

describe.each(OUTCOMES)("%s", (verb, outcomes) => {
  it("has these refusals, and no others", () => {
    expect(refusalsOf(verb)).toEqual(Object.keys(outcomes).sort());
  });

  it.each(Object.entries(outcomes))("refuses: %s", async (refusal, reach) => {
    expect(await reach(await newWorld())).toMatchObject({ refused: refusal });
  });
});

const eventsOf = async (runId: string) => {
  const rows = await service.database.sql`select type from workflow_run_events where run_id = ${runId} order by id`;
  return rows.map(({ type }) => String(type));
};
const lastEvent = async ({ runId }: World) => (await eventsOf(runId)).at(-1);

const report = (world: World, status: string) => call("record_result", { ...attemptOf(world), ...resultOf(status) });

const acceptDispatch = ({ tenant, runId }: World, attempt: number) =>
  call("record_acceptances", {
    acceptances: JSON.stringify([{ run_id: runId, tenant_id: tenant.id, attempt, status: 202 }]),
  });

const postpone = ({ tenant, runId }: World, attempt: number) =>
  call("record_postponement", {
    run_id: runId,
    tenant_id: tenant.id,
    attempt,
    reason: "Busy.",
    retry_after_seconds: 600,
  });

const giveUp = ({ tenant, runId }: World, attempt: number) =>
  call("give_up_dispatch", {
    ...{ run_id: runId, tenant_id: tenant.id, attempt, reason: "No.", pause: false, runner_url: null },
  });

/** Reaches an outcome. Returns the answer of the verb, or what is found in the database afterwards. */
type Done = (world: World) => Promise<unknown>;

/** The outcomes that are not refusals: the expected result, and how each is reached. The run of the world is RUNNING. */
const DONE: [verb: string, outcome: string, expected: unknown, reach: Done][] = [
  ["trigger_run", "queued", { replayed: false, run: { status: "PENDING" } }, (world) => trigger(world)],
  [
    "trigger_run",
    "started",
    { replayed: false, run: { status: "RUNNING" } },
    async (world) => {
      await fail(world);
      return trigger(world);
    },
  ],
  [
    "trigger_run",
    "replayed",
    { replayed: true, run: { status: "PENDING" } },
    async (world) => {
      await trigger(world, world.tenant.owner, { idempotency_key: "k" });
      return trigger(world, world.tenant.owner, { idempotency_key: "k" });
    },
  ],
  [
    "trigger_run",
    "queued in the place of another run",
    [{ run: { status: "PENDING" } }, "FAILED SUPERSEDED"],
    async (world) => {
      await setBusy(world, "replace_queued");
      await trigger(world);
      const answer = await trigger(world);
      const [row] = await service.database.sql`
        select status || ' ' || failure_code as stand from workflow_runs where tenant_id = ${world.tenant.id} and status = 'FAILED'`;
      return [answer, row?.stand];
    },
  ],
  [
    "trigger_run",
    "started in the place of the RUNNING run",
    [{ run: { status: "RUNNING" } }, "STOPPED"],
    async (world) => {
      await setBusy(world, "replace_running");
      return [await trigger(world), await lastEvent(world)];
    },
  ],
  [
    "trigger_batch",
    "triggered",
    { replayed: false, batch: { run_ids: [expect.any(String), expect.any(String)] } },
    (world) => triggerBatch(world),
  ],
  [
    "trigger_batch",
    "replayed, by its key and by its id",
    [true, false],
    async (world) => {
      const batch_id = uuid();
      await triggerBatch(world, world.tenant.owner, { batch_id });
      const answers = [await triggerBatch(world), await triggerBatch(world, world.tenant.owner, { batch_id })];
      return answers.map(({ replayed }) => replayed);
    },
  ],
  ["record_result", "completed", { status: "COMPLETED" }, (world) => report(world, "COMPLETED")],
  ["record_result", "failed", { status: "FAILED" }, (world) => report(world, "FAILED")],
  [
    "record_result",
    "repeated: answered as the first time, with one event",
    [{ status: "COMPLETED" }, 1],
    async (world) => {
      await report(world, "COMPLETED");
      const answer = await report(world, "COMPLETED");
      return [answer, (await eventsOf(world.runId)).filter((type) => type === "COMPLETED").length];
    },
  ],
  [
    "record_result",
    "late: kept as an event",
    "LATE_RESULT",
    async (world) => {
      await fail(world);
      await report(world, "COMPLETED");
      return lastEvent(world);
    },
  ],
  ["append_log", "stored", { is_cut: false }, (world) => appendLog(world)],
  [
    "append_log",
    "repeated: stored once",
    [{ is_cut: false }, 1],
    async (world) => {
      await appendLog(world);
      const answer = await appendLog(world);
      const rows = await service.database.sql`
        select from workflow_run_log_entries where run_id = ${world.runId}`;
      return [answer, rows.length];
    },
  ],
  [
    "append_log",
    "cut",
    { is_cut: true },
    async (world) => {
      await appendLog(world);
      await service.database.sql`update workflow_run_logs set bytes = 1048576 where run_id = ${world.runId}`;
      return appendLog(world, { sequence: 1 });
    },
  ],
  [
    "record_heartbeat",
    "with entries of the log: stored once, and not under the number of another text",
    [{ log: { is_cut: false, conflicts: [] } }, { log: { is_cut: false, conflicts: [1] } }, ["a", "b", "c"]],
    async (world) => {
      const beat = (...texts: string[]) => {
        const log = JSON.stringify(texts.map((text, sequence) => ({ sequence, text })));
        return call("record_heartbeat", { ...attemptOf(world), progress: null, log });
      };
      const answers = [await beat("a", "b"), await beat("a", "x", "c")];
      const rows = await service.database.sql`
        select text from workflow_run_log_entries where run_id = ${world.runId} order by sequence`;
      return [...answers, rows.map(({ text }) => text)];
    },
  ],
  [
    "commit_artifact",
    "stored, and stored again by a repeated call",
    [{ has_replaced: false }, { has_replaced: false }],
    async (world) => {
      const stored = { ...attemptOf(world), artifact_id: uuid() };
      await reserve(world, stored);
      return [await call("commit_artifact", stored), await call("commit_artifact", stored)];
    },
  ],
  [
    "retry_run",
    "started",
    { run: { status: "RUNNING" } },
    async (world) => {
      await fail(world);
      return change("retry_run", world);
    },
  ],
  [
    "retry_run",
    "queued",
    { run: { status: "PENDING" } },
    async (world) => {
      await fail(world);
      await trigger(world);
      return change("retry_run", world);
    },
  ],
  [
    "permit_workflow",
    "given, and given already",
    [{ given: 4 }, { given: 0 }],
    async (world) => [await permitWorkflow(world), await permitWorkflow(world)],
  ],
  [
    "record_acceptances",
    "accepted",
    [{ accepted: 1, left: [] }, "DISPATCHED"],
    async (world) => [await acceptDispatch(world, 1), await lastEvent(world)],
  ],
  [
    "record_acceptances",
    "of another attempt: nothing",
    [{ accepted: 0, left: [] }, "DISPATCH_FAILED"],
    async (world) => [await acceptDispatch(world, 2), await lastEvent(world)],
  ],
  [
    "record_postponement",
    "postponed",
    [{ postponed: true }, 2],
    async (world) => [
      await postpone(world, 1),
      (await eventsOf(world.runId)).filter((type) => type === "DISPATCH_FAILED").length,
    ],
  ],
  [
    "record_postponement",
    "of another attempt: nothing",
    [{ postponed: false }, 1],
    async (world) => [
      await postpone(world, 2),
      (await eventsOf(world.runId)).filter((type) => type === "DISPATCH_FAILED").length,
    ],
  ],
  [
    "record_postponement",
    "of a run whose time is over: nothing",
    [{ postponed: false }, 1],
    async (world) => {
      await makeOverdue(service, world.runId);
      const answer = await postpone(world, 1);
      return [answer, (await eventsOf(world.runId)).filter((type) => type === "DISPATCH_FAILED").length];
    },
  ],
  [
    "receive_webhook",
    "fired",
    { outcome: "FIRED", is_duplicate: false },
    async (world) => receive(await insertWebhook(world)),
  ],
  [
    "receive_webhook",
    "fired before",
    { outcome: "FIRED", is_duplicate: true },
    async (world) => {
      const id = await insertWebhook(world);
      await receive(id);
      return receive(id);
    },
  ],
  [
    "receive_webhook",
    "this call has fired before",
    { outcome: "FIRED", is_duplicate: false },
    async (world) => {
      const [id, firing] = [await insertWebhook(world), { firing_id: uuid(), occasion: null }];
      await receive(id, firing);
      return receive(id, firing);
    },
  ],
  [
    "receive_webhook",
    "paused",
    { outcome: "MISSED", is_duplicate: false },
    async (world) => {
      const id = await insertWebhook(world);
      await service.database.sql`update triggers set paused_at = now() where id = ${id}`;
      return receive(id);
    },
  ],
  [
    "receive_webhook",
    "paused, and called again with the same message: it counts once",
    { outcome: "MISSED", is_duplicate: false, count: 2 },
    async (world) => {
      const id = await insertWebhook(world);
      await service.database.sql`update triggers set paused_at = now() where id = ${id}`;
      await receive(id, { firing_id: uuid() });
      const again = { firing_id: uuid() };
      await receive(id, again);
      const answer = await receive(id, again);
      const [missed] = await service.database.sql`select count from trigger_firings where trigger_id = ${id}`;
      return { ...answer, count: missed?.count };
    },
  ],
  [
    "receive_webhook",
    "what the message says cannot be used",
    { outcome: "REFUSED", is_duplicate: false },
    async (world) => receive(await insertWebhook(world), { refused: "body_unusable" }),
  ],
  [
    "give_up_dispatch",
    "given up",
    "FAILED",
    async (world) => {
      await giveUp(world, 1);
      return lastEvent(world);
    },
  ],
  [
    "give_up_dispatch",
    "of another attempt: nothing",
    "DISPATCH_FAILED",
    async (world) => {
      await giveUp(world, 2);
      return lastEvent(world);
    },
  ],
];

it.each(DONE)("%s, when it does not refuse: %s", async (_verb, _outcome, expected, reach) => {
  const done = await reach(await newWorld());
  if (typeof expected === "object") expect(done).toMatchObject(expected ?? {});
  else expect(done).toBe(expected);
});
