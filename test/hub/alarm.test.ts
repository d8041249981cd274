import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../src/db/client.ts";
import { pauseSweep, resumeSweep } from "../../src/sweep/sweep-state.ts";
import { sweepTenant } from "../../src/sweep/sweep-tenant.ts";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, eventTypes, inSeconds, insertRun, invoke, makeOverdue, passInstants } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { callSqlFunction } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startLiveService();
let runner: FakeRunner;
let tenant: TestTenant;

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
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, second)).toContain("DISPATCHED"), 20_000);
    expect(await runner.requests()).toHaveLength(2);
  });

  it("logs how late it was for the run that was overdue for longest", async () => {
    const other = { ...tenant, definitionId: await addWorkflow(service.database, tenant) };
    for (const [of, overdueSeconds] of [
      [tenant, 100],
      [other, 10],
    ] as const)
      await insertRun(service.database, of, { status: "RUNNING", overdueSeconds });
    const lines = vi.spyOn(console, "info");
    // Nothing is to be sent then, and yet it is progress: if more is due, the next alarm comes at once.
    expect(await sweepTenant(verbServices(service), tenant.id)).toMatchObject({ hasMoved: true });
    const swept = lines.mock.calls
      .map(([line]) => JSON.parse(String(line)))
      .find(({ event }) => event === "tenant swept");
    lines.mockRestore();
    expect(swept).toMatchObject({ timed_out: 2 });
    expect(swept.lag_max_ms).toBeGreaterThanOrEqual(100_000);
  });

  it.each<[string, (of: TestTenant) => Promise<unknown>]>([
    [
      "send a dispatch",
      async (of) => {
        const due = await insertRun(service.database, of, { status: "RUNNING" });
        await service.database.sql`
          update workflow_runs set dispatched_at = null, next_dispatch_at = statement_timestamp() where id = ${due}`;
      },
    ],
    [
      "fire a trigger",
      (of) => service.database.sql`
        insert into due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth)
        values (${of.id}, gen_random_uuid(), statement_timestamp(), gen_random_uuid(), 1, 1)`,
    ],
  ])("comes again after 30 seconds, in case the Worker that is to %s dies", async (_, makeDue) => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await makeDue(tenant);
    const swept = await callSqlFunction(service.database, "sweep_tenant", { tenant_id: tenant.id, limit: 200 });
    expect(swept.due_in_ms).toSatisfy((ms: number) => ms > 25_000 && ms <= 30_000);
  });

  it("is set to the start_after of a run, and starts it", async () => {
    const runId = await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(3600) });
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 3_590_000 && ms <= 3_600_100);
    await passInstants(service, runId, 3601);
    await fireAlarm();
    expect(await stored(runId)).toMatchObject({ status: "RUNNING" });
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, runId)).toContain("DISPATCHED"), 20_000);
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
    const gaps: number[] = [];
    for (let i = 0; i < 4; i++) {
      await fireAlarm();
      gaps.push(await service.nextAlarmInMs(tenant.id));
    }
    await service.database.mend();
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
    // The first one is half a second, and the last one four.
    expect(gaps.at(-1)).toBeGreaterThan(1_000);
    await fireAlarm();
    await vi.waitFor(async () => expect(await stored(runId)).toMatchObject({ status: "FAILED" }), 20_000);
  });
});
