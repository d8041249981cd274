import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Assignment, createRunner, type Outcome, type Work } from "../src/runner/index.ts";
import { challenge, json, problem } from "./fake-service.ts";

type Path = "runner-sessions" | "leases" | "callback" | "heartbeat" | "release" | "log" | "close" | "report.txt";
type Answers = Partial<Record<Path, () => Response | Error>>;

const SERVICE = "https://runs.example.com";

let taken = 0;
const newLease = () => ({
  run_id: `run-${++taken}`,
  attempt: 1,
  deadline_at: new Date(Date.now() + 600_000).toISOString(),
  run_snapshot: { workflow_name: "Quarterly report" },
  input: null,
  callback_url: `${SERVICE}/v1/workflow-runs/run-${taken}/callback`,
  callback_token: "token",
  lease_expires_at: new Date(Date.now() + 300_000).toISOString(),
  heartbeat_interval_seconds: 20,
});

/** Answers with one new lease. */
const aLease = () => json({ leases: [newLease()], after: null });

/** A runner of a fake service, which opens sessions and accepts everything else unless `answers` says something else. */
function start(work: Work, answers: Answers, onRetry?: (reason: string) => void) {
  const asked: Path[] = [];
  const ended: [Assignment["run_id"], Outcome][] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    const path = new URL(input instanceof Request ? input.url : String(input)).pathname.split("/").at(-1) as Path;
    asked.push(path);
    const answer = answers[path]?.() ?? (path === "runner-sessions" ? json({ token: "session" }, 201) : json({}));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const runner = createRunner({
    lease: {
      url: SERVICE,
      key: "wr_key",
      onEnd: ({ run_id }, outcome) => ended.push([run_id, outcome]),
      ...(onRetry && { onRetry }),
    },
    work,
    fetch,
  });
  return { runner, ended, asked, count: (path: Path) => asked.filter((one) => one === path).length };
}

const later = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

describe("a runner that leases", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    // In this order: a spy on `setTimeout` is a spy on the fake one, and its end would put that one back.
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("opens a new session at once when its session has ended, and after growing pauses while those are refused", async () => {
    const { runner, count } = start(async () => {}, { leases: () => problem(401, "unauthenticated") });
    const done = runner.run();
    await later(0);
    expect(count("runner-sessions")).toBe(2);
    await later(60);
    const inAMinute = count("runner-sessions");
    expect(inAMinute).toBeGreaterThan(5);
    expect(inAMinute).toBeLessThan(20);
    await runner.stop();
    await done;
  });

  it("pauses for a random time, so that many runners do not come back at the same instant", async () => {
    const pauses = new Set<number>();
    const timeout = vi.spyOn(globalThis, "setTimeout");
    for (let n = 0; n < 5; n++) {
      const { runner } = start(async () => {}, { leases: () => problem(401, "unauthenticated") });
      const done = runner.run();
      await later(0);
      pauses.add(Number(timeout.mock.lastCall?.[1]));
      await runner.stop();
      await done;
    }
    expect(pauses.size).toBeGreaterThan(1);
  });

  it.each<[Path, string]>([
    ["runner-sessions", "a session"],
    ["leases", "work"],
  ])("waits at least as long as Retry-After says, at most a minute, when its request is refused: %s", async (path) => {
    let seconds = 20;
    const busy = () => problem(429, "too_many_requests", { "Retry-After": String(seconds) });
    const { runner, count } = start(async () => {}, { [path]: busy });
    const done = runner.run();
    await later(19);
    expect(count(path)).toBe(1);
    seconds = 3600;
    await later(2);
    expect(count(path)).toBe(2);
    await later(58);
    expect(count(path)).toBe(2);
    await later(3);
    expect(count(path)).toBe(3);
    await runner.stop();
    await done;
  });

  it.each<[string, object]>([
    ["no leases", {}],
    ["a lease that lacks something", { leases: [{ run_id: "run-0" }] }],
  ])("says so and pauses when the answer has %s, and asks again", async (_, body) => {
    const answers = [json(body)];
    const said: string[] = [];
    const { runner, ended } = start(
      async () => {},
      { leases: () => answers.shift() ?? aLease() },
      (one) => said.push(one),
    );
    const done = runner.run({ most: 1 });
    await later(60);
    await done;
    expect([said, ended.length]).toEqual([[expect.stringContaining("no lease")], 1]);
  });

  it("keeps trying while Cloudflare challenges it, at every call, and its run ends as it should", async () => {
    const challenges = new Map<Path, number>();
    const challengedTwice = (path: Path, otherwise: () => Response) => () => {
      challenges.set(path, (challenges.get(path) ?? 0) + 1);
      return (challenges.get(path) ?? 0) > 2 ? otherwise() : challenge();
    };
    const reasons: string[] = [];
    const work: Work = async (_, { log, artifact }) => {
      log("a line\n");
      await artifact("report.txt", "text");
      // As long as several heartbeats.
      await new Promise((resolve) => setTimeout(resolve, 90_000));
    };
    const answers: Answers = {
      "runner-sessions": challengedTwice("runner-sessions", () => json({ token: "session" }, 201)),
      leases: challengedTwice("leases", aLease),
      "report.txt": challengedTwice("report.txt", () => json({}, 201)),
    };
    for (const path of ["heartbeat", "log", "callback"] as const) answers[path] = challengedTwice(path, () => json({}));
    const { runner, ended } = start(work, answers, (reason) => reasons.push(reason));
    const done = runner.run({ most: 1 });
    await later(200);
    await done;
    expect(ended).toEqual([[expect.any(String), { status: "COMPLETED", report: "recorded", error: null }]]);
    expect([...challenges.values()].every((count) => count > 2)).toBe(true);
    expect(challenges.size).toBe(6);
    expect(reasons[0]).toMatch(/^Cloudflare has answered in place of the service/);
  });

  it("closes its session before it gives its runs back, and stops also when that is not answered", async () => {
    for (const close of [() => json({}), () => new Error("cut off")]) {
      const work: Work = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
      const { runner, asked } = start(work, { leases: aLease, close });
      const done = runner.run();
      await later(0);
      await Promise.all([runner.stop(), later(2)]);
      await done;
      expect(asked.slice(-2)).toEqual(["close", "release"]);
    }
  });

  it("has given its run back also when the answer to that was lost", async () => {
    const work: Work = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    const release = [new Error("reset"), problem(409, "other_attempt")];
    const { runner, ended } = start(work, { leases: aLease, release: () => release.shift() ?? json({}) });
    const done = runner.run();
    await later(0);
    await Promise.all([runner.stop(), later(5)]);
    await done;
    expect([release, ended]).toMatchObject([[], [[expect.any(String), { status: null, report: "released" }]]]);
  });

  it("counts the time that is left by the service's clock when its own is an hour ahead", async () => {
    const lease = { ...newLease(), deadline_at: new Date(Date.now() - 3_000_000).toISOString() };
    const headers = { Date: new Date(Date.now() - 3_600_000).toUTCString() };
    const work: Work = async (_, { log }) => {
      log("a line\n");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
    const leases = () => json({ leases: [lease], after: null }, 200, headers);
    const { runner, ended, count } = start(work, { leases, log: () => new Error("cut off") });
    const done = runner.run({ most: 1 });
    await later(660);
    await done;
    expect([count("callback"), ended]).toMatchObject([
      1,
      [[lease.run_id, { status: "COMPLETED", report: "recorded" }]],
    ]);
  });

  it("counts the time until the end of a stop by the service's clock, too", async () => {
    const left: number[] = [];
    const work: Work = async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      left.push(signal.reason.endsAt - Date.now());
    };
    const headers = { Date: new Date(Date.now() - 120_000).toUTCString() };
    const stop = () => ({ reason: null, ends_at: new Date(Date.now() - 60_000).toISOString() });
    const { runner } = start(work, {
      leases: () => json({ leases: [newLease()], after: null }, 200, headers),
      heartbeat: () => json({ stop: stop() }),
    });
    const done = runner.run({ most: 1 });
    await later(30);
    await done;
    expect(left).toEqual([expect.toSatisfy((ms: number) => ms > 58_000 && ms <= 60_000)]);
  });

  it("leaves no listener behind for the runs that it has done", async () => {
    const listeners = new Map<unknown, number>();
    const countFor = (change: number) =>
      function count(this: unknown) {
        listeners.set(this, (listeners.get(this) ?? 0) + change);
      };
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const [added, removed] = [countFor(1), countFor(-1)];
    vi.spyOn(EventTarget.prototype, "addEventListener").mockImplementation(function add(this: EventTarget, ...args) {
      added.call(this);
      return Reflect.apply(addEventListener, this, args);
    });
    vi.spyOn(EventTarget.prototype, "removeEventListener").mockImplementation(function drop(
      this: EventTarget,
      ...args
    ) {
      removed.call(this);
      return Reflect.apply(removeEventListener, this, args);
    });
    const { runner, ended } = start(() => new Promise((resolve) => setTimeout(resolve, 1_000)), { leases: aLease });
    const done = runner.run({ most: 20 });
    await later(60);
    await done;
    expect(ended).toHaveLength(20);
    expect(Math.max(0, ...listeners.values())).toBeLessThan(5);
  });

  it("reports what it finished while it was cut off, although its lease is lost by then", async () => {
    let isCut = false;
    const cut = (otherwise: () => Response) => () => (isCut ? new Error("cut off") : otherwise());
    const { runner, ended, count } = start(
      async () => {
        isCut = true;
        return { summary: "Done" };
      },
      {
        leases: aLease,
        heartbeat: cut(() => (count("heartbeat") === 1 ? json({}) : problem(409, "conflict"))),
        callback: cut(() => problem(409, "conflict")),
      },
    );
    const done = runner.run({ most: 1 });
    await later(120);
    expect([count("callback") > 1, ended]).toEqual([true, []]);
    isCut = false;
    await later(30);
    await done;
    expect(ended).toMatchObject([[expect.any(String), { status: "COMPLETED", report: "refused", error: "Do this." }]]);
  });
});
