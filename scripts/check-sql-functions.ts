/**
 * Part of `npm run check`: the Worker of the previous release must still work with the current SQL functions. So a released
 * function keeps its name, arguments and result. A function with another signature gets a new name, and the old function is
 * removed a release later. `migrations/functions/released.json` lists the released signatures.
 *
 * `npx node scripts/check-sql-functions.ts --release` adds the new functions to that list. Run it at each release.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readSqlFunctions } from "./local/sql-functions.ts";

const FILE = "migrations/functions/released.json";

/** Name, arguments and result of a `create or replace function public.…` statement. */
const SIGNATURE = /^create or replace function public\.(\w+)\s*\((.*?)\)\s*returns (.+?)\s+language /s;

const current = new Map(
  readSqlFunctions().statements.map((statement) => {
    const text = statement.replaceAll(/^--.*$/gm, "").trim();
    const [, name = "", parameters = "", result = ""] = SIGNATURE.exec(text) ?? [];
    if (name === "") throw new Error(`This is no \`create or replace function public.…\`:\n${text.slice(0, 200)}`);
    const squeeze = (part: string) => part.replaceAll(/\s+/g, " ").trim();
    return [name, `(${squeeze(parameters)}) returns ${squeeze(result)}`] as const;
  }),
);
const released = new Map(Object.entries<string>(JSON.parse(readFileSync(FILE, "utf8"))));

const faults = [...released].flatMap(([name, signature]) => {
  const now = current.get(name);
  if (now === signature) return [];
  return [
    now === undefined
      ? `${name} is gone: keep it until no released Worker calls it, then take it out of ${FILE}.`
      : `${name} has another signature. Give the new one a new name.\n  released: ${signature}\n  now:      ${now}`,
  ];
});

if (faults.length > 0) {
  console.error(`The SQL functions would break the Worker of the release before:\n${faults.join("\n")}`);
  process.exitCode = 1;
} else if (process.argv.includes("--release")) {
  const all = Object.fromEntries([...current].sort(([a], [b]) => a.localeCompare(b)));
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`${FILE} now lists ${current.size} functions.`);
} else {
  const added = [...current.keys()].filter((name) => !released.has(name));
  console.log(`The SQL functions keep their ${released.size} released signatures; ${added.length} are new.`);
}
