/** What makes the service live: `src/hub` behind an interface, since nobody but the composition root knows that. */
import type { Change } from "../../db/changes.ts";

/**
 * What a listener wants to hear of: one run, those of a definition, or all of the tenant. With `withOthers` also of changes that
 * are not of a run, such as a new permission. With `withLog` also of new entries in the log of the one run.
 */
export type Topic = {
  tenantId: string;
  runId?: string;
  definitionId?: string;
  withOthers?: boolean;
  withLog?: boolean;
};

/**
 * That a run has changed. No data: whoever hears of it reads the run, and what they may see is judged then. `run_id` is null
 * when something else has changed.
 */
export type Nudge = { run_id: string | null; has_ended: boolean };

/** `stream` is given for a stream, and not for a request that waits. */
export type Listening = { sinceMs: number; stream?: Stream };

export type Stream = {
  /** Whose it is: the key, or the user of a session, whose streams are counted; and the user in any case. */
  caller: string;
  userId: string;
  /** Which page it is of, and which one was left for it, whose stream ends. */
  page?: OpenPage | undefined;
};

export type OpenPage = { id: string; left: string | undefined };

export type Listener = {
  /** The nudges that have come; none when time is up; null when the connection is lost, or was closed. */
  next(timeoutMs: number): Promise<Nudge[] | null>;
  close(): void;
};

/** A runner that waits for a run to lease. */
export type WorkListener = {
  /** What the hub knows: it changes whenever there may be new work. */
  readonly version: string;
  /** "woken": there may be a run. "lost": the connection is, or it was closed. */
  next(timeoutMs: number): Promise<"woken" | "time is up" | "lost">;
  close(): void;
};

/** Ages are in seconds; null where there is nothing. */
export type LiveStatus = {
  /** Since a cron last found that there was nothing to sweep. */
  sinceSkipped: number | null;
  /** An alarm of late, and how much later it was than it should have been. */
  lastAlarm: { since: number; lateMs: number } | null;
};

export type Live = {
  /** False without hubs: then nobody can listen. */
  hasHubs: boolean;
  /**
   * Says that this isolate is about to change something, so that the next cron does not skip its sweep. Call it before a
   * change begins. Never rejects.
   */
  mark(): Promise<void>;
  /**
   * Tells the hubs what was changed, and has notified whoever is to be notified of it. Never rejects: what they miss, the cron's
   * sweep finds.
   */
  announce(changes: readonly Change[]): Promise<void>;
  /**
   * Has what is due for these notification endpoints sent, in invocations of their own. It does not wait for them. Never
   * rejects: what is not sent, the next sweep finds.
   */
  notify(endpointIds: readonly string[]): Promise<void>;
  /**
   * Listens for changes. `sinceMs`: also for those that the hub has heard of so many milliseconds ago. A `stream` counts
   * against its caller's limit. "unavailable" without a hub, or when it does not answer.
   */
  listen(topic: Topic, options: Listening): Promise<Listener | "unavailable" | "too_many">;
  /**
   * Waits for runs of these definitions to lease; null for all. A run wakes one of those who wait for it, and the next one a
   * second later, until somebody has taken it. "unavailable" without a hub, or when it does not answer.
   */
  waitForWork(runner: {
    tenantId: string;
    definitionIds: readonly string[] | null;
  }): Promise<WorkListener | "unavailable">;
  /**
   * Ends the streams of a user: one of their credentials is no longer valid. Runners that wait ask the database again, which knows
   * whose session has ended with it. Never rejects.
   */
  endStreams(user: { tenantId: string; userId: string }): Promise<void>;
  /** Notes that an alarm has fired. Never rejects. */
  noteAlarm(lateMs: number): Promise<void>;
  /** Null without the register, or when it does not answer. */
  readStatus(): Promise<LiveStatus | null>;
};
