/** How long one call to an object may take. */
export const CALL_LIMIT_MS = 3_000;

/**
 * How long a hub may take to begin a stream. Longer than another call: nobody waits for the first byte, and a page whose stream is refused
 * is not live for half a minute.
 */
export const STREAM_LIMIT_MS = 10_000;

/**
 * The result of `promise`, or an error after `ms`. The call itself continues, since a call to a Durable Object cannot be
 * aborted.
 */
export async function withinTime<Result>(ms: number, promise: Promise<Result>): Promise<Result> {
  const { promise: timeUp, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms.`)), ms);
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
