/**
 * Part of `npm run check`: a file has at most 300 lines, and a folder of `src` contains at most 15 files directly, so that each
 * is easy to read.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const MAX_LINES = 300;
const MAX_FILES = 15;

const entries = ["src", "migrations/functions"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
);

const tooLong = entries.flatMap(({ parentPath, name }) => {
  const path = join(parentPath, name);
  if (!/\.(tsx?|sql|css|js)$/.test(name)) return [];
  const lines = readFileSync(path, "utf8").split("\n").length - 1;
  return lines > MAX_LINES ? [`${path} has ${lines} lines, of at most ${MAX_LINES}: split it.`] : [];
});

const byFolder = Object.groupBy(entries, ({ parentPath }) => parentPath);
const tooFull = Object.entries(byFolder).flatMap(([folder, files = []]) =>
  folder.startsWith("src") && files.length > MAX_FILES
    ? [`${folder} directly holds ${files.length} files, of at most ${MAX_FILES}: make a folder in it.`]
    : [],
);

const faults = [...tooLong, ...tooFull];
if (faults.length === 0) console.log("No file is too long, and no folder too full.");
else {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}
