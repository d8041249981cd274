/** Keywords that check a value as a whole, a number, or a text. Each gives a check, or null when the schema does not have the keyword. */
import type { JsonObject } from "../http/json-value.ts";
import { clipped, counted } from "../http/text.ts";
import { type Check, CheckRun } from "./check-run.ts";
import { hasFormat } from "./formats.ts";
import type { Pattern } from "./patterns.ts";

export function ofType({ type }: JsonObject): Check | null {
  if (type === undefined) return null;
  const types: unknown[] = Array.isArray(type) ? type : [type];
  const isOf = (value: unknown, actual: string) =>
    types.includes(actual) || (actual === "number" && types.includes("integer") && Number.isInteger(value));
  const expected = types.join(" or ");
  return (value, place, run) => {
    const actual = typeOf(value);
    return isOf(value, actual) || run.fail(place, `Must be of the type ${expected}, and is of the type ${actual}.`);
  };
}

const typeOf = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

export function ofConst(schema: JsonObject): Check | null {
  return schema.const === undefined ? null : oneOf([schema.const], `Must be ${JSON.stringify(schema.const)}.`);
}

export function ofEnum({ enum: values }: JsonObject): Check | null {
  if (!Array.isArray(values)) return null;
  return oneOf(values, values.length === 0 ? "Must not be given." : `Must be one of ${JSON.stringify(values)}.`);
}

/** Objects and arrays are compared by texts in a set, so the time does not grow with the number of values. */
function oneOf(values: readonly unknown[], msg: string): Check {
  const plain = new Set<unknown>();
  const texts = new Set<string>();
  const message = clipped(msg);
  const free = new CheckRun({ steps: Number.POSITIVE_INFINITY }, 0);
  for (const value of values) {
    if (typeof value === "object" && value !== null) texts.add(free.canonical(value));
    else plain.add(value);
  }
  return (value, place, run) => {
    const isContainer = typeof value === "object" && value !== null;
    if (typeof value === "string") run.spend(value.length / 128);
    const isThere = isContainer ? texts.size > 0 && texts.has(run.canonical(value)) : plain.has(value);
    return isThere || run.fail(place, message);
  };
}

/** Checks for all values of one type: those of another type fit. */
const forNumbers =
  (check: (value: number, run: CheckRun) => string | null): Check =>
  (value, place, run) => {
    const msg = typeof value === "number" ? check(value, run) : null;
    return msg === null || run.fail(place, msg);
  };

const forTexts =
  (check: (value: string, run: CheckRun) => string | null): Check =>
  (value, place, run) => {
    const msg = typeof value === "string" ? check(value, run) : null;
    return msg === null || run.fail(place, msg);
  };

const bound =
  (keyword: string, what: string, isBroken: (value: number, limit: number) => boolean) =>
  (schema: JsonObject): Check | null => {
    const limit = schema[keyword];
    if (typeof limit !== "number") return null;
    return forNumbers((value) => (isBroken(value, limit) ? `${value} is ${what} ${limit}.` : null));
  };

export const ofNumbers = [
  bound("minimum", "less than", (value, limit) => value < limit),
  bound("maximum", "greater than", (value, limit) => value > limit),
  bound("exclusiveMinimum", "less than or equal to", (value, limit) => value <= limit),
  bound("exclusiveMaximum", "greater than or equal to", (value, limit) => value >= limit),
  ({ multipleOf }: JsonObject): Check | null => {
    if (typeof multipleOf !== "number") return null;
    return forNumbers((value, run) => {
      run.spend(50);
      return isMultipleOf(value, multipleOf) ? null : `${value} is not a multiple of ${multipleOf}.`;
    });
  },
];

/** By the decimals as they are written, since 0.3 % 0.1 is not 0. The exponents of doubles limit how long the integers are. */
function isMultipleOf(value: number, divisor: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  if (!Number.isFinite(value)) return false;
  const [[digits, exponent], [divisorDigits, divisorExponent]] = [decimalOf(value), decimalOf(divisor)];
  const shift = 10n ** BigInt(Math.abs(exponent - divisorExponent));
  return exponent >= divisorExponent
    ? (digits * shift) % divisorDigits === 0n
    : digits % (divisorDigits * shift) === 0n;
}

/** The number as digits × 10^exponent. */
function decimalOf(value: number): [bigint, number] {
  const [digits = "", exponent = "0"] = String(Math.abs(value)).split("e");
  const [whole = "", fraction = ""] = digits.split(".");
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}

export const ofLength = [
  ({ minLength }: JsonObject): Check | null => {
    if (typeof minLength !== "number") return null;
    return forTexts((value, run) => {
      const length = lengthOf(value, run);
      return length < minLength ? `Must have at least ${counted(minLength, "character")}, and has ${length}.` : null;
    });
  },
  ({ maxLength }: JsonObject): Check | null => {
    if (typeof maxLength !== "number") return null;
    return forTexts((value, run) => {
      const length = lengthOf(value, run);
      return length > maxLength ? `Must have at most ${counted(maxLength, "character")}, and has ${length}.` : null;
    });
  },
];

/** The number of characters, where a pair of surrogates is one. */
function lengthOf(text: string, run: CheckRun): number {
  run.spend(text.length / 16);
  let length = text.length;
  for (let i = 1; i < text.length; i++) if (isLow(text.charCodeAt(i)) && isHigh(text.charCodeAt(i - 1))) length--;
  return length;
}
const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;

export const ofPattern =
  (compilePattern: (source: string) => Pattern) =>
  ({ pattern: source }: JsonObject): Check | null => {
    if (typeof source !== "string") return null;
    const pattern = compilePattern(source);
    return forTexts((value, run) => (run.matches(pattern, value) ? null : `Does not match the pattern ${source}.`));
  };

export function ofFormat({ format }: JsonObject): Check | null {
  if (typeof format !== "string") return null;
  return forTexts((value, run) => {
    run.spend(2 + value.length / 4);
    return hasFormat(format, value) ? null : `Does not match the format ${format}.`;
  });
}
