import { beforeAll, describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

let service: Service;

beforeAll(async () => {
  service = await startService({ ownServer: true });
});

describe("GET /healthz", () => {
  it("answers the database's time as the contract has it, in one request", async () => {
    const [response, requests] = await service.counted(() => service.fetch("/healthz"));
    expect([response.status, requests]).toEqual([200, 1]);
    expect(contractFaults("health_check", 200, await response.json())).toEqual([]);
  });
});

describe("GET /readyz", () => {
  it("is 503 with the reason until a sweep has ended, and when the last one is over 3 minutes old", async () => {
    const reason = async () => {
      const response = await service.fetch("/readyz");
      const body = await response.json<{ detail?: string; status: unknown }>();
      return [response.status, body.detail ?? body.status];
    };
    expect(await reason()).toEqual([503, expect.stringContaining("No sweep has ended yet")]);

    await service.sweep();
    expect(await reason()).toEqual([200, "ready"]);

    await service.database.sql`update sweep_state set ended_at = ended_at - interval '200 seconds'`;
    expect(await reason()).toEqual([503, expect.stringMatching(/The last sweep ended 20\d seconds ago/)]);
  });
});

describe("a database that stops", () => {
  it("is 503 with Retry-After everywhere, and 200 again once it is back, with the same Worker", async () => {
    const tenant = await createTenant(service.database);
    const runPath = `/v1/workflow-runs/${await insertRun(service.database, tenant, { status: "COMPLETED" })}`;
    const answers = () =>
      Promise.all([service.get(runPath, tenant.owner.key), service.fetch("/healthz"), service.fetch("/readyz")]);
    await service.sweep();
    expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200]);

    await service.database.stop();
    for (const response of await answers()) {
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.json()).toMatchObject({ title: "Database unavailable", status: 503 });
    }
    await expect(service.sweep()).rejects.toThrow();

    await service.database.start();
    expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
