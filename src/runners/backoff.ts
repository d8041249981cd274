/** Seconds after the first, second, … try. */
const FIRST_DELAYS_SECONDS = [5, 30, 120, 300] as const;

/** After every further one, until the deadline. */
const LATER_DELAY_SECONDS = 600;

/** Spreads out the retries of runs that failed together, by up to a fifth either way. */
const JITTER = 0.2;

/**
 * Seconds from a failed delivery until the next. `tries` counts the deliveries so far, from 1; `random` is in
 * [0, 1) and places the answer within 20 % around 5 s, 30 s, 2 min, 5 min and then always 10 min.
 */
export function dispatchDelaySeconds(tries: number, random: number): number {
  const delay = FIRST_DELAYS_SECONDS[Math.max(tries, 1) - 1] ?? LATER_DELAY_SECONDS;
  return delay * (1 - JITTER + 2 * JITTER * random);
}
