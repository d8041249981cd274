/** Messages of other services, signed as these sign them. The signatures are made by node:crypto, and not by what verifies them. */
import { createHmac } from "node:crypto";

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
