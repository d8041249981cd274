/** How much of the end of a log the service stores besides its beginning. */
export const MOST_END_BYTES = 256 * 1024;

/** How far into the end its first line break is looked for. */
const LONGEST_LINE_BYTES = 16 * 1024;

const LINE_BREAK = 0x0a;

type Part = { text: string; bytes: number };

const partOf = (text: string): Part => ({ text, bytes: new TextEncoder().encode(text).length });

/** The end of a log that is longer than the service stores: its last 256 KiB. What does not fit is counted. */
export class LogEnd {
  #parts: Part[] = [];
  #bytes = 0;
  #omittedBytes = 0;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Adds what the work has logged next. */
  append(text: string): void {
    // A unit of UTF-16 has at least one byte.
    const part = partOf(text.slice(-MOST_END_BYTES));
    this.#parts.push(part);
    this.#bytes += part.bytes;
    this.#omittedBytes += partOf(text.slice(0, -MOST_END_BYTES)).bytes;
    this.#drop();
  }

  /** Adds what was logged before all of this, since it was not stored. */
  prepend(text: string): void {
    if (text === "") return;
    const part = partOf(text);
    if (this.#omittedBytes > 0) {
      this.#omittedBytes += part.bytes;
      return;
    }
    this.#parts.unshift(part);
    this.#bytes += part.bytes;
    this.#drop();
  }

  /** Takes the end, which begins with a line if one begins early in it, and how many bytes are left out before it. */
  take(): { text: string; omittedBytes: number } {
    const bytes = new TextEncoder().encode(this.#parts.map(({ text }) => text).join(""));
    const first = Math.max(0, bytes.length - MOST_END_BYTES);
    const end = bytes.subarray(first + (first > 0 ? beginningIn(bytes.subarray(first)) : 0));
    const omittedBytes = this.#omittedBytes + bytes.length - end.length;
    [this.#parts, this.#bytes, this.#omittedBytes] = [[], 0, 0];
    return { text: new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(end), omittedBytes };
  }

  /** Drops the first parts as long as the others fill the end. */
  #drop(): void {
    for (let [part] = this.#parts; part && this.#bytes - part.bytes >= MOST_END_BYTES; [part] = this.#parts) {
      this.#parts.shift();
      this.#bytes -= part.bytes;
      this.#omittedBytes += part.bytes;
    }
  }
}

/** Where a line begins in these bytes, or else a character. */
function beginningIn(bytes: Uint8Array): number {
  const lineBreak = bytes.subarray(0, LONGEST_LINE_BYTES).indexOf(LINE_BREAK);
  if (lineBreak !== -1) return lineBreak + 1;
  const character = bytes.findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000);
  return Math.max(0, character);
}
