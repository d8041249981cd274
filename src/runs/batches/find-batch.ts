import type { Context } from "hono";
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import type { AppEnv } from "../../http/env.ts";
import { listsTag } from "../../http/middleware/conditional.ts";
import { Problem } from "../../http/problems.ts";
import { waitIfAsked } from "../live/find-run-or-wait.ts";

export const NO_BATCH = "There is no such batch, or it is not yours to see.";

const batchSchema = z.object({
  id: z.string(),
  workflow_definition_id: z.string(),
  user_id: z.string(),
  /** How many runs the batch has triggered. The other counts are of how they stand now, and their sum is the same. */
  run_count: z.int(),
  pending: z.int(),
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
  deleted: z.int(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});

/** A batch as it stands: `batch_response` in SQL. Instants are RFC 3339. */
export type Batch = z.infer<typeof batchSchema>;

const answerSchema = z.object({
  tenant_id: z.string().optional(),
  batch: batchSchema.nullable(),
  /** Hex SHA-256 of the batch as readers see it. */
  etag: z.string().optional(),
});

type FoundBatch = z.infer<typeof answerSchema>;

/** A batch that was found. */
type Found = { batch: Batch; etag: string };

/**
 * A batch as it stands now. If the request asks to wait: as soon as it has ended or, with `If-None-Match`, as soon as one of its runs
 * has changed, or when the time is up.
 * @throws Problem `unauthenticated`, `not_found`, or `too_many_requests` when too many requests of the caller wait already
 */
export async function findBatchOrWait(c: Context<AppEnv>, batchId: string): Promise<Found> {
  const read = () => findBatch(c.env.db, c.var.credential, batchId);
  const readAt = Date.now();
  const found = await read();
  const { batch } = requireBatch(found);
  const ifNoneMatch = c.req.header("If-None-Match");
  const isNews = ({ batch, etag }: FoundBatch) =>
    batch === null || batch.ended_at !== null || (ifNoneMatch !== undefined && !listsTag(ifNoneMatch, `"${etag}"`));
  const topic = { definitionId: batch.workflow_definition_id };
  const onAnyChange = ifNoneMatch !== undefined;
  return requireBatch((await waitIfAsked(c, { found, readAt, read, isNews, topic, onAnyChange })) ?? found);
}

/** @throws Problem `not_found` */
function requireBatch({ batch, etag }: FoundBatch): Found {
  if (batch === null || etag === undefined) throw new Problem("not_found", NO_BATCH);
  return { batch, etag };
}

/**
 * A batch as it stands now. `batch` is null when it does not exist or the caller may not see it.
 * @throws Problem `unauthenticated`
 */
function findBatch(db: Database, credential: Credential, batchId: string): Promise<FoundBatch> {
  const args = { credential: credentialArgument(credential), batch_id: batchId };
  return callFunction(db, "find_batch", args, answerSchema, { isRepeatable: true });
}
