/** JSON that callers store and get back unchanged. */
import { z } from "@hono/zod-openapi";
import { isStorable } from "./text.ts";

export type JsonObject = { [key: string]: unknown };

type Path = (string | number)[];

const UNSTORABLE = "Must not contain a zero byte or half a surrogate pair.";
const TOO_GREAT = "Must be a number that a double can hold.";

/**
 * Visits each value in the result of `JSON.parse` once, and reports those that cannot be stored: texts and keys with a zero
 * byte or an unpaired surrogate, and numbers that were parsed as infinite. The depth of JSON is limited for all requests, so
 * the recursion is safe.
 */
function visit(value: unknown, path: Path, report: (path: Path, message: string) => void): void {
  if (typeof value === "string") {
    if (!isStorable(value)) report(path, UNSTORABLE);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) report(path, TOO_GREAT);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, [...path, index], report);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (!isStorable(key)) report(path, UNSTORABLE);
      visit(item, [...path, key], report);
    }
  }
}

const check = (value: unknown, context: z.RefinementCtx) =>
  visit(value, [], (path, message) => context.addIssue({ code: "custom", path, message, input: value }));

/** Any JSON. Its size is limited only by that of the body. */
export const jsonValue = () => z.unknown().superRefine(check);

const sizeOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

/** Any JSON of at most `maxBytes`, measured as compact JSON in UTF-8. `more` says what to do with more. */
export const smallJson = (maxBytes: number, more: string) =>
  jsonValue().refine((value) => value === undefined || sizeOf(value) <= maxBytes, {
    message: `Must have at most ${maxBytes} bytes, written without blanks in UTF-8. ${more}`,
  });

/** A JSON object of at most `maxBytes`, measured as compact JSON in UTF-8. */
export const jsonObject = (maxBytes: number) =>
  z
    .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
      message: "Must be a JSON object.",
      abort: true,
    })
    .superRefine(check)
    .refine((value) => sizeOf(value) <= maxBytes, {
      message: `Must have at most ${maxBytes} bytes, written without blanks in UTF-8.`,
    });

/** A JSON Pointer (RFC 6901), without the empty one, which names the whole document. */
export const JSON_POINTER = /^(\/([^~/]|~[01])*)+$/;

/** The names in a JSON Pointer. */
export const namesOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** An index in an array, as a JSON Pointer writes it. */
const INDEX = /^(0|[1-9]\d{0,8})$/;

/** What a JSON Pointer names in the result of `JSON.parse`; undefined when there is nothing. */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let value = document;
  for (const name of namesOf(pointer)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    if (Array.isArray(value) && !INDEX.test(name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
