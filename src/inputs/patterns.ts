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

/** A pattern, or a group in it, as far as it was read: the size of the alternative that stands last, and what is known of those before. */
type Group = { size: number; last: number; first: string | null; largest: number; byFirst: Map<string, number> };

const newGroup = (): Group => ({ size: 0, last: 0, first: null, largest: 0, byFirst: new Map() });

const TOKENS =
  /\\[pPu]\{[^}]*\}|\\x\{[^}]*\}|\\x\w\w|\\u\w{4}|\\c.|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<[^>]*>|[\w-]*[:)])|\{(\d+)(?:,(\d*))?\}|./gsu;

/**
 * How many instructions a pattern has at least, without compiling it, which takes a second for `(…){1000}` around 500 characters. Each
 * character counts as one, and what is repeated as often as it may be. The engine writes what alternatives begin with once, and makes
 * one class of those of one character. So alternatives count as the largest of them, or as those together that begin with different letters.
 */
export function leastSize(source: string): number {
  const open: Group[] = [];
  let group = newGroup();
  const add = (size: number, first: string) => {
    group.size += size;
    group.last = size;
    group.first ??= first;
  };
  for (const [token, least, most] of source.matchAll(TOKENS)) {
    if (least !== undefined) {
      const times = most === "" ? Math.max(Number(least), 1) : Number(most ?? least);
      group.size += group.last * (times - 1);
      group.last = 0;
    } else if (token === "|") {
      endAlternative(group);
    } else if (token.startsWith("(")) {
      // `(?i)` is no group.
      if (token.endsWith(")")) continue;
      open.push(group);
      group = newGroup();
    } else if (token === ")") {
      const size = endAlternative(group);
      group = open.pop() ?? newGroup();
      add(size, token);
    } else if (/^[*+?^$]$/.test(token)) {
      group.last = 0;
    } else {
      add(1, token.toLowerCase());
    }
  }
  return endAlternative(group);
}

/** Answers how large the group is at least. */
function endAlternative(group: Group): number {
  const { size, first, byFirst } = group;
  group.largest = Math.max(group.largest, size);
  if (size > 1 && first !== null && /^[a-z0-9]$/.test(first))
    byFirst.set(first, Math.max(byFirst.get(first) ?? 0, size));
  Object.assign(group, { size: 0, last: 0, first: null });
  return Math.max(
    group.largest,
    [...byFirst.values()].reduce((sum, each) => sum + each, 0),
  );
}
