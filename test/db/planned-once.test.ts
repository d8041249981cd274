/** What every invoke pays for: Postgres plans a SQL function of rows at each call, unless it is inlined into the query that calls it. */
import { v7 as uuid } from "uuid";
import { beforeAll, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { useLeases } from "../support/runners.ts";
import { type Service, startService } from "../support/service.ts";
import { callerOf } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

/** Triggers a run, and returns the SQL functions of rows that were called without being inlined, and what it tells waiting runners. */
async function invoke(tenant: TestTenant) {
  const { sql } = service.database;
  const context = JSON.stringify({ ...(await callerOf(tenant.owner)), slack_seconds: 0, sends: true });
  const [, answers, calls] = await sql.transaction([
    sql`select set_config('track_functions', 'all', true)`,
    sql`
      select trigger_run(p_context => ${context}, p_definition_id => ${tenant.definitionId}, p_run_id => ${uuid()},
        p_idempotency_key => null, p_input => null, p_traceparent => null) #> '{effects,tenants,0,work}' as work`,
    sql`
      select p.proname as name from pg_stat_xact_user_functions s
      join pg_proc p on p.oid = s.funcid
      join pg_language l on l.oid = p.prolang
      where l.lanname = 'sql' and p.proretset and s.calls > 0`,
  ]);
  return { planned: calls?.map(({ name }) => name), work: answers?.[0]?.work };
}

async function readLastNumber() {
  const [row] = await service.database
    .sql`select (case when is_called then last_value else last_value - 1 end)::integer as number from runner_work`;
  return Number(row?.number);
}

it("an invoke plans no SQL function anew, and draws a number for runners only when its runs are leased", async () => {
  const before = await readLastNumber();
  const sent = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  expect(await invoke(sent)).toEqual({ planned: [], work: [] });
  expect(await readLastNumber()).toBe(before);

  const leased = await createTenant(service.database);
  await useLeases(service, leased);
  const number = (await readLastNumber()) + 1;
  const work = { workflow_definition_id: leased.definitionId, is_leasable: true, count: 1, event_id: number };
  expect(await invoke(leased)).toEqual({ planned: [], work: [work] });
});
