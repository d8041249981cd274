/**
 * How many milliseconds the service's clock is ahead of this machine's, when it has just shown this whole second. What such a second leaves
 * out counts as passed, so that an end comes up to a second early, and not late.
 */
export const aheadMsAt = (secondMs: number): number => secondMs + 1_000 - Date.now();
