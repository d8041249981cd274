import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { complaintsOf, openPage } from "./pages.ts";
import type { World } from "./world.ts";

export type PageOptions = Parameters<typeof openPage>[2];

/**
 * `it` with `open`, which opens a page in the way of `begin`. After the test, its pages are closed, and the browser must not have complained
 * about any of them.
 */
export const withPages = <Given extends unknown[]>(
  world: World,
  begin: (create: (options?: PageOptions) => Promise<Page>, ...given: Given) => Promise<Page>,
) =>
  it.extend<{ open: (...given: Given) => Promise<Page> }>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from it what a fixture needs.
    async open({}, use) {
      const pages: Page[] = [];
      const create = async (options?: PageOptions) => {
        const page = await openPage(world.browser, world.stack.url, options);
        pages.push(page);
        return page;
      };
      await use((...given) => begin(create, ...given));
      for (const page of pages) await page.context().close();
      expect(pages.flatMap(complaintsOf)).toEqual([]);
    },
  });
