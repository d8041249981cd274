/**
 * Source texts in which comments and the insides of texts are replaced by underscores, so that a search finds code only. Each masked text
 * is as long as its source, so a place in one is the same place in the other.
 */

export type Language = "sql" | "typescript";

export const languageOf = (path: string): Language => (path.endsWith(".sql") ? "sql" : "typescript");

const hidden = (text: string): string => text.replaceAll(/[^\n]/g, "_");

/** Hides all but the first and the last character. */
const hiddenInside = (text: string): string =>
  text.length < 2 ? text : `${text[0]}${hidden(text.slice(1, -1))}${text.at(-1)}`;

const SQL_PARTS = /--[^\n]*|'(?:[^']|'')*'/g;

/** A `/` begins a regular expression where a value can begin. A quote without an end in its line is an apostrophe in JSX. */
const TYPESCRIPT_PARTS =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=[(,=:[!&|?{};]\s*|return )\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

export function mask(text: string, language: Language): string {
  const parts = language === "sql" ? SQL_PARTS : TYPESCRIPT_PARTS;
  return text.replaceAll(parts, (part) => (/^(--|\/\/|\/\*)/.test(part) ? hidden(part) : hiddenInside(part)));
}
