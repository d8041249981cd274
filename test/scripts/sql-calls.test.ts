import { describe, expect, it } from "vitest";
import { findFaultsOfCalls } from "../../scripts/local/sql-calls.ts";

const ORDER = ["low", "high"];

/** What is wrong when the functions of these files call these others. A file has the functions that are named here. */
const faultsOf = (files: Record<string, Record<string, string>>) =>
  findFaultsOfCalls(
    Object.entries(files).map(([file, functions]) => ({
      file,
      statements: Object.entries(functions).map(
        ([name, body]) =>
          `-- Is not called: public.other(1).\ncreate or replace function public.${name}(p_a integer) returns integer\nlanguage sql as $$ select ${body} $$;`,
      ),
    })),
    (file) => ORDER.indexOf(file.split("/")[0] ?? ""),
  );

describe("the check of the calls of SQL functions", () => {
  it("lets functions call those of their own file, of their room, and of rooms before", () => {
    const low = { "low/a.sql": { one: "public.two(1)", two: "1" }, "low/b.sql": { three: "public.one(1)" } };
    expect(faultsOf({ ...low, "high/c.sql": { four: "public.three(1) + public.one(1)" } })).toEqual([]);
  });

  it("fails on a call against the order of rooms, and names it", () => {
    expect(faultsOf({ "low/a.sql": { one: "public.two( 1)" }, "high/b.sql": { two: "1" } })).toEqual([
      "Against the order of rooms: low/a.sql (one) → high/b.sql (two).",
    ]);
  });

  it("fails on a circle of files, also when no function calls itself, and names the path from each of them", () => {
    const files = {
      "low/a.sql": { one: "public.two(1)", last: "1" },
      "low/b.sql": { two: "public.three(1)" },
      "low/c.sql": { three: "public.last(1)" },
      "low/d.sql": { before: "public.one(1)" },
    };
    const faults = faultsOf(files);
    expect(faults).toHaveLength(3);
    expect(faults[0]).toBe(
      "A circle: low/a.sql (one) → low/b.sql (two), low/b.sql (two) → low/c.sql (three), low/c.sql (three) → low/a.sql (last).",
    );
  });
});
