/** The rows about which the calls of `locking-calls.ts` are. */
import { v7 as uuid } from "uuid";
import { inSeconds, insertRun, makeOverdue } from "../support/lifecycle.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import type { Service } from "../support/service.ts";
import { addAgentGrant, addCommandLineCode, addSignInSession } from "../support/sign-in-session.ts";
import { addLeased, addSuspended, addWaitingForLease, createStage, invokeDefinition } from "../support/stage.ts";

export type LockingWorld = Awaited<ReturnType<typeof createLockingWorld>>;

/** Makes a tenant in which everything is shared. */
export async function createLockingWorld(service: Service, mark: string) {
  const { database } = service;
  const { sql } = database;
  const stage = await createStage(service, mark);
  const { tenant, colleague } = stage;
  const { admin } = tenant;
  const definitionId = tenant.definitionId;

  // A definition with a URL: one run is overdue, two are asked to stop, one was just sent, one waits and one has failed.
  const idle = await addWaitingForLease(stage);
  const { runId: suspended } = await addSuspended(stage, definitionId);
  const signal = { name: "paid", correlation: "4711" };
  await addSuspended(stage, definitionId, { waits: [{ key: "paid", kind: "signal", ...signal }] });
  await sql`update workflow_definitions set max_running = 4, max_attempts = 3, retry_on = '{UNREACHED,DEADLINE,LOST}' where id = ${definitionId}`;
  const runs: string[] = [];
  for (let n = 0; n < 5; n++) runs.push(await invokeDefinition(stage, definitionId));
  const [overdue = "", run = "", other = "", sent = "", waiting = ""] = runs;
  const path = `/v1/workflow-definitions/${definitionId}/invoke`;
  const started = await service.send("POST", path, tenant.owner.key, { start_after: inSeconds(3600) });
  const { id: delayed } = await started.json<{ id: string }>();
  const failed = await insertRun(database, tenant, { status: "FAILED", overdueSeconds: 90 * 86_400 });
  for (const id of [run, other]) {
    await service.send("POST", `/v1/workflow-runs/${id}/stop`, tenant.owner.key, { grace_seconds: 300 });
  }
  await makeOverdue(service, overdue);
  const artifact = uuid();
  const batch = await service.send("POST", `/v1/workflow-definitions/${definitionId}/invoke-batch`, tenant.owner.key, {
    runs: [{}, {}],
  });
  if (!batch.ok) throw new Error(await batch.text());

  // A definition whose runs are leased, by a session that began with the key of the ADMIN, and a lease that has ended.
  const leased = await addLeased(stage);
  await sql`update workflow_definitions set max_running = 4 where id = any (${[leased.definitionId, idle]})`;
  await invokeDefinition(stage, leased.definitionId);
  const [session] = await sql`
    update runner_sessions s set api_key_id = k.id, capacity = 50, workflow_definition_ids = null
    from api_keys k where s.tenant_id = ${tenant.id} and k.user_id = ${admin.id}
    returning s.id`;
  const tree = await insertParts(database, tenant, ["/a", "/a/b", "/c"]);
  const parts = { a: tree.idOf("/a"), b: tree.idOf("/a/b"), c: tree.idOf("/c") };
  const permission = await permit(database, tenant, parts.a, "READ_ONLY", colleague);
  await permit(database, tenant, parts.b, "READ_WRITE", colleague);
  await permit(database, tenant, parts.a, "READ_ONLY", admin);
  await permit(database, tenant, parts.b, "READ_WRITE", admin);
  const [key] = await sql`select id, encode(key_hash, 'hex') as hash from api_keys where user_id = ${admin.id}`;
  const signedIn = await addSignInSession(database, admin.id);
  await addSignInSession(database, admin.id);
  const code = await addCommandLineCode(database, signedIn.sid, "Test");
  const grant = await addAgentGrant(database, tenant, admin.id);
  const login = { id: uuid(), iss: "https://login.test", sub: uuid(), session: uuid() };
  const invites = [uuid(), uuid()];
  const triggers = { schedule: uuid(), webhook: uuid(), run: uuid() };
  const [endpoint, chat] = [uuid(), uuid()];
  const notification = uuid();
  const gone = { definition: uuid(), emptied: uuid(), trigger: uuid(), endpoint: uuid(), parent: uuid() };
  const rows = await sql.transaction([
    sql`update workflow_runs set next_dispatch_at = now() - interval '1 second' where id = any (${[run, other, sent]})`,
    sql`update running_attempts set next_stop_dispatch_at = now() - interval '1 second' where run_id = any (${[run, other]})`,
    sql`insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, created_at)
      values (${run}, ${artifact}, ${tenant.id}, 1, 'a.txt', 'text/plain', 1, now())`,
    sql`insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, created_at, stored_at)
      select ${run}, gen_random_uuid(), ${tenant.id}, 1, 'a.txt', 'text/plain', 1, now() - interval '9 days', now() - interval '9 days'`,
    sql`insert into artifact_deletions (key, tenant_id, due_at) values (${mark}, ${tenant.id}, now() - interval '1 second')`,
    sql`insert into logins (id, tenant_id, user_id, iss, sub) values (${login.id}, ${tenant.id}, ${admin.id}, ${login.iss}, ${login.sub})`,
    sql`insert into sign_in_sessions (id, tenant_id, user_id, login_id, began_at, last_used_at, ends_at)
      values (${login.session}, ${tenant.id}, ${admin.id}, ${login.id}, now(), now() - interval '2 hours', now() + interval '7 days')`,
    sql`insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix, revoked_at)
      values (gen_random_uuid(), ${tenant.id}, ${admin.id}, 'Old', sha256(convert_to(${mark}, 'UTF8')), 'test', now() - interval '90 days')`,
    sql`insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
      select gen_random_uuid(), ${tenant.id}, k.id, 'Old', 1, now() - interval '9 days' from api_keys k where k.user_id = ${admin.id}`,
    sql`insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
      select invite.id, ${tenant.id}, ${mark} || invite.place || '@test.example', 'USER', sha256('secret'), now() + interval '1 day'
      from unnest(${invites}::uuid[]) with ordinality invite (id, place)`,
    sql`insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at, secret_encrypted)
      values
        (${triggers.schedule}, ${tenant.id}, ${definitionId}, ${admin.id}, 'Test', 'schedule', '{}', now(), now(), null),
        (${triggers.webhook}, ${tenant.id}, ${definitionId}, ${admin.id}, 'Test', 'webhook', '{"scheme": "github"}', now(), null, 'x'),
        (${triggers.run}, ${tenant.id}, ${leased.definitionId}, ${admin.id}, 'Test', 'run',
          jsonb_build_object('of', ${definitionId}::text, 'on', 'ended', 'input_from', 'fixed'), now(), null, null)`,
    sql`insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted, format, address_hash)
      values (${endpoint}, ${tenant.id}, 'https://hook.example', '{workflow_run.failed}', 'x', 'standard', null),
        (${chat}, ${tenant.id}, 'https://chat.example', '{workflow_run.failed}', 'x', 'slack', 'a')`,
    sql`insert into notifications (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at, created_at)
      values (${notification}, ${tenant.id}, ${endpoint}, '1', 'workflow_run.failed', now(), '{}', now() - interval '1 second', now()),
        (gen_random_uuid(), ${tenant.id}, ${chat}, '1', 'workflow_run.failed', now(), '{}', now() - interval '1 second', now()),
        (gen_random_uuid(), ${tenant.id}, ${endpoint}, '1', 'workflow_run.failed', now(), '{}', null, now() - interval '90 days')`,
    sql`insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
      values (gen_random_uuid(), ${tenant.id}, ${triggers.schedule}, now() - interval '90 days', 'MISSED', 'schedule', 'paused')`,
    // A run that has failed has two children, of two definitions. One of another run has ended.
    sql`update workflow_definitions set may_trigger = array[id, ${idle}::uuid] where id = ${definitionId}`,
    sql`update workflow_runs set parent_run_id = ${failed} where id = any (${[waiting, leased.runId]}::uuid[])`,
    // What the sweep still deletes of what was deleted: two runs, of which one is a child as well, a batch, a firing and a notification. A run
    // has a parent that is gone.
    sql`insert into deleted_definitions (id, tenant_id, deleted_at)
      select id, ${tenant.id}, now() from unnest(${[gone.definition, gone.emptied]}::uuid[]) id`,
    sql`insert into workflow_runs
      select (jsonb_populate_record(r, jsonb_build_object(
        'id', gen_random_uuid(), 'workflow_definition_id', ${gone.definition}::text, 'parent_run_id', deleted.parent_id))).*
      from workflow_runs r, (values (null), (${failed})) deleted (parent_id)
      where r.id = ${failed}`,
    sql`insert into run_batches (id, tenant_id, workflow_definition_id, user_id, runs_hash, run_count)
      values (gen_random_uuid(), ${tenant.id}, ${gone.emptied}, ${admin.id}, sha256('x'), 1)`,
    sql`insert into deleted_triggers (id, tenant_id, deleted_at) values (${gone.trigger}, ${tenant.id}, now())`,
    sql`insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
      values (gen_random_uuid(), ${tenant.id}, ${gone.trigger}, now(), 'MISSED', 'schedule', 'paused')`,
    sql`insert into deleted_endpoints (id, tenant_id, deleted_at) values (${gone.endpoint}, ${tenant.id}, now())`,
    sql`insert into notifications (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at, created_at)
      values (gen_random_uuid(), ${tenant.id}, ${gone.endpoint}, '1', 'workflow_run.failed', now(), '{}', null, now())`,
    sql`insert into deleted_parents (id, tenant_id, deleted_at) values (${gone.parent}, ${tenant.id}, now())`,
    sql`insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
      values (${other}, ${tenant.id}, ${gone.parent}, ${definitionId}, 'a', 1)`,
    sql`insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
      select r.id, r.tenant_id, r.parent_run_id, r.workflow_definition_id, 'a', 1 from workflow_runs r where r.parent_run_id = ${failed}`,
    // Its end is not summed yet.
    sql`insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${failed}, 1, 'FAILED')`,
    sql`insert into run_sum_positions (tenant_id, looked_at) values (${tenant.id}, now())`,
    sql`insert into due_firings (tenant_id, trigger_id, parent_run_id, due_at, run_id, attempt, depth)
      values (${tenant.id}, ${triggers.run}, null, now(), null, null, 0), (${tenant.id}, null, ${failed}, now(), null, null, 0),
        (${tenant.id}, null, ${suspended}, now(), ${failed}, 1, 0)
      returning id`,
  ]);
  const dueFiringIds = rows.at(-1)?.map(({ id }) => id) ?? [];

  return {
    ...{
      mark,
      stage,
      tenant,
      colleague,
      admin,
      definitionId,
      idle,
      run,
      other,
      sent,
      waiting,
      delayed,
      suspended,
      signal,
      failed,
      artifact,
    },
    ...{ leased, session: session?.id, parts, permission, key, signedIn, code, grant, login, invites, triggers },
    ...{ endpoint, chat, notification, dueFiringIds },
  };
}
