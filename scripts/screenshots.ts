/** `npm run screenshots`: writes the screenshots in `docs/screenshots/`, of the dashboard with the demo's data. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { launchBrowser, startStack } from "./local/browser.ts";
import { DEMO } from "./local/demo.ts";
import { MORE_PEOPLE, MORE_WORKFLOWS } from "./local/demo-world.ts";
import { root } from "./local/folders.ts";
import { offerHelp } from "./local/options.ts";

offerHelp(`Takes the pictures in docs/screenshots: starts a local stack with demo data, and looks at it with Chromium.

  npm run screenshots

  CHROMIUM_PATH   the browser, if it is not where Debian or macOS have it`);
parseArgs({ options: {} });

const folder = join(root, "docs/screenshots");
const [invoices] = MORE_WORKFLOWS;
const [[somebody] = []] = MORE_PEOPLE;

/** Each page in light and dark, since the README shows the variant that its reader prefers. */
const PICTURES = {
  runs: "/app/runs",
  run: `/app/runs/${DEMO.runs.failed}`,
  workflows: "/app/workflows",
  workflow: `/app/workflows/${invoices?.id}`,
  files: `/app/files/${invoices?.source}`,
  people: `/app/people/${somebody}`,
  health: "/app/health",
};

async function signIn(page: Page): Promise<void> {
  await page.goto("/app/sign-in");
  await page.getByLabel("API key").fill(DEMO.owner.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/app/runs");
}

mkdirSync(folder, { recursive: true });
const [browser, stack] = await Promise.all([launchBrowser(), startStack()]);
try {
  for (const colorScheme of ["light", "dark"] as const) {
    const viewport = { width: 1200, height: 840 };
    const context = await browser.newContext({
      baseURL: stack.url,
      colorScheme,
      viewport,
      timezoneId: "UTC",
      locale: "en-GB",
    });
    const page = await context.newPage();
    await signIn(page);
    for (const [name, path] of Object.entries(PICTURES)) {
      await page.goto(path);
      // Waits until a page that has a stream shows that the stream has begun.
      if (await page.locator("[data-live^='/']").count()) await page.locator("#freshness[data-state=live]").waitFor();
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
    }
    await context.close();
  }
  console.log(`${Object.keys(PICTURES).length * 2} pictures are in ${folder}.`);
} finally {
  await browser.close();
  await stack.stop();
}
