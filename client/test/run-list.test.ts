import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { findRuns } from "../src/cli/run-filter.ts";
import { runRow } from "../src/cli/run-lines.ts";
import { createClient } from "../src/index.ts";
import type { ListedDetails, Run } from "../src/types.ts";
import { fakeService, json, RUN_ID } from "./fake-service.ts";

// A row says how long its run has taken to the second.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
});

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const aRun = (more: Partial<Run> = {}) =>
  ({
    ...{ id: RUN_ID, status: "RUNNING", error: null, completed_at: null },
    ...{ created_at: secondsAgo(400), started_at: secondsAgo(300) },
    run_snapshot: { workflow_name: "Report" },
    ...more,
  }) as Run;
const someDetails = (more: Partial<ListedDetails> = {}): ListedDetails => ({
  ...{ run_id: RUN_ID, attempt: 1, started_at: secondsAgo(300), priority: 0, labels: { customer: "4711" } },
  ...{ suspended_at: null, child_key: null },
  ...more,
});

it("a list of runs asks for their details, and for no more runs than it shows", async () => {
  const { asked, options } = fakeService(json({ items: [aRun()], details: [someDetails()], next_cursor: "c" }));
  const found = await findRuns(createClient(options), { status: ["RUNNING"] }, { most: 1, withDetails: true });
  expect(asked.map(({ path }) => path)).toEqual(["/v1/workflow-runs?status=RUNNING&limit=1&details=true"]);
  expect([found.runs.length, found.details.get(RUN_ID)?.labels]).toEqual([1, { customer: "4711" }]);
});

it("a row has the labels and how long the run has taken so far", () => {
  expect(runRow(aRun(), someDetails())).toMatchObject({ labels: "customer:4711", took: "5 min so far" });
});

it("a row says that a run is suspended, and not that it is queued", () => {
  const stateOf = (details: Partial<ListedDetails>) => runRow(aRun({ status: "PENDING" }), someDetails(details)).state;
  expect([stateOf({ suspended_at: secondsAgo(9) }), stateOf({})]).toEqual(["SUSPENDED", "PENDING"]);
});

it("a row is cut where it would be too long", () => {
  const row = runRow(
    aRun({
      status: "FAILED",
      error: "e".repeat(99),
      run_snapshot: { workflow_name: "w".repeat(99) } as Run["run_snapshot"],
    }),
    someDetails({ labels: { key: "v".repeat(99) } }),
  );
  expect(row).toMatchObject({
    workflow: `${"w".repeat(39)}…`,
    labels: `key:${"v".repeat(35)}…`,
    error: `${"e".repeat(59)}…`,
  });
});

it("a run that ended before it started took no time, also when it waited for a while", () => {
  const ended = aRun({ status: "FAILED", completed_at: secondsAgo(10), started_at: secondsAgo(400) });
  expect(runRow(ended, someDetails({ started_at: null })).took).toBe("");
});

it("an older service, which refuses to list details, is asked again without, and shows rows without labels", async () => {
  const fault = { loc: ["query", "details"], type: "extra_forbidden", msg: "There is no such parameter." };
  const { asked, options } = fakeService(json({ detail: [fault] }, 422), json({ items: [aRun()], next_cursor: null }));
  const { runs, details } = await findRuns(createClient(options), {}, { most: 20, withDetails: true });
  expect(asked.map(({ path }) => path)).toEqual([
    "/v1/workflow-runs?limit=20&details=true",
    "/v1/workflow-runs?limit=20",
  ]);
  const rows = runs.map((run) => runRow(run, details.get(run.id)));
  expect(rows).toEqual([expect.objectContaining({ run: RUN_ID, took: "5 min so far" })]);
  expect(rows[0]).not.toHaveProperty("labels");
});

it("another fault of the filter is told", async () => {
  const fault = { loc: ["query", "created_after"], type: "datetime_parsing", msg: "Must be an instant." };
  const { options } = fakeService(json({ detail: [fault] }, 422));
  const list = findRuns(createClient(options), {}, { most: 20, withDetails: true });
  await expect(list).rejects.toThrow("created_after: Must be an instant.");
});
