/** How exactly alarms enforce deadlines, even while some runners hang. */
import { describe, expect, it } from "vitest";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { print } from "../support/harness.ts";
import { extent } from "../support/in-turn.ts";
import { startLiveService } from "../support/live-service.ts";
import { createTenant } from "../support/tenant.ts";

const TENANTS = 10;
const RUNS_OF_A_TENANT = extent(13, 25);
const HANGING_OF_A_TENANT = 3;
const SPREAD_SECONDS = extent(15, 30);
/**
 * Half of all are in time, and the others this late at most: the machine of a test may stand still for a moment. A runner that hangs would
 * hold back what is behind it for 15 seconds, and without an alarm the next sweep comes after up to a minute.
 */
const USUAL_MS = 1_000;
const MOST_MS = 5_000;

type Lags = { count: number; p50: number; p99: number; max: number };

describe(`${TENANTS * RUNS_OF_A_TENANT} runs in ${TENANTS} tenants whose deadlines are spread over ${SPREAD_SECONDS} seconds`, () => {
  it("are FAILED within a second after their deadlines, and the next runs are dispatched within another second", async () => {
    const service = await startLiveService();
    const { sql } = service.database;
    const quick = await startFakeRunner();
    const hanging = await startFakeRunner([{ ending: "hang" }]);
    for (let i = 0; i < TENANTS; i++) {
      const tenant = await createTenant(service.database);
      const ids = [
        ...(await insertDefinitions(service.database, tenant, RUNS_OF_A_TENANT - HANGING_OF_A_TENANT, quick.url)),
        ...(await insertDefinitions(service.database, tenant, HANGING_OF_A_TENANT, hanging.url)),
      ];
      await insertRuns(service.database, tenant, ids, { overdueSeconds: -600 });
      await insertRuns(service.database, tenant, ids, "PENDING");
    }
    await sql`
      update workflow_runs set next_dispatch_at = null, started_at = clock_timestamp() - interval '5 minutes',
        dispatched_at = clock_timestamp() - interval '5 minutes', deadline_at = clock_timestamp() + make_interval(secs => 3 + random() * ${SPREAD_SECONDS}::float8)
      where status = 'RUNNING'`;
    const due =
      await sql`select tenant_id, public.ms_until(public.next_due_at(tenant_id, '-infinity')) as due_in_ms from workflow_runs group by tenant_id`;
    for (const { tenant_id, due_in_ms } of due) {
      await service.hubOf(tenant_id).changed({ tenant_id, due_in_ms: Number(due_in_ms), runs: [], work: [] });
    }
    const countOf = async (type: string) => {
      const [row] = await sql`select count(*)::int as count from workflow_run_events where type = ${type}`;
      return row?.count;
    };
    const all = TENANTS * RUNS_OF_A_TENANT;
    const taken = all - TENANTS * HANGING_OF_A_TENANT;
    const patience = { timeout: 90_000, interval: 1_000 };
    await expect.poll(() => countOf("TIMED_OUT"), patience).toBe(all);
    await expect.poll(() => countOf("DISPATCHED"), patience).toBe(taken);

    const [enforced] = await sql`
      select count(*)::int as count, percentile_disc(0.5) within group (order by lag) as p50,
        percentile_disc(0.99) within group (order by lag) as p99, max(lag) as max
      from (select (detail ->> 'lag_ms')::float8 as lag from workflow_run_events where type = 'TIMED_OUT') t`;
    const [sent] = await sql`
      select count(*)::int as count, percentile_disc(0.5) within group (order by lag) as p50,
        percentile_disc(0.99) within group (order by lag) as p99, max(lag) as max
      from (
        select extract(epoch from dispatched.at - started.at)::float8 * 1000 as lag
        from workflow_run_events started
        join workflow_run_events dispatched on dispatched.run_id = started.run_id and dispatched.type = 'DISPATCHED'
        where started.type = 'STARTED') t`;
    await print(
      `From deadline to FAILED, ms: ${JSON.stringify(enforced)}; from there to dispatched: ${JSON.stringify(sent)}`,
    );
    const lags = { enforced: enforced as Lags, sent: sent as Lags };
    expect([lags.enforced.count, lags.sent.count]).toEqual([all, taken]);
    for (const { p50, max } of [lags.enforced, lags.sent]) {
      expect(p50).toBeLessThanOrEqual(USUAL_MS);
      expect(max).toBeLessThanOrEqual(MOST_MS);
    }
  });
});
