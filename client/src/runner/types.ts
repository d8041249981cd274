import type { Input, NewArtifact, RunSnapshot } from "../types.ts";

/** One attempt of a run, as a dispatch or a lease brings it. */
export type Assignment = {
  run_id: string;
  /** 1 for a new run, one more for each retry. */
  attempt: number;
  /** Until when the result must have arrived. */
  deadline_at: string;
  run_snapshot: RunSnapshot;
  /** What the invoke was given; null when that was nothing. */
  input: Input | null;
  callback_url: string;
  callback_token: string;
};

/** What work gets to see: without the credential. */
export type WorkRun = Omit<Assignment, "callback_token">;

/** What came out of work: any JSON, a text for people, and what was made. */
export type WorkResult = { output?: unknown; summary?: string; artifacts?: NewArtifact[] };

export type Progress = { percent?: number; message?: string };

export type WorkContext = {
  /** Aborted when the work must end: somebody stopped the run, its deadline has passed, or the runner is shutting down. */
  signal: AbortSignal;
  /** Appends to the run's log. Sent in the background; 1 MiB of an attempt is kept. */
  log(text: string): void;
  /** Shows people how far the work is. The latest wins. */
  progress(progress: Progress): void;
};

/** Work on a run. It throws to make the run FAILED, with the error's message. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without `return` is work, too, and one with some returns.
export type Work = (run: WorkRun, context: WorkContext) => Promise<WorkResult | void>;

/** What there is to tell about an attempt, for a terminal or a log. */
export type Note = { run_id: string; attempt: number; text: string };

/** How an attempt ended for the runner. */
export type Outcome = {
  /** Null when the work's outcome was not wanted any more, or the run was given back. */
  status: "COMPLETED" | "FAILED" | null;
  /** What the service has: the result, the run to give to somebody else, or neither. */
  report: "recorded" | "released" | "refused" | "unwanted" | "unreported";
  /** Why it failed, or why nothing was reported. */
  error: string | null;
};

/** Why work has to end. It is the reason of the work's signal. */
export class WorkEnded extends Error {
  override readonly name = "WorkEnded";
  readonly kind: "stopping" | "stopped" | "deadline" | "lost" | "shut_down";
  /** Until when a result still counts; null when none does. */
  readonly endsAt: Date | null;

  constructor(kind: WorkEnded["kind"], message: string, endsAt: Date | null = null) {
    super(message);
    this.kind = kind;
    this.endsAt = endsAt;
  }
}
