import { findOutage } from "../../db/client.ts";
import { crowd } from "../../http/live/crowd.ts";
import type { EventSink, Frame } from "../../http/live/event-stream.ts";
import type { Listener, Nudge } from "../../http/live/live.ts";

const KEEP_ALIVE_MS = 15_000;

/** The least time between two reads, so that many changes within a second cause one read. */
const READ_GAP_MS = 1_000;

/**
 * The least time between two pages of what has happened already. With this, all streams of a caller together read as often as its requests
 * may: `CALLER_LIMITER`.
 */
const PAGE_GAP_MS = 200;

/** The longest time between two reads. Each read checks that the caller may still read. */
const LONGEST_QUIET_MS = 3_600_000;

/**
 * How long to wait before the next read while something is held back, which nothing announces: this time at first, and twice as long
 * after each read that found nothing, since a transaction may stay open for minutes.
 */
const HELD_BACK_MS = { first: 200, most: 2_000 };

/**
 * How long after a deadline to read. A run whose deadline has passed is FAILED, but its event only exists when that was
 * recorded.
 */
const AFTER_DEADLINE_MS = 50;
const OVERDUE_MS = 2_000;

export type Page = {
  frames: readonly Frame[];
  /** True when there is more to read already. */
  hasMore: boolean;
  /** True when nothing more will come. */
  isOver: boolean;
  /** Milliseconds until there is something to read without a nudge: the deadline. */
  dueInMs: number | null;
  /** True when there is something that will be shown soon, without a nudge. */
  holdsBack?: boolean;
  /** The id after which all was read. Without it, a client that reconnects goes on after the last event that it got. */
  readTo?: string | undefined;
};

/**
 * Sends what `read` finds, for as long as the client stays connected: first what exists, then what each nudge announces. `read`
 * gets the nudges since its last call; none at the beginning, and when it is called because something is due. It reads on only when the client
 * has taken what was sent, so a stream from long ago fills no memory, and after a pause, so it does not flood the database. After
 * a nudge it reads at once if the last read is at least a second ago, otherwise when that second is over. While the database does not
 * answer, it reads after random pauses that grow, whatever nudges come. It also reads when
 * something is due, and again and again while something is held back. The first page, unless given, is read after the listener has
 * subscribed, so that no change is missed.
 */
export async function followEvents(
  listener: Listener,
  sink: EventSink,
  read: (nudges: readonly Nudge[]) => Promise<Page>,
  first?: Page,
): Promise<void> {
  try {
    let sentAt = Date.now();
    let given = first;
    let heard: readonly Nudge[] = [];
    let heldMs: number | null = null;
    let readTo: string | undefined;
    let outages = 0;
    while (!sink.isClosed) {
      const page = given ?? (await readUnlessAway(() => read(heard)));
      given = undefined;
      const readAt = Date.now();
      if (page !== null) {
        heard = [];
        readTo = page.readTo;
        sink.send(page.frames);
        if (page.frames.length > 0) sentAt = readAt;
        if (page.isOver) return;
        await sink.ready();
      }
      heldMs = page?.holdsBack ? heldBackMs(page, heldMs) : null;
      const soonMs = page?.hasMore ? PAGE_GAP_MS : heldMs;
      outages = page === null ? outages + 1 : 0;
      const wakeAt =
        readAt + (page === null ? crowd.outageMs(outages) : Math.min(quietMs(page), soonMs ?? LONGEST_QUIET_MS));
      let isNudged = false;
      while (!isNudged && Date.now() < wakeAt) {
        const nudges = await listener.next(Math.max(Math.min(wakeAt, sentAt + KEEP_ALIVE_MS) - Date.now(), 0));
        // The client reconnects with the id of the last event.
        if (nudges === null) return;
        isNudged = nudges.length > 0 && page !== null;
        heard = [...heard, ...nudges];
        if (Date.now() - sentAt < KEEP_ALIVE_MS) continue;
        sink.keepAlive(readTo);
        sentAt = Date.now();
      }
      const gapMs = readAt + Math.min(READ_GAP_MS, soonMs ?? READ_GAP_MS) - Date.now();
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

/** How long to wait after a page that holds something back. `before` is how long that was before it; null when nothing was held back. */
function heldBackMs({ frames }: Page, before: number | null): number {
  return before === null || frames.length > 0 ? HELD_BACK_MS.first : Math.min(2 * before, HELD_BACK_MS.most);
}

/** Null when the database does not answer. Any other error, such as for a revoked credential, ends the stream. */
async function readUnlessAway(read: () => Promise<Page>): Promise<Page | null> {
  try {
    return await read();
  } catch (error) {
    if (findOutage(error) === null) throw error;
    return null;
  }
}
