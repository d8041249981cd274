/** JSON that callers give us to keep, and get back with the same value. */
import { z } from "@hono/zod-openapi";
import { isStorable } from "./text.ts";

export type JsonObject = { [key: string]: unknown };

type Path = (string | number)[];

const UNSTORABLE = "Must not hold a zero byte or half a surrogate pair.";
const TOO_GREAT = "Must be a number that a double can hold.";

/**
 * Visits each value of what `JSON.parse` returned once, and reports those that cannot be kept: texts and keys with a zero
 * byte or half of a surrogate pair, and numbers that came out as infinite. How deep JSON may be is bounded for all requests.
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

/** Any JSON, of the size that a body may have. */
export const jsonValue = () => z.unknown().superRefine(check);

/** A JSON object of at most `maxBytes`, written without blanks in UTF-8. */
export const jsonObject = (maxBytes: number) =>
  z
    .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
      message: "Must be a JSON object.",
      abort: true,
    })
    .superRefine(check)
    .refine((value) => new TextEncoder().encode(JSON.stringify(value)).length <= maxBytes, {
      message: `Must have at most ${maxBytes} bytes, written without blanks in UTF-8.`,
    });

/** JSON that a SQL function answers as text, since `jsonb` would change how its numbers are written. */
export const jsonText = z.string().transform((text): unknown => JSON.parse(text));
