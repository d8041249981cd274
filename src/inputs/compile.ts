/**
 * Compiles an input schema, and checks inputs by it. An isolate imports this file when it first has to check an input.
 *
 * It does not use a library, since the work of a check must have a bound whatever schema and input say. A library for JSON Schema
 * compares each value of `enum` with all of an object, copies the errors of each level to the next, and finds all of them. Here each
 * piece of work is paid for from a budget before it is done, and a check ends at as many faults as are wanted. The official tests of
 * JSON Schema judge it (test/inputs/).
 */
import type { JsonObject } from "../http/json-value.ts";
import { type Budget, type Check, CheckRun, TooCostly } from "./check-run.ts";
import { ofDependentSchemas, ofItems, ofNames, ofProperties } from "./checks-of-parts.ts";
import { ofConst, ofEnum, ofFormat, ofLength, ofNumbers, ofPattern, ofType } from "./checks-of-values.ts";
import type { InputFault } from "./input-schema.ts";
import { referred } from "./judge-schema.ts";
import { isObject } from "./keywords.ts";
import type { Pattern } from "./patterns.ts";

/** Finds the faults of an input: at most `most`; empty when it fits. */
export type CheckInput = (input: unknown, most: number, budget: Budget) => InputFault[];

const TOO_COSTLY =
  "The check by the workflow's schema takes too long. Send less, or let its policy have a simpler schema.";

type Inner = (schema: unknown) => Check;
type Keyword = (schema: JsonObject, inner: Inner) => Check | null;

/** Compiles a schema that was judged when it was saved. */
export async function compileSchema(root: JsonObject): Promise<CheckInput> {
  const hasPatterns = has(root, "patternProperties") || has(root, "pattern");
  const compilePattern = hasPatterns ? (await import("./patterns.ts")).compilePattern : null;
  const patterns = new Map<string, Pattern>();
  const patternOf = (source: string): Pattern => {
    const pattern = patterns.get(source) ?? compilePattern?.(source);
    if (pattern === undefined) throw new Error("No engine of patterns was loaded.");
    patterns.set(source, pattern);
    return pattern;
  };

  const keywords: readonly Keyword[] = [
    ...[ofType, ofConst, ofEnum, ofReference(root), ...ofNumbers, ...ofLength, ofPattern(patternOf), ofFormat],
    ...[...ofNames, ofProperties(patternOf), ofDependentSchemas, ...ofItems, ofAll, ofAny, ofOne, ofNot, ofCondition],
  ];
  const known = new Map<JsonObject, Check>();
  const inner = (schema: unknown): Check => {
    if (!isObject(schema)) {
      return (_, place, run) => {
        run.spend(1);
        return schema !== false || run.fail(place, "Must not be given.");
      };
    }
    const before = known.get(schema);
    if (before !== undefined) return before;
    const checks = keywords.flatMap((keyword) => keyword(schema, inner) ?? []);
    const check: Check = (value, place, run) => {
      run.spend(1 + checks.length);
      return run.all(checks, (check) => check(value, place, run));
    };
    known.set(schema, check);
    return check;
  };
  const check = inner(root);

  return (input, most, budget) => {
    const run = new CheckRun(budget, most);
    try {
      check(input, null, run);
      return run.faults;
    } catch (error) {
      // A RangeError: a thousand schemas, each in the one before, do not fit on the stack.
      if (error instanceof TooCostly || error instanceof RangeError) return [{ path: [], msg: TOO_COSTLY }];
      throw error;
    }
  };
}

/** True when something in a schema has this name, such as a keyword. */
const has = (value: unknown, name: string): boolean =>
  typeof value === "object" &&
  value !== null &&
  (name in value || Object.values(value).some((item) => has(item, name)));

const ofReference =
  (root: JsonObject): Keyword =>
  ({ $ref }, inner) =>
    $ref === undefined ? null : inner(referred(root, $ref));

const ofAll: Keyword = ({ allOf }, inner) => {
  if (!Array.isArray(allOf)) return null;
  const checks = allOf.map(inner);
  return (value, place, run) => run.all(checks, (check) => check(value, place, run));
};

/** What is wrong by one of several schemas is not told, since it is not clear which of them was meant. */
const ofAny: Keyword = ({ anyOf }, inner) => {
  if (!Array.isArray(anyOf)) return null;
  const checks = anyOf.map(inner);
  return (value, place, run) =>
    checks.some((check) => run.quietly(check, value, place)) ||
    run.fail(place, "Does not fit any of the schemas in `anyOf`.");
};

const ofOne: Keyword = ({ oneOf }, inner) => {
  if (!Array.isArray(oneOf)) return null;
  const checks = oneOf.map(inner);
  return (value, place, run) =>
    checks.filter((check) => run.quietly(check, value, place)).length === 1 ||
    run.fail(place, "Does not fit exactly one of the schemas in `oneOf`.");
};

const ofNot: Keyword = ({ not }, inner) => {
  if (not === undefined) return null;
  const check = inner(not);
  return (value, place, run) =>
    !run.quietly(check, value, place) || run.fail(place, "Must not fit the schema in `not`.");
};

const ofCondition: Keyword = (schema, inner) => {
  if (schema.if === undefined) return null;
  const condition = inner(schema.if);
  const yes = inner(schema.then ?? true);
  const no = inner(schema.else ?? true);
  return (value, place, run) => (run.quietly(condition, value, place) ? yes : no)(value, place, run);
};
