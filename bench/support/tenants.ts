/** Fills databases with many tenants, each with the same share of the work that is due or planned. */
import type pg from "pg";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { COLUMNS, hourly, SNAPSHOT, WEBHOOK_SECRET } from "./seed.ts";
import { bindings } from "./worker.ts";

/** How many there are in all. Each is of a workflow of its own, and the tenants share them equally. */
export type Shares = {
  tenants: number;
  /** RUNNING runs whose dispatch has been due for a minute. */
  dispatches: number;
  /** RUNNING runs whose deadline has passed an hour ago. */
  overdue: number;
  /** Schedules that have just become due. Their runs are leased. */
  schedules: number;
  /** How many RUNNING runs, schedules of tomorrow and notification endpoints each tenant has. None of them is due. */
  quiet: number;
  runnerUrl: string;
  /** How many more of each kind that is due the first tenant has. They have been due for longer than those of the others. */
  moreOfFirst: number;
};

const id = (kind: string, n: string) => `md5('${kind}' || ${n})::uuid`;

export async function seedTenants(pool: pg.Pool, shares: Shares): Promise<void> {
  const client = await pool.connect();
  try {
    // Foreign keys are not checked for each row: they hold here by construction.
    await client.query("set session_replication_role = replica");
    await client.query("set synchronous_commit = off");
    await client.query("create temporary table kept (kind text, n integer, tenant integer, age interval)");
    const kinds = [
      ["dispatch", shares.dispatches],
      ["overdue", shares.overdue],
      ["schedule", shares.schedules],
    ] as const;
    for (const [kind, count] of kinds) {
      if (count === 0) continue;
      await client.query(
        `insert into kept
        select $1, n, case when n <= $2 then n % $3 else 0 end, case when n <= $2 then interval '0' else interval '10 minutes' end
        from generate_series(1, $2::int + $4::int) n`,
        [kind, count, shares.tenants, shares.moreOfFirst],
      );
    }
    await client.query(
      "insert into kept select 'quiet', n, n % $1::int, interval '0' from generate_series(1, $1::int * $2::int) n",
      [shares.tenants, shares.quiet],
    );
    await insertTenants(client, shares.tenants);
    await insertDefinitions(client, shares.runnerUrl);
    await insertRuns(client);
    await insertTriggers(client);
    await client.query(`
      insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
      select gen_random_uuid(), ${id("tenant", "tenant")}, 'https://hook.example', '{}', 'x' from kept where kind = 'quiet'`);
    await client.query("drop table kept");
    await client.query("reset all");
    await client.query("vacuum (analyze, freeze)");
    await client.query("checkpoint");
  } finally {
    client.release();
  }
}

async function insertTenants(client: pg.PoolClient, tenants: number): Promise<void> {
  const all = "generate_series(0, $1::int - 1) n";
  await client.query(`insert into tenants (id, name) select ${id("tenant", "n")}, 'Tenant ' || n from ${all}`, [
    tenants,
  ]);
  await client.query(
    `insert into users (id, tenant_id, email, role)
    select ${id("user", "n")}, ${id("tenant", "n")}, 'owner@bench.example', 'OWNER' from ${all}`,
    [tenants],
  );
  await client.query(
    `insert into path_parts (id, tenant_id, name, part_type, materialized_path)
    select md5(part.name || n)::uuid, ${id("tenant", "n")}, part.name, part.type, '/' || part.name
    from ${all}, (values ('workflows', 'FOLDER'), ('sources', 'FOLDER'), ('how-to.md', 'DOCUMENT'), ('outputs', 'FOLDER'))
      part (name, type)`,
    [tenants],
  );
  await client.query(
    `insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
    select ${id("data.csv", "n")}, ${id("tenant", "n")}, ${id("sources", "n")}, 'data.csv', 'DOCUMENT', '/sources/data.csv' from ${all}`,
    [tenants],
  );
}

async function insertDefinitions(client: pg.PoolClient, runnerUrl: string): Promise<void> {
  const definition = id("definition", "kind || n");
  await client.query(`
    insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path, system_managed)
    select ${id("node", "kind || n")}, ${id("tenant", "tenant")}, ${id("workflows", "tenant")}, ${definition}, 'WORKFLOW_DEFINITION',
      '/workflows/' || ${definition}, true
    from kept`);
  await client.query(
    `insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url, webhook_secret_encrypted, handover,
      max_run_duration_seconds, source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
    select ${definition}, ${id("tenant", "tenant")}, ${id("node", "kind || n")}, kind || ' ' || n, 'SELF_HOSTED',
      case when kind = 'dispatch' then $1::text end, case when kind = 'dispatch' then 'none' end,
      case when kind = 'dispatch' then 'webhook' else 'lease' end, 3600, array[${id("sources", "tenant")}],
      array[${id("how-to.md", "tenant")}], array[${id("outputs", "tenant")}]
    from kept`,
    [runnerUrl],
  );
  const ring = parseKeyRing(bindings("", "").ENCRYPTION_KEY ?? "");
  if (!ring) throw new Error("The example configuration has an encryption key.");
  const { rows } = await client.query<{ id: string }>(
    "select id from workflow_definitions where runner_url is not null",
  );
  const ids = rows.map((row) => row.id);
  const secrets = await Promise.all(ids.map((one) => encryptWebhookSecret(ring, one, WEBHOOK_SECRET)));
  await client.query(
    `update workflow_definitions d set webhook_secret_encrypted = given.secret
    from unnest($1::uuid[], $2::text[]) given (id, secret) where d.id = given.id`,
    [ids, secrets],
  );
}

async function insertRuns(client: pg.PoolClient): Promise<void> {
  await client.query(`
    insert into workflow_runs (${COLUMNS}, next_dispatch_at)
    select gen_random_uuid(), d.tenant_id, d.id, r.user_id, 'SELF_HOSTED', 'RUNNING', 1, ${SNAPSHOT},
      nextval('workflow_run_queue'), r.at, r.at + interval '1 hour', null, null, null, null, 0,
      case when kept.kind <> 'dispatch' then r.at end, r.at, r.at,
      case when kept.kind = 'dispatch' then statement_timestamp() - interval '1 minute' - kept.age end
    from kept
    join workflow_definitions d on d.id = ${id("definition", "kept.kind || kept.n")}
    cross join lateral (select ${id("user", "kept.tenant")} as user_id, statement_timestamp() - kept.age
      - case kept.kind when 'overdue' then interval '2 hours' else interval '2 minutes' end as at) r
    where kept.kind in ('dispatch', 'overdue', 'quiet')`);
  await client.query(
    "update workflow_runs r set deadline_at = deadline_at + interval '1 day' where r.next_dispatch_at is null and r.deadline_at > now()",
  );
}

async function insertTriggers(client: pg.PoolClient): Promise<void> {
  await client.query(
    `insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at)
    select gen_random_uuid(), ${id("tenant", "tenant")}, ${id("definition", "kind || n")}, ${id("user", "tenant")}, 'Bench', 'schedule',
      $1::jsonb, statement_timestamp() - interval '30 minutes',
      statement_timestamp() - age + case kind when 'quiet' then interval '1 day' else interval '-1 second' end
    from kept where kind in ('schedule', 'quiet')`,
    [JSON.stringify(hourly())],
  );
}
