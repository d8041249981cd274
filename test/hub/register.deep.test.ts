import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { insertRun } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createTenant } from "../support/tenant.ts";

const MINUTE_MS = 60_000;

afterEach(() => vi.useRealTimers());

/** Moves the clock of the Worker and of its objects. Timers are not affected. */
const moveClock = (ms: number) => vi.setSystemTime(Date.now() + ms);
const takeClock = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });

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
