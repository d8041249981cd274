import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { runSnapshotSchema } from "../../db/run-snapshot.ts";
import { jsonText } from "../../http/json-value.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../../runners/dispatch.ts";

const leaseSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  attempt: z.int(),
  deadline_at: z.string(),
  run_snapshot: runSnapshotSchema,
  input: jsonText.nullable(),
  traceparent: z.string().nullish(),
  lease_expires_at: z.string(),
  lease_seconds: z.int(),
});

/** A run that was leased to a runner: `lease_of` in SQL. Instants are RFC 3339. */
export type Lease = z.infer<typeof leaseSchema>;

const answerSchema = dispatchesSchema.and(z.object({ leases: z.array(leaseSchema), is_full: z.boolean() }));

/** A request of a session for at most `max` runs. A request with the same `requestId` gets the same leases. */
export type LeaseRequest = { sessionId: string; tenantId: string; requestId: string; max: number };

/**
 * Leases PENDING runs to a session, the oldest first. `isFull` is true when the session holds as many runs as its capacity.
 * @throws Unauthenticated when the session has expired, or when its key or its user is no longer valid
 */
export async function leaseRuns(
  db: Database,
  request: LeaseRequest & Promotion,
): Promise<{ leases: Lease[]; isFull: boolean }> {
  const args = {
    session_id: request.sessionId,
    tenant_id: request.tenantId,
    request_id: request.requestId,
    max: request.max,
    ...promotionArguments(request),
  };
  const options = { isRepeatable: true, onChanged: request.onChanged };
  const answer = await callFunction(db, "lease_runs", args, answerSchema, options);
  request.onPromoted(answer.dispatches);
  return { leases: answer.leases, isFull: answer.is_full };
}
