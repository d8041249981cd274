import { describe, expect, it } from "vitest";
import {
  findBreaks,
  formatSignature,
  parseSignatures,
  type Signature,
  signatureOfFunction,
} from "../../scripts/local/signatures.ts";
import { SQL_FILES } from "../support/sql-function.ts";

const RECORDED = "a(p_one jsonb, p_two text default null) returns jsonb";

/** What is wrong when `RECORDED`, or another signature, becomes this. Both are lines, or several of them. */
const breaksOf = (now: string, recorded = RECORDED, fixed: string[] = []) =>
  findBreaks(parseSignatures(recorded), parseSignatures(now), new Set(fixed)).map((text) => text.split("\n")[0]);

describe("the signatures of a release", () => {
  it("are read from each SQL function, and from the text that they are recorded as", () => {
    const statements = Object.values(SQL_FILES).flatMap((text) => text.split(/(?<=\$\$;)\n/));
    const signatures = statements.filter((statement) => /\w/.test(statement)).map(signatureOfFunction);
    expect(signatures.length).toBeGreaterThan(200);
    const text = signatures.map(formatSignature).join("\n");
    expect(parseSignatures(text)).toEqual(signatures);
    expect(findBreaks(signatures, parseSignatures(text))).toEqual([]);
  });

  it("may have brackets, commas and comments in their parameters", () => {
    const statement = `-- A header.
      create or replace function public.f(
        p_a numeric(10, 2), -- first, second
        p_b text default 'a, b'
      ) returns table (x integer, y text)
      language sql stable as $$ select 1, '' $$;`.replaceAll(/^ {6}/gm, "");
    const expected: Signature = {
      name: "f",
      parameters: ["p_a numeric(10, 2)", "p_b text default 'a, b'"],
      result: "table (x integer, y text)",
    };
    expect(signatureOfFunction(statement)).toEqual(expected);
    expect(parseSignatures(formatSignature(expected))).toEqual([expected]);
  });

  it("may gain parameters with a default, and columns, and others may be added", () => {
    expect(
      breaksOf("a(p_one jsonb, p_two text default 'x', p_three integer default 0) returns jsonb\nb() returns void"),
    ).toEqual([]);
    expect(breaksOf("t() returns table (x integer, y text)", "t() returns table (x integer)")).toEqual([]);
  });

  it.each([
    ["is gone", "b() returns jsonb", "a is gone."],
    [
      "has lost a parameter",
      "a(p_one jsonb) returns jsonb",
      "a cannot be called with the parameter `p_two text default null` in its place.",
    ],
    [
      "has renamed a parameter",
      "a(p_1 jsonb, p_two text default null) returns jsonb",
      "a cannot be called with the parameter `p_one jsonb` in its place.",
    ],
    [
      "has another type",
      "a(p_one json, p_two text default null) returns jsonb",
      "a cannot be called with the parameter `p_one jsonb` in its place.",
    ],
    [
      "has lost a default",
      "a(p_one jsonb, p_two text) returns jsonb",
      "a cannot be called with the parameter `p_two text default null` in its place.",
    ],
    [
      "has a new one in between",
      "a(p_one jsonb, p_new integer default 0, p_two text default null) returns jsonb",
      "a cannot be called with the parameter `p_two text default null` in its place.",
    ],
    [
      "has a new one without default",
      "a(p_one jsonb, p_two text default null, p_new integer) returns jsonb",
      "a has the new parameter `p_new integer`, which has no default.",
    ],
    ["answers something else", "a(p_one jsonb, p_two text default null) returns json", "a has another result."],
    ["is there twice", `${RECORDED}\na(p_one jsonb) returns jsonb`, "a is there 2 times, so a call may be ambiguous."],
  ])("break when a function %s", (_, now, fault) => {
    expect(breaksOf(now)).toEqual([fault]);
  });

  it("break when a table loses a column, and when a function that a table uses changes at all", () => {
    expect(breaksOf("t() returns table (y text)", "t() returns table (x integer, y text)")).toEqual([
      "t has another result.",
    ]);
    expect(breaksOf("c(p_a text, p_b text default '') returns boolean", "c(p_a text) returns boolean", ["c"])).toEqual([
      "c is used by a table, so it keeps its signature.",
    ]);
  });
});
