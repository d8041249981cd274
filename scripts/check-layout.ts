/** Part of `npm run check`: a file has at most 300 lines, so that it is easy to read. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const MAX_LINES = 300;

const entries = ["src", "migrations/functions"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
);

const tooLong = entries.flatMap(({ parentPath, name }) => {
  const path = join(parentPath, name);
  if (!/\.(tsx?|sql|css|js)$/.test(name)) return [];
  const lines = readFileSync(path, "utf8").split("\n").length - 1;
  return lines > MAX_LINES ? [`${path} has ${lines} lines, of at most ${MAX_LINES}: split it.`] : [];
});

if (tooLong.length === 0) console.log("No file is too long.");
else {
  console.error(tooLong.join("\n"));
  process.exitCode = 1;
}
