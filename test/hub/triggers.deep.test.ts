/** The alarm of a hub fires a schedule, without a sweep of the cron. */
import { describe, expect, it, vi } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { startLiveService } from "../support/live-service.ts";
import { createTenant } from "../support/tenant.ts";
import { createTrigger, readFirings, send } from "../triggers/support.ts";

describe("a trigger", () => {
  it("fires by the alarm of its tenant's hub, within a second", async () => {
    const service = await startLiveService();
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const at = new Date(Date.now() + 4_000).toISOString();
    const { id, next_at } = await createTrigger(service, tenant, { at, time_zone: "UTC" });
    expect(next_at).toBe(at);
    const fired = await vi.waitFor(
      async () => {
        const [firing] = await readFirings(service, tenant, id);
        expect(firing).toMatchObject({ outcome: "FIRED", scheduled_at: at });
        return firing;
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(fired?.late_ms).toBeGreaterThanOrEqual(0);
    expect(await send(service, "GET", `/v1/triggers/${id}`, tenant.owner.key)).toMatchObject({
      ...{ is_active: true, next_at: null },
    });
  });
});
