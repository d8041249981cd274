import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect, vi } from "vitest";
import { axePath } from "../../../scripts/local/browser.ts";
import { DEMO } from "../../../scripts/local/demo.ts";
import { inTurn } from "../in-turn.ts";

export type Person = "owner" | "admin" | "user";

const axe = readFileSync(axePath, "utf8");

const complaints = new WeakMap<Page, string[]>();

/** A page in a new browser context. Its errors are collected. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  const list: string[] = [];
  complaints.set(page, list);
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text()))
      list.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => list.push(error.message));
  page.on("requestfailed", (request) => {
    // ERR_ABORTED: a request that was cancelled because another page was opened.
    if (request.failure()?.errorText !== "net::ERR_ABORTED")
      list.push(`${request.url()} ${request.failure()?.errorText}`);
  });
  return page;
}

/** The errors that the page has reported so far. */
export const complaintsOf = (page: Page): string[] => complaints.get(page) ?? [];

/** Removes the collected errors, for a test that makes requests fail on purpose. */
export const forgetComplaints = (page: Page): void => void complaintsOf(page).splice(0);

export async function signIn(page: Page, person: Person | { key: string }): Promise<void> {
  await page.goto("/app/sign-in");
  await page.getByLabel("API key").fill(typeof person === "string" ? DEMO[person].key : person.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/app/runs");
}

/**
 * Examines the page with axe-core, or only the element of the selector `within`. Returns one line for each fault. The themes have
 * different colours and nothing else, so after "all" rules in one theme, the rules about "colours" are enough in the other.
 */
export async function accessibilityFaults(
  page: Page,
  rules: "all" | "colours" = "all",
  within?: string,
): Promise<string[]> {
  // Until then the stylesheet may be missing, and the browser's own colours have other contrasts.
  await page.waitForLoadState("load");
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const found: string =
    await page.evaluate(`axe.run(${within === undefined ? "document" : JSON.stringify(within)}, { resultTypes: ["violations"]${rules === "all" ? "" : ', runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] }'} }).then(({ violations }) =>
    JSON.stringify(violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary))))`);
  const list: unknown = JSON.parse(found);
  return Array.isArray(list) ? list.map(String) : [];
}

/**
 * Waits until the page has come to an address. A page whose session has ended goes to the sign-in page by itself, and that ends a navigation
 * of the test, or the other way round. `waitForURL` fails then, since it fails with any navigation that does not come to its end.
 */
export async function arrive(page: Page, address: RegExp): Promise<void> {
  await vi.waitFor(() => expect(page.url()).toMatch(address), { timeout: 60_000 });
  await page.waitForLoadState();
}

const THEMES = ["light", "dark"] as const;

/**
 * The faults that {@link accessibilityFaults} finds in one theme. The seed of the run and the name of the test choose the light or the dark one:
 * see {@link inTurn}.
 */
export async function faultsInTheme(page: Page, within?: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [n, theme] of inTurn(THEMES, 1, `${expect.getState().currentTestName} ${within}`).entries()) {
    await page.emulateMedia({ colorScheme: theme });
    const found = await accessibilityFaults(page, n === 0 ? "all" : "colours", within);
    faults.push(...found.map((fault) => `${theme}: ${fault}`));
  }
  return faults;
}

/** A desk, a narrow window and a phone. */
export const WIDTHS = [1440, 900, 390] as const;

/** The widths at which a test looks at its page. The seed of the run and the name of the test choose one of them: see {@link inTurn}. */
export const widthsInTurn = () => inTurn(WIDTHS, 1, `${expect.getState().currentTestName}`);

/** The controls on the page that cannot be reached with the Tab key alone. */
export async function unreachable(page: Page): Promise<string[]> {
  await page.evaluate(`(() => {
    document.activeElement?.blur();
    window.reached = new Set();
    document.addEventListener("focusin", ({ target }) => window.reached.add(target));
  })()`);
  const isDone = `(() => {
    const groups = new Set([...window.reached].filter((e) => e.type === "radio").map((e) => e.name));
    window.missed = [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")].filter((e) =>
      e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }) && e.type !== "hidden"
      && !window.reached.has(e) && !(e.type === "radio" && groups.has(e.name)));
    return window.missed.length === 0;
  })()`;
  for (let presses = 0; presses < 400; presses++) {
    if (presses % 10 === 0 && (await page.evaluate(isDone))) return [];
    await page.keyboard.press("Tab");
  }
  const missed: string = await page.evaluate(`JSON.stringify(window.missed.map((e) => e.outerHTML.slice(0, 200)))`);
  const list: unknown = JSON.parse(missed);
  return Array.isArray(list) ? list.map(String) : [];
}

/** A script that adds up the layout shifts of a page from its beginning on, but for those that follow an action of the reader. */
export const OBSERVE_SHIFTS = `
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });`;

/** Holds the scripts of each page back until its first paint, as on a slow machine. */
export const delayScripts = (page: Page): Promise<unknown> =>
  page.route(/\.js$/, async (route) => {
    const painted = () => page.evaluate("performance.getEntriesByName('first-contentful-paint').length").catch(() => 0);
    await expect.poll(painted).toBe(1);
    await route.continue();
  });

/** The sum of the layout shifts of a page that runs {@link OBSERVE_SHIFTS}. */
export const shiftOf = (page: Page): Promise<number> => page.evaluate("window.shift");

/** By how many pixels the page is wider than its window. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
}
