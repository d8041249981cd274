import { sql } from "drizzle-orm";
import type { Database } from "../../src/db/client.ts";
import type { RunSnapshot } from "../../src/db/run-snapshot.ts";
import { demoId } from "./demo-id.ts";
import { MORE_WORKFLOWS, partsOf } from "./demo-world.ts";

/** Inserts two RUNNING and two PENDING runs. */
export async function seedPresent(db: Database, tenantId: string): Promise<void> {
  const [invoices, contracts] = MORE_WORKFLOWS;
  if (!invoices || !contracts) throw new RangeError("There are no such workflows.");
  const runs = [
    { id: demoId(411), of: invoices, user: demoId(204), begun_ago: 190 },
    { id: demoId(412), of: invoices, user: demoId(205), begun_ago: null },
    { id: demoId(413), of: invoices, user: demoId(201), begun_ago: null },
    { id: demoId(414), of: contracts, user: demoId(206), begun_ago: 400 },
  ].map(({ of, user, ...run }) => ({
    ...run,
    user,
    definition: of.id,
    limit: of.limitSeconds,
    snapshot: {
      workflow_definition_id: of.id,
      workflow_name: of.name,
      runner_type: "SELF_HOSTED",
      user_id: user,
      max_run_duration_seconds: of.limitSeconds,
      ...partsOf(of),
    } satisfies RunSnapshot,
  }));
  await db.execute(sql`
    with present as (
      select p.*, coalesce(statement_timestamp() - make_interval(secs => begun_ago), statement_timestamp()) as begun_at
      from jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as p (id uuid, definition uuid, "user" uuid, begun_ago float8,
        "limit" int, snapshot jsonb)
    ), inserted as (
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
        created_at, started_at, deadline_at, dispatched_at, dispatch_count, updated_at)
      select id, ${tenantId}, definition, "user", 'SELF_HOSTED', case when begun_ago is null then 'PENDING' else 'RUNNING' end,
        case when begun_ago is not null then 1 end, snapshot, begun_at - interval '1 second', case when begun_ago is not null then begun_at end,
        case when begun_ago is not null then begun_at + make_interval(secs => "limit") end,
        case when begun_ago is not null then begun_at + interval '300 ms' end,
        case when begun_ago is null then 0 else 1 end, begun_at
      from present order by id
      on conflict do nothing
      returning id
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select ${tenantId}, id, 1, e.type, e.at, e.detail
    from present join inserted using (id)
    cross join lateral (values
      (1, 'TRIGGERED', begun_at - interval '1 second', null::jsonb),
      (2, case when begun_ago is null then 'QUEUED' else 'STARTED' end, begun_at, null),
      (3, case when begun_ago is not null then 'DISPATCHED' end, begun_at + interval '300 ms',
        jsonb_build_object('status', 202, 'tries', 1))
    ) e (step, type, at, detail)
    where e.type is not null
    order by id, e.step`);
}
