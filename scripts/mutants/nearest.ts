/** Which test files are nearest to a change: those that name the same things as the code around it. */
import { posix } from "node:path";
import type { File } from "./draw.ts";
import { type Language, languageOf, mask } from "./mask.ts";

/** How much nearer a test is that imports the file, that has its name, or that is in the folder which mirrors its folder. */
const IMPORTS = 30;
const SAME_NAME = 20;
const SAME_FOLDER = 5;

/** How much more what the changed line names counts than what else its function names. */
const OF_LINE = 3;

/** So many words does a test of usual length name. */
const USUAL_WORDS = 200;

/** What is named in more than this part of the tests, or of the sources in the same language, says nothing. */
const COMMON = 0.3;

/** Names of several words, and words of some length, which are what tests have in common with code. */
const namesIn = (text: string): Set<string> => new Set(text.match(/[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*/g) ?? []);

/** `v_when_busy` and `whenBusy` are called `when_busy` in a test. */
const asInTests = (name: string): string =>
  name
    .replace(/^[pvc]_/, "")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();

const wordsOf = (text: string): Set<string> =>
  new Set([...namesIn(text)].map(asInTests).filter((name) => name.length > 3));

/** The text of the function, or of the statement at the beginning of a line, around a place. */
function around(text: string, at: number, isSql: boolean): string {
  const begins = isSql
    ? /^create or replace function/gm
    : /^(?:export |async |function |const |type |class |[a-z]\w+\.)/gm;
  const starts = [...text.matchAll(begins)].map(({ index }) => index);
  return text.slice(starts.findLast((start) => start <= at) ?? 0, starts.find((start) => start > at) ?? text.length);
}

/** In how many of these sets each word is. */
function countWords(sets: readonly Set<string>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of sets) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

export type NearestOf = (path: string, at: number) => string[];

/** Finds the nearest of these tests to a place in one of these sources, the nearest first. */
export function openNearest(sources: readonly File[], tests: readonly File[]): NearestOf {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const known = tests.map(({ path, text }) => ({ path, text, words: wordsOf(text) }));
  const ofSources = {
    sql: sources.filter(({ path }) => languageOf(path) === "sql").map(({ text }) => wordsOf(text)),
    typescript: sources.filter(({ path }) => languageOf(path) === "typescript").map(({ text }) => wordsOf(text)),
  };
  const counts = {
    tests: countWords(known.map(({ words }) => words)),
    sql: countWords(ofSources.sql),
    typescript: countWords(ofSources.typescript),
  };
  const weightOf = (word: string, language: Language): number => {
    const count = counts.tests.get(word) ?? 0;
    const isCommon =
      count > Math.max(1, known.length * COMMON) ||
      (counts[language].get(word) ?? 0) > Math.max(1, ofSources[language].length * COMMON);
    return count === 0 || isCommon ? 0 : Math.log(known.length / count);
  };
  const verbs = filesOfVerbs(sources);

  return (path, at) => {
    const text = texts.get(path) ?? "";
    const language = languageOf(path);
    const isSql = language === "sql";
    const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, text.indexOf("\n", at));
    const [ofLine, ofFunction] = [wordsOf(line), wordsOf(around(text, at, isSql))];
    const homes = isSql ? verbs(text) : [path];
    const scored = known.map((test) => {
      const near = homes.reduce((sum, home) => sum + nearness(home, test), 0) / Math.max(homes.length, 1);
      let common = 0;
      for (const word of ofFunction) {
        if (test.words.has(word)) common += weightOf(word, language) * (ofLine.has(word) ? OF_LINE : 1);
      }
      // What names very many things is near to nothing.
      return { path: test.path, score: near + common * Math.min(1, Math.sqrt(USUAL_WORDS / test.words.size)) };
    });
    return scored
      .filter(({ score }) => score > 0)
      .toSorted((one, other) => other.score - one.score || (one.path < other.path ? -1 : 1))
      .map(({ path: nearest }) => nearest);
  };
}

function nearness(home: string, { path, text }: File): number {
  const [folder, name] = [posix.dirname(home).replace(/^src/, "test"), posix.basename(home).replace(/\.tsx?$/, "")];
  const imported = posix.relative(posix.dirname(path), home);
  return (
    (text.includes(`"${imported}"`) ? IMPORTS : 0) +
    (posix.basename(path).split(".")[0] === name ? SAME_NAME : 0) +
    (posix.dirname(path) === folder ? SAME_FOLDER : 0)
  );
}

/** Finds the TypeScript that calls the functions of a SQL file, or the functions that call these. */
function filesOfVerbs(sources: readonly File[]): (text: string) => string[] {
  const functionsIn = (text: string) =>
    [...text.matchAll(/create or replace function public\.(\w+)\(/g)].map(([, name = ""]) => name);
  const sql = sources
    .filter(({ path }) => languageOf(path) === "sql")
    .map(({ text }) => ({ masked: mask(text, "sql"), names: functionsIn(text) }));
  const typescript = sources.filter(({ path }) => languageOf(path) === "typescript");
  return (text) => {
    const names = new Set(functionsIn(text));
    for (const { masked, names: callers } of sql) {
      if ([...functionsIn(text)].some((name) => masked.includes(`public.${name}(`)))
        for (const one of callers) names.add(one);
    }
    return typescript
      .filter((file) => [...names].some((name) => file.text.includes(`"${name}"`)))
      .map(({ path }) => path);
  };
}
