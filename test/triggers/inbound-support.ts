/** Messages of other services, signed as these sign them. The signatures are made by node:crypto, and not by what verifies them. */
import { createHmac } from "node:crypto";
import type { Service } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";
import { send } from "./support.ts";

export type Webhook = { id: string; secret: string; webhook: { url: string; old_secret_until: string | null } };

/** A new trigger of the tenant's definition that receives webhooks. */
export const createWebhook = (
  service: Service,
  tenant: TestTenant,
  webhook: object,
  more: object = {},
): Promise<Webhook> =>
  send(service, "POST", `/v1/workflow-definitions/${tenant.definitionId}/triggers`, tenant.owner.key, {
    ...{ name: "Test", kind: "webhook", webhook },
    ...more,
  });

const hmac = (key: string | Buffer, text: string | Buffer) => createHmac("sha256", key).update(text);

/** `at` is in seconds. */
type Signing = { secret: string; body: string; id?: string; at?: number; event?: string };

const now = () => Math.floor(Date.now() / 1000);

/** The headers with which each scheme signs a message. */
export const SIGNED = {
  "standard-webhooks": ({ secret, body, id = crypto.randomUUID(), at = now() }: Signing) => ({
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${hmac(Buffer.from(secret.replace(/^whsec_/, ""), "base64"), `${id}.${at}.${body}`).digest("base64")}`,
  }),
  github: ({ secret, body, id = crypto.randomUUID(), event = "push" }: Signing) => ({
    "X-GitHub-Delivery": id,
    "X-GitHub-Event": event,
    "X-Hub-Signature-256": `sha256=${hmac(secret, body).digest("hex")}`,
  }),
  stripe: ({ secret, body, at = now() }: Signing) => ({
    "Stripe-Signature": `t=${at},v1=${hmac(secret, `${at}.${body}`).digest("hex")},v0=${"0".repeat(64)}`,
  }),
  slack: ({ secret, body, at = now() }: Signing) => ({
    "X-Slack-Request-Timestamp": String(at),
    "X-Slack-Signature": `v0=${hmac(secret, `v0:${at}:${body}`).digest("hex")}`,
  }),
  timestamped: ({ secret, body, at = now() }: Signing) => ({
    "X-Signature": `t=${at},v1=${hmac(secret, `${at}.${body}`).digest("hex")}`,
  }),
  "hmac-sha256": ({ secret, body }: Signing) => ({ "X-Signature": hmac(secret, body).digest("base64") }),
} as const;

export const HMAC = { scheme: "hmac-sha256", signature_header: "X-Signature", signature_encoding: "base64" };

export const TIMESTAMPED = { ...HMAC, signature_encoding: "timestamped" };

/** Posts a message to a trigger. */
export const post = (
  service: Service,
  id: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> =>
  service.fetch(`/v1/inbound/${id}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body,
  });
