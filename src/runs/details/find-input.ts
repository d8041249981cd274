import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { jsonText, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { OF_RUN } from "../refusals.ts";

const answerSchema = z.object({ input: jsonText.nullable() });

/**
 * The input with which a run was triggered: a JSON object, or null.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findInput(db: Database, credential: Credential, runId: string): Promise<unknown> {
  return (await readFor(db, credential, "find_input", { run_id: runId }, answerSchema, OF_RUN)).input;
}
