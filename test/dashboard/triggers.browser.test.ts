/** The pages of triggers, and the forms that make and change them. */
import type { Page } from "playwright-core";
import { it as anyTest, describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { callApi } from "../support/browser/leased-run.ts";
import { complaintsOf, faultsInTheme, forgetComplaints, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld({ WORK_SECONDS: "1" });

const it = anyTest.extend<{ page: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from it what a fixture needs.
  async page({}, use) {
    // Not the time zone of the Worker.
    const page = await openPage(world.browser, world.stack.url, { timezoneId: "America/New_York" });
    await signIn(page, "owner");
    await use(page);
    await page.context().close();
    expect(complaintsOf(page)).toEqual([]);
  },
});

const WORKFLOW = `/app/workflows/${DEMO.quarterlyReportId}`;

const YEARLY = { cron: "30 6 1 1 *", at: null, time_zone: "Europe/Berlin" };

/** Makes a trigger of the demo's report, and returns its id. */
async function createTrigger(name: string, content: object = {}): Promise<string> {
  const made = await callApi(world, "POST", `/workflow-definitions/${DEMO.quarterlyReportId}/triggers`, {
    ...{ name, kind: "schedule", schedule: YEARLY },
    ...content,
  });
  return String(made.id);
}

describe("a schedule that was paused", () => {
  it("shows its next instant on the page that follows the button that resumes it", async ({ page }) => {
    const id = await createTrigger("New year");
    await callApi(world, "POST", `/triggers/${id}/pause`, { note: "Holidays" });
    // Its next instant is planned by the sweep, which must not come before the page.
    await world.database.query(
      "insert into sweep_state (id, paused_at) values (1, now()) on conflict (id) do update set paused_at = now()",
    );
    await page.goto(`/app/triggers/${id}`);
    await page.locator(".actions").getByRole("button", { name: "Resume" }).click();
    await page.locator("#ask-resume").getByRole("button", { name: "Resume" }).click();
    const state = page.getByLabel("Current state");
    await state.getByText("(Fri, 1 Jan 2027, 06:30 GMT+1)").waitFor();
    const { next_at: planned } = await callApi(world, "GET", `/triggers/${id}`);
    expect([planned, await state.getByText("without a further instant").count()]).toEqual([null, 0]);
    await page.goto(`${WORKFLOW}/triggers`);
    await page.locator("li", { hasText: "New year" }).getByText("(Fri, 1 Jan 2027, 06:30 GMT+1)").waitFor();
    await world.database.query("update sweep_state set paused_at = null");
  });
});

describe("the form of a schedule", () => {
  it("names the part of the cron expression that is wrong", async ({ page }) => {
    await page.goto(`${WORKFLOW}/triggers/new`);
    await page.getByLabel("Name").fill("Wrong");
    await page.getByLabel("Time zone").fill("UTC");
    await page.getByLabel("Cron expression").fill("99 * * * *");
    await page.locator("main").getByRole("button", { name: "Save" }).click();
    const said = "Cron expression: The minute must be from 0 to 59, so it cannot be 99.";
    await page.getByRole("alert").getByText(said).waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    forgetComplaints(page);
  });
});
