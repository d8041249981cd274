import { afterEach, expect, it, vi } from "vitest";
import type { Live } from "../../../src/http/live/live.ts";
import { waitForRun } from "../../../src/runs/live/wait-for-run.ts";

afterEach(() => vi.useRealTimers());

it("a wait without news lasts as many seconds as it was asked to, and then reads the run once", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  // A hub that has nothing to tell: the time passes.
  const next = async (timeoutMs: number) => {
    vi.setSystemTime(Date.now() + timeoutMs);
    return [];
  };
  const live = { listen: async () => ({ next, streams: 0, close: () => {} }) } as unknown as Live;
  const read = vi.fn(async () => ({ deadline_in_ms: null, isLast: true }));
  const answer = await waitForRun(live, { deadline_in_ms: null, isLast: false }, 0, {
    ...{ tenantId: "t", caller: "c", topic: { runId: "r" }, seconds: 7, signal: new AbortController().signal },
    ...{ read, isNews: () => false, onAnyChange: false },
  });
  expect([answer, Date.now(), read.mock.calls.length]).toEqual([{ deadline_in_ms: null, isLast: true }, 7_000, 1]);
});

it("waits that lose their hub together read at different times within three seconds, and at once when the client has left", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: 0 });
  const live = { listen: async () => ({ next: async () => null, streams: 0, close: () => {} }) } as unknown as Live;
  const readAt: number[] = [];
  const read = async () => {
    readAt.push(Date.now());
    return { deadline_in_ms: null };
  };
  const waitFor = (signal: AbortSignal) =>
    waitForRun(live, { deadline_in_ms: null }, 0, {
      ...{ tenantId: "t", caller: "c", topic: { runId: "r" }, seconds: 7, signal },
      ...{ read, isNews: () => true, onAnyChange: false },
    });
  await waitFor(AbortSignal.abort());
  expect(readAt).toEqual([0]);
  const random = vi.spyOn(Math, "random");
  const waits = [0.2, 0.9].map((value) => {
    random.mockReturnValueOnce(value);
    return waitFor(new AbortController().signal);
  });
  await vi.advanceTimersByTimeAsync(3_000);
  await Promise.all(waits);
  expect(readAt).toEqual([0, 600, 2_700]);
  random.mockRestore();
});
