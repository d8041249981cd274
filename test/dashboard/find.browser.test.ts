import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { countClicks, MOST } from "../support/browser/clicks.ts";
import { accessibilityFaults, forgetComplaints, overflow, signIn } from "../support/browser/pages.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld({ WORK_SECONDS: "5" });

const it = withPages(world, async (create, options?: PageOptions) => {
  const page = await create(options);
  await signIn(page, "owner");
  return page;
});

/** Adds PENDING runs to the queue of a workflow. Returns their ids. */
async function queueRuns(count: number): Promise<string[]> {
  const { rows } = await world.database.query<{ id: string }>(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot)
     select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, 'PENDING',
       jsonb_set(run_snapshot, '{workflow_name}', '"In the queue"')
     from workflow_runs, generate_series(1, $2::int) where id = $1
     returning id`,
    [DEMO.runs.running, count],
  );
  return rows.map(({ id }) => id);
}

/** Controls that are smaller than 24 by 24 pixels. Controls within a line of text and hidden ones are ignored. */
const smallTargets = (page: Page): Promise<string> =>
  page.evaluate(`JSON.stringify([...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".skip, p, dd, h3, li, .time-bar"))
    .filter((e) => !e.matches(".row-link") && !e.closest(".who > a"))
    .map((e) => [e, (e.closest("label") ?? e).getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([e, { width, height }]) => e.outerHTML.slice(0, 120) + " " + width + "x" + height))`);

describe.concurrent("finding", () => {
  it("opens a run by a click anywhere in its row, also on the workflow's name", async ({ open }) => {
    const page = await open();
    const row = page.locator(`#run-${DEMO.runs.failed}`);
    // The link of the row covers the name.
    await row.locator(".grow .name").click({ force: true });
    await page.waitForURL(`**/app/runs/${DEMO.runs.failed}`);
    await page.goBack();
    await row.locator(".who-cell").click({ force: true });
    await page.waitForURL(`**/app/runs/${DEMO.runs.failed}`);
  });

  it("shows why a run failed without a click, on its page and in the list", async ({ open }) => {
    const page = await open();
    const cause = "costs.csv has no column `amount`.";
    await page.locator(`#run-${DEMO.runs.failed}`).getByText(cause).waitFor();
    await page.goto(`/app/runs/${DEMO.runs.failed}`);
    const card = page.getByRole("region", { name: "Error" });
    for (const text of ["Why it failed", cause, "What to do"]) {
      expect(await card.getByText(text).first().isVisible()).toBe(true);
    }
  });

  it("triggers a run of a workflow and shows its state, in as many clicks as promised", async ({ open }) => {
    const page = await open();
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    const { counted, click } = countClicks(page);
    await click(page.locator(".actions").getByRole("button", { name: "Invoke" }).first());
    await click(page.locator("#ask-invoke").getByRole("button", { name: "Invoke" }));
    await page.waitForURL("**/app/runs/*-*");
    counted.pages.add(await page.title());
    // It is watched on that page: nothing is pressed until it has ended.
    await page.locator(".head .status").getByText("COMPLETED").waitFor();
    expect(counted.clicks).toBeLessThanOrEqual(MOST.trigger.clicks);
    expect(counted.pages.size).toBeLessThanOrEqual(MOST.trigger.pages);
  });

  it("finds a run by four characters of its id: the key /, the characters, Enter, and no click", async ({ open }) => {
    const page = await open();
    await page.keyboard.press("/");
    await page.keyboard.type(DEMO.runs.failed.slice(-4));
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/app/runs/${DEMO.runs.failed}`);
  });

  it("finds it without JavaScript, too: one click into the box, the characters, Enter", async ({ open }) => {
    const page = await open({ javaScriptEnabled: false });
    await page.getByRole("searchbox").first().click();
    await page.keyboard.type(DEMO.runs.failed.slice(-4));
    await page.keyboard.press("Enter");
    await page.locator(`#answers a[href="/app/runs/${DEMO.runs.failed}"]`).waitFor();
  });

  it("shows results by kind while somebody types, and the arrow keys move to them", async ({ open }) => {
    const page = await open();
    await page.goto("/app/health");
    const box = page.getByRole("searchbox", { name: "Search runs, workflows, people and files" });
    await box.click();
    await page.keyboard.type("report", { delay: 20 });
    const answers = page.locator(".search [popover]");
    await answers.getByRole("heading", { name: "Workflows" }).waitFor();
    await answers.getByRole("heading", { name: "Files and folders" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("document.activeElement.closest('.answers') !== null")).toBe(true);
    await page.keyboard.press("Escape");
    expect(await answers.isVisible()).toBe(false);
    await box.fill("Adam");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/app/people/${DEMO.admin.id}`);
  });

  it("shows results on a page of their own without JavaScript", async ({ open }) => {
    const page = await open({ javaScriptEnabled: false });
    await page.getByRole("searchbox").first().fill(DEMO.runs.failed.slice(-4));
    await page.keyboard.press("Enter");
    await page.locator(`#answers a[href="/app/runs/${DEMO.runs.failed}"]`).click();
    await page.getByRole("heading", { name: "Why it failed" }).waitFor();
  });

  it("shows a time range in the reader's time zone, and has it in UTC in a URL without empty parameters", async ({
    open,
  }) => {
    const page = await open({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await page.locator(".filters summary").last().click();
    await page.getByLabel("From").fill("2026-01-31T09:30");
    await page.getByRole("button", { name: "Show this range" }).click();
    await page.waitForURL("**/app/runs?from=2026-01-31T00%3A30");
    await page.locator(".filters summary", { hasText: "09:30" }).click();
    expect(await page.getByLabel("From").inputValue()).toBe("2026-01-31T09:30");
    await page.getByRole("link", { name: "Last 24 h" }).click();
    await page.waitForURL("**/app/runs?range=24h");
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(0);
  });

  it("shows the minutes of an invoke in the reader's time zone, and sends them in UTC", async ({ open }) => {
    const page = await open({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await page.locator(".actions").getByRole("button", { name: "Invoke" }).click();
    await page.getByText("More", { exact: true }).click();
    // Too far away, so the form is refused and shown again.
    const minute = `${new Date(Date.now() + 99 * 86_400_000).toISOString().slice(0, 10)}T09:30`;
    const field = () => page.getByLabel("Start not before");
    await field().fill(minute);
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.locator("#ask-invoke").getByRole("button", { name: "Invoke" }).click();
    const part = `name="start_after"\r\n\r\n${minute.replace("09:30", "00:30")}\r\n`;
    expect((await sent).postData()).toContain(part);
    await page.getByText("Start not before: Must be within 90 days from now.").waitFor();
    expect(await field().inputValue()).toBe(minute);
    forgetComplaints(page);
  });

  it("shows relative times, and the exact time on hover and on focus", async ({ open }) => {
    const page = await open({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
    const row = page.locator(`#run-${DEMO.runs.failed}`);
    const time = row.locator("time");
    expect(await time.textContent()).toMatch(/ago|just now/);
    expect(await time.getAttribute("data-exact")).toMatch(/GMT\+9|Japan/);
    const shown = () =>
      page.evaluate(
        `getComputedStyle(document.querySelector("#run-${DEMO.runs.failed} time"), "::after").content.length > 10`,
      );
    expect(await shown()).toBe(false);
    await time.hover();
    expect(await shown()).toBe(true);
    await page.mouse.move(0, 0);
    await row.locator(".row-link").focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    expect(await shown()).toBe(true);
  });

  it("stops the runs that are ticked, which stay ticked when the list is refreshed", async ({ open }) => {
    const page = await open();
    const ids = await queueRuns(3);
    await page.goto("/app/runs?status=PENDING");
    for (const id of ids.slice(0, 2)) await page.getByLabel(`Select the run …${id.slice(-8)}`).check();
    await queueRuns(1);
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    await page.getByRole("link", { name: "1 new run" }).click();
    await page.locator("tbody tr").nth(3).waitFor();
    expect(await page.getByLabel(`Select the run …${ids[0]?.slice(-8)}`).isChecked()).toBe(true);
    await page.locator("#bulk").getByRole("button", { name: "Stop" }).click();
    await page.getByRole("heading", { name: "Stop 2 runs?" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Stop 2 runs" }).click();
    await page.getByText("2 runs stopped.").waitFor();
    expect(await page.locator(`#run-${ids[0]}`).count()).toBe(0);
    expect(await page.locator(`#run-${ids[2]}`).count()).toBe(1);
  });
});

describe("targets", () => {
  it("measure at least 24 pixels in windows of 390 and 1280 pixels, and nothing is wider than the window", async ({
    open,
  }) => {
    const page = await open();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of [
        "/app/runs",
        `/app/runs/${DEMO.runs.failed}`,
        "/app/workflows",
        "/app/people",
        "/app/search?q=report",
      ]) {
        await page.goto(path);
        expect([path, width, JSON.parse(await smallTargets(page))]).toEqual([path, width, []]);
        expect([path, width, await overflow(page)]).toEqual([path, width, 0]);
      }
    }
  });
});
