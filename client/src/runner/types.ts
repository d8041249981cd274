import type { components, Input, NewArtifact, RunSnapshot } from "../types.ts";

type Schemas = components["schemas"];

/** One attempt of a run, as a dispatch or a lease describes it. */
export type Assignment = {
  run_id: string;
  /** 1 for a new run, one more for each retry. */
  attempt: number;
  /** When the result must have arrived at the latest. */
  deadline_at: string;
  run_snapshot: RunSnapshot;
  /** The input of the run; null when there is none. */
  input: Input | null;
  /** The labels of the run, by their keys. */
  labels: Record<string, string>;
  callback_url: string;
  callback_token: string;
  /** From the second attempt on: what the last suspension has waited for, and how many checkpoints there are. */
  resume?: Schemas["WorkflowRunResume"];
};

/** What has come of what a run has waited for. */
export type WaitOutcome = Schemas["WaitOutcomes"][string];

/** What a run has left for its later attempts: all outcomes, and the values of all checkpoints, by their keys. */
export type KeptOfRun = Schemas["WholeWorkflowRunResume"];

/** A question, who may answer it, and what happens when nobody does. */
export type Question = Omit<Schemas["WorkflowRunQuestion"], "key" | "kind"> &
  Pick<Schemas["SuspendWorkflowRunRequest"], "timeout_seconds" | "on_timeout" | "note">;

/** Which signal, by default one of the name of the key for this run, and what happens when it does not come. */
export type SignalWait = Partial<Pick<Schemas["WorkflowRunSignalWait"], "name" | "correlation">> &
  Pick<Schemas["SuspendWorkflowRunRequest"], "timeout_seconds" | "on_timeout" | "note">;

/** A run that a run triggers: its workflow, which the policy names in `may_trigger`, a key, and the fields of an invoke. */
export type ChildSpec = Schemas["GivenChildRun"];

/** What has become of a child. One that was deleted is "DELETED", and has no id any more. */
export type ChildRun = Pick<
  Schemas["ChildRun"],
  "workflow_definition_id" | "key" | "output" | "summary" | "error" | "failure_code"
> & { run_id: string | null; status: Schemas["ChildRun"]["status"] | "DELETED" };

/** With `fail_fast`, one child that has failed is enough. */
export type ChildrenOptions = Pick<Schemas["WorkflowRunChildren"], "fail_fast"> &
  Pick<Schemas["SuspendWorkflowRunRequest"], "timeout_seconds" | "on_timeout" | "note">;

/**
 * How work goes on in a later attempt: each key identifies its step, question, timer, signal or children for good in its run. `ask`,
 * `sleep`, `signal` and `children` suspend the run until the outcome has come. They then throw a {@link WorkEnded} of the kind `suspended`,
 * which the work must not catch, or throw again: its next attempt begins anew, and gets the outcome from the same call.
 */
export type WorkSteps = {
  /**
   * Does a part of the work, and keeps what it returns, as JSON of up to 64 KiB. An attempt after that returns what was kept, and does
   * not do it again. When an attempt dies before it was kept, it is done again.
   * @throws Error when the service refuses to keep it
   */
  step<Value>(key: string, work: () => Value | Promise<Value>): Promise<Value>;
  /** Asks people. The `value` of the outcome is the answer; with `on_timeout: "continue"`, there may be none. */
  ask(key: string, question: Question): Promise<WaitOutcome>;
  /** Waits until an instant, or for seconds from the first call with this key on. */
  sleep(key: string, until: Date | number): Promise<WaitOutcome>;
  /**
   * Triggers runs, and waits until they have ended. Returns them in the order of `specs`. Some may have FAILED; with `fail_fast` or
   * `on_timeout: "continue"`, some may not have ended.
   * @throws Error when the service refuses to trigger them
   */
  children(key: string, specs: readonly ChildSpec[], options?: ChildrenOptions): Promise<ChildRun[]>;
  /** What has come, and what was kept, up to now. */
  kept(): Promise<KeptOfRun>;
  /** Waits for a signal, also one that was sent before. The `payload` of the outcome is what its sender has given it. */
  signal(key: string, signal?: SignalWait): Promise<WaitOutcome>;
};

/** The run as the work gets it: without the credential. */
export type WorkRun = Omit<Assignment, "callback_token"> & WorkSteps;

/** The result of the work: any JSON, a text for people, and artifacts. */
export type WorkResult = { output?: unknown; summary?: string; artifacts?: NewArtifact[] };

/** The percentage is rounded, and kept between 0 and 100; what is no number is left out. Of a message, the first 500 characters are shown. */
export type Progress = { percent?: number; message?: string };

export type WorkContext = {
  /** Aborted when the work must end: the run was stopped or suspended, its deadline has passed, or the runner is shutting down. */
  signal: AbortSignal;
  /**
   * Appends text to the run's log. It is sent in the background: within about a second while somebody follows the run, and otherwise within
   * 15 seconds, or before the result. The service stores 1 MiB for each attempt, and 4 MiB for each run; of a longer log also the last
   * 256 KiB, which are sent before the result.
   */
  log(text: string): void;
  /** Shows people the progress of the work, as soon as a log is sent. The latest one wins. */
  progress(progress: Progress): void;
  /**
   * Stores a file of the run, and resolves when it is stored. A file of the same name is replaced. The file is sent again until it is
   * stored, so pass a large one as a `Blob`, such as that of `openAsBlob`: it is read only when it is sent.
   * @throws Error when the service refuses the file, keeps no files, or wants the work to end
   */
  artifact(name: string, body: ArtifactBody, options?: ArtifactOptions): Promise<void>;
};

export type ArtifactBody = string | Uint8Array | Blob;

export type ArtifactOptions = {
  /** The media type. By default that of the blob, or what the end of the name says. */
  contentType?: string;
  /** The SHA-256 of the content in hex. The service refuses a content that has another one. */
  sha256?: string;
};

/**
 * Thrown by work to make the run FAILED, and to say what a policy that retries REPORTED failures does: with `retry: false` nothing,
 * and with `retryAfterSeconds` (up to a day) it waits at least that long.
 */
export class WorkFailed extends Error {
  override readonly name = "WorkFailed";
  readonly retry: boolean;
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    { retry = true, retryAfterSeconds }: { retry?: boolean; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.retry = retry;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }
}

/** Work on a run. It throws to make the run FAILED, with the error's message: see {@link WorkFailed}. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without `return` is work, too, and one with some returns.
export type Work = (run: WorkRun, context: WorkContext) => Promise<WorkResult | void>;

/** A remark about an attempt, for a terminal or a log. */
export type Note = { run_id: string; attempt: number; text: string };

/** How an attempt ended in this runner. */
export type Outcome = {
  /** Null when the outcome of the work was no longer wanted, or when the run was given back or suspended. */
  status: "COMPLETED" | "FAILED" | null;
  /**
   * What became of the report. "recorded": the service has the result. "released": the run was given back. "suspended": it waits,
   * and goes on in another attempt. "refused": the service refused the result. "unwanted": no result was wanted any more.
   * "unreported": an unexpected error prevented the report.
   */
  report: "recorded" | "released" | "suspended" | "refused" | "unwanted" | "unreported";
  /** Why the work failed, or why nothing was reported. */
  error: string | null;
};

/** Why work must end. It is the reason of the work's `signal`. */
export class WorkEnded extends Error {
  override readonly name = "WorkEnded";
  readonly kind: "stopping" | "stopped" | "deadline" | "lost" | "shut_down" | "suspended";
  /** Until when a result still counts, converted to the clock of this machine; null when no result counts any more. */
  readonly endsAt: Date | null;

  constructor(kind: WorkEnded["kind"], message: string, endsAt: Date | null = null) {
    super(message);
    this.kind = kind;
    this.endsAt = endsAt;
  }
}
