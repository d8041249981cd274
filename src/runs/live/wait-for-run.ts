import { findOutage } from "../../db/client.ts";
import type { Listener, Live } from "../../http/live/live.ts";

/** By so much the clocks may differ: who looks at a run right at its deadline would find it RUNNING. */
const DEADLINE_SLACK_MS = 50;

/** What was read of a run: in how many milliseconds it ends at the latest, unless it is not RUNNING. */
export type Standing = { deadline_in_ms?: number | null | undefined };

export type Wait<Found extends Standing> = {
  tenantId: string;
  runId: string;
  seconds: number;
  /** Ends the wait when the client has left. */
  signal: AbortSignal;
  read(): Promise<Found>;
  /** True for what there is no need to wait for, or no longer. */
  isNews(found: Found): boolean;
  /** True to look at the run after any change of it, and not only after its end. */
  onAnyChange: boolean;
};

/**
 * Waits until there is news of a run, or the time is up, and reads it again. `found` is how it stood at `readAt`. Null when
 * nobody can wait, since the hub does not answer. Most waits read once. Another outcome than news is no error: should the
 * database not answer, what was known before is returned.
 * @throws Problem when the caller is no longer valid
 */
export async function waitForRun<Found extends Standing>(
  live: Live,
  found: Found,
  readAt: number,
  wait: Wait<Found>,
): Promise<Found | null> {
  const topic = { tenantId: wait.tenantId, runId: wait.runId };
  const listener = await live.listen(topic, { sinceMs: Date.now() - readAt });
  if (typeof listener === "string") return null;
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
  let deadlineAt = deadlineOf(found, readAt);
  while (Date.now() < until) {
    const wakeAt = Math.min(until, deadlineAt);
    const nudges = await listener.next(Math.max(wakeAt - Date.now(), 0));
    // The client has left, or the hub has restarted: what can be said is how the run stands.
    const isLost = nudges === null;
    const isDeadline = Date.now() >= deadlineAt;
    const isNudged = nudges?.some(({ has_ended }) => has_ended || wait.onAnyChange) === true;
    if (!isLost && !isDeadline && !isNudged) continue;
    last = await wait.read();
    if (isLost || wait.isNews(last)) return last;
    deadlineAt = isDeadline ? Number.POSITIVE_INFINITY : deadlineOf(last, Date.now());
  }
  return wait.read();
}

const deadlineOf = ({ deadline_in_ms: inMs }: Standing, readAt: number): number =>
  typeof inMs === "number" ? readAt + Math.max(inMs, 0) + DEADLINE_SLACK_MS : Number.POSITIVE_INFINITY;
