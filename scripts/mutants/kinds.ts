/** The kinds of small changes. Each finds all the places of a text where it could be made. */
import type { Language } from "./mask.ts";
import { closingOf, endOfTerm } from "./terms.ts";

export const KINDS = ["boundary", "null", "order", "condition", "constant"] as const;
export type Kind = (typeof KINDS)[number];

/** Replaces what is between two places of a text. */
export type Edit = { start: number; end: number; after: string };

/** A source, and the same one masked: see mask.ts. */
export type Source = { text: string; masked: string; language: Language };

type Rule = (source: Source) => Edit[];

const EITHER = ["sql", "typescript"] as const;

/** A rule that replaces each match of a pattern; `replace` gives null for those that stay. */
const replacing =
  (
    languages: readonly Language[],
    pattern: RegExp,
    replace: (match: RegExpExecArray, source: Source) => string | null,
  ): Rule =>
  (source) =>
    languages.includes(source.language)
      ? [...source.masked.matchAll(pattern)].flatMap((match) => {
          const after = replace(match, source);
          return after === null ? [] : [{ start: match.index, end: match.index + match[0].length, after }];
        })
      : [];

/** A rule that swaps words or signs with one another. */
const swapping = (
  languages: readonly Language[],
  pattern: RegExp,
  pairs: readonly (readonly [string, string])[],
): Rule => {
  const partners = new Map(pairs.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]));
  return replacing(languages, pattern, ([found]) => partners.get(found) ?? null);
};

/** A rule that drops one side of a condition: from a sign such as `and` to the end of the term after it. */
const dropping = (language: Language, pattern: RegExp): Rule =>
  function drop(source) {
    if (source.language !== language) return [];
    return [...source.masked.matchAll(pattern)].flatMap((match) => {
      const begin = match.index + match[0].length;
      const end = endOfTerm(source.masked, begin, language);
      return end === null ? [] : [{ start: match.index, end, after: "" }];
    });
  };

/** A rule that lets a branch never be taken. */
const neverTaking: Rule = ({ masked, language }) =>
  language === "sql"
    ? [...masked.matchAll(/(?<=^\s*(?:els)?if )[^;]+?(?= then\b)/gm)].map(({ index, 0: { length } }) => ({
        ...{ start: index, end: index + length, after: "false" },
      }))
    : [...masked.matchAll(/(?<=\bif \()/g)].flatMap(({ index }) => {
        const end = closingOf(masked, index);
        return end === null ? [] : [{ start: index, end, after: "false" }];
      });

/** A rule that lets `coalesce` forget all but the last of its values. */
const lastValueOnly: Rule = ({ text, masked, language }) =>
  language === "sql"
    ? [...masked.matchAll(/\bcoalesce\(/g)].flatMap(({ index, 0: { length } }) => {
        const end = closingOf(masked, index + length);
        if (end === null) return [];
        const comma = lastComma(masked, index + length, end);
        return comma === null ? [] : [{ start: index, end: end + 1, after: `(${text.slice(comma + 1, end).trim()})` }];
      })
    : [];

/** The last comma between two places that is in no bracket. */
function lastComma(masked: string, from: number, to: number): number | null {
  let depth = 0;
  for (let at = to - 1; at >= from; at--) {
    const sign = masked[at];
    if (sign === ")" || sign === "]" || sign === "}") depth++;
    else if (sign === "(" || sign === "[" || sign === "{") depth--;
    else if (sign === "," && depth === 0) return at;
  }
  return null;
}

/** `60_000` becomes `600_000`, 1 becomes 2, and 0 becomes 1. */
const otherNumber = (found: string): string => {
  const value = Number(found.replaceAll("_", ""));
  return String(value >= 10 ? value * 10 : value + 1);
};

const TIMES = { second: "minute", minute: "hour", hour: "minute", day: "hour" } as const;

/** In SQL, a length of time is a text. */
const otherTimes: Rule = ({ text, language }) =>
  language === "sql"
    ? [...text.matchAll(/(?<=\binterval '\d+ )(second|minute|hour|day)(?=s?')/g)].map(({ index, 0: found }) => ({
        ...{ start: index, end: index + found.length },
        after: TIMES[found as keyof typeof TIMES],
      }))
    : [];

export const RULES: Record<Kind, readonly Rule[]> = {
  boundary: [
    swapping(EITHER, /(?<= )[<>]=?(?= )/g, [
      ["<", "<="],
      [">", ">="],
    ]),
  ],
  null: [
    replacing(["sql"], /\bis (not )?null\b/g, ([, not]) => (not ? "is null" : "is not null")),
    replacing(["sql"], /\bis (not )?distinct from\b/g, ([, not]) => (not ? "=" : "<>")),
    lastValueOnly,
    replacing(["typescript"], /([!=])==(?= (?:null|undefined)\b)/g, ([, sign]) => (sign === "!" ? "===" : "!==")),
    dropping("typescript", / \?\? /g),
  ],
  order: [
    replacing(
      ["sql"],
      /\border by (?!case\b)[\w.]+( desc)?(?=[,);\n]| (?:limit|for|offset|nulls)\b)/g,
      ([found, desc]) => (desc === undefined ? `${found} desc` : found.slice(0, -desc.length)),
    ),
    swapping(["sql"], /\b(?:least|greatest|min|max)(?=\()/g, [
      ["least", "greatest"],
      ["min", "max"],
    ]),
    swapping(["typescript"], /\bMath\.(?:min|max)(?=\()/g, [["Math.min", "Math.max"]]),
    swapping(["typescript"], /(?<![\w.])(?:asc|desc)(?=\()/g, [["asc", "desc"]]),
    replacing(["typescript"], /(?<![\w.])([a-z]\w*) - ([a-z]\w*)(?![\w.([])/g, ([, one, other]) => `${other} - ${one}`),
  ],
  condition: [
    dropping("sql", /\s+\b(?:and|or)\b(?= (?!replace\b))/g),
    dropping("typescript", /\s+(?:&&|\|\|)(?= )/g),
    replacing(["sql"], /(?<!\bis )\bnot (?=[\w(])(?!null|exists|valid|distinct|in\b|like\b)/g, () => ""),
    replacing(["typescript"], /(?<=[(&|?:,=] ?)!(?=[\w(])/g, () => ""),
    swapping(["typescript"], /(?<= )(?:&&|\|\|)(?= [\w!(])/g, [["&&", "||"]]),
    neverTaking,
  ],
  constant: [
    replacing(EITHER, /(?<![\w.$#[-])\d[\d_]*(?![\w.:])/g, ([found]) => otherNumber(found)),
    swapping(EITHER, /(?<=[(,=:?{] ?|return |then )\b(?:true|false)\b(?!\s*[|:])/g, [["true", "false"]]),
    otherTimes,
  ],
};
