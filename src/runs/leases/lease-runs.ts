import { z } from "zod";
import { jsonText } from "../../db/call.ts";
import { resumeSchema } from "../../db/resume.ts";
import { runSnapshotSchema } from "../../db/run-snapshot.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { labelsField } from "../labels.ts";

const leaseSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  attempt: z.int(),
  deadline_at: z.string(),
  run_snapshot: runSnapshotSchema,
  input: jsonText.nullable(),
  labels: labelsField,
  resume: resumeSchema.nullish(),
  scheduled_at: z.string().nullish(),
  previous_scheduled_at: z.string().nullish(),
  traceparent: z.string().nullish(),
  lease_expires_at: z.string(),
  lease_seconds: z.int(),
});

/** A run that was leased to a runner: `leased_run` in SQL. Instants are RFC 3339. */
export type Lease = z.infer<typeof leaseSchema>;

/**
 * Leases at most `max` PENDING runs to the session of a runner, the oldest first. A request with the same `requestId` gets the same
 * leases. `is_full` is true when the session holds as many runs as its capacity.
 */
export const leaseRuns = defineVerb({
  name: "lease_runs",
  args: (request: { requestId: string; max: number }) => ({ request_id: request.requestId, max: request.max }),
  result: z.object({ leases: z.array(leaseSchema), is_full: z.boolean() }),
  isRepeatable: true,
});
