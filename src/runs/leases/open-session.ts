import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import type { Live } from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";
import { unknownDefinitionsProblem } from "../../people/refusals.ts";
import { findPresence, isSilent, runnerSessionSchema } from "./presence.ts";

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
  z.object({
    refused: z.literal("too_many"),
    tenant_id: z.string(),
    sessions: z.array(runnerSessionSchema),
    now: z.string(),
  }),
  z.object({ tenant_id: z.string(), expires_at: z.string(), workflow_definition_ids: z.array(z.string()).nullable() }),
]);

/** How long a session must not have been heard of before it can be closed for another one, as `Retry-After`. */
const RETRY_AFTER = { "Retry-After": "60" };

/**
 * Opens a session for a runner, with a runner key or with a key of an OWNER or ADMIN. When the key has 100 open sessions, the
 * oldest silent one that holds no run is closed for it, which takes a second request to the database: the hub knows who waits.
 * @throws Unauthenticated
 * @throws Problem `forbidden` for the key of a USER, `too_many_requests` when no session of the key can be closed
 * @throws ValidationFailed for definitions that do not exist, or that the key may not lease
 */
export async function openSession(
  { db, live }: { db: Database; live: Live },
  credential: Credential,
  session: NewSession,
): Promise<OpenedSession> {
  const args = {
    credential: credentialArgument(credential),
    session_id: session.id,
    name: session.name,
    definition_ids: session.definitionIds,
    capacity: session.capacity,
  };
  const ask = (silent_ids: string[] | null, silent_at: string | null) =>
    callFunction(db, "open_runner_session", { ...args, silent_ids, silent_at }, answerSchema);
  let answer = await ask(null, null);
  if ("refused" in answer && answer.refused === "too_many") {
    const { tenant_id, sessions, now } = answer;
    const silent = (await findPresence(live, tenant_id, sessions, now)).filter((found) => isSilent(found, live));
    if (silent.length > 0)
      answer = await ask(
        silent.map(({ id }) => id),
        now,
      );
  }
  if ("expires_at" in answer) {
    const { tenant_id: tenantId, expires_at: expiresAt, workflow_definition_ids: definitionIds } = answer;
    return { tenantId, expiresAt, definitionIds };
  }
  switch (answer.refused) {
    case "definitions":
      throw unknownDefinitionsProblem(answer.ids);
    case "too_many":
      throw new Problem("too_many_requests", TOO_MANY, RETRY_AFTER);
    case "forbidden":
      throw new Problem("forbidden", "Runs are leased by a runner key, or by the key of an OWNER or ADMIN.");
  }
}

const TOO_MANY =
  "This key has 100 open sessions, and each of them holds a run or was heard of in the last minute. Close runners, or use another key.";
