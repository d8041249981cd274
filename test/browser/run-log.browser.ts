/** The log on the page of a run, while the run is RUNNING and afterwards. */
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, type Stack, startStack } from "../../scripts/local/browser.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { type LeaseRunner, startLeaseRunner } from "../deep/kills/example-lease-runner.ts";
import { accessibilityFaults, complaintsOf, openPage, signIn } from "./support.ts";

let browser: Browser;
let stack: Stack;
let database: pg.Client;
let page: Page;
let runner: LeaseRunner | undefined;

/** A run that stays RUNNING for longer than the test takes. */
const RUN = demoId(411);

beforeAll(async () => {
  [browser, stack] = await Promise.all([launchBrowser(), startStack({ WORK_SECONDS: "5" })]);
  database = new pg.Client({ connectionString: stack.postgresUrl });
  await database.connect();
});

afterAll(async () => {
  runner?.child.kill();
  await database?.end();
  await browser?.close();
  await stack?.stop();
});

async function append(sequence: number, text: string): Promise<void> {
  await database.query(
    `insert into workflow_run_logs (run_id, attempt, bytes, is_cut) values ($1, 1, 1, false) on conflict do nothing`,
    [RUN],
  );
  await database.query(
    `insert into workflow_run_log_entries (run_id, attempt, sequence, at, text) values ($1, 1, $2, now(), $3)`,
    [RUN, sequence, text],
  );
}

const reportProgress = (percent: number, message: string) =>
  database.query(
    `insert into running_attempts (run_id, tenant_id, attempt, progress_percent, progress_message)
     select id, tenant_id, 1, $2, $3 from workflow_runs where id = $1
     on conflict (run_id) do update set progress_percent = $2, progress_message = $3`,
    [RUN, percent, message],
  );

it("grows on the page while the run goes on, as does its progress, and can be searched", async () => {
  page = await openPage(browser, stack.url);
  await signIn(page, "owner");
  await page.goto(`/app/runs/${RUN}`);
  await page.getByText("The run has logged nothing so far.").waitFor();

  await append(0, "Reading 12 documents\nWriting <b>one</b>\n");
  const lines = page.getByRole("log");
  await lines.getByText("Writing <b>one</b>").waitFor();
  await append(1, "Writing the other\n");
  await reportProgress(40, "Half of it");
  await lines.getByText("Writing the other").waitFor();
  await page.getByText("40 %").waitFor();
  expect(await page.locator("#progress progress").getAttribute("value")).toBe("40");

  await page.getByRole("searchbox", { name: "Find in the log" }).fill("writing");
  await page.getByText("2 of 3 lines").waitFor();
  expect(await lines.textContent()).toBe("Writing <b>one</b>\nWriting the other");
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});

it("shows the rest of the log and the result when the run has ended, and then stops polling", async () => {
  await append(2, "Done\n");
  await page.getByRole("searchbox", { name: "Find in the log" }).fill("");
  await database.query(
    `update workflow_runs set status = 'COMPLETED', ended_by = 'CALLBACK', completed_at = now(), summary = 'All 12 are read.'
     where id = $1`,
    [RUN],
  );
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

/** Calls the API as the demo's OWNER. */
async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.url}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${DEMO.owner.key}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

it("shows what a Python runner without an address logs while it works, and its result after that", async () => {
  const { items } = await call("GET", "/workflow-definitions?limit=1");
  const [known] = Array.isArray(items) ? items : [];
  const { id } = await call("POST", "/workflow-definitions", {
    name: "Leased",
    runner_type: "SELF_HOSTED",
    source_path_part_ids: known.source_path_part_ids,
    instruction_path_part_ids: known.instruction_path_part_ids,
    output_path_part_ids: known.output_path_part_ids,
  });
  const policy = { handover: "lease", lease_seconds: 30, max_attempts: 1, retry_on: [] };
  await call("PUT", `/workflow-definitions/${id}/policy`, policy);
  const settings = { SERVICE_URL: stack.url, RUNNER_KEY: DEMO.owner.key, RUNNER_NAME: "Cellar", WORK_SECONDS: "12" };
  runner = await startLeaseRunner("Python", settings);
  const run = await call("POST", `/workflow-definitions/${id}/invoke`, { input: { quarter: "2026-Q1" } });

  await page.goto(`/app/runs/${run.id}`);
  await page.getByRole("log").getByText("Reads ").waitFor();
  expect(await page.locator(".head .status").textContent()).toContain("RUNNING");
  await page.locator(".head .status").getByText("COMPLETED").waitFor();
  const lines = (await page.getByRole("log").textContent()) ?? "";
  expect(lines.match(/^Reads /gm)).toHaveLength(4);
  await page.locator("dd").getByText('"quarter": "2026-Q1"').last().waitFor();
  await page.goto(`/app/workflows/${id}`);
  await page.getByText("Cellar").waitFor();
  expect(complaintsOf(page)).toEqual([]);
});
