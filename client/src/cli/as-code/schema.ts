/**
 * Reads values by a JSON Schema: finds their faults, fills in defaults, and leaves them out again. It knows the keywords that the schema
 * of the file (`workflows.schema.json`) uses, which a test checks.
 */
import { plural } from "../output.ts";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export type KeyPath = readonly (string | number)[];

export type Schema = {
  type?: string | readonly string[];
  enum?: readonly unknown[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  maxProperties?: number;
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  default?: unknown;
  description?: string;
};

/** What is wrong, and where. With `isKey`, it is the key that is wrong, and not its value. */
export type SchemaFault = { path: KeyPath; text: string; isKey?: boolean };

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value if it is an object, otherwise an empty object. */
export const fieldsIn = (value: unknown): Fields => (isFields(value) ? value : {});

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

const listOf = (type: string | readonly string[]): readonly string[] => (typeof type === "string" ? [type] : type);

const hasType = (type: string | readonly string[], value: unknown): boolean =>
  listOf(type).some((one) => one === typeOf(value) || (one === "number" && typeof value === "number"));

const NAMES: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

const words = (all: readonly string[]): string =>
  all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;

/** All faults of a value. */
export function faultsOf(schema: Schema, value: unknown, path: KeyPath = []): SchemaFault[] {
  const fault = (text: string): SchemaFault[] => [{ path, text }];
  if (schema.anyOf) return faultsOfAny(schema.anyOf, value, path);
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return fault(`Must be ${words(listOf(schema.type).map((type) => NAMES[type] ?? type))}.`);
  }
  if (schema.enum && !schema.enum.includes(value)) return fault(`Must be ${words(schema.enum.map(String))}.`);
  if (typeof value === "string") return faultsOfText(schema, value).map((text) => ({ path, text }));
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    return value < minimum || value > maximum ? fault(`Must be from ${minimum} to ${maximum}.`) : [];
  }
  if (Array.isArray(value)) return faultsOfList(schema, value, path);
  return isFields(value) ? faultsOfFields(schema, value, path) : [];
}

/** The alternatives have different types, such as an object and null. The faults are those of the one that has the type of the value. */
function faultsOfAny(schemas: readonly Schema[], value: unknown, path: KeyPath): SchemaFault[] {
  const meant = schemas.find(({ type }) => type !== undefined && hasType(type, value));
  if (meant) return faultsOf(meant, value, path);
  const types = schemas.flatMap(({ type }) => (type === undefined ? [] : listOf(type)));
  return [{ path, text: `Must be ${words(types.map((type) => NAMES[type] ?? type))}.` }];
}

const INSTANT = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Without an offset, the file would mean another instant on each machine. And `Date` takes 30 February as a day in March. */
function isInstant(text: string): boolean {
  const [, day] = INSTANT.exec(text) ?? [];
  return !Number.isNaN(Date.parse(text)) && new Date(text.slice(0, 10)).getUTCDate() === Number(day);
}

/** Texts are counted in characters, as the service does. */
function faultsOfText(schema: Schema, value: string): string[] {
  const { pattern, format, minLength = 0, maxLength = Infinity, description } = schema;
  if (format === "date-time" && !isInstant(value))
    return ["Must be an instant with its offset, such as 2030-03-01T06:00:00+01:00."];
  const length = [...value].length;
  if (length < minLength)
    return [minLength === 1 ? "Must not be empty." : `Must have at least ${plural(minLength, "character")}.`];
  if (length > maxLength) return [`Must have at most ${plural(maxLength, "character")}.`];
  if (pattern === undefined || new RegExp(pattern, "u").test(value)) return [];
  return [description === undefined ? `Must match ${pattern}.` : `Does not fit: ${description}`];
}

function faultsOfList(
  { minItems = 0, maxItems = Infinity, uniqueItems, items }: Schema,
  value: unknown[],
  path: KeyPath,
) {
  const faults = value.flatMap((item, index) => (items ? faultsOf(items, item, [...path, index]) : []));
  if (value.length < minItems) faults.push({ path, text: `Must have at least ${plural(minItems, "item")}.` });
  if (value.length > maxItems) faults.push({ path, text: `Must have at most ${plural(maxItems, "item")}.` });
  if (uniqueItems && new Set(value).size < value.length) faults.push({ path, text: "Must not contain a value twice." });
  return faults;
}

function faultsOfFields(schema: Schema, value: Fields, path: KeyPath): SchemaFault[] {
  const { properties = {}, required = [], additionalProperties = true, propertyNames, oneOf, maxProperties } = schema;
  const faults: SchemaFault[] = [];
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  if (missing.length > 0) faults.push({ path, text: `Lacks ${words(missing)}.`.replace(" or ", " and "), isKey: true });
  if (oneOf) {
    const given = oneOf.filter(({ required: names = [] }) => names.every((name) => Object.hasOwn(value, name)));
    const names = oneOf.flatMap(({ required: all = [] }) => all);
    if (given.length !== 1) faults.push({ path, text: `Must have exactly one of ${words(names)}.`, isKey: true });
  }
  if (maxProperties !== undefined && Object.keys(value).length > maxProperties) {
    faults.push({ path, text: `Must have at most ${maxProperties}.` });
  }
  for (const [name, one] of Object.entries(value)) {
    const at = [...path, name];
    if (propertyNames) faults.push(...faultsOf(propertyNames, name, at).map((fault) => ({ ...fault, isKey: true })));
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) faults.push(...faultsOf(known, one, at));
    else if (additionalProperties === false) {
      faults.push({ path: at, text: `Is unknown here. There is: ${Object.keys(properties).join(", ")}.`, isKey: true });
    } else if (additionalProperties !== true) faults.push(...faultsOf(additionalProperties, one, at));
  }
  return faults;
}

/** The schemas of the fields of an object, also when the value may be null instead. Undefined when it is no object. */
export const propertiesOf = (schema: Schema): Schema["properties"] =>
  schema.properties ?? schema.anyOf?.find(({ properties }) => properties !== undefined)?.properties;

const isNullable = ({ type, anyOf = [] }: Schema): boolean =>
  (type !== undefined && listOf(type).includes("null")) || anyOf.some(isNullable);

/** What a field is when it is left out. Undefined when there is no such value. */
export const defaultOf = (schema: Schema): unknown =>
  schema.default !== undefined ? schema.default : isNullable(schema) ? null : undefined;

/** A value with all defaults, and its instants as the service writes them. */
export function filled(schema: Schema, value: unknown): unknown {
  const properties = propertiesOf(schema);
  if (properties !== undefined && isFields(value)) {
    const known = Object.entries(properties).flatMap(([name, of]) => {
      const given = Object.hasOwn(value, name) ? value[name] : defaultOf(of);
      return given === undefined ? [] : [[name, filled(of, given)]];
    });
    return { ...value, ...Object.fromEntries(known) };
  }
  if (schema.format === "date-time" && typeof value === "string" && !Number.isNaN(Date.parse(value))) {
    return new Date(value).toISOString();
  }
  return value;
}

/** A value without the fields that have their defaults. */
export function withoutDefaults(schema: Schema, value: unknown): unknown {
  const properties = propertiesOf(schema);
  if (properties === undefined || !isFields(value)) return value;
  const kept = Object.entries(value).flatMap(([name, given]) => {
    const of = properties[name];
    const rest = of ? withoutDefaults(of, given) : given;
    return of && isSame(rest, defaultOf(of)) ? [] : [[name, rest]];
  });
  return Object.fromEntries(kept);
}

/** A value as text, the same for all orders of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    isFields(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );

export const isSame = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
