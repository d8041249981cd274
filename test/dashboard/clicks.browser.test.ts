/** The tasks of docs/dashboard.md, each from the first page on, in at most as many clicks as promised there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { root } from "../../scripts/local/folders.ts";
import { countClicks } from "../support/browser/clicks.ts";
import { callApi } from "../support/browser/leased-run.ts";
import { complaintsOf, openPage, signIn } from "../support/browser/pages.ts";
import { suspendRun } from "../support/browser/suspended-run.ts";
import { useWorld } from "../support/browser/world.ts";

// What runs goes on until it is stopped.
const world = useWorld({ WORK_SECONDS: "600" });

type Click = (what: Locator) => Promise<void>;
type Task = (page: Page, click: Click) => Promise<void>;

const button = (page: Page, name: string, within = "main") =>
  page.locator(within).getByRole("button", { name, exact: true });
const link = (page: Page, name: string, within = "main") =>
  page.locator(within).getByRole("link", { name, exact: true });
const section = (page: Page, name: string) => page.getByRole("navigation", { name: "Sections" }).getByText(name);
const row = (page: Page, id: string) => page.locator(`#run-${id} .row-link`);
const state = (page: Page, words: string) => page.locator(".head .status").getByText(words).waitFor();

async function toWorkflow(page: Page, click: Click): Promise<void> {
  await click(section(page, "Workflows"));
  await click(link(page, "Quarterly report"));
}

/** The names are those of the table in the guide. What changes a run comes after what only looks at it. */
const TASKS: Record<string, Task> = {
  "see why last night’s run failed": async (page, click) => {
    await click(row(page, DEMO.runs.failed));
    await page.getByRole("heading", { name: "Why it failed" }).waitFor();
  },
  "see which runs wait, and for what": async (page, click) => {
    await click(section(page, "Health"));
    await page.getByRole("heading", { name: "What waits" }).waitFor();
  },
  "see when a schedule fires next": async (page, click) => {
    await click(section(page, "Workflows"));
    await click(link(page, "Triggers"));
    await page.getByRole("link", { name: "Every weekday morning" }).waitFor();
  },
  "run a failed run again with a changed input": async (page, click) => {
    await click(row(page, DEMO.runs.failed));
    await click(button(page, "Run again", ".actions"));
    await page.locator("#ask-again").getByLabel("Input (optional)").fill('{ "page": 8 }');
    await click(button(page, "Run again", "#ask-again"));
    await page.waitForURL((url) => !url.pathname.endsWith(DEMO.runs.failed));
  },
  "retry a failed run": async (page, click) => {
    await click(row(page, DEMO.runs.failed));
    await click(button(page, "Retry", ".actions"));
    await click(button(page, "Retry", "#ask-retry"));
    await page.getByText("Attempt 2", { exact: true }).waitFor();
  },
  "stop a run": async (page, click) => {
    await click(row(page, demoId(414)));
    await click(button(page, "Stop", ".actions"));
    await click(button(page, "Stop", "#ask-stop"));
    await state(page, "FAILED");
  },
  "answer a question of a run": async (page, click) => {
    await click(section(page, "For you"));
    await click(page.locator("tbody .row-link", { hasText: "Pay invoice 4711?" }));
    await click(button(page, "yes"));
    await page.getByText("by Olivia Owner").first().waitFor();
  },
  "trigger a run": async (page, click) => {
    await toWorkflow(page, click);
    await click(button(page, "Invoke", ".actions"));
    await click(button(page, "Invoke", "#ask-invoke"));
    await page.waitForURL("**/app/runs/*-*");
  },
  "let somebody run a workflow": async (page, click) => {
    await toWorkflow(page, click);
    await click(link(page, "Share"));
    await click(page.getByRole("button", { name: "Let them run it: Uma User" }));
    await page.locator("li", { hasText: "Uma User" }).getByText("may run it").waitFor();
  },
  "invite somebody": async (page, click) => {
    await click(section(page, "People"));
    await click(button(page, "Invite somebody", ".actions"));
    await page.locator("#ask-invite").getByLabel("Email").fill("greta@demo.example");
    await click(page.locator("#ask-invite").getByRole("button", { name: /^Invite/ }));
    await page.getByText("Send them this link now").waitFor();
  },
  "create a schedule": async (page, click) => {
    await toWorkflow(page, click);
    await click(link(page, "Show"));
    await click(link(page, "Add a schedule"));
    await page.getByLabel("Name", { exact: true }).fill("Nightly");
    await page.getByLabel("Cron expression").fill("0 2 * * *");
    await click(button(page, "Save"));
    await page.getByRole("heading", { name: "Nightly" }).waitFor();
  },
  "pause a workflow": async (page, click) => {
    await toWorkflow(page, click);
    await click(button(page, "Pause", ".actions"));
    await click(button(page, "Pause", "#ask-activity"));
    await button(page, "Resume", ".actions").waitFor();
  },
};

it("each of twelve tasks takes at most as many clicks as the guide promises: 4, but for creating a schedule", async () => {
  const guide = readFileSync(join(root, "docs/dashboard.md"), "utf8");
  const promised = [...guide.matchAll(/^\| ([^|]+?) +\| at most (\d+) *\|$/gm)].map(([, name, most]) => [
    name,
    Number(most),
  ]);
  const { id } = await callApi(world, "POST", `/workflow-definitions/${DEMO.quarterlyReportId}/invoke`);
  await suspendRun(world.database, id);
  const page = await openPage(world.browser, world.stack.url);
  await signIn(page, "owner");
  const taken: [string, number][] = [];
  for (const [name, task] of Object.entries(TASKS)) {
    await page.goto("/app");
    const { counted, click } = countClicks(page);
    await task(page, click);
    taken.push([name, counted.clicks]);
  }
  expect(taken).toEqual(promised);
  expect(promised.filter(([name, most]) => Number(most) > 4 && name !== "create a schedule")).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});
