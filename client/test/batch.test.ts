import { describe, expect, it } from "vitest";
import { barOf, parseRuns } from "../src/cli/batch.ts";
import { createClient } from "../src/index.ts";
import type { RunBatch } from "../src/types.ts";
import { fakeService, json } from "./fake-service.ts";

const aBatch = (more: Partial<RunBatch> = {}): RunBatch => ({
  ...{ id: "b", workflow_definition_id: "w", user_id: "u", run_count: 4 },
  ...{ pending: 1, running: 1, completed: 1, failed: 1, deleted: 0 },
  ...{ created_at: "2026-01-31T12:00:00.000Z", ended_at: null },
  ...more,
});

const ENDED = aBatch({ pending: 0, running: 0, completed: 3, ended_at: "2026-01-31T12:05:00.000Z" });
const applied = { "Preference-Applied": "wait=30" };

describe("a batch", () => {
  it("is triggered with an idempotency key, so that the request can be repeated", async () => {
    const triggered = { id: "b", run_ids: ["r"] };
    const { asked, options } = fakeService(json(triggered, 202));
    const client = createClient(options);
    expect(await client.invokeBatch("w", [{ input: { n: 1 } }])).toEqual(triggered);
    await client.invokeBatch("w", [{}], { idempotencyKey: "k" });
    expect(asked.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ["/v1/workflow-definitions/w/invoke-batch", { runs: [{ input: { n: 1 } }] }],
      ["/v1/workflow-definitions/w/invoke-batch", { runs: [{}] }],
    ]);
    expect(asked[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked[1]?.headers.get("Idempotency-Key")).toBe("k");
  });

  it("is waited for without polling", async () => {
    const { asked, options } = fakeService(json(aBatch(), 200, applied), json(ENDED, 200, applied));
    expect(await createClient(options).waitForBatch("b")).toEqual(ENDED);
    expect(asked.map(({ path, headers }) => [path, headers.get("Prefer"), headers.get("If-None-Match")])).toEqual([
      ["/v1/run-batches/b", "wait=30", null],
      ["/v1/run-batches/b", "wait=30", null],
    ]);
  });

  it("tells its progress: at once, and then when it has changed", async () => {
    const { asked, options } = fakeService(
      json(aBatch(), 200, { ETag: '"1"' }),
      new Response(null, { status: 304, headers: applied }),
      json(ENDED, 200, { ETag: '"2"', ...applied }),
    );
    const seen: (string | null)[] = [];
    await createClient(options).waitForBatch("b", { onBatch: ({ ended_at }) => void seen.push(ended_at) });
    expect(seen).toEqual([null, ENDED.ended_at]);
    expect(asked.map(({ headers }) => [headers.get("Prefer"), headers.get("If-None-Match")])).toEqual([
      [null, null],
      ["wait=30", '"1"'],
      ["wait=30", '"1"'],
    ]);
  });

  it("is thrown as a problem when it does not exist", async () => {
    const { options } = fakeService(json({ status: 404, title: "Not found", detail: "No.", type: "x" }, 404));
    await expect(createClient(options).waitForBatch("b")).rejects.toMatchObject({ status: 404 });
  });
});

describe("a file of a batch", () => {
  it("has a run in each line, and empty lines are skipped", () => {
    expect(parseRuns('{"input": {"n": 1}}\n\n{}\r\n', "runs.jsonl")).toEqual([{ input: { n: 1 } }, {}]);
  });

  it.each([
    ["{}\n[]", "Line 2 of runs.jsonl is not a JSON object such as"],
    ["{}\n{", "Line 2 of runs.jsonl is not a JSON object such as"],
    ["\n", "runs.jsonl has no line."],
    ["{}\n".repeat(501), "runs.jsonl has 501 lines, and a batch has at most 500 runs."],
  ])("is refused, and the message says why", (lines, text) => {
    expect(() => parseRuns(lines, "runs.jsonl")).toThrow(text);
  });
});

it("the bar is full when all runs have ended", () => {
  expect(barOf(aBatch())).toBe(`${"█".repeat(12)}${"░".repeat(12)} 2/4`);
  expect(barOf(ENDED)).toBe(`${"█".repeat(24)} 4/4`);
});
