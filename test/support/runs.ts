import { v7 as uuid } from "uuid";
import type { RunStatus } from "../../src/db/enums.ts";
import type { RunSnapshot } from "../../src/db/run-snapshot.ts";
import type { TestDatabase } from "./database.ts";
import type { TestTenant } from "./tenant.ts";

type NewRun = {
  status?: RunStatus;
  userId?: string;
  /** For a RUNNING run: how long ago its deadline was; negative for one that has time left. */
  overdueSeconds?: number;
  error?: string;
};

/** Puts a run into the database as it would stand, with its times moved back. Returns its id. */
export async function insertRun({ sql }: TestDatabase, tenant: TestTenant, run: NewRun = {}): Promise<string> {
  const { status = "RUNNING", userId = tenant.owner.id, overdueSeconds = -240, error = null } = run;
  const id = uuid();
  const isStarted = status !== "PENDING";
  const isEnded = status === "COMPLETED" || status === "FAILED";
  await sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
      created_at, started_at, deadline_at, dispatched_at, completed_at, updated_at, ended_by, error)
    select ${id}, ${tenant.id}, ${tenant.definitionId}, ${userId}, 'SELF_HOSTED', ${status},
      ${JSON.stringify(snapshot(tenant, userId))}::jsonb,
      deadline - interval '301 seconds',
      case when ${isStarted}::boolean then deadline - interval '300 seconds' end,
      case when ${isStarted}::boolean then deadline end,
      case when ${isStarted}::boolean then deadline - interval '299 seconds' end,
      case when ${isEnded}::boolean then deadline - interval '240 seconds' end,
      deadline - interval '240 seconds',
      case when ${isEnded}::boolean then 'CALLBACK' end,
      ${error}
    from (select date_trunc('milliseconds', statement_timestamp()) - make_interval(secs => ${overdueSeconds}) as deadline) t`;
  return id;
}

/** Puts `count` overdue RUNNING runs into the database, each of a definition of its own. */
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
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        started_at, deadline_at)
      select run_id, ${tenant.id}, definition_id, ${tenant.owner.id}, 'SELF_HOSTED', 'RUNNING', '{}',
        statement_timestamp() - interval '10 minutes', statement_timestamp() - interval '5 minutes' - n * interval '1 ms'
      from fresh`,
  ]);
}

function snapshot(tenant: TestTenant, userId: string): RunSnapshot {
  return {
    workflow_definition_id: tenant.definitionId,
    workflow_name: "Test",
    runner_type: "SELF_HOSTED",
    user_id: userId,
    max_run_duration_seconds: 300,
    sources: [{ path_part_id: tenant.sourcesId, materialized_path: "/sources", part_type: "FOLDER" }],
    instructions: [
      { path_part_id: tenant.instructionsId, materialized_path: "/instructions.md", part_type: "DOCUMENT" },
    ],
    outputs: [{ path_part_id: tenant.outputsId, materialized_path: "/outputs", part_type: "FOLDER" }],
    template: null,
  };
}
