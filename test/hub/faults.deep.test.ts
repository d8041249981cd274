/**
 * The faults that docs/operations.md lists for the Durable Objects. For each it is checked that nothing is lost, and that the
 * repair comes in time: the clock is moved to the latest time of the repair, which is less than 90 s later.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TenantSweeper } from "../../src/worker.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { callBack, eventTypes, insertRun, invoke, invokePath, makeOverdue } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const MINUTE_MS = 60_000;

let service: LiveService;
let tenant: TestTenant;

/** Starts a deployment that has been idle for so long that its cron skips its sweeps. */
async function startIdle(settings: Record<string, unknown> = {}): Promise<void> {
  service = await startLiveService({ settings });
  tenant = await createTenant(service.database, { runnerUrl: (await startFakeRunner()).url });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  await service.sweep();
  moveClock(2 * MINUTE_MS);
  expect(await fireCron()).toBe("skipped");
}

afterEach(() => vi.useRealTimers());

const moveClock = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Fires the cron, one minute after it last fired. */
async function fireCron(): Promise<"swept" | "skipped"> {
  const [, requests] = await service.counted(() => service.sweep());
  moveClock(MINUTE_MS);
  return requests > 0 ? "swept" : "skipped";
}

const statusOf = async (runId: string) => {
  const [run] = await service.database.sql`select status from workflow_runs where id = ${runId}`;
  return run?.status;
};

const loseAlarm = () =>
  runInDurableObject(service.hubOf(tenant.id), async (_, { storage }) => {
    await storage.deleteAlarm();
    await storage.deleteAll();
  });

const invokeRequest = () => ({
  method: "POST",
  headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
  body: "{}",
});

describe("nothing is lost, and the next cron repairs it, when", () => {
  it("the Worker dies between the commit and the announcement", async () => {
    await startIdle();
    await service.fetchAndDie(invokePath(tenant), invokeRequest()).catch(() => {});
    const [run] = await service.database.sql`select id from workflow_runs where tenant_id = ${tenant.id}`;
    expect(await service.alarmInMs(tenant.id)).toBeNull();
    // The claim of the dispatch that the Worker took with it ends after a minute.
    await service.database.sql`update workflow_runs set next_dispatch_at = statement_timestamp() where id = ${run?.id}`;
    expect(await fireCron()).toBe("swept");
    expect(await eventTypes(service, tenant, String(run?.id))).toContain("DISPATCHED");
  });

  it.each([14, 60])("a commit took %i s, and a sweep began within them", async (seconds) => {
    await startIdle();
    await service.send("POST", `/v1/workflow-runs/${tenant.id}/stop`, tenant.owner.key);
    moveClock((seconds - 1) * 1_000);
    expect(await fireCron()).toBe("swept");
    // The change was committed a second after the sweep had begun, by a Worker that has died since then.
    const runId = await insertRun(service.database, tenant, { overdueSeconds: 1 });
    expect(await fireCron()).toBe("swept");
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it.each([
    ["throws", () => Promise.reject(new Error("The hub is broken."))],
    ["hangs", () => new Promise<never>(() => {})],
  ])("a hub %s", async (_, fail) => {
    await startIdle({ HUB: { idFromName: () => "", get: () => ({ changed: fail, fetch: fail }) } });
    const began = performance.now();
    const runId = await invoke(service, tenant);
    // The announcement ran into its timeout, and no answer waited for it.
    expect(performance.now() - began).toBeLessThan(20_000);
    await makeOverdue(service, runId);
    expect(await fireCron()).toBe("swept");
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it("a hub has lost its storage", async () => {
    await startIdle();
    const runId = await invoke(service, tenant);
    await loseAlarm();
    await makeOverdue(service, runId);
    expect(await fireCron()).toBe("swept");
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it("the register is away", async () => {
    const away = () => Promise.reject(new Error("The register is away."));
    service = await startLiveService({
      settings: { REGISTER: { idFromName: () => "", get: () => ({ mark: away, beginSweep: away, noteAlarm: away }) } },
    });
    tenant = await createTenant(service.database, { runnerUrl: (await startFakeRunner()).url });
    const runId = await invoke(service, tenant);
    await loseAlarm();
    await makeOverdue(service, runId);
    await service.sweep();
    expect(await statusOf(runId)).toBe("FAILED");
  });
});

describe("nothing is lost, and the alarm does its work, when", () => {
  beforeEach(async () => {
    service = await startLiveService();
    tenant = await createTenant(service.database, { runnerUrl: (await startFakeRunner()).url });
  });

  const fireAlarm = () => runDurableObjectAlarm(service.hubOf(tenant.id));

  const untilFailed = (runId: string) =>
    vi.waitFor(async () => expect(await statusOf(runId)).toBe("FAILED"), { timeout: 30_000, interval: 100 });

  it("no isolate could mark a change", async () => {
    const mark = () => Promise.reject(new Error("The register does not answer."));
    const register = {
      mark,
      noteAlarm: async () => {},
      noteRefusedSignIn: async () => {},
      beginSweep: async () => ({ mustSweep: false, at: Date.now() }),
    };
    service = await startLiveService({ settings: { REGISTER: { idFromName: () => "", get: () => register } } });
    tenant = await createTenant(service.database, { runnerUrl: (await startFakeRunner()).url });
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await service.sweep();
    expect(await statusOf(runId)).toBe("RUNNING");
    expect(await fireAlarm()).toBe(true);
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it("it comes twice", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, first);
    await fireAlarm();
    const events = await eventTypes(service, tenant, second);
    await fireAlarm();
    expect([await statusOf(first), await statusOf(second)]).toEqual(["FAILED", "RUNNING"]);
    expect((await eventTypes(service, tenant, second)).filter((type) => type === "STARTED")).toEqual(
      events.filter((type) => type === "STARTED"),
    );
  });

  it("it comes 10 s late, and the delay is reported", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId, 10);
    await runInDurableObject(service.hubOf(tenant.id), (hub) =>
      hub.alarm({ scheduledTime: Date.now() - 10_000, isRetry: false, retryCount: 0 }),
    );
    expect(await statusOf(runId)).toBe("FAILED");
    await service.sweep();
    const { last_alarm } = await (await service.fetch("/readyz")).json<{ last_alarm: { late_ms: number } }>();
    expect(last_alarm.late_ms).toBeGreaterThanOrEqual(10_000);
  });

  it("the hub is stopped in the middle of it: it is fired again", async () => {
    const runId = await invoke(service, tenant);
    const sweep = vi.spyOn(TenantSweeper.prototype, "sweepTenant");
    const before = sweep.mock.calls.length;
    // With a timer, so that the runtime does not end the sweep as hung.
    let timer: ReturnType<typeof setInterval> | undefined;
    sweep.mockImplementationOnce(
      () =>
        new Promise(() => {
          timer = setInterval(() => {}, 1_000);
        }),
    );
    await makeOverdue(service, runId);
    const hub = service.hubOf(tenant.id);
    await hub.changed({ tenant_id: tenant.id, due_in_ms: 0, work: [], runs: [] });
    await vi.waitFor(() => expect(sweep.mock.calls.length).toBe(before + 1), { timeout: 20_000 });
    expect(await statusOf(runId)).toBe("RUNNING");
    expect(await service.alarmInMs(tenant.id)).toBeNull();
    await runInDurableObject(hub, (_, state) => state.abort()).catch(() => {});
    await untilFailed(runId);
    clearInterval(timer);
  });

  it("something becomes due while it works", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, first);
    const { sweepTenant } = TenantSweeper.prototype;
    vi.spyOn(TenantSweeper.prototype, "sweepTenant").mockImplementationOnce(async function (
      this: TenantSweeper,
      ...given
    ) {
      const swept = await sweepTenant.apply(this, given);
      // The answer of this sweep does not know of it.
      await makeOverdue(service, second);
      await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 0, work: [], runs: [] });
      return swept;
    });
    await fireAlarm();
    expect(await statusOf(first)).toBe("FAILED");
    // The end of the sweep has set the alarm, which fires by itself.
    await untilFailed(second);
  });

  it("the database does not answer for three minutes: the alarm retries at least every 30 s", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await service.database.inflict({ kind: "refused" });
    for (let waitedMs = 0; waitedMs < 3 * MINUTE_MS; ) {
      await fireAlarm();
      const gapMs = await service.nextAlarmInMs(tenant.id);
      expect(gapMs).toBeLessThanOrEqual(30_000);
      waitedMs += gapMs;
    }
    await service.database.mend();
    await fireAlarm();
    await untilFailed(runId);
  });

  it.each([5_000, -5_000])("the hub's clock is %i ms off the database's", async (offMs) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offMs });
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set next_dispatch_at = null, deadline_at = statement_timestamp() + interval '20 seconds'
      where id = ${runId}`;
    const [due] = await service.database
      .sql`select public.ms_until(public.next_due_at(${tenant.id}, '-infinity')) as ms`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: due?.ms, work: [], runs: [] });
    // The hub was told for how long to wait, and not until when, so the difference between the clocks does not matter.
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 15_000 && ms <= 20_100);
    await fireAlarm();
    expect([await statusOf(runId), await service.alarmInMs(tenant.id)]).toEqual([
      "RUNNING",
      expect.closeTo(19_000, -4),
    ]);
    await makeOverdue(service, runId);
    await fireAlarm();
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it("a runner gets a dispatch that is due in 5 s, and not before", async () => {
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set dispatched_at = null, next_dispatch_at = statement_timestamp() + interval '5 seconds'
      where id = ${runId}`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 5_000, work: [], runs: [] });
    const began = performance.now();
    const count = async () => (await eventTypes(service, tenant, runId)).filter((type) => type === "DISPATCHED").length;
    await vi.waitFor(async () => expect(await count()).toBe(2), { timeout: 30_000, interval: 100 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(4_900);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
  });
});
