import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { RUN_EVENT_TYPES } from "../../db/enums.ts";
import { runRowSchema } from "../run-rows.ts";

/** How many events are read at a time. */
export const LIMIT = 100;

/** How far a stream of all runs looks back for events that were committed after one with a higher id. */
const LOOK_BACK = 1_000;

const eventSchema = z.object({
  id: z.int(),
  type: z.enum(RUN_EVENT_TYPES),
  attempt: z.int(),
  at: z.string(),
  detail: z.record(z.string(), z.unknown()).nullable(),
});

/** What `follow_run` answers. */
export const runAnswerSchema = z.object({
  tenant_id: z.string(),
  user_id: z.string(),
  run: runRowSchema.nullable(),
  events: z.array(eventSchema).default([]),
  has_ended: z.boolean().default(true),
  due_in_ms: z.number().nullish(),
});

/** What has happened to a run after an event. `run` is null when there is none that the caller may see. */
export type FollowedRun = z.infer<typeof runAnswerSchema> & { hasMore: boolean };

/**
 * Reads what has happened to a run after the event `after`; 0 for all.
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
  /** Of the events that were looked at, oldest first. */
  ids: z.array(z.int()),
  items: z.array(z.object({ event: eventSchema, run: runRowSchema })),
});
export type FollowedRuns = z.infer<typeof runsAnswerSchema> & { hasMore: boolean };

/** Where a stream of all runs stands. */
export class Position {
  readonly #floor: number;
  #last: number;
  #known: number[] = [];

  /** After the event `last`, by id. What lies before it is not looked at. */
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

  /** Goes on behind these events. */
  advance(ids: readonly number[]): void {
    this.#last = Math.max(this.#last, ...ids);
    this.#known = [...this.#known, ...ids].filter((id) => id > this.from);
  }
}

/**
 * Reads what has happened to the runs of the caller's tenant after a position. Without one it answers no items, and where to
 * begin: the only one of `ids`.
 * @throws Problem `unauthenticated`
 */
export async function followRuns(
  db: Database,
  credential: Credential,
  filter: { definitionId: string | undefined; userId: string | undefined },
  position: Position | null,
): Promise<FollowedRuns> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: filter.definitionId ?? null,
    user_id: filter.userId ?? null,
    after: position?.from ?? null,
    known: position?.known.map(String) ?? [],
    limit: LIMIT,
  };
  const answer = await callFunction(db, "follow_runs", args, runsAnswerSchema, { isRepeatable: true });
  return { ...answer, hasMore: answer.ids.length === LIMIT };
}
