import { NeonDbError } from "@neondatabase/serverless";
import { expect, it, vi } from "vitest";
import { eventStream } from "../../../src/http/live/event-stream.ts";
import type { Listener, Nudge } from "../../../src/http/live/live.ts";
import { followEvents, type Page } from "../../../src/runs/live/follow-events.ts";

const EMPTY: Page = { frames: [], hasMore: false, isOver: false, dueInMs: null };
const HELD: Page = { ...EMPTY, holdsBack: true };
const FOUND: Page = { ...HELD, frames: [{ data: {} }] };
const NUDGE: Nudge = { has_ended: false, is_log: false };

/** Follows what `pageAt` answers after so many milliseconds, on a fake clock. The hub nudges and is lost at these times. */
async function follow(pageAt: (ms: number) => Page, { nudgedAt, lostAt }: { nudgedAt?: number; lostAt: number }) {
  vi.useFakeTimers({ now: 0 });
  const lost = Promise.withResolvers<null>();
  const nudged = Promise.withResolvers<Nudge[]>();
  setTimeout(() => lost.resolve(null), lostAt);
  if (nudgedAt !== undefined) setTimeout(() => nudged.resolve([NUDGE]), nudgedAt);
  let isHeard = false;
  const listener: Listener = {
    async next(timeoutMs) {
      const isOver = new Promise<Nudge[]>((resolve) => setTimeout(() => resolve([]), timeoutMs));
      const next = await Promise.race([lost.promise, ...(isHeard ? [] : [nudged.promise]), isOver]);
      if (next !== null && next.length > 0) isHeard = true;
      return next;
    },
    streams: 1,
    close: vi.fn(),
  };
  const readAt: number[] = [];
  const commentAt: number[] = [];
  const namedIds: (string | undefined)[] = [];
  let sent = 0;
  const sink = {
    isClosed: false,
    send: (frames: readonly object[]) => {
      sent += frames.length;
    },
    ready: async () => {},
    keepAlive: (id?: string) => {
      commentAt.push(Date.now());
      namedIds.push(id);
    },
  };
  const following = followEvents(listener, sink, async () => {
    readAt.push(Date.now());
    return pageAt(Date.now());
  }).then(() => Date.now());
  await vi.advanceTimersByTimeAsync(lostAt + 10_000);
  const endedAt = await following;
  vi.useRealTimers();
  return { readAt, commentAt, namedIds, sent, endedAt };
}

it("while events are held back, a stream reads less and less often, sends its comments, and notices that its hub is gone", async () => {
  const { readAt, commentAt, endedAt } = await follow(() => HELD, { lostAt: 60_500 });
  expect(readAt.slice(0, 6)).toEqual([0, 200, 600, 1_400, 3_000, 5_000]);
  expect(readAt.length).toBeLessThan(35);
  expect(commentAt).toEqual([15_000, 30_000, 45_000, 60_000]);
  expect(endedAt).toBe(60_500);
});

it("a stream that has found some of what was held back reads again soon, and then only after a nudge", async () => {
  const pageAt = (ms: number) => (ms < 3_000 ? HELD : ms < 3_200 ? FOUND : EMPTY);
  const { readAt, sent } = await follow(pageAt, { lostAt: 60_000 });
  expect(readAt).toEqual([0, 200, 600, 1_400, 3_000, 3_200]);
  expect(sent).toBe(1);
});

it("a nudge does not make a stream read more often than once a second, also while events are held back", async () => {
  const { readAt } = await follow(() => HELD, { nudgedAt: 3_100, lostAt: 5_000 });
  expect(readAt).toEqual([0, 200, 600, 1_400, 3_000, 4_000]);
});

it("a quiet stream asks once an hour whether its caller may still read, and ends when not", async () => {
  const HOUR_MS = 3_600_000;
  const pageAt = (ms: number): Page => ({ ...EMPTY, isOver: ms >= HOUR_MS });
  const { readAt, endedAt } = await follow(pageAt, { lostAt: HOUR_MS + 60_000 });
  expect(readAt).toEqual([0, HOUR_MS]);
  expect(endedAt).toBe(HOUR_MS);
});

it("while the database does not answer, a stream reads less and less often, and a nudge does not make it read earlier", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  const pageAt = (ms: number): Page => {
    if (ms < 60_000) throw new NeonDbError("Error connecting to database: TypeError: fetch failed");
    return EMPTY;
  };
  const { readAt } = await follow(pageAt, { nudgedAt: 6_000, lostAt: 100_000 });
  expect(readAt).toEqual([0, 5_000, 15_000, 35_000, 75_000]);
  vi.restoreAllMocks();
});

it("a stream from long ago reads a page each fifth of a second, sends its comments, and notices that its hub is gone", async () => {
  const { readAt, commentAt, endedAt } = await follow(() => ({ ...EMPTY, hasMore: true }), { lostAt: 20_100 });
  expect([readAt.slice(0, 3), readAt.length]).toEqual([[0, 200, 400], 101]);
  expect([commentAt, endedAt]).toEqual([[15_000], 20_100]);
});

it("each comment names the position to which the stream has read, so that who reconnects does not read that again", async () => {
  const pageAt = (ms: number): Page => ({ ...EMPTY, hasMore: ms < 10_000, readTo: `after ${ms}` });
  const { namedIds } = await follow(pageAt, { nudgedAt: 20_000, lostAt: 40_000 });
  expect(namedIds).toEqual(["after 10000", "after 20000"]);
});

it("a stream whose client does not read waits with what it has sent last, and goes on or ends with the client", async () => {
  vi.useFakeTimers({ now: 0 });
  const left = Promise.withResolvers<null>();
  const isOver = (ms: number) => new Promise<Nudge[]>((resolve) => setTimeout(resolve, ms, []));
  const listener = {
    next: (ms: number) => Promise.race([left.promise, isOver(ms)]),
    streams: 1,
    close: vi.fn(() => left.resolve(null)),
  };
  let reads = 0;
  const read = async (): Promise<Page> => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    reads++;
    return { ...EMPTY, hasMore: true, frames: [{ data: "x".repeat(100_000) }] };
  };
  const { signal } = new AbortController();
  const following = Promise.withResolvers<void>();
  const { body } = eventStream(signal, (sink) => followEvents(listener, sink, read).then(following.resolve), listener);
  const reader = body?.getReader();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads).toBe(1);
  // The first chunk says when to come back, the second one is the first page, and the third read waits for the second page.
  const taken = [1, 2, 3].map(() => reader?.read());
  await vi.advanceTimersByTimeAsync(60_000);
  await Promise.all(taken);
  expect(reads).toBe(3);
  await reader?.cancel();
  await vi.advanceTimersByTimeAsync(1_000);
  await following.promise;
  expect([reads, listener.close.mock.calls.length > 0]).toEqual([3, true]);
  vi.useRealTimers();
});
