/**
 * Part of `npm run check`: the calls of SQL functions go one way and never in a circle, as imports do (`check-layers.ts`). Rules call
 * those of their own room and of the rooms before it, and neither reads nor verbs. Reads call all rules, and verbs call all rules.
 */
import process from "node:process";
import { findFaultsOfCalls } from "./local/sql-calls.ts";
import { readSqlFiles } from "./local/sql-functions.ts";

/** The folders of `migrations/functions`, in the order in which they build on each other. */
const ROOMS =
  "shared access events caps labels files people audit workflows notify runs runners triggers metrics due effects sweep".split(
    " ",
  );

/** The folders of a room. */
const KINDS = ["rules", "reads", "verbs"];

/** What only the Worker of the previous release calls. */
const PREVIOUS = "previous";

/** The place of a file in the order: first the rules of all rooms, then their reads, then their verbs. -1 for a file that has none. */
function placeOf(file: string): number {
  const [room = "", kind = "", name] = file.split("/");
  if (room === PREVIOUS) return ROOMS.length * KINDS.length;
  if (!ROOMS.includes(room) || !KINDS.includes(kind) || name === undefined) return -1;
  return KINDS.indexOf(kind) * ROOMS.length + ROOMS.indexOf(room);
}

const files = readSqlFiles("migrations/functions");
const faults = [
  ...files
    .filter(({ file }) => placeOf(file) < 0)
    .map(({ file }) => `${file} has no place: the rooms are ${ROOMS.join(", ")}, each with ${KINDS.join(", ")}.`),
  ...findFaultsOfCalls(files, placeOf),
];

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
} else {
  console.log(`The calls of SQL functions go one way: ${files.length} files.`);
}
