/** Checks of inputs by JSON Schema: the official tests of all accepted keywords, what is refused, and what an input is told. */
import { RE2JS } from "re2js";
import { describe, expect, inject, it, vi } from "vitest";
import { compileSchema } from "../../src/inputs/compile.ts";
import { checkKnown, checkUnchecked } from "../../src/inputs/input-checks.ts";
import { judgeSchema } from "../../src/inputs/judge-schema.ts";
import { FORMATS, isObject, KEYWORDS } from "../../src/inputs/keywords.ts";
import { compilePattern, leastSize } from "../../src/inputs/patterns.ts";
import { createRandom } from "../support/random.ts";

type Group = { description: string; schema: unknown; tests: { description: string; data: unknown; valid: boolean }[] };

// As texts, since a module would take `__proto__` for a prototype.
const texts = import.meta.glob<string>("./json-schema-test-suite/**/*.json", {
  import: "default",
  query: "?raw",
  eager: true,
});
const files = Object.fromEntries(
  Object.entries(texts).map(([path, text]): [string, Group[]] => [path, JSON.parse(text)]),
);

const nameOf = (path: string) => path.replace(/^.*\//, "").replace(".json", "");

async function checkOf(schema: object) {
  const check = await compileSchema({ ...schema });
  return (input: unknown, steps = 100_000) => check(input, 50, { steps });
}

const faultsOf = async (schema: object) =>
  (await judgeSchema({ ...schema })).map(({ path, msg }) => [path.join("/"), msg]);

describe("the JSON-Schema-Test-Suite", () => {
  it.each(Object.entries(files).map(([path, groups]) => [nameOf(path), groups] as const))(
    "passes: %s",
    async (_, groups) => {
      const wrong: string[] = [];
      for (const { description, schema, tests } of groups) {
        if (!isObject(schema) || (await judgeSchema(schema)).length > 0) continue;
        const check = await checkOf(schema);
        for (const test of tests) {
          if ((check(test.data).length === 0) !== test.valid) wrong.push(`${description}: ${test.description}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it("has a file for each keyword and format that is accepted and has an effect, and few of its schemas are refused", async () => {
    const notes =
      /^\$(schema|id|comment)$|^(title|description|examples|deprecated|definitions|readOnly|writeOnly|content.*)$/;
    const fileOf = (name: string) => (/^(if|then|else)$/.test(name) ? "if-then-else" : name.replace("$", ""));
    const wanted = [...KEYWORDS.keys()].filter((name) => !notes.test(name) && name !== "format");
    const names = new Set(Object.keys(files).map(nameOf));
    expect([...wanted.map(fileOf), ...FORMATS].filter((name) => !names.has(name))).toEqual([]);

    const refused: string[] = [];
    for (const { description, schema } of Object.values(files).flat()) {
      if (isObject(schema) && (await judgeSchema(schema)).length > 0) refused.push(description);
    }
    // References by URIs and in circles, `unevaluatedProperties`, and a name of Unicode that RE2 does not know.
    expect(refused).toHaveLength(22);
  });
});

describe("a schema", () => {
  it.each([
    ["a remote reference", { $ref: "https://example.com/schema" }, "$ref"],
    ["a reference to itself", { properties: { child: { $ref: "#" } } }, "properties/child/$ref"],
    [
      "a longer circle",
      { $ref: "#/$defs/a", $defs: { a: { not: { $ref: "#/$defs/b" } }, b: { $ref: "#/$defs/a" } } },
      /\$ref$/,
    ],
    ["a reference to nothing", { $ref: "#/$defs/a" }, "$ref"],
    ["$dynamicRef", { $dynamicRef: "#a" }, "$dynamicRef"],
    ["unevaluatedItems", { unevaluatedItems: false }, "unevaluatedItems"],
    ["unevaluatedProperties", { allOf: [{ unevaluatedProperties: false }] }, "allOf/0/unevaluatedProperties"],
    ["uniqueItems", { uniqueItems: true }, "uniqueItems"],
    ["contains", { properties: { a: { contains: {} } } }, "properties/a/contains"],
    ["a look around in the pattern of a name", { patternProperties: { "(?!a)": {} } }, "patternProperties/(?!a)"],
    ["a look around", { pattern: "^(?=a)" }, "pattern"],
    ["a reference back", { pattern: "(a)\\1" }, "pattern"],
    ["a large pattern", { pattern: "(a{1000}){5}" }, "pattern"],
    ["another format", { format: "regex" }, "format"],
    ["an unknown keyword", { mandatory: [] }, "mandatory"],
    ["a wrong value", { minLength: -1 }, "minLength"],
    ["a wrong type", { type: "text" }, "type"],
    ["no schema", { properties: { a: 1 } }, "properties/a"],
    ["another draft", { $schema: "http://json-schema.org/draft-07/schema#" }, "$schema"],
  ])("is refused with %s, and the fault has its place", async (_, schema, path) => {
    const faults = await faultsOf(schema);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.[0]).toMatch(path);
    expect(faults[0]?.[1]).toMatch(/^[A-Z].*[^ ]$/s);
  });

  it("is accepted with notes, and with 1,000 schemas but not with one more, counted where they are referred to", async () => {
    const notes = {
      title: "A",
      description: "B",
      examples: [1],
      default: {},
      $comment: "C",
      "x-mine": { uniqueItems: true },
    };
    expect(await faultsOf({ $schema: "https://json-schema.org/draft/2020-12/schema", $id: "urn:a", ...notes })).toEqual(
      [],
    );
    const list = (length: number) => ({
      allOf: Array.from({ length }, () => ({ $ref: "#/$defs/a" })),
      $defs: { a: {} },
    });
    expect(await faultsOf({ ...list(499), properties: { a: {} } })).toEqual([]);
    expect(await faultsOf({ ...list(500), properties: {} })).toEqual([
      ["", expect.stringMatching(/more than 1000 schemas/)],
    ]);
  });

  it("that doubles with each reference is refused at once, and a list of the keywords is not needed to see it", async () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `d${i}`,
        { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );
    const schema = { $ref: "#/$defs/d0", $defs: { ...doubling, d30: { type: "object" } } };
    expect(await faultsOf(schema)).toEqual([["", expect.stringMatching(/more than 1000 schemas/)]]);
  });

  it("has no pattern compiled once its patterns are too large together, and none that is too large by itself", async () => {
    const compile = vi.spyOn(RE2JS, "compile");
    const large = Array.from({ length: 10 }, (_, i) => ({ pattern: `${i}[ab]{900}` }));
    expect(await faultsOf({ allOf: large })).toEqual([
      ["allOf/5/pattern", expect.stringMatching(/too large together/)],
    ]);
    expect(compile.mock.calls.length).toBeLessThanOrEqual(5);
    compile.mockClear();
    for (const pattern of [
      `(${"ab".repeat(200)}){1000}`,
      "x{1000}".repeat(50),
      "(?:[^]]|\\p{L}{1,900}){7}",
      "(?:ab|cd|ef){1000}",
    ]) {
      expect(await faultsOf({ pattern })).toEqual([["pattern", expect.stringMatching(/too large together/)]]);
    }
    expect(compile).not.toHaveBeenCalled();
    compile.mockRestore();
  });

  it("is accepted with a pattern that compiles small although it looks large", async () => {
    for (const pattern of [
      "^(A|B|C|D|E|F|G|H|I|J){1,600}$",
      "^(?:aba|abb|abc){1,900}$",
      "^(?:x{900}){0}y{1,900}^{0,9}",
    ]) {
      expect(await faultsOf({ pattern }), pattern).toEqual([]);
    }
  });

  it("has patterns whose size is never estimated as more than it is", () => {
    const random = createRandom(inject("seed"));
    const ends = ["", "", "", "?", "*", "+", "{0}", "{0,}", "{2}", "{3,}", "{0,2}", "{1,4}"];
    const part = (depth: number): string => {
      const plain = [
        "a",
        "b",
        "ab",
        "aB",
        ".",
        "[ab]",
        "[^b]",
        "\\d",
        "\\x41",
        "\\u0041",
        "é",
        "^",
        "$",
        "",
        "\\bc",
        "🦄",
      ];
      const some = Array.from({ length: 1 + random.integer(4) }, () =>
        depth === 0 ? random.pick(plain) : part(depth - 1),
      );
      const text = random.chance(0.5) ? some.join("|") : some.join("");
      return random.chance(0.7) ? `${random.pick(["(", "(?:", "(?<n>"])}${text})${random.pick(ends)}` : text;
    };
    for (let i = 0; i < 500; i++) {
      let names = 0;
      const source = part(random.integer(4)).replaceAll("(?<n>", () => `(?<n${names++}>`);
      expect(leastSize(source), source).toBeLessThanOrEqual(compilePattern(source).size);
    }
  });
});

describe("the check of an input", () => {
  it("says what is wrong and where, once for each place", async () => {
    const check = await checkOf({
      type: "object",
      properties: {
        quarter: { type: "string", pattern: "^20[0-9]{2}-Q[1-4]$" },
        lines: { type: "array", items: { $ref: "#/$defs/line" }, maxItems: 3 },
        kind: { enum: ["a", "b"] },
        size: { anyOf: [{ type: "integer", minimum: 1 }, { const: "all" }] },
        "a/b~c d": { type: "boolean" },
        day: { format: "date" },
      },
      required: ["quarter"],
      dependentRequired: { day: ["kind"] },
      additionalProperties: false,
      propertyNames: { maxLength: 8 },
      $defs: { line: { type: "object", properties: { price: { type: "number", minimum: 0 } }, required: ["price"] } },
    });
    expect(
      check({ quarter: "2026-Q1", lines: [{ price: 1 }], kind: "b", size: "all", "a/b~c d": true, day: "2026-01-31" }),
    ).toEqual([]);
    const faults = check({
      quarter: "2026-Q5",
      lines: [{ price: -1 }, {}, { price: "1" }],
      size: 0,
      "a/b~c d": 1,
      day: "2026-02-30",
      longerThanThat: 1,
    });
    expect(faults.map(({ path, msg }) => [path.join("|"), msg])).toEqual(
      expect.arrayContaining([
        ["quarter", "Does not match the pattern ^20[0-9]{2}-Q[1-4]$."],
        ["lines|0|price", "-1 is less than 0."],
        ["lines|1|price", "Is missing."],
        ["lines|2|price", "Must be of the type number, and is of the type string."],
        ["size", "Does not fit any of the schemas in `anyOf`."],
        ["a/b~c d", "Must be of the type boolean, and is of the type number."],
        ["day", "Does not match the format date."],
        ["kind", "Is missing: it is needed beside “day”."],
        ["longerThanThat", "The schema does not allow this name."],
        ["longerThanThat", "Must not be given."],
      ]),
    );
    expect(faults).toHaveLength(10);
    expect(faults.map(({ path }) => path)).toContainEqual(["lines", 0, "price"]);
    expect(check({})).toEqual([{ path: ["quarter"], msg: "Is missing." }]);
  });

  it("judges the fields that a schema names, and all others, also within `anyOf` and `not`", async () => {
    const closed = { properties: { a: { type: "integer" } }, additionalProperties: false };
    const [either, not] = [await checkOf({ anyOf: [closed, { type: "string" }] }), await checkOf({ not: closed })];
    for (const [input, fits] of [
      [{ a: 1 }, true],
      [{ a: "1" }, false],
      [{ a: 1, b: 2 }, false],
    ] as const) {
      expect([input, either(input).length, not(input).length]).toEqual([input, fits ? 0 : 1, fits ? 1 : 0]);
    }
  });

  it("counts each character as one, up to the last one of Unicode", async () => {
    const check = await checkOf({ minLength: 3, maxLength: 3 });
    for (const character of ["a", "é", "\u{10000}", "🦄", "\u{10ffff}"]) {
      expect([2, 3, 4].map((times) => [character, ...check(character.repeat(times)).map(({ msg }) => msg)])).toEqual([
        [character, "Must have at least 3 characters, and has 2."],
        [character],
        [character, "Must have at most 3 characters, and has 4."],
      ]);
    }
  });

  it("takes a number of steps that grows with the input, also for a pattern on which JavaScript takes 14 s", async () => {
    const check = await checkOf({ properties: { text: { pattern: "^(a+)+$" } } });
    expect(check({ text: `${"a".repeat(28)}!` })).toHaveLength(1);
    expect(check({ text: `${"a".repeat(30_000)}!` })).toHaveLength(1);
    expect(check({ text: "a".repeat(15_000) })).toEqual([]);
  });

  it("matches names on the same engine, and says what is wrong with the values of those that match", async () => {
    const patternProperties = { "^(a+)+$": { type: "integer" }, "^n": { minimum: 1 } };
    const check = await checkOf({ properties: { n: { maximum: 3 } }, patternProperties, additionalProperties: false });
    expect(check({ aa: 1, n: 2, nn: 9 })).toEqual([]);
    const faults = check({ aa: "1", n: 4, nn: 0, [`${"a".repeat(28)}!`]: 1 });
    expect(faults.map(({ path, msg }) => [path[0], msg])).toEqual([
      ["n", "4 is greater than 3."],
      ["aa", "Must be of the type integer, and is of the type string."],
      ["nn", "0 is less than 1."],
      [`${"a".repeat(28)}!`, "Must not be given."],
    ]);
    // An ordinary pattern costs a step for each character.
    const many = await checkOf({ items: { patternProperties: { "^k[0-9]+$": { pattern: "^[A-Z]{2}[0-9]{6}$" } } } });
    expect(many(Array.from({ length: 2_000 }, (_, index) => ({ [`k${index}`]: `AB${100_000 + index}` })))).toEqual([]);
  });

  it("fits all 500 inputs of a batch when each has an address of 60 characters, by a common pattern", async () => {
    const schema = { properties: { email: { pattern: "^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)*\\.[A-Za-z]{2,63}$" } } };
    const inputs = Array.from({ length: 500 }, (_, index) => {
      const email = `${String(index).padStart(28, "customer.")}@mail-of-the.example-company.com`;
      return { hash: `input ${index}`, input: JSON.stringify({ email }) };
    });
    const checked = await checkUnchecked({}, [{ schema_hash: "a", schema: JSON.stringify(schema), inputs }], null);
    expect(Object.values(checked.a ?? {}).filter((faults) => faults.length > 0)).toEqual([]);
    expect(Object.keys(checked.a ?? {})).toHaveLength(500);
  });

  it("answers the same about a batch of equal inputs whether or not the schema was known, and checks what is dear only for a judged caller", async () => {
    const schema = { properties: { note: { type: "string", pattern: "urgent.*invoice" } } };
    const noteOf = (end: string) => ({ note: `${"x".repeat(4_000)} urgent: the invoice${end}` });
    const batch = { of: "a workflow", inputs: Array.from({ length: 200 }, () => noteOf("")) };
    expect(await checkKnown(batch)).toEqual({});
    const unchecked = { hash: "input", input: JSON.stringify(noteOf("")) };
    const judged = [{ schema_hash: "of notes", schema: JSON.stringify(schema), inputs: [unchecked] }];
    expect(await checkUnchecked({}, judged, batch)).toEqual({ "of notes": { input: [] } });
    expect(Object.values((await checkKnown(batch))["of notes"] ?? {})).toEqual([[]]);
    const dear = { ...batch, inputs: batch.inputs.map((_, index) => noteOf(`${index}`)) };
    expect(await checkKnown(dear)).toEqual({});
  });

  it("compares objects and arrays as JSON does, whatever the order of their names", async () => {
    const check = await checkOf({ enum: [{ a: 1, b: [{ c: null, d: 2.0 }] }, [1, "1"], "x"] });
    for (const input of [{ b: [{ d: 2, c: null }], a: 1 }, [1, "1"], "x"]) expect(check(input)).toEqual([]);
    for (const input of [{ b: [{ d: "2", c: null }], a: 1 }, { a: 1 }, ["1", 1], [1], '[1,"1"]', {}]) {
      expect(check(input)).toEqual([{ path: [], msg: expect.stringMatching(/^Must be one of \[\{"a":1,"b"/) }]);
    }
  });

  it("ends when its steps are spent: such an input does not fit", async () => {
    const items = { items: { allOf: Array.from({ length: 900 }, () => ({ type: "integer" })) } };
    const check = await checkOf({ properties: { list: items } });
    expect(check({ list: [1, 2] })).toEqual([]);
    const tooCostly = [{ path: [], msg: expect.stringMatching(/takes too long/) }];
    expect(check({ list: Array.from({ length: 10_000 }, () => 1) })).toEqual(tooCostly);
    expect(check({ list: Array.from({ length: 10_000 }, () => "1") })).toEqual(tooCostly);
  });
});
