const SECOND_MS = 1_000;
const SECONDS = 60;

/** Counts the calls of an object in the last minute. It counts in memory: when an object is evicted, it had no calls for a while. */
export class CallRate {
  readonly #counts = new Array<number>(SECONDS).fill(0);
  /** Up to which second the counts are current, in seconds since 1970. */
  #second = 0;

  note(): void {
    this.#advance();
    const index = this.#second % SECONDS;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** The average of the last minute. */
  perSecond(): number {
    this.#advance();
    return this.#counts.reduce((sum, count) => sum + count, 0) / SECONDS;
  }

  #advance(): void {
    const second = Math.floor(Date.now() / SECOND_MS);
    const passed = Math.min(second - this.#second, SECONDS);
    for (let n = 1; n <= passed; n++) this.#counts[(second - passed + n) % SECONDS] = 0;
    this.#second = Math.max(second, this.#second);
  }
}
