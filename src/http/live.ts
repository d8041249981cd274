/** What makes the service live: `src/hub` behind an interface, since nobody but the composition root knows that. */
import type { Change } from "../db/changes.ts";

/** Which runs a listener wants to hear of: one run, those of a definition, or all of the tenant. */
export type Topic = { tenantId: string; runId?: string; definitionId?: string };

/** That a run has changed. No data: whoever hears of it reads the run, and what they may see is judged then. */
export type Nudge = { run_id: string; has_ended: boolean };

export type Listener = {
  /** Resolves with the nudges that have come, and with none when time is up. Rejects when the connection is lost. */
  next(timeoutMs: number): Promise<Nudge[]>;
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
  /**
   * Says that this isolate is about to change something, so that the next cron does not skip its sweep. Call it before a
   * change begins. Never rejects.
   */
  mark(): Promise<void>;
  /** Tells the hubs what was changed. Never rejects: what they miss, the cron's sweep finds. */
  announce(changes: readonly Change[]): Promise<void>;
  /**
   * Listens for changes. `sinceMs`: also for those that the hub has heard of so many milliseconds ago. `caller` counts
   * against the limit of streams; without it nothing is counted. "unavailable" without a hub, or when it does not answer.
   */
  listen(topic: Topic, options: { sinceMs: number; caller?: string }): Promise<Listener | "unavailable" | "too_many">;
  /** Notes that an alarm has fired. Never rejects. */
  noteAlarm(lateMs: number): Promise<void>;
  /** Null without the register, or when it does not answer. */
  readStatus(): Promise<LiveStatus | null>;
};

/** A service without its Durable Objects: the cron sweeps all, and nobody can listen. */
export const notLive: Live = {
  mark: async () => {},
  announce: async () => {},
  listen: async () => "unavailable",
  noteAlarm: async () => {},
  readStatus: async () => null,
};
