/** What an endpoint was sent, and sending it again. */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { endpointProblem, endpointRefusalSchema } from "./refusals.ts";

/** Instants are RFC 3339. */
const deliverySchema = z.object({
  id: z.string(),
  event_id: z.string(),
  type: z.string(),
  run_id: z.string().nullable(),
  state: z.enum(["WAITING", "DELIVERED", "FAILED"]),
  created_at: z.string(),
  delivered_at: z.string().nullable(),
  next_try_at: z.string().nullable(),
  tries: z.array(
    z.object({ at: z.string(), status: z.int().nullable(), duration_ms: z.int(), reason: z.string().nullable() }),
  ),
});
export type DeliveryRow = z.infer<typeof deliverySchema>;

const pageSchema = z.union([
  z.object({ items: z.array(deliverySchema), next: z.string().nullable() }),
  endpointRefusalSchema,
]);

/**
 * One page of what an endpoint was sent, newest first, behind the position `before`.
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function listDeliveries(
  db: Database,
  credential: Credential,
  { endpointId, before, limit }: { endpointId: string; before: string | null; limit: number },
): Promise<{ items: DeliveryRow[]; next: string | null }> {
  const args = { credential: credentialArgument(credential), endpoint_id: endpointId, before, limit };
  const answer = await callFunction(db, "list_deliveries", args, pageSchema, { isRepeatable: true });
  if ("refused" in answer) throw endpointProblem(answer);
  return answer;
}

const answerSchema = z.union([z.object({ tenant_id: z.string(), delivery: deliverySchema }), endpointRefusalSchema]);

/** Which endpoint is to be sent something now; `deliveryId` is what, or the id of a new test. */
type Sending = { endpointId: string; deliveryId: string };

async function callForDelivery(db: Database, name: string, credential: Credential, sending: Sending) {
  const args = {
    credential: credentialArgument(credential),
    endpoint_id: sending.endpointId,
    delivery_id: sending.deliveryId,
  };
  const answer = await callFunction(db, name, args, answerSchema);
  if ("refused" in answer) throw endpointProblem(answer);
  return { tenantId: answer.tenant_id, delivery: answer.delivery };
}

/**
 * Has an endpoint sent a notification of the type `notification_endpoint.test`.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, `not_found`, or `conflict` for one that is disabled
 */
export const sendTestNotification = (db: Database, credential: Credential, sending: Sending) =>
  callForDelivery(db, "send_test_notification", credential, sending);

/**
 * Has a notification sent again, whatever became of it.
 * @throws as {@link sendTestNotification}
 */
export const resendDelivery = (db: Database, credential: Credential, sending: Sending) =>
  callForDelivery(db, "resend_delivery", credential, sending);
