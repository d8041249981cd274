/** Compiles an input schema, and checks inputs by it. An isolate imports this file when it first has to check an input. */
import { format as formats, type Schema as LibrarySchema, validate } from "@cfworker/json-schema";
import type { JsonObject } from "../http/json-value.ts";
import { describeFaults } from "./describe-faults.ts";
import type { InputFault } from "./input-schema.ts";
import { referred } from "./judge-schema.ts";
import { isObject, KEYWORDS, type Schema } from "./keywords.ts";

/**
 * How many steps checks may still take: one for each schema that is applied to a value, and more where that takes longer. A thousand steps
 * take some milliseconds. The check of an ordinary input takes fewer.
 */
export type Budget = { steps: number };

/** Finds the faults of an input: at most `most`; empty when it fits. */
export type CheckInput = (input: unknown, most: number, budget: Budget) => InputFault[];

const TOO_COSTLY =
  "The check by the workflow's schema takes too long. Send less, or let its policy have a simpler schema.";

class TooCostly extends Error {}

class Meter {
  budget: Budget = { steps: 0 };

  spend(steps: number): void {
    this.budget.steps -= steps;
    if (this.budget.steps < 0) throw new TooCostly();
  }
}

/** Compiles a schema that was judged when it was saved. */
export async function compileSchema(root: JsonObject): Promise<CheckInput> {
  const meter = new Meter();
  const texts = new Map<string, (text: string) => boolean>();
  const hasNames = has(root, "patternProperties");
  const compilePattern = hasNames || has(root, "pattern") ? (await import("./patterns.ts")).compilePattern : null;

  /** Lets the library call `matches` as a format of this name, and returns the name. */
  const asFormat = (name: string, stepsFor: (length: number) => number, matches: (text: string) => boolean): string => {
    texts.set(name, (text) => {
      meter.spend(stepsFor(text.length));
      return matches(text);
    });
    return name;
  };

  const ofPattern = (source: string): string | undefined => {
    const pattern = compilePattern?.(source);
    return pattern && asFormat(`pattern ${source}`, (length) => (length * pattern.size) / 32, pattern.matches);
  };

  const ofFormat = (name: string): string =>
    asFormat(
      `format ${name}`,
      (length) => length / 16,
      (text) => (formats[name]?.(text) ?? true) && isRight(name, text),
    );

  /** The names in the input that is checked now, of objects at any depth. */
  let names: ReadonlySet<string> = new Set();
  const namesLike = (source: string): string[] => {
    const pattern = compilePattern?.(source);
    return [...names].filter((name) => {
      meter.spend(1 + (name.length * (pattern?.size ?? 0)) / 32);
      return pattern?.matches(name);
    });
  };

  const expanded = expandSchema(root, { meter, ofPattern, ofFormat, namesLike, currentNames: () => names });

  return (input, most, budget) => {
    meter.budget = budget;
    names = hasNames ? namesIn(input) : new Set();
    for (const [name, matches] of texts) formats[name] = matches;
    try {
      const { errors } = validate(input, expanded, "2020-12", {}, false);
      return describeFaults(errors, input, most);
    } catch (error) {
      // A RangeError: the library passes all errors as arguments of one call, and too many do not fit on the stack.
      if (error instanceof TooCostly || error instanceof RangeError) return [{ path: [], msg: TOO_COSTLY }];
      throw error;
    } finally {
      for (const name of texts.keys()) delete formats[name];
    }
  };
}

/** The library's `uri` also takes ports that are not numbers, and brackets that are not around an IPv6 address. This does not. */
const AUTHORITY = /^[^/?#]*(\/\/([^/?#@]*@)?(\[[^\]]*\]|[^/?#@[\]:]*)(:\d*)?(?=[/?#]|$)|(?!\/\/))([/?#][^[\]]*)?$/;
const LEADING_ZERO = /^[^[]*\[[^\]]*(\.0\d|:0\d{1,2}\.)/;

const isRight = (format: string, text: string): boolean =>
  format !== "uri" || (AUTHORITY.test(text) && !LEADING_ZERO.test(text));

/** True when something in a schema has this name, such as a keyword. */
const has = (value: unknown, name: string): boolean =>
  typeof value === "object" &&
  value !== null &&
  (name in value || Object.values(value).some((item) => has(item, name)));

/** The names in a JSON value, of objects at any depth. */
function namesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return names;
  for (const [name, item] of Object.entries(value)) {
    if (!Array.isArray(value)) names.add(name);
    namesIn(item, names);
  }
  return names;
}

type Texts = {
  meter: Meter;
  ofPattern: (source: string) => string | undefined;
  ofFormat: (name: string) => string;
  /** Those names in the input that match a pattern. */
  namesLike: (source: string) => string[];
  /** All names in the input: another object for each input. */
  currentNames: () => ReadonlySet<string>;
};

/**
 * The schema as the library gets it:
 * - each reference is replaced by what it refers to, which is shared and not copied;
 * - patterns and formats are formats that {@link compileSchema} has registered, since the library would match patterns in JavaScript;
 * - `patternProperties` are `properties` for those names in the input that match, since the library would match names in JavaScript, too;
 * - each schema has a getter `$recursiveAnchor` that spends steps, since the library reads that field each time it applies a schema.
 *   2020-12 does not have it, so no schema of a person does.
 */
function expandSchema(root: JsonObject, { meter, ofPattern, ofFormat, namesLike, currentNames }: Texts): LibrarySchema {
  const known = new Map<JsonObject, JsonObject>();

  const expand = (schema: unknown): JsonObject => {
    if (schema === false) return metered({ enum: [] });
    if (!isObject(schema)) return metered({});
    const before = known.get(schema);
    if (before !== undefined) return before;
    const all: Schema[] = [];
    if (schema.$ref !== undefined) all.push(expand(referred(root, schema.$ref)));
    const [pattern, format] = [schema.pattern, schema.format];
    if (typeof pattern === "string") all.push(metered({ format: ofPattern(pattern) }));
    const fields = Object.entries(schema).flatMap(([name, value]): [string, unknown][] => {
      if (DROPPED.has(name)) return [];
      return [[name, expandIn(KEYWORDS.get(name)?.holds, value)]];
    });
    const copy: JsonObject = Object.fromEntries(fields);
    if (typeof format === "string") copy.format = ofFormat(format);
    if (all.length > 0) copy.allOf = [...all, ...(Array.isArray(copy.allOf) ? copy.allOf : [])];
    known.set(schema, metered(copy));
    if (isObject(schema.patternProperties)) addMatching(copy, Object.entries(schema.patternProperties));
    return copy;
  };

  const addMatching = (copy: JsonObject, patterns: readonly [string, unknown][]): void => {
    const own = isObject(copy.properties) ? Object.entries(copy.properties) : [];
    const expanded = patterns.map(([source, inner]) => [source, expand(inner)] as const);
    let names: ReadonlySet<string> | undefined;
    let properties: JsonObject = {};
    const get = (): JsonObject => {
      if (names !== currentNames()) {
        const all = [
          ...own,
          ...expanded.flatMap(([source, inner]) => namesLike(source).map((name) => [name, inner] as const)),
        ];
        const schemas = Map.groupBy(all, ([name]) => name);
        properties = Object.fromEntries(
          [...schemas].map(([name, found]) => [name, metered({ allOf: found.map(([, inner]) => inner) })]),
        );
        names = currentNames();
      }
      meter.spend(Math.floor(Object.keys(properties).length / 8));
      return properties;
    };
    Object.defineProperty(copy, "properties", { get });
  };

  const expandIn = (holds: "schema" | "list" | "map" | undefined, value: unknown): unknown => {
    if (holds === "schema") return expand(value);
    if (holds === "list" && Array.isArray(value)) return value.map(expand);
    if (holds === "map" && isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item)]));
    }
    return value;
  };

  const metered = (schema: JsonObject): JsonObject => {
    const steps = 1 + Math.floor(countIn(schema) / 8);
    return Object.defineProperty(schema, "$recursiveAnchor", { get: () => meter.spend(steps) });
  };

  return expand(root);
}

/** What does not reach the library: what {@link expandSchema} replaces, and notes. */
const DROPPED = new Set([
  ...["$ref", "$defs", "definitions", "pattern", "patternProperties", "format"],
  ...["default", "examples", "$id", "$schema"],
]);

/** How many parts of a schema the library goes through each time, apart from the schemas in it. */
const countIn = (schema: JsonObject): number =>
  [schema.enum, schema.const, schema.required, schema.dependentRequired].reduce<number>(
    (sum, v) => sum + countOf(v),
    0,
  ) + (isObject(schema.properties) ? Object.keys(schema.properties).length : 0);

const countOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((sum, item) => sum + 1 + countOf(item), 0)
    : 0;
