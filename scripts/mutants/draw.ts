/** Draws small changes of source files. The same files and the same seed give the same changes. */
import { createRandom, type Random } from "../../test/support/random.ts";
import { type Edit, KINDS, type Kind, RULES } from "./kinds.ts";
import { languageOf, mask } from "./mask.ts";

export type File = { path: string; text: string };

export type Mutant = Edit & {
  kind: Kind;
  path: string;
  /** From 1. */
  line: number;
  /** The lines that are changed, and what they become. */
  linesBefore: string;
  linesAfter: string;
};

/** Which lines of a file may be changed. */
export type Lines = (path: string, line: number) => boolean;

/** All changes of these files, by their kinds. */
export function findMutants(files: readonly File[], isAllowed: Lines = () => true): Record<Kind, Mutant[]> {
  const found: Record<Kind, Mutant[]> = { boundary: [], null: [], order: [], condition: [], constant: [] };
  for (const { path, text } of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    const language = languageOf(path);
    const source = { text, masked: mask(text, language), language };
    for (const kind of KINDS) {
      const edits = RULES[kind].flatMap((rule) => rule(source)).toSorted((one, other) => one.start - other.start);
      found[kind].push(
        ...edits.map((edit) => describe(path, text, kind, edit)).filter(({ line }) => isAllowed(path, line)),
      );
    }
  }
  return found;
}

function describe(path: string, text: string, kind: Kind, edit: Edit): Mutant {
  // What is dropped may begin with the end of the line before.
  const firstSign = edit.start + (/^\s*/.exec(text.slice(edit.start, edit.end))?.[0].length ?? 0);
  const from = text.lastIndexOf("\n", edit.start - 1) + 1;
  const end = text.indexOf("\n", edit.end);
  const to = end === -1 ? text.length : end;
  return {
    ...{ ...edit, kind, path, line: text.slice(0, firstSign).split("\n").length, linesBefore: text.slice(from, to) },
    linesAfter: text.slice(from, edit.start) + edit.after + text.slice(edit.end, to),
  };
}

/** Draws so many changes, in turn of each kind, and at most one for each line. Fewer when there are no more. */
export function draw(found: Record<Kind, Mutant[]>, count: number, seed: number): Mutant[] {
  const random = createRandom(seed);
  const left = KINDS.map((kind) => [...found[kind]]);
  const taken = new Set<string>();
  const drawn: Mutant[] = [];
  while (drawn.length < count && left.some(({ length }) => length > 0)) {
    for (const mutants of left) {
      const mutant = drawOne(mutants, random, taken);
      if (mutant !== undefined && drawn.length < count) drawn.push(mutant);
    }
  }
  return drawn;
}

function drawOne(mutants: Mutant[], random: Random, taken: Set<string>): Mutant | undefined {
  while (mutants.length > 0) {
    const [mutant] = mutants.splice(random.integer(mutants.length), 1);
    if (mutant === undefined) return undefined;
    const lines = mutant.linesBefore.split("\n").map((_, index) => `${mutant.path}:${mutant.line + index}`);
    if (lines.some((line) => taken.has(line))) continue;
    for (const line of lines) taken.add(line);
    return mutant;
  }
  return undefined;
}

/** Returns the text of a file after these changes were made to it. */
export const applied = (text: string, edits: readonly Edit[]): string =>
  edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((changed, { start, end, after }) => changed.slice(0, start) + after + changed.slice(end), text);
