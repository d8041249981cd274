/** Charts: what they say, in whose time, and how a range of them is chosen. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { callApi, leaseRun } from "../support/browser/leased-run.ts";
import { faultsInTheme, OBSERVE_SHIFTS, overflow, shiftOf, signIn } from "../support/browser/pages.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";

// Nothing ends while the tests look.
const world = useWorld({ WORK_SECONDS: "600" });

const it = withPages(world, async (create, path: string, options?: PageOptions) => {
  const page = await create(options);
  await signIn(page, "owner");
  await page.addInitScript(OBSERVE_SHIFTS);
  await page.goto(path);
  return page;
});

/** Two runs in each of the last 20 hours, the older of them FAILED. */
beforeAll(async () => {
  await world.database.query(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
       created_at, started_at, deadline_at, completed_at, updated_at, ended_by, error, failure_code)
     select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, made.status, run_snapshot,
       made.at, made.at + interval '1 second', made.at + interval '1 hour', made.at + interval '1 minute', made.at, 'CALLBACK',
       case when made.status = 'FAILED' then 'no' end, case when made.status = 'FAILED' then 'REPORTED' end
     from workflow_runs, generate_series(1, 20) n, (values ('COMPLETED', 5), ('FAILED', 6)) kinds (status, minutes),
       lateral (select kinds.status, date_trunc('hour', now()) - n * interval '1 hour' + kinds.minutes * interval '1 minute' as at) made
     where id = $1`,
    [DEMO.runs.completed],
  );
});

const plotOf = (page: Page) => page.locator("#chart-outcomes");
const stepsOf = (page: Page) => plotOf(page).locator(".step");
const linkOf = (page: Page, index: number) => stepsOf(page).nth(index).locator("a");

type Bounds = { from: string; to: string; completed: number; failed: number };

/** From when until when some steps are, and how many runs they have. The demo has other runs there, too. */
const boundsOf = (page: Page, first: number, last: number): Promise<Bounds> =>
  page.evaluate(`(() => {
    const steps = [...document.querySelectorAll("#chart-outcomes .step")].slice(${first}, ${last} + 1).map(({ dataset }) => dataset);
    const sum = (name) => steps.reduce((total, step) => total + Number(step[name]), 0);
    return { from: steps[0].from, to: steps.at(-1).to, completed: sum("completed"), failed: sum("failed") };
  })()`);

/** Expects the list of the runs of these steps. */
async function expectListOf(page: Page, { from, to, completed, failed }: Bounds): Promise<void> {
  await page.waitForURL("**/app/runs?*");
  const params = new URL(page.url()).searchParams;
  expect([params.getAll("status"), params.get("from"), params.get("to")]).toEqual([["COMPLETED", "FAILED"], from, to]);
  expect(await page.locator("tbody tr").count()).toBe(completed + failed);
}

describe("a chart", () => {
  it("says the values of a step on hover and focus, inside of the page at every width, and links to its runs", async ({
    open,
  }) => {
    const page = await open("/app/health");
    for (const width of [390, 1024, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const chart of ["#chart-outcomes", "#chart-times"]) {
        for (const link of [page.locator(`${chart} .step a`).first(), page.locator(`${chart} .step a`).last()]) {
          await page.mouse.move(0, 0);
          await link.hover();
          const tip = await link.locator(".tip").boundingBox();
          expect([width, chart, tip?.width]).toEqual([width, chart, expect.toSatisfy((px) => px > 80)]);
          expect(tip?.x).toBeGreaterThanOrEqual(0);
          expect((tip?.x ?? 0) + (tip?.width ?? 0)).toBeLessThanOrEqual(width);
          expect([width, chart, await overflow(page)]).toEqual([width, chart, 0]);
        }
      }
    }
    expect(await page.locator(".chart .scale text").count()).toBeGreaterThan(4);
    const link = linkOf(page, 10);
    await link.focus();
    const bounds = await boundsOf(page, 10, 10);
    expect(await link.textContent()).toContain(`: ${bounds.completed} completed, ${bounds.failed} failed`);
    await page.keyboard.press("Enter");
    await expectListOf(page, bounds);
  });

  it("of 90 days stands beside the 90 days before, says better or worse in words, and has days of UTC for every reader", async ({
    open,
  }) => {
    await world.database.query(
      `insert into run_sums (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
       select of.id, 'day', date_trunc('day', now(), 'UTC') - days * interval '1 day', d.tenant_id, 10, failed, histogram_of(1),
         histogram_of(seconds)
       from workflow_definitions d, unnest(array[d.id, d.tenant_id]) of (id),
         (values (40, 9, 10), (41, 9, 10), (120, 1, 7200), (121, 1, 7200)) given (days, failed, seconds)
       where d.id = $1 on conflict do nothing`,
      [DEMO.quarterlyReportId],
    );
    const page = await open(`/app/workflows/${DEMO.quarterlyReportId}`, {
      timezoneId: "Pacific/Honolulu",
      locale: "en-GB",
    });
    await page.getByRole("navigation", { name: "Period" }).getByRole("link", { name: "90 d", exact: true }).click();
    const before = page.locator(".statistics .before");
    await before.getByText("In the 90 d before: 20 completed, 2 failed ▲ worse").waitFor();
    const [, , , p95] = await page.locator(".statistics .facts dd").allTextContents();
    expect(p95).toMatch(/before \d+ h.*▼ better/);
    const first = await page.evaluate(
      "new Date(Date.now() - 90 * 86_400_000).toLocaleDateString(undefined, { timeZone: 'UTC', month: 'short', day: 'numeric' })",
    );
    expect(await page.locator(".times time").first().textContent()).toBe(first);
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await overflow(page)]).toEqual([width, 0]);
    }
    expect(await faultsInTheme(page)).toEqual([]);
    await stepsOf(page).locator("a").first().click();
    await page.waitForURL("**/app/runs?*");
  });

  it("is in the reader's time zone, also after a refresh, and in UTC without JavaScript", async ({ open }) => {
    const options = { timezoneId: "Asia/Kolkata", locale: "en-GB" };
    const page = await open("/app/health", options);
    const { from } = await boundsOf(page, 10, 10);
    const minute = (timeZone: string) =>
      new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(new Date(from));
    const shown = async (of: Page) => (await linkOf(of, 10).textContent())?.split(" – ")[0];
    expect(await shown(page)).toBe(minute("Asia/Kolkata"));
    await page.evaluate(`new Promise((resolve) => {
      document.addEventListener("htmx:finally:request", () => resolve(), { once: true });
      document.dispatchEvent(new Event("due"));
    })`);
    await expect.poll(() => shown(page)).toBe(minute("Asia/Kolkata"));
    expect(await page.locator(".times").first().textContent()).toMatch(/:30/);
    const plain = await open("/app/health", { ...options, javaScriptEnabled: false });
    expect(await linkOf(plain, 10).textContent()).toContain(`${minute("UTC")} – `);
    expect(await plain.getByText("The times are in UTC.").isVisible()).toBe(true);
    await linkOf(plain, 10).click();
    await plain.waitForURL(`**/app/runs?*from=${encodeURIComponent(from)}*`);
  });

  it("opens the list of a range that is dragged across, in either direction", async ({ open }) => {
    const page = await open("/app/health");
    for (const [first, last] of [
      [8, 11],
      [14, 12],
    ] as const) {
      const [from, to] = await Promise.all([
        stepsOf(page).nth(first).boundingBox(),
        stepsOf(page).nth(last).boundingBox(),
      ]);
      if (!from || !to) throw new Error("The steps are shown.");
      const bounds = await boundsOf(page, Math.min(first, last), Math.max(first, last));
      await page.mouse.move(from.x + from.width / 2, from.y + 60);
      await page.mouse.down();
      await page.mouse.move(to.x + to.width / 2, to.y + 60, { steps: 5 });
      expect(await plotOf(page).locator(".step.chosen").count()).toBe(Math.abs(first - last) + 1);
      await plotOf(page)
        .getByRole("status")
        .getByText(`: ${bounds.completed} completed, ${bounds.failed} failed`)
        .waitFor();
      await page.mouse.up();
      await expectListOf(page, bounds);
      await page.goBack();
    }
  });

  it("opens the list of a range that is chosen by keyboard; Escape chooses none", async ({ open }) => {
    const page = await open(`/app/workflows/${DEMO.quarterlyReportId}`);
    await linkOf(page, 9).focus();
    await page.keyboard.press("ArrowRight");
    expect(
      await page.evaluate(
        "[...document.querySelectorAll('#chart-outcomes .step')].indexOf(document.activeElement.parentElement)",
      ),
    ).toBe(10);
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Escape");
    expect(await plotOf(page).locator(".chosen:visible").count()).toBe(0);
    for (const key of ["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft"]) await page.keyboard.press(key);
    const bounds = await boundsOf(page, 10, 11);
    expect(await plotOf(page).locator(".step.chosen").count()).toBe(2);
    expect(await faultsInTheme(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await expectListOf(page, bounds);
    expect(new URL(page.url()).searchParams.get("workflow")).toBe(DEMO.quarterlyReportId);
    await page.getByText("Chart of this time").first().waitFor({ state: "attached" });
    await page.locator(".menu summary", { hasText: "Triggered" }).click();
    await page.getByRole("link", { name: "Chart of this time" }).click();
    await page.waitForURL(`**/app/workflows/${DEMO.quarterlyReportId}?*`);
    const again = await boundsOf(page, 0, (await stepsOf(page).count()) - 1);
    expect([again.completed, again.failed]).toEqual([bounds.completed, bounds.failed]);
  });

  it("draws nothing where nothing ran, and does not move while the page is refreshed", async ({ open }) => {
    const page = await open("/app/health");
    const [drawn, links] = [plotOf(page).locator("rect"), plotOf(page).locator(".step a")];
    expect(await links.count()).toBeGreaterThanOrEqual(20);
    expect(await links.count()).toBeLessThan(await stepsOf(page).count());
    const bars: number = await page.evaluate(`[...document.querySelectorAll("#chart-outcomes .step")]
      .flatMap(({ dataset }) => [dataset.completed, dataset.failed]).filter((count) => count !== "0").length`);
    expect(await drawn.count()).toBe(bars);
    await page.evaluate(`new Promise((resolve) => {
      document.addEventListener("htmx:finally:request", () => resolve(), { once: true });
      document.dispatchEvent(new Event("due"));
    })`);
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
  });

  it("does not move the page of a workflow when its first run ends", async ({ open }) => {
    for (const width of [1440, 390]) {
      const run = await leaseRun(world);
      const { workflow_definition_id: id } = await callApi(world, "GET", `/workflow-runs/${run.id}`);
      const page = await open(`/app/workflows/${id}`, { viewport: { width, height: 2_000 } });
      await page.getByText("no run has ended", { exact: true }).waitFor();
      await page.locator("#freshness[data-state=live]").waitFor();
      await run.tell("callback", { status: "COMPLETED" });
      await page.locator(".statistics h2").getByText("1 completed, 0 failed").waitFor();
      expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    }
  });
});
