import { createHash } from "node:crypto";
import type pg from "pg";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";

const id = (kind: number, n: number) => `0190000${kind}-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const sqlId = (kind: number, n: string) => `('0190000${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

export const TENANT = id(0, 1);
export const ownerKey = "wr_bench_owner";
/** A USER who has 50 permissions, and has triggered no runs. */
export const readerKey = "wr_bench_reader";
const PERMISSIONS = 50;
const USERS = 20;
const READER = 99;
/** Unfinished runs, however many others there are: RUNNING ones, and PENDING ones behind them. */
const RUNNING = 20;
const PENDING = 100;

export const userId = (n: number) => id(1, n);
export const definitionId = (n: number) => id(2, n);
export const runId = (n: number) => id(3, n);
const folderId = (n: number) => id(4, n);
/** A definition whose slot is taken, one whose slot is free, and the one that the USER may read. */
export const BUSY = 1;
export const FREE = 50;
export const READABLE = 60;

export const WEBHOOK_SECRET = "whsec_YmVuY2htYXJrcy13ZWJob29rLXNlY3JldC0wMTIzNDU=";

export type Seed = {
  runs: number;
  definitions: number;
  runnerUrl: string;
  encryptionKey: string;
  /** When true, each definition has a RUNNING run whose deadline has passed, and nothing else. */
  overdue?: boolean;
  /** When true, all runs have ended, so that every slot is free. */
  ended?: boolean;
};

/** Fills a database with one tenant that has triggered a run every 100 seconds, up to now. */
export async function seed(pool: pg.Pool, options: Seed): Promise<void> {
  const client = await pool.connect();
  try {
    // Foreign keys are not checked for each row: they hold here by construction.
    await client.query("set session_replication_role = replica");
    await client.query("set synchronous_commit = off");
    await seedTenant(client);
    await seedDefinitions(client, options);
    if (options.overdue) await seedOverdueRuns(client);
    else await seedRuns(client, options);
    await client.query("reset all");
    await client.query("vacuum (analyze, freeze)");
    await client.query("checkpoint");
  } finally {
    client.release();
  }
}

async function seedTenant(client: pg.PoolClient): Promise<void> {
  await client.query("insert into tenants (id, name) values ($1, 'Bench')", [TENANT]);
  await client.query(
    `insert into users (id, tenant_id, email, role)
    select ${sqlId(1, "n")}, $1::uuid, n || '@bench.example', case n when 1 then 'OWNER' else 'USER' end
    from (select generate_series(1, $2::int) union all select $3::int) s (n)`,
    [TENANT, USERS, READER],
  );
  for (const [n, key] of [
    [1, ownerKey],
    [READER, readerKey],
  ] as const) {
    await client.query(
      `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
      values ($1, $2, $3, 'Bench', $4, 'ench')`,
      [id(5, n), TENANT, userId(n), createHash("sha256").update(key).digest()],
    );
  }
  // A folder to read with a document, an instruction, a folder to write to, and folders for permissions.
  await client.query(
    `insert into path_parts (id, tenant_id, name, part_type, materialized_path)
    select ${sqlId(4, "n")}, $1::uuid, name, type, '/' || name
    from (values (1, 'workflows', 'FOLDER'), (2, 'sources', 'FOLDER'), (4, 'how-to.md', 'DOCUMENT'), (5, 'outputs', 'FOLDER'))
      s (n, name, type)
    union all select ${sqlId(4, "100 + n")}, $1::uuid, 'team-' || n, 'FOLDER', '/team-' || n from generate_series(1, $2::int) n`,
    [TENANT, PERMISSIONS - 1],
  );
  await client.query(
    `insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
    values ($2, $1, $3, 'data.csv', 'DOCUMENT', '/sources/data.csv')`,
    [TENANT, folderId(3), folderId(2)],
  );
}

async function seedDefinitions(client: pg.PoolClient, options: Seed): Promise<void> {
  await client.query(
    `insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path, system_managed)
    select ${sqlId(6, "n")}, $1::uuid, $2::uuid, id, 'WORKFLOW_DEFINITION', '/workflows/' || id, true
    from (select n, ${sqlId(2, "n")} as id from generate_series(1, $3::int) n) s`,
    [TENANT, folderId(1), options.definitions],
  );
  await client.query(
    `insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url,
      webhook_secret_encrypted, max_run_duration_seconds, source_path_part_ids, instruction_path_part_ids,
      output_path_part_ids)
    select ${sqlId(2, "n")}, $1::uuid, ${sqlId(6, "n")}, 'Workflow ' || n, 'SELF_HOSTED', $2::text, 'none', 3600,
      array[$3::uuid], array[$4::uuid], array[$5::uuid]
    from generate_series(1, $6::int) n`,
    [TENANT, options.runnerUrl, folderId(2), folderId(4), folderId(5), options.definitions],
  );
  const ring = parseKeyRing(options.encryptionKey);
  if (!ring) throw new Error("The example configuration has an encryption key.");
  if (!options.overdue) {
    for (let n = 1; n <= options.definitions; n++) {
      await client.query("update workflow_definitions set webhook_secret_encrypted = $2 where id = $1", [
        definitionId(n),
        await encryptWebhookSecret(ring, definitionId(n), WEBHOOK_SECRET),
      ]);
    }
  }
  await client.query(
    `insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
    select ${sqlId(7, "n")}, $1::uuid, $2::uuid, ${sqlId(4, "100 + n")}, 'READ_WRITE' from generate_series(1, $3::int) n
    union all select ${sqlId(7, "0")}, $1::uuid, $2::uuid, $4::uuid, 'READ_ONLY'`,
    [TENANT, userId(READER), PERMISSIONS - 1, id(6, READABLE)],
  );
}

/** The config of a schedule of every hour, whose last instant was in the minute of now. */
export const hourly = () => ({
  ...{ cron: `${new Date().getUTCMinutes()} * * * *`, at: null, time_zone: "UTC", starts_at: null, ends_at: null },
  ...{ jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400 },
});

export const SNAPSHOT = `jsonb_build_object('workflow_definition_id', d.id, 'workflow_name', d.name, 'runner_type', d.runner_type,
  'user_id', r.user_id, 'max_run_duration_seconds', d.max_run_duration_seconds,
  'sources', jsonb_build_array(jsonb_build_object(
    'path_part_id', d.source_path_part_ids[1], 'materialized_path', '/sources', 'part_type', 'FOLDER')),
  'instructions', jsonb_build_array(jsonb_build_object(
    'path_part_id', d.instruction_path_part_ids[1], 'materialized_path', '/how-to.md', 'part_type', 'DOCUMENT')),
  'outputs', jsonb_build_array(jsonb_build_object(
    'path_part_id', d.output_path_part_ids[1], 'materialized_path', '/outputs', 'part_type', 'FOLDER')),
  'template', null)`;

export const COLUMNS = `id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot, queue_position,
  started_at, deadline_at, completed_at, error, ended_by, failure_code, dispatch_count, dispatched_at, created_at, updated_at`;

async function seedRuns(client: pg.PoolClient, { runs, definitions, ended }: Seed): Promise<void> {
  const [running, pending] = ended ? [0, 0] : [RUNNING, PENDING];
  await client.query(
    `insert into workflow_runs (${COLUMNS})
    select r.id, d.tenant_id, d.id, r.user_id, 'SELF_HOSTED', r.status,
      case when r.status = 'RUNNING' then 1 end, ${SNAPSHOT}, r.n,
      case when r.status <> 'PENDING' then r.at end,
      case when r.status = 'RUNNING' then r.at + interval '1 day' when r.status <> 'PENDING' then r.at + interval '1 hour' end,
      case when r.status in ('COMPLETED', 'FAILED') then r.ended_at end,
      case when r.status = 'FAILED' then 'Timed out: no result arrived within 3600 seconds of the start.' end,
      case r.status when 'COMPLETED' then 'CALLBACK' when 'FAILED' then 'DEADLINE' end,
      case r.status when 'FAILED' then 'DEADLINE' end,
      1, r.at, r.at, case when r.status in ('COMPLETED', 'FAILED') then r.ended_at else r.at end
    from (
      select n, ${sqlId(3, "n")} as id, ${sqlId(1, `1 + n % ${USERS}`)} as user_id, s.status,
        ${sqlId(2, `case when s.status in ('PENDING', 'RUNNING') then 1 + n % ${RUNNING} else 1 + n % ${Math.min(definitions, 100)} end`)} as definition_id,
        s.at, s.at + case when s.status = 'FAILED' then interval '1 hour' else make_interval(secs => 10 + n % 50) end as ended_at
      from generate_series(1, $1::int) n
      cross join lateral (select
        statement_timestamp() - make_interval(secs => 100 * ($1 - n)) as at,
        case when n > $1 - ${running} then 'RUNNING' when n > $1 - ${running + pending} then 'PENDING'
          when n % 10 = 0 then 'FAILED' else 'COMPLETED' end as status) s
    ) r
    join workflow_definitions d on d.id = r.definition_id
    order by r.n`,
    [runs],
  );
  await client.query("select setval('workflow_run_queue', $1)", [Math.max(1, runs)]);
  await client.query(`insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select tenant_id, id, 1, 'TIMED_OUT', deadline_at, '{"lag_ms": 30000}' from workflow_runs where status = 'FAILED'`);
}

async function seedOverdueRuns(client: pg.PoolClient): Promise<void> {
  await client.query(
    `insert into workflow_runs (${COLUMNS})
    select (replace(d.id::text, '01900002', '01900003'))::uuid, d.tenant_id, d.id, r.user_id, 'SELF_HOSTED', 'RUNNING', 1, ${SNAPSHOT},
      nextval('workflow_run_queue'), r.at, r.at + interval '1 hour', null, null, null, null, 1, r.at, r.at, r.at
    from workflow_definitions d
    cross join (select $1::uuid as user_id, statement_timestamp() - interval '2 hours' as at) r`,
    [userId(1)],
  );
}
