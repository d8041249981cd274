import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { openSet, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { FAILURE_CODES, RUN_STATUSES } from "../../db/enums.ts";
import { labelsField } from "../labels.ts";
import { OF_RUN } from "../refusals.ts";
import { runProgressSchema } from "../run-rows.ts";

const detailsSchema = z.object({
  status: z.enum(RUN_STATUSES),
  attempt: z.int(),
  started_at: z.string().nullable(),
  failure_code: openSet(FAILURE_CODES).nullable(),
  queue_position: z.int().nullable(),
  concurrency_key: z.string().nullable(),
  progress: runProgressSchema.nullable(),
  labels: labelsField,
  // The functions of an older release do not know these.
  start_after: z.string().nullable().default(null),
  must_start_by: z.string().nullable().default(null),
  batch_id: z.string().nullable().default(null),
  priority: z.int().default(0),
});

/** What the wire contract's form of a run does not say of it: `find_details` in SQL. */
export type RunDetails = z.infer<typeof detailsSchema>;

const answerSchema = z.object({ details: detailsSchema });

/**
 * The details of a run as it is now.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findDetails(db: Database, credential: Credential, runId: string): Promise<RunDetails> {
  return (await readFor(db, credential, "find_details", { run_id: runId }, answerSchema, OF_RUN)).details;
}
