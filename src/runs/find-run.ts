import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { runRowSchema } from "./run-rows.ts";

const answerSchema = z.object({
  tenant_id: z.string().optional(),
  run: runRowSchema.nullable(),
  /** Hex SHA-256 of what a reader sees of the run, without its place in the queue. */
  etag: z.string().optional(),
  /** In how many milliseconds from the database's now its deadline is. Null unless RUNNING. */
  deadline_in_ms: z.number().nullish(),
  /** 1 for the run that is next. Null unless PENDING. */
  queue_position: z.int().nullish(),
  /** The run that holds the slot. Null unless PENDING behind one that the caller may see. */
  blocked_by: z.string().nullish(),
});

export type FoundRun = z.infer<typeof answerSchema>;

/**
 * The run as it stands now, with its place in the queue; `run` is null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export function findRun(db: Database, credential: Credential, runId: string): Promise<FoundRun> {
  const args = { credential: credentialArgument(credential), run_id: runId };
  return callFunction(db, "find_run", args, answerSchema, { isRepeatable: true });
}
