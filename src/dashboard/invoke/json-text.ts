/** Reads JSON that a person has typed. A fault has its line, and says what to do. */
import { isChanged } from "../../http/json/changed-numbers.ts";
import { MAX_JSON_DEPTH } from "../../http/json/json-depth.ts";

export type JsonFault = { line: number; msg: string };

/** Where a value stands in the text, by its path from the top: `["lines", 0, "price"]`. */
export type LineOf = (path: readonly (string | number)[]) => number;

export type ReadJson = { value: unknown; lineOf: LineOf; fault?: undefined } | { fault: JsonFault };

const BLANK = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a text of JSON must not contain them.
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bnfrt]|u[0-9a-fA-F]{4}))*"/y; // cspell:disable-line
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /[\w.+-]+/y;

/** A value in the text: its line, and what it consists of, by names and numbers. A tree of them is as large as the text at most. */
type Place = { line: number; parts: Map<string | number, Place> | null };

/** Thrown inside of this file only. `at` is an offset in the text. */
class Fault extends Error {
  readonly at: number;

  constructor(at: number, msg: string) {
    super(msg);
    this.at = at;
  }
}

class Reader {
  private readonly text: string;
  private at = 0;
  /** The line at `at`. In JSON, line breaks stand only between its parts, so `skipBlanks` counts them all. */
  private line = 1;

  constructor(text: string) {
    this.text = text;
  }

  /** Reads the whole text, and notes where each value begins. */
  readAll(): Place {
    const whole = this.readValue(0);
    this.skipBlanks();
    if (this.at < this.text.length)
      throw new Fault(this.at, `Something stands after the end of the JSON: ${this.shown(this.at)}.`);
    return whole;
  }

  private readValue(depth: number): Place {
    this.skipBlanks();
    const place: Place = { line: this.line, parts: null };
    if (depth > MAX_JSON_DEPTH) throw new Fault(this.at, `Must not be nested more than ${MAX_JSON_DEPTH} levels deep.`);
    const first = this.text[this.at];
    if (first === "{") place.parts = this.readMembers("}", depth, () => this.readName());
    else if (first === "[") place.parts = this.readMembers("]", depth, (index) => index);
    else if (first === '"') this.readText();
    else this.readScalar();
    return place;
  }

  /** Reads an object or a list. `readKey` reads what stands before a value, and returns the last step of the value's path. */
  private readMembers(closing: string, depth: number, readKey: (index: number) => string | number) {
    const parts = new Map<string | number, Place>();
    const opened = this.at++;
    for (let index = 0; ; index++) {
      this.skipBlanks();
      if (this.text[this.at] === closing) {
        if (index > 0) throw new Fault(this.at, `Remove the comma before this ${closing}.`);
        break;
      }
      this.requireMore(opened, closing);
      // Of values with the same name, the last one counts, as for JSON.parse.
      parts.set(readKey(index), this.readValue(depth + 1));
      const end = this.at;
      this.skipBlanks();
      this.requireMore(opened, closing);
      if (this.text[this.at] === closing) break;
      if (this.text[this.at] !== ",") throw new Fault(end, `A comma or ${closing} is missing at the end of this line.`);
      this.at++;
    }
    this.at++;
    return parts;
  }

  private readScalar(): void {
    const begin = this.at;
    const scalar = this.take(SCALAR);
    if (scalar === null) throw this.noValue();
    if (isChanged(scalar))
      throw new Fault(
        begin,
        `The number ${scalar.slice(0, 30)} would be changed. Write it as a text, in double quotes.`,
      );
  }

  private readName(): string {
    if (this.text[this.at] === "'") throw new Fault(this.at, "Write names in double quotes, not in single ones.");
    if (this.text[this.at] !== '"')
      throw new Fault(this.at, `Write the name in double quotes: ${this.shown(this.at)}.`);
    const name = this.readText();
    this.skipBlanks();
    if (this.text[this.at] !== ":") throw new Fault(this.at, `A colon is missing after the name “${name}”.`);
    this.at++;
    return name;
  }

  private readText(): string {
    const text = this.take(TEXT);
    if (text === null) throw new Fault(this.at, "This text has no closing quote on its line, or a wrong \\ in it.");
    return String(JSON.parse(text));
  }

  private noValue(): Fault {
    if (this.at >= this.text.length)
      return new Fault(this.text.trimEnd().length, "The end is missing: a value must follow.");
    if (this.text[this.at] === "'") return new Fault(this.at, "Write texts in double quotes, not in single ones.");
    return new Fault(this.at, `Not a value of JSON: ${this.shown(this.at)}. Write texts in double quotes.`);
  }

  private requireMore(opened: number, closing: string): void {
    if (this.at < this.text.length) return;
    const line = lineAt(this.text, opened);
    throw new Fault(
      this.text.trimEnd().length,
      `The end is missing: close the bracket of line ${line} with ${closing}.`,
    );
  }

  /** What stands at an offset, for a message. */
  private shown(at: number): string {
    WORD.lastIndex = at;
    return `“${(WORD.exec(this.text)?.[0] ?? this.text.charAt(at)).slice(0, 30)}”`;
  }

  private skipBlanks(): void {
    for (const blank of this.take(BLANK) ?? "") if (blank === "\n") this.line++;
  }

  /** Reads what the sticky expression matches here; null when it does not match. */
  private take(expression: RegExp): string | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0] ?? null;
    this.at += found?.length ?? 0;
    return found;
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Reads a text as JSON: its value, and the line of each part of it; or the first fault. */
export function readJson(text: string): ReadJson {
  let whole: Place;
  try {
    whole = new Reader(text).readAll();
  } catch (error) {
    if (error instanceof Fault) return { fault: { line: lineAt(text, error.at), msg: error.message } };
    throw error;
  }
  const lineOf: LineOf = (path) => {
    let place = whole;
    for (const step of path) {
      const part = place.parts?.get(step);
      if (part === undefined) break;
      place = part;
    }
    return place.line;
  };
  return { value: JSON.parse(text), lineOf };
}
