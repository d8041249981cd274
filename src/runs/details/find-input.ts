import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, jsonText } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { readProblem, readRefusalSchema } from "../refusals.ts";

const answerSchema = z.union([readRefusalSchema, z.object({ input: jsonText.nullable() })]);

/**
 * The input with which a run was triggered: a JSON object, or null.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findInput(db: Database, credential: Credential, runId: string): Promise<unknown> {
  const args = { credential: credentialArgument(credential), run_id: runId };
  const answer = await callFunction(db, "find_input", args, answerSchema, { isRepeatable: true });
  if ("refused" in answer) throw readProblem(answer);
  return answer.input;
}
