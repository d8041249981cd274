/** Seconds to wait after the first, second, … try. */
const FIRST_DELAYS_SECONDS = [5, 30, 120, 300] as const;

/** Seconds to wait after every further try, until the deadline. */
const LATER_DELAY_SECONDS = 600;

/** The share by which a delay is randomly shortened or extended, so that runs that failed together are not retried together. */
const JITTER = 0.2;

/**
 * The backoff: seconds from a failed dispatch to the next one. `tries` is the number of tries so far, from 1. The delays are
 * 5 s, 30 s, 2 min, 5 min, and then always 10 min, each within ±20 % by `random`, a number in [0, 1).
 */
export function dispatchDelaySeconds(tries: number, random: number): number {
  const delay = FIRST_DELAYS_SECONDS[Math.max(tries, 1) - 1] ?? LATER_DELAY_SECONDS;
  return delay * (1 - JITTER + 2 * JITTER * random);
}
