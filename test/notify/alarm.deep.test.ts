import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answeringRunner, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { type CreatedEndpoint, createEndpoint, makeAllDue } from "../support/notification-endpoint.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const MINUTE_MS = 60_000;

let service: LiveService;
let tenant: TestTenant;
let hook: FakeRunner;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
  hook = await startFakeRunner([{ status: 500 }]);
});

afterEach(() => vi.useRealTimers());

const endRun = async () => callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
/** Waits until this many failed tries in a row are recorded. */
const untilFailed = (endpoint: CreatedEndpoint, count: number) =>
  vi.waitFor(
    async () => {
      const [row] = await service.database.sql`select failures from notification_endpoints where id = ${endpoint.id}`;
      expect(row?.failures).toBe(count);
    },
    { timeout: 20_000 },
  );
/** Fires the alarm, once there is one: during a sweep there is none, and nothing would happen. */
async function fireAlarm(): Promise<void> {
  await service.nextAlarmInMs(tenant.id);
  await runDurableObjectAlarm(service.hubOf(tenant.id));
}
/** Fires the alarm until the next one is so many milliseconds away: a sweep that began before something was recorded does not know of it. */
const untilNextAlarmIn = (ms: number) =>
  expect
    .poll(async () => {
      await fireAlarm();
      return service.alarmInMs(tenant.id);
    })
    .toBeGreaterThan(ms);

describe("an endpoint that fails", () => {
  it("is retried by the alarm of the tenant's hub", async () => {
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    expect(await hook.requests()).toHaveLength(1);
    expect(await service.alarmInMs(tenant.id)).toBeLessThan(6_500);
    await hook.script([{ status: 204 }]);
    await makeAllDue(service, endpoint);
    await fireAlarm();
    expect(await hook.requests(2)).toHaveLength(2);
  });

  it("is sent the next message of a chat by the alarm, a second after the one before", async () => {
    await createEndpoint(service, tenant, hook.url, { format: "slack" });
    await hook.script([{ status: 200 }]);
    for (let runs = 0; runs < 2; runs++) await endRun();
    const [first, second] = await hook.requests(2);
    expect(Number(second?.receivedAt) - Number(first?.receivedAt)).toBeGreaterThanOrEqual(900);
  });

  it("lets the database sleep between its probes: nothing else is due, for the hub nor for the cron", async () => {
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (let i = 0; i < 6; i++) await endRun();
    await makeAllDue(service, endpoint);
    await service.sweep();
    expect(await hook.requests()).toHaveLength(6);
    // What the hub has heard of before are leases; once they are over, only the next probe is due, in 4 minutes or more.
    await untilNextAlarmIn(200_000);
    const [due] = await service.database.sql`select public.deployment_due_in_ms() as ms`;
    expect(due?.ms).toBeGreaterThan(3_600_000);
  });

  it("sends the database no request between two probes that are half an hour apart, and few for the probe", async () => {
    // A deployment in which nothing else is due.
    service = await startLiveService();
    tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (let i = 0; i < 6; i++) await endRun();
    for (let probes = 1; probes <= 2; probes++) {
      await makeAllDue(service, endpoint);
      await fireAlarm();
      await untilFailed(endpoint, 5 + probes);
    }
    // The third probe is due half an hour after the second, or up to 20 % earlier.
    await untilNextAlarmIn(24 * MINUTE_MS - 10_000);

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const requestsByMinute: number[] = [];
    for (let minute = 0; minute < 23; minute++) {
      vi.setSystemTime(Date.now() + MINUTE_MS);
      const [, requests] = await service.counted(() => service.sweep());
      requestsByMinute.push(requests);
      expect(await service.alarmInMs(tenant.id)).toBeGreaterThan(0);
    }
    // The cron sweeps until 90 seconds have passed without a change.
    expect(requestsByMinute.slice(2)).toEqual(Array(21).fill(0));
    expect(await hook.requests()).toHaveLength(7);

    await makeAllDue(service, endpoint);
    const [, requests] = await service.counted(async () => {
      await fireAlarm();
      await untilFailed(endpoint, 8);
    });
    expect(await hook.requests()).toHaveLength(8);
    // The sweep of the tenant, the claim, the record of the result, and at most one more claim.
    expect(requests).toBeLessThanOrEqual(4);
  });
});
