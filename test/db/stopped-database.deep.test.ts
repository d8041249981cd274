import { describe, expect, it } from "vitest";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ ownServer: true });

describe("a database that stops", () => {
  it("makes every answer 503 with Retry-After, and 200 again when it is back, with the same Worker", async () => {
    const tenant = await createTenant(service.database);
    const runPath = `/v1/workflow-runs/${await insertRun(service.database, tenant, { status: "COMPLETED" })}`;
    const answers = () =>
      Promise.all([service.get(runPath, tenant.owner.key), service.fetch("/healthz"), service.fetch("/readyz")]);
    await service.sweep();
    expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200]);

    await service.database.stop();
    for (const response of await answers()) {
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^[3-8]$/)]);
      expect(await response.json()).toMatchObject({ title: "Database unavailable", status: 503 });
    }
    await expect(service.sweep()).rejects.toThrow();

    await service.database.start();
    expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
