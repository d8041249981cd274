/**
 * The keywords of JSON Schema 2020-12 that an input schema may have: https://json-schema.org/draft/2020-12/json-schema-validation. An input
 * must be checked in a short time whatever a schema says, so what takes long on some inputs is refused: {@link REFUSED}.
 */
import type { JsonObject } from "../http/json-value.ts";

/** A schema: an object, or a boolean, which all values fit or none. */
export type Schema = JsonObject | boolean;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isSchema = (value: unknown): value is Schema => typeof value === "boolean" || isObject(value);

/** Says what is wrong with the value of a keyword; null when nothing is. */
type Check = (value: unknown) => string | null;

/** A keyword: what its value must be, and the schemas that it has. */
type Keyword = { check: Check; holds?: "schema" | "list" | "map" };

const must =
  (what: string, isRight: (value: unknown) => boolean): Check =>
  (value) =>
    isRight(value) ? null : `Must be ${what}.`;

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** The formats that are checked: those that take a time which grows with the length of the text only. */
export const FORMATS = [
  ...["date", "time", "date-time", "duration", "email", "ipv4", "ipv6", "uri", "uuid", "json-pointer"],
] as const;

const areDistinct = (value: unknown, isRight: (item: unknown) => boolean) =>
  Array.isArray(value) && value.every(isRight) && new Set(value).size === value.length;

const isText = (value: unknown): value is string => typeof value === "string";
const text = must("a text", isText);
const number = must("a number", (value) => typeof value === "number");
const count = must("a whole number from 0 on", (value) => Number.isInteger(value) && Number(value) >= 0);
const flag = must("true or false", (value) => typeof value === "boolean");
const names = must("a list of different texts", (value) => areDistinct(value, isText));
const anything: Check = () => null;

const schema: Keyword = { check: must("a schema: an object, true or false", isSchema), holds: "schema" };
const list: Keyword = {
  check: must("a list of schemas with at least one", (value) => Array.isArray(value) && value.length > 0),
  holds: "list",
};
const map: Keyword = { check: must("an object of schemas", isObject), holds: "map" };

const of = (check: Check, ...keywords: string[]): [string, Keyword][] => keywords.map((name) => [name, { check }]);
const holding = (keyword: Keyword, ...keywords: string[]): [string, Keyword][] =>
  keywords.map((name) => [name, keyword]);

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** What an input schema may have, by name. Those that begin with `x-` may be anything, too, and have no effect. */
export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map([
  ...holding(schema, "not", "if", "then", "else", "items", "additionalProperties", "propertyNames"),
  ...holding(list, "allOf", "anyOf", "oneOf", "prefixItems"),
  ...holding(map, "$defs", "definitions", "properties", "patternProperties", "dependentSchemas"),
  ...of(
    must(`"${DRAFT}"`, (value) => isText(value) && value.replace(/#$/, "") === DRAFT),
    "$schema",
  ),
  ...of(
    must(
      'a reference within this schema, such as "#/$defs/address"',
      (value) => isText(value) && /^#(\/|$)/.test(value),
    ),
    "$ref",
  ),
  ...of(
    must(`one of ${TYPES.join(", ")}, or a list of different ones`, (value) =>
      areDistinct(Array.isArray(value) && value.length > 0 ? value : [value], (type) => TYPES.includes(String(type))),
    ),
    "type",
  ),
  ...of(must("a list", Array.isArray), "enum"),
  ...of(number, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
  ...of(
    must("a number greater than 0", (value) => typeof value === "number" && value > 0),
    "multipleOf",
  ),
  ...of(count, "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
  ...of(names, "required"),
  ...of(
    must(
      "an object of lists of different texts",
      (value) => isObject(value) && Object.values(value).every((item) => areDistinct(item, isText)),
    ),
    "dependentRequired",
  ),
  ...of(
    must(`one of ${FORMATS.join(", ")}`, (value) => FORMATS.some((name) => name === value)),
    "format",
  ),
  ...of(text, "pattern", "$id", "$comment", "title", "description", "contentEncoding", "contentMediaType"),
  ...of(flag, "deprecated", "readOnly", "writeOnly"),
  ...of(anything, "const", "default", "examples"),
]);

const CIRCLE = "Not accepted: an input could be checked without an end.";
const EACH_WITH_EACH = "Not accepted: the time of its check grows much faster than the input.";

/** The keywords of the standard that are not accepted, and why. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["$dynamicRef", CIRCLE],
  ["$dynamicAnchor", CIRCLE],
  ["$recursiveRef", CIRCLE],
  ["$recursiveAnchor", CIRCLE],
  ["$anchor", "Not accepted. Refer to a place in this schema, such as #/$defs/address."],
  ["$vocabulary", "Not accepted."],
  ["unevaluatedItems", EACH_WITH_EACH],
  ["unevaluatedProperties", `${EACH_WITH_EACH} Use \`additionalProperties\`.`],
  ["uniqueItems", EACH_WITH_EACH],
  ["contains", EACH_WITH_EACH],
  ["minContains", EACH_WITH_EACH],
  ["maxContains", EACH_WITH_EACH],
  ["dependencies", "Not of JSON Schema 2020-12. Use `dependentRequired` or `dependentSchemas`."],
  ["additionalItems", "Not of JSON Schema 2020-12. Use `prefixItems` and `items`."],
  ["contentSchema", "Not accepted."],
  ["id", "Not of JSON Schema 2020-12. Use `$id`."],
]);

export type Path = readonly (string | number)[];

/** The schemas right below this one, each with its path from here. */
export function* schemasIn(schema: JsonObject): Generator<[Path, unknown]> {
  for (const [name, value] of Object.entries(schema)) {
    const holds = KEYWORDS.get(name)?.holds;
    if (holds === "schema") yield [[name], value];
    if (holds === "list" && Array.isArray(value))
      for (const [index, item] of value.entries()) yield [[name, index], item];
    if (holds === "map" && isObject(value)) for (const [key, item] of Object.entries(value)) yield [[name, key], item];
  }
}
