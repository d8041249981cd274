import { reasonOf } from "../reason.ts";
import { storeFile } from "./artifact.ts";
import { Gathering } from "./gathering.ts";
import { Heartbeats } from "./heartbeats.ts";
import { keepOutput } from "./keep-output.ts";
import { type Answer, type CallOptions, callService } from "./run-calls.ts";
import { RunLog } from "./run-log.ts";
import { Steps } from "./steps.ts";
import {
  type Assignment,
  type Note,
  type Outcome,
  type Work,
  type WorkContext,
  WorkEnded,
  WorkFailed,
  type WorkResult,
} from "./types.ts";

export type AttemptOptions = {
  work: Work;
  fetch: typeof fetch;
  /** Set for a leased run, which needs heartbeats. Otherwise they begin with the first progress. */
  heartbeatSeconds: number | null;
  /** How far the service's clock is ahead of the one of this machine, as far as is known. */
  aheadMs?: number;
  onNote?(note: Note): void;
};

const WEBHOOK_HEARTBEAT_SECONDS = 15;
/**
 * The service decides by its own clock whether a result is late, so a late result is given up only this long after its
 * deadline.
 */
const CLOCK_SLACK_MS = 10_000;
const MAX_ERROR_LENGTH = 8_192;
/**
 * The log is sent before the result or the suspension, since that closes it. While the service is unavailable, both wait. When only the log
 * cannot be sent, the result waits for this long at most, or for half of the time that is left if that is shorter.
 */
const LOG_TIMEOUT_MS = 300_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What the callback has, as the service knows it. */
type Result = {
  status: "COMPLETED" | "FAILED";
  error?: string;
  retry?: false;
  retry_after_seconds?: number;
} & WorkResult;

/** One attempt of a run in this runner: it does the work, extends the lease, sends the log, and reports the result. */
export class Attempt {
  readonly run: Assignment;
  readonly #options: AttemptOptions;
  readonly #aheadMs: number;
  readonly #ending = new AbortController();
  /** Aborted when nothing more has to be sent to the service. */
  readonly #over = new AbortController();
  /** Converted to the clock of this machine. */
  readonly #deadlineMs: number;
  #end: WorkEnded | null = null;
  #hasResult = false;
  #lastRetry: string | null = null;

  constructor(run: Assignment, options: AttemptOptions) {
    this.run = run;
    this.#options = options;
    this.#aheadMs = options.aheadMs ?? 0;
    this.#deadlineMs = Date.parse(run.deadline_at) - this.#aheadMs;
  }

  get #msLeft(): number {
    return this.#deadlineMs - Date.now();
  }

  /**
   * Ends the work. A later reason replaces an earlier one only if it leaves less to do, such as a stop without grace after one
   * with a grace. When the work has ended before its lease was lost, its result is reported nevertheless: only the answer to the
   * callback says whether it counts, and the service keeps a late one for people to find.
   */
  end(reason: WorkEnded): void {
    if (this.#hasResult && reason.kind === "lost") return;
    if (this.#end === null || (isWanted(this.#end) && !isWanted(reason))) this.#end = reason;
    this.#ending.abort(this.#end);
    if (!isWanted(reason)) this.#over.abort(reason);
  }

  /** Does the work and reports the result. Never rejects. */
  async execute(): Promise<Outcome> {
    const { run } = this;
    const deadline = setTimeout(
      () => this.end(deadlinePassed()),
      Math.min(Math.max(this.#msLeft + CLOCK_SLACK_MS, 0), LONGEST_TIMER_MS),
    );
    const calls = { fetch: this.#options.fetch, signal: this.#over.signal, onRetry: this.#noteRetry };
    const gathering = new Gathering();
    const log = new RunLog(run, {
      ...calls,
      gathering,
      onCut: () =>
        this.#note("The log is longer than the service stores. Of the rest, its end is sent before the result."),
    });
    const heartbeats = new Heartbeats(run, {
      ...calls,
      log,
      gathering,
      aheadMs: this.#aheadMs,
      intervalSeconds: this.#options.heartbeatSeconds ?? WEBHOOK_HEARTBEAT_SECONDS,
      onEnd: (reason) => this.end(reason.kind === "lost" && this.#msLeft <= 0 ? deadlinePassed() : reason),
    });
    if (this.#options.heartbeatSeconds !== null) heartbeats.start();
    try {
      const result = await this.#work(log, heartbeats, calls);
      // Whatever the work has made of the error that ended it.
      if (this.#end?.kind === "suspended") return { status: null, report: "suspended", error: null };
      this.#hasResult = this.#end === null;
      await this.#sendRest(log.close());
      return await this.#report(result);
    } catch (error) {
      const reason = this.#end?.message ?? reasonOf(error);
      return { status: null, report: this.#over.signal.aborted ? "unwanted" : "unreported", error: reason };
    } finally {
      clearTimeout(deadline);
      this.#over.abort();
    }
  }

  async #work(log: RunLog, heartbeats: Heartbeats, calls: CallOptions): Promise<Result> {
    const { callback_token: _, ...run } = this.run;
    const { signal } = this.#ending;
    try {
      signal.throwIfAborted();
      // Of the files that the work has stored, or tried to.
      const names = new Set<string>();
      const context: WorkContext = {
        signal,
        log: (text: string) => log.append(text),
        progress: heartbeats.tell.bind(heartbeats),
        artifact: (name, ...file) => {
          names.add(name);
          return storeFile(this.run, calls, name, ...file);
        },
      };
      const steps = new Steps(this.run, {
        ...calls,
        heartbeats,
        ending: signal,
        flushLog: () => this.#sendRest(log.flush()),
        onSuspended: (reason) => this.end(reason),
      });
      const result = (await this.#options.work(Object.assign(steps, run), context)) ?? {};
      return { status: "COMPLETED", ...(await keepOutput(result, context, names)) };
    } catch (error) {
      const text = this.#end?.message ?? (error instanceof Error ? error.message : String(error));
      return {
        status: "FAILED",
        error: (text || "The work failed and did not say why.").slice(0, MAX_ERROR_LENGTH),
        ...(error instanceof WorkFailed && retryOf(error)),
      };
    }
  }

  /** Waits for the rest of the log, but not too long. */
  async #sendRest(sent: Promise<void>): Promise<void> {
    const halfMs = Math.max(0, this.#msLeft) / 2;
    const isInTime = await within(sent, Math.min(LOG_TIMEOUT_MS, halfMs));
    if (!isInTime) this.#note("The rest of the log could not be sent in time.");
  }

  async #report(result: Result): Promise<Outcome> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const error = result.error ?? null;
    const options = { fetch: this.#options.fetch, signal, onRetry: this.#noteRetry };
    const isReleased =
      this.#end?.kind === "shut_down" && this.#options.heartbeatSeconds !== null && result.status === "FAILED";
    const answer = isReleased
      ? await callService(this.run, "release", null, options)
      : await this.#callBack(result, options);
    // 409 after an answer that was lost: the run is given back already, or has ended.
    if (isReleased && answer.status === 409) return { status: null, report: "released", error };
    if (answer.error !== null) return { status: result.status, report: "refused", error: answer.error };
    return isReleased
      ? { status: null, report: "released", error }
      : { status: result.status, report: "recorded", error };
  }

  /**
   * When the service refuses the output of a result, the result is reported again without it. Otherwise the run would wait for
   * its deadline.
   */
  async #callBack(result: Result, options: Parameters<typeof callService>[3]): Promise<Answer> {
    const answer = await callService(this.run, "callback", result, options);
    if (answer.status !== 413 && answer.status !== 422) return answer;
    const error = `The result was refused: ${answer.error}`.slice(0, MAX_ERROR_LENGTH);
    this.#note(error);
    const again = await callService(this.run, "callback", { status: "FAILED", error }, options);
    return again.error === null ? { ...again, error } : again;
  }

  /** Each reason is noted once, since an outage causes many tries. */
  readonly #noteRetry = (reason: string): void => {
    if (reason !== this.#lastRetry) this.#note(`Tries again: ${reason}`);
    this.#lastRetry = reason;
  };

  #note(text: string): void {
    this.#options.onNote?.({ run_id: this.run.run_id, attempt: this.run.attempt, text });
  }
}

function retryOf({ retry, retryAfterSeconds }: WorkFailed): Pick<Result, "retry" | "retry_after_seconds"> {
  if (!retry) return { retry };
  return retryAfterSeconds === null ? {} : { retry_after_seconds: retryAfterSeconds };
}

const deadlinePassed = (): WorkEnded => new WorkEnded("deadline", "The deadline has passed.");

/** False when no result of the attempt counts any more. */
const isWanted = ({ kind }: WorkEnded): boolean => kind === "stopping" || kind === "shut_down";

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
