/**
 * Patterns on an engine whose time grows with the length of the text only. The engine of JavaScript tries all ways in which a pattern may
 * match, so `^(a+)+$` takes it 14 s for 28 characters. An isolate imports this file when a schema first has a pattern.
 */
import { RE2JS } from "re2js";

export type Pattern = { matches: (text: string) => boolean; size: number };

/**
 * Compiles a pattern as JSON Schema writes it. `size` is the number of its instructions: a match takes up to so many steps for each
 * character.
 * @throws Error with the reason when the engine cannot take it: a reference back, or a look around
 */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  return { matches: (text) => compiled.test(text), size: compiled.programSize() };
}
