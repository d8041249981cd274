import type { Config } from "../config.ts";
import type { Credential } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { Live } from "../http/live/live.ts";
import type { Dispatch, StopDispatch, StoppedRun } from "./effects.ts";

/** The attempt of a run that a run token has proved. */
export type ProvenRun = { runId: string; tenantId: string; attempt: number };

/** The session of a runner that its token has proved. */
export type ProvenSession = { sessionId: string; tenantId: string };

/** The trigger whose secret has signed a message, as it was in this version. */
export type ProvenWebhook = { triggerId: string; version: number };

/** Who asks: a caller, the runner of an attempt, a runner that asks for work, the sender of a message, or nobody (the service itself). */
export type Proof = { caller?: Credential; run?: ProvenRun; session?: ProvenSession; webhook?: ProvenWebhook };

/**
 * Sends what has started or was stopped to runners, and fires due triggers. Implemented in src/dispatches and src/triggers; none of the
 * functions throws.
 */
export type Sender = {
  dispatches(services: VerbServices, dispatches: readonly Dispatch[]): Promise<void>;
  stops(services: VerbServices, stops: readonly StopDispatch[]): Promise<void>;
  stopped(services: VerbServices, stopped: readonly StoppedRun[]): Promise<void>;
  firings(services: VerbServices, tenantIds: readonly string[]): Promise<void>;
};

/** What every verb needs. */
export type VerbServices = {
  db: Database;
  /** The same database for work that no client waits for: see `openDatabase`. */
  patientDb: Database;
  config: Config;
  live: Live;
  send: Sender;
  proof: Proof;
  /** Null outside of a request. */
  requestId: string | null;
  /** False when what starts is left to the sweep, instead of being sent after the commit. */
  sends: boolean;
  /** False in the cron's sweep, which starts the notifications of all its verbs together, at its end. */
  notifies: boolean;
  /** Begins a piece of work that may go on after the answer. */
  afterwards: (work: () => Promise<unknown>) => void;
};
