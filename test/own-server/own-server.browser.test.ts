/** The pages of a server of one's own: signing in, a new workflow, a run that somebody follows, stops and retries, and its file. */
import { afterAll, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/local/browser.ts";
import { complaintsOf, openPage, signIn } from "../support/browser/pages.ts";
import { leaseRun, post, storeFile } from "./first-run.ts";
import { prepareServer, untilServing } from "./server.ts";

const PATIENT = { timeout: 20_000 };

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

it("show a run from its workflow to its end, and its file, without a reload", async () => {
  const [server, browser] = await Promise.all([prepareServer(endings), launchBrowser()]);
  endings.push(() => browser.close());
  await untilServing(server.start());

  const page = await openPage(browser, `http://localhost:${server.port}`, {
    extraHTTPHeaders: { "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1" },
  });
  await signIn(page, { key: server.key });
  await page.goto("/app/workflows/new");
  await page.getByLabel("Name", { exact: true }).fill("Report");
  await page.locator("main").getByRole("button", { name: "Create", exact: true }).click();
  await page.locator("main").getByRole("button", { name: "Invoke", exact: true }).click();
  await page.locator("#ask-invoke").getByRole("button", { name: "Invoke" }).click();
  await page.waitForURL(/\/app\/runs\/[0-9a-f-]{36}/);
  const status = page.locator(".head .status");
  const untilShown = (word: string) => expect.poll(() => status.textContent(), PATIENT).toContain(word);
  for (const [act, seen] of [
    ["Stop", "Failed"],
    ["Retry", "Pending"],
  ] as const) {
    await page.locator(".actions").getByRole("button", { name: act }).click();
    await page.locator(`#ask-${act.toLowerCase()}`).getByRole("button", { name: act, exact: true }).click();
    await untilShown(seen);
  }
  const { key } = await post(server, "/v1/runner-keys", { name: "Runner" });
  const lease = await leaseRun(server, "Runner", key);
  await untilShown("Running");
  await storeFile(server, lease, "All is well.");
  await post(server, lease.callback_url, { status: "COMPLETED" }, lease.callback_token);
  await untilShown("Completed");
  await page.getByRole("link", { name: "report.txt", exact: true }).click();
  await expect.poll(() => page.locator("body").textContent(), PATIENT).toContain("All is well.");
  expect(complaintsOf(page)).toEqual([]);
});
