/** Reads JSON and YAML without changing a number: JavaScript would round whole numbers beyond 2^53. */

const PART = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[{]|[\]}]/gs;
const WHOLE = /^-?\d{16,}$/;

/** Whether JavaScript would read a number as another one. */
export const isRounded = (number: string): boolean => WHOLE.test(number) && BigInt(number) !== BigInt(Number(number));

/** JSON or YAML of which the service cannot keep all. The message has no full stop. */
export class NotKept extends Error {}

export const rounded = (number: string): NotKept =>
  new NotKept(
    `the number ${number} would be rounded. Whole numbers are exact up to 9007199254740991: write it as a text`,
  );

/** The service takes no more, and what is nested too deeply has no room on the stack of this program. */
const MAX_DEPTH = 32;
const TOO_DEEP = `it is nested more than ${MAX_DEPTH} levels deep`;

/**
 * As `JSON.parse`.
 * @throws NotKept for a number that would be rounded, and for what is nested too deeply
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let depth = 0;
  for (const [found] of text.matchAll(PART)) {
    if (isRounded(found)) throw rounded(found);
    if (found === "{" || found === "[") depth += 1;
    if (found === "}" || found === "]") depth -= 1;
    if (depth > MAX_DEPTH) throw new NotKept(TOO_DEEP);
  }
  return value;
}
