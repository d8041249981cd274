import { expect, it } from "vitest";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

it("GET /readyz is 503 when the sweep falls behind, and says of each backlog how old it is", async () => {
  const service = await startService();
  const tenant = await createTenant(service.database);
  const ids = await insertDefinitions(service.database, tenant, 4, "https://runner.test/hook");
  await service.sweep();
  await insertRuns(service.database, tenant, ids.slice(0, 1), { overdueSeconds: 100 });
  await insertRuns(service.database, tenant, ids.slice(1, 2), { dueSeconds: 100 });
  expect((await service.fetch("/readyz")).status).toBe(200);

  await insertRuns(service.database, tenant, ids.slice(2, 3), { overdueSeconds: 200 });
  await insertRuns(service.database, tenant, ids.slice(3), { dueSeconds: 300 });
  const [response, requests] = await service.counted(() => service.fetch("/readyz"));
  expect([response.status, requests]).toEqual([503, 1]);
  const { detail } = await response.json<{ detail: string }>();
  expect(detail).toMatch(/^Runs have been overdue for up to 2\d\d seconds\..+ dispatched for up to 3\d\d seconds\./);
});
