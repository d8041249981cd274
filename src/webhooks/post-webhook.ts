/** Sends one signed webhook to any receiver: https://www.standardwebhooks.com. */
import { version } from "../../package.json";
import { withTimeLimit } from "../base/time-limit.ts";
import { withSpan } from "../base/trace.ts";
import { checkRunnerUrl, type RunnerUrlOptions } from "./url-guard.ts";
import { signWebhook } from "./webhook.ts";

export type OutgoingWebhook = {
  url: string;
  /** The message is signed with each of these. Without any, it has no headers of Standard Webhooks. */
  secrets: readonly string[];
  /** The `webhook-id`. It stays the same when the message is sent again. */
  id: string;
  /** When this try is made (RFC 3339), by the database's clock. */
  sentAt: string;
  /** The `type` in the body. It is also the name of the span. */
  type: string;
  body: string;
  /** The trace of the message, if it has one: a header of W3C Trace Context. */
  traceparent?: string | null | undefined;
};

export type SendOptions = RunnerUrlOptions & {
  timeoutMs?: number;
  /** Called with the answer and the signatures that were sent, before the body of the answer is cancelled. */
  readAnswer?: (answer: Response, signatures: readonly string[]) => Promise<void>;
};

const TIMEOUT_MS = 15_000;

/**
 * How many webhooks one invocation sends at the same time. Cloudflare lets it wait for the headers of six answers at once, and one
 * of them is the database's. Otherwise what has been sent could not be recorded until a receiver that hangs has timed out.
 */
export const WEBHOOKS_AT_ONCE = 5;

/**
 * Returns the answer, whose body only `readAnswer` can read; or why nothing was sent, when the URL is not allowed; or why no answer
 * came.
 * Never throws because of the receiver.
 */
export async function postWebhook(
  webhook: OutgoingWebhook,
  options: SendOptions,
): Promise<Response | { urlFault: string } | { silence: string }> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const urlFault = checkRunnerUrl(webhook.url, options);
  if (urlFault !== null) return { urlFault };
  const { id, sentAt: at, body } = webhook;
  const [first, ...others] = webhook.secrets.map((secret) => signWebhook(secret, { id, at, body }));
  const signatures = first ? [first, ...others].map((headers) => headers["webhook-signature"]) : [];
  const request: RequestInit = {
    method: "POST",
    // Redirects are not followed, since the URL that they lead to has not been checked.
    redirect: "manual",
    headers: {
      "Content-Type": "application/json",
      "User-Agent": `workflow-runs/${version}`,
      ...(webhook.traceparent && { traceparent: webhook.traceparent }),
      ...(first && { ...first, "webhook-signature": signatures.join(" ") }),
    },
    body,
  };
  try {
    const response = await withTimeLimit(timeoutMs, (signal) =>
      withSpan(webhook.type, () => fetch(webhook.url, { ...request, signal })),
    );
    await options.readAnswer?.(response, signatures);
    // The body may never end. Cancelling it may fail when the connection breaks.
    await response.body?.cancel().catch(() => {});
    return response;
  } catch (error) {
    return { silence: describe(error, timeoutMs) };
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `nothing came within ${timeoutMs / 1000} s.`;
  return error instanceof Error ? error.message : String(error);
}
