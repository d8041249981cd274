// The lines of a log, as the browser has received them. An entry of a log may end within a line, and within a sequence that sets a
// colour. So entries are joined before anything in them is read.
import { PLAIN, readColours, withoutColours } from "./colours.js";

export class Lines {
  #raw = [];
  #at = [];
  /** The colours in which each line begins. They are known for the lines before the last. */
  #states = [PLAIN];
  /** True while the last line has no line break yet. */
  #isOpen = false;

  get length() {
    return this.#raw.length;
  }

  /**
   * Adds entries, and returns the index of the first line that is new or longer than before. `mark` is a line of its own before an
   * entry.
   */
  add(entries) {
    const first = this.length - (this.#isOpen ? 1 : 0);
    for (const { text, at, mark } of entries) {
      if (mark) {
        this.#begin(`[${mark}]`, at ?? this.#at.at(-1));
        this.#isOpen = false;
      }
      const parts = text.split("\n");
      for (const [i, part] of parts.entries()) {
        const isLast = i === parts.length - 1;
        if (this.#isOpen) this.#raw[this.length - 1] += part;
        else if (!isLast || part !== "") this.#begin(part, at);
        this.#isOpen = isLast && (this.#isOpen || part !== "");
      }
    }
    return first;
  }

  #begin(text, at) {
    this.#raw.push(text);
    this.#at.push(at);
  }

  #line(index) {
    const line = this.#raw[index];
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  at(index) {
    return this.#at[index];
  }

  /** The text of a line, without colours. */
  text(index) {
    return withoutColours(this.#line(index));
  }

  /** The parts of a line, with their colours. */
  parts(index) {
    for (let known = this.#states.length - 1; known < index; known++) {
      this.#states.push(readColours(this.#line(known), this.#states[known]).state);
    }
    return readColours(this.#line(index), this.#states[index]).parts;
  }

  /** The whole log, without colours. */
  toText() {
    return this.#raw.map((_, index) => `${this.text(index)}\n`).join("");
  }
}
