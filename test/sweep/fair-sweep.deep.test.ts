import { beforeEach, describe, expect, it } from "vitest";
import type { Round } from "../../src/db/round.ts";
import { claimDispatches, claimStopDispatches, postponeRunner } from "../../src/dispatches/dispatch-verbs.ts";
import { promoteWaitingRuns, timeOutOverdueRuns } from "../../src/sweep/sweep-verbs.ts";
import type { TenantEffects } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { insertSessions } from "../support/runners.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

const RUNNER = "https://runner.test/hook";

let service: Service;
let services: VerbServices;

// The sweep serves the whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService();
  services = verbServices(service);
});

/** A tenant with so many runs, each of a definition of its own. */
async function newTenant(count: number, runs: Parameters<typeof insertRuns>[3], runnerUrl = RUNNER) {
  const tenant = await createTenant(service.database);
  const definitionIds = await insertDefinitions(service.database, tenant, count, runnerUrl);
  await insertRuns(service.database, tenant, definitionIds, runs);
  return tenant;
}

async function count(tenant: TestTenant, status: string): Promise<number> {
  const [row] = await service.database.sql`
    select count(*)::int from workflow_runs where tenant_id = ${tenant.id} and status = ${status}`;
  return row?.count;
}

describe("the time-outs of a backlog", () => {
  async function timeOut(limit: number, round?: Round): Promise<number[]> {
    const { result } = await perform(services, timeOutOverdueRuns, { limit, ...(round && { round }) });
    if (round) round.after = result.after ?? null;
    return result.lags_ms;
  }

  it("take the tenants in turn, however large and old the backlog of one is", async () => {
    const large = await newTenant(300, { overdueSeconds: 3600 });
    const small = await newTenant(5, { overdueSeconds: 60 });
    const tiny = await newTenant(1, { overdueSeconds: 1 });
    await timeOut(30);
    expect(await Promise.all([large, small, tiny].map((tenant) => count(tenant, "FAILED")))).toEqual([30, 0, 0]);

    const round = { after: null };
    expect(await timeOut(30, round)).toHaveLength(26);
    expect(await Promise.all([large, small, tiny].map((tenant) => count(tenant, "FAILED")))).toEqual([50, 5, 1]);

    // Alone again, it gets all of the chunk, the longest overdue first.
    await timeOut(30, round);
    expect(await count(large, "FAILED")).toBe(80);
    const [order] = await service.database.sql`
      select max(deadline_at) filter (where status = 'FAILED') < min(deadline_at) filter (where status = 'RUNNING') as kept
      from workflow_runs where tenant_id = ${large.id}`;
    expect(order?.kept).toBe(true);
  });

  it("give each tenant a share within a circle when there are more tenants than have a turn in a chunk", async () => {
    const tenants = [];
    for (let i = 0; i < 4; i++) tenants.push(await newTenant(3, { overdueSeconds: 60 * (i + 1) }));
    const large = await newTenant(100, { overdueSeconds: 3600 });
    const round = { after: null };
    for (let chunk = 0; chunk < 5; chunk++) await timeOut(2, round);
    const failed = await Promise.all([...tenants, large].map((tenant) => count(tenant, "FAILED")));
    expect(failed.slice(0, 4).every((some) => some >= 1)).toBe(true);
  });

  it("end with everything done, by the sweep", async () => {
    const large = await newTenant(4_750, { overdueSeconds: 3600 });
    const small = await newTenant(3, { overdueSeconds: 60 });
    await service.sweep();
    expect([await count(large, "FAILED"), await count(small, "FAILED")]).toEqual([4_750, 3]);
    // The small tenant did not wait for the whole backlog: chunks that began after its last one failed at least 1,000 runs of the large one. At
    // most three chunks of 1,250 had begun until then: the first one, and one of each lane.
    const [after] = await service.database.sql`
      select count(*)::int from workflow_run_events
      where tenant_id = ${large.id} and type = 'TIMED_OUT'
        and xid > (select xid from workflow_run_events where tenant_id = ${small.id} order by xid desc limit 1)`;
    expect(after?.count).toBeGreaterThanOrEqual(1_000);
  });
});

describe("the runs that wait", () => {
  /** A tenant with runs that are leased, and with so many sessions of runners. */
  async function newLeasingTenant(count: number, sessions = 1) {
    const tenant = await newTenant(count, "PENDING");
    await service.database.sql`update workflow_definitions set handover = 'lease' where tenant_id = ${tenant.id}`;
    await insertSessions(service, tenant, sessions);
    return tenant;
  }

  /** The definitions that one call tells the runners of, by tenant. */
  async function toldOf(limit: number): Promise<Map<string, string[]>> {
    const announced: TenantEffects[] = [];
    await perform(verbServices(service, announced), promoteWaitingRuns, limit);
    return new Map(
      announced.map(({ tenant_id, work }) => [tenant_id, work.map((found) => found.workflow_definition_id)]),
    );
  }

  it("for a runner to lease them are told of in turn, however many a tenant has", async () => {
    const large = await newLeasingTenant(40);
    const small = await newLeasingTenant(2);
    const withoutRunner = await newLeasingTenant(3, 0);
    const told = await toldOf(10);
    expect([large, small, withoutRunner].map(({ id }) => told.get(id)?.length)).toEqual([8, 2, undefined]);
    // The other definitions of the large tenant are told of by other sweeps.
    const all = new Set<string>(told.get(large.id));
    for (let sweep = 0; sweep < 100 && all.size < 40; sweep++) {
      for (const id of (await toldOf(10)).get(large.id) ?? []) all.add(id);
    }
    expect(all.size).toBe(40);
  });

  it("and can start are started in turn, also beside many that wait for the end of a back-off", async () => {
    const backingOff = await newTenant(20, "PENDING");
    await service.database.sql`
      update workflow_runs set not_before = statement_timestamp() + interval '1 hour', queue_position = null
      where tenant_id = ${backingOff.id}`;
    const large = await newTenant(40, "PENDING");
    const small = await newTenant(2, "PENDING");
    await toldOf(10);
    expect(await Promise.all([backingOff, large, small].map((tenant) => count(tenant, "RUNNING")))).toEqual([0, 8, 2]);
  });

  it("and whose start_after has come are started in its order, also one that has time until its must_start_by", async () => {
    const [first, second] = [await newTenant(1, "PENDING"), await newTenant(1, "PENDING")];
    const delay = (tenant: TestTenant, minutes: number, minutesLeft: number | null) => service.database.sql`
      update workflow_runs
      set queue_position = null, not_before = statement_timestamp() - make_interval(mins => ${minutes}),
        deadline_at = statement_timestamp() + make_interval(mins => ${minutesLeft})
      where tenant_id = ${tenant.id}`;
    await delay(first, 2, 60);
    await delay(second, 1, null);
    const started = () => Promise.all([first, second].map((tenant) => count(tenant, "RUNNING")));
    await toldOf(1);
    expect(await started()).toEqual([1, 0]);
    await toldOf(1);
    expect(await started()).toEqual([1, 1]);
  });
});

describe("the webhooks of stops", () => {
  it("are claimed in turn, from the tenant on at which the claim before has stopped", async () => {
    const sizes = [30, 1, 1, 1];
    const tenants = await Promise.all(sizes.map((size) => newTenant(size, { overdueSeconds: -3600 })));
    await service.database.sql`
      insert into running_attempts (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at, next_stop_dispatch_at)
      select id, tenant_id, attempt, statement_timestamp(), statement_timestamp() + interval '1 hour', statement_timestamp()
      from workflow_runs`;
    const round: Round = { after: null };
    const claim = async (limit: number) => {
      const { result } = await perform(services, claimStopDispatches, { tenantId: null, limit, after: round.after });
      round.after = result.after ?? null;
      return result.stops.map((stop) => stop.tenant_id);
    };
    const claimed: string[] = [];
    for (let call = 0; call < 2; call++) {
      claimed.push(...(await claim(2)));
    }
    expect(claimed.toSorted()).toEqual(tenants.map(({ id }) => id).toSorted());
    // Alone again, the large one gets all of the claim.
    expect(await claim(5)).toEqual(Array(5).fill(tenants[0]?.id));
  });
});

describe("the due dispatches", () => {
  const claim = async (limit: number, quick: string[] = [], busy: string[] = []) =>
    (await perform(services, claimDispatches, { tenantId: null, limit, quick, busy })).result.dispatches;
  const runnerOf = (tenant: TestTenant) => `${tenant.id} https://runner.test`;
  const tenantsOf = (claimed: { tenant_id: string }[]) => claimed.map(({ tenant_id }) => tenant_id).toSorted();

  it("take the tenants in turn", async () => {
    const large = await newTenant(50, { dueSeconds: 3600 });
    const small = await newTenant(2, { dueSeconds: 1 });
    const claimed = await claim(6, [runnerOf(large), runnerOf(small)]);
    const counts = [large, small].map(({ id }) => claimed.filter(({ tenant_id }) => tenant_id === id).length);
    expect(counts).toEqual([4, 2]);
  });

  it("are one for an unknown runner, and none for a busy one", async () => {
    const [known, unknown, busy] = [
      await newTenant(3, { dueSeconds: 60 }),
      await newTenant(3, { dueSeconds: 60 }),
      await newTenant(3, { dueSeconds: 60 }),
    ];
    const claimed = await claim(10, [runnerOf(known)], [runnerOf(busy)]);
    expect(tenantsOf(claimed)).toEqual([known.id, known.id, known.id, unknown.id].toSorted());
  });

  it("are claimed by one caller at a time", async () => {
    const tenant = await newTenant(20, { dueSeconds: 60 });
    const claims = await Promise.all([1, 2, 3].map(() => claim(20, [runnerOf(tenant)])));
    const runIds = claims.flat().map(({ run_id }) => run_id);
    expect([runIds.length, new Set(runIds).size]).toEqual([20, 20]);
    expect(await claim(20, [runnerOf(tenant)])).toEqual([]);
  });

  it("are postponed for a runner that hangs, and for no other", async () => {
    const tenant = await newTenant(4, { dueSeconds: 60 });
    const other = await newTenant(1, { dueSeconds: 60 });
    const ids = await insertDefinitions(service.database, tenant, 2, "https://another.test/hook");
    await insertRuns(service.database, tenant, ids, { dueSeconds: 60 });
    const [hanging] = await claim(1, [], [`${tenant.id} https://another.test`, runnerOf(other)]);
    if (!hanging) throw new Error("Four were due.");
    await perform(services, postponeRunner, hanging);

    const rows = await service.database.sql`
      select d.runner_url, r.tenant_id, extract(epoch from r.next_dispatch_at - statement_timestamp()) as seconds
      from workflow_runs r join workflow_definitions d on d.id = r.workflow_definition_id where r.id <> ${hanging.run_id}`;
    const isPutOff = rows.map(({ runner_url, tenant_id, seconds }) => {
      if (Number(seconds) > 0) expect(Number(seconds)).toSatisfy((s: number) => s > 50 && s <= 300);
      return [runner_url === RUNNER && tenant_id === tenant.id, Number(seconds) > 0];
    });
    for (const [isOfRunner, isLater] of isPutOff) expect(isLater).toBe(isOfRunner);
    const [events] = await service.database.sql`
      select count(*)::int as postponed,
        count(*) filter (where (e.detail ->> 'next_try_at')::timestamptz = r.next_dispatch_at)::int as with_new_time
      from workflow_run_events e join workflow_runs r on r.id = e.run_id
      where e.type = 'DISPATCH_POSTPONED' and r.tenant_id = ${tenant.id}`;
    const postponed = isPutOff.filter(([, isLater]) => isLater).length;
    expect([postponed > 0, events]).toEqual([true, { postponed, with_new_time: postponed }]);
  });

  it("reach the other runners while one hangs", async () => {
    const hanging = await startFakeRunner([{ ending: "hang" }]);
    const working = await startFakeRunner();
    await newTenant(12, { dueSeconds: 3600 }, hanging.url);
    await newTenant(30, { dueSeconds: 60 }, working.url);
    const swept = service.sweep();
    expect(await working.requests(30)).toHaveLength(30);
    expect(await hanging.requests()).toHaveLength(1);
    await hanging.close();
    await swept;
  });

  it("reach the tenant's other runner while one hangs", async () => {
    const hanging = await startFakeRunner([{ ending: "hang" }]);
    const working = await startFakeRunner();
    const tenant = await newTenant(12, { dueSeconds: 3600 }, hanging.url);
    const ids = await insertDefinitions(service.database, tenant, 10, working.url);
    await insertRuns(service.database, tenant, ids, { dueSeconds: 60 });
    const swept = service.sweep();
    expect(await working.requests(10)).toHaveLength(10);
    expect(await hanging.requests()).toHaveLength(1);
    await hanging.close();
    await swept;
  });

  it("are at most five at once", async () => {
    const runner = await startFakeRunner([{ status: 202 }, { ending: "hang" }]);
    await newTenant(12, { dueSeconds: 60 }, runner.url);
    const swept = service.sweep();
    expect(await runner.requests(6)).toHaveLength(6);
    expect(await runner.requests()).toHaveLength(6);
    await runner.close();
    await swept;
  });
});
