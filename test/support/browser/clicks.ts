/** How many clicks the jobs of docs/dashboard.md may take, and how they are counted. */
import type { Locator, Page } from "playwright-core";

/** What the documents promise, for the jobs that take clicks at all. `pages` counts the first one, too. */
export const MOST = {
  firstRun: { clicks: 3, pages: 4 },
  share: { clicks: 4 },
  invokeWithInput: { clicks: 3 },
  runAgain: { clicks: 3 },
  trigger: { clicks: 2, pages: 2 },
};

/** Clicks, counts the clicks, and counts the pages on which it clicks. Fields are reached by Tab, which is no click. */
export function countClicks(page: Page) {
  const counted = { clicks: 0, pages: new Set<string>() };
  const click = async (what: Locator) => {
    counted.clicks += 1;
    counted.pages.add(await page.title());
    await what.click();
    await page.waitForLoadState();
  };
  return { counted, click };
}
