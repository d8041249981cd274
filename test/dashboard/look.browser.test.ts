/** How pages look: where their edges are, what takes room, what is whole, and the words that a USER meets. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { callApi, createLeasedWorkflow } from "../support/browser/leased-run.ts";
import {
  complaintsOf,
  faultsInTheme,
  OBSERVE_SHIFTS,
  openPage,
  overflow,
  type Person,
  shiftOf,
  signIn,
} from "../support/browser/pages.ts";
import { suspendRun } from "../support/browser/suspended-run.ts";
import { useWorld } from "../support/browser/world.ts";

// Nothing ends while the tests look.
const world = useWorld({ WORK_SECONDS: "600" });
const PHONE = { width: 390, height: 844 };
let askingId: unknown;
let keyed: unknown;
let runningId: unknown;

beforeAll(async () => {
  // A question waits, so that the header has its number.
  askingId = (await callApi(world, "POST", `/workflow-definitions/${DEMO.quarterlyReportId}/invoke`)).id;
  await suspendRun(world.database, askingId);
  keyed = await createLeasedWorkflow(world, { max_running: 3, max_running_per_key: 2 });
  for (const key of ["batch1", "batch2"]) {
    await callApi(world, "POST", `/workflow-definitions/${keyed}/invoke`, { concurrency_key: key });
  }
  const session = await callApi(world, "POST", "/runner-sessions", { name: "Test", capacity: 2 });
  const asked = { request_id: crypto.randomUUID(), max: 2 };
  const { leases } = await callApi(world, "POST", "/leases", asked, String(session.token));
  runningId = Array.isArray(leases) ? leases[0].run_id : null;
});

async function open(path: string, viewport = { width: 1440, height: 900 }, person: Person = "owner"): Promise<Page> {
  const page = await openPage(world.browser, world.stack.url, { viewport });
  await page.addInitScript(OBSERVE_SHIFTS);
  await signIn(page, person);
  await page.goto(path);
  return page;
}

async function close(page: Page): Promise<void> {
  expect(complaintsOf(page)).toEqual([]);
  await page.context().close();
}

type Box = { top: number; bottom: number; left: number; right: number; height: number };
const boxOf = (page: Page, selector: string): Promise<Box> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().toJSON()`);

describe("every page", () => {
  it("has a header in one line with the edges of its content, and nothing of it moves or lies beside the window", async () => {
    const page = await open("/app/runs");
    for (const width of [900, 1440, 2000]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto("/app/runs");
      expect([width, await page.locator(".badge").isVisible(), (await boxOf(page, ".top")).height < 60]).toEqual([
        width,
        true,
        true,
      ]);
      const [brand, last, list] = [
        await boxOf(page, ".brand"),
        await boxOf(page, ".who form:last-child"),
        await boxOf(page, ".list"),
      ];
      expect([width, Math.abs(brand.left - list.left) < 1, Math.abs(last.right - list.right) < 1]).toEqual([
        width,
        true,
        true,
      ]);
      expect([width, await overflow(page), (await shiftOf(page)) <= 0.02]).toEqual([width, 0, true]);
    }
    await close(page);
  });

  it("says only to a screen reader that it is live, and shows it when it is not", async () => {
    const page = await open("/app/runs");
    await page.locator("#freshness[data-state=live]").waitFor();
    const clip = () => page.evaluate("getComputedStyle(document.querySelector('#freshness')).clipPath");
    expect(await clip()).toBe("inset(50%)");
    await page.context().setOffline(true);
    await page.evaluate(`document.querySelector("#live").dispatchEvent(new Event("refresh"))`);
    await page.getByText("the service cannot be reached").waitFor();
    expect(await clip()).toBe("none");
    await page.context().close();
  });
});

describe("a phone", () => {
  it("has the menu behind a button, and the first run above 300 pixels", async () => {
    const page = await open("/app/runs", PHONE);
    expect((await boxOf(page, ".list tbody tr")).top).toBeLessThan(300);
    expect([await overflow(page), (await shiftOf(page)) <= 0.02]).toEqual([0, true]);
    const workflows = page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "Workflows" });
    expect(await workflows.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    await workflows.waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await workflows.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Menu" }).press("Enter");
    await workflows.click();
    await page.waitForURL("**/app/workflows");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/app/sign-in**");
    await close(page);
  });

  it("has its menu without JavaScript, too", async () => {
    const page = await openPage(world.browser, world.stack.url, { viewport: PHONE, javaScriptEnabled: false });
    await signIn(page, "owner");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Health" }).click();
    await page.waitForURL("**/app/health");
    await page.context().close();
  });
});

describe("the page of a run", () => {
  it("has its workflow, its trigger, its key and its labels below its title", async () => {
    for (const viewport of [{ width: 1440, height: 900 }, { width: 900, height: 900 }, PHONE]) {
      const page = await open(`/app/runs/${DEMO.runs.failed}`, viewport);
      const [head, facts] = [await boxOf(page, "#head"), await boxOf(page, ".of-run")];
      expect([viewport.width, facts.top - head.bottom < 24, facts.top < 400]).toEqual([viewport.width, true, true]);
      expect(await page.locator(".of-run dt").allTextContents()).toEqual(
        expect.arrayContaining(["Workflow", "Triggered by"]),
      );
      await close(page);
    }
  });

  it("has a log without lines in one line, also while the run goes on", async () => {
    const run = await callApi(world, "POST", `/workflow-definitions/${keyed}/invoke`, { concurrency_key: "stopped" });
    await callApi(world, "POST", `/workflow-runs/${run.id}/stop`, { reason: "Not needed" });
    for (const [id, words] of [
      [run.id, "The run has no log entries."],
      [runningId, "The run has no log entries so far."],
    ]) {
      const page = await open(`/app/runs/${id}`);
      await page.getByText(String(words)).waitFor();
      expect((await boxOf(page, "#log")).height).toBeLessThan(60);
      expect(await faultsInTheme(page)).toEqual([]);
      await close(page);
    }
  });
});

describe("a list", () => {
  it("shows whole names and times and an error in a line of its own in a window of 900 pixels", async () => {
    await world.database.query(
      "update workflow_runs set not_before = now() + interval '1 year', deadline_at = null where id = $1",
      [askingId],
    );
    const page = await open("/app/runs?status=FAILED", { width: 900, height: 900 });
    await page.locator(".error-line").first().waitFor();
    const cut: string[] = await page.evaluate(`[...document.querySelectorAll(".runs tbody .name")]
      .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)`);
    expect(cut).toEqual([]);
    const beside: string[] = await page.evaluate(`[...document.querySelectorAll(".runs .error-line")]
      .filter((e) => e.getBoundingClientRect().top < e.parentElement.querySelector(".name").getBoundingClientRect().bottom - 1)
      .map((e) => e.textContent)`);
    expect(beside).toEqual([]);
    for (const path of ["/app/runs?status=PENDING", `/app/workflows/${DEMO.quarterlyReportId}`]) {
      await page.goto(path);
      await page.locator(".state-cell small", { hasText: "attempt 2" }).first().waitFor();
      const covered: string[] =
        await page.evaluate(`[...document.querySelectorAll(".state-cell small")].filter((small) => {
        const [own, next] = [small, small.closest("tr").querySelector(".name")].map((e) => e.getBoundingClientRect());
        return own.right > next.left && own.top < next.bottom && own.bottom > next.top;
      }).map((small) => small.textContent)`);
      expect([path, covered]).toEqual([path, []]);
      // One of them is of another year.
      const times: string[] = await page.evaluate(`[...document.querySelectorAll(".runs .number:has(time[data-year])")]
        .map((e) => e.textContent + (e.scrollWidth > e.clientWidth ? " is cut" : ""))`);
      expect([path, [...new Set(times)]]).toEqual([path, [expect.stringMatching(/^until .* [AP]M$/)]]);
    }
    expect([await faultsInTheme(page), await overflow(page)]).toEqual([[], 0]);
    await close(page);
  });

  it("never breaks a short word, and has its numbers at the right", async () => {
    for (const width of [390, 900, 1440]) {
      const page = await open(`/app/workflows/${keyed}`, { width, height: 900 });
      const lines: number[] = await page.evaluate(`[...document.querySelectorAll(".list bdi.wrap")]
        .map((e) => Math.round(e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)))`);
      expect(lines.length).toBeGreaterThan(3);
      expect([width, lines.filter((count) => count > 1)]).toEqual([width, []]);
      const aligned: string[] = await page.evaluate(`[...document.querySelectorAll(".list .right")]
        .map((e) => getComputedStyle(e).textAlign)`);
      expect([width, [...new Set(aligned)]]).toEqual([width, [width < 740 ? "left" : "right"]]);
      expect([width, await overflow(page), (await shiftOf(page)) <= 0.02]).toEqual([width, 0, true]);
      await close(page);
    }
  });
});

describe("the words", () => {
  it("are those of the field", async () => {
    const page = await open(`/app/workflows/${DEMO.quarterlyReportId}/policy`);
    await page.getByLabel("If the workflow is busy").waitFor();
    await page.getByLabel("Max per key").waitFor();
    await page.goto("/app/workflows");
    await page.getByLabel("Search by name").waitFor();
    await page.goto("/app/people");
    await page.getByLabel("Search by name or email").waitFor();
    await page.goto("/app/health");
    await page.getByText("Run time, p95").first().waitFor();
    await page.goto(`/app/triggers/${DEMO.triggerId}`);
    await page.getByRole("heading", { name: "Next runs" }).waitFor();
    await page.goto("/app/activity");
    await page
      .getByText(/^via \S/)
      .first()
      .waitFor();
    await close(page);
  });

  it("do not tell a USER of sweeps, hubs and slots by number", async () => {
    const page = await open("/app/health", undefined, "user");
    for (const path of [
      "/app/health",
      "/app/runs",
      `/app/runs/${DEMO.runs.completed}`,
      "/app/workflows",
      "/app/people",
    ]) {
      await page.goto(path);
      const text = (await page.locator("main").textContent()) ?? "";
      expect([path, text.match(/\bsweeps?\b|\bhubs?\b|\bslot \d/gi)]).toEqual([path, null]);
    }
    await close(page);
  });

  it("of a form lead back by one link, as those of any page, and it is saved at its end", async () => {
    const page = await open("/app/workflows/new");
    for (const path of [`/app/workflows/${DEMO.quarterlyReportId}/triggers`, `/app/people/${DEMO.user.id}`]) {
      await page.goto(path);
      const back = page.locator("main .crumbs").getByRole("link");
      expect([path, await back.count(), await back.textContent()]).toEqual([path, 1, expect.stringMatching(/^\w/)]);
    }
    for (const path of [
      "/app/workflows/new",
      `/app/workflows/${DEMO.quarterlyReportId}/edit`,
      `/app/workflows/${DEMO.quarterlyReportId}/policy`,
      `/app/workflows/${DEMO.quarterlyReportId}/triggers/new`,
      `/app/triggers/${DEMO.triggerId}/change`,
      `/app/people/${DEMO.user.id}/permission`,
    ]) {
      await page.goto(path);
      const main = page.getByRole("main");
      const back = main.locator(".crumbs:not(form .crumbs)").getByRole("link");
      expect([path, await back.count(), await back.textContent()]).toEqual([path, 1, expect.stringMatching(/^\w/)]);
      expect([path, await main.getByRole("link", { name: "Cancel" }).count()]).toEqual([path, 0]);
      const [form, save] = [await boxOf(page, "main form.stack"), await boxOf(page, "main form.stack .primary")];
      expect([path, form.bottom - save.bottom < 40, save.left - form.left < 40]).toEqual([path, true, true]);
      const ground: string = await page.evaluate(
        `getComputedStyle(document.querySelector("main form.stack")).backgroundColor`,
      );
      expect([path, ground]).not.toEqual([path, "rgba(0, 0, 0, 0)"]);
    }
    await close(page);
  });
});
