import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WaitingRunners } from "../../src/hub/waiting-runners.ts";

/** The parts of a Durable Object's state that are needed. The sockets that it takes are open until they are removed. */
class FakeContext {
  readonly sockets = new Map<WebSocket, string[]>();
  readonly stored = new Map<string, unknown>();
  readonly storage = {
    kv: {
      get: (key: string) => this.stored.get(key),
      put: (key: string, value: unknown) => this.stored.set(key, value),
    },
  };

  acceptWebSocket(socket: WebSocket, tags: string[]) {
    this.sockets.set(socket, tags);
  }

  getWebSockets(tag: string) {
    return [...this.sockets.keys()].filter((socket) => this.sockets.get(socket)?.includes(tag));
  }
}

let context: FakeContext;
let runners: WaitingRunners;
let changes: number;

beforeEach(() => {
  vi.useFakeTimers();
  context = new FakeContext();
  changes = 0;
  told = {};
  attachmentsRead = 0;
  const state: unknown = context;
  runners = new WaitingRunners(state as DurableObjectState, () => {
    changes += 1;
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** The versions that each session was told, the oldest first. */
let told: Record<string, string[]>;

/** How often the data of a socket was deserialized. */
let attachmentsRead: number;

function begin(session: string, tags?: string): WebSocket {
  let attachment: unknown;
  const socket: unknown = {
    readyState: WebSocket.OPEN,
    send: (text: string) => {
      told[session] = [...(told[session] ?? []), JSON.parse(text).version];
    },
    serializeAttachment: (value: unknown) => {
      attachment = value;
    },
    deserializeAttachment: () => {
      attachmentsRead += 1;
      return attachment;
    },
  };
  runners.add(socket as WebSocket, { session, lease: null, ...(tags !== undefined && { tags }) });
  return socket as WebSocket;
}

function end(socket: WebSocket): void {
  context.sockets.delete(socket);
  runners.remove(socket);
}

const WORKFLOW = "01920000-0000-7000-8000-000000000001";

/** Tells that runs of a workflow can be leased, or no longer can. */
const hear = (isLeasable: boolean, eventId: number, count?: number) =>
  runners.hear([
    {
      workflow_definition_id: WORKFLOW,
      is_leasable: isLeasable,
      event_id: eventId,
      ...(count !== undefined && { count }),
    },
  ]);

it("tells once of a runner that comes, and not of its next waits", () => {
  const first = begin("a");
  expect([changes, runners.heardOf()]).toEqual([1, { a: 0 }]);
  end(first);
  vi.advanceTimersByTime(5_000);
  expect([changes, runners.heardOf()]).toEqual([1, { a: 5_000 }]);
  const next = begin("a");
  begin("a");
  expect([changes, runners.heardOf()]).toEqual([1, { a: 0 }]);
  end(next);
  vi.advanceTimersByTime(120_000);
  expect([changes, runners.heardOf()]).toEqual([1, { a: 0 }]);
});

it("forgets a runner that has not come back for a minute, and tells of it when that is read or when another one comes", () => {
  end(begin("a"));
  begin("b");
  expect(changes).toBe(2);
  vi.advanceTimersByTime(59_000);
  expect([runners.heardOf(), changes]).toEqual([{ a: 59_000, b: 0 }, 2]);
  vi.advanceTimersByTime(2_000);
  expect([runners.heardOf(), changes]).toEqual([{ b: 0 }, 3]);
  end(begin("c"));
  vi.advanceTimersByTime(61_000);
  begin("b");
  expect(changes).toBe(5);
});

it("looks at no more of those that wait than it wakes", () => {
  for (const session of ["a", "b", "c", "d"]) begin(session);
  hear(true, 1, 1);
  expect(attachmentsRead).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(attachmentsRead).toBe(2);
});

it("has no timer, which would keep the hub awake, after the last runner has left, also with work that nobody has taken", () => {
  const [a, b] = [begin("a"), begin("b")];
  hear(true, 5);
  expect(vi.getTimerCount()).toBe(1);
  end(a);
  end(b);
  expect(vi.getTimerCount()).toBe(0);
  const [, before] = told.b ?? [];
  hear(true, 6);
  expect(vi.getTimerCount()).toBe(0);
  begin("b");
  expect(told.b?.at(-1)).not.toBe(before);
});

it("is kept awake for less than 1 % of an hour by a runner with runs of 30 seconds", () => {
  const HOUR_S = 3_600;
  let awakeSeconds = 0;
  let waiting: WebSocket | undefined;
  for (let second = 0; second < HOUR_S; second++) {
    if (second % 31 === 0) waiting = begin("a");
    if (second % 31 === 1) {
      hear(true, second);
      // The runner asks the database, gets the run, and works on it for 30 seconds.
      if (waiting) end(waiting);
      hear(false, second);
    }
    if (vi.getTimerCount() > 0) awakeSeconds += 1;
    vi.advanceTimersByTime(1_000);
  }
  expect(awakeSeconds).toBeLessThan(HOUR_S / 100);
});

describe("work that nobody has taken yet", () => {
  /** How many runners were woken. Each was told once when it began to wait. */
  const countWoken = () => Object.values(told).reduce((sum, { length }) => sum + length - 1, 0);

  beforeEach(() => {
    for (const session of ["a", "b", "c"]) begin(session);
  });

  it("wakes one runner after the other, until a message that is not older says that it was taken", () => {
    hear(true, 5);
    expect(countWoken()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(countWoken()).toBe(2);
    hear(false, 5);
    vi.advanceTimersByTime(5_000);
    expect(countWoken()).toBe(2);
  });

  it("wakes as many runners at once as there are runs, and more when there are more", () => {
    hear(true, 5, 2);
    expect(countWoken()).toBe(2);
    hear(true, 6, 1);
    expect(countWoken()).toBe(2);
    hear(true, 7, 2);
    expect(countWoken()).toBe(3);
  });

  it("wakes only runners that have its tags, and those of which they are not known", () => {
    const gpu = begin("gpu", "eu gpu");
    begin("eu", "eu");
    begin("none", "");
    const work = { workflow_definition_id: WORKFLOW, is_leasable: true, count: 9 };
    runners.hear([{ ...work, event_id: 5, tags: ["gpu", "eu"] }]);
    const woken = () => Object.keys(told).filter((session) => (told[session]?.length ?? 0) > 1);
    expect(woken().toSorted()).toEqual(["a", "b", "c", "gpu"]);
    end(gpu);
    runners.hear([{ ...work, event_id: 6, tags: null }]);
    expect(woken().toSorted()).toEqual(["a", "b", "c", "eu", "gpu", "none"]);
  });

  it("wakes as many others each second, until all were woken", () => {
    begin("d");
    hear(true, 5, 2);
    vi.advanceTimersByTime(1_000);
    expect(countWoken()).toBe(4);
    vi.advanceTimersByTime(5_000);
    expect(countWoken()).toBe(4);
  });

  it("is not taken for taken because of an older message that arrives later", () => {
    hear(true, 5);
    hear(false, 4);
    vi.advanceTimersByTime(5_000);
    expect(countWoken()).toBe(3);
  });

  it("is not taken for older or for less because of an older message of work that arrives later", () => {
    hear(true, 9, 2);
    hear(true, 5, 1);
    hear(false, 7);
    vi.advanceTimersByTime(5_000);
    expect(countWoken()).toBe(3);
  });
});

it("wakes all runners after the end of a credential, with a new version, so that each asks the database", () => {
  for (const session of ["a", "b"]) begin(session);
  const [version] = told.a ?? [];
  runners.wakeAll();
  const [, next] = told.a ?? [];
  expect(next).not.toBe(version);
  expect(told).toEqual({ a: [version, next], b: [version, next] });
});
