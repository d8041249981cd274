import { type Gathering, Waiting } from "./gathering.ts";
import { LogEnd } from "./log-end.ts";
import { type CallOptions, callService } from "./run-calls.ts";
import type { Assignment } from "./types.ts";

/** A text of so many UTF-16 units has at most 30,000 bytes of UTF-8 and 60,000 of JSON. An entry may have 32 KiB, and a body 64 KiB. */
const SURE_LENGTH = 10_000;
/** Most texts have one byte for each unit, so an entry may have more units. */
const USUAL_LENGTH = 30_000;
const MOST_ENTRY_BYTES = 32_000;
/** How much of a heartbeat its entries may take, as JSON. */
const MOST_MESSAGE_BYTES = 61_000;
const MOST_ENTRIES = 100;
/**
 * The service stores at most 1 MiB of an attempt, and the end of a longer log. One entry more is sent, which makes the service mark the log as
 * cut.
 */
const MOST_BYTES = 1024 * 1024;

/** `omitted_bytes` is there for entries of the end of a log. */
export type Entry = { sequence: number; text: string; omitted_bytes?: number };

export type RunLogOptions = CallOptions & {
  gathering: Gathering;
  /** Called when the service stores no more of the log but its end. */
  onCut(): void;
};

/**
 * The log of one attempt. Text is gathered, and then becomes an entry with a number, which is never grouped in another way: so an entry can be
 * sent again until it is answered. Heartbeats carry the entries if there are any. Otherwise the log sends them itself, one at a time. When
 * the service stores no more, the end of the log is kept until the log closes, and sent then. It holds at most as much as the service would
 * store.
 */
export class RunLog {
  readonly #run: Assignment;
  readonly #options: RunLogOptions;
  readonly #waiting = new Waiting();
  /** The text that is no entry yet, and when the first of it came. */
  #pending = "";
  #pendingSince = Number.POSITIVE_INFINITY;
  /** The entries that are not answered yet. */
  #entries: Entry[] = [];
  #acceptedBytes = 0;
  readonly #end = new LogEnd();
  #isCut = false;
  /** Set while the end is sent: how much is left out before the next entry. */
  #omittedBytes: number | undefined;
  #isFlushing = false;
  /** True from the end of the work on: nothing more is taken. */
  #isClosing = false;
  #isClosed = false;
  #sequence = 0;
  #sending: Promise<void> | null = null;
  #wakeCarrier: (() => void) | null = null;

  constructor(run: Assignment, options: RunLogOptions) {
    this.#run = run;
    this.#options = options;
  }

  append(text: string): void {
    if (this.#isClosing || this.#isClosed || text === "") return;
    const room = this.#isCut || this.#acceptedBytes > MOST_BYTES ? 0 : MOST_BYTES + USUAL_LENGTH - this.#acceptedBytes;
    const kept = beginningOf(text, room);
    if (kept.length < text.length) this.#end.append(text.slice(kept.length));
    if (kept === "") return;
    const dueAt = this.#dueAt;
    this.#acceptedBytes += bytesOf(kept);
    this.#pending += kept;
    this.#pendingSince = Math.min(this.#pendingSince, performance.now());
    if (this.#dueAt < dueAt) this.#wake();
  }

  /** When a heartbeat shall be sent because of the log, as a time of `performance.now`; infinite when none need be. */
  get carriedDueAt(): number {
    return this.#isCarried ? this.#dueAt : Number.POSITIVE_INFINITY;
  }

  /** When the next entries shall be sent: at once when there is a message full of text. */
  get #dueAt(): number {
    if (this.#entries.length > 0 || this.#pending.length >= USUAL_LENGTH) return Number.NEGATIVE_INFINITY;
    return this.#pendingSince + this.#options.gathering.withinMs;
  }

  /** From now on heartbeats take the entries. `wake` is called when entries are due earlier than before. */
  letCarry(wake: () => void): void {
    this.#wakeCarrier = wake;
    this.#waiting.wake();
  }

  /** From now on the log sends its entries itself, since the service takes none with a heartbeat. */
  sendAlone(): void {
    this.#wakeCarrier = null;
    this.#wake();
  }

  /** The entries for the next heartbeat: the same ones until they are settled. */
  take(): Entry[] {
    return this.#isCarried ? this.#nextEntries() : [];
  }

  /** Called when the service has answered these entries. `answer` says whether it stores more of the log. */
  settle(entries: readonly Entry[], answer: unknown): void {
    // One that a slow heartbeat has carried may be settled already.
    if (!entries.some((entry) => this.#entries.includes(entry))) return;
    const isOfEnd = entries.some(({ omitted_bytes: bytes }) => bytes !== undefined);
    const lost =
      isCut(answer) && !isOfEnd ? this.#entries.filter(({ sequence }) => sequence >= cutFrom(answer, entries)) : [];
    this.#entries = this.#entries.filter((entry) => !entries.includes(entry) && !lost.includes(entry));
    if (hasConflicts(answer)) this.#discard();
    else if (isCut(answer) && !isOfEnd && !this.#isCut) this.#cut(lost);
  }

  /** From now on only the end is kept: first what was not stored, whose numbers are free again. */
  #cut(lost: readonly Entry[]): void {
    this.#isCut = true;
    this.#options.onCut();
    this.#end.prepend(lost.map(({ text }) => text).join("") + this.#pending);
    this.#sequence = lost[0]?.sequence ?? this.#sequence;
    this.#pending = "";
    this.#pendingSince = Number.POSITIVE_INFINITY;
  }

  /** Resolves when all that was appended is stored, or is no longer wanted. From now on, `append` does nothing. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.flush();
    this.#isClosed = true;
  }

  /** Resolves at the same time, but the log may go on, although not behind the end of one that is cut. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#wake();
    await this.#sending;
    this.#isFlushing = false;
  }

  /** What is left when the log is flushed is sent by the log itself. */
  get #isCarried(): boolean {
    return this.#wakeCarrier !== null && !this.#isFlushing;
  }

  get #isEmpty(): boolean {
    return this.#pending === "" && this.#entries.length === 0 && !(this.#isFlushing && !this.#end.isEmpty);
  }

  #wake(): void {
    if (this.#isCarried) this.#wakeCarrier?.();
    else if (this.#sending !== null) this.#waiting.wake();
    else if (!this.#isEmpty && !this.#isClosed) this.#sending = this.#send();
  }

  async #send(): Promise<void> {
    const { signal, gathering } = this.#options;
    try {
      while (!this.#isEmpty && !this.#isClosed) {
        await this.#waiting.until(() => (this.#isFlushing || this.#isCarried ? 0 : this.#dueAt), signal);
        if (this.#isCarried) return;
        const [entry] = this.#nextEntries();
        if (!entry) return;
        const { status, body } = await callService(this.#run, "log", entry, this.#options);
        gathering.hear(body);
        this.settle([entry], body);
        // The run has ended: nothing more is stored.
        if (status !== 200) this.#discard();
      }
    } catch {
      this.#discard();
    } finally {
      this.#sending = null;
    }
  }

  #nextEntries(): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    while (taken.length < MOST_ENTRIES) {
      const entry = this.#entries[taken.length] ?? this.#newEntry();
      if (!entry) break;
      bytes += bytesOf(JSON.stringify(entry)) + 1;
      if (bytes > MOST_MESSAGE_BYTES && taken.length > 0) break;
      taken.push(entry);
    }
    return taken;
  }

  #newEntry(): Entry | null {
    // What comes before the end may still turn out to belong to it.
    if (this.#pending === "" && this.#entries.length === 0 && this.#isFlushing && !this.#end.isEmpty) {
      const { text, omittedBytes } = this.#end.take();
      [this.#pending, this.#omittedBytes] = [text, omittedBytes];
    }
    if (this.#pending === "") return null;
    const text = firstEntry(this.#pending);
    const omitted = this.#omittedBytes === undefined ? {} : { omitted_bytes: this.#omittedBytes };
    if (this.#omittedBytes !== undefined) this.#omittedBytes = 0;
    const entry = { sequence: this.#sequence++, text, ...omitted };
    this.#pending = this.#pending.slice(text.length);
    if (this.#pending === "") this.#pendingSince = Number.POSITIVE_INFINITY;
    this.#entries.push(entry);
    return entry;
  }

  #discard(): void {
    this.#isClosed = true;
    this.#pending = "";
    this.#pendingSince = Number.POSITIVE_INFINITY;
    this.#entries = [];
  }
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The beginning of a text, which fits into an entry. */
function firstEntry(text: string): string {
  const usual = beginningOf(text, USUAL_LENGTH);
  return bytesOf(JSON.stringify(usual)) <= MOST_ENTRY_BYTES ? usual : beginningOf(text, SURE_LENGTH);
}

/** The beginning of a text, which does not end in the middle of a surrogate pair. */
export function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** The number of the first of these entries that was not stored. `/log` is answered for one entry, and does not say it. */
function cutFrom(answer: unknown, [first]: readonly Entry[]): number {
  if (typeof answer !== "object" || answer === null || !("cut_from" in answer)) return first?.sequence ?? 0;
  return typeof answer.cut_from === "number" ? answer.cut_from : Number.POSITIVE_INFINITY;
}

const isCut = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "is_cut" in answer && answer.is_cut === true;

const hasConflicts = (answer: unknown): boolean =>
  typeof answer === "object" &&
  answer !== null &&
  "conflicts" in answer &&
  Array.isArray(answer.conflicts) &&
  answer.conflicts.length > 0;
