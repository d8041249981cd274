/** The SQL functions are replaced while the service works, as `npm run migrate` does beside a Worker that is deployed. */
import { beforeAll, describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { invokePath } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const CALLERS = 8;
const SWAPS = 20;

let service: Service;
beforeAll(async () => {
  service = await startService();
});

/** One life of a run. Throws at the first answer that is not the right one. */
async function liveOnce(tenant: TestTenant): Promise<void> {
  const { key } = tenant.owner;
  const ask = async (method: string, path: string, expected: { status: number; is?: RegExp }) => {
    const response = await service.send(method, path, key, method === "POST" ? {} : undefined);
    const text = await response.text();
    if (response.status !== expected.status || expected.is?.test(text) === false) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text;
  };
  const invoked = await ask("POST", invokePath(tenant), { status: 202, is: /"status":"RUNNING"/ });
  const id = /"id":"([^"]+)"/.exec(invoked)?.[1];
  const path = `/v1/workflow-runs/${id}`;
  await ask("GET", path, { status: 200, is: /"status":"RUNNING"/ });
  await ask("GET", "/v1/workflow-runs?limit=1", { status: 200, is: new RegExp(`"id":"${id}".*"status":"RUNNING"`) });
  await ask("POST", `${path}/stop`, { status: 200, is: /"status":"FAILED"/ });
  await ask("GET", path, { status: 200, is: /"status":"FAILED"/ });
  await ask("DELETE", path, { status: 204 });
  await ask("GET", path, { status: 404 });
}

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
    const lives = tenants.map(async (tenant) => {
      let count = 0;
      for (; isSwapping; count++) await liveOnce(tenant);
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
