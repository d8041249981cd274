/** How the kit triggers runs and waits for their ends. */
import { describe, expect, it } from "vitest";
import { createRunner, type Outcome, type Work } from "../src/runner/index.ts";
import { json, problem, RUN_ID } from "./fake-service.ts";

const SERVICE = "https://runs.example.com";

type Answers = Record<string, (init: RequestInit) => Response | Promise<Response>>;

/** Lets a runner work on one leased attempt. Its service answers 200 unless `answers` says something else. */
async function attempt(work: Work, answers: Answers = {}, lease: object = {}) {
  const calls: { call: string; body: unknown }[] = [];
  const outcomes: Outcome[] = [];
  const leased = {
    ...{ run_id: RUN_ID, attempt: 1, run_snapshot: {}, input: null, labels: {}, callback_token: "token" },
    callback_url: `${SERVICE}/v1/workflow-runs/${RUN_ID}/callback`,
    deadline_at: new Date(Date.now() + 600_000).toISOString(),
    lease_expires_at: new Date(Date.now() + 300_000).toISOString(),
    heartbeat_interval_seconds: 20,
    ...lease,
  };
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const path = new URL(input instanceof Request ? input.url : String(input)).pathname;
    if (path === "/v1/runner-sessions") return json({ token: "session" }, 201);
    if (path === "/v1/leases") return json({ leases: [leased], after: null });
    init.signal?.throwIfAborted();
    const call = `${init.method} ${path.split(`${RUN_ID}/`)[1]}`;
    calls.push({ call, body: JSON.parse(String(init.body ?? null)) });
    return (await answers[call]?.(init)) ?? json({});
  };
  const onEnd = (_: unknown, outcome: Outcome) => void outcomes.push(outcome);
  const runner = createRunner({ lease: { url: SERVICE, key: "wr_key", onEnd }, work, fetch });
  await runner.run({ most: 1 });
  return {
    outcome: outcomes[0],
    calls: calls.map(({ call }) => call),
    of: (one: string) => calls.filter(({ call }) => call === one).map(({ body }) => body),
  };
}

const suspended = { "POST suspend": () => json({ suspended: true, outcomes: null }) };
const SUSPENDED: Outcome = { status: null, report: "suspended", error: null };

describe("children", () => {
  const child = (key: string, more: object = {}) => ({
    ...{ run_id: `id of ${key}`, workflow_definition_id: "WORKFLOW", key, status: "RUNNING", output: null },
    ...{ error: null, failure_code: null, summary: null },
    ...more,
  });
  const specs = (keys: string[]) => keys.map((key) => ({ workflow_definition_id: "workflow", key }));
  const ended = { kind: "children", outcome: "ended", at: "2026-01-31T14:00:00.000Z" };
  const page = (...items: object[]) => json({ items, next_cursor: null });

  it("are triggered, 500 at once, and waited for by their ids", async () => {
    const keys = Array.from({ length: 501 }, (_, n) => `c${n}`);
    const { outcome, calls, of } = await attempt(
      (run) => run.children("pages", specs(keys), { fail_fast: true, timeout_seconds: 60 }).then(() => {}),
      {
        ...suspended,
        "POST children": ({ body }) => {
          const { children } = JSON.parse(String(body)) as { children: { key: string }[] };
          return json({ runs: children.map(({ key }) => child(key)) });
        },
      },
    );
    expect([outcome, calls]).toEqual([SUSPENDED, ["POST children", "POST children", "POST suspend"]]);
    const run_ids = keys.map((key) => `id of ${key}`);
    expect(of("POST suspend")).toEqual([
      { waits: [{ key: "pages", kind: "children", run_ids, fail_fast: true }], timeout_seconds: 60 },
    ]);
  });

  it("are not triggered again once they have ended, and come in the order of the work, also those that were deleted", async () => {
    const { calls, of } = await attempt(
      async (run) => ({
        output: (await run.children("pages", specs(["a", "gone", "b"]))).map(({ status, output }) => [status, output]),
      }),
      { "GET children": () => page(child("b", { status: "FAILED" }), child("a", { status: "COMPLETED", output: 1 })) },
      { attempt: 2, resume: { outcomes: { pages: ended }, checkpoints: 0 } },
    );
    expect(calls).toEqual(["GET children", "POST callback"]);
    const output = [
      ["COMPLETED", 1],
      ["DELETED", null],
      ["FAILED", null],
    ];
    expect(of("POST callback")).toEqual([{ status: "COMPLETED", output }]);
  });

  it("are among what is kept when they had ended at once, which a lease does not have", async () => {
    const pay = { kind: "question", outcome: "answered", at: "2026-01-31T14:00:00.000Z", value: "yes" };
    const { of } = await attempt(
      async (run) => ({ output: await run.kept() }),
      { "GET resume": () => json({ outcomes: { pages: ended, pay }, checkpoints: {} }) },
      { attempt: 2, resume: { outcomes: { pay }, checkpoints: 0 } },
    );
    expect(of("POST callback")).toMatchObject([{ output: { outcomes: { pages: ended, pay }, checkpoints: {} } }]);
  });

  it("are read to the last page", async () => {
    const pages = [json({ items: [child("a")], next_cursor: "after" }), page(child("b"))];
    const { of } = await attempt(
      async (run) => ({ output: (await run.children("pages", specs(["a", "b"]))).map(({ run_id }) => run_id) }),
      { "GET children": () => pages.shift() ?? json({}) },
      { attempt: 2, resume: { outcomes: { pages: ended }, checkpoints: 0 } },
    );
    expect(of("POST callback")).toMatchObject([{ output: ["id of a", "id of b"] }]);
  });

  it("fail the work with the reason when the service does not trigger them", async () => {
    const { outcome } = await attempt((run) => run.children("pages", specs(["a"])).then(() => {}), {
      "POST children": () => problem(409, "conflict"),
    });
    expect(outcome).toMatchObject({ status: "FAILED", error: "The runs of pages were not triggered: Do this." });
  });
});
