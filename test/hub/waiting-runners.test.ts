import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WaitingRunners } from "../../src/hub/waiting-runners.ts";

/** The parts of a Durable Object's state that are needed. The sockets that it takes are open until they are removed. */
class FakeContext {
  readonly sockets = new Map<WebSocket, string[]>();
  readonly storage = { kv: { get: () => 0, put: () => {} } };

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
  const state: unknown = context;
  runners = new WaitingRunners(state as DurableObjectState, () => {
    changes += 1;
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function begin(session: string): WebSocket {
  let attachment: unknown;
  const socket: unknown = {
    readyState: WebSocket.OPEN,
    send: () => {},
    serializeAttachment: (value: unknown) => {
      attachment = value;
    },
    deserializeAttachment: () => attachment,
  };
  runners.add(socket as WebSocket, { session, lease: null });
  return socket as WebSocket;
}

function end(socket: WebSocket): void {
  context.sockets.delete(socket);
  runners.remove(socket);
}

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

it("tells of a runner that has not come back for a minute, and forgets it", () => {
  end(begin("a"));
  begin("b");
  expect(changes).toBe(2);
  vi.advanceTimersByTime(59_000);
  expect([changes, runners.heardOf()]).toEqual([2, { a: 59_000, b: 0 }]);
  vi.advanceTimersByTime(2_000);
  expect([changes, runners.heardOf()]).toEqual([3, { b: 0 }]);
});
