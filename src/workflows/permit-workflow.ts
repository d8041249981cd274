import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { MAX_PERMISSIONS } from "../people/user-permissions.ts";
import { permitProblem } from "./refusals.ts";

const answerSchema = z.union([
  z.object({ refused: z.enum(["not_found", "forbidden", "user_unknown", "too_many"]) }),
  z.object({ given: z.int() }),
]);

/**
 * Gives a user the permissions that they lack to run a definition: to read it, its sources, instructions and template, and to
 * write its outputs. Returns how many were given; 0 when the user could already run it.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden` for a USER, or `conflict` when the user would have too many
 * permissions
 */
export async function permitWorkflow(
  db: Database,
  credential: Credential,
  { definitionId, userId }: { definitionId: string; userId: string },
): Promise<number> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: definitionId,
    user_id: userId,
    max_permissions: MAX_PERMISSIONS,
  };
  const answer = await callFunction(db, "permit_workflow", args, answerSchema, { isRepeatable: true });
  if ("refused" in answer) throw permitProblem(answer.refused);
  return answer.given;
}
