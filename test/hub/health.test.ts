import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startLiveService({ settings: PAGE_SETTINGS });
const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });

afterEach(() => vi.useRealTimers());

type Readiness = {
  seconds_since_sweep: number;
  seconds_since_full_sweep: number;
  last_alarm: object | null;
  hub_location?: string | null;
};

describe("GET /readyz with the Durable Objects", () => {
  it("counts a cron that had nothing to sweep like a sweep", async () => {
    await service.sweep();
    await service.database.sql`update sweep_state set began_at = began_at - interval '20 minutes',
      ended_at = ended_at - interval '20 minutes'`;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    vi.setSystemTime(Date.now() + 20 * 60_000);
    const [, requests] = await service.counted(() => service.sweep());
    expect(requests).toBe(0);
    const response = await service.fetch("/readyz");
    expect(response.status).toBe(200);
    const readiness = await response.json<Readiness>();
    expect(readiness.seconds_since_sweep).toBeLessThan(60);
    expect(readiness.seconds_since_full_sweep).toBeGreaterThan(1_190);
    expect(readiness.last_alarm).toBeNull();
  });

  it("says where the Durable Objects are created, null when HUB_LOCATION is not set", async () => {
    const placed = await startLiveService({ database: service.database, settings: { HUB_LOCATION: "weur" } });
    await placed.sweep();
    const locations = [];
    for (const { fetch } of [service, placed]) {
      locations.push((await (await fetch("/readyz")).json<Readiness>()).hub_location);
    }
    expect(locations).toEqual([null, "weur"]);
  });

  it("says when an alarm last fired, and how late it was", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await runDurableObjectAlarm(service.hubOf(tenant.id));
    const { last_alarm } = await (await service.fetch("/readyz")).json<Readiness>();
    expect(last_alarm).toEqual({ seconds_ago: expect.any(Number), late_ms: expect.any(Number) });
  });
});

describe("the page Health with the Durable Objects", () => {
  it("shows the last full sweep, the last cron that skipped its sweep, and the last alarm", async () => {
    await runDurableObjectAlarm(service.hubOf(tenant.id));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * 60_000 });
    await service.sweep();
    await service.database.sql`update sweep_state set began_at = began_at - interval '10 minutes',
      ended_at = ended_at - interval '10 minutes'`;
    vi.setSystemTime(Date.now() + 10 * 60_000);
    await service.sweep();
    vi.useRealTimers();
    const page = await (await signIn(service, tenant.owner.key)).read("/app/health");
    expect(page).toMatch(
      /ago there was nothing to sweep; the last full one was 10 min ago\. An alarm [^<]+ ago was [\d.]+ m?s late/,
    );
  });
});

describe("GET /livez", () => {
  it("answers without the database, even when that is down", async () => {
    await service.database.inflict({ kind: "refused" });
    const [response, requests] = await service.counted(() => service.fetch("/livez"));
    await service.database.mend();
    expect([response.status, await response.json(), requests]).toEqual([200, { status: "alive" }, 0]);
  });
});
