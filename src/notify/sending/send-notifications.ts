/**
 * Sends the due notifications of endpoints. It runs in a separate invocation, so that no dispatch waits for a notification.
 *
 * 1. A verb inserts its event. In the same transaction, a trigger inserts a row for each endpoint that has subscribed: `new_notifications.sql`.
 * 2. The effects of the verb name these endpoints. `announce` in `src/hub/open-live.ts` calls the `Notifier` of `src/worker.ts` for each.
 * 3. Here they are claimed (`claim_notifications`), sent, and recorded (`record_notifications`).
 *
 * What is due later, such as a retry, is sent in the same way by the alarm of the hub or by the cron.
 */

import { inLanes } from "../../base/lanes.ts";
import { describeError, log } from "../../base/log.ts";
import { BEGIN_UNTIL_MS } from "../../base/time-limit.ts";
import type { Config } from "../../config.ts";
import { inParts, orSetAside, performInParts, whileRecording } from "../../verbs/in-parts.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { GONE, readRetryAfter } from "../../webhooks/answer.ts";
import { postWebhook, WEBHOOKS_AT_ONCE } from "../../webhooks/post-webhook.ts";
import { urlOptions } from "../../webhooks/url-guard.ts";
import { composeWebhook } from "./compose.ts";
import {
  type Claim,
  claimNotifications,
  type Notification,
  type NotificationResult,
  recordNotifications,
} from "./notification.ts";
import { hideIn, readRefusal } from "./refusal-text.ts";

/**
 * Sends what is due for these endpoints, each endpoint in its own lane, until nothing is left or the time is over. Never
 * throws: what was not sent, or whose outcome was not recorded, is due again when its claim is over.
 */
export async function sendNotifications(services: VerbServices, endpointIds: readonly string[]): Promise<void> {
  const atOnce = Math.max(Math.floor(WEBHOOKS_AT_ONCE / Math.max(endpointIds.length, 1)), 1);
  const began = Date.now();
  const hasTime = () => Date.now() - began < BEGIN_UNTIL_MS;
  const send = (id: string) =>
    orSetAside(services, "notifications", { id, tenant_id: null }, () => sendTo(services, id, atOnce, hasTime)).catch(
      (error: unknown) => log("error", "notify", { endpoint_id: id, ...describeError(error) }),
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
    const claim = { endpointId, limit: atOnce };
    const claimed = await performInParts(services, "notifications", claimNotifications, claim, hasTime);
    hasDue = false;
    for (const part of claimed) {
      if ("endpoint" in part && (await sendClaimed(services, part, hasTime))) hasDue = true;
    }
  }
}

/** Sends what was claimed. Returns whether more can be sent to the endpoint now. */
async function sendClaimed(services: VerbServices, claim: Claim, hasTime: () => boolean): Promise<boolean> {
  const { config } = services;
  const results = await Promise.all(claim.notifications.map((notification) => sendOne(config, claim, notification)));
  const items = results.map((result) => ({ id: result.id, tenant_id: null, result }));
  const recordPart = (part: readonly (typeof items)[number][]) =>
    perform(services, recordNotifications, { claim, results: part.map(({ result }) => result) });
  const recorded = await inParts(services, "notifications", items, recordPart, whileRecording(hasTime));
  const delivered = results.filter(({ outcome }) => outcome === "delivered").length;
  log("info", "notified", {
    tenant_id: recorded[0]?.tenantId,
    endpoint_id: claim.endpoint.id,
    delivered,
    failed: results.length - delivered,
  });
  return recorded.some(({ result }) => result.has_due);
}

/** Sends a notification once. Never throws. */
async function sendOne(config: Config, claim: Claim, notification: Notification): Promise<NotificationResult> {
  const began = Date.now();
  const { outcome, ...told } = await trySending(config, claim, notification).catch((error: unknown) => {
    log("error", "notify", { endpoint_id: claim.endpoint.id, ...describeError(error) });
    return { ...FAILED, reason: "The notification could not be signed." };
  });
  const { id, try_count, claimed_until } = notification;
  return { id, try_count, claimed_until, outcome, duration_ms: Date.now() - began, ...told };
}

type Tried = Pick<NotificationResult, "outcome" | "status" | "reason" | "answer" | "retry_after_seconds">;

const FAILED = { outcome: "failed", status: null, answer: null, retry_after_seconds: null } as const;

async function trySending(config: Config, claim: Claim, notification: Notification): Promise<Tried> {
  const { webhook, hidden } = await composeWebhook(config, claim, notification);
  let refusal: string | null = null;
  const readAnswer = async (answer: Response, signatures: readonly string[]) => {
    if (!answer.ok) refusal = await readRefusal(answer, [...hidden, ...signatures]);
  };
  const answer = await postWebhook(webhook, { ...urlOptions(config), readAnswer });
  if (!(answer instanceof Response)) {
    const reason = "urlFault" in answer ? `The URL is refused: ${answer.urlFault}` : `No answer: ${answer.silence}`;
    return { ...FAILED, reason: hideIn(reason, hidden) };
  }
  const { status } = answer;
  if (answer.ok) return { outcome: "delivered", status, reason: null, answer: null, retry_after_seconds: null };
  const isGone = status === GONE;
  return {
    outcome: isGone ? "gone" : "failed",
    status,
    reason: isGone ? "It answered 410: it is gone for good." : `It answered ${status}.`,
    answer: refusal,
    retry_after_seconds: readRetryAfter(answer.headers, claim.claimed_at),
  };
}
