/** What the attempts of a run have kept, and what an attempt can go on with. */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, jsonText, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { waitOutcomesSchema } from "../../db/resume.ts";
import { Problem } from "../../http/problems.ts";
import { clipped } from "../../http/text.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { attemptProblem, attemptRefusalSchema, OF_RUN } from "../refusals.ts";

const keepRefusalSchema = z.union([
  attemptRefusalSchema,
  z.object({ refused: z.literal("other_value"), value: z.string() }),
  z.object({ refused: z.enum(["too_many", "too_large"]), limit: z.int() }),
]);

/**
 * Keeps any JSON under a key of a run token's run. The first value stays, and the same one again gets the same answer.
 * Refused with Problem `not_found`, or `conflict` for an ended run, an older attempt, another value, or too much.
 */
export const keepCheckpoint = defineVerb({
  name: "keep_checkpoint",
  args: (checkpoint: { key: string; value: unknown }) => ({
    key: checkpoint.key,
    value: { json: checkpoint.value },
  }),
  result: z.object({ is_new: z.boolean() }),
  refusals: keepRefusalSchema,
  refuse: (refusal, { key }, { run }) => {
    switch (refusal.refused) {
      case "other_value":
        return new Problem(
          "conflict",
          `The checkpoint “${key}” has another value, which stays: ${clipped(refusal.value)}`,
        );
      case "too_many":
        return new Problem("conflict", `A run may have ${refusal.limit} checkpoints.`);
      case "too_large":
        return new Problem("conflict", `The checkpoints of a run may have ${refusal.limit} bytes altogether.`);
      default:
        return attemptProblem(refusal, run?.attempt);
    }
  },
  isRepeatable: true,
});

const checkpointSchema = z.object({
  key: z.string(),
  attempt: z.int(),
  bytes: z.int(),
  kept_at: z.string(),
  value: jsonText,
});

const pageSchema = z.object({ items: z.array(checkpointSchema), total: z.int() });

/**
 * One page of the checkpoints of a run, the oldest first.
 * @throws Problem `unauthenticated` or `not_found`
 */
export function listCheckpoints(
  db: Database,
  credential: Credential,
  { runId, ...page }: { runId: string; limit: number; offset: number },
) {
  return readFor(db, credential, "list_checkpoints", { run_id: runId, ...page }, pageSchema, OF_RUN);
}

const resumeSchema = z.union([
  attemptRefusalSchema,
  z.object({ outcomes: waitOutcomesSchema, checkpoints: z.record(z.string(), jsonText) }),
]);

/**
 * All that the attempt of a run token can go on with.
 * @throws Problem `not_found`, or `conflict` for an ended run or an older attempt
 */
export async function findResume(db: Database, run: { tenantId: string; runId: string; attempt: number }) {
  const args = { tenant_id: run.tenantId, run_id: run.runId, attempt: run.attempt };
  const answer = await callFunction(db, "find_resume", args, resumeSchema, { isRepeatable: true });
  if ("refused" in answer) throw attemptProblem(answer, run.attempt);
  return answer;
}
