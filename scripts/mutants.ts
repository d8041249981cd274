/** `npm run mutants`: makes small changes, one at a time, and lists those that no test notices. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { fail, offerHelp } from "./local/options.ts";
import { draw, findMutants, type Lines, type Mutant } from "./mutants/draw.ts";
import { openNearest } from "./mutants/nearest.ts";
import { inWords, Search, say } from "./mutants/search.ts";
import { filesOf, Trial } from "./mutants/trial.ts";

offerHelp(`Draws small changes of the SQL functions and of src/, and lists those that no test notices.

  npm run mutants                          50 changes, drawn by a new seed
  npm run mutants -- --count 20 --seed 7   the same 20 changes each time, as long as the sources are the same
  npm run mutants -- --changed             only in lines that this branch has changed since main

  --only 11-20   of the changes that were drawn, only these
  --nearest N    how many files of tests are tried first; 6 by default
  --together N   how many changes are tried at once, before each one by itself with the tests that failed; 8 by default
  --no-suites    does not run the suites with what lives in the nearest files
  --limit N      the minutes after which tests that do not end have noticed the change; 10 by default
  --list         only lists the changes, with their nearest tests

A change is a boundary, a null, an order, a condition that is dropped or negated, or a constant. Each is tried in a copy of the project with
the files of tests that are nearest to it, several changes at once: then each of them by itself, with those of its files that failed. A
failure counts only if the file fails again when it is alone, so other work beside it does no harm. What lives then is tried with all tests of
npm test, and with those of npm run test:deep, all such changes together. When these fail, with each half of the changes, and so on.

It ends with 0 when every change was noticed, 1 when some live, 2 when it could not begin, and 130 when it was interrupted.`);

const [DEFAULT_COUNT, DEFAULT_NEAREST, DEFAULT_TOGETHER, DEFAULT_LIMIT] = [50, 6, 8, 10];
const FAST = "vitest.config.ts";
const DEEP = "vitest.deep.config.ts";

const number = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);
const optionsSchema = z.object({
  changed: z.boolean().default(false),
  count: number.default(DEFAULT_COUNT),
  seed: number.optional(),
  only: z
    .string()
    .regex(/^\d+-\d+$/, "must be such as 11-20")
    .optional(),
  nearest: number.default(DEFAULT_NEAREST),
  together: number.default(DEFAULT_TOGETHER),
  "no-suites": z.boolean().default(false),
  limit: number.default(DEFAULT_LIMIT),
  list: z.boolean().default(false),
});

/** What has no behaviour of its own: tables are compared with the migrations, and SQL of the previous release is going to be deleted. */
const isSource = (path: string): boolean =>
  /^(src\/.*\.tsx?|migrations\/functions\/.*\.sql)$/.test(path) &&
  !/(tables\.ts|\.d\.ts)$|^migrations\/functions\/previous\//.test(path);

/** The tests that need no browser and no processes of their own. */
const isTest = (path: string): boolean =>
  /^(test|client\/test)\/.*\.test\.ts$/.test(path) && !/\.(stack|browser|node)\.test\.ts$/.test(path);

const isDeep = (path: string): boolean => path.endsWith(".deep.test.ts");

/** The lines that this branch has changed since it left main. */
function changedLines(): Lines {
  const base = execFileSync("git", ["merge-base", "main", "HEAD"], { encoding: "utf8" }).trim();
  const diff = execFileSync("git", ["diff", "-U0", base, "--", "src", "migrations/functions"], { encoding: "utf8" });
  const changed = new Set<string>();
  let path = "";
  for (const line of diff.split("\n")) {
    path = /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? path;
    const [, from, length = "1"] = /^@@ .* \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (from === undefined) continue;
    for (let at = 0; at < Number(length); at++) changed.add(`${path}:${Number(from) + at}`);
  }
  return (file, line) => changed.has(`${file}:${line}`);
}

const showChange = ({ path, line, kind, linesBefore, linesAfter }: Mutant): string =>
  [
    `${path}:${line} (${kind})`,
    ...linesBefore.split("\n").map((text) => `- ${text}`),
    ...linesAfter.split("\n").map((text) => `+ ${text}`),
  ].join("\n");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...{ changed: { type: "boolean" }, list: { type: "boolean" }, "no-suites": { type: "boolean" } },
      ...{ count: { type: "string" }, seed: { type: "string" }, only: { type: "string" } },
      ...{ nearest: { type: "string" }, together: { type: "string" }, limit: { type: "string" } },
    },
  });
  const { data: options, error } = optionsSchema.safeParse(values);
  if (error) throw new Error(error.issues.map(({ path, message }) => `--${path.join(".")} ${message}`).join("\n"));
  const { seed = Math.floor(Math.random() * 2 ** 31), nearest: most } = options;

  const paths = filesOf(".").toSorted();
  const read = (path: string) => ({ path, text: readFileSync(path, "utf8") });
  const sources = paths.filter(isSource).map(read);
  const tests = paths.filter(isTest).map(read);
  const drawn = draw(findMutants(sources, options.changed ? changedLines() : undefined), options.count, seed);
  const [first = 1, last = drawn.length] = options.only?.split("-").map(Number) ?? [];
  const nearestOf = openNearest(sources, tests);
  const nearTo = ({ path, start }: Mutant) => {
    const near = nearestOf(path, start).slice(0, most);
    return { fast: near.filter((test) => !isDeep(test)), deep: near.filter(isDeep) };
  };
  say(`${drawn.length} changes by the seed ${seed}.`);
  if (options.list) {
    for (const mutant of drawn) {
      const { fast, deep } = nearTo(mutant);
      console.log(`${showChange(mutant)}\n  nearest: ${[...fast, ...deep].join(" ")}\n`);
    }
    return 0;
  }

  const trial = new Trial(".", options.limit * 60_000);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      trial.remove();
      process.exit(code);
    });
  }
  try {
    const search = new Search(trial);
    let living: Mutant[] = [];
    let unusable = 0;
    const left = drawn.slice(first - 1, last);
    while (left.length > 0) {
      const group = left.splice(0, Math.max(options.together, 1));
      const outcomes = await search.tryNearest(group, FAST, (mutant) => nearTo(mutant).fast);
      const passed = group.filter((mutant) => outcomes.get(mutant)?.is === "passed");
      for (const [mutant, outcome] of await search.tryNearest(passed, DEEP, (mutant) => nearTo(mutant).deep)) {
        outcomes.set(mutant, outcome);
      }
      for (const [mutant, outcome] of outcomes) {
        say(`[${drawn.indexOf(mutant) + 1}] ${mutant.path}:${mutant.line} (${mutant.kind}): ${inWords(outcome)}`);
        if (outcome.is === "passed") living.push(mutant);
        if (outcome.is === "unusable") unusable++;
      }
    }
    if (!options["no-suites"]) living = await search.livingIn(await search.livingIn(living, FAST), DEEP);
    const tried = Math.min(last, drawn.length) - first + 1 - unusable;
    console.log(
      `${[...living.map(showChange), ""].join("\n\n")}${living.length} of ${tried} changes live. The seed was ${seed}.` +
        (unusable > 0 ? ` ${unusable} more could not be judged.` : ""),
    );
    return living.length === 0 ? 0 : 1;
  } finally {
    trial.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  fail(error);
  process.exitCode = 2;
}
