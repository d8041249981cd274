/**
 * Searches for the schema and the input whose check costs most. The input counts by itself what is read of it, and the schemas in lists are
 * counted that a value is tried by, so the search also finds work for which a check does not pay from its budget. Nothing here depends on a
 * clock. How long a step takes was measured apart from it, on slow hardware: 0.02 to 0.25 µs for most kinds of work, and at most 0.5 µs in
 * code that had not been compiled yet. So the 105,000 steps that one input may take are 2 to 50 ms.
 */
import { beforeEach, expect, inject, it } from "vitest";
import { CheckRun } from "../../src/inputs/check-run.ts";
import { compileSchema } from "../../src/inputs/compile.ts";
import { MAX_INPUT_SCHEMA_BYTES } from "../../src/inputs/input-schema.ts";
import { judgeSchema } from "../../src/inputs/judge-schema.ts";
import { extent } from "../support/in-turn.ts";
import { createRandom } from "../support/random.ts";

const MAX_INPUT_BYTES = 64 * 1024;
const STEPS = 20_000;
/** Names are read most cheaply: a step for four of them, each of which is then listed, described and read. */
const READS_OF_A_STEP = 12;
/** What an input of 64 KiB may be read before the first step is paid. */
const FREE_READS = 2_000;

const times = <Item>(count: number, make: (index: number) => Item) => Array.from({ length: count }, (_, i) => make(i));
const named = (count: number, make: (index: number) => unknown, name = "k") =>
  Object.fromEntries(times(count, (i) => [`${name}${i}`, make(i)]));

/** What a schema says about one value: `size` is how much of it. */
const RULES: readonly ((size: number) => object)[] = [
  (size) => ({ enum: times(size, (i) => ({ a: i })) }),
  (size) => ({ enum: times(size, (i) => named(2, () => i)) }),
  (size) => ({ enum: times(size, (i) => [i]) }),
  (size) => ({ enum: times(size, (i) => `k${i}`) }),
  (size) => ({ const: named(size, () => 1) }),
  (size) => ({ required: times(size, (i) => `k${i}`) }),
  (size) => ({ dependentRequired: named(size, () => ["a"]) }),
  (size) => ({ dependentRequired: { k0: times(size, (i) => `x${i}`) } }),
  (size) => ({ dependentSchemas: named(size, () => ({})) }),
  (size) => ({ properties: named(size, () => ({})) }),
  (size) => ({ properties: named(size, () => false) }),
  (size) => ({ prefixItems: times(size + 1, () => ({})) }),
  (size) => ({ patternProperties: named(Math.min(size, 20), () => true) }),
  () => ({ patternProperties: { "[^b]*(a.{50})[xyz]": true }, additionalProperties: { type: "number" } }),
  () => ({ additionalProperties: true }),
  () => ({ additionalProperties: false }),
  () => ({ items: true }),
  () => ({ items: false }),
  () => ({ propertyNames: { maxLength: 3 } }),
  () => ({ propertyNames: { pattern: "^([a-z]+)+[xyz]" } }),
  (size) => ({ minProperties: size }),
  (size) => ({ maxProperties: size }),
  (size) => ({ maxItems: size }),
  () => ({ multipleOf: 5e-324 }),
  () => ({ format: "uri" }),
  () => ({ type: ["string", "null"] }),
  (size) => ({ oneOf: [true, ...times(size, () => false)] }),
  (size) => ({ anyOf: times(size + 1, () => false) }),
  () => ({ propertyNames: false }),
];
const JOINS = ["allOf", "anyOf", "oneOf", "not", "if"] as const;

/** What an input is made of: `size` is how many names, items or characters it has. */
const VALUES: readonly ((size: number) => unknown)[] = [
  (size) => named(size, (i) => i),
  (size) => named(size, () => ({})),
  (size) => named(size, () => 1, "a-long-name-that-is-still-a-name-"),
  (size) => times(size, (i) => i),
  (size) => times(size, () => ({})),
  (size) => times(size, (i) => ({ a: i })),
  (size) => times(Math.floor(size / 40), () => named(10, () => 1)),
  (size) => times(Math.floor(size / 10), (i) => `aac${i}`),
  () => 1e308,
  (size) => ({ text: "a".repeat(size) }),
];

/** One schema and one input, as numbers that a mutation can change. */
const GENES = {
  rule: RULES.length,
  other: RULES.length,
  size: 1_500,
  join: JOINS.length,
  repeat: 450,
  twice: 20,
} as const;
const INPUT_GENES = { value: VALUES.length, length: 8_000, list: 200, levels: 5 } as const;
const LIMITS: Record<string, number> = { ...GENES, ...INPUT_GENES };
type Genome = Record<string, number>;

function build(genome: Genome): { schema: object; input: unknown } {
  const {
    rule = 0,
    other = 0,
    size = 0,
    join = 0,
    repeat = 0,
    twice = 0,
    value = 0,
    length = 0,
    list = 0,
    levels = 0,
  } = genome;
  const joined = (ref: string, count: number) => {
    const refs = times(count + 1, () => ({ $ref: ref }));
    const name = JOINS[join] ?? "allOf";
    if (name === "not") return { allOf: refs.map((one) => ({ not: one })) };
    return name === "if" ? { allOf: refs.map((one) => ({ if: one, else: one })) } : { [name]: refs };
  };
  const schema = times(levels, () => 0).reduce<object>(
    (inner, _, level) => (level % 2 === 0 ? { items: inner } : { additionalProperties: inner }),
    { $ref: "#/$defs/some" },
  );
  const $defs = {
    some: joined("#/$defs/many", twice),
    many: { ...joined("#/$defs/rule", Math.floor(repeat / (twice + 1))), ...RULES[other]?.(Math.floor(size / 10)) },
    rule: RULES[rule]?.(size),
  };
  const input = times(levels, () => 0).reduce<unknown>(
    (inner, _, level) =>
      level % 2 === 0 ? times(level === 0 ? Math.min(list, 20_000 / (length + 1)) + 1 : 1, () => inner) : { k: inner },
    VALUES[value]?.(length),
  );
  return { schema: { ...schema, $defs }, input };
}

/** Counts what is read of a JSON value. */
function counting(value: unknown, counter: { reads: number }, known = new Map<object, object>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const proxy: object = new Proxy(value, {
    get: (target, name) => {
      counter.reads++;
      return counting(Reflect.get(target, name), counter, known);
    },
    getOwnPropertyDescriptor: (target, name) => {
      counter.reads++;
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys: (target) => {
      const names = Reflect.ownKeys(target);
      counter.reads += names.length;
      return names;
    },
  });
  known.set(value, proxy);
  return proxy;
}

/** How many times a value was tried by a schema of which it only matters whether the value fits. */
let tries = 0;
beforeEach(() => {
  tries = 0;
  const { quietly } = CheckRun.prototype;
  CheckRun.prototype.quietly = function (...args) {
    tries++;
    return quietly.apply(this, args);
  };
  return () => {
    CheckRun.prototype.quietly = quietly;
  };
});

/** What a check costs: null when the schema or the input would be refused before. */
async function costOf(genome: Genome): Promise<{ reads: number; tries: number; steps: number } | null> {
  const { schema, input } = build(genome);
  if (JSON.stringify(schema).length > MAX_INPUT_SCHEMA_BYTES || JSON.stringify(input).length > MAX_INPUT_BYTES)
    return null;
  if ((await judgeSchema({ ...schema })).length > 0) return null;
  const check = await compileSchema({ ...schema });
  const [counter, budget] = [{ reads: 0 }, { steps: STEPS }];
  tries = 0;
  check(counting(input, counter), 50, budget);
  return { reads: counter.reads, tries, steps: STEPS - Math.max(budget.steps, 0) };
}

it("the dearest schema that a search finds reads and tries no more than its steps pay for", async () => {
  const random = createRandom(inject("seed"));
  const changed = (genome: Genome): Genome => {
    const name = random.pick(Object.keys(LIMITS));
    const limit = LIMITS[name] ?? 1;
    const value = random.chance(0.5)
      ? random.integer(limit)
      : Math.floor((genome[name] ?? 0) * (random.chance(0.5) ? 0.5 : 1.5));
    return { ...genome, [name]: Math.min(value, limit - 1) };
  };
  const anyGenome = (): Genome =>
    Object.fromEntries(
      Object.entries(LIMITS).map(([name, limit]) => [
        name,
        Math.floor(random.integer(limit) / (1 + random.integer(20))),
      ]),
    );

  let judged = 0;
  for (let start = 0; start < extent(6, 100); start++) {
    // Each search begins with another rule, so a few runs begin with each.
    let best: Genome = { ...anyGenome(), rule: (inject("seed") + start) % RULES.length };
    let dearest = -1;
    for (let turn = 0; turn < 50; turn++) {
      const genome = turn === 0 ? best : changed(best);
      const cost = await costOf(genome);
      if (cost === null) continue;
      judged++;
      expect(cost.reads, JSON.stringify({ genome, cost })).toBeLessThan(FREE_READS + cost.steps * READS_OF_A_STEP);
      expect(cost.tries, JSON.stringify({ genome, cost })).toBeLessThanOrEqual(cost.steps + 1);
      if (cost.reads < dearest) continue;
      [best, dearest] = [genome, cost.reads];
    }
  }
  expect(judged).toBeGreaterThan(50);
});

it("an `enum` of 900 objects, with a value of 3,500 names at each of 120 references, is one comparison for each", async () => {
  const [counter, budget] = [{ reads: 0 }, { steps: STEPS }];
  const enumeration = { enum: times(900, (i) => ({ a: i })) };
  const check = await compileSchema({ allOf: times(120, () => ({ $ref: "#/$defs/a" })), $defs: { a: enumeration } });
  expect(
    check(
      counting(
        named(3_500, (i) => i),
        counter,
      ),
      50,
      budget,
    ),
  ).toHaveLength(1);
  expect(counter.reads).toBeLessThan(3_500 * READS_OF_A_STEP);
});

it("a list of 990 schemas that nothing fits is paid for each time that an item is tried by it", async () => {
  const budget = { steps: STEPS };
  const check = await compileSchema({ items: { oneOf: [true, ...times(990, () => false)] } });
  const items = times(16_000, () => 0);
  expect(check(items, 50, budget)).toEqual([{ path: [], msg: expect.stringMatching(/takes too long/) }]);
  expect(tries).toBeLessThanOrEqual(STEPS + 1);
  // A short one of them fits into the budget.
  expect(check(items.slice(0, 15), 50, { steps: STEPS })).toEqual([]);
});
