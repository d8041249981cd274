import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRunner, type Progress, type Work } from "../src/runner/index.ts";
import { json, problem } from "./fake-service.ts";

const SERVICE = "https://runs.example.com";
const SECRET = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";
/** How long the fake service takes to answer. */
const LATENCY_MS = 20;
const FOLLOWED_MS = 1_000;
const ALONE_MS = 15_000;

type Entry = { sequence: number; text: string };
type Message = { progress?: object; log?: Entry[] };
type Answer = (message: Message & Partial<Entry>) => Response | Error | undefined;

/** A run as a lease and as a dispatch. */
const newRun = () => ({
  run_id: "run-1",
  attempt: 1,
  deadline_at: new Date(Date.now() + 600_000).toISOString(),
  run_snapshot: { workflow_name: "Quarterly report" },
  input: null,
  callback_url: `${SERVICE}/v1/workflow-runs/run-1/callback`,
  callback_token: "token",
  lease_expires_at: new Date(Date.now() + 300_000).toISOString(),
  heartbeat_interval_seconds: 20,
});

/** A service that stores the log, and says how long to gather. `answers` take precedence. */
function fakeService(withinMs: number | undefined, answers: Partial<Record<"heartbeat" | "log", Answer>> = {}) {
  const asked: { path: string; body: Message & Partial<Entry> }[] = [];
  const stored = new Map<number, string>();
  const within = withinMs === undefined ? {} : { log_within_ms: withinMs };
  let hasLeased = false;
  const store = (entries: Entry[] = []) => {
    for (const { sequence, text } of entries) {
      // An entry that is sent again must be the same.
      expect(stored.get(sequence) ?? text).toBe(text);
      stored.set(sequence, text);
    }
  };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = request.url.split("/").at(-1) ?? "";
    const text = await request.text();
    const body: Message & Partial<Entry> = text === "" ? {} : JSON.parse(text);
    asked.push({ path, body });
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    const answer = path === "heartbeat" || path === "log" ? answers[path]?.(body) : undefined;
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    if (path === "runner-sessions") return json({ token: "session" }, 201);
    if (path === "leases") {
      const leases = hasLeased ? [] : [newRun()];
      hasLeased = true;
      return json({ leases, after: null });
    }
    if (path === "log") {
      store([{ sequence: body.sequence ?? -1, text: body.text ?? "" }]);
      return json({ is_cut: false, ...within });
    }
    if (path !== "heartbeat") return json({});
    store(body.log);
    return json({ stop: null, log: body.log ? { is_cut: false, conflicts: [] } : null, ...within });
  };
  const logOf = () => [...stored].sort(([a], [b]) => a - b).map(([, text]) => text);
  const bodiesOf = (path: string) => asked.filter((one) => one.path === path).map(({ body }) => body);
  return { asked, fetch, bodiesOf, log: () => logOf().join("") };
}

const later = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ten lines a second for a minute. */
const aMinute: Work = async (_, { log }) => {
  for (let line = 0; line < 600; line++) {
    log(`Line ${line}\n`);
    if (line % 5 === 4) await pause(500);
  }
};
const LINES = Array.from({ length: 600 }, (_, line) => `Line ${line}\n`).join("");

/** Answers what the runner has noted. */
async function lease(work: Work, service: ReturnType<typeof fakeService>, seconds: number) {
  const notes: string[] = [];
  const onNote = ({ text }: { text: string }) => void notes.push(text);
  const runner = createRunner({ lease: { url: SERVICE, key: "wr_key" }, work, onNote, fetch: service.fetch });
  const done = runner.run({ most: 1 });
  await later(seconds);
  await done;
  return notes;
}

async function dispatch(work: Work, service: ReturnType<typeof fakeService>, seconds: number) {
  const runner = createRunner({ webhook: { secret: SECRET }, work, fetch: service.fetch });
  const body = JSON.stringify({ type: "workflow_run.dispatched", timestamp: "2026-01-31T12:00:00Z", data: newRun() });
  const at = new Date();
  const headers = {
    "webhook-id": "m",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(SECRET).sign("m", at, body),
  };
  await runner.handle(new Request("https://runner.example.com", { method: "POST", body, headers }));
  await later(seconds);
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a leased run of a minute with ten lines a second", () => {
  /** The session is opened once for many runs, and the invoke is one more request. */
  const requestsOf = ({ asked }: ReturnType<typeof fakeService>) =>
    1 + asked.filter(({ path }) => path !== "runner-sessions").length;

  it.each([
    [8, "nobody follows it", ALONE_MS],
    [66, "somebody follows it", FOLLOWED_MS],
    [66, "the service does not say whether somebody does", undefined],
  ])("costs at most %i requests while %s", async (most, _, withinMs) => {
    const service = fakeService(withinMs);
    await lease(aMinute, service, 62);
    expect(service.log()).toBe(LINES);
    expect(service.asked.at(-1)?.path).toBe("callback");
    expect(requestsOf(service)).toBeLessThanOrEqual(most);
  });

  it("gathers no longer when somebody begins to follow it", async () => {
    let withinMs = ALONE_MS;
    const service = fakeService(undefined, {
      heartbeat: ({ log }) => json({ log: log ? { is_cut: false, conflicts: [] } : null, log_within_ms: withinMs }),
    });
    await Promise.all([
      lease(aMinute, service, 62),
      pause(30_000).then(() => {
        withinMs = FOLLOWED_MS;
      }),
    ]);
    expect(service.bodiesOf("heartbeat").length).toBeGreaterThan(15);
    expect(service.bodiesOf("heartbeat").length).toBeLessThan(33);
  });
});

describe("a leased run", () => {
  it("sends a message full of text at once, and what is left by the log before the result", async () => {
    const service = fakeService(ALONE_MS);
    await lease(
      async (_, { log }) => {
        log("a".repeat(60_000));
        await pause(100);
        log("b");
      },
      service,
      2,
    );
    expect(service.asked.map(({ path }) => path).slice(2)).toEqual(["heartbeat", "log", "callback"]);
    expect(service.bodiesOf("heartbeat")[0]?.log?.map(({ text }) => text.length)).toEqual([30_000, 30_000]);
    expect(service.log()).toBe(`${"a".repeat(60_000)}b`);
  });

  it("sends heartbeats as often as its lease asks when it has nothing to tell", async () => {
    const service = fakeService(ALONE_MS);
    await lease(async () => void (await pause(65_000)), service, 66);
    expect(service.bodiesOf("heartbeat")).toEqual([{}, {}, {}]);
  });

  it("sends an entry again with the same number and text after a lost answer, with what was logged meanwhile behind it", async () => {
    let isLost = true;
    const service = fakeService(FOLLOWED_MS, { heartbeat: () => (isLost ? new Error("reset") : undefined) });
    await lease(
      async (_, { log, progress }) => {
        progress({ percent: 10 });
        log("a");
        await pause(1_100);
        log("b");
        isLost = false;
        await pause(3_000);
      },
      service,
      5,
    );
    const first = { sequence: 0, text: "a" };
    expect(service.bodiesOf("heartbeat")).toEqual([
      { progress: { percent: 10 }, log: [first] },
      { progress: { percent: 10 }, log: [first, { sequence: 1, text: "b" }] },
    ]);
    expect([service.log(), service.bodiesOf("log")]).toEqual(["ab", []]);
  });

  it("comes back after pauses that grow while the service refuses, but never later than the next heartbeat is due", async () => {
    const at: number[] = [];
    const service = fakeService(ALONE_MS, {
      heartbeat: () => {
        at.push(Date.now());
        return problem(503, "database_unavailable", { "Retry-After": "1" });
      },
    });
    await lease(async () => void (await pause(120_000)), service, 121);
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0) - LATENCY_MS);
    for (const [n, ms] of pauses.entries()) {
      expect(ms).toBeGreaterThanOrEqual(Math.min(1_000 + 500 * 2 ** n, 11_000));
      expect(ms).toBeLessThanOrEqual(Math.min(1_000 + 1_000 * 2 ** n, 20_000) + 5);
    }
    expect(pauses.length).toBeGreaterThan(5);
  });

  it("sends its log by itself to an older service, which takes none with a heartbeat, and its progress again", async () => {
    const service = fakeService(undefined, {
      heartbeat: ({ log }) => (log ? problem(422, "unprocessable") : json({ stop: null })),
    });
    await lease(
      async (_, { log, progress }) => {
        progress({ percent: 10 });
        log("a");
        await pause(5_000);
        log("b");
        await pause(5_000);
      },
      service,
      12,
    );
    expect(service.bodiesOf("heartbeat")).toEqual([
      { progress: { percent: 10 }, log: [{ sequence: 0, text: "a" }] },
      { progress: { percent: 10 } },
    ]);
    expect(service.bodiesOf("log")).toEqual([
      { sequence: 0, text: "a" },
      { sequence: 1, text: "b" },
    ]);
  });

  it("sends its progress as a whole percentage from 0 to 100 and a text that can be stored", async () => {
    const service = fakeService(FOLLOWED_MS);
    const said: (Omit<Progress, "percent"> & { percent: unknown })[] = [
      { percent: 100 / 3, message: `${"x".repeat(499)}😀` },
      { percent: 100.4, message: "a\0b\ud83d" },
      { percent: -1, message: "" },
      { percent: Number.NaN },
      { percent: "50" },
      { percent: "half", message: "no number" },
      { percent: 10n ** 400n, message: "too large" },
      { percent: Symbol("half"), message: "a symbol" },
    ];
    await lease(
      async (_, { progress }) => {
        for (const one of said) {
          progress(one as Progress);
          await pause(3_000);
        }
      },
      service,
      25,
    );
    expect(service.bodiesOf("heartbeat").map(({ progress }) => progress)).toEqual([
      { percent: 33, message: "x".repeat(499) },
      { percent: 100, message: "a\ufffdb\ufffd" },
      { percent: 0, message: "" },
      {},
      { percent: 50 },
      { message: "no number" },
      { message: "too large" },
      { message: "a symbol" },
    ]);
  });

  it("keeps its lease when the service refuses its progress, and says so", async () => {
    const service = fakeService(FOLLOWED_MS, {
      heartbeat: ({ progress }) => (progress ? problem(422, "unprocessable") : undefined),
    });
    const notes = await lease(
      async (_, { progress }) => {
        progress({ percent: 1 });
        await pause(30_000);
      },
      service,
      31,
    );
    expect(service.bodiesOf("heartbeat")).toEqual([{ progress: { percent: 1 } }, {}, {}]);
    expect(notes).toEqual([expect.stringContaining("The progress was refused")]);
  });

  it("stops logging when a number has another text, and goes on working", async () => {
    const service = fakeService(undefined, {
      heartbeat: ({ log }) => json({ stop: null, log: log ? { is_cut: false, conflicts: [0] } : null }),
    });
    await lease(
      async (_, { log }) => {
        log("a");
        await pause(5_000);
        log("b");
      },
      service,
      6,
    );
    expect([service.bodiesOf("log"), service.asked.at(-1)?.path]).toEqual([[], "callback"]);
  });
});

describe("a run of a runner with a URL", () => {
  it("is reported when its work has ended, although something of it goes on to log", async () => {
    const service = fakeService(ALONE_MS);
    let timer: ReturnType<typeof setInterval> | undefined;
    const work: Work = async (_, { log }) => {
      log("Done\n");
      timer = setInterval(() => log("more\n"), LATENCY_MS / 4);
    };
    await dispatch(work, service, 1);
    clearInterval(timer);
    expect([service.log(), service.asked.at(-1)?.path]).toEqual(["Done\n", "callback"]);
  });

  it("sends no heartbeat for its log, which is gathered for as long as the answers of the log say", async () => {
    const service = fakeService(ALONE_MS);
    await dispatch(aMinute, service, 62);
    expect([service.log(), service.bodiesOf("heartbeat"), service.asked.at(-1)?.path]).toEqual([LINES, [], "callback"]);
    expect(service.bodiesOf("log").length).toBeLessThanOrEqual(5);
  });

  it("lets heartbeats carry its log once its progress has begun them", async () => {
    const service = fakeService(FOLLOWED_MS);
    await dispatch(
      async (_, { log, progress }) => {
        log("a");
        await pause(3_000);
        progress({ percent: 50 });
        await pause(3_000);
        log("b");
        await pause(3_000);
      },
      service,
      10,
    );
    expect(service.asked.map(({ path }) => path)).toEqual(["log", "heartbeat", "heartbeat", "callback"]);
    expect(service.bodiesOf("heartbeat")).toEqual([
      { progress: { percent: 50 } },
      { log: [{ sequence: 1, text: "b" }] },
    ]);
  });
});
