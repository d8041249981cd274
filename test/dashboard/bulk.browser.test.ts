/** What a person reads and types before several runs are changed. */
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { complaintsOf, faultsInTheme, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

it("the question says what the filter is, lists five runs, and asks for the number of many that are deleted", async () => {
  await world.database.query(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
       created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
     select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
       r.created_at - n * interval '1 second', r.started_at, r.deadline_at, r.completed_at, r.updated_at, r.ended_by, 'LOST'
     from workflow_runs r, generate_series(1, 21) n where r.id = $1`,
    [DEMO.runs.failed],
  );
  const page = await openPage(world.browser, world.stack.url);
  await signIn(page, "owner");
  await page.goto("/app/runs?code=LOST");
  await page.getByLabel("All 21 that match").check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { name: "Delete 21 runs?" }).waitFor();
  expect(await page.getByText("Failed because").locator("..").textContent()).toContain("Runner lost");
  expect(await page.locator("main .items").last().locator("li").count()).toBe(5);
  expect(await faultsInTheme(page)).toEqual([]);
  const typed = page.getByLabel("Type 21 to delete 21 runs for good");
  await typed.fill("12");
  await page.getByRole("button", { name: "Delete 21 runs" }).click();
  await page.getByText("Type 21 to delete them.").first().waitFor();
  await typed.fill("21");
  await page.getByRole("button", { name: "Delete 21 runs" }).click();
  await page.getByText("21 runs deleted.").waitFor();
  expect(complaintsOf(page).filter((text) => !text.includes("422"))).toEqual([]);
});
