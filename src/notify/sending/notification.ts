import { z } from "zod";
import { ENDPOINT_FORMATS } from "../../db/enums.ts";
import { defineVerb } from "../../verbs/verb.ts";

const notificationSchema = z.object({
  id: z.string(),
  event_id: z.string(),
  event_name: z.string(),
  event_at: z.string(),
  data: z.looseObject({ traceparent: z.string().optional() }),
  try_count: z.int(),
  /** When another Worker may send it. With the count, it says which try is recorded. The functions of an older release do not know it. */
  claimed_until: z.string().nullable().default(null),
  /** A person asked for it, and may be looking at its page. */
  is_asked: z.boolean().default(false),
});
export type Notification = z.infer<typeof notificationSchema>;

const claimSchema = z.union([
  z.object({
    /** By the database's clock, RFC 3339. */
    claimed_at: z.string(),
    /** True for a probe: the single try that an endpoint gets while it fails repeatedly. */
    is_probe: z.boolean(),
    endpoint: z.object({
      id: z.string(),
      format: z.enum(ENDPOINT_FORMATS).default("standard"),
      /** For a chat only the scheme and the host, since its address is a secret. Its `address_hash` identifies the address. */
      url: z.string(),
      address_hash: z.string().nullable().default(null),
      secret_encrypted: z.string(),
      previous_secret_encrypted: z.string().nullable(),
    }),
    notifications: z.array(notificationSchema).min(1),
  }),
  z.object({ notifications: z.tuple([]) }),
]);
export type Claim = Extract<z.infer<typeof claimSchema>, { endpoint: unknown }>;

/** Claims up to `limit` due notifications of an endpoint: none when nothing is due, or when the endpoint has to wait. */
export const claimNotifications = defineVerb({
  name: "claim_notifications",
  args: (claim: { endpointId: string; limit: number }) => ({ endpoint_id: claim.endpointId, limit: claim.limit }),
  result: claimSchema,
});

/**
 * The outcome of one try. `status` is the HTTP status of the answer; null when there was none. `answer` is the beginning of what the
 * endpoint answered when it refused: see `readRefusal`.
 */
export type NotificationResult = {
  id: string;
  try_count: number;
  claimed_until: string | null;
  outcome: "delivered" | "failed" | "gone";
  status: number | null;
  duration_ms: number;
  reason: string | null;
  answer: string | null;
  retry_after_seconds: number | null;
};

/** Records the outcomes of claimed notifications. `has_due` is true when more can be sent to the endpoint now. */
export const recordNotifications = defineVerb({
  name: "record_notifications",
  args: ({ claim, results }: { claim: Claim; results: readonly NotificationResult[] }) => ({
    endpoint_id: claim.endpoint.id,
    url: claim.endpoint.address_hash ?? claim.endpoint.url,
    is_probe: claim.is_probe,
    is_asked: claim.notifications.some(({ is_asked }) => is_asked),
    results: { json: results },
  }),
  result: z.object({ has_due: z.boolean() }),
});
