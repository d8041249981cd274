/** What a runner's answer to a dispatch means for the run. */
export type Verdict =
  | { kind: "accepted"; status: number }
  /** `retryAfterSeconds` is what the runner asks for: not to be tried sooner. */
  | { kind: "retry"; reason: string; retryAfterSeconds: number | null }
  /** It cannot be sent to any runner. */
  | { kind: "unreached"; reason: string }
  /** `gone`: the runner wants no more runs of this definition. */
  | { kind: "rejected"; reason: string; gone: boolean };

const GONE = 410;

/**
 * Client errors that are retried: 408, 425 and 429 pass by themselves; 401, 403, 404, 405 and 407 are what a proxy or a
 * server without the runner answers during a deployment, so they say nothing about this run.
 */
const RETRIED = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/** Cloudflare's own answer when it can't reach a host, for example because the name has no address (error 1016). */
const UNREACHABLE = 530;

/** A runner that asks for more would miss most deadlines by a slip of its own. */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** Judges a runner's answer by its status. `sentAt` (RFC 3339) is when it was asked. */
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
 * `Retry-After` in seconds, at most an hour; null when there is none that can be understood. A date counts from
 * the answer's own `Date`, so that a runner whose clock is wrong still gets the pause it meant. RFC 9110, 10.2.3.
 */
function readRetryAfter(headers: Headers, sentAt: string): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  const seconds = /^\d+$/.test(value) ? Number(value) : (parseHttpDate(value) - now(headers, sentAt)) / 1000;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}

function now(headers: Headers, sentAt: string): number {
  const date = parseHttpDate(headers.get("date") ?? "");
  return Number.isNaN(date) ? Date.parse(sentAt) : date;
}

/** NaN for anything else: `Date.parse` alone would take a year out of almost any text. */
const parseHttpDate = (text: string) => (text.endsWith(" GMT") ? Date.parse(text) : Number.NaN);
