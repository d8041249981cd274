/**
 * The SQL functions are replaced while the service works, as `npm run migrate` does beside a Worker that is deployed. The same with built
 * Workers: `release/swap.node.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { liveOnce, type Send } from "../support/live-once.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const CALLERS = 8;
const SWAPS = 20;

const service = await startService();

describe("a swap of all SQL functions", () => {
  it(`is noticed by none of ${CALLERS} callers, also when helpers are dropped and others take their place`, async () => {
    const tenants = await Promise.all(
      Array.from({ length: CALLERS }, () => createTenant(service.database, { runnerUrl: BUSY_RUNNER })),
    );
    let isSwapping = true;
    const swapAll = async () => {
      for (let number = 1; number <= SWAPS; number++) await service.database.swapFunctions(number);
    };
    const swapping = swapAll().finally(() => {
      isSwapping = false;
    });
    const send: Send = async (...request) => {
      const response = await service.send(...request);
      return { status: response.status, text: await response.text() };
    };
    const lives = tenants.map(async ({ owner: { key }, definitionId }) => {
      let count = 0;
      for (; isSwapping; count++) await liveOnce(send, { key, definitionId });
      return count;
    });
    await Promise.all([swapping, ...lives]);
    expect(Math.min(...(await Promise.all(lives)))).toBeGreaterThan(0);
  });

  it("is the reason for one more try, and only one: a function that is missing for good is a bug", async () => {
    const tenant = await createTenant(service.database);
    await service.database.sql`alter function find_run(jsonb, uuid) rename to find_run_elsewhere`;
    const [response, requests] = await service.counted(() =>
      service.get(`/v1/workflow-runs/${tenant.definitionId}`, tenant.owner.key),
    );
    expect([response.status, requests]).toEqual([500, 2]);
  });
});
