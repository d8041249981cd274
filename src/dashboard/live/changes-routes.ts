/**
 * The stream that an open page listens to. It says that something has changed, and the page then requests its live part again.
 */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import type { Database } from "../../db/client.ts";
import { eventStream, type Frame } from "../../http/live/event-stream.ts";
import type { Nudge, Topic } from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";
import { followEvents } from "../../runs/live/follow-events.ts";
import { followRun, followRuns } from "../../runs/live/follow-runs.ts";
import { listenAs } from "../../runs/live/listen-as.ts";
import { NO_RUN } from "../../runs/refusals.ts";
import { Pages } from "../pages.ts";

export const changes = new Pages();

/** A stream ends after this time. The browser then reconnects, and the session is checked again. */
const LONGEST_MS = 3_600_000;

/**
 * A page of at most so many milliseconds ago need not be requested again: the hub tells what has changed since. The hub
 * keeps that in memory, and stays in memory for ten seconds after a change.
 */
const FRESH_MS = 5_000;

/** The event, and the id, with which a stream begins. A browser that reconnects sends the id: its page may have missed something. */
const BEGUN = "begun";

/** A position after every event, so that a read of the run returns no events: only its existence is checked. */
const NO_EVENTS = Number.MAX_SAFE_INTEGER;

const ALL = { definitionId: undefined, userId: undefined };

const querySchema = z.object({
  /** Only changes of this run. */
  run: z.guid().optional().catch(undefined),
  /** With `run`: also changes of all other runs, for a page that shows what the run has triggered. */
  family: z.literal("1").optional().catch(undefined),
  /** Only changes of this workflow's runs. */
  workflow: z.guid().optional().catch(undefined),
  /** A name that the browser chose for the page, and the name of the page before it in the same tab. */
  page: z.string().max(40).optional().catch(undefined),
  left: z.string().max(40).optional().catch(undefined),
  /** When the service began to answer the page: `began` of its `Server-Timing`. */
  since: z.coerce.number().int().optional().catch(undefined),
});
type Query = z.infer<typeof querySchema>;

/**
 * A stream of messages without content: one after each change, at most one a second. After each message, the page requests its live
 * part, and that request checks what the user may see. It begins with an event `begun` for a page that has just been loaded, and with
 * a message for one that may have missed something. The page of a run also gets an event `log` when its runner has logged
 * something or reported progress. So this stream asks the database only once, when it begins.
 */
changes.stream("/app/changes", async (c) => {
  const { db, live } = c.env;
  if (!live.hasHubs) throw new Problem("streams_unavailable");
  const query = querySchema.parse(c.req.query());
  const topic = await findTopic(db, c.var.credential, query);
  const page = query.page === undefined ? undefined : { id: query.page, left: query.left };
  const listened = { ...topic, withOthers: true, withLog: topic.runId !== undefined };
  const isFresh = Date.now() - (query.since ?? 0) <= FRESH_MS && c.req.header("Last-Event-ID") === undefined;
  const listener = await listenAs(c, c.var.session.userId, listened, page, isFresh ? query.since : undefined);
  const until = Date.now() + LONGEST_MS;
  const pageOf = (frames: Frame[]) => ({
    frames,
    hasMore: false,
    isOver: Date.now() >= until,
    dueInMs: until - Date.now(),
  });
  const read = async (nudges: readonly Nudge[]) => pageOf(framesOf(nudges));
  const first = pageOf([{ ...(isFresh && { event: BEGUN }), data: null }]);
  return eventStream(c.req.raw.signal, (sink) => followEvents(listener, sink, read, first), listener, BEGUN);
});

/** The message of a page that something has changed, and the event `log` when its run has new progress or log entries. */
function framesOf(nudges: readonly Nudge[]): Frame[] {
  const hasLog = nudges.some((nudge) => nudge.is_log);
  const isOnlyLog = hasLog && nudges.every((nudge) => nudge.is_log);
  return [...(isOnlyLog ? [] : [{ data: null }]), ...(hasLog ? [{ event: "log", data: null }] : [])];
}

/**
 * The topic that a page asks to listen to.
 * @throws Problem `unauthenticated`, or `not_found` for a run that the caller may not see
 */
async function findTopic(db: Database, credential: Credential, query: Query): Promise<Topic> {
  const { run: runId, workflow: definitionId } = query;
  if (runId === undefined) {
    const { tenant_id: tenantId } = await followRuns(db, credential, ALL, null);
    return { tenantId, ...(definitionId !== undefined && { definitionId }) };
  }
  const { tenant_id: tenantId, run } = await followRun(db, credential, { runId, after: NO_EVENTS });
  if (run === null) throw new Problem("not_found", NO_RUN);
  return { tenantId, runId: run.id, withAllRuns: query.family !== undefined };
}
