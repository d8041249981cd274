/**
 * How many milliseconds the service's clock is ahead of this machine's, when it has just shown this whole second. The fraction that is left
 * out counts as a whole second, so an end comes up to a second early, and never late.
 */
export const aheadMsAt = (secondMs: number): number => secondMs + 1_000 - Date.now();
