/** Reads JSON and YAML without changing a number: JavaScript would round whole numbers beyond 2^53. */
import { isTooDeep, TOO_DEEP } from "../runner/keep-output.ts";

const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;
/** YAML has `5.` and `.5`, too. */
const NUMBER = /^-?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * Whether a number would not be sent as it was written: a whole one whose digits would change, or one that no double can hold. The service
 * refuses the same: src/http/json/changed-numbers.ts, with the same table of cases in the tests.
 */
export function isRounded(number: string): boolean {
  const written = digitsOf(number);
  if (written === undefined) return false;
  const sent = digitsOf(String(Number(number)));
  return (
    sent === undefined ||
    (written.exponent >= 0 && (written.digits !== sent.digits || written.exponent !== sent.exponent))
  );
}

/** A number as digits × 10^exponent, without zeros at either end of its digits. */
function digitsOf(number: string): { digits: string; exponent: number } | undefined {
  const [found, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(number) ?? [];
  if (found === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  const kept = digits.replace(/(?<!0)0+$/, "");
  return kept === ""
    ? { digits: "", exponent: 0 }
    : { digits: kept, exponent: Number(exponent) - fraction.length + digits.length - kept.length };
}

/** JSON or YAML of which the service cannot keep all. The message has no full stop. */
export class NotKept extends Error {}

export const rounded = (number: string): NotKept =>
  new NotKept(
    `the number ${number} would be rounded. Whole numbers are exact up to 9007199254740991: write it as a text`,
  );

/**
 * As `JSON.parse`.
 * @throws NotKept for a number that would be rounded, and for what is nested too deeply
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  for (const [found] of text.matchAll(TEXT_OR_NUMBER)) if (isRounded(found)) throw rounded(found);
  if (isTooDeep(text)) throw new NotKept(TOO_DEEP);
  return value;
}
