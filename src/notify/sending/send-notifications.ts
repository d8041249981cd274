/** Sends the due notifications of endpoints. It runs in a separate invocation, so that no dispatch waits for a notification. */
import type { Config } from "../../config.ts";
import { inLanes } from "../../lanes.ts";
import { describeError, log } from "../../log.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { readRetryAfter } from "../../webhooks/answer.ts";
import { postWebhook, WEBHOOKS_AT_ONCE } from "../../webhooks/post-webhook.ts";
import { decryptWebhookSecret } from "../../webhooks/secret-box.ts";
import {
  type Claim,
  claimNotifications,
  type Notification,
  type NotificationResult,
  recordNotifications,
} from "./notification.ts";
import { readRefusal } from "./refusal-text.ts";

/**
 * Nothing is claimed after this time. So the last try, which takes up to 15 s, ends within the 30 s that an invocation may
 * last.
 */
const BUDGET_MS = 12_000;

const GONE = 410;

/**
 * Sends what is due for these endpoints, each endpoint in its own lane, until nothing is left or the time is over. Never
 * throws: what was not sent, or whose outcome was not recorded, is due again when its claim is over.
 */
export async function sendNotifications(services: VerbServices, endpointIds: readonly string[]): Promise<void> {
  const atOnce = Math.max(Math.floor(WEBHOOKS_AT_ONCE / Math.max(endpointIds.length, 1)), 1);
  const began = Date.now();
  const hasTime = () => Date.now() - began < BUDGET_MS;
  const send = (id: string) =>
    sendTo(services, id, atOnce, hasTime).catch((error: unknown) =>
      log("error", "notify", { endpoint_id: id, ...describeError(error) }),
    );
  await inLanes([...endpointIds], WEBHOOKS_AT_ONCE, send, hasTime);
}

async function sendTo(
  services: VerbServices,
  endpointId: string,
  atOnce: number,
  hasTime: () => boolean,
): Promise<void> {
  for (let hasDue = true; hasDue && hasTime(); ) {
    const { tenantId, result: claim } = await perform(services, claimNotifications, { endpointId, limit: atOnce });
    if (!("endpoint" in claim)) return;
    const { config } = services;
    const results = await Promise.all(claim.notifications.map((notification) => sendOne(config, claim, notification)));
    const recorded = await perform(services, recordNotifications, { claim, results });
    hasDue = recorded.result.has_due;
    const delivered = results.filter(({ outcome }) => outcome === "delivered").length;
    log("info", "notified", {
      tenant_id: tenantId,
      endpoint_id: endpointId,
      delivered,
      failed: results.length - delivered,
    });
  }
}

/** Sends a notification once. Never throws. */
async function sendOne(config: Config, claim: Claim, notification: Notification): Promise<NotificationResult> {
  const began = Date.now();
  const { outcome, ...told } = await trySending(config, claim, notification).catch((error: unknown) => {
    log("error", "notify", { endpoint_id: claim.endpoint.id, ...describeError(error) });
    return { ...FAILED, reason: "The notification could not be signed." };
  });
  const { id, try_count } = notification;
  return { id, try_count, outcome, duration_ms: Date.now() - began, ...told };
}

type Tried = Pick<NotificationResult, "outcome" | "status" | "reason" | "answer" | "retry_after_seconds">;

const FAILED = { outcome: "failed", status: null, answer: null, retry_after_seconds: null } as const;

async function trySending(config: Config, claim: Claim, notification: Notification): Promise<Tried> {
  const { endpoint, claimed_at: sentAt } = claim;
  const encrypted = [endpoint.secret_encrypted, endpoint.previous_secret_encrypted].filter((text) => text !== null);
  const secrets = await Promise.all(
    encrypted.map((text) => decryptWebhookSecret(config.encryptionKeys, endpoint.id, text)),
  );
  const webhook = {
    url: endpoint.url,
    secrets,
    id: notification.event_id,
    sentAt,
    type: notification.event_name,
    traceparent: notification.data.traceparent,
    body: bodyOf(notification, config.publicUrl),
  };
  let refusal: string | null = null;
  const readAnswer = async (answer: Response, signatures: readonly string[]) => {
    if (!answer.ok) refusal = await readRefusal(answer, [...secrets, ...signatures]);
  };
  const options = { allowLocal: config.allowLocalRunners, publicUrl: config.publicUrl, readAnswer };
  const answer = await postWebhook(webhook, options);
  if (!(answer instanceof Response)) {
    const reason = "urlFault" in answer ? `The URL is refused: ${answer.urlFault}` : `No answer: ${answer.silence}`;
    return { ...FAILED, reason };
  }
  const { status } = answer;
  if (answer.ok) return { outcome: "delivered", status, reason: null, answer: null, retry_after_seconds: null };
  const isGone = status === GONE;
  return {
    outcome: isGone ? "gone" : "failed",
    status,
    reason: isGone ? "It answered 410: it is gone for good." : `It answered ${status}.`,
    answer: refusal,
    retry_after_seconds: readRetryAfter(answer.headers, sentAt),
  };
}

/** The body of a notification. It has the same bytes each time it is sent. */
function bodyOf({ event_id, event_name, event_at, data }: Notification, publicUrl: string): string {
  const { run_id, batch_id } = data;
  const links =
    typeof run_id === "string"
      ? { url: `${publicUrl}/v1/workflow-runs/${run_id}`, dashboard_url: `${publicUrl}/app/runs/${run_id}` }
      : typeof batch_id === "string"
        ? { url: `${publicUrl}/v1/run-batches/${batch_id}`, dashboard_url: `${publicUrl}/app/batches/${batch_id}` }
        : {};
  return JSON.stringify({ type: event_name, timestamp: event_at, data: { event_id, ...data, ...links } });
}
