import { pause } from "./pause.ts";

export type Fetch = (request: Request) => Promise<Response>;

export type RetryOptions = {
  /** How often a request is sent at most. With 1 it is never retried. */
  tries?: number;
  /** When `Retry-After` is longer than this, the request is not retried, and the answer is returned. */
  longestPauseSeconds?: number;
};

const FIRST_PAUSE_MS = 500;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** True for a request that may be sent twice: it has an idempotent method (RFC 9110, 9.2.2), or an idempotency key. */
const isRepeatable = ({ method, headers }: Request): boolean =>
  IDEMPOTENT.has(method) || headers.has("Idempotency-Key");

/**
 * Retries a request that was answered 429 or 503, or not at all, after `pauseBeforeRetry` with half a second, doubled each time. A
 * request that is not idempotent is sent once. A DELETE whose answer was lost, and that is then answered 404, was done: the answer is 204.
 */
export function retryingFetch(send: Fetch, { tries = 4, longestPauseSeconds = 60 }: RetryOptions = {}): Fetch {
  return async (request) => {
    const most = isRepeatable(request) ? tries : 1;
    let mayBeDone = false;
    for (let tried = 1; ; tried++) {
      const isLast = tried >= most;
      let leastMs: number | null = null;
      try {
        const response = await send(isLast ? request : request.clone());
        if (mayBeDone && response.status === 404 && request.method === "DELETE") {
          await response.body?.cancel();
          return new Response(null, { status: 204 });
        }
        if (isLast || (response.status !== 429 && response.status !== 503)) return response;
        leastMs = retryAfterMs(response.headers.get("Retry-After"));
        if ((leastMs ?? 0) > longestPauseSeconds * 1000) return response;
        // After a 503 it may have been done. After a 429 it was not.
        mayBeDone ||= response.status === 503;
        await response.body?.cancel();
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
        mayBeDone = true;
      }
      await pause(pauseBeforeRetry(leastMs, FIRST_PAUSE_MS * 2 ** (tried - 1)), request.signal);
    }
  };
}

/** Of a `Retry-After`, no more than this is waited. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * How long to wait before another try, in milliseconds: what `Retry-After` asks for, up to a minute, and the back-off, randomly shortened by up to a half,
 * so that those who were refused together do not come back together.
 */
export const pauseBeforeRetry = (leastMs: number | null | undefined, backOffMs: number): number =>
  Math.min(leastMs ?? 0, LONGEST_RETRY_AFTER_MS) + backOffMs * (1 - Math.random() / 2);

/** The pause in milliseconds. `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). Null when it is neither. */
export function retryAfterMs(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
