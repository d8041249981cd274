import { afterEach, expect, it, vi } from "vitest";
import type { Objects } from "../../src/hub/bindings.ts";
import { openLive } from "../../src/hub/open-live.ts";

afterEach(() => vi.useRealTimers());

it("a change is announced to the register again after an announcement that failed, and else at most once in 20 seconds", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const mark = vi.fn(async () => {});
  mark.mockRejectedValueOnce(new Error("The register is away."));
  const register = { idFromName: () => "register", get: () => ({ mark }) };
  const live = openLive({ hubs: undefined, register } as unknown as Objects, undefined, async () => {});
  const marksAfter = async (ms: number) => {
    vi.setSystemTime(Date.now() + ms);
    await live.mark();
    return mark.mock.calls.length;
  };
  expect([await marksAfter(0), await marksAfter(1), await marksAfter(1)]).toEqual([1, 2, 2]);
  expect([await marksAfter(19_000), await marksAfter(1_000)]).toEqual([2, 3]);
});

it("a run counts as followed unless its hub says that nobody follows it", async () => {
  const liveOf = (isFollowed: () => Promise<boolean>) => {
    const hubs = { idFromName: () => "hub", get: () => ({ isFollowed }) };
    return openLive({ hubs, register: undefined } as unknown as Objects, undefined, async () => {});
  };
  const none = openLive({ hubs: undefined, register: undefined }, undefined, async () => {});
  const ask = ({ isFollowed }: Pick<typeof none, "isFollowed">) => isFollowed("tenant", "run");
  expect(await ask(liveOf(async () => false))).toBe(false);
  expect(await ask(liveOf(async () => true))).toBe(true);
  expect(await ask(none)).toBe(true);
  // A hub of the release before has no such method.
  expect(await ask(liveOf(async () => Promise.reject(new TypeError("It has no method isFollowed."))))).toBe(true);
  vi.useFakeTimers();
  const silent = ask(liveOf(() => new Promise(() => {})));
  await vi.advanceTimersByTimeAsync(500);
  expect(await silent).toBe(true);
});
