/** One check of one input by one schema: what it has found so far, and how many steps it may still take. */
import { MAX_FAULT_CHARACTERS } from "../http/problems.ts";
import { clipped } from "../http/text.ts";
import type { InputFault } from "./input-schema.ts";
import type { Pattern } from "./patterns.ts";

/**
 * How many steps checks may still take. A step stands for at most half a microsecond of work, so 100,000 of them are at most 50 ms. What
 * each kind of work costs stands where it is done; test/inputs/dearest-schema.deep.test.ts searches for what costs more.
 */
export type Budget = { steps: number };

/** The budget is gone. */
export class TooCostly extends Error {}

/** A place in the input. Paths are only written out for faults. */
export type Place = { parent: Place; name: string | number } | null;

/** Says whether a value fits. If it does not, the faults have been reported. */
export type Check = (value: unknown, place: Place, run: CheckRun) => boolean;

export class CheckRun {
  readonly faults: InputFault[] = [];
  readonly #budget: Budget;
  readonly #most: number;
  readonly #seen = new Set<string>();
  readonly #texts = new Map<object, string>();
  readonly #matches = new Map<Pattern, Map<string, boolean>>();
  #characters = 0;
  #isQuiet = false;
  #isFull = false;

  constructor(budget: Budget, most: number) {
    this.#budget = budget;
    this.#most = most;
  }

  /** @throws TooCostly */
  spend(steps: number): void {
    this.#budget.steps -= steps;
    if (this.#budget.steps < 0) throw new TooCostly();
  }

  /** Reports a fault, and returns false. */
  fail(place: Place, msg: string, ...more: string[]): false {
    if (!this.goesOn) return false;
    const path: (string | number)[] = more;
    for (let at = place; at !== null; at = at.parent) path.unshift(at.name);
    const fault = { path, msg: clipped(msg) };
    const text = JSON.stringify(fault);
    this.spend(8 + text.length / 16);
    if (this.#seen.has(text)) return false;
    this.#seen.add(text);
    this.#characters += text.length;
    if (this.faults.length > 0 && this.#characters > MAX_FAULT_CHARACTERS) this.#isFull = true;
    else this.faults.push(fault);
    if (this.faults.length >= this.#most) this.#isFull = true;
    return false;
  }

  /** Whether faults after the first one are looked for. */
  get goesOn(): boolean {
    return !this.#isQuiet && !this.#isFull;
  }

  /** Whether something holds for each item. After the first for which it does not, it goes on only to find more faults. */
  all<Item>(items: Iterable<Item>, holds: (item: Item) => boolean): boolean {
    let result = true;
    for (const item of items) {
      if (holds(item)) continue;
      result = false;
      if (!this.goesOn) break;
    }
    return result;
  }

  /** Checks a value without reporting faults. */
  quietly(check: Check, value: unknown, place: Place): boolean {
    const before = this.#isQuiet;
    this.#isQuiet = true;
    const result = check(value, place, this);
    this.#isQuiet = before;
    return result;
  }

  /** The names in an object. */
  namesIn(value: object): string[] {
    const names = Object.keys(value);
    this.spend(names.length / 4);
    return names;
  }

  /** Whether a text matches a pattern. It is matched once. */
  matches(pattern: Pattern, text: string): boolean {
    const known = this.#matches.get(pattern) ?? new Map<string, boolean>();
    this.#matches.set(pattern, known);
    this.spend(1 + text.length / 128);
    const before = known.get(text);
    if (before !== undefined) return before;
    this.spend(2 + (text.length + 1) * pattern.stepsPerCharacter);
    const result = pattern.matches(text);
    known.set(text, result);
    return result;
  }

  /** A text that two JSON values have in common when they are equal: without blanks, and with names in order. */
  canonical(value: unknown): string {
    if (typeof value !== "object" || value === null) return this.#written(JSON.stringify(value));
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    const parts = Array.isArray(value)
      ? value.map((item) => this.canonical(item))
      : this.namesIn(value)
          .sort()
          .map((name) => `${JSON.stringify(name)}:${this.canonical(Reflect.get(value, name))}`);
    const text = this.#written(Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`);
    this.#texts.set(value, text);
    return text;
  }

  #written(text: string): string {
    this.spend(1 + text.length / 16);
    return text;
  }
}
