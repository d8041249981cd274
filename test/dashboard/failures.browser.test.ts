/** The page of failures that are alike, as a person uses it. */
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { complaintsOf, faultsInTheme, openPage, overflow, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

it("failures that are alike are one row, lead to their runs, and can be seen with a note", async () => {
  await world.database.query(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
       created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code, error)
     select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
       now() - n * interval '1 second', now() - n * interval '1 second', now(), now(), now(), r.ended_by, 'REPORTED',
       'The file /data/' || n || '.csv has no row ' || n
     from workflow_runs r, generate_series(1, 7) n where r.id = $1`,
    [DEMO.runs.failed],
  );
  const page = await openPage(world.browser, world.stack.url);
  await signIn(page, "owner");
  await page.goto("/app/health");
  await page.getByRole("link", { name: "Failures that are alike" }).click();
  await page.getByRole("heading", { name: "Failures that are alike" }).waitFor();
  const row = page.locator("tbody tr").first();
  expect(await row.textContent()).toContain("has no row");
  for (const width of [390, 900, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    expect([width, await overflow(page)]).toEqual([width, 0]);
  }
  expect(await faultsInTheme(page)).toEqual([]);
  await row.getByRole("button", { name: "Seen" }).click();
  await page.getByLabel("Note (optional)").first().fill("Ida looks into it");
  await page.getByRole("button", { name: "It was seen" }).first().click();
  await row.getByText("Ida looks into it").waitFor();
  await row.getByRole("link", { name: "7", exact: true }).click();
  await page.waitForURL(/\/app\/runs\?.*alike=/);
  expect(await page.locator("tbody tr").count()).toBe(7);
  expect(complaintsOf(page)).toEqual([]);
});
