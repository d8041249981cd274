import { type TestDatabase, writeUnchecked } from "../support/database.ts";
import { extent } from "../support/in-turn.ts";
import type { TestTenant } from "../support/tenant.ts";

/** How much the large tenant has. */
export const LARGE = {
  users: 200,
  folders: 800,
  documents: extent(50, 100),
  definitions: extent(10_000, 20_000),
  runs: 5,
};
/** The number of a definition that the USER may see. */
export const PERMITTED = 41 * (LARGE.definitions / 50);
const SMALL = { users: 20, folders: 2, documents: 5, definitions: 1, runs: 5 };
const SMALL_TENANTS = 1000;

/**
 * Fills a tenant with 50,000 path parts, 10,000 definitions, 50,000 runs of a year, 200 users and 200 invites, and gives its
 * USER 50 permissions: on 40 folders and 10 definitions. Also creates 1,000 small tenants. `npm run test:whole` has twice as many.
 */
export async function fillTenant({ sql }: TestDatabase, tenant: TestTenant): Promise<void> {
  await sql`insert into tenants (id, name) select gen_random_uuid(), 'Small' from generate_series(1, ${SMALL_TENANTS}::int)`;
  const sizes = sql`
    create temporary table t on commit drop as
    select t.id, size.*
    from tenants t
    cross join jsonb_to_record(case when t.id = ${tenant.id} then ${JSON.stringify(LARGE)} else ${JSON.stringify(SMALL)} end::jsonb)
      as size (users int, folders int, documents int, definitions int, runs int)`;
  // Ids are derived from names, so that references need no look-ups.
  const steps = [
    sql`
      insert into users (id, tenant_id, email, role)
      select md5(t.id || 'user' || n)::uuid, t.id, n || '@large.example', 'USER' from t, generate_series(1, t.users) n`,
    sql`
      insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
      select md5(t.id || 'key' || n)::uuid, t.id, md5(t.id || 'user' || n)::uuid, 'Large',
        sha256((t.id || 'key' || n)::bytea), 'test'
      from t, generate_series(1, t.users) n`,
    sql`
      insert into logins (id, tenant_id, user_id, iss, sub)
      select md5(t.id || 'login' || n)::uuid, t.id, md5(t.id || 'user' || n)::uuid, 'https://login.example', t.id || '/' || n
      from t, generate_series(1, t.users) n`,
    sql`
      insert into invites (id, tenant_id, email, role, secret_hash, expires_at)
      select md5(t.id || 'invite' || n)::uuid, t.id, n || '@invited.example', 'USER', sha256((t.id || 'invite' || n)::bytea),
        statement_timestamp() + interval '7 days'
      from t, generate_series(1, t.users) n`,
    sql`
      insert into path_parts (id, tenant_id, name, part_type, materialized_path)
      select md5(t.id || 'folder' || n)::uuid, t.id, 'f' || n, 'FOLDER', '/f' || n from t, generate_series(1, t.folders) n`,
    sql`
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
      select md5(t.id || 'document' || n || '/' || m)::uuid, t.id, md5(t.id || 'folder' || n)::uuid, m || '.md',
        'DOCUMENT', '/f' || n || '/' || m || '.md'
      from t, generate_series(1, t.folders) n, generate_series(1, t.documents) m`,
    sql`
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path, system_managed)
      select md5(t.id || 'node' || n)::uuid, t.id,
        (select id from path_parts where tenant_id = t.id and materialized_path = '/workflows'),
        'd' || n, 'WORKFLOW_DEFINITION', '/workflows/d' || n, true
      from t, generate_series(1, t.definitions) n`,
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, source_path_part_ids,
        instruction_path_part_ids, output_path_part_ids, created_at)
      select md5(t.id || 'definition' || n)::uuid, t.id, md5(t.id || 'node' || n)::uuid, 'Large ' || n, 'SELF_HOSTED',
        array[md5(t.id || 'folder' || n % t.folders + 1)::uuid], array[md5(t.id || 'document1/' || n % 5 + 1)::uuid],
        array[md5(t.id || 'folder' || (n + 1) % t.folders + 1)::uuid],
        statement_timestamp() - n * interval '20 minutes'
      from t, generate_series(1, t.definitions) n`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, batch_id,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
      select md5(t.id || 'run' || n || '/' || m)::uuid, t.id, md5(t.id || 'definition' || n)::uuid,
        md5(t.id || 'user' || (n + m) % t.users + 1)::uuid, 'SELF_HOSTED',
        case when m = 1 and n % 10 = 0 then 'FAILED' else 'COMPLETED' end, '{}',
        case when n % 2 = 0 then md5(t.id || 'batch' || n % (t.definitions / 100))::uuid end,
        made.at, made.at, made.at + interval '5 minutes', made.at + interval '5 minutes', made.at + interval '5 minutes',
        case when m = 1 and n % 10 = 0 then 'DEADLINE' else 'CALLBACK' end,
        case when m = 1 and n % 10 = 0 then 'DEADLINE' end
      from t, generate_series(1, t.definitions) n, generate_series(1, t.runs) m,
        lateral (select statement_timestamp() - (n * 7919 + m * 104729) % 100000 * interval '300 seconds' as at) made`,
    // Half of the runs of the large tenant are in batches of 500. The runs of all other batches were deleted.
    sql`
      insert into run_batches (id, tenant_id, workflow_definition_id, user_id, runs_hash, run_count, ended_at)
      select md5(t.id || 'batch' || n)::uuid, t.id, md5(t.id || 'definition' || n + 1)::uuid, md5(t.id || 'user1')::uuid, '',
        case when n < t.definitions / 100 and n % 2 = 0 then 500 else 1 end, statement_timestamp()
      from t, generate_series(0, t.definitions - 1) n`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
        started_at, deadline_at)
      select gen_random_uuid(), t.id, md5(t.id || 'definition' || n)::uuid, md5(t.id || 'user' || n % t.users + 1)::uuid,
        'SELF_HOSTED', stands.*
      from t, generate_series(1, t.definitions) n,
        lateral (values
          ('RUNNING', 1, '{}'::jsonb, statement_timestamp(), statement_timestamp() + interval '1 day'),
          ('PENDING', null, '{}'::jsonb, null, null)
        ) stands
      where n % 100 = 1`,
    sql`
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
      select md5(t.id || 'session' || n)::uuid, t.id, md5(t.id || 'key' || n)::uuid, 'Runner ' || n, 1,
        statement_timestamp() + interval '1 day'
      from t, generate_series(1, t.users) n`,
    // Each user has signed in twice, and agreed once to a command line and to an agent.
    sql`
      insert into sign_in_sessions (id, tenant_id, user_id, api_key_id, began_at, last_used_at, ends_at)
      select md5(t.id || 'sign-in' || n || '/' || m)::uuid, t.id, md5(t.id || 'user' || n)::uuid, md5(t.id || 'key' || n)::uuid,
        statement_timestamp() - m * interval '1 day', statement_timestamp(), statement_timestamp() + interval '5 days'
      from t, generate_series(1, t.users) n, generate_series(1, 2) m`,
    sql`
      insert into command_line_codes (code_hash, tenant_id, sign_in_session_id, code_challenge, key_name, expires_at)
      select sha256((t.id || 'code' || n)::bytea), t.id, md5(t.id || 'sign-in' || n || '/1')::uuid, repeat('x', 43), 'Large',
        statement_timestamp() + interval '1 minute'
      from t, generate_series(1, t.users) n`,
    sql`
      insert into agent_grants (id, tenant_id, user_id, client_name, redirect_host, scopes, generation, renewed_at)
      select md5(t.id || 'agent' || n)::uuid, t.id, md5(t.id || 'user' || n)::uuid, 'Large', 'agent.example', '{read}', 1,
        statement_timestamp()
      from t, generate_series(1, t.users) n`,
    sql`
      insert into metric_positions (tenant_id, epoch, xid, event_id)
      select t.id, 1, pg_current_xact_id(), 9223372036854775807 from t`,
    sql`
      insert into metric_counters (tenant_id, name, label, value)
      select t.id, 'counter' || n, '', 1 from t, generate_series(1, 10) n`,
    sql`
      insert into workflow_metrics (workflow_definition_id, tenant_id, runs, failures, seconds, buckets)
      select md5(t.id || 'definition' || n)::uuid, t.id, t.runs + n, n % 10, 60, array_fill(1::bigint, array[12])
      from t, generate_series(1, t.definitions) n`,
    sql`
      insert into run_sum_positions (tenant_id, epoch, xid, event_id, looked_at)
      select t.id, 1, pg_current_xact_id(), 9223372036854775807, statement_timestamp() from t`,
    sql`
      insert into run_sums (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
      select of.id, per.name, place.begins_at, t.id, 1, 1, histogram_of(1), histogram_of(60)
      from t, generate_series(1, t.definitions) n, unnest(array['hour', 'day']) per (name),
        lateral (select date_trunc(per.name, statement_timestamp(), 'UTC') - n % 300 * ('1 ' || per.name)::interval as begins_at) place,
        unnest(array[md5(t.id || 'definition' || n)::uuid, t.id]) of (id)
      on conflict do nothing`,
    sql`
      insert into running_attempts (run_id, tenant_id, attempt, lease_seconds, lease_expires_at)
      select r.id, r.tenant_id, 1, 3600, statement_timestamp() + interval '1 hour' from workflow_runs r where r.status = 'RUNNING'`,
    sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select r.tenant_id, r.id, 1, happened.* from workflow_runs r,
        lateral (values
          ('TRIGGERED', r.created_at, null),
          (case when r.ended_by = 'DEADLINE' then 'TIMED_OUT' end, r.deadline_at, '{"lag_ms": 30000}'::jsonb)
        ) happened (type, at, detail)
      where happened.type is not null`,
    // These endpoints subscribe to nothing that happens here, so no run inserts a notification.
    sql`
      insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
      select md5(t.id || 'endpoint' || n)::uuid, t.id, 'https://hook.example', '{}', 'x' from t, generate_series(1, 10) n`,
    sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data)
      select e.tenant_id, e.id, n, 'workflow_run.failed', statement_timestamp(), '{}'
      from notification_endpoints e, generate_series(1, 50) n`,
    // Each definition was created and paused, a year ago or later.
    sql`
      insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, object_id, about_kind, about_id, hidden)
      select gen_random_uuid(), t.id, statement_timestamp() - n * interval '25 minutes', md5(t.id || 'user1')::uuid, 'api_key', done.action,
        'workflow_definition', md5(t.id || 'definition' || n)::uuid, 'user', md5(t.id || 'user1')::uuid, '{}'
      from t, generate_series(1, t.definitions) n, (values ('workflow_definition.created'), ('workflow_definition.paused')) done (action)`,
    // Each definition has a trigger, which fires in some days. Each tenth has fired twice.
    sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, next_at, due_at)
      select md5(t.id || 'trigger' || n)::uuid, t.id, md5(t.id || 'definition' || n)::uuid, md5(t.id || 'user1')::uuid, 'Large',
        'schedule', '{"cron": "0 0 * * *", "at": null, "time_zone": "UTC", "starts_at": null, "ends_at": null, "jitter_seconds": 0,
          "catch_up": "last", "catch_up_window_seconds": 86400}', statement_timestamp(), planned.at, planned.at
      from t, generate_series(1, t.definitions) n,
        lateral (select statement_timestamp() + interval '1 day' + n * interval '1 minute' as at) planned`,
    // Besides, each tenth fires after the runs of the definition before it. Whoever ends a run looks for these.
    sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
      select md5(t.id || 'run trigger' || n)::uuid, t.id, md5(t.id || 'definition' || n)::uuid, md5(t.id || 'user1')::uuid, 'Large', 'run',
        jsonb_build_object('of', md5(t.id || 'definition' || n - 1)::uuid, 'on', 'completed', 'input_from', 'output'), statement_timestamp()
      from t, generate_series(10, t.definitions, 10) n`,
    sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, occasion, scheduled_at, run_id)
      select gen_random_uuid(), t.id, md5(t.id || 'trigger' || n)::uuid, fired.at, 'FIRED', 'schedule', public.wire_instant(fired.at),
        fired.at, md5(t.id || 'run' || n || '/' || m)::uuid
      from t, generate_series(1, t.definitions, 10) n, generate_series(1, 2) m,
        lateral (select statement_timestamp() - m * interval '1 day' as at) fired`,
    sql`
      insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
      select gen_random_uuid(), ${tenant.id},
        case when u.n = 0 then ${tenant.user.id}::uuid else md5(${tenant.id} || 'user' || u.n)::uuid end,
        case when g.n <= 40 then md5(${tenant.id} || 'folder' || g.n * 20)::uuid
          else md5(${tenant.id} || 'node' || g.n * ${LARGE.definitions / 50}::int)::uuid end,
        case when g.n % 2 = 0 then 'READ_ONLY' else 'READ_WRITE' end
      from generate_series(0, 100) u (n), generate_series(1, 50) g (n)`,
    // All runs of the large tenant have one label, and each hundredth has another one.
    sql`
      insert into workflow_run_labels (tenant_id, run_id, label, created_at)
      select r.tenant_id, r.id, given.label, r.created_at
      from workflow_runs r
      cross join lateral (values ('env:prod'), (case when hashtext(r.id::text) % 100 = 0 then 'batch:rare' end)) given (label)
      where r.tenant_id = ${tenant.id} and given.label is not null`,
    sql`
      insert into workflow_run_logs (run_id, attempt, bytes)
      select md5(t.id || 'run' || n || '/1')::uuid, 1, 10 from t, generate_series(1, t.definitions) n`,
    sql`
      insert into workflow_run_log_entries (run_id, attempt, sequence, at, text)
      select md5(t.id || 'run' || n || '/1')::uuid, 1, sequence, statement_timestamp(), 'reading'
      from t, generate_series(1, t.definitions) n, generate_series(0, 2) sequence`,
    sql`
      insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, stored_at)
      select md5(t.id || 'run' || n || '/1')::uuid, gen_random_uuid(), t.id, 1, 'a' || m, 'text/plain', 10, statement_timestamp()
      from t, generate_series(1, t.definitions) n, generate_series(1, 2) m`,
    sql`
      insert into run_suspensions (run_id, attempt, tenant_id, keys, body_hash, ends_at, on_timeout)
      select md5(t.id || 'run' || n || '/1')::uuid, 1, t.id, '{approve}', sha256('x'), statement_timestamp(), 'fail'
      from t, generate_series(1, t.definitions) n`,
    sql`
      insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, prompt, is_open)
      select md5(t.id || 'run' || n || '/1')::uuid, key, t.id, md5(t.id || 'definition' || n)::uuid, 'question', statement_timestamp(),
        'Go on?', false
      from t, generate_series(1, t.definitions) n, unnest(array['approve', 'pay']) key`,
    sql`
      insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, name, correlation, is_open)
      select md5(t.id || 'run' || n || '/1')::uuid, 'paid', t.id, md5(t.id || 'definition' || n)::uuid, 'signal', statement_timestamp(),
        'paid', n::text, false
      from t, generate_series(1, t.definitions) n`,
    sql`
      insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
      select t.id, md5(t.id || 'definition' || n)::uuid, signal, 'paid', signal, sha256('x'), ${tenant.owner.id}, statement_timestamp()
      from t, generate_series(1, t.definitions) n, unnest(array['a', 'b']) signal`,
    sql`
      insert into run_checkpoints (run_id, key, tenant_id, attempt, value, bytes, kept_at)
      select md5(t.id || 'run' || n || '/1')::uuid, key, t.id, 1, '1', 1, statement_timestamp()
      from t, generate_series(1, t.definitions) n, unnest(array['ocr', 'export']) key`,
    sql`
      insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
      select md5(t.id || 'run' || n || '/' || m)::uuid, t.id, md5(t.id || 'run' || n || '/1')::uuid, md5(t.id || 'definition' || n)::uuid,
        'a' || m, 1
      from t, generate_series(1, t.definitions) n, generate_series(2, 3) m`,
    sql`
      insert into artifact_deletions (key, tenant_id, due_at)
      select t.id || '/' || n, t.id, statement_timestamp() + interval '1 hour' from t, generate_series(1, t.definitions) n`,
    sql`update tenants set limits = 'large' where id = ${tenant.id}`,
    // They were counted just now, as for nearly all requests: see `judge_cap` in SQL.
    sql`
      insert into tenant_counts (tenant_id, cap, amount, counted_rows, event_id, counted_at)
      select t.id, cap, t.definitions, t.definitions, last_event_id(), statement_timestamp() + interval '1 hour'
      from t, unnest(array['definitions', 'path_parts', 'waiting_runs', 'artifact_bytes']) cap`,
  ];
  // Each in a request of its own, since a request has a time limit, which all together exceed on a slow machine.
  for (const step of steps) await writeUnchecked(sql, [sizes, step]);
  await sql`analyze`;
  // Autovacuum would do this later. Before that, new entries of a GIN index are in a list that is read completely.
  await sql`vacuum workflow_definitions`;
}

/** The tables that a statement may read completely, since each has one row, or few. A sequence is one of them. */
export const SMALL_TABLES = new Set([
  ...["sweep_state", "set_aside", "event_epoch", "workflow_run_events_id_seq"],
  // Nearly always empty: a row for each group of which very many runs are being superseded just now.
  "supersessions",
  // Nearly always empty: a row for each workflow, trigger, endpoint or parent that was deleted, until the sweep has done what follows.
  ...["deleted_definitions", "deleted_triggers", "deleted_endpoints", "deleted_parents"],
  // Nearly always empty: a row for each end of a run, until its trigger has fired.
  "due_firings",
  // A row for each failure that a person has marked as seen. Here it is empty, and it is read by its key once it has many rows.
  "seen_failures",
  // Of Postgres itself: as many rows as there are roles and databases.
  ...["pg_authid", "pg_database"],
]);
