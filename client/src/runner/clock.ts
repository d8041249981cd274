/**
 * How many milliseconds the service's clock is ahead of this machine's, when it has just shown this whole second. The fraction that is left
 * out counts as a whole second, so an end comes up to a second early, and never late.
 */
export const aheadMsAt = (secondMs: number): number => secondMs + 1_000 - Date.now();

/** A message may take so long: it waits for the answers to others, and for a runner that has to start first. */
const LONGEST_WAY_MS = 30_000;

/** The same for a message with this second in its signature. A difference that its way explains says nothing about the clock. */
export function aheadMsOfMessage(secondMs: number): number {
  const aheadMs = aheadMsAt(secondMs);
  return aheadMs >= -LONGEST_WAY_MS && aheadMs <= 1_000 ? 0 : aheadMs;
}
