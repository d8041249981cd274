/** Reads JSON and YAML without changing a number: JavaScript would round whole numbers beyond 2^53. */

const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;
const WHOLE = /^-?\d{16,}$/;

/** Whether JavaScript would read a number as another one. */
export const isRounded = (number: string): boolean => WHOLE.test(number) && BigInt(number) !== BigInt(Number(number));

export class RoundedNumber extends Error {
  constructor(number: string) {
    super(`the number ${number} would be rounded. Whole numbers are exact up to 9007199254740991: write it as a text`);
  }
}

/**
 * As `JSON.parse`.
 * @throws RoundedNumber for a number that would be rounded
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  for (const [found] of text.matchAll(TEXT_OR_NUMBER)) if (isRounded(found)) throw new RoundedNumber(found);
  return value;
}
