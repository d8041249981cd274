/** What every page is made of: where things stand, how large they are, how often they are asked for, and how they look on paper. */
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { callApi, createLeasedWorkflow } from "../support/browser/leased-run.ts";
import { forgetComplaints, overflow, signIn } from "../support/browser/pages.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { inTurn } from "../support/in-turn.ts";

// Nothing ends while the tests look.
const world = useWorld({ WORK_SECONDS: "600" });

const it = withPages(world, async (create, options?: PageOptions) => {
  const page = await create(options);
  await signIn(page, "owner");
  return page;
});

const PATHS = [
  "/app/runs",
  `/app/runs/${DEMO.runs.failed}`,
  `/app/runs/${DEMO.runs.running}`,
  "/app/waits",
  "/app/workflows",
  `/app/workflows/${DEMO.quarterlyReportId}`,
  "/app/workflows/new",
  `/app/workflows/${DEMO.quarterlyReportId}/triggers`,
  `/app/workflows/${DEMO.quarterlyReportId}/triggers/new`,
  `/app/workflows/${DEMO.quarterlyReportId}/triggers/new-webhook`,
  `/app/workflows/${DEMO.quarterlyReportId}/triggers/new-run`,
  `/app/triggers/${DEMO.triggerId}`,
  `/app/triggers/${DEMO.triggerId}/change`,
  "/app/runners",
  "/app/files",
  "/app/people",
  `/app/people/${DEMO.owner.id}`,
  "/app/failures",
  "/app/health",
  "/app/settings/notifications",
  "/app/search?q=report",
];
/** How many of them are tried in a run. */
const HALF = 10;
/** How long after a page its stream may begin without anything that it may have missed: see `/app/changes`. */
const FRESH_MS = 5_000;

/** What is smaller than 44 pixels in one direction, of what is pressed. A link in a sentence and a step of a chart are left out. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => !e.closest(".skip, .visually-hidden, .steps, p:not(.crumbs, .more), dd, .lead, .json") && !e.matches(".row-link"))
    .map((e) => [e, (e.closest("label") ?? e).getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 43.5 || height < 43.5)
    .map(([e, { width, height }]) => e.outerHTML.slice(0, 120) + " " + Math.round(width) + "x" + Math.round(height))`);

describe("every page", () => {
  it("has its frame in one line from 1024 pixels on, and the list of runs begins near the top", async ({ open }) => {
    const page = await open();
    for (const width of [1024, 1280, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto("/app/runs");
      const height: number = await page.evaluate("document.querySelector('.top').getBoundingClientRect().height");
      expect([width, height]).toEqual([width, expect.toSatisfy((px) => px < 60)]);
      expect([width, await overflow(page)]).toEqual([width, 0]);
      const top: number = await page.evaluate("document.querySelector('tbody tr').getBoundingClientRect().top");
      if (width === 1440) expect(top).toBeLessThan(250);
    }
  });

  it("has targets of 44 pixels on a phone", async ({ open }) => {
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    for (const path of ["/app/triggers", ...inTurn(PATHS, HALF - 1, "targets")]) {
      await page.goto(path);
      expect([path, await smallTargets(page)]).toEqual([path, []]);
      expect([path, await overflow(page)]).toEqual([path, 0]);
      // No link lies below that of the whole row.
      for (const link of await page.locator(".rows-lead td a:not(.row-link)").all()) await link.click({ trial: true });
    }
  });

  it("is requested once", async ({ open }) => {
    const page = await open();
    for (const path of inTurn(PATHS, HALF, "requests")) {
      const requested: string[] = [];
      const note = (request: { url(): string }) => requested.push(request.url().replace(world.stack.url, ""));
      const begunAt = Date.now();
      let streamAt = begunAt;
      const noteStream = (response: { url(): string }) => {
        if (response.url().includes("/app/changes")) streamAt = Date.now();
      };
      page.on("request", note).on("response", noteStream);
      await page.goto(path);
      await page.waitForTimeout(1_500);
      page.off("request", note).off("response", noteStream);
      const again = requested.filter((url) => url.split("?")[0] === path.split("?")[0]);
      // One whose stream begins late asks once more, for what it may have missed.
      const isLate = streamAt - begunAt > FRESH_MS;
      expect([path, isLate ? [...new Set(again)] : again]).toEqual([path, [path]]);
    }
  });

  it("has scripts and styles that a browser does not ask for again, and is light without them", async ({ open }) => {
    const page = await open();
    // The page with the most scripts.
    const path = `/app/runs/${DEMO.runs.failed}`;
    await page.goto(path);
    await page.getByText("The run has no log entries.").waitFor();
    let weight = gzipSync(await (await page.request.get(path)).body()).length;
    // With what its scripts import.
    const own = await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((url) => url.includes('/app/assets/'))",
    );
    const urls = Array.isArray(own) ? own.map(String) : [];
    expect(urls.length).toBeGreaterThan(5);
    for (const url of urls) {
      const response = await page.request.get(url);
      expect([url, response.status(), response.headers()["cache-control"]]).toEqual([
        url,
        200,
        "public, max-age=31536000, immutable",
      ]);
      weight += gzipSync(await response.body()).length;
    }
    expect(weight).toBeLessThanOrEqual(65_000);
    // A page of the release before, which names another folder, is answered with what there is.
    const old = await page.request.get("/app/assets/0123456789ab/style.css");
    expect([old.status(), old.headers()["content-type"]]).toEqual([200, expect.stringContaining("text/css")]);
  });

  it("is on paper without its navigation, and on white in the dark theme, too", async ({ open }) => {
    const page = await open({ colorScheme: "dark" });
    for (const path of ["/app/runs", `/app/runs/${DEMO.runs.failed}`]) {
      await page.goto(path);
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      for (const hidden of [".top", ".filters", ".actions", "#freshness"]) {
        const shown = page.locator(hidden).filter({ visible: true });
        expect([path, hidden, await shown.count()]).toEqual([path, hidden, 0]);
      }
      const colour = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect([path, colour]).toEqual([path, "rgb(255, 255, 255)"]);
      await page.emulateMedia({ media: "screen" });
    }
  });

  it("has texts of a row on one baseline, and no id or time in two lines", async ({ open }) => {
    const page = await open();
    for (const width of [1440, 1024]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of [
        "/app/runs",
        "/app/workflows",
        "/app/people",
        "/app/files",
        `/app/triggers/${DEMO.triggerId}`,
      ]) {
        await page.goto(path);
        const uneven = await page.evaluate(`[...document.querySelectorAll("tbody tr")].flatMap((row) => {
          const baselines = [...row.cells].filter((cell) => !cell.matches(".pick")).flatMap((cell) => {
            const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT, (text) =>
              text.data.trim() !== "" && text.parentElement.checkVisibility() && !text.parentElement.closest("svg")
                ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
            const text = walker.nextNode();
            if (!text) return [];
            const mark = document.createElement("span");
            mark.style.cssText = "display: inline-block; width: 0; height: 0";
            text.before(mark);
            const { bottom } = mark.getBoundingClientRect();
            mark.remove();
            return [bottom];
          });
          const gap = Math.max(...baselines) - Math.min(...baselines);
          return gap > 1.5 ? [row.id + " " + baselines.map(Math.round).join(" ")] : [];
        })`);
        expect([width, path, uneven]).toEqual([width, path, []]);
      }
    }
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of inTurn(PATHS, HALF, `lines ${width}`)) {
        await page.goto(path);
        const wrapped = await page.evaluate(`[...document.querySelectorAll("main :is(time, .id, .id code)")]
          .filter((e) => e.checkVisibility() && new Set([...e.getClientRects()].map(({ top }) => Math.round(top / 8))).size > 1)
          .map((e) => e.outerHTML.slice(0, 120))`);
        expect([width, path, wrapped]).toEqual([width, path, []]);
      }
    }
  });

  it("has states in sentence case, and an error page stands in the middle", async ({ open }) => {
    const page = await open();
    await page.goto("/app/runs");
    const states = await page.locator(".status").allTextContents();
    const chips = await page.locator(".filters fieldset .chip").allTextContents();
    for (const text of [...states, ...chips])
      expect(text.trim()).toMatch(/^(Pending|Running|Completed|Failed|Not taken yet|Stopping)( [\d,+]+)?$/);
    await page.goto("/app/nowhere");
    const gap: number = await page.evaluate(`(() => {
      const { left, right } = document.querySelector(".card.center").getBoundingClientRect();
      return Math.abs(left - (innerWidth - right));
    })()`);
    expect(gap).toBeLessThanOrEqual(1);
    forgetComplaints(page);
  });
});

describe("the words of the pages", () => {
  it("say that a session was last used when it began, or later", async ({ open }) => {
    const page = await open();
    await page.goto(`/app/people/${DEMO.owner.id}`);
    const sessions = page.locator("section", { has: page.getByRole("heading", { name: "Sessions" }) }).locator("li");
    await sessions.getByText("(this one)").waitFor();
    for (const session of await sessions.all()) {
      const times = session.locator("time");
      const [began, used] = await times.evaluateAll((list) => list.map((time) => time.getAttribute("datetime") ?? ""));
      expect([began, (used ?? "") >= (began ?? "")]).toEqual([began, true]);
    }
  });

  it("count no runs that there are not, and say of an empty list that it is none", async ({ open }) => {
    const page = await open();
    const id = await createLeasedWorkflow(world);
    await callApi(world, "PUT", `/workflow-definitions/${id}/policy`, {
      ...{ handover: "lease", lease_seconds: 300, max_attempts: 2, retry_on: ["LOST", "UNREACHED"] },
    });
    await page.goto(`/app/workflows/${id}`);
    await page.getByLabel("Current state").getByText("Success", { exact: true }).waitFor();
    await page.getByText("retry on: none → LOST, UNREACHED").waitFor();
    await page.goto(`/app/activity?object=${id}`);
    await page.getByText("retry on: none → LOST, UNREACHED").waitFor();
    expect(await page.getByText("0 ids").count()).toBe(0);
  });
});
