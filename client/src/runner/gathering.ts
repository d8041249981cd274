import { pause } from "../pause.ts";

/** Until the service says something else: as if somebody followed the run. An older service does not say it. */
const FIRST_WITHIN_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** How long log and progress of an attempt are gathered before they are sent: the service says it, since it knows who follows the run. */
export class Gathering {
  withinMs = FIRST_WITHIN_MS;

  /** Reads an answer of the service. */
  hear(body: unknown): void {
    if (typeof body !== "object" || body === null || !("log_within_ms" in body)) return;
    const { log_within_ms: ms } = body;
    if (typeof ms === "number" && ms > 0) this.withinMs = ms;
  }
}

/** Lets a loop wait until something is due. What is due may change meanwhile: then `wake` makes it look again. */
export class Waiting {
  #wake = (): void => {};

  wake(): void {
    this.#wake();
  }

  /**
   * Resolves when `dueAt`, a time of `performance.now`, has come.
   * @throws the reason of `signal`
   */
  async until(dueAt: () => number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const ms = dueAt() - performance.now();
      if (ms <= 0) return;
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await pause(Math.min(ms, LONGEST_PAUSE_MS), AbortSignal.any([signal, woken.signal])).catch(() => {});
    }
  }
}
