import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createRunner, type Work, WorkEnded } from "../src/runner/index.ts";

const SECRET = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";
const RUN = {
  run_id: "01920000-0000-7000-8000-000000000405",
  attempt: 1,
  deadline_at: new Date(Date.now() + 60_000).toISOString(),
  run_snapshot: { workflow_name: "Quarterly report" },
  input: { quarter: "Q1" },
  callback_url: "https://runs.example.com/v1/workflow-runs/01920000-0000-7000-8000-000000000405/callback",
  callback_token: "token",
};

type Call = { verb: string; body: Record<string, unknown>; token: string | null };
/** "never" answers when nobody waits any more. */
type Answers = Partial<
  Record<
    "callback" | "log" | "heartbeat" | "release" | "suspend" | "a.csv" | "output.json",
    (Response | Error | "never")[]
  >
>;

/** A fake service for a runner. It answers 200 by default. */
function fakeService(answers: Answers = {}) {
  const calls: Call[] = [];
  const aborted: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const verb = String(input).split("/").at(-1) ?? "";
    const headers = new Headers(init?.headers);
    const token = headers.get("Authorization");
    const body =
      init?.body instanceof Blob
        ? { content: await init.body.text(), type: headers.get("Content-Type"), digest: headers.get("Content-Digest") }
        : JSON.parse(String(init?.body));
    calls.push({ verb, body, token });
    const answer = Object.entries(answers)
      .find(([name]) => name === verb)?.[1]
      ?.shift();
    if (answer instanceof Error) throw answer;
    if (answer === "never") {
      const { signal } = init ?? {};
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      aborted.push(verb);
      throw signal?.reason;
    }
    return answer ?? Response.json({});
  };
  const of = (verb: string) => calls.filter((call) => call.verb === verb).map(({ body }) => body);
  return { calls, aborted, fetch, of };
}

function message(type: string, data: object = RUN, secret = SECRET, at = new Date()): Request {
  const body = JSON.stringify({ type, timestamp: "2026-01-31T12:00:00Z", data });
  const headers = {
    "webhook-id": "m",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("m", at, body),
  };
  return new Request("https://runner.example.com", { method: "POST", body, headers });
}

/** What is waited for comes at once on a machine that does nothing else. */
const until = (check: () => void) => vi.waitFor(check, 20_000);

function start(work: Work, answers: Answers = {}) {
  const service = fakeService(answers);
  const notes: string[] = [];
  const onNote = ({ text }: { text: string }) => notes.push(text);
  const runner = createRunner({ webhook: { secret: SECRET }, work, onNote, fetch: service.fetch });
  return { runner, service, notes };
}

const untilEnded: Work = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("a runner with a URL", () => {
  it("works on a dispatch once, writes the log, and reports the result", async () => {
    const seen: unknown[] = [];
    const { runner, service } = start(async (run, { log }) => {
      seen.push(run);
      log("Reading\n");
      return { output: { pages: 3 }, summary: "Three pages" };
    });
    for (const _ of ["once", "twice"])
      expect((await runner.handle(message("workflow_run.dispatched"))).status).toBe(202);
    await until(() => expect(service.of("callback")).toHaveLength(1));
    const { callback_token: _, ...run } = RUN;
    expect(seen).toEqual([run]);
    expect(service.calls).toEqual([
      { verb: "log", body: { sequence: 0, text: "Reading\n" }, token: "Bearer token" },
      {
        verb: "callback",
        body: { status: "COMPLETED", output: { pages: 3 }, summary: "Three pages" },
        token: "Bearer token",
      },
    ]);
  });

  it("stores a file before the result, with its type and digest, and tries again until it is stored", async () => {
    const busy = () => Response.json({}, { status: 503, headers: { "Retry-After": "0" } });
    const { runner, service } = start(
      async (_, { artifact }) => {
        await artifact("a.csv", "a,b", { sha256: "00ff" });
        await artifact("b", new Uint8Array([1]), { contentType: "image/png" });
      },
      { "a.csv": [busy(), busy()] },
    );
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toEqual([{ status: "COMPLETED" }]));
    const table = { content: "a,b", type: "text/csv; charset=utf-8", digest: "sha-256=:AP8=:" };
    expect(service.of("a.csv")).toEqual([table, table, table]);
    expect(service.of("b")).toEqual([{ content: "\u0001", type: "image/png", digest: null }]);
  });

  it("ends without a callback when its run is suspended, and goes on with the dispatch of the next attempt", async () => {
    const suspend = [Response.json({ suspended: true, outcomes: null })];
    const { runner, service } = start(
      async (run) => {
        const { value } = await run.ask("approve", { prompt: "Pay?", choices: ["yes", "no"] });
        return { summary: `The answer is ${value}.` };
      },
      { suspend },
    );
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("suspend")).toHaveLength(1));
    const approve = { kind: "question", outcome: "answered", at: "2026-01-31T14:00:00.000Z", value: "yes" };
    const resume = { outcomes: { approve }, checkpoints: 0 };
    await runner.handle(message("workflow_run.dispatched", { ...RUN, attempt: 2, resume }));
    await until(() => expect(service.of("callback")).toHaveLength(1));
    expect(service.calls.map(({ verb }) => verb)).toEqual(["suspend", "callback"]);
    expect(service.of("callback")).toEqual([{ status: "COMPLETED", summary: "The answer is yes." }]);
  });

  it("reports what the work throws, and tries the callback again until it is answered", async () => {
    const callback = [503, 429].map((status) => Response.json({}, { status, headers: { "Retry-After": "0" } }));
    const { runner, service, notes } = start(() => Promise.reject(new Error("No such folder")), { callback });
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toHaveLength(3));
    expect(service.of("callback")).toEqual(Array(3).fill({ status: "FAILED", error: "No such folder" }));
    expect(notes).toHaveLength(2);
  });

  it("stores an output of more than 64 KiB as output.json, and says so in the log and the summary", async () => {
    const output = { text: "x".repeat(65_536) };
    const { runner, service } = start(async () => ({ output, summary: "Much" }));
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toHaveLength(1));
    const told = "The output is the file output.json: it has 65547 bytes, and the output of a run at most 65536.";
    expect(service.of("callback")).toEqual([{ status: "COMPLETED", summary: `Much\n${told}` }]);
    expect(service.of("output.json")).toMatchObject([{ content: JSON.stringify(output), type: "application/json" }]);
    expect(service.of("log")).toMatchObject([{ text: `${told}\n` }]);
  });

  it.each<[why: string, json: string]>([
    ["a text in it has half a surrogate pair", '"\\ud83d"'],
    ["it is nested more than 31 levels deep", `${"[".repeat(32)}"]"${"]".repeat(32)}`],
  ])("stores an output as output.json of which %s", async (why, json) => {
    const { runner, service } = start(async () => ({ output: JSON.parse(json) }));
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toHaveLength(1));
    const told = `The output is the file output.json: ${why}.`;
    expect(service.of("callback")).toEqual([{ status: "COMPLETED", summary: told }]);
    expect(service.of("output.json")).toMatchObject([{ content: json }]);
  });

  it("keeps an output that is nested 31 levels deep", async () => {
    const { runner, service } = start(async () => ({ output: JSON.parse(`${"[".repeat(31)}"["${"]".repeat(31)}`) }));
    await runner.handle(message("workflow_run.dispatched"));
    await until(() =>
      expect(service.of("callback")).toMatchObject([{ status: "COMPLETED", output: [expect.any(Array)] }]),
    );
  });

  it("keeps an output of 64 KiB, and fails with the reason when the file of a larger one is refused", async () => {
    const fits = start(async () => ({ output: "x".repeat(65_534) }));
    await fits.runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(fits.service.of("callback")).toMatchObject([{ output: expect.any(String) }]));
    const refusal = Response.json({ title: "No bucket", detail: "There is none." }, { status: 403 });
    const refused = start(async () => ({ output: "x".repeat(65_535) }), { "output.json": [refusal] });
    await refused.runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(refused.service.of("callback")).toHaveLength(1));
    expect(refused.service.of("callback")).toMatchObject([
      { status: "FAILED", error: expect.stringMatching(/^The file output.json was not stored: /) },
    ]);
  });

  it("ends stopped work without a callback, and does not begin a run whose stop came before its dispatch", async () => {
    const ended: unknown[] = [];
    const work = vi.fn<Work>(async (run, context) => {
      await untilEnded(run, context).catch((error: unknown) => ended.push(error));
    });
    const { runner, service } = start(work);
    await runner.handle(message("workflow_run.dispatched"));
    await runner.handle(message("workflow_run.stopped", { run_id: RUN.run_id, attempt: 1, reason: "Wrong folder" }));
    await until(() => expect(ended).toEqual([new WorkEnded("stopped", "Stopped: Wrong folder")]));
    await runner.handle(message("workflow_run.stopped", { ...RUN, attempt: 2 }));
    expect((await runner.handle(message("workflow_run.dispatched", { ...RUN, attempt: 2 }))).status).toBe(202);
    await runner.stop();
    expect(work).toHaveBeenCalledTimes(1);
    expect(service.of("callback")).toEqual([]);
  });

  it("reports a run as FAILED whose dispatch came after a stop with a grace, and begins none of its work", async () => {
    const work = vi.fn<Work>(async () => {});
    const { runner, service } = start(work);
    for (const attempt of [1, 2]) await runner.handle(message("workflow_run.stopping", { ...RUN, attempt }));
    // After the last word, nothing is reported.
    await runner.handle(message("workflow_run.stopped", { ...RUN, attempt: 2 }));
    for (const attempt of [1, 2, 1, 2]) await runner.handle(message("workflow_run.dispatched", { ...RUN, attempt }));
    await until(() => expect(service.of("callback")).toHaveLength(1));
    await runner.handle(message("workflow_run.stopping"));
    await runner.handle(message("workflow_run.dispatched"));
    await runner.stop();
    expect(service.of("callback")).toEqual([{ status: "FAILED", error: "It was stopped." }]);
    expect(work).not.toHaveBeenCalled();
  });

  it("reports work that ends within the grace of a stop", async () => {
    const { runner, service } = start(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { summary: "Half of it" };
    });
    await runner.handle(message("workflow_run.dispatched"));
    await runner.handle(message("workflow_run.stopping", { ...RUN, reason: null, ends_at: RUN.deadline_at }));
    await until(() => expect(service.of("callback")).toEqual([{ status: "COMPLETED", summary: "Half of it" }]));
  });

  it.each([
    ["its own is two minutes ahead", 120, 0],
    ["messages take 20 seconds", 0, 20],
  ])(
    "counts the time that is left, also until the end of a stop, by the service's clock when %s",
    async (_, aheadSeconds, waySeconds) => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const now = () => new Date(Date.now() - aheadSeconds * 1000);
      const signedAt = () => new Date(now().getTime() - waySeconds * 1000);
      const inSeconds = (seconds: number) => new Date(now().getTime() + seconds * 1000).toISOString();
      const { runner, service } = start(async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return { output: signal.reason.endsAt - Date.now() };
      });
      const run = { ...RUN, deadline_at: inSeconds(60) };
      await runner.handle(message("workflow_run.dispatched", run, SECRET, signedAt()));
      await vi.advanceTimersByTimeAsync(30_000);
      const stop = { ...RUN, reason: null, ends_at: inSeconds(20) };
      await runner.handle(message("workflow_run.stopping", stop, SECRET, signedAt()));
      await until(() => expect(service.of("callback")).toEqual([{ status: "COMPLETED", output: expect.any(Number) }]));
      const [result] = service.of("callback");
      expect(result?.output).toBeGreaterThan(18_000);
      expect(result?.output).toBeLessThanOrEqual(20_000);
    },
  );

  it("sends heartbeats from the first progress on, and learns of a stop from their answers", async () => {
    const heartbeat = [Response.json({ stop: { reason: "Enough", ends_at: RUN.deadline_at } })];
    const { runner, service } = start(
      async (run, context) => {
        context.progress({ percent: 40, message: "reading" });
        await untilEnded(run, context);
      },
      { heartbeat },
    );
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toEqual([{ status: "FAILED", error: "Stopped: Enough" }]));
    expect(service.of("heartbeat")).toEqual([{ progress: { percent: 40, message: "reading" } }]);
  });

  it("does not report another try when the run has ended during a heartbeat", async () => {
    const { runner, service, notes } = start(
      async (_, { progress }) => {
        progress({ percent: 40 });
        await until(() => expect(service.of("heartbeat")).toHaveLength(1));
      },
      { heartbeat: ["never"] },
    );
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.aborted).toEqual(["heartbeat"]));
    await new Promise((resolve) => setImmediate(resolve));
    expect([service.of("callback"), notes]).toEqual([[{ status: "COMPLETED" }], []]);
  });

  it("reports unfinished runs as FAILED when it is shut down, and accepts no more runs", async () => {
    const { runner, service } = start(untilEnded);
    await runner.handle(message("workflow_run.dispatched"));
    await runner.stop();
    expect(service.of("callback")).toEqual([{ status: "FAILED", error: "The runner was shut down." }]);
    expect((await runner.handle(message("workflow_run.dispatched", { ...RUN, attempt: 2 }))).status).toBe(503);
  });

  it("refuses unsigned messages, and accepts messages of unknown types", async () => {
    const { runner, service } = start(untilEnded);
    const other = "whsec_bm90IHRoaXMgb25l";
    expect((await runner.handle(message("workflow_run.dispatched", RUN, other))).status).toBe(401);
    expect((await runner.handle(message("something.new", {}))).status).toBe(202);
    expect((await runner.handle(new Request("https://runner.example.com"))).status).toBe(405);
    await runner.stop();
    expect(service.calls).toEqual([]);
  });
});

describe("the log of an attempt", () => {
  const logged = async (write: (log: (text: string) => void) => void, log: (Response | Error)[] = []) => {
    const { runner, service } = start(async (_, context) => write(context.log), { log });
    await runner.handle(message("workflow_run.dispatched"));
    await until(() => expect(service.of("callback")).toHaveLength(1));
    return service.of("log");
  };

  it("is sent in entries of at most 32 KiB, in order and without half a character", async () => {
    const text = `x${"😀".repeat(12_000)}`;
    const entries = await logged((log) => log(text));
    expect(entries.map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(entries.map((entry) => entry.text).join("")).toBe(text);
    for (const entry of entries) {
      expect(new TextEncoder().encode(String(entry.text)).length).toBeLessThanOrEqual(32 * 1024);
      expect(String(entry.text)).not.toMatch(/\p{Surrogate}/u);
    }
  });

  it("sends an entry again with the same number", async () => {
    const entries = await logged((log) => log("a"), [new Error("reset")]);
    expect(entries).toEqual(Array(2).fill({ sequence: 0, text: "a" }));
  });

  it("ends when the service refuses it, and sends what was cut as its end, which the service may not take", async () => {
    const text = "a".repeat(30_000);
    const refused = Response.json({ detail: "Ended" }, { status: 409 });
    expect(await logged((log) => log(text), [refused])).toEqual([{ sequence: 0, text }]);
    const cut = Response.json({ is_cut: true });
    const unknown = Response.json({ detail: [] }, { status: 422 });
    for (const answers of [
      [cut, cut.clone()],
      [cut.clone(), unknown],
    ]) {
      expect(await logged((log) => log(text), answers)).toEqual([
        { sequence: 0, text },
        { sequence: 0, text, omitted_bytes: 0 },
      ]);
    }
  });

  it("buffers no more than the service stores, and sends the end of a longer one last, with what is left out before", async () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => `This is line ${n} of a long log, and all are alike.\n`);
    const all = lines.join("");
    const entries = await logged((log) => {
      for (const line of lines) log(line);
    });
    const end = entries.filter(({ omitted_bytes: omitted }) => omitted !== undefined);
    const textOf = (some: typeof entries) => some.map(({ text }) => text).join("");
    const begin = textOf(entries.slice(0, -end.length));
    expect([all.startsWith(begin), begin.length > 1024 * 1024, begin.length < 1.1 * 1024 * 1024]).toEqual([
      true,
      true,
      true,
    ]);
    expect([all.endsWith(textOf(end)), textOf(end).startsWith("This is line ")]).toEqual([true, true]);
    expect(textOf(end).length).toBeGreaterThan(255 * 1024);
    expect(textOf(end).length).toBeLessThanOrEqual(256 * 1024);
    expect(end.map(({ omitted_bytes: omitted }) => omitted)).toEqual([
      all.length - begin.length - textOf(end).length,
      ...Array(end.length - 1).fill(0),
    ]);
    expect(entries.map(({ sequence }) => sequence)).toEqual([...entries.keys()]);
  });
});
