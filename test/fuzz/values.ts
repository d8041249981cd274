/** Values for the schemas of the OpenAPI document: such as it allows, such as it forbids, and such as are hard to take. */
import fc from "fast-check";
import { formatCursor } from "../../src/runs/run-schema.ts";
import type { Json } from "../support/contract.ts";
import { at } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { WEBHOOK_SECRET } from "../support/tenant.ts";
import { idFor } from "./ids.ts";
import { AWKWARD, STRANGE_NAMES, UNSTORABLE } from "./texts.ts";

/** A schema without references, and with `nullable` for "or null": what `normalise` makes of one. */
export type FlatSchema = { [key: string]: Json };

/** Characters of one, two, three and four bytes; those that SQL, LIKE, paths and pages give a meaning; some unseen. */
const CHARACTERS = [..."abcXYZ019 _-.,'\"%\\<>&;:$éß漢😀\u0301\u200f\ufeff"];

/** One or more of each type, to be put where another one belongs. */
const JSON_VALUES: Json[] = [null, true, false, 0, -1, 1.5, 1e300, "", "text", "null", [], [null], [[]], {}, { a: 1 }];

/** What an unbounded text may be as long as. */
const LONG = 3_000;

/** Whole numbers of a schema without an upper bound go as far as JSON does, and mostly not. */
const MAX_SMALL = 50;

const numberOf = (value: Json | undefined, otherwise: number) => (typeof value === "number" ? value : otherwise);

const pick = <Value extends Json>(...values: Value[]) => fc.constantFrom(...values);

/** A text of so many characters, as JSON Schema counts them, and often of as many as there may be. */
function textOf({ minLength, maxLength }: FlatSchema): fc.Arbitrary<string> {
  const [min, max] = [numberOf(minLength, 0), numberOf(maxLength, LONG)];
  const character = fc.constantFrom(...CHARACTERS);
  const exactly = (length: number) => character.map((unit) => unit.repeat(length));
  return fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: character, minLength: min, maxLength: Math.min(max, 20) }) },
    { weight: 1, arbitrary: exactly(max) },
    { weight: 1, arbitrary: exactly(min) },
  );
}

const INSTANTS = pick(
  "2026-01-31T12:00:00Z",
  "2026-01-31T12:00:00.123456789+05:30",
  "2024-02-29T23:59:59.999-12:00",
  "1969-12-31T23:59:59Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
);

const EMAILS = fc.uuid().map((id) => `${id}@fuzz.example`);

/** Whoever is sent a run there: nobody outside of this machine. */
const RUNNERS = pick(BUSY_RUNNER, `${BUSY_RUNNER}&a=%20`, "http://127.0.0.1:1/", "http://localhost:1/%00?#");

/** A place in a list, of which the document says only that it is a text. */
const CURSORS: fc.Arbitrary<string> = fc.oneof(
  INSTANTS.map((createdAt) => formatCursor({ createdAt, id: "01920000-0000-7000-8000-000000000403" })),
  fc.jsonValue().map((value) => btoa(encodeURIComponent(JSON.stringify(value)))),
  fc
    .tuple(pick("2026-01-31T12:00:00Z", "0000-01-01T00:00:00Z", "now", ""), pick("", "1", "x".repeat(36)))
    .map(([createdAt, id]) => formatCursor({ createdAt, id })),
);

const LABELS = pick("customer:fuzz", "a:b:c", "env.x-1_y: ", `${"k".repeat(40)}:${"😀".repeat(128)}`);

/** Texts with a grammar that the document does not show. */
const GRAMMARS: Record<string, fc.Arbitrary<Json>> = {
  cron: pick("0 6 * * 1-5", "*/15 2 * * *", "0 0 29 feb sun", "59 23 31 12 *", "0 0 31 2 *", "5/15 * * * *"),
  at: pick(
    "2030-03-31T02:30",
    "2030-10-27T02:30",
    "9999-12-31T23:59:59.999Z",
    "2026-01-31T06:00:00+05:30",
    "2026-02-30T06:00",
  ),
  time_zone: pick("Europe/Berlin", "Australia/Lord_Howe", "UTC", "Mars/Olympus", "+01:00"),
};

function stringOf(schema: FlatSchema, name: string): fc.Arbitrary<Json> {
  const grammar = GRAMMARS[name];
  if (grammar) return fc.oneof(grammar, textOf(schema));
  if (name === "cursor") return CURSORS;
  if (name === "label") return LABELS;
  switch (schema.format) {
    case "uuid":
      return idFor(name);
    case "date-time":
      return INSTANTS;
    case "email":
      return EMAILS;
    case "uri":
      return RUNNERS;
    case "password":
      return fc.oneof(fc.constant(WEBHOOK_SECRET), textOf({ minLength: 1 }));
    default:
      return textOf(schema);
  }
}

/** What the schema allows for a parameter or field of this name. */
export function validOf(schema: FlatSchema, name: string): fc.Arbitrary<Json> {
  const { nullable, ...rest } = schema;
  if (nullable === true) return fc.option(validOf(rest, name), { freq: 4 });
  if (Array.isArray(schema.enum)) return pick(...schema.enum);
  switch (schema.type) {
    case "string":
      return stringOf(schema, name);
    case "integer": {
      const [min, max] = [numberOf(schema.minimum, 0), numberOf(schema.maximum, Number.MAX_SAFE_INTEGER)];
      return fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min, max: Math.min(max, min + MAX_SMALL) }) },
        { weight: 1, arbitrary: pick(min, max) },
      );
    }
    case "number":
      return pick(0, -1, 12.7, 100.5, 1e300, -1e-300);
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(validOf(at(schema.items), name), {
        minLength: numberOf(schema.minItems, 0),
        maxLength: Math.min(numberOf(schema.maxItems, 4), 4),
      });
    case "object":
      return fc.record<Record<string, Json>>(
        Object.fromEntries(propertiesOf(schema).map(([key, property]) => [key, validOf(property, key)])),
        { requiredKeys: requiredOf(schema) },
      );
    case undefined:
      return fc.oneof(
        pick(...JSON_VALUES),
        fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value))),
      );
    default:
      throw new Error(`test/fuzz/values.ts does not know what ${name} may be.`);
  }
}

export const propertiesOf = (schema: FlatSchema): [string, FlatSchema][] =>
  Object.entries(at(schema.properties)).map(([name, property]) => [name, at(property)]);

const requiredOf = ({ required }: FlatSchema): string[] =>
  Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];

/** What the schema forbids: one thing is wrong with it. */
export function brokenOf(schema: FlatSchema, name: string): fc.Arbitrary<Json> {
  const ofOtherType = JSON_VALUES.filter((value) => !isOfType(value, schema));
  return fc.oneof(pick(...ofOtherType), ...breachesOf(schema, name));
}

function isOfType(value: Json, { type, nullable }: FlatSchema): boolean {
  if (value === null) return nullable === true;
  if (Array.isArray(value)) return type === "array";
  if (type === undefined) return true;
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

function breachesOf(schema: FlatSchema, name: string): fc.Arbitrary<Json>[] {
  if (Array.isArray(schema.enum))
    return [pick("", "OTHER", String(schema.enum[0]).toLowerCase(), `${schema.enum[0]} `)];
  switch (schema.type) {
    case "string":
      return [
        ...(schema.maxLength === undefined ? [] : [tooLong(numberOf(schema.maxLength, 0))]),
        ...(numberOf(schema.minLength, 0) > 0 ? [pick("")] : []),
        ...(schema.format === "uuid" ? [brokenIds] : []),
        ...(schema.format === "date-time" ? [brokenInstants] : []),
        ...(schema.format === "email" ? [pick("", "a", "@", "a@", "@b.example", "a b@c.example", "a@b..example")] : []),
      ];
    case "integer":
      return [
        pick(
          ...(schema.minimum === undefined ? [] : [numberOf(schema.minimum, 0) - 1, Number.MIN_SAFE_INTEGER]),
          0.5,
          -0.5,
        ),
        ...(schema.maximum === undefined ? [] : [pick(numberOf(schema.maximum, 0) + 1, 2 ** 31, 2 ** 63, 1e300)]),
      ];
    case "array":
      return brokenLists(schema, name);
    case "object":
      return brokenObjects(schema, name);
    default:
      return [];
  }
}

const tooLong = (max: number) => pick("x".repeat(max + 1), "😀".repeat(max + 1), "x".repeat(10 * max));

export const brokenIds = pick(
  "1",
  "01920000-0000-7000-8000-00000000040",
  "01920000-0000-7000-8000-0000000004033",
  "01920000-0000-7000-8000-00000000040g",
  "01920000000070008000000000000403",
  "{01920000-0000-7000-8000-000000000403}",
  "urn:uuid:01920000-0000-7000-8000-000000000403",
  " 01920000-0000-7000-8000-000000000403",
  "01920000-0000-7000-8000-000000000403\n",
  "' or true --",
);

const brokenInstants = pick(
  "",
  "now",
  "infinity",
  "1769860800",
  "2026-01-31",
  "2026-01-31T12:00:00",
  "2026-13-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2026-01-31T25:00:00Z",
  "2026-01-31T12:00:00+99:99",
  "+010000-01-01T00:00:00Z",
  "-000001-01-01T00:00:00Z",
);

function brokenLists(schema: FlatSchema, name: string): fc.Arbitrary<Json>[] {
  const item = validOf(at(schema.items), name);
  const list = fc.array(item, { minLength: 1, maxLength: 3 });
  return [
    fc.tuple(list, brokenOf(at(schema.items), name)).map(([items, broken]) => [...items, broken]),
    ...(numberOf(schema.minItems, 0) > 0 ? [pick<Json>([])] : []),
    ...(schema.maxItems === undefined
      ? []
      : [item.map((one) => Array<Json>(numberOf(schema.maxItems, 0) + 1).fill(one))]),
  ];
}

function brokenObjects(schema: FlatSchema, name: string): fc.Arbitrary<Json>[] {
  const object = validOf(schema, name).map((value) => at(value));
  const withField = (key: string, value: fc.Arbitrary<Json>) =>
    fc.tuple(object, value).map(([whole, part]) => ({ ...whole, ...Object.fromEntries([[key, part]]) }));
  return [
    ...propertiesOf(schema).map(([key, property]) => withField(key, brokenOf(property, key))),
    ...requiredOf(schema).map((key) => object.map(({ [key]: _, ...others }) => others)),
    ...STRANGE_NAMES.map((key) => withField(key, pick(...JSON_VALUES))),
  ];
}

/** Texts that a schema may well allow, and that are hard to take. */
export const awkward: fc.Arbitrary<string> = fc.oneof(
  pick(...AWKWARD),
  pick(...UNSTORABLE),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.nat(70_000).map((length) => "x".repeat(length)),
);
