/**
 * Part of `npm run check`: the calls of SQL functions go one way and never in a circle, as imports do (`check-layers.ts`). Rules call
 * neither reads nor verbs, and reads call no verbs.
 */
import process from "node:process";
import { findFaultsOfCalls } from "./local/sql-calls.ts";
import { readSqlFiles } from "./local/sql-functions.ts";

/** The rooms that build on each other: each may call functions of those before it. */
const ROOMS = ["rules", "reads", "verbs"];

/** The files that are in a circle today. No file is added. */
const IN_CIRCLES = [
  "access attempts batches due due_firings effects firings leases new_run queue queue_places run_change",
  "sign_in_sessions slots supersede wait_reason when_busy",
].flatMap((names) => names.split(" ").map((name) => `rules/${name}.sql`));

const files = readSqlFiles("migrations/functions");
const placeOf = (file: string) => ROOMS.indexOf(file.split("/")[0] ?? "");
const faults = [
  ...files
    .filter(({ file }) => placeOf(file) < 0)
    .map(({ file }) => `${file} is in none of the rooms ${ROOMS.join(", ")}.`),
  ...findFaultsOfCalls(files, placeOf, IN_CIRCLES),
];

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
} else {
  console.log(`The calls of SQL functions go one way: ${files.length} files.`);
}
