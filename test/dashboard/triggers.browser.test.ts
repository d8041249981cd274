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

/** Its next instant, in its time zone. */
const NEW_YEAR = /\w{3}, 1 Jan 20\d\d, 06:30 GMT\+1/;

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
    await state.getByText(NEW_YEAR).waitFor();
    const { next_at: planned } = await callApi(world, "GET", `/triggers/${id}`);
    expect([planned, await state.getByText("without a further instant").count()]).toEqual([null, 0]);
    await page.goto(`${WORKFLOW}/triggers`);
    await page.locator("li", { hasText: "New year" }).getByText(NEW_YEAR).waitFor();
    await world.database.query("update sweep_state set paused_at = null");
  });
});

describe("the form of a schedule", () => {
  it("names the part of the cron expression that is wrong", async ({ page }) => {
    await page.goto(`${WORKFLOW}/triggers/new`);
    await page.getByLabel("Name").fill("Wrong");
    await page.getByLabel("Time zone").selectOption("UTC");
    await page.getByLabel("Cron expression").fill("99 * * * *");
    await page.locator("main").getByRole("button", { name: "Save" }).click();
    const said = "Cron expression: The minute must be from 0 to 59, so it cannot be 99.";
    await page.getByRole("alert").getByText(said).waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    forgetComplaints(page);
  });

  it("keeps the seconds of its instants, and the hour that a clock repeats, when something else is changed", async ({
    page,
  }) => {
    // In New York the clock shows 01:30 twice on that day: at 05:30 and at 06:30.
    const bounds = { starts_at: "2030-11-03T06:30:00.000Z", ends_at: "2031-01-31T23:59:59.000Z" };
    const id = await createTrigger("Until the end of the month", { schedule: { ...YEARLY, ...bounds } });
    await page.goto(`/app/triggers/${id}/change`);
    await page.getByLabel("Name", { exact: true }).fill("Until February");
    await page.locator("main").getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Until February" }).waitFor();
    expect(await callApi(world, "GET", `/triggers/${id}`)).toMatchObject({ name: "Until February", schedule: bounds });
  });

  it("says in words what it means and shows the next five instants while somebody types, in the time zone of the browser at first", async ({
    page,
  }) => {
    await page.goto(`${WORKFLOW}/triggers/new`);
    const zones = page.getByLabel("Time zone");
    expect(await zones.inputValue()).toBe("America/New_York");
    const options = await zones.locator("option").allTextContents();
    expect([options.slice(0, 2), options.includes("Europe/Berlin")]).toEqual([
      ["America/New_York (yours)", "UTC"],
      true,
    ]);
    const meaning = page.getByRole("region", { name: "What the schedule means" });
    await page.getByLabel("Cron expression").pressSequentially("30 6 1 1 1");
    await meaning.getByText("At 06:30, on day 1 of the month, and on Monday, in January.").waitFor();
    await page.getByLabel("Cron expression").fill("30 6 1 1 *");
    await meaning
      .getByText(/1 Jan 20\d\d, 06:30 GMT-5/)
      .first()
      .waitFor();
    expect(await meaning.locator("tbody tr").count()).toBe(5);
    await zones.selectOption("Europe/Berlin");
    const first = meaning.locator("tbody tr").first();
    await first.getByText(NEW_YEAR).first().waitFor();
    await first.getByText(/^Jan 1, (20\d\d, )?12:30.AM$/).waitFor();
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Only before").fill(`${new Date().getFullYear() + 3}-06-01T00:00`);
    await expect.poll(() => meaning.locator("tbody tr").count()).toBeLessThan(5);
    await page.getByLabel("Cron expression").fill("30 25 1 1 *");
    await meaning.getByText("The hour must be from 0 to 23, so it cannot be 25.").waitFor();
    await page.getByLabel("Cron expression").fill("30 6 1 1 *");
    await meaning.getByText(NEW_YEAR).first().waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByLabel("Name").fill("Every new year");
    await page.locator("main").getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/triggers\/[0-9a-f-]{36}$/);
    await page.getByText("At 06:30, on day 1 of the month, in January.").waitFor();
  });
});

describe("all triggers", () => {
  it("are on one page, with what each did last and does next, and are found by the search", async ({ page }) => {
    const id = await createTrigger("Yearly audit");
    await callApi(world, "POST", `/triggers/${id}/fire`);
    await createTrigger("Never again", { is_active: false });
    await page.goto("/app/workflows");
    await page.getByRole("link", { name: "Triggers", exact: true }).click();
    const row = (name: string) => page.getByRole("row", { name });
    await row("Yearly audit").getByText("Fired").waitFor();
    await row("Yearly audit").getByText("It has triggered the run").waitFor();
    await row("Yearly audit").getByText(NEW_YEAR).waitFor();
    await row("Yearly audit").getByRole("link", { name: "Quarterly report" }).waitFor();
    await row("Never again").getByText("nothing yet").waitFor();
    await row("Never again").getByText("Paused").waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByLabel("Words of a name").fill("aud");
    await page.getByLabel("Words of a name").press("Enter");
    await row("Never again").waitFor({ state: "detached" });
    await row("Yearly audit").waitFor();

    await callApi(world, "POST", "/runner-sessions", { name: "Yellow cellar", capacity: 1 });
    await callApi(world, "POST", "/notification-endpoints", {
      ...{ url: `${world.stack.runnerUrl}/`, event_types: ["workflow_run.failed"], description: "Yelling pager" },
    });
    for (const [words, name, url] of [
      ["yearly", "Yearly audit", /triggers\/[0-9a-f-]{36}$/],
      ["yellow", "Yellow cellar", /runners#runner-[0-9a-f-]{36}$/],
      ["yelling", "Yelling pager", /settings\/notifications\/[0-9a-f-]{36}$/],
    ] as const) {
      await page.getByRole("searchbox").first().fill(words);
      await page.getByRole("link", { name }).first().waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(url);
    }
  });
});

describe("a backfill", () => {
  it("shows for which instants of the past it fires, and fires for them after that", async ({ page }) => {
    const id = await createTrigger("Each hour", { schedule: { cron: "0 * * * *", at: null, time_zone: "UTC" } });
    await page.goto(`/app/triggers/${id}`);
    await page.getByRole("button", { name: "Fire for the past" }).click();
    const dialog = page.locator("#ask-backfill");
    expect(await faultsInTheme(page)).toEqual([]);
    await dialog.getByLabel("From").fill("2026-01-31T12:00");
    await dialog.getByLabel("Before").fill("2026-01-31T10:00");
    await dialog.getByRole("button", { name: "Show the instants" }).click();
    await page.getByRole("alert").getByText("Before: Must be after “From”.").waitFor();
    forgetComplaints(page);
    // New York is five hours behind UTC.
    expect(await page.getByLabel("From").inputValue()).toBe("2026-01-31T12:00");
    await page.getByLabel("Before").fill("2026-01-31T15:00");
    await page.getByRole("button", { name: "Show the instants" }).click();
    await page.getByText("It triggers 3 runs, one for each of these instants").waitFor();
    await page.getByText("Sat, 31 Jan 2026, 17:00 GMT").waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByRole("button", { name: "Trigger 3 runs" }).click();
    await page.waitForURL(`**/app/triggers/${id}#firings`);
    const firings = page.locator("#firings");
    await firings.getByText("for an instant of the past").nth(2).waitFor();
    await expect.poll(() => firings.locator("tbody tr").count()).toBe(3);
  });
});
