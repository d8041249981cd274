/** The filters of the list of runs, as a person sets them, and the way from the list to a run and back. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { complaintsOf, faultsInTheme, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

async function openRuns(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const page = await openPage(world.browser, world.stack.url, options);
  await signIn(page, "owner");
  return page;
}

const statesOf = async (page: Page) => [...new Set(await page.locator("tbody .state-cell .status").allTextContents())];

it("a tick and a choice change the list at once, keep the others and the focus, and are in the URL", async () => {
  const page = await openRuns();
  await page.getByRole("checkbox", { name: /^Failed/ }).check();
  await page.waitForURL("**/app/runs?status=FAILED");
  await page
    .getByRole("checkbox", { name: /^Failed/, checked: true })
    .and(page.locator(":focus"))
    .waitFor();
  await page.getByLabel("Person").selectOption({ label: "Me" });
  await page.waitForURL("**/app/runs?status=FAILED&mine=1");
  await page.locator(".filters summary").last().click();
  await page.getByRole("link", { name: "Last 7 days" }).click();
  await page.waitForURL("**/app/runs?status=FAILED&mine=1&range=7d");
  await page.getByRole("checkbox", { name: /^Failed/ }).uncheck();
  await page.waitForURL("**/app/runs?mine=1&range=7d");
  expect(complaintsOf(page)).toEqual([]);
});

it("a range is applied when both of its fields are left", async () => {
  const page = await openRuns();
  await page.locator(".filters summary").last().click();
  await page.getByLabel("From").fill("2020-01-01T00:00");
  await page.keyboard.press("Escape");
  await page.waitForURL(/from=20(19|20)-/);
});

it("several workflows, and why runs failed, are ticked in menus that stay open", async () => {
  const page = await openRuns();
  const workflows = page.locator(".filters details").first();
  await workflows.locator("summary").click();
  await workflows.getByLabel("Quarterly report").check();
  await page.waitForURL(`**/app/runs?workflow=${DEMO.quarterlyReportId}`);
  await workflows.getByLabel("Nightly digest").check();
  await page.waitForURL(({ searchParams }) => searchParams.getAll("workflow").length === 2);
  const others = async () => {
    const names = await page.locator("tbody .one-line > .name").allTextContents();
    return names.filter((name) => !["Quarterly report", "Nightly digest"].includes(name));
  };
  await expect.poll(others).toEqual([]);
  await page.goto("/app/runs");
  const more = page.locator(".filters details").nth(1);
  await more.locator("summary").click();
  expect(await faultsInTheme(page)).toEqual([]);
  await more.getByLabel("The runner reported it").check();
  await page.waitForURL("**/app/runs?code=REPORTED");
  await expect.poll(() => statesOf(page)).toEqual(["Failed"]);
  await expect.poll(() => more.locator("summary").textContent()).toContain("The runner reported it");
});

it("without JavaScript the button applies them", async () => {
  const page = await openRuns({ javaScriptEnabled: false });
  await page.locator(".filters details").nth(1).locator("summary").click();
  await page.getByLabel("No trigger").check();
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL("**/app/runs?trigger=person");
});

it("a run leads to the next and the previous one of its list, and back to the list with its filter", async () => {
  const page = await openRuns();
  await page.goto("/app/runs?status=COMPLETED");
  const ids = await page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.id.replace("run-", "")));
  await page.locator("tbody .row-link").first().click();
  await page.waitForURL(`**/app/runs/${ids[0]}?in=**`);
  expect(await page.getByRole("link", { name: "← Previous run" }).count()).toBe(0);
  await page.getByRole("link", { name: "Next run →" }).click();
  await page.waitForURL(`**/app/runs/${ids[1]}?in=**`);
  expect(await faultsInTheme(page)).toEqual([]);
  await page.getByRole("link", { name: "← Previous run" }).click();
  await page.waitForURL(`**/app/runs/${ids[0]}?in=**`);
  await page.locator(".crumbs").getByRole("link", { name: "Runs" }).click();
  await page.waitForURL("**/app/runs?status=COMPLETED");
});
