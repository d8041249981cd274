/**
 * Patterns on an engine whose time grows with the length of the text only. The engine of JavaScript tries all ways in which a pattern may
 * match, so `^(a+)+$` takes it 14 s for 28 characters. An isolate imports this file when a schema first has a pattern.
 */
import { RE2JS } from "re2js";

/**
 * A pattern. `size` is the number of its instructions. `stepsPerCharacter` is what a match costs at most, in steps of a `Budget`: the
 * engine has a quick way for patterns such as `^[A-Z]{2}[0-9]+$`, where each character leaves one way to go on. Otherwise it goes all
 * ways at once, and may take 200 ns for each instruction.
 */
export type Pattern = { matches: (text: string) => boolean; size: number; stepsPerCharacter: number };

/**
 * Compiles a pattern as JSON Schema writes it.
 * @throws Error with the reason when the engine cannot take it: a reference back, or a look around
 */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  const size = compiled.programSize();
  return {
    matches: (text) => compiled.test(text),
    size,
    stepsPerCharacter: compiled.re2().onepass === null ? size / 2 : 1,
  };
}

/**
 * How many instructions a pattern has at least, without compiling it, which takes a second for `(…){1000}` around 500 characters. Each
 * character counts as one, and what is repeated as often as it may be.
 */
export function leastSize(source: string): number {
  const open: number[] = [];
  let [sum, last] = [0, 0];
  for (const [token] of source.matchAll(
    /\\[pPu]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?[^()<>:]*[:>]|\{(\d+)(?:,(\d*))?\}|./gsu,
  )) {
    const [, least, most] = /^\{(\d+)(?:,(\d*))?\}$/.exec(token) ?? [];
    if (least !== undefined) {
      sum += last * (Math.max(Number(least), Number(most ?? 0), 1) - 1);
      last = 0;
    } else if (token.startsWith("(")) {
      open.push(sum);
      [sum, last] = [0, 0];
    } else if (token === ")") {
      last = sum;
      sum += open.pop() ?? 0;
    } else if (!/^[|*+?^$]$/.test(token)) {
      sum += 1;
      last = 1;
    }
  }
  return sum;
}
