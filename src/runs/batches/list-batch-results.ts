import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, jsonText, openSet } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { FAILURE_CODES, RUN_STATUSES } from "../../db/enums.ts";
import { Problem } from "../../http/problems.ts";
import { NO_BATCH } from "./find-batch.ts";

const resultSchema = z.object({
  run_id: z.string(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(RUN_STATUSES),
  attempt: z.int(),
  failure_code: openSet(FAILURE_CODES).nullable(),
  error: z.string().nullable(),
  summary: z.string().nullable(),
  output: jsonText.nullable(),
  completed_at: z.string().nullable(),
});

const pageSchema = z.union([
  z.object({ refused: z.literal("not_found") }),
  z.object({ items: z.array(resultSchema), next: z.string().nullable() }),
]);

/**
 * One page of how the runs of a batch have ended, in the order in which they were given, after the run `after`.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function listBatchResults(
  db: Database,
  credential: Credential,
  { batchId, ...page }: { batchId: string; after: string | null; limit: number },
) {
  const args = { credential: credentialArgument(credential), batch_id: batchId, ...page };
  const answer = await callFunction(db, "list_batch_results", args, pageSchema, { isRepeatable: true });
  if ("refused" in answer) throw new Problem("not_found", NO_BATCH);
  return answer;
}
