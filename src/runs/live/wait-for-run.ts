import { findOutage } from "../../db/client.ts";
import { pauseAfterLoss } from "../../http/live/crowd.ts";
import type { Listener, Live, NotListening, Topic } from "../../http/live/live.ts";

/** By how much clocks may differ. A read exactly at the deadline might still find the run RUNNING. */
const DEADLINE_SLACK_MS = 50;

/** The least time between two reads of several runs, so that many changes within a second cause one read. */
const READ_GAP_MS = 1_000;

/** The result of a read: in how many milliseconds the run fails by time: at its deadline, or when it must have started. Otherwise null. */
export type Standing = { deadline_in_ms?: number | null | undefined };

export type Wait<Found extends Standing> = {
  tenantId: string;
  /** Whose waiting requests are counted: see `Listening`. */
  caller: string;
  /** What is waited for: one run, or some of the runs of a definition. */
  topic: Pick<Topic, "runId" | "definitionId">;
  seconds: number;
  /** Ends the wait when the client has disconnected. */
  signal: AbortSignal;
  read(): Promise<Found>;
  /** True when the wait can end with this result. */
  isNews(found: Found): boolean;
  /** When true, it is read again after each change of a run, and not only after an end. */
  onAnyChange: boolean;
};

/**
 * Waits until there is news of a run or the time is up, and reads the run again. `found` is the run as read at `readAt`. Most
 * waits need one read. It is no error when there is no news: if the database does not answer, the last known result is returned.
 * The answer is a text when it cannot wait: see {@link NotListening}.
 * @throws Problem when the caller's credential is no longer valid
 */
export async function waitForRun<Found extends Standing>(
  live: Live,
  found: Found,
  readAt: number,
  wait: Wait<Found>,
): Promise<Found | NotListening> {
  const listener = await live.listen(
    { ...wait.topic, tenantId: wait.tenantId },
    { since: readAt, caller: wait.caller },
  );
  if (typeof listener === "string") return listener;
  wait.signal.addEventListener("abort", () => listener.close());
  try {
    return await listen(listener, found, readAt, wait);
  } catch (error) {
    if (findOutage(error) === null) throw error;
    return found;
  } finally {
    listener.close();
  }
}

async function listen<Found extends Standing>(
  listener: Listener,
  found: Found,
  readAt: number,
  wait: Wait<Found>,
): Promise<Found> {
  const until = Date.now() + wait.seconds * 1000;
  let last = found;
  let readLastAt = readAt;
  let deadlineAt = deadlineOf(found, readAt);
  while (Date.now() < until) {
    const wakeAt = Math.min(until, deadlineAt);
    const nudges = await listener.next(Math.max(wakeAt - Date.now(), 0));
    // The client has disconnected, or the hub was restarted. The answer is then the run as it is now.
    const isLost = nudges === null;
    const isDeadline = Date.now() >= deadlineAt;
    const isNudged = nudges?.some(({ has_ended }) => has_ended || wait.onAnyChange) === true;
    if (!isLost && !isDeadline && !isNudged) continue;
    if (isLost && !wait.signal.aborted) await pauseAfterLoss(until - Date.now());
    if (!isLost && wait.topic.runId === undefined) await pauseUntil(Math.min(readLastAt + READ_GAP_MS, until));
    last = await wait.read();
    readLastAt = Date.now();
    if (isLost || wait.isNews(last)) return last;
    // A deadline that has passed is not waited for again. A run that has started meanwhile has another one.
    const isOver = isDeadline && (last.deadline_in_ms ?? 0) <= 0;
    deadlineAt = isOver ? Number.POSITIVE_INFINITY : deadlineOf(last, Date.now());
  }
  return wait.read();
}

const deadlineOf = ({ deadline_in_ms: inMs }: Standing, readAt: number): number =>
  typeof inMs === "number" ? readAt + Math.max(inMs, 0) + DEADLINE_SLACK_MS : Number.POSITIVE_INFINITY;

const pauseUntil = (at: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(at - Date.now(), 0)));
