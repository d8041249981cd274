import { findOutage } from "../../db/client.ts";
import type { EventSink, Frame } from "../../http/live/event-stream.ts";
import type { Listener } from "../../http/live/live.ts";

const KEEP_ALIVE_MS = 15_000;

/** After a read, the next one waits so long: many changes a second are one read a second. */
const READ_GAP_MS = 1_000;

/** How long to wait when the database does not answer. */
const OUTAGE_MS = 5_000;

/** A stream looks at its right to read at least so often. */
const LONGEST_QUIET_MS = 3_600_000;

/** A run whose deadline has passed is FAILED; until that is written down there is no event of it yet. */
const AFTER_DEADLINE_MS = 50;
const OVERDUE_MS = 2_000;

export type Page = {
  frames: readonly Frame[];
  /** True when there is more to read at once. */
  hasMore: boolean;
  /** True when nothing more will come. */
  isOver: boolean;
  /** In how many milliseconds there is something to read without a nudge: the deadline. */
  dueInMs: number | null;
  /** In how many milliseconds to read again in any case; undefined: when there is news. */
  readAgainInMs?: number | undefined;
};

/**
 * Sends what `read` finds, as long as the client stays: what is there, and then what each nudge announces. It reads at once
 * after a quiet second, else once a second, and by itself when something is due. The first page, unless it is given, is read
 * when the listener has subscribed, so that nothing falls between.
 */
export async function followEvents(
  listener: Listener,
  sink: EventSink,
  read: () => Promise<Page>,
  first?: Page,
): Promise<void> {
  try {
    let sentAt = Date.now();
    let given = first;
    while (!sink.isClosed) {
      const page = given ?? (await readUnlessAway(read));
      given = undefined;
      const readAt = Date.now();
      if (page !== null) {
        sink.send(page.frames);
        if (page.frames.length > 0) sentAt = readAt;
        if (page.isOver) return;
        if (page.hasMore) continue;
        if (page.readAgainInMs !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, page.readAgainInMs));
          continue;
        }
      }
      const wakeAt = readAt + (page === null ? OUTAGE_MS : quietMs(page));
      let isNudged = false;
      while (!isNudged && Date.now() < wakeAt) {
        const nudges = await listener.next(Math.max(Math.min(wakeAt, sentAt + KEEP_ALIVE_MS) - Date.now(), 0));
        // The client connects again, with the last event's id.
        if (nudges === null) return;
        isNudged = nudges.length > 0;
        if (Date.now() - sentAt < KEEP_ALIVE_MS) continue;
        sink.keepAlive();
        sentAt = Date.now();
      }
      const gapMs = readAt + READ_GAP_MS - Date.now();
      if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  } finally {
    listener.close();
  }
}

function quietMs({ dueInMs }: Page): number {
  if (dueInMs === null) return LONGEST_QUIET_MS;
  return Math.min(dueInMs > 0 ? dueInMs + AFTER_DEADLINE_MS : OVERDUE_MS, LONGEST_QUIET_MS);
}

/** Null when the database does not answer. Any other error ends the stream, such as a credential that was revoked. */
async function readUnlessAway(read: () => Promise<Page>): Promise<Page | null> {
  try {
    return await read();
  } catch (error) {
    if (findOutage(error) === null) throw error;
    return null;
  }
}
