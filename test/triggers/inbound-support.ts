/** Triggers that receive messages of other services, and how a message is posted to them. */
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
