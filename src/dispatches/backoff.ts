/** Seconds to wait after the first try, the second try, and so on. */
const FIRST_DELAYS_SECONDS = [5, 30, 120, 300] as const;

/** Seconds to wait after each later try, until the deadline. */
const LATER_DELAY_SECONDS = 600;

/** Seconds to wait after the first try of a stop. The wait doubles with each try, up to the longest. */
const FIRST_STOP_DELAY_SECONDS = 2;
const LONGEST_STOP_DELAY_SECONDS = 30;

/** The share by which a delay is randomly shortened or extended, so that runs that failed together are not retried together. */
const JITTER = 0.2;

/**
 * Seconds from a failed dispatch to the next try: 5 s, 30 s, 2 min, 5 min, and then always 10 min. Each is changed by up to ±20
 * % according to `random`, a number in [0, 1). `tries` is the number of tries so far, from 1.
 */
export function dispatchDelaySeconds(tries: number, random: number): number {
  const delay = FIRST_DELAYS_SECONDS[Math.max(tries, 1) - 1] ?? LATER_DELAY_SECONDS;
  return jittered(delay, random);
}

/**
 * Seconds from a failed webhook of a stop to the next try: 2 s, 4 s, 8 s, 16 s, and then always 30 s. They are short, since the
 * runner has at most five minutes to stop. Each is changed by up to ±20 % according to `random`, a number in [0, 1). `tries` is
 * the number of tries so far, from 1.
 */
export function stopDelaySeconds(tries: number, random: number): number {
  return jittered(
    Math.min(FIRST_STOP_DELAY_SECONDS * 2 ** (Math.max(tries, 1) - 1), LONGEST_STOP_DELAY_SECONDS),
    random,
  );
}

const jittered = (seconds: number, random: number) => seconds * (1 - JITTER + 2 * JITTER * random);
