import type { Progress } from "../../runner/types.ts";

export type OutputSink = { log(text: string): void; progress(progress: Progress): void };

/** A longer line is logged in pieces, and is no progress. */
const LONGEST_LINE = 16_384;
/** The longest line, in characters, that is kept. A longer last line cannot become the output of the run. */
const LONGEST_OUTPUT = 4 * 1024 * 1024;
/** How many characters of the end of a stream are kept, for the error of a run. */
const TAIL_LENGTH = 4_000;

const PROGRESS = /^::progress (\d{1,3})(?:\s+(.*))?$/;

/** Reads the output of a command: its log, its progress, its last line, and the end of its text. It keeps a bounded amount. */
export class OutputReader {
  readonly #sink: OutputSink;
  #line = "";
  /** True when the beginning of the current line was already logged. */
  #isCut = false;
  /** The pieces of the last line that is not blank. */
  #lastLine: string[] = [];
  #lastLength = 0;
  #tail = "";

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  read(text: string): void {
    const parts = (this.#line + text).split("\n");
    this.#line = parts.pop() ?? "";
    for (const line of parts) this.#finish(line, "\n");
    while (this.#line.length > LONGEST_LINE) {
      this.#log(this.#line.slice(0, LONGEST_LINE), !this.#isCut);
      this.#line = this.#line.slice(LONGEST_LINE);
      this.#isCut = true;
    }
  }

  /** Called at the end of the stream. Text without a line break counts as a line. */
  end(): void {
    if (this.#line !== "") this.#finish(this.#line, "");
    this.#line = "";
  }

  /** The last line that is not blank; null when it is too long to be kept. */
  get lastLine(): string | null {
    return this.#lastLength > LONGEST_OUTPUT ? null : this.#lastLine.join("").trim();
  }

  get tail(): string {
    return this.#tail.trim();
  }

  #finish(line: string, lineBreak: string): void {
    const isWhole = !this.#isCut;
    this.#isCut = false;
    const found = isWhole ? PROGRESS.exec(line.trimEnd()) : null;
    const percent = Number(found?.[1]);
    if (found && percent <= 100) {
      const message = found[2];
      this.#sink.progress({ percent, ...(message && { message }) });
      return;
    }
    this.#log(line + lineBreak, isWhole);
  }

  #log(text: string, isBeginning: boolean): void {
    this.#sink.log(text);
    this.#tail = (this.#tail + text).slice(-TAIL_LENGTH);
    if (isBeginning) {
      if (text.trim() === "") return;
      this.#lastLine = [];
      this.#lastLength = 0;
    }
    this.#lastLength += text.length;
    if (this.#lastLength > LONGEST_OUTPUT) this.#lastLine = [];
    else this.#lastLine.push(text);
  }
}
