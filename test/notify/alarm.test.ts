import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LiveService, startLiveService } from "../hub/live-service.ts";
import { answeringRunner, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { createEndpoint, makeAllDue } from "./endpoint.ts";

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

const endRun = async () => callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
const fireAlarm = () => runDurableObjectAlarm(service.hubOf(tenant.id));

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

  it("lets the database sleep between its probes: nothing else is due, for the hub nor for the cron", async () => {
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (let i = 0; i < 6; i++) await endRun();
    await makeAllDue(service, endpoint);
    await service.sweep();
    expect(await hook.requests()).toHaveLength(6);
    // What the hub has heard of before are leases; once they are over, only the next probe is due, in 4 minutes or more.
    for (let alarms = 0; alarms < 5; alarms++) await fireAlarm();
    expect(await service.alarmInMs(tenant.id)).toBeGreaterThan(200_000);
    const [due] = await service.database.sql`select public.deployment_due_in_ms() as ms`;
    expect(due?.ms).toBeGreaterThan(3_600_000);
    const [, requests] = await service.counted(async () => {
      expect(await hook.requests()).toHaveLength(6);
    });
    expect(requests).toBe(0);
  });
});
