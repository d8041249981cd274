import { pause } from "../pause.ts";
import { toProblem } from "../problem.ts";
import { reasonOf } from "../reason.ts";
import { pauseBeforeRetry } from "../retry.ts";
import { type Gathering, Waiting } from "./gathering.ts";
import { type CallOptions, callOnce } from "./run-calls.ts";
import { beginningOf, type Entry, type RunLog } from "./run-log.ts";
import { stopOf } from "./stop.ts";
import { type Assignment, type Progress, WorkEnded } from "./types.ts";

const FIRST_PAUSE_MS = 1_000;
/** How long the message of a progress may be. */
const MOST_MESSAGE_LENGTH = 500;

export type HeartbeatOptions = CallOptions & {
  intervalSeconds: number;
  log: RunLog;
  gathering: Gathering;
  /** How far the service's clock is ahead of the one of this machine, as far as is known. */
  aheadMs: number;
  /** Called when the service wants the work to end. */
  onEnd(reason: WorkEnded): void;
};

/**
 * What became of a heartbeat. After "failed" it is sent again, at the earliest when `leastMs` have passed, and after "refused" without its
 * progress.
 */
type Sent = { what: "heard" } | { what: "gone" } | { what: "failed" | "refused"; leastMs: number | null };

/**
 * Extends the lease of an attempt by heartbeats, which carry its progress and the entries of its log. It sends nothing until it is
 * started.
 */
export class Heartbeats {
  readonly #run: Assignment;
  readonly #options: HeartbeatOptions;
  readonly #waiting = new Waiting();
  /** The progress that is not sent yet, and when the first of it came. */
  #progress: Progress | null = null;
  #progressSince = Number.POSITIVE_INFINITY;
  /** Aborted when they end. */
  #beating: AbortController | null = null;

  constructor(run: Assignment, options: HeartbeatOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** For a run whose lease has just begun. Sends heartbeats until `signal` of the options is aborted. */
  start(): void {
    this.#start(performance.now());
  }

  tell(progress: Progress): void {
    this.#progress = { ...this.#progress, ...sendable(progress) };
    this.#progressSince = Math.min(this.#progressSince, performance.now());
    this.#waiting.wake();
    // For a runner with a URL, this begins a lease, so the first heartbeat is sent at once.
    this.#start(Number.NEGATIVE_INFINITY);
  }

  /**
   * Sends none while a call goes on that may end the attempt, and gives up the one that is under way, whose answer could say that the lease is
   * lost.
   */
  async without<Value>(call: () => Promise<Value>): Promise<Value> {
    const before = this.#beating;
    before?.abort();
    this.#beating = new AbortController();
    try {
      return await call();
    } finally {
      this.#beating = null;
      if (before !== null || this.#progress !== null) this.#start(Number.NEGATIVE_INFINITY);
    }
  }

  #start(sentAt: number): void {
    if (this.#beating !== null) return;
    this.#beating = new AbortController();
    this.#options.log.letCarry(() => this.#waiting.wake());
    this.#beat(sentAt, AbortSignal.any([this.#options.signal, this.#beating.signal])).catch(() => {});
  }

  async #beat(firstAt: number, signal: AbortSignal): Promise<void> {
    const { intervalSeconds, log, gathering } = this.#options;
    const intervalMs = intervalSeconds * 1000;
    for (let sentAt = firstAt; ; sentAt = performance.now()) {
      const dueAt = () => Math.min(sentAt + intervalMs, this.#progressSince + gathering.withinMs, log.carriedDueAt);
      await this.#waiting.until(dueAt, signal);
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
        const sent = await this.#sendNews(signal);
        if (sent.what === "heard") break;
        if (sent.what === "gone") return;
        // It is never longer than the time between two heartbeats, since the lease continues to run out.
        const restMs = pauseBeforeRetry(sent.leastMs, Math.min(pauseMs, intervalMs));
        await pause(Math.min(restMs, intervalMs), signal);
      }
    }
  }

  async #sendNews(signal: AbortSignal): Promise<Sent> {
    const progress = this.#progress;
    this.#progress = null;
    this.#progressSince = Number.POSITIVE_INFINITY;
    const sent = await this.#send(progress, this.#options.log.take(), signal);
    if (sent.what === "failed") this.#progress ??= progress;
    return sent;
  }

  async #send(progress: Progress | null, entries: readonly Entry[], signal: AbortSignal): Promise<Sent> {
    const { log, gathering, aheadMs, onEnd, onRetry } = this.#options;
    const message = { ...(progress !== null && { progress }), ...(entries.length > 0 && { log: entries }) };
    try {
      const response = await callOnce(this.#run, "heartbeat", message, { ...this.#options, signal });
      const body: unknown = await response.json().catch(() => null);
      if (response.ok) {
        gathering.hear(body);
        const stored = recordOf(body, "log");
        if (entries.length > 0 && stored === null) log.sendAlone();
        else log.settle(entries, stored);
        const stop = recordOf(body, "stop");
        if (stop !== null) onEnd(stopOf("stopping", stop, aheadMs));
        return { what: "heard" };
      }
      const problem = toProblem(response, body);
      if (problem.isTemporary) {
        onRetry?.(problem.message);
        return { what: "failed", leastMs: problem.retryAfterMs };
      }
      if (response.status === 422 || response.status === 413) {
        // The body was refused. A service of an older release does not take log entries here, so the next try has only the progress.
        if (entries.length > 0) {
          log.sendAlone();
          return { what: "failed", leastMs: null };
        }
        if (progress === null) return { what: "heard" };
        // What is wrong with the progress must not cost the lease.
        onRetry?.(`The progress was refused: ${problem.message}`);
        return { what: "refused", leastMs: null };
      }
      // Any other error refers to the attempt.
      onEnd(new WorkEnded("lost", problem.message));
      return { what: "gone" };
    } catch (error) {
      // One that was under way when the attempt ended is no longer wanted, and nothing is tried again.
      if (!signal.aborted) onRetry?.(reasonOf(error));
      return { what: "failed", leastMs: null };
    }
  }
}

/** What the service cannot store in a text: a zero byte, or half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Cs}/gu;

/** The progress as the service takes it: a whole percentage, and a text that it can store. */
function sendable({ percent, message }: Progress): Progress {
  // A program without types may pass anything, and a wrong percentage must not fail the run.
  const given = Number.parseFloat(String(percent));
  return {
    ...(Number.isFinite(given) && { percent: Math.round(Math.min(Math.max(given, 0), 100)) }),
    ...(message !== undefined && {
      message: beginningOf(String(message).replaceAll(UNSTORABLE, "\ufffd"), MOST_MESSAGE_LENGTH),
    }),
  };
}

/** What an answer says of one thing; null when it says nothing. */
function recordOf(body: unknown, name: "log" | "stop"): object | null {
  const found: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : null;
  return typeof found === "object" ? found : null;
}
