import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MOST_TENANT_STREAMS, MOST_TENANT_WAITS } from "../../src/http/live/live.ts";
import { CallRate } from "../../src/hub/call-rate.ts";
import { Listeners } from "../../src/hub/listeners.ts";
import type { ChangedRun } from "../../src/verbs/effects.ts";

/** The parts of a Durable Object's state that are needed. Its sockets stay open. */
class FakeContext {
  readonly byTag = new Map<string, WebSocket[]>();

  acceptWebSocket(socket: WebSocket, tags: string[]) {
    // The limits of the platform.
    expect([tags.length <= 10, tags.every((tag) => tag.length <= 256)]).toEqual([true, true]);
    for (const tag of tags) this.byTag.set(tag, [...(this.byTag.get(tag) ?? []), socket]);
  }

  getWebSockets(tag: string) {
    return this.byTag.get(tag) ?? [];
  }
}

let context: FakeContext;
let listeners: Listeners;
/** The ids of the runs that each socket was told of, of a log with an asterisk. */
let told: Record<string, string[]>;
/** Of which sockets the attached data were read, or to which something was sent. */
let visited: Set<string>;

beforeEach(() => {
  vi.useFakeTimers();
  context = new FakeContext();
  listeners = new Listeners(context as unknown as DurableObjectState);
  told = {};
  visited = new Set();
});

afterEach(() => vi.useRealTimers());

function add(name: string, query: string) {
  let attachment: unknown;
  const socket: unknown = {
    readyState: WebSocket.OPEN,
    send: (text: string) => {
      visited.add(name);
      const runs: { run_id: string | null; is_log?: boolean }[] = JSON.parse(text);
      told[name] = [...(told[name] ?? []), ...runs.map(({ run_id, is_log }) => `${run_id}${is_log ? "*" : ""}`)];
    },
    serializeAttachment: (value: unknown) => {
      attachment = value;
    },
    deserializeAttachment: () => {
      visited.add(name);
      return attachment;
    },
  };
  return listeners.add(socket as WebSocket, new URLSearchParams(query));
}

const changed = (runId: string | null, definitionId: string | null, hasEnded = false): ChangedRun => ({
  ...{ run_id: runId, workflow_definition_id: definitionId, has_ended: hasEnded },
});
const log = (runId: string, isProgress = false): ChangedRun => ({
  ...{ ...changed(runId, null), is_log: true, is_progress: isProgress },
});

describe("a hub tells", () => {
  beforeEach(() => {
    add("all", "caller=a&user=u");
    add("page", "caller=b&user=u&others=1&page=p");
    add("run 1", "caller=c&user=u&run=1&log=1");
    add("run 2", "waiter=d&run=2");
    add("definition", "waiter=e&definition=x");
  });

  it("who listens to a run, to its definition or to all runs, and looks at nobody else", () => {
    listeners.tell([changed("1", "x"), changed("3", "y")]);
    expect(told).toEqual({ all: ["1", "3"], page: ["1", "3"], "run 1": ["1"], definition: ["1"] });
    expect(visited).toEqual(new Set(Object.keys(told)));
  });

  it("pages of what is not a run, and everybody of runs that are not named", () => {
    listeners.tell([changed(null, null)]);
    expect(told).toEqual({ page: ["null"] });
    listeners.tell([changed(null, null, true)]);
    expect(Object.keys(told)).toHaveLength(5);
  });

  it("a new listener of what has changed since it has read, as far as it wants to know of that", async () => {
    listeners.tell([changed("1", "x")]);
    await vi.advanceTimersByTimeAsync(400);
    listeners.tell([changed("2", "y")]);
    listeners.tell([changed("3", "x")]);
    await vi.advanceTimersByTimeAsync(200);
    told = {};
    add("read before the first", `caller=g&user=u&since=${Date.now() - 700}`);
    add("read after the first", `caller=h&user=u&since=${Date.now() - 500}`);
    add("read before all, of one definition", `waiter=i&definition=x&since=${Date.now() - 700}`);
    add("read after all", `caller=j&user=u&since=${Date.now() - 100}`);
    add("reads what it subscribes to", "caller=k&user=u");
    expect(told).toEqual({
      "read before the first": ["1", "2", "3"],
      "read after the first": ["2", "3"],
      "read before all, of one definition": ["1", "3"],
    });
  });

  it("of a log at once, looks at nobody who does not want it, and has no timer that would keep it awake", () => {
    listeners.tell([log("1"), log("2")]);
    listeners.tell([log("1")]);
    expect(told).toEqual({ "run 1": ["1*", "1*"] });
    expect([visited, vi.getTimerCount()]).toEqual([new Set(["run 1"]), 0]);
  });

  it("who follows a run with all others of these, and of no other log", () => {
    add("family", "caller=f&user=u&run=1&log=1&all=1");
    listeners.tell([changed("1", "x"), changed("2", "y"), log("1"), log("2")]);
    expect(told.family).toEqual(["1", "2", "1*"]);
    add("family later", "caller=g&user=u&run=1&log=1&all=1&since=1000");
    expect(told["family later"]).toEqual(["1", "2"]);
  });

  it("of progress also who does not listen to the log", () => {
    add("progress", "caller=f&user=u&run=1&progress=1");
    listeners.tell([log("1")]);
    expect(told).toEqual({ "run 1": ["1*"] });
    listeners.tell([log("1", true)]);
    expect(told).toEqual({ "run 1": ["1*", "1*"], progress: ["1*"] });
  });

  it("whether somebody follows the progress or the log of a run", () => {
    add("progress", "caller=f&user=u&run=3&progress=1");
    expect(["1", "2", "3"].map((runId) => listeners.isFollowed(runId))).toEqual([true, false, true]);
  });
});

it("the streams and the waits of a tenant are limited, whoever has them", () => {
  for (let n = 0; n < MOST_TENANT_STREAMS; n++) expect(add(`${n}`, `caller=${n}&user=u`)).toBeNull();
  for (let n = 0; n < MOST_TENANT_WAITS; n++) expect(add(`${n}`, `waiter=${n}`)).toBeNull();
  expect([add("one more", "caller=another&user=u"), add("one more", "waiter=another")]).toEqual(["tenant", "tenant"]);
  expect(listeners.count()).toEqual({ streams: MOST_TENANT_STREAMS, waits: MOST_TENANT_WAITS });
});

it("the calls of an object are counted for a minute", () => {
  const rate = new CallRate();
  for (let n = 0; n < 90; n++) {
    rate.note();
    vi.setSystemTime(Date.now() + 500);
  }
  expect(rate.perSecond()).toBe(1.5);
  vi.setSystemTime(Date.now() + 30_000);
  expect(rate.perSecond()).toBeLessThan(1.1);
  vi.setSystemTime(Date.now() + 60_000);
  expect(rate.perSecond()).toBe(0);
});
