import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import { changeOfLog } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../../runners/dispatch.ts";
import { logProblem, logRefusalSchema } from "../refusals.ts";

/** An entry that a runner adds to the log of its attempt. The runner's token has proved which attempt that is. */
export type LogEntry = { runId: string; tenantId: string; attempt: number; sequence: number; text: string };

const answerSchema = dispatchesSchema.and(z.union([logRefusalSchema, z.object({ is_cut: z.boolean() })]));

/**
 * Stores an entry of a run's log, once. `is_cut` says that the log is full: neither this entry nor any later one is stored.
 * @throws Problem `not_found`, or `conflict` for an ended run, an older attempt, or a number that was used for another text
 */
export async function appendLog(db: Database, entry: LogEntry & Promotion): Promise<{ is_cut: boolean }> {
  const args = {
    run_id: entry.runId,
    tenant_id: entry.tenantId,
    attempt: entry.attempt,
    sequence: entry.sequence,
    text: entry.text,
    ...promotionArguments(entry),
  };
  const options = { isRepeatable: true, onChanged: entry.onChanged };
  const answer = await callFunction(db, "append_log", args, answerSchema, options);
  entry.onPromoted(answer.dispatches);
  if ("refused" in answer) throw logProblem(answer, entry);
  entry.onChanged([changeOfLog(entry.tenantId, entry.runId)]);
  return { is_cut: answer.is_cut };
}
