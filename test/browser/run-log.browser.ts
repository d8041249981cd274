/** The log of a run on its page, while the run goes on and after it. */
import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { type LeaseRunner, startLeaseRunner } from "../deep/kills/example-lease-runner.ts";
import { accessibilityFaults, complaintsOf, faultsInBothThemes, openPage, signIn } from "./support.ts";
import { useWorld } from "./world.ts";

const world = useWorld({ WORK_SECONDS: "5" });
let page: Page;
let runner: LeaseRunner | undefined;

/** The run of which the test is the runner. */
let runId: string;
let runToken: string;

afterAll(async () => {
  runner?.child.kill();
});

/** Calls the API, as the demo's OWNER unless another token is given. */
async function call(method: string, path: string, body?: object, token: string = DEMO.owner.key) {
  const response = await fetch(`${world.stack.url}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Makes a workflow whose runs are leased, and returns its id. */
async function createLeasedWorkflow(): Promise<unknown> {
  const { items } = await call("GET", "/workflow-definitions?limit=1");
  const [known] = Array.isArray(items) ? items : [];
  const { id } = await call("POST", "/workflow-definitions", {
    name: "Leased",
    runner_type: "SELF_HOSTED",
    source_path_part_ids: known.source_path_part_ids,
    instruction_path_part_ids: known.instruction_path_part_ids,
    output_path_part_ids: known.output_path_part_ids,
  });
  const policy = { handover: "lease", lease_seconds: 300, max_attempts: 1, retry_on: [] };
  await call("PUT", `/workflow-definitions/${id}/policy`, policy);
  return id;
}

/** Triggers a run and leases it. */
async function leaseRun(): Promise<void> {
  const workflowId = await createLeasedWorkflow();
  await call("POST", `/workflow-definitions/${workflowId}/invoke`, {});
  const session = await call("POST", "/runner-sessions", { name: "Test", capacity: 1 });
  const { leases } = await call("POST", "/leases", { request_id: randomUUID() }, String(session.token));
  const [lease] = Array.isArray(leases) ? leases : [];
  [runId, runToken] = [lease.run_id, lease.callback_token];
}

const tell = (path: string, body: object) => call("POST", `/workflow-runs/${runId}/${path}`, body, runToken);
const append = (sequence: number, text: string) => tell("log", { sequence, text });

it("grows on the page while the run goes on, as does its progress, and can be searched", async () => {
  await leaseRun();
  page = await openPage(world.browser, world.stack.url);
  await signIn(page, "owner");
  await page.goto(`/app/runs/${runId}`);
  await page.getByText("The run has no log entries so far.").waitFor();
  await page.getByText("Live.").waitFor();
  // The first message of the stream has the page ask for what may have happened since it was made.
  await page.waitForTimeout(2_000);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.waitForTimeout(6_000);
  expect(requests).toEqual([]);

  await append(0, "Reading 12 documents\nWriting <b>one</b>\n");
  const lines = page.getByRole("log");
  await lines.getByText("Writing <b>one</b>").waitFor();
  await append(1, "Writing the other\n");
  await tell("heartbeat", { progress: { percent: 40, message: "Half of it" } });
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
  await tell("callback", { status: "COMPLETED", summary: "All 12 are read." });
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

it("shows what a Python runner without an address logs while it works, and its result after that", async () => {
  const id = await createLeasedWorkflow();
  const settings = {
    SERVICE_URL: world.stack.url,
    RUNNER_KEY: DEMO.owner.key,
    RUNNER_NAME: "Cellar",
    WORK_SECONDS: "12",
  };
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
  await page.getByRole("listitem").filter({ hasText: "Cellar" }).getByText("waits for work").waitFor();
  expect(await faultsInBothThemes(page)).toEqual([]);
  expect(complaintsOf(page)).toEqual([]);
});
