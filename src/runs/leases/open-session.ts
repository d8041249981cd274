import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { Problem } from "../../http/problems.ts";
import { unknownDefinitionsProblem } from "../../people/refusals.ts";

export type NewSession = {
  id: string;
  name: string;
  /** Null: all definitions that the key may lease. */
  definitionIds: readonly string[] | null;
  /** How many runs the runner works on at the same time, at most. */
  capacity: number;
};

/** `definitionIds` are the definitions whose runs the session may lease; null for all. */
export type OpenedSession = { tenantId: string; expiresAt: string; definitionIds: string[] | null };

const answerSchema = z.union([
  z.object({ refused: z.literal("forbidden") }),
  z.object({ refused: z.literal("definitions"), ids: z.array(z.string()) }),
  z.object({ tenant_id: z.string(), expires_at: z.string(), workflow_definition_ids: z.array(z.string()).nullable() }),
]);

/**
 * Opens a session for a runner, with a runner key or with a key of an OWNER or ADMIN.
 * @throws Unauthenticated
 * @throws Problem `forbidden` for the key of a USER
 * @throws ValidationFailed for definitions that do not exist, or that the key may not lease
 */
export async function openSession(db: Database, credential: Credential, session: NewSession): Promise<OpenedSession> {
  const args = {
    credential: credentialArgument(credential),
    session_id: session.id,
    name: session.name,
    definition_ids: session.definitionIds,
    capacity: session.capacity,
  };
  const answer = await callFunction(db, "open_runner_session", args, answerSchema);
  if ("expires_at" in answer) {
    const { tenant_id: tenantId, expires_at: expiresAt, workflow_definition_ids: definitionIds } = answer;
    return { tenantId, expiresAt, definitionIds };
  }
  if (answer.refused === "definitions") throw unknownDefinitionsProblem(answer.ids);
  throw new Problem("forbidden", "Runs are leased by a runner key, or by the key of an OWNER or ADMIN.");
}
