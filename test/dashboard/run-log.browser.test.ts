/** The log of a run on its page, while the run goes on and after it. */
import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { callApi, createLeasedWorkflow, type LeasedRun, leaseRun, shownLines } from "../support/browser/leased-run.ts";
import { accessibilityFaults, complaintsOf, faultsInTheme, openPage, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { type LeaseRunner, startLeaseRunner } from "../support/node/example-lease-runner.ts";

const world = useWorld({ WORK_SECONDS: "5" });
let page: Page;
let runner: LeaseRunner | undefined;

let run: LeasedRun;

afterAll(async () => {
  runner?.child.kill();
});

it("grows on the page while the run goes on, as does its progress, and can be searched", async () => {
  run = await leaseRun(world);
  page = await openPage(world.browser, world.stack.url);
  await signIn(page, "owner");
  await page.goto(`/app/runs/${run.id}`);
  await page.getByText("The run has no log entries so far.").waitFor();
  await page.getByText("Live.").waitFor();
  // The first message of the stream has the page ask for what may have happened since it was made.
  await page.waitForTimeout(2_000);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.waitForTimeout(6_000);
  expect(requests).toEqual([]);

  await run.append(0, "Reading 12 documents\nWriting <b>one</b>\n");
  const lines = page.getByRole("log");
  await lines.getByText("Writing <b>one</b>").waitFor();
  await run.append(1, "Writing the other\n");
  await run.tell("heartbeat", { progress: { percent: 40, message: "Half of it" } });
  await lines.getByText("Writing the other").waitFor();
  await page.getByText("40 %").waitFor();
  expect(await page.locator("#progress progress").getAttribute("value")).toBe("40");

  await page.getByRole("searchbox", { name: "Find in the log" }).fill("writing");
  await page.getByText("2 of 3 lines").waitFor();
  expect(await shownLines(page)).toEqual(["Writing <b>one</b>", "Writing the other"]);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});

it("lists the files of a run while it goes on, and runs no script of one in the origin of the service", async () => {
  const script = "document.documentElement.dataset.ran = origin";
  const html = `<!doctype html><title>File</title><script>${script}</script><img src="x" onerror="${script}">`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>${script}</script></svg>`;
  const files = {
    html: await run.store("evil.html", html, "text/html"),
    svg: await run.store("evil.svg", svg, "image/svg+xml"),
    text: await run.store("evil.txt", html, "text/plain"),
  };
  // Nobody reloads the page.
  const result = page.getByRole("region", { name: "Result" });
  await result.getByRole("link", { name: "evil.txt", exact: true }).waitFor();
  expect(await result.getByRole("link").allTextContents()).toEqual(["Download", "Download", "evil.txt", "Download"]);
  const downloaded = page.waitForEvent("download");
  await result.getByRole("link", { name: "Download evil.html" }).click();
  expect((await downloaded).suggestedFilename()).toBe("evil.html");
  expect(await accessibilityFaults(page)).toEqual([]);

  const other = await page.context().newPage();
  const ran = () => other.evaluate<string | null>("document.documentElement.dataset.ran ?? null");
  await other.goto(files.text);
  expect([await ran(), await other.evaluate<string>("document.contentType")]).toEqual([null, "text/plain"]);
  for (const path of [files.html, files.svg]) {
    const download = other.waitForEvent("download");
    // A navigation that becomes a download is one that fails.
    await other.goto(path).catch(() => {});
    await download;
    // As a browser would show it that does not know downloads.
    await other.route(`**${path}`, async (route) => {
      const response = await route.fetch();
      const { "content-disposition": _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await other.goto(path);
    expect([path, await ran(), await other.evaluate<string>("origin")]).toEqual([path, null, "null"]);
  }
  await other.close();
});

it("shows the rest of the log and the result when the run has ended, and then stops polling", async () => {
  await run.append(2, "Done\n");
  await page.getByRole("searchbox", { name: "Find in the log" }).fill("");
  await run.tell("callback", { status: "COMPLETED", summary: "All 12 are read." });
  await page.getByRole("log").getByText("Done").waitFor();
  await page.reload();
  await page.getByText("All 12 are read.").waitFor();
  await page.getByRole("log").getByText("Done").waitFor();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.waitForTimeout(6_000);
  expect(asked.filter((url) => url.includes("follow-log"))).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});

it("keeps the end of a log that was cut, and says how much is missing before it", async () => {
  const long = await leaseRun(world);
  await page.goto(`/app/runs/${long.id}`);
  await long.append(0, "The beginning\n");
  const lines = page.getByRole("log");
  await lines.getByText("The beginning").waitFor();
  await world.database.query("update workflow_run_logs set bytes = 1048576 where run_id = $1", [long.id]);
  expect(await long.append(1, "Too much\n")).toMatchObject({ is_cut: true });
  await long.tell("log", { sequence: 1, text: "Traceback:\nValueError: 7\n", omitted_bytes: 2_000_000 });
  await long.tell("callback", { status: "FAILED", error: "ValueError: 7" });
  await lines.getByText("ValueError: 7").waitFor();
  await page.reload();
  await lines.getByText("ValueError: 7").waitFor();
  expect(await shownLines(page)).toEqual([
    "The beginning",
    "[1,954 KiB are left out here, since the log is longer than may be stored.]",
    "Traceback:",
    "ValueError: 7",
  ]);
  expect(await faultsInTheme(page)).toEqual([]);
  const { entries, is_cut } = await callApi(world, "GET", `/workflow-runs/${long.id}/log`);
  expect([entries, is_cut]).toMatchObject([[{ omitted_bytes: 0 }, { omitted_bytes: 2_000_000 }], false]);
});

it("shows what a Python runner without an address logs while it works, and its result after that", async () => {
  const id = await createLeasedWorkflow(world);
  const settings = {
    SERVICE_URL: world.stack.url,
    RUNNER_KEY: DEMO.owner.key,
    RUNNER_NAME: "Cellar",
    WORK_SECONDS: "20",
  };
  const invoked = await callApi(world, "POST", `/workflow-definitions/${id}/invoke`, { input: { quarter: "2026-Q1" } });

  await page.goto(`/app/runs/${invoked.id}`);
  await page.getByText("Live.").waitFor();
  // Only now, since a busy machine may take long to open the page.
  runner = await startLeaseRunner("Python", settings);
  // The log and the state come by requests of their own, and the log may be first.
  await page.getByRole("log").getByText("Reads ").first().waitFor();
  await page.locator(".head .status").getByText("Running").waitFor();
  await page.locator(".head .status").getByText("COMPLETED").waitFor({ timeout: 60_000 });
  const lines = await shownLines(page);
  expect(lines.filter((line) => line.startsWith("Reads "))).toHaveLength(4);
  await page.locator("#result, #live").getByText('"2026-Q1"').last().waitFor();
  await page.goto(`/app/workflows/${id}`);
  await page.getByRole("listitem").filter({ hasText: "Cellar" }).getByText("waits for work").waitFor();
  expect(await faultsInTheme(page)).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});
