import { z } from "zod";
import { Problem } from "../../http/problems.ts";
import { unknownDefinitionsProblem } from "../../people/refusals.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { findPresence, isSilent, runnerSessionSchema } from "./presence.ts";

export type NewSession = {
  id: string;
  name: string;
  /** Null: all definitions that the key may lease. */
  definitionIds: readonly string[] | null;
  /** How many runs the runner works on at the same time, at most. */
  capacity: number;
  tags: readonly string[];
};

/** The sessions that were silent at an instant, by their ids. */
type Silent = { ids: string[]; at: string };

/** `definitionIds` are the definitions whose runs the session may lease; null for all. */
export type OpenedSession = { tenantId: string; expiresAt: string; definitionIds: string[] | null };

const fullSchema = z.object({
  refused: z.literal("too_many"),
  tenant_id: z.string(),
  sessions: z.array(runnerSessionSchema),
  now: z.string(),
});

/** The key has 100 open sessions, and none of them was named as silent. */
class KeyIsFull extends Problem {
  readonly full: z.infer<typeof fullSchema>;
  constructor(full: z.infer<typeof fullSchema>) {
    super("too_many_requests", TOO_MANY, RETRY_AFTER);
    this.full = full;
  }
}

/** How long a session must not have been heard of before it can be closed for another one, as `Retry-After`. */
const RETRY_AFTER = { "Retry-After": "60" };

const TOO_MANY =
  "This key has 100 open sessions, and each of them holds a run or was heard of in the last minute. Close runners, or use another key.";

const openRunnerSession = defineVerb({
  name: "open_runner_session",
  args: ({ id, name, definitionIds, capacity, tags, silent }: NewSession & { silent: Silent | null }) => ({
    session_id: id,
    name,
    definition_ids: definitionIds,
    capacity,
    silent_ids: silent?.ids ?? null,
    silent_at: silent?.at ?? null,
    tags,
  }),
  result: z.object({ expires_at: z.string(), workflow_definition_ids: z.array(z.string()).nullable() }),
  refusals: z.discriminatedUnion("refused", [
    z.object({ refused: z.literal("forbidden") }),
    z.object({ refused: z.literal("definitions"), ids: z.array(z.string()) }),
    fullSchema,
  ]),
  refuse: (refusal) => {
    switch (refusal.refused) {
      case "definitions":
        return unknownDefinitionsProblem(refusal.ids);
      case "too_many":
        return new KeyIsFull(refusal);
      case "forbidden":
        return new Problem("forbidden", "Runs are leased by a runner key, or by the key of an OWNER or ADMIN.");
    }
  },
});

/** Closes the session of a runner that stops. No further run is leased to it. Closing it again changes nothing. */
export const closeSession = defineVerb({
  name: "close_runner_session",
  args: () => ({}),
  result: z.unknown(),
  isRepeatable: true,
});

/**
 * Opens a session for a runner, with a runner key or with a key of an OWNER or ADMIN. When the key has 100 open sessions, the
 * oldest silent one that holds no run is closed for it, which takes a second request to the database: the hub knows who waits.
 * @throws Unauthenticated
 * @throws Problem `forbidden` for the key of a USER, `too_many_requests` when no session of the key can be closed
 * @throws ValidationFailed for definitions that do not exist, or that the key may not lease
 */
export async function openSession(services: VerbServices, session: NewSession): Promise<OpenedSession> {
  try {
    return await open(services, session, null);
  } catch (error) {
    const silent = error instanceof KeyIsFull ? await findSilent(services, error) : null;
    if (silent === null) throw error;
    return open(services, session, silent);
  }
}

async function open(services: VerbServices, session: NewSession, silent: Silent | null): Promise<OpenedSession> {
  const { tenantId, result } = await perform(services, openRunnerSession, { ...session, silent });
  if (tenantId === null) throw new Error("A runner's session was opened in no tenant.");
  return { tenantId, expiresAt: result.expires_at, definitionIds: result.workflow_definition_ids };
}

/** Those sessions of a key that are silent. Null when there is none. */
async function findSilent({ live }: VerbServices, { full }: KeyIsFull): Promise<Silent | null> {
  const found = await findPresence(live, full.tenant_id, full.sessions, full.now);
  const ids = found.filter((session) => isSilent(session, live)).map(({ id }) => id);
  return ids.length > 0 ? { ids, at: full.now } : null;
}
