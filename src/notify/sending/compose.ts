/** What is sent of a notification, by the format of its endpoint. */
import type { Config } from "../../config.ts";
import type { OutgoingWebhook } from "../../webhooks/post-webhook.ts";
import { decryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { secretsIn } from "../chat/address.ts";
import { chatMessageOf } from "../chat/message.ts";
import { slackBody } from "../chat/slack.ts";
import { teamsBody } from "../chat/teams.ts";
import type { Claim, Notification } from "./notification.ts";

/** The webhook, and the secrets in it, which are hidden when the receiver sends them back. */
type Composed = { webhook: OutgoingWebhook; hidden: readonly string[] };

/** @throws Error when a secret cannot be decrypted */
export async function composeWebhook(config: Config, claim: Claim, notification: Notification): Promise<Composed> {
  const { endpoint, claimed_at: sentAt } = claim;
  const encrypted = [endpoint.secret_encrypted, endpoint.previous_secret_encrypted].filter((text) => text !== null);
  const secrets = await Promise.all(
    encrypted.map((text) => decryptWebhookSecret(config.encryptionKeys, endpoint.id, text)),
  );
  const message = { id: notification.event_id, sentAt, type: notification.event_name };
  if (endpoint.format === "standard") {
    const { traceparent } = notification.data;
    const body = standardBody(notification, config.publicUrl);
    return { webhook: { ...message, url: endpoint.url, secrets, traceparent, body }, hidden: secrets };
  }
  const [url = ""] = secrets;
  const told = chatMessageOf(notification, config.publicUrl);
  const body = endpoint.format === "slack" ? slackBody(told) : teamsBody(told);
  return { webhook: { ...message, url, secrets: [], body }, hidden: secretsIn(url) };
}

/** The body of a webhook. It has the same bytes each time it is sent. */
function standardBody({ event_id, event_name, event_at, data }: Notification, publicUrl: string): string {
  const { run_id, batch_id } = data;
  const links =
    typeof run_id === "string"
      ? { url: `${publicUrl}/v1/workflow-runs/${run_id}`, dashboard_url: `${publicUrl}/app/runs/${run_id}` }
      : typeof batch_id === "string"
        ? { url: `${publicUrl}/v1/run-batches/${batch_id}`, dashboard_url: `${publicUrl}/app/batches/${batch_id}` }
        : {};
  return JSON.stringify({ type: event_name, timestamp: event_at, data: { event_id, ...data, ...links } });
}
