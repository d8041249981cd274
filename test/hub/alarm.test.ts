import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../src/db/client.ts";
import { pauseSweep, resumeSweep } from "../../src/sweep/sweep-state.ts";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, eventTypes, inSeconds, insertRun, invoke, makeOverdue, passInstants } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { callSqlFunction } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: LiveService;
let runner: FakeRunner;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
});

const stored = async (runId: string) => {
  const [run] = await service.database.sql`select status, next_dispatch_at from workflow_runs where id = ${runId}`;
  return run;
};

const fireAlarm = () => runDurableObjectAlarm(service.hubOf(tenant.id));

describe("the alarm of a tenant", () => {
  it("is set to the deadline of a run that was dispatched, and gone when nothing is due", async () => {
    const runId = await invoke(service, tenant);
    // The claim of the dispatch is not told: the Worker is about to send it, and if it dies, the cron's sweep finds it.
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 290_000 && ms <= 300_100);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await fireAlarm();
    expect(await service.alarmInMs(tenant.id)).toBeNull();
  });

  it("fails the overdue run, starts the one behind it and dispatches that", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, first);
    await fireAlarm();
    expect(await stored(first)).toMatchObject({ status: "FAILED" });
    expect(await stored(second)).toMatchObject({ status: "RUNNING" });
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, second)).toContain("DISPATCHED"), 5_000);
    expect(await runner.requests()).toHaveLength(2);
  });

  it("comes again after 30 seconds, in case the Worker that sends what is due dies", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const due = await insertRun(service.database, tenant, { status: "RUNNING" });
    await service.database.sql`
      update workflow_runs set dispatched_at = null, next_dispatch_at = statement_timestamp() where id = ${due}`;
    const swept = await callSqlFunction(service.database, "sweep_tenant", { tenant_id: tenant.id, limit: 200 });
    expect(swept.due_in_ms).toSatisfy((ms: number) => ms > 25_000 && ms <= 30_000);
  });

  it("fires by itself: a deadline is enforced within a second", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${first}`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 1_000, runs: [], work: [] });
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, second)).toContain("DISPATCHED"), {
      timeout: 5_000,
      interval: 100,
    });
    const [timedOut] = await service.database.sql`
      select (detail ->> 'lag_ms')::float8 as lag_ms from workflow_run_events where run_id = ${first} and type = 'TIMED_OUT'`;
    expect(timedOut?.lag_ms).toBeLessThan(1_000);
  });

  it("is set to the start_after of a run, and starts it", async () => {
    const runId = await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(3600) });
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 3_590_000 && ms <= 3_600_100);
    await passInstants(service, runId, 3601);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "RUNNING" });
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, runId)).toContain("DISPATCHED"), 5_000);
  });

  it("is set to the must_start_by of a run that waits, and fails it", async () => {
    await invoke(service, tenant);
    const runId = await invoke(service, tenant, tenant.owner.key, { must_start_by: inSeconds(120) });
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 110_000 && ms <= 120_100);
    await passInstants(service, runId, 121);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "FAILED" });
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 250_000);
  });

  it("fires by itself at both: each is done within a second", async () => {
    const startAfter = inSeconds(1);
    const [delayed, expiring] = [
      await invoke(service, tenant, tenant.owner.key, { start_after: startAfter }),
      await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(600), must_start_by: inSeconds(601) }),
    ];
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, delayed)).toContain("DISPATCHED"), {
      timeout: 5_000,
      interval: 100,
    });
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${expiring}`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 1_000, runs: [], work: [] });
    await vi.waitFor(async () => expect(await stored(expiring)).toMatchObject({ status: "FAILED" }), {
      timeout: 5_000,
      interval: 100,
    });
    const lags = await service.database.sql`
      select case type when 'STARTED' then extract(epoch from at - ${startAfter}::timestamptz) * 1000
        else (detail ->> 'lag_ms')::float8 end::float8 as ms
      from workflow_run_events
      where run_id = ${delayed} and type = 'STARTED' or run_id = ${expiring} and type = 'TIMED_OUT'`;
    expect(lags.map(({ ms }) => ms < 1_000)).toEqual([true, true]);
  });

  it("needs no request for a run from invoke to callback: there are the invoke, the acceptance and the callback", async () => {
    const [, requests] = await service.counted(async () => {
      const runId = await invoke(service, tenant);
      // Nothing is due before the deadline, also not when the claim of the dispatch is over.
      expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 290_000);
      await callBack(service, tenant, runId, { status: "COMPLETED" });
    });
    expect(requests).toBe(3);
    // The alarm that was set for the deadline finds that nothing is due any more.
    const [, requestsOfAlarm] = await service.counted(fireAlarm);
    expect([requestsOfAlarm, await service.alarmInMs(tenant.id)]).toEqual([1, null]);
  });

  it("costs the database one request when nothing is due", async () => {
    await invoke(service, tenant);
    const [, requests] = await service.counted(fireAlarm);
    expect(requests).toBe(1);
  });

  it("does nothing while the sweep is paused, and asks again a minute later", async () => {
    const { url: databaseUrl, sqlEndpoint: neonFetchEndpoint } = service.database;
    const db = openDatabase({ databaseUrl, neonFetchEndpoint, databaseTimeoutSeconds: 30 });
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await pauseSweep(db);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "RUNNING" });
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 55_000 && ms <= 60_100);
    await resumeSweep(db);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "FAILED" });
  });
});

/**
 * Runs `life`, and returns how many rows the tenant's hub has written for it, as Cloudflare bills them: an alarm is one, and so is a
 * deletion. An alarm that is deleted is not counted: the hub deletes none, but the way in which a test fires an alarm does.
 */
async function countRows(life: () => Promise<unknown>): Promise<number> {
  return runInDurableObject(service.hubOf(tenant.id), async (_, { storage }) => {
    const { kv } = storage;
    const writers = [vi.spyOn(storage, "setAlarm"), vi.spyOn(kv, "put"), vi.spyOn(kv, "delete")];
    await life();
    const count = writers.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    for (const writer of writers) writer.mockRestore();
    return count;
  });
}

describe("the rows that a hub writes for a run", () => {
  it("are at most three: while it is sent to a runner, leased, or ended by an alarm", async () => {
    // The first run of a tenant has the hub store whose hub it is.
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    await fireAlarm();
    const sent = await countRows(async () => {
      await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
      await fireAlarm();
    });
    const overdue = await countRows(async () => {
      await makeOverdue(service, await invoke(service, tenant));
      await fireAlarm();
    });
    await useLeases(service, tenant);
    const { lease } = await startRunner(service, tenant);
    const leased = await countRows(async () => {
      const runId = await invoke(service, tenant);
      expect((await lease()).leases).toHaveLength(1);
      await callBack(service, tenant, runId, { status: "COMPLETED" });
      await fireAlarm();
    });
    // Usually 1, 1 and 2. On a slow machine, two announcements of one deadline may set two alarms.
    for (const rows of [sent, overdue, leased]) expect(rows).toSatisfy((count: number) => count >= 1 && count <= 3);
  });
});

describe("a hub", () => {
  it("keeps the earlier of the known and an announced due time, even when it is announced during a sweep", async () => {
    const hub = service.hubOf(tenant.id);
    const change = (dueInMs: number) => hub.changed({ tenant_id: tenant.id, due_in_ms: dueInMs, runs: [], work: [] });
    await change(50_000);
    await change(90_000);
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 45_000 && ms <= 50_100);
    const firing = fireAlarm();
    await change(70_000);
    await firing;
    // Nothing of this tenant is due, as the sweep has found. What arrived meanwhile stays.
    const inMs = await service.alarmInMs(tenant.id);
    expect(inMs).toSatisfy((ms: number | null) => ms !== null && ms > 60_000 && ms <= 70_100);
  });

  it("is repaired by the next change when it has lost its storage", async () => {
    const [first] = [await invoke(service, tenant), await invoke(service, tenant)];
    const hub = service.hubOf(tenant.id);
    await runInDurableObject(hub, async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await callBack(service, tenant, first, { status: "COMPLETED" });
    // The deadline of the run behind it, which has started.
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number | null) => ms !== null && ms <= 300_100);
  });

  it("retries with growing pauses while the database does not answer", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await service.database.inflict({ kind: "refused" });
    const gaps: (number | null)[] = [];
    for (let i = 0; i < 3; i++) {
      await fireAlarm();
      gaps.push(await service.alarmInMs(tenant.id));
    }
    await service.database.mend();
    for (const gap of gaps) expect(gap).toSatisfy((ms: number | null) => ms !== null && ms <= 30_000);
    expect(gaps[2] ?? 0).toBeGreaterThan(gaps[0] ?? 0);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "FAILED" });
  });
});
