import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import { type Change, dueAgain, type OnChanged } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { CLAIM_SECONDS } from "../../runners/dispatch.ts";

const notificationSchema = z.object({
  id: z.string(),
  event_id: z.string(),
  event_name: z.string(),
  event_at: z.string(),
  data: z.looseObject({ traceparent: z.string().optional() }),
  try_count: z.int(),
  /** A person asked for it, and may be looking at its page. */
  is_asked: z.boolean().default(false),
});
export type Notification = z.infer<typeof notificationSchema>;

const claimSchema = z.union([
  z.object({
    tenant_id: z.string(),
    due_in_ms: z.number().nullable(),
    /** By the database's clock, RFC 3339. */
    claimed_at: z.string(),
    /** True for a probe: the single try that an endpoint gets while it fails repeatedly. */
    is_probe: z.boolean(),
    endpoint: z.object({
      id: z.string(),
      url: z.string(),
      secret_encrypted: z.string(),
      previous_secret_encrypted: z.string().nullable(),
    }),
    notifications: z.array(notificationSchema).min(1),
  }),
  z.object({ notifications: z.tuple([]) }),
]);
export type Claim = Extract<z.infer<typeof claimSchema>, { endpoint: unknown }>;

/** Claims up to `limit` due notifications of an endpoint. Null when nothing is due, or when the endpoint has to wait. */
export async function claimNotifications(db: Database, endpointId: string, limit: number): Promise<Claim | null> {
  const args = { endpoint_id: endpointId, limit, lease_seconds: CLAIM_SECONDS };
  const claim = await callFunction(db, "claim_notifications", args, claimSchema);
  return "endpoint" in claim ? claim : null;
}

/**
 * The outcome of one try. `status` is the HTTP status of the answer; null when there was none. `answer` is the beginning of what the
 * endpoint answered when it refused: see `readRefusal`.
 */
export type NotificationResult = {
  id: string;
  try_count: number;
  outcome: "delivered" | "failed" | "gone";
  status: number | null;
  duration_ms: number;
  reason: string | null;
  answer: string | null;
  retry_after_seconds: number | null;
};

const recordSchema = z.object({
  tenant_id: z.string().nullable(),
  due_in_ms: z.number().nullish(),
  has_due: z.boolean().default(false),
});

/**
 * Records the outcomes of claimed notifications: see `record_notifications` in SQL. `hasDue` is true when more can be sent to
 * the endpoint now.
 */
export async function recordNotifications(
  db: Database,
  { endpoint, is_probe }: Claim,
  results: readonly NotificationResult[],
  onChanged: OnChanged,
): Promise<{ change: Change | null; hasDue: boolean }> {
  const args = { endpoint_id: endpoint.id, url: endpoint.url, is_probe, results: { json: results } };
  const recorded = await callFunction(db, "record_notifications", args, recordSchema, { onChanged });
  const change = recorded.tenant_id === null ? null : dueAgain(recorded.tenant_id, recorded.due_in_ms ?? null);
  return { change, hasDue: recorded.has_due };
}
