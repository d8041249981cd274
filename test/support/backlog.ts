/** Inserts many runs at once: a backlog, as after a time without sweeps. */
import { v7 as uuid } from "uuid";
import type { TestDatabase } from "./database.ts";
import { encryptSecret, type TestTenant } from "./tenant.ts";

/** Inserts `count` definitions with a runner into the tenant. Returns their ids. */
export async function insertDefinitions(
  { sql }: TestDatabase,
  tenant: TestTenant,
  count: number,
  runnerUrl: string,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuid());
  const partIds = ids.map(() => uuid());
  const secrets = await Promise.all(ids.map(encryptSecret));
  await sql.transaction([
    sql`
      insert into path_parts (id, tenant_id, name, part_type, materialized_path)
      select id, ${tenant.id}, id::text, 'WORKFLOW_DEFINITION', '/' || id from unnest(${partIds}::uuid[]) part (id)`,
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url,
        webhook_secret_encrypted, source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
      select new.id, d.tenant_id, new.part_id, 'One of many', d.runner_type, ${runnerUrl}, new.secret,
        d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids
      from unnest(${ids}::uuid[], ${partIds}::uuid[], ${secrets}::text[]) new (id, part_id, secret), workflow_definitions d
      where d.id = ${tenant.definitionId}`,
  ]);
  return ids;
}

type ManyRuns =
  /** RUNNING, with a deadline that many seconds ago. */
  | { overdueSeconds: number }
  /** RUNNING, with a dispatch that has been due for that many seconds. */
  | { dueSeconds: number }
  | "PENDING";

/** Inserts a run for each of these definitions; each is a millisecond older than the one before. */
export async function insertRuns(
  { sql }: TestDatabase,
  tenant: TestTenant,
  definitionIds: readonly string[],
  runs: ManyRuns,
): Promise<void> {
  const isPending = runs === "PENDING";
  const overdueSeconds = isPending || "dueSeconds" in runs ? -240 : runs.overdueSeconds;
  const dueSeconds = isPending || "overdueSeconds" in runs ? null : runs.dueSeconds;
  await sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
      started_at, deadline_at, next_dispatch_at)
    select gen_random_uuid(), ${tenant.id}, d.id, ${tenant.owner.id}, 'SELF_HOSTED',
      case when ${isPending}::boolean then 'PENDING' else 'RUNNING' end,
      case when not ${isPending}::boolean then 1 end, '{"max_run_duration_seconds": 300}',
      case when not ${isPending}::boolean then deadline - interval '300 seconds' end,
      case when not ${isPending}::boolean then deadline end,
      statement_timestamp() - make_interval(secs => ${dueSeconds}::float8 + d.position * 0.001)
    from unnest(${definitionIds}::uuid[]) with ordinality d (id, position)
    cross join lateral (
      select statement_timestamp() - make_interval(secs => ${overdueSeconds} + d.position * 0.001) as deadline
    ) t`;
}

/** Inserts `count` overdue RUNNING runs, each of a separate definition. */
export async function insertOverdueRuns({ sql }: TestDatabase, tenant: TestTenant, count: number): Promise<void> {
  await sql.transaction([
    sql`
      create temporary table fresh on commit drop as
      select gen_random_uuid() as definition_id, gen_random_uuid() as part_id, gen_random_uuid() as run_id, n
      from generate_series(1, ${count}::int) n`,
    sql`
      insert into path_parts (id, tenant_id, name, part_type, materialized_path)
      select part_id, ${tenant.id}, part_id::text, 'WORKFLOW_DEFINITION', '/' || part_id from fresh`,
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type,
        source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
      select f.definition_id, d.tenant_id, f.part_id, 'Overdue', d.runner_type,
        d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids
      from fresh f, workflow_definitions d where d.id = ${tenant.definitionId}`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
        started_at, deadline_at)
      select run_id, ${tenant.id}, definition_id, ${tenant.owner.id}, 'SELF_HOSTED', 'RUNNING', 1, '{}',
        statement_timestamp() - interval '10 minutes', statement_timestamp() - interval '5 minutes' - n * interval '1 ms'
      from fresh`,
  ]);
}
