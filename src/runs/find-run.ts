import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { runRowSchema } from "./run-rows.ts";

const answerSchema = z.object({
  tenant_id: z.string().optional(),
  run: runRowSchema.nullable(),
  /** Hex SHA-256 of the run as readers see it, without its place in the queue. */
  etag: z.string().optional(),
  /** Milliseconds from the database's now until the run fails by time: at its deadline, or when it must have started. Otherwise null. */
  deadline_in_ms: z.number().nullish(),
  /** 1 for the run that starts next. Null unless the run is PENDING. */
  queue_position: z.int().nullish(),
  /** Of the runs that keep this PENDING run from starting and that the caller may see, the id of the first to end. */
  blocked_by: z.string().nullish(),
  is_suspended: z.boolean().optional(),
  /** True for a FAILED run whose end is not recorded yet, and which will be retried automatically when it is. */
  will_be_retried: z.boolean().optional(),
});

export type FoundRun = z.infer<typeof answerSchema>;

/**
 * The run as it is now, with its place in the queue. `run` is null when it does not exist or the caller may not see it.
 * @throws Problem `unauthenticated`
 */
export function findRun(db: Database, credential: Credential, runId: string): Promise<FoundRun> {
  const args = { credential: credentialArgument(credential), run_id: runId };
  return callFunction(db, "find_run", args, answerSchema, { isRepeatable: true });
}
