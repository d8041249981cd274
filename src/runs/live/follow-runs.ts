import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, openSet } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { RUN_EVENT_TYPES } from "../../db/enums.ts";
import { runProgressSchema, runRowSchema } from "../run-rows.ts";

/** How many events are read at a time. */
export const LIMIT = 100;

/**
 * How many event ids a stream of all runs looks back. It finds events that were committed after an event with a higher id, but not those with
 * an id below the one at which it began, nor those below this number of later events. The feed misses none: see `feed-routes.ts`.
 */
const LOOK_BACK = 1_000;

const eventSchema = z.object({
  id: z.int(),
  type: openSet(RUN_EVENT_TYPES),
  attempt: z.int(),
  at: z.string(),
  detail: z.record(z.string(), z.unknown()).nullable(),
});

/** The answer of the SQL function `follow_run`. */
export const runAnswerSchema = z.object({
  tenant_id: z.string(),
  user_id: z.string(),
  run: runRowSchema.nullable(),
  progress: runProgressSchema.extend({ attempt: z.int() }).nullish(),
  events: z.array(eventSchema).default([]),
  has_ended: z.boolean().default(true),
  due_in_ms: z.number().nullish(),
});

/** The events of a run after a given event. `run` is null when it does not exist or the caller may not see it. */
export type FollowedRun = z.infer<typeof runAnswerSchema> & { hasMore: boolean };

/**
 * Reads the events of a run after the event `after`; 0 for all events.
 * @throws Problem `unauthenticated`
 */
export async function followRun(
  db: Database,
  credential: Credential,
  { runId, after }: { runId: string; after: number },
): Promise<FollowedRun> {
  const args = { credential: credentialArgument(credential), run_id: runId, after, limit: LIMIT };
  const answer = await callFunction(db, "follow_run", args, runAnswerSchema, { isRepeatable: true });
  return { ...answer, hasMore: answer.events.length === LIMIT };
}

const runsAnswerSchema = z.object({
  tenant_id: z.string(),
  user_id: z.string(),
  /** The ids of all events that were examined, oldest first. */
  ids: z.array(z.int()),
  items: z.array(z.object({ event: eventSchema, run: runRowSchema })),
});
export type FollowedRuns = z.infer<typeof runsAnswerSchema> & { hasMore: boolean };

/** The position of a stream of all runs. */
export class Position {
  readonly #floor: number;
  #last: number;
  #known: number[] = [];

  /** A position after the event with the id `last`. Events before it are not sent. */
  constructor(last: number) {
    this.#floor = last;
    this.#last = last;
  }

  get from(): number {
    return Math.max(this.#floor, this.#last - LOOK_BACK);
  }

  get known(): readonly number[] {
    return this.#known;
  }

  /** Moves the position after these events. */
  advance(ids: readonly number[]): void {
    this.#last = Math.max(this.#last, ...ids);
    this.#known = [...this.#known, ...ids].filter((id) => id > this.from);
  }
}

/**
 * Reads the events of the runs in the caller's tenant after a position. Without a position the answer has no items, and its
 * only id in `ids` is where to begin.
 * @throws Problem `unauthenticated`
 */
export async function followRuns(
  db: Database,
  credential: Credential,
  filter: { definitionId: string | undefined; userId: string | undefined; labels?: readonly string[] | undefined },
  position: Position | null,
): Promise<FollowedRuns> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: filter.definitionId ?? null,
    user_id: filter.userId ?? null,
    after: position?.from ?? null,
    known: position?.known.map(String) ?? [],
    limit: LIMIT,
    labels: filter.labels ?? null,
  };
  const answer = await callFunction(db, "follow_runs", args, runsAnswerSchema, { isRepeatable: true });
  return { ...answer, hasMore: answer.ids.length === LIMIT };
}
