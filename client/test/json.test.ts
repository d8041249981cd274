import { describe, expect, it } from "vitest";
import { readFile } from "../src/cli/as-code/file.ts";
import { parseRuns } from "../src/cli/batch.ts";
import { readInput } from "../src/cli/input.ts";
import { isRounded, parseJson } from "../src/cli/json.ts";
import schema from "../workflows.schema.json" with { type: "json" };
import { CHANGED, UNCHANGED } from "./number-cases.ts";

/** The input of a trigger in a file of workflows. `first` is its first line. */
const inputInFile = (number: string, first = "") =>
  readFile(
    "w.yaml",
    `${first}workflows:
  /workflows/One:
    triggers:
      Daily: { schedule: { cron: "0 6 * * *", time_zone: UTC }, input: { id: ${number} } }
`,
    schema,
  ).workflows[0]?.triggers[0]?.fields.input;

describe("What is nested too deeply", () => {
  it.each([31, 100_000])("is refused in words: %i levels", async (levels) => {
    const json = `{"a": ${"[".repeat(levels)}${"]".repeat(levels)}}`;
    await expect(readInput(json)).rejects.toThrow(/^--input cannot be read as JSON: it is nested more than 31 levels/);
    expect(() => parseRuns(`{}\n${json}`, "runs.jsonl")).toThrow(
      /^Line 2 of runs.jsonl: it is nested more than 31 levels/,
    );
  });

  it("is refused in words in a file of workflows, too", () => {
    const blocks = Array.from({ length: 4_000 }, (_, level) => `${" ".repeat(level)}a:`).join("\n");
    for (const text of [`a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, blocks, `${"- ".repeat(20_000)}x`]) {
      expect(() => readFile("w.yaml", text, {})).toThrow(/^w.yaml is nested too deeply\.$/);
    }
  });
});

describe("JSON that the command line reads", () => {
  it.each(CHANGED)("has a number that would be sent with other digits: %s", (number) => {
    expect(isRounded(number)).toBe(true);
  });

  it.each(UNCHANGED)("has a number that is sent as it is: %s", (number) => {
    expect(isRounded(number)).toBe(false);
  });

  it("is as it was written, and refused when a whole number would be rounded", () => {
    const text =
      '{"a": 9007199254740991, "b": [9007199254740992, 1e300, 0.1], "12345678901234567891": "\\"12345678901234567891"}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
    for (const number of ["9007199254740993", "-12345678901234567891"]) {
      expect(() => parseJson(`{"a": [1, ${number}]}`)).toThrow(`the number ${number} would be rounded`);
    }
  });

  it("is refused in a flag, in a line of a batch, and in a file of workflows, where it has its place", async () => {
    await expect(readInput('{"id": 9007199254740993}')).rejects.toThrow(/9007199254740993 would be rounded/);
    expect(() => parseRuns('{}\n{"input": {"id": 9007199254740993}}', "runs.jsonl")).toThrow(
      /^Line 2 of runs.jsonl: the number 9007199254740993 would be rounded/,
    );
    expect(() => readFile("workflows.yaml", "workflows:\n  a:\n    x: 9007199254740993\n", {})).toThrow(
      /^workflows.yaml:3:8: the number 9007199254740993 would be rounded/,
    );
  });
});

describe("A number that only YAML writes in this way", () => {
  it.each([
    ...["+9007199254740993", "0x20000000000001", "0o400000000000000001", "0x8000000000000000"],
    ...["9007199254740993.", "+9007199254740993.0", ".9007199254740993e16", "+.9007199254740993e16"],
  ])("is refused when it would be rounded: %s", (number) => {
    expect(() => inputInFile(number)).toThrow(`the number ${number} would be rounded`);
  });

  it.each([
    ["+9007199254740992", 9007199254740992],
    ["0x20000000000000", 9007199254740992],
    ["0o17", 15],
    ["+1.", 1],
    ["+.5", 0.5],
    ["-2e3", -2000],
  ])("is taken when it is exact: %s", (number, id) => {
    expect(inputInFile(number)).toEqual({ id });
  });

  it("is exact or refused in YAML 1.1, too", () => {
    const first = "%YAML 1.1\n---\n";
    expect(inputInFile("1_000", first)).toEqual({ id: 1000 });
    for (const number of ["9_007_199_254_740_993", "0400000000000000001", "9_007_199_254_740_993.0"]) {
      expect(() => inputInFile(number, first)).toThrow(`the number ${number} would be rounded`);
    }
  });
});
