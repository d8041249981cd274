/** The calls of a runner about one attempt, authenticated by its run token: docs/runner-protocol.md. */
import { pause } from "../pause.ts";
import { problemOf } from "../problem.ts";
import { reasonOf } from "../reason.ts";
import { pauseBeforeRetry, retryAfterMs } from "../retry.ts";
import type { Assignment } from "./types.ts";

export type CallOptions = {
  /** When aborted, the call is not retried any more. */
  signal: AbortSignal;
  fetch: typeof fetch;
  /** Called after a failed try that will be repeated. */
  onRetry?(reason: string): void;
};

/** An answer that a retry would not change. `body` is the parsed JSON; `error` says what was wrong with the call. */
export type Answer = { status: number; body: unknown; error: string | null };

type Verb =
  | "callback"
  | "heartbeat"
  | "release"
  | "log"
  | "suspend"
  | "resume"
  | `children${string}`
  | `checkpoints/${string}`;
type Method = "POST" | "PUT" | "GET";

const ANSWER_TIMEOUT_MS = 15_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Sends a call until there is a final answer. All calls are idempotent: the service records each once.
 * @throws the reason of `signal`
 */
export const callService = (
  run: Assignment,
  verb: Verb,
  body: unknown,
  options: CallOptions,
  method: Method = "POST",
): Promise<Answer> => untilAnswered(() => callOnce(run, verb, body, options, method), options);

/** Stores a file in the same way, but without a time limit for each try. */
export const putFile = (
  run: Assignment,
  name: string,
  { body, headers }: { body: Blob; headers: Record<string, string> },
  options: CallOptions,
): Promise<Answer> =>
  untilAnswered(
    () =>
      options.fetch(urlOf(run, `artifacts/${encodeURIComponent(name)}`), {
        method: "PUT",
        headers: { ...headers, ...credentialOf(run) },
        body,
        redirect: "manual",
        signal: options.signal,
      }),
    options,
  );

/** The code of a 503 that is not retried: the service has no bucket for files. */
const FINAL_CODE = "artifacts_unavailable";

async function untilAnswered(send: () => Promise<Response>, options: CallOptions): Promise<Answer> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    let waitMs: number | null = null;
    let reason: string;
    try {
      const response = await send();
      // An answer that was cut off is asked for again.
      if (response.ok) return { status: response.status, body: parse(await response.text()), error: null };
      const { message, code, isTemporary } = await problemOf(response);
      if (!isTemporary || code === FINAL_CODE) return { status: response.status, body: null, error: message };
      waitMs = retryAfterMs(response.headers.get("Retry-After"));
      reason = message;
    } catch (error) {
      options.signal.throwIfAborted();
      reason = reasonOf(error);
    }
    options.onRetry?.(reason);
    await pause(pauseBeforeRetry(waitMs, pauseMs), options.signal);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const urlOf = ({ callback_url: url }: Assignment, path: string) => url.replace(/\/callback$/, `/${path}`);

const credentialOf = ({ callback_token: token }: Assignment) => ({ Authorization: `Bearer ${token}` });

/** Sends a call once; a null `body` means none. Redirects are not followed, since no other server may get the credential. */
export function callOnce(
  run: Assignment,
  verb: Verb,
  body: unknown,
  { fetch, signal }: CallOptions,
  method: Method = "POST",
): Promise<Response> {
  return fetch(urlOf(run, verb), {
    method,
    headers: {
      ...credentialOf(run),
      ...(body !== null && { "Content-Type": "application/json" }),
    },
    body: body === null ? null : JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
  });
}
