/** What a runner's answer to a dispatch means for the run. */
export type Verdict =
  | { kind: "accepted"; status: number }
  /** `retryAfterSeconds` is the least pause that the runner asked for; null when it asked for none. */
  | { kind: "retry"; reason: string; retryAfterSeconds: number | null }
  /** The dispatch cannot be sent, whatever the runner does. */
  | { kind: "unreached"; reason: string }
  /** `gone`: the runner wants no more runs of this definition (410). */
  | { kind: "rejected"; reason: string; gone: boolean };

/** The receiver wants nothing more. */
export const GONE = 410;

/**
 * Client errors after which a dispatch is retried. 408, 425 and 429 are temporary. 401, 403, 404, 405 and 407 may also come
 * from a proxy, or from a server on which the runner is being deployed, so they say nothing about this run.
 */
const RETRIED = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/**
 * The status with which Cloudflare answers when it cannot reach a host, for example because its name has no address (error
 * 1016).
 */
const UNREACHABLE = 530;

/**
 * The longest pause that `Retry-After` can request. A longer one is most likely a mistake, and runs would miss their deadlines.
 */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** Decides what a runner's answer means, by its status. `sentAt` (RFC 3339) is when the request was sent. */
export function judgeAnswer({ status, headers }: Response, sentAt: string): Verdict {
  if (status >= 200 && status < 300) return { kind: "accepted", status };
  if (status >= 400 && status < 500 && !RETRIED.has(status)) {
    const isGone = status === GONE;
    const reason = isGone ? "The runner answered 410: it is gone for good." : `The runner answered ${status}.`;
    return { kind: "rejected", reason, gone: isGone };
  }
  return { kind: "retry", reason: describeRetry(status), retryAfterSeconds: readRetryAfter(headers, sentAt) };
}

function describeRetry(status: number): string {
  if (status === UNREACHABLE) return "The runner could not be reached. Does the name in its URL exist?";
  const isRedirect = status >= 300 && status < 400;
  return `The runner answered ${status}${isRedirect ? ": redirects are not followed" : ""}.`;
}

/**
 * `Retry-After` in seconds, at most an hour; null when it is missing or invalid (RFC 9110, 10.2.3). A date is compared with the
 * `Date` header of the same answer, so that the pause is right even when the runner's clock is wrong.
 */
export function readRetryAfter(headers: Headers, sentAt: string): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  const seconds = /^\d+$/.test(value) ? Number(value) : (parseHttpDate(value) - now(headers, sentAt)) / 1000;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}

function now(headers: Headers, sentAt: string): number {
  const date = parseHttpDate(headers.get("date") ?? "");
  return Number.isNaN(date) ? Date.parse(sentAt) : date;
}

/** Milliseconds since 1970; NaN for a text that is not an HTTP date. `Date.parse` alone accepts almost any text with a number. */
const parseHttpDate = (text: string) => (text.endsWith(" GMT") ? Date.parse(text) : Number.NaN);
