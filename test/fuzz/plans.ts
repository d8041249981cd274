/** Random plans for the operations of the document. */
import fc from "fast-check";
import type { Json } from "../support/contract.ts";
import { at, normalise } from "../support/contract.ts";
import { document, type Operation, operations } from "../support/document.ts";
import { idFor } from "./ids.ts";
import { CARRIERS, KNOWN_CALLERS, type Plan, type Twist, WIRES } from "./plan.ts";
import { CONTENT_TYPES, HEADER_VALUES, HEADERS, QUERIES, SEGMENTS, STRANGE_NAMES } from "./texts.ts";
import { awkward, brokenIds, brokenOf, type FlatSchema, propertiesOf, validOf } from "./values.ts";

type Twists = fc.Arbitrary<Twist>;

const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

const flat = (schema: Json | undefined): FlatSchema => at(normalise(schema ?? {}, document));

const pick = <Value>(values: readonly Value[]) => fc.constantFrom(...values);

/** As it stands in a URL. A list is repeated. */
const toTexts = (value: Json): string[] =>
  Array.isArray(value) ? value.map(String) : [typeof value === "object" ? JSON.stringify(value) : String(value)];

const headerOf = (name: string, values: fc.Arbitrary<string>): Twists =>
  values.map((value): Twist => ({ kind: "header", name, value }));

const fieldOf = (name: string, values: fc.Arbitrary<Json>): Twists =>
  values.map((value): Twist => ({ kind: "field", name, value }));

const queryOf = (name: string, values: fc.Arbitrary<Json>): Twists =>
  values.map((value): Twist => ({ kind: "query", name, values: toTexts(value) }));

const isId = ({ format, items }: FlatSchema) => format === "uuid" || at(items).format === "uuid";

const isFreeText = (schema: FlatSchema) =>
  schema.type === "string" &&
  schema.enum === undefined &&
  (schema.format === undefined || schema.format === "password");

/** The parameters in the path, the query or the header. */
const parametersIn = ({ parameters }: Operation, place: string) =>
  parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, schema, required }) => ({
      name: String(name),
      schema: flat(schema),
      isRequired: required === true,
    }));

const callers: Twists = fc.oneof(
  { weight: 5, arbitrary: pick(KNOWN_CALLERS).map((name): Twist => ({ kind: "caller", name })) },
  { weight: 1, arbitrary: fc.nat(20).map((number): Twist => ({ kind: "unknown caller", number })) },
  { weight: 1, arbitrary: pick(CARRIERS).map((carrier): Twist => ({ kind: "carrier", carrier })) },
);

const again = fc.constant<Twist>({ kind: "again" });

const keys = fc.string({ unit: fc.constantFrom(..."0123456789abcdef-_~"), maxLength: 255 });

/** What stays within the document: other optional values. Ids are left as they are, so that it mostly works. */
function tameTwistsOf(operation: Operation): fc.Arbitrary<Twist[]> {
  const twists: Twists[] = [
    ...parametersIn(operation, "query")
      .filter(({ isRequired }) => !isRequired)
      .map(({ name, schema }) => queryOf(name, validOf(schema, name))),
    ...parametersIn(operation, "header").map(({ name }) => headerOf(name, keys)),
    ...propertiesOf(flat(operation.bodySchema))
      .filter(([, schema]) => !isId(schema))
      .map(([name, schema]) => fieldOf(name, validOf(schema, name))),
  ];
  return fc
    .tuple(...twists.map((twist) => fc.option(twist, { freq: 1 })))
    .map((chosen) => chosen.filter((twist) => twist !== null));
}

/** One thing that may go beyond the document, or be refused for another reason. */
function wildTwistOf(operation: Operation): Twists {
  const isChange = operation.method !== "GET";
  const groups: { weight: number; twists: Twists[] }[] = [
    { weight: 2, twists: pathTwists(operation) },
    { weight: 3, twists: queryTwists(operation) },
    { weight: 5, twists: fieldTwists(operation) },
    { weight: 2, twists: operation.bodySchema === undefined ? [] : bodyTwists(flat(operation.bodySchema)) },
    { weight: 2, twists: isChange ? WIRE_TWISTS : [] },
    { weight: 1, twists: headerTwists(operation) },
    { weight: 2, twists: [callers] },
    { weight: 1, twists: [again] },
  ];
  return fc.oneof(
    ...groups
      .filter(({ twists }) => twists.length > 0)
      .map(({ weight, twists }) => ({ weight, arbitrary: fc.oneof(...twists) })),
  );
}

const pathTwists = (operation: Operation): Twists[] =>
  parametersIn(operation, "path").flatMap(({ name }): Twists[] => [
    idFor(name).map((id): Twist => ({ kind: "id", name, id })),
    fc.oneof(pick(SEGMENTS), brokenIds.map(encodeURIComponent)).map((text): Twist => ({ kind: "path", name, text })),
  ]);

const queryTwists = (operation: Operation): Twists[] => [
  pick(QUERIES).map((text): Twist => ({ kind: "raw query", text })),
  ...parametersIn(operation, "query").flatMap(({ name, schema, isRequired }): Twists[] => {
    const several = fc.array(validOf(schema, name), { minLength: 2, maxLength: 5 }).map((values) => values.flat());
    return [
      queryOf(name, validOf(schema, name)),
      queryOf(name, brokenOf(schema, name)),
      queryOf(name, awkward),
      queryOf(name, several),
      ...(isRequired ? [fc.constant<Twist>({ kind: "no query", name })] : []),
    ];
  }),
];

const headerTwists = (operation: Operation): Twists[] => [
  ...parametersIn(operation, "header").map(({ name }) => headerOf(name, pick(HEADER_VALUES))),
  ...("304" in operation.responses ? [headerOf("If-None-Match", fc.constant("*"))] : []),
  ...HEADERS.map(([name, values]) => headerOf(name, pick(values))),
  pick([90, 101]).map((count): Twist => ({ kind: "many headers", count })),
];

const fieldTwists = ({ bodySchema }: Operation): Twists[] =>
  propertiesOf(flat(bodySchema)).flatMap(([name, schema]): Twists[] => [
    fieldOf(name, validOf(schema, name)),
    fieldOf(name, brokenOf(schema, name)),
    ...(isFreeText(schema) ? [awkward, awkward, awkward] : [awkward]).map((values) => fieldOf(name, values)),
    fc.constant<Twist>({ kind: "no field", name }),
  ]);

const bodyTwists = (schema: FlatSchema): Twists[] => [
  pick(STRANGE_NAMES).chain((name) => fieldOf(name, fc.jsonValue().map(toJson))),
  ...[fc.jsonValue().map(toJson), validOf(schema, "body"), brokenOf(schema, "body")].map((values) =>
    values.map((value): Twist => ({ kind: "body", value })),
  ),
];

const WIRE_TWISTS: Twists[] = [
  pick(WIRES).map((how): Twist => ({ kind: "wire", how })),
  headerOf("Content-Type", pick(CONTENT_TYPES)),
];

function planOf(operation: Operation): fc.Arbitrary<Plan> {
  const { operationId } = operation;
  const [tame, wild] = [tameTwistsOf(operation), wildTwistOf(operation)];
  const withTwists = (twists: fc.Arbitrary<Twist[]>, isTame: boolean) =>
    twists.map((list): Plan => ({ operationId, isTame, twists: list }));
  const joined = (one: fc.Arbitrary<Twist[]>, other: fc.Arbitrary<Twist[]>) =>
    fc.tuple(one, other).map(([before, after]) => [...before, ...after]);
  return fc.oneof(
    { weight: 3, arbitrary: withTwists(joined(tame, fc.array(fc.oneof(callers, again), { maxLength: 1 })), true) },
    {
      weight: 4,
      arbitrary: withTwists(
        wild.map((twist) => [twist]),
        false,
      ),
    },
    { weight: 3, arbitrary: withTwists(joined(tame, fc.array(wild, { minLength: 1, maxLength: 4 })), false) },
  );
}

/** Each list has so many. A null stands for a plan that a failure does not need; by itself it hardly ever comes. */
export const plansOf = (length: number, of = operations): fc.Arbitrary<(Plan | null)[]> =>
  fc.array(
    fc.oneof(
      { withCrossShrink: true },
      { weight: 1, arbitrary: fc.constant(null) },
      { weight: 100_000, arbitrary: fc.oneof(...of.map(planOf)) },
    ),
    { minLength: length, maxLength: length },
  );
