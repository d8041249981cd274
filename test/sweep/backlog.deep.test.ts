import { beforeEach, describe, expect, it } from "vitest";
import { insertDefinitions, insertOverdueRuns, insertRuns } from "../support/backlog.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { extent } from "../support/in-turn.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

/** The first tenant has most of the backlog, and its runs are the longest overdue: the others must not wait for it. */
const OTHERS = extent(150, 1_000);
const TENANTS = [21 * OTHERS, ...Array.from({ length: 9 }, () => OTHERS)];
const OVERDUE = 30 * OTHERS;

const CHUNK = 5_000;

/** The cron fires every minute. */
const LIMIT_MS = 60_000;
const MAX_CALLS = 8;

it(`a backlog of ${OVERDUE} overdue runs, behind a third of which another run waits, is swept by a few scheduled calls`, async () => {
  const service = await startService();
  const runner = await startFakeRunner();
  for (const [i, size] of TENANTS.entries()) {
    const tenant = await createTenant(service.database);
    for (let done = 0; done < size; done += CHUNK) {
      const ids = await insertDefinitions(service.database, tenant, Math.min(CHUNK, size - done), runner.url);
      await insertRuns(service.database, tenant, ids, { overdueSeconds: 3_600 - i * 60 });
      await insertRuns(
        service.database,
        tenant,
        ids.filter((_, n) => n % 3 === 0),
        "PENDING",
      );
    }
  }
  const { sql } = service.database;
  const count = async () => {
    const [row] = await sql`
      select count(*) filter (where status = 'RUNNING' and deadline_at <= statement_timestamp())::int as overdue,
        count(*) filter (where status = 'PENDING')::int as waiting,
        count(*) filter (where status = 'RUNNING' and dispatched_at is null)::int as unsent,
        count(*) filter (where dispatched_at is not null)::int as dispatched,
        count(distinct tenant_id) filter (where status = 'RUNNING' and deadline_at <= statement_timestamp())::int as tenants
      from workflow_runs`;
    return row ?? {};
  };
  const before = await count();
  const tell = (call: number, ms: number, now: typeof before) =>
    console.log(`after call ${call} of ${(ms / 1000).toFixed(1)} s: ${JSON.stringify(now)}`);
  tell(0, 0, before);
  expect(before.overdue).toBe(OVERDUE);

  let after = before;
  for (let call = 1; call <= MAX_CALLS && (after.overdue > 0 || after.unsent > 0); call++) {
    const began = Date.now();
    await service.sweep();
    const ms = Date.now() - began;
    // The next call comes a minute later, when the leases have expired.
    await sql`update workflow_runs set next_dispatch_at = next_dispatch_at - interval '1 minute' where next_dispatch_at is not null`;
    after = await count();
    tell(call, ms, after);
    expect(ms).toBeLessThan(LIMIT_MS);
  }
  expect(after).toEqual({ overdue: 0, waiting: 0, unsent: 0, dispatched: before.waiting, tenants: 0 });
  const events =
    await sql`select type, count(*)::int, count(distinct run_id)::int as runs from workflow_run_events group by type order by type`;
  expect(events).toEqual([
    { type: "DISPATCHED", count: before.waiting, runs: before.waiting },
    { type: "STARTED", count: before.waiting, runs: before.waiting },
    { type: "TIMED_OUT", count: OVERDUE, runs: OVERDUE },
  ]);
});

describe("the sweep", () => {
  let service: Service;
  let tenant: TestTenant;

  // The sweep serves the whole database, so each test has one of its own.
  beforeEach(async () => {
    service = await startService();
    tenant = await createTenant(service.database);
  });

  it("fails 4,000 overdue runs in one call, in few database requests", async () => {
    await insertOverdueRuns(service.database, tenant, 4_000);
    const [, requests] = await service.counted(() => service.sweep());

    const { sql } = service.database;
    expect(await sql`select status, count(*)::int from workflow_runs group by status`).toEqual([
      { status: "FAILED", count: 4_000 },
    ]);
    expect(requests).toBeGreaterThan(2);
    expect(requests).toBeLessThanOrEqual(20);
    const [state] = await sql`select * from sweep_state`;
    expect(state).toMatchObject({ timed_out: 4_000 });
    expect(state?.began_at <= state?.ended_at).toBe(true);
    expect(Number(state?.lag_p50_ms)).toBeGreaterThan(300_000);
    expect(Number(state?.lag_max_ms)).toBeGreaterThanOrEqual(Number(state?.lag_p50_ms));
  });

  it("is safe to run twice at once: two sweeps fail each run once", async () => {
    await insertOverdueRuns(service.database, tenant, 3_000);
    await Promise.all([service.sweep(), service.sweep()]);

    const { sql } = service.database;
    const [counts] = await sql`
      select (select count(*)::int from workflow_runs where status = 'FAILED') as failed,
        (select count(*)::int from workflow_run_events) as events,
        (select count(distinct run_id)::int from workflow_run_events) as runs_with_events`;
    expect(counts).toEqual({ failed: 3_000, events: 3_000, runs_with_events: 3_000 });
  });
});
