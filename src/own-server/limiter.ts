import type { RateLimiter } from "../bindings.ts";

/**
 * A rate limiter on a server of one's own: workerd calls this for each binding that is wrapped by this module. It lets `limit` requests of
 * a key through in each window of `period` seconds. At the end of a window all keys are forgotten, so they take up memory no longer.
 */
export default function createLimiter({ limit, period }: { limit: number; period: number }): RateLimiter {
  const counts = new Map<string, number>();
  let endsAt = 0;
  return {
    async limit({ key }) {
      if (Date.now() >= endsAt) {
        counts.clear();
        endsAt = Date.now() + period * 1_000;
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= limit };
    },
  };
}
