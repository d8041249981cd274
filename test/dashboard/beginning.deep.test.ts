import { expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });

it("shows an administrator the steps before the first run, ticked when they are done, in one database request", async () => {
  const { tenant, owner, user } = await openTenant(service);
  const { sql } = service.database;
  const ticked = async () => {
    const [response, requests] = await service.counted(() => owner.get("/app/runs"));
    expect(requests).toBe(1);
    const html = await response.text();
    return [...html.matchAll(/<li class="done">.*?<strong>([^<]+)</gs)].map(([, title]) => title);
  };
  expect(await ticked()).toEqual(["A workflow", "A runner"]);
  expect(await user.read("/app/runs")).not.toContain("First steps");
  await sql`update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = ${tenant.definitionId}`;
  expect(await ticked()).toEqual(["A workflow"]);
  await sql`delete from workflow_definitions where id = ${tenant.definitionId}`;
  expect(await ticked()).toEqual([]);
});

it("shows the runs instead, once there is one", async () => {
  const { tenant, owner } = await openTenant(service);
  await insertRun(service.database, tenant, { status: "COMPLETED" });
  expect(await owner.read("/app/runs")).not.toContain("First steps");
});
