import { toWebhook } from "./to-webhook.ts";

/** Thrown for an invalid message. It must be answered with 401. */
export class InvalidWebhook extends Error {
  override readonly name = "InvalidWebhook";
}

const HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export type VerifiedWebhook = {
  /** Stays the same when a message is sent again. Handle each id once. */
  id: string;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
};

/**
 * Verifies a message of the service (https://www.standardwebhooks.com) and parses it. Pass several secrets while one is being
 * replaced. `body` must be the text as it arrived, not JSON that was parsed and serialised again.
 * @throws InvalidWebhook when the message is not signed with any of the secrets, is older than five minutes, or is not valid
 */
export function verifyWebhook(options: {
  secret: string | readonly string[];
  headers: WebhookHeaders;
  body: string;
}): VerifiedWebhook {
  const headers = Object.fromEntries(HEADERS.map((name) => [name, headerOf(options.headers, name)]));
  const secrets = typeof options.secret === "string" ? [options.secret] : options.secret;
  if (secrets.length === 0) throw new TypeError("There is no secret to verify a webhook with.");
  let reason = "";
  for (const webhook of secrets.map(toWebhook)) {
    try {
      webhook.verify(options.body, headers, { jsonParse: false });
      return parse(headers["webhook-id"] ?? "", options.body);
    } catch (error) {
      if (error instanceof InvalidWebhook) throw error;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  throw new InvalidWebhook(reason);
}

function headerOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name) return typeof value === "string" ? value : (value?.join(" ") ?? "");
  }
  return "";
}

function parse(id: string, body: string): VerifiedWebhook {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    throw new InvalidWebhook("The body is not JSON.");
  }
  if (!isRecord(message) || typeof message.type !== "string" || !isRecord(message.data)) {
    throw new InvalidWebhook("The body has no type or no data.");
  }
  return { id, type: message.type, timestamp: String(message.timestamp), data: message.data };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
