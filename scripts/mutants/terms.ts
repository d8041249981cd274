/** Where a part of a masked source ends. */
import type { Language } from "./mask.ts";

/** The place of the bracket that closes the one before `from`. Null when there is none. */
export function closingOf(masked: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < masked.length; at++) {
    const sign = masked[at] ?? "";
    if ("([{".includes(sign)) depth++;
    else if (")]}".includes(sign)) {
      if (depth === 0) return at;
      depth--;
    }
  }
  return null;
}

/** What ends a term in which no bracket is open. */
const ENDS = {
  sql: /^(?:;|,|\$\$|(?:and|or|then|loop|order|group|limit|returning|for|union|else|when|end|into|from|where|on|join|cross|left|set|having|as|desc|asc)\b)/i,
  typescript: /^(?:;|,|&&|\|\||\?(?!\.)|:|=>|\n\s*(?:\/\/|\/\*|const |return |if |for |await |throw ))/,
} as const;

/** In these, what ends the term is not so easily seen, such as a comma between type arguments, or it has no value by itself. */
const UNCLEAR = {
  sql: /\b(?:case|between|distinct)\b/i,
  typescript: /^\s*(?:[<({]\s*(?:\n|<)|<)|=>|\w<[\w.]*$/,
} as const;

const LONGEST = 300;

/** The end of the term of a condition that begins at `from`. Null when it is unclear or very long. */
export function endOfTerm(masked: string, from: number, language: Language): number | null {
  if (
    language === "sql" &&
    /\bbetween\b(?:(?!\b(?:and|or|where)\b)[\s\S])*$/i.test(masked.slice(Math.max(0, from - 120), from - 4))
  ) {
    return null;
  }
  let at = from;
  let outside = "";
  while (at < masked.length && at - from < LONGEST) {
    const sign = masked[at] ?? "";
    const isWordStart = !/\w/.test(masked[at - 1] ?? "") || !/\w/.test(sign);
    const isAssignment =
      language === "typescript" && /[^=!<>]=[^=>]/.test(masked.slice(at - 1, at + 2)) && sign === "=";
    const isEnd = isAssignment || (isWordStart && ENDS[language].test(masked.slice(at, at + 20)));
    if (")]}".includes(sign) || (at > from && isEnd)) break;
    if ("([{".includes(sign)) {
      const closing = closingOf(masked, at + 1);
      if (closing === null) return null;
      at = closing;
    }
    outside += sign;
    at++;
  }
  const term = masked.slice(from, at);
  if (at - from >= LONGEST || term.trim() === "" || UNCLEAR[language].test(outside)) return null;
  return from + term.trimEnd().length;
}
