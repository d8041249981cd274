import type { SignInWay } from "../http/live/live.ts";

/** How long refused sign-ins are collected before the register is told, so that somebody who tries many keys does not keep it busy. */
const COLLECT_MS = 1_000;

/** What is still collected after this time belongs to an invocation that died. The next one tells it, too. */
const ABANDONED_AFTER_MS = 10_000;

/**
 * Counts the refused sign-ins of an isolate, and calls `tell` with how many there were of each way. The first invocation waits a second and
 * then tells of all; the others do not wait. Rejects when `tell` does. What was not told is told with the next one.
 */
export function collectRefusedSignIns(
  tell: (counts: Partial<Record<SignInWay, number>>) => Promise<void>,
): (way: SignInWay) => Promise<void> {
  let counts: Partial<Record<SignInWay, number>> = {};
  let beganAt = Number.NEGATIVE_INFINITY;
  const add = (more: typeof counts) => {
    for (const [way, count] of Object.entries(more) as [SignInWay, number][]) counts[way] = (counts[way] ?? 0) + count;
  };
  return async (way) => {
    add({ [way]: 1 });
    if (Date.now() - beganAt < ABANDONED_AFTER_MS) return;
    beganAt = Date.now();
    await new Promise((resolve) => setTimeout(resolve, COLLECT_MS));
    const told = counts;
    counts = {};
    beganAt = Number.NEGATIVE_INFINITY;
    try {
      await tell(told);
    } catch (error) {
      add(told);
      throw error;
    }
  };
}
