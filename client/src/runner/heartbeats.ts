import { pause } from "../pause.ts";
import { reasonOf } from "../reason.ts";
import { type CallOptions, callOnce } from "./run-calls.ts";
import { type Assignment, type Progress, WorkEnded } from "./types.ts";

/** The least time between two messages with progress. The latest progress wins. */
const PROGRESS_GAP_MS = 1_000;

export type HeartbeatOptions = CallOptions & {
  intervalSeconds: number;
  /** Called when the service wants the work to end. */
  onEnd(reason: WorkEnded): void;
};

/** Extends the lease of an attempt by heartbeats, and reports its progress. It sends nothing until it is started. */
export class Heartbeats {
  readonly #run: Assignment;
  readonly #options: HeartbeatOptions;
  #progress: Progress | null = null;
  #wake = new AbortController();
  #isStarted = false;

  constructor(run: Assignment, options: HeartbeatOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Sends heartbeats until `signal` of the options is aborted. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#beat().catch(() => {});
  }

  tell(progress: Progress): void {
    this.#progress = { ...this.#progress, ...progress };
    this.#wake.abort();
    this.start();
  }

  async #beat(): Promise<void> {
    const { signal, intervalSeconds } = this.#options;
    while (!signal.aborted) {
      const progress = this.#progress;
      this.#progress = null;
      this.#wake = new AbortController();
      const isHeard = await this.#send(progress);
      if (isHeard === "gone") return;
      if (!isHeard && this.#progress === null) this.#progress = progress;
      await pause(Math.min(PROGRESS_GAP_MS, intervalSeconds * 1000), signal);
      const restMs = intervalSeconds * 1000 - PROGRESS_GAP_MS;
      // After a failure the next heartbeat follows soon, since the lease continues to run out.
      if (!isHeard || restMs <= 0) continue;
      await pause(restMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    }
  }

  async #send(progress: Progress | null): Promise<boolean | "gone"> {
    try {
      const response = await callOnce(this.#run, "heartbeat", progress === null ? {} : { progress }, this.#options);
      const body: unknown = await response.json().catch(() => null);
      if (response.ok) {
        const stop = stopOf(body);
        if (stop) this.#options.onEnd(stop);
        return true;
      }
      if (response.status >= 500 || response.status === 429) return false;
      // A 422 refers to the progress that was sent. Any other error refers to the attempt.
      if (response.status === 422) return true;
      this.#options.onEnd(new WorkEnded("lost", detailOf(body) ?? `The heartbeat was answered ${response.status}.`));
      return "gone";
    } catch (error) {
      // One that was under way when the attempt ended is no longer wanted, and nothing is tried again.
      if (!this.#options.signal.aborted) this.#options.onRetry?.(reasonOf(error));
      return false;
    }
  }
}

function stopOf(body: unknown): WorkEnded | null {
  if (typeof body !== "object" || body === null || !("stop" in body)) return null;
  const { stop } = body;
  if (typeof stop !== "object" || stop === null) return null;
  const reason = "reason" in stop && typeof stop.reason === "string" ? `Stopped: ${stop.reason}` : "It was stopped.";
  const endsAt = "ends_at" in stop && typeof stop.ends_at === "string" ? new Date(stop.ends_at) : null;
  return new WorkEnded("stopping", reason, endsAt);
}

const detailOf = (body: unknown): string | null =>
  typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string" ? body.detail : null;
