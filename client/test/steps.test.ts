import { describe, expect, it, vi } from "vitest";
import { createRunner, type Outcome, type Work, WorkEnded } from "../src/runner/index.ts";
import { json, problem, RUN_ID } from "./fake-service.ts";

const SERVICE = "https://runs.example.com";
const QUESTION = { prompt: "Pay?", choices: ["yes", "no"] };
const ANSWER = { kind: "question", outcome: "answered", at: "2026-01-31T14:00:00.000Z", value: "yes" };

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

describe("a step", () => {
  it("is done once: its value is kept, and is the same in this attempt and in the next one", async () => {
    const values: unknown[] = [];
    const done: string[] = [];
    const work: Work = async (run) => {
      for (const key of ["ocr", "ocr", "nothing"])
        values.push(
          await run.step<unknown>(key, async () => {
            done.push(key);
            return key === "ocr" ? { at: new Date("2026-01-31T12:00:00Z"), missing: undefined } : undefined;
          }),
        );
    };
    const first = await attempt(work);
    const checkpoints = { ocr: { at: "2026-01-31T12:00:00.000Z" }, nothing: null };
    expect(first.calls).toEqual(["PUT checkpoints/ocr", "PUT checkpoints/nothing", "POST callback"]);
    expect(first.of("PUT checkpoints/ocr")).toEqual([{ value: checkpoints.ocr }]);
    const resume = { "GET resume": () => json({ outcomes: {}, checkpoints }) };
    const next = await attempt(work, resume, { attempt: 2, resume: { outcomes: {}, checkpoints: 2 } });
    expect(next.calls).toEqual(["GET resume", "POST callback"]);
    const each = [checkpoints.ocr, checkpoints.ocr, null];
    expect([values, done]).toEqual([
      [...each, ...each],
      ["ocr", "nothing"],
    ]);
  });

  it("is read from the service when a dispatch or lease does not say what there is, and not when there is none", async () => {
    const work: Work = async (run) => ({ output: await run.step("ocr", () => "done again") });
    const resume = { "GET resume": () => json({ outcomes: {}, checkpoints: { ocr: "kept" } }) };
    const older = await attempt(work, resume, { attempt: 2 });
    expect(older.of("POST callback")).toEqual([{ status: "COMPLETED", output: "kept" }]);
    const none = await attempt(work, resume, { attempt: 2, resume: { outcomes: {}, checkpoints: 0 } });
    expect(none.of("POST callback")).toEqual([{ status: "COMPLETED", output: "done again" }]);
  });

  it("asks again for what was kept when the answer was cut off", async () => {
    const cut = () => new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
    const answers = [new Response(cut()), json({ outcomes: {}, checkpoints: { ocr: "kept" } })];
    const ended = await attempt(
      async (run) => ({ output: await run.step("ocr", () => "done again") }),
      { "GET resume": () => answers.shift() ?? json({}) },
      { attempt: 2 },
    );
    expect(ended.of("POST callback")).toEqual([{ status: "COMPLETED", output: "kept" }]);
  });

  it("fails with the reason when its value is not kept", async () => {
    const { outcome } = await attempt((run) => run.step("ocr", () => {}), {
      "PUT checkpoints/ocr": () => problem(409, "conflict"),
    });
    expect(outcome).toMatchObject({ status: "FAILED", error: "The step ocr was not kept: Do this." });
  });

  it("does not begin when the work must end", async () => {
    const work = vi.fn();
    const stop = { reason: "Enough", ends_at: new Date(Date.now() + 600_000).toISOString() };
    const { outcome } = await attempt(
      async (run, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await run.step("ocr", work);
      },
      { "POST heartbeat": () => json({ stop }) },
      { heartbeat_interval_seconds: 0.001 },
    );
    expect([outcome?.error, work.mock.calls]).toEqual(["Stopped: Enough", []]);
  });
});

describe("a question or a timer", () => {
  it("suspends the run after its log was sent, and nothing follows, neither a result nor a release", async () => {
    const { outcome, calls, of } = await attempt(async (run, { log }) => {
      log("Asks\n");
      await run.ask("approve", { ...QUESTION, by: { not_requester: true }, timeout_seconds: 60, note: "Soon" });
    }, suspended);
    expect([outcome, calls]).toEqual([SUSPENDED, ["POST log", "POST suspend"]]);
    const wait = { key: "approve", kind: "question", ...QUESTION, by: { not_requester: true } };
    expect(of("POST suspend")).toEqual([{ waits: [wait], timeout_seconds: 60, note: "Soon" }]);
  });

  it("is a timer of seconds or until an instant", async () => {
    for (const [until, due] of [
      [60, { seconds: 60 }],
      [new Date("2026-02-01T00:00:00Z"), { at: "2026-02-01T00:00:00.000Z" }],
    ] as const) {
      const { of } = await attempt((run) => run.sleep("later", until).then(() => {}), suspended);
      expect(of("POST suspend")).toEqual([{ waits: [{ key: "later", kind: "timer", ...due }] }]);
    }
  });

  it("ends the heartbeats first, since the answer to one would say that the lease is lost", async () => {
    const events: string[] = [];
    const { outcome } = await attempt(
      async (run) => {
        await vi.waitFor(() => expect(events).toEqual(["heartbeat"]));
        await run.ask("approve", QUESTION);
      },
      {
        "POST heartbeat": ({ signal }) => {
          events.push("heartbeat");
          return new Promise((_resolve, reject) =>
            signal?.addEventListener("abort", () => {
              events.push("given up");
              reject(signal.reason);
            }),
          );
        },
        "POST suspend": () => {
          events.push("suspend");
          return json({ suspended: true, outcomes: null });
        },
      },
      { heartbeat_interval_seconds: 0.001 },
    );
    expect([outcome, events]).toEqual([SUSPENDED, ["heartbeat", "given up", "suspend"]]);
  });

  it("ends the attempt also when the work catches that, and whatever it does then", async () => {
    const caught: unknown[] = [];
    const { outcome, calls } = await attempt(async (run, { artifact, signal }) => {
      const later: (() => Promise<unknown>)[] = [
        () => run.ask("approve", QUESTION),
        () => run.sleep("later", 60),
        () => run.step("late", () => 1),
        () => artifact("late.txt", "text"),
      ];
      for (const go of later) await go().catch((error: unknown) => caught.push(error));
      caught.push(signal.reason);
      throw new Error("It did not work.");
    }, suspended);
    expect([outcome, calls]).toEqual([SUSPENDED, ["POST suspend"]]);
    const kinds = caught.map((error) => (error instanceof WorkEnded ? error.kind : error));
    expect(kinds).toEqual(Array(5).fill("suspended"));
  });

  it("is asked one after another, also when the work asks several at the same time", async () => {
    const { outcome, of } = await attempt(async (run) => {
      await Promise.all([run.ask("approve", QUESTION), run.ask("pay", QUESTION)]);
    }, suspended);
    expect([outcome, of("POST suspend")]).toMatchObject([SUSPENDED, [{ waits: [{ key: "approve" }] }]]);
  });

  it("has its outcome from the dispatch or lease, or from the service, and is not asked again", async () => {
    const work: Work = async (run) => ({ output: (await run.ask("approve", QUESTION)).value });
    const outcomes = { approve: ANSWER };
    const known = await attempt(work, {}, { attempt: 2, resume: { outcomes, checkpoints: 0 } });
    expect(known.calls).toEqual(["POST callback"]);
    const read = await attempt(work, { "GET resume": () => json({ outcomes, checkpoints: {} }) }, { attempt: 2 });
    expect(read.calls).toEqual(["GET resume", "POST callback"]);
    for (const { of } of [known, read]) expect(of("POST callback")).toEqual([{ status: "COMPLETED", output: "yes" }]);
  });

  it("lets the attempt go on when it has come already, with its heartbeats and its log", async () => {
    const beats: unknown[] = [];
    const elapsed = { kind: "timer", outcome: "elapsed", at: "2026-01-31T14:00:00.000Z" };
    const { calls, of } = await attempt(
      async (run, { log }) => {
        log("Before\n");
        const outcome = await run.sleep("moment", 0);
        expect(await run.sleep("moment", 0)).toEqual(outcome);
        await vi.waitFor(() => expect(beats).toHaveLength(1));
        log("After\n");
        return { output: outcome.outcome };
      },
      {
        "POST suspend": () => json({ suspended: false, outcomes: { moment: elapsed } }),
        "POST heartbeat": () => {
          beats.push("beat");
          return json({});
        },
      },
    );
    expect(calls).toEqual(["POST log", "POST suspend", "POST heartbeat", "POST log", "POST callback"]);
    expect(of("POST log")).toMatchObject([
      { sequence: 0, text: "Before\n" },
      { sequence: 1, text: "After\n" },
    ]);
    expect(of("POST callback")).toEqual([{ status: "COMPLETED", output: "elapsed" }]);
  });

  it("fails with the reason when the service refuses it, also one whose key is of the other kind", async () => {
    const { outcome, calls } = await attempt(
      (run) => run.sleep("approve", 60).then(() => {}),
      { "POST suspend": () => problem(409, "conflict") },
      { attempt: 2, resume: { outcomes: { approve: ANSWER }, checkpoints: 0 } },
    );
    expect(calls).toContain("POST suspend");
    expect(outcome).toMatchObject({ status: "FAILED", error: "The run was not suspended: Do this." });
  });
});
