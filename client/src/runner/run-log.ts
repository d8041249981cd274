import { type CallOptions, callService } from "./run-calls.ts";
import type { Assignment } from "./types.ts";

/** This many UTF-16 units are at most 30,000 bytes of UTF-8. An entry may have 32 KiB. */
const ENTRY_LENGTH = 10_000;
/** The service stores at most 1 MiB of an attempt. Text beyond that is not sent, except for one entry that makes the service mark the log as cut. */
const MOST_BYTES = 1024 * 1024;
/** Lines are collected for this long, so that a program that prints much does not cause one request for each line. */
const GATHER_MS = 250;

export type RunLogOptions = CallOptions & {
  /** Called when the service stores no more of the log. */
  onCut(): void;
};

/** The log of one attempt. Entries are sent in order, one at a time. It holds at most as much as the service would store. */
export class RunLog {
  readonly #run: Assignment;
  readonly #options: RunLogOptions;
  #pending = "";
  #acceptedBytes = 0;
  #isClosed = false;
  #sequence = 0;
  #sending: Promise<void> | null = null;

  constructor(run: Assignment, options: RunLogOptions) {
    this.#run = run;
    this.#options = options;
  }

  append(text: string): void {
    if (this.#isClosed || text === "" || this.#acceptedBytes > MOST_BYTES) return;
    const kept = text.slice(0, MOST_BYTES + ENTRY_LENGTH - this.#acceptedBytes);
    this.#acceptedBytes += new TextEncoder().encode(kept).length;
    this.#pending += kept;
    this.#sending ??= this.#send(GATHER_MS);
  }

  /** Resolves when all that was appended is stored, or is no longer wanted. Later calls of `append` do nothing. */
  async close(): Promise<void> {
    if (this.#sending === null && this.#pending !== "") this.#sending = this.#send(0);
    await this.#sending;
    this.#isClosed = true;
  }

  async #send(gatherMs: number): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
      while (this.#pending !== "" && !this.#isClosed) {
        const text = firstEntry(this.#pending);
        this.#pending = this.#pending.slice(text.length);
        const { status, body } = await callService(
          this.#run,
          "log",
          { sequence: this.#sequence++, text },
          this.#options,
        );
        // The log is full, or the run has ended: nothing more is stored.
        if (status !== 200 || isCut(body)) this.#discard();
        if (isCut(body)) this.#options.onCut();
      }
    } catch {
      this.#discard();
    } finally {
      this.#sending = null;
    }
  }

  #discard(): void {
    this.#isClosed = true;
    this.#pending = "";
  }
}

/** The beginning of a text. It does not end in the middle of a surrogate pair. */
function firstEntry(text: string): string {
  if (text.length <= ENTRY_LENGTH) return text;
  const last = text.charCodeAt(ENTRY_LENGTH - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? ENTRY_LENGTH - 1 : ENTRY_LENGTH);
}

const isCut = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "is_cut" in body && body.is_cut === true;
