import { env, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PAGE_SETTINGS, toForm } from "../support/browser.ts";
import { answeringRunner, BUSY_RUNNER } from "../support/fake-runner.ts";
import { inSeconds, insertRun, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { startService } from "../support/service.ts";
import { QUESTION, suspend } from "../support/suspensions.ts";
import { createTenant } from "../support/tenant.ts";
import { createTrigger } from "../triggers/support.ts";

const MINUTE_MS = 60_000;

afterEach(() => vi.useRealTimers());

/** Moves the clock of the Worker and of its objects. Timers go on as they are. */
const moveClock = (ms: number) => vi.setSystemTime(Date.now() + ms);
const takeClock = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });

/** Fires the cron `times` times, and moves the clock by a minute after each. Returns how many of the sweeps asked the database. */
async function fireCron(service: LiveService, times: number): Promise<number> {
  let sweeps = 0;
  for (let i = 0; i < times; i++) {
    const [, requests] = await service.counted(() => service.sweep());
    if (requests > 0) sweeps += 1;
    moveClock(MINUTE_MS);
  }
  return sweeps;
}

it("counts refused sign-ins, which have no tenant and ask the database nothing, for the metrics of the deployment", async () => {
  const service = await startLiveService({ settings: PAGE_SETTINGS });
  const { owner } = await createTenant(service.database);
  const count = async () => {
    const text = await (await service.get("/v1/metrics", owner.key)).text();
    return Number(/^workflow_sign_ins_refused_total\{way="api_key"\} (\d+)$/m.exec(text)?.[1]);
  };
  const before = await count();
  const refuse = () =>
    service.fetch("/app/sign-in", {
      method: "POST",
      headers: { "Sec-Fetch-Site": "same-origin" },
      body: toForm({ key: "no key" }),
    });
  const [answers, requests] = await service.counted(() => Promise.all([refuse(), refuse(), refuse()]));
  expect([...answers.map(({ status }) => status), requests]).toEqual([401, 401, 401, 0]);
  await expect.poll(count).toBe(before + 3);
});

it("counts the requests to the database, and those that its limit refuses and which it could not count itself", async () => {
  const service = await startLiveService();
  const { owner } = await createTenant(service.database);
  takeClock();
  const ask = () => service.get("/v1/workflow-runs", owner.key);
  const count = async () => {
    moveClock(MINUTE_MS + 1);
    await ask();
    const text = await (await service.get("/v1/metrics", owner.key)).text();
    const [requests, refused] = ["", "_refused"].map((end) =>
      Number(new RegExp(`^workflow_database_requests${end}_total (\\d+)$`, "m").exec(text)?.[1]),
    );
    return { requests: requests ?? 0, refused: refused ?? 0 };
  };
  const before = await count();
  await service.database.inflict({ kind: "rate limited", times: 3 });
  for (const status of [503, 503, 503, 200]) expect((await ask()).status).toBe(status);
  // Of the first count, the request for the metrics itself was not told yet.
  expect(await count()).toEqual({ requests: before.requests + 6, refused: before.refused + 3 });

  const logged = vi.spyOn(console, "info").mockImplementation(() => {});
  await service.sweep();
  const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)));
  logged.mockRestore();
  expect(lines).toContainEqual(expect.objectContaining({ level: "info", event: "database", refused: 3 }));
});

describe("the cron", () => {
  it("sweeps every minute after a change, until 100 s have passed without a change", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database);
    takeClock();
    expect(await fireCron(service, 3)).toBe(1);
    await service.send("POST", `/v1/workflow-definitions/${tenant.definitionId}/invoke`, tenant.owner.key, {});
    expect(await fireCron(service, 4)).toBe(3);
  });

  it("sweeps after a change 90 s after its mark, of which the register did not write a row", async () => {
    const register = env.REGISTER.get(env.REGISTER.idFromName(crypto.randomUUID()));
    const readMark = () => runInDurableObject(register, (_, { storage }) => storage.kv.get<number>("markedAt"));
    takeClock();
    await register.mark();
    const firstAt = await readMark();
    moveClock(9_900);
    await register.mark();
    expect(await readMark()).toBe(firstAt);

    moveClock(85_000);
    const { at } = await register.beginSweep();
    await register.endSweep(at, null);
    moveClock(MINUTE_MS);
    expect((await register.beginSweep()).mustSweep).toBe(true);
    await register.mark();
    expect(await readMark()).toBe(Date.now());
  });

  it("sweeps every minute while something is due within the hour, and finds what was back-dated", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database);
    const runId = await insertRun(service.database, tenant);
    takeClock();
    expect(await fireCron(service, 3)).toBe(3);
    await makeOverdue(service, runId);
    await service.sweep();
    const [stored] = await service.database.sql`select status from workflow_runs where id = ${runId}`;
    expect(stored).toEqual({ status: "FAILED" });
    expect(await fireCron(service, 3)).toBe(0);
  });

  it("lets a run wait for its start_after, and sweeps from less than two minutes before it", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(30 * 60) });
    takeClock();
    await fireCron(service, 4);
    expect(await fireCron(service, 3)).toBe(0);
    moveClock(25 * MINUTE_MS);
    expect(await fireCron(service, 1)).toBe(1);
  });

  it("leaves a run alone that is suspended for 90 days: the next thing to do is as far away, and no cron asks", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const runId = await invoke(service, tenant);
    const timeout_seconds = 90 * 24 * 3600;
    expect((await suspend(service, tenant, runId, [QUESTION], { timeout_seconds })).status).toBe(200);
    const [due] = await service.database.sql`
      select 90 - deployment_due_in_ms() / 86400000 as more, extract(day from next_due_at(${tenant.id}, now()) - now())::int as days`;
    expect(due).toEqual({ more: expect.any(Number), days: 89 });
    expect(Math.abs(Number(due?.more))).toBeLessThan(0.05);
    takeClock();
    await fireCron(service, 4);
    expect(await fireCron(service, 10)).toBe(0);
  });

  it("sweeps at most 96 times a day for an hourly schedule whose runs end at once", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database);
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    await createTrigger(service, tenant, { cron: `${minute} * * * *`, time_zone: "UTC" });
    const [due] = await service.database.sql`
      select deployment_due_in_ms()
        - 1000 * extract(epoch from (select due_at from triggers where tenant_id = ${tenant.id}) - clock_timestamp())::float8 as more`;
    const HOUR_MS = 60 * MINUTE_MS;
    expect(due?.more).toSatisfy((ms: number) => Math.abs(ms - (HOUR_MS - 90_000)) < 1_000);

    const register = env.REGISTER.get(env.REGISTER.idFromName(crypto.randomUUID()));
    const midnight = Date.UTC(2026, 0, 1);
    vi.useFakeTimers({ toFake: ["Date"], now: midnight });
    const sweeps = await runInDurableObject(register, (object) => {
      let count = 0;
      for (let at = midnight; at < midnight + 24 * HOUR_MS; at += MINUTE_MS) {
        vi.setSystemTime(at);
        // The alarm fires the schedule at each full hour, and its run ends within the minute.
        if (at % HOUR_MS === 0) object.mark();
        vi.setSystemTime(at + 20_000);
        const plan = object.beginSweep();
        if (!plan.mustSweep) continue;
        count += 1;
        object.endSweep(plan.at, HOUR_MS - ((at + 20_000) % HOUR_MS) + Number(due?.more));
      }
      return count;
    });
    expect(sweeps).toBeGreaterThan(24);
    expect(sweeps).toBeLessThanOrEqual(96);
  });

  it("sweeps each time when the register does not answer, which no request notices", async () => {
    const away = () => Promise.reject(new Error("The register is away."));
    const register = { mark: away, beginSweep: away, endSweep: away, noteAlarm: away, readStatus: away };
    const service = await startLiveService({ settings: { REGISTER: { idFromName: () => "", get: () => register } } });
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
    takeClock();
    expect(await fireCron(service, 3)).toBe(3);
  });

  it("sweeps each time without the bindings: one firing fails a run whose row was back-dated", async () => {
    const service = await startService();
    const tenant = await createTenant(service.database);
    await service.sweep();
    const runId = await insertRun(service.database, tenant, { overdueSeconds: 1 });
    await service.sweep();
    const [stored] = await service.database.sql`select status from workflow_runs where id = ${runId}`;
    expect(stored).toEqual({ status: "FAILED" });
  });
});

describe("the cron of a deployment that is idle", () => {
  let service: LiveService;
  beforeAll(async () => {
    service = await startLiveService();
    await service.database.sql`
      insert into tenants (id, name) select gen_random_uuid(), 'Idle' from generate_series(1, 1000)`;
    const tenant = await createTenant(service.database);
    await insertRun(service.database, tenant, { status: "COMPLETED" });
  });

  it("asks the database at most once an hour", async () => {
    takeClock();
    const [, ofOneSweep] = await service.counted(() => service.sweep());
    const [, requests] = await service.counted(async () => {
      for (let minute = 1; minute < 1440; minute++) {
        moveClock(MINUTE_MS);
        await service.sweep();
      }
    });
    expect(requests).toBe(23 * ofOneSweep);
  });
});
