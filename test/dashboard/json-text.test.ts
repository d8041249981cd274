import { describe, expect, inject, it, vi } from "vitest";
import { readJson } from "../../src/dashboard/invoke/json-text.ts";
import { withLines } from "../../src/dashboard/invoke/kit/json-editor.tsx";
import { createRandom } from "../support/random.ts";

const faultOf = (text: string) => {
  const { fault } = readJson(text);
  return fault && `${fault.line}: ${fault.msg}`;
};

describe("JSON that a person has typed", () => {
  it("is read as JSON.parse reads it, with the line of each value", () => {
    const text = '{\n  "a": [1,\n    {"b": "x\\u0041\\n"}],\n  "c": -1.5e3, "d": null\n}';
    const read = readJson(text);
    if (read.fault) throw new Error(read.fault.msg);
    expect(read.value).toEqual(JSON.parse(text));
    expect([[], ["a"], ["a", 0], ["a", 1, "b"], ["c"], ["d"], ["a", 9, "gone"]].map(read.lineOf)).toEqual([
      1, 2, 2, 3, 4, 4, 2,
    ]);
  });

  it.each([
    ['{\n  "a": 1\n  "b": 2\n}', "2: A comma or } is missing at the end of this line."],
    ['{\n  "a": 1,\n}', "3: Remove the comma before this }."],
    ["[1, 2,]", "1: Remove the comma before this ]."],
    ['{\n  "a": [1, 2\n', "2: The end is missing: close the bracket of line 2 with ]."],
    ['{"a"', "1: A colon is missing after the name “a”."],
    ['{"a": }', "1: Not a value of JSON: “}”. Write texts in double quotes."],
    ['{\n"a":', "2: The end is missing: a value must follow."],
    ["{a: 1}", "1: Write the name in double quotes: “a”."],
    ["{'a': 1}", "1: Write names in double quotes, not in single ones."],
    ["{\"a\": 'b'}", "1: Write texts in double quotes, not in single ones."],
    ['{"a": None}', "1: Not a value of JSON: “None”. Write texts in double quotes."],
    ['{"a": 01}', "1: Not a value of JSON: “01”. Write texts in double quotes."],
    ['{"a": "b\n"}', "1: This text has no closing quote on its line, or a wrong \\ in it."],
    ['{"a": "\\x"}', "1: This text has no closing quote on its line, or a wrong \\ in it."],
    ["{}\n{}", "2: Something stands after the end of the JSON: “{”."],
    [
      '{\n"a": [1, 12345678901234567891]}',
      "2: The number 12345678901234567891 would be changed. Write it as a text, in double quotes.",
    ],
    ["[".repeat(40_000), `1: Must not be nested more than 32 levels deep.`],
  ])("with a fault names its line, and says what to do: %j", (text, expected) => {
    expect(faultOf(text)).toBe(expected);
  });

  it("is read once for all faults of a form, and the first of each line stands beside it", () => {
    const text = '{"a": [\n1, 2,\n3]}';
    const faultAt = (...path: (string | number)[]) => ({
      loc: ["body", ...path],
      type: "int_type" as const,
      msg: `Not ${path.join(".")}`,
    });
    const faults = [0, 1, 2].map((index) => faultAt("input", "a", index)).concat(faultAt("input"), faultAt("labels"));
    const parse = vi.spyOn(JSON, "parse");
    const placed = withLines({ faults, detail: null }, "input", text);
    expect(parse.mock.calls.filter(([given]) => given === text)).toHaveLength(1);
    expect(placed.faults.map(({ msg }) => msg)).toEqual([
      ...["Line 2: Not input.a.0", "Line 2: Not input.a.1", "Line 3: Not input.a.2", "Not input", "Not labels"],
    ]);
    expect([...placed.inLines]).toEqual([
      [2, "Not input.a.0"],
      [3, "Not input.a.2"],
    ]);
  });

  it("is refused when a number is too great for a double, which JSON.parse would make infinite", () => {
    expect(faultOf("0.5e310")).toBe("1: The number 0.5e310 would be changed. Write it as a text, in double quotes.");
  });

  it("is accepted exactly when JSON.parse accepts it with numbers that a double can hold, whatever it is", () => {
    const random = createRandom(inject("seed"));
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "1",
      "-",
      "0",
      ".5",
      "e3",
      "true",
      "nul",
      "null",
      " ",
      "\n",
      "\\",
    ];
    for (let n = 0; n < 20_000; n++) {
      const text = Array.from({ length: 1 + random.integer(8) }, () => random.pick(pieces)).join("");
      const isJson = (() => {
        try {
          let holds = true;
          JSON.parse(text, (_name, value) => {
            holds &&= value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY;
            return value;
          });
          return holds;
        } catch {
          return false;
        }
      })();
      expect([text, readJson(text).fault === undefined]).toEqual([text, isJson]);
    }
  });
});
