import type { RefusedSignIns, SignInWay } from "../http/live/live.ts";

/** How long refused sign-ins are collected. So somebody who tries many keys does not keep the register busy. */
const COLLECT_MS = 1_000;

/** When `tell` was not called after this time, the invocation that should have done it died. The next one then takes its place. */
const ABANDONED_AFTER_MS = 10_000;

/** The sums of two counts, for each way. */
export const sumOf = (some: RefusedSignIns, more: RefusedSignIns): RefusedSignIns => ({
  ...some,
  ...Object.fromEntries(Object.entries(more).map(([way, count]) => [way, (some[way as SignInWay] ?? 0) + count])),
});

/**
 * Counts the refused sign-ins of an isolate, and calls `tell` with how many there were of each way. The first invocation waits for
 * {@link COLLECT_MS} and then calls `tell` with the counts of all; the others do not wait. Rejects when `tell` does. The counts are then
 * added to those of the next call.
 */
export function collectRefusedSignIns(
  tell: (counts: RefusedSignIns) => Promise<void>,
): (way: SignInWay) => Promise<void> {
  let counts: RefusedSignIns = {};
  let beganAt = Number.NEGATIVE_INFINITY;
  return async (way) => {
    counts = sumOf(counts, { [way]: 1 });
    if (Date.now() - beganAt < ABANDONED_AFTER_MS) return;
    beganAt = Date.now();
    await new Promise((resolve) => setTimeout(resolve, COLLECT_MS));
    const told = counts;
    counts = {};
    beganAt = Number.NEGATIVE_INFINITY;
    try {
      await tell(told);
    } catch (error) {
      counts = sumOf(counts, told);
      throw error;
    }
  };
}
