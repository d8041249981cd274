/** The small changes that `npm run mutants` draws. */
import { describe, expect, it } from "vitest";
import { applied, draw, findMutants } from "../../scripts/mutants/draw.ts";
import { KINDS } from "../../scripts/mutants/kinds.ts";
import { openNearest } from "../../scripts/mutants/nearest.ts";
import { Search } from "../../scripts/mutants/search.ts";
import type { Outcome } from "../../scripts/mutants/trial.ts";

const SQL = {
  path: "migrations/functions/due/rules/due.sql",
  text: `-- Is it due and not null? order by nothing.
create or replace function public.is_due(p_at timestamptz) returns boolean
language plpgsql as $$
begin
  if p_at is null then
    return true;
  end if;
  return p_at < now() - interval '2 hours' and coalesce(p_at, now()) > '2000-01-01' and exists (
    select from things t where t.at between p_at and now() order by t.at, t.id limit 10);
end $$;
`,
};
const TYPESCRIPT = {
  path: "src/due.tsx",
  text: `// It's if (a && b) in words.
export const isDue = (at: number | null, name = "1 && 2") => {
  if (at === null) return true;
  return at <= 5_000 && !/a < "b/.test(name) && (at ?? 0) >= Math.min(1, 2);
};
`,
};

/** What the lines of a file become, by the kinds of changes. */
function changesOf(file: typeof SQL) {
  const found = findMutants([file]);
  return Object.fromEntries(KINDS.map((kind) => [kind, found[kind].map(({ linesAfter }) => linesAfter.trim())]));
}

describe("the small changes of a source", () => {
  it("are boundaries, nulls, orders, conditions and constants of SQL, and none in comments or texts", () => {
    const tail = "and exists (";
    expect(changesOf(SQL)).toEqual({
      boundary: [
        `return p_at <= now() - interval '2 hours' and coalesce(p_at, now()) > '2000-01-01' ${tail}`,
        `return p_at < now() - interval '2 hours' and coalesce(p_at, now()) >= '2000-01-01' ${tail}`,
      ],
      null: ["if p_at is not null then", `return p_at < now() - interval '2 hours' and (now()) > '2000-01-01' ${tail}`],
      order: ["select from things t where t.at between p_at and now() order by t.at desc, t.id limit 10);"],
      condition: [
        "if false then",
        `return p_at < now() - interval '2 hours' ${tail}`,
        "return p_at < now() - interval '2 hours' and coalesce(p_at, now()) > '2000-01-01';",
      ],
      constant: [
        "return false;",
        `return p_at < now() - interval '2 minutes' and coalesce(p_at, now()) > '2000-01-01' ${tail}`,
        "select from things t where t.at between p_at and now() order by t.at, t.id limit 100);",
      ],
    });
  });

  it("are the same of TypeScript", () => {
    const line = (text: string) => `return ${text};`;
    expect(changesOf(TYPESCRIPT)).toEqual({
      boundary: [
        line('at < 5_000 && !/a < "b/.test(name) && (at ?? 0) >= Math.min(1, 2)'),
        line('at <= 5_000 && !/a < "b/.test(name) && (at ?? 0) > Math.min(1, 2)'),
      ],
      null: ["if (at !== null) return true;", line('at <= 5_000 && !/a < "b/.test(name) && (at) >= Math.min(1, 2)')],
      order: [line('at <= 5_000 && !/a < "b/.test(name) && (at ?? 0) >= Math.max(1, 2)')],
      condition: expect.arrayContaining([
        "if (false) return true;",
        line("at <= 5_000 && (at ?? 0) >= Math.min(1, 2)"),
        line('at <= 5_000 && !/a < "b/.test(name)'),
        line('at <= 5_000 || !/a < "b/.test(name) && (at ?? 0) >= Math.min(1, 2)'),
      ]),
      constant: expect.arrayContaining(["if (at === null) return false;"]),
    });
  });

  it("are drawn by the seed: the same ones again, others by another seed, in turn of each kind and one for each line", () => {
    const found = findMutants([SQL, TYPESCRIPT]);
    const drawn = (seed: number) => draw(found, 6, seed);
    expect(drawn(1)).toEqual(drawn(1));
    expect(new Set([1, 2, 3].map((seed) => JSON.stringify(drawn(seed)))).size).toBe(3);
    expect(drawn(1).map(({ kind }) => kind)).toEqual(expect.arrayContaining(["boundary", "null"]));
    const places = draw(found, 100, 1).map(({ path, line }) => `${path}:${line}`);
    expect(new Set(places).size).toBe(places.length);
    expect(findMutants([SQL], (_, line) => line === 5).condition.map(({ line }) => line)).toEqual([5]);
  });

  it("change exactly their places, several at once", () => {
    const edits = [
      { start: 0, end: 1, after: "AA" },
      { start: 2, end: 3, after: "" },
    ];
    expect(applied("abc", edits)).toBe("AAb");
  });
});

describe("the nearest tests", () => {
  it("are those that import the file, or that name what it names", () => {
    const tests = [
      { path: "test/other.test.ts", text: "order_of_things()" },
      { path: "test/due.test.ts", text: 'import { isDue } from "../src/due.tsx";' },
      { path: "test/far/overdue.test.ts", text: "select is_due(now())" },
    ];
    const nearestOf = openNearest([SQL, TYPESCRIPT], tests);
    expect(nearestOf(TYPESCRIPT.path, 60)[0]).toBe("test/due.test.ts");
    expect(nearestOf(SQL.path, 100)).toContain("test/far/overdue.test.ts");
    expect(nearestOf(SQL.path, 100)).not.toContain("test/other.test.ts");
  });
});

describe("a change is noticed", () => {
  const [first, second] = draw(findMutants([SQL, TYPESCRIPT]), 2, 1);
  if (first === undefined || second === undefined) throw new Error("Nothing was drawn.");
  const BOTH = [first, second];
  const FAST = "vitest.config.ts";

  type Failing = { always?: string[]; withFirst?: string[]; together?: string[] };

  /** Tries changes with tests of which some fail: always, only with the first change, or only when they are not alone. */
  function searchWith(failing: Failing) {
    const fails = (file: string, mutants: readonly unknown[], isAlone: boolean): boolean =>
      failing.always?.includes(file) === true ||
      (failing.withFirst?.includes(file) === true && mutants.includes(first)) ||
      (failing.together?.includes(file) === true && !isAlone);
    const failed = (file: string | undefined): Outcome =>
      file === undefined ? { is: "passed" } : { is: "failed", by: `${file}: test`, file };
    return new Search({
      run: async (mutants, _, files = [], except = []) =>
        failed(files.filter((file) => !except.includes(file)).find((file) => fails(file, mutants, files.length === 1))),
      failing: async (mutants, _, files) => files.filter((file) => fails(file, mutants, false)),
    });
  }

  it.each<[string, Failing, string[]]>([
    ["by a test that fails with it again, alone", { withFirst: ["b"] }, ["failed", "passed"]],
    ["by no test that fails only beside others", { together: ["a"] }, ["passed", "passed"]],
    ["by no test that fails without it, too", { always: ["a"] }, ["unusable", "unusable"]],
    ["by its test beside one of the others", { together: ["a"], withFirst: ["b"] }, ["failed", "passed"]],
  ])("%s", async (_, failing, expected) => {
    const nearTo = () => ["a", "b", "c", "d"];
    const outcomes = await searchWith(failing).tryNearest(BOTH, FAST, nearTo);
    expect(BOTH.map((mutant) => outcomes.get(mutant)?.is)).toEqual(expected);
    expect((await searchWith(failing).try([first], FAST, nearTo())).is).toBe(
      failing.always === undefined ? expected[0] : "unusable",
    );
  });
});
