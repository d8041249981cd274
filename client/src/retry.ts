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
 * Retries a request that was answered 429 or 503, or not at all. The pause is that of `Retry-After`; otherwise half a second,
 * doubled each time, and randomly shortened by up to a half. A request that is not idempotent is sent once.
 */
export function retryingFetch(send: Fetch, { tries = 4, longestPauseSeconds = 60 }: RetryOptions = {}): Fetch {
  return async (request) => {
    const most = isRepeatable(request) ? tries : 1;
    for (let tried = 1; ; tried++) {
      const isLast = tried >= most;
      const backOffMs = FIRST_PAUSE_MS * 2 ** (tried - 1) * (1 - Math.random() / 2);
      let waitMs = backOffMs;
      try {
        const response = await send(isLast ? request : request.clone());
        if (isLast || (response.status !== 429 && response.status !== 503)) return response;
        waitMs = retryAfterMs(response.headers.get("Retry-After")) ?? backOffMs;
        if (waitMs > longestPauseSeconds * 1000) return response;
        await response.body?.cancel();
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
      }
      await pause(waitMs, request.signal);
    }
  };
}

/** The pause in milliseconds. `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). Null when it is neither. */
export function retryAfterMs(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
