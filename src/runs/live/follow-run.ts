/** The stream of a run: its events, with or without the log of its runner. */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import type { Frame } from "../../http/live/event-stream.ts";
import { followRun, LIMIT, runAnswerSchema } from "./follow-runs.ts";
import { idOf, type RunPosition } from "./run-position.ts";

/** The entry number of the message that says that the log was cut. It is greater than the number of every entry. */
const CUT = 2_147_483_648;

const withLogSchema = runAnswerSchema.extend({
  attempt: z.int().default(1),
  entries: z
    .array(
      z.object({
        attempt: z.int(),
        sequence: z.int(),
        at: z.string().nullable(),
        text: z.string().nullable(),
        missing_before: z.int(),
        omitted_bytes: z.number().default(0),
      }),
    )
    .default([]),
  has_more_entries: z.boolean().default(false),
});

type Answer = z.infer<typeof withLogSchema>;

/**
 * The messages in their order, and the position after them. `run` is null when it does not exist or the caller may not see it.
 */
export type FollowedRunPage = Pick<Answer, "tenant_id" | "user_id" | "run" | "progress" | "has_ended" | "due_in_ms"> &
  Messages;

type Messages = { frames: Frame[]; position: RunPosition; hasMore: boolean };

type Request = { runId: string; position: RunPosition };

/**
 * Reads the events of a run after a position.
 * @throws Problem `unauthenticated`
 */
export async function followRunAlone(
  db: Database,
  credential: Credential,
  { runId, position }: Request,
): Promise<FollowedRunPage> {
  const answer = await followRun(db, credential, { runId, after: position.eventId });
  const { run, events, hasMore } = answer;
  const frames = events.map((event) => ({ id: event.id, event: event.type, data: { run, event } }));
  return { ...answer, frames, position: { ...position, eventId: events.at(-1)?.id ?? position.eventId }, hasMore };
}

/**
 * Reads the events of a run and the entries of its log after a position.
 * @throws Problem `unauthenticated`
 */
export async function followRunWithLog(
  db: Database,
  credential: Credential,
  { runId, position }: Request,
): Promise<FollowedRunPage> {
  const args = {
    credential: credentialArgument(credential),
    run_id: runId,
    after: position.eventId,
    limit: LIMIT,
    attempt: position.attempt,
    after_sequence: position.nextEntry - 1,
  };
  const answer = await callFunction(db, "follow_run_and_log", args, withLogSchema, { isRepeatable: true });
  return { ...answer, ...inOrder(answer, position) };
}

/**
 * Merges events and log entries by time, each with the position after it. If more events or more entries follow, the next ones
 * are unknown, so the page ends with the last one that was read of that kind. Everything after it is read again with the next
 * page.
 */
function inOrder(answer: Answer, from: RunPosition): Messages {
  const { run, events, entries, has_more_entries: hasMoreEntries } = answer;
  const hasMoreEvents = events.length === LIMIT;
  const frames: Frame[] = [];
  let position: RunPosition = { ...from, attempt: from.attempt ?? answer.attempt };
  for (let eventIndex = 0, entryIndex = 0; ; ) {
    const event = events[eventIndex];
    const entry = entries[entryIndex];
    if ((!event && hasMoreEvents) || (!entry && hasMoreEntries)) break;
    if (event && (!entry || (entry.at !== null && event.at < entry.at))) {
      eventIndex += 1;
      position = { ...position, eventId: event.id };
      frames.push({ id: idOf(position), event: event.type, data: { run, event } });
    } else if (entry) {
      entryIndex += 1;
      position = { ...position, attempt: entry.attempt, nextEntry: entry.sequence + 1 };
      frames.push({ id: idOf(position), ...messageOf(entry) });
    } else break;
  }
  return { frames, position, hasMore: hasMoreEvents || hasMoreEntries };
}

const messageOf = (entry: Answer["entries"][number]) =>
  entry.sequence === CUT ? { event: "log_cut", data: { attempt: entry.attempt } } : { event: "log", data: entry };
