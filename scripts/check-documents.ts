/** Part of `npm run check`: the documents that a newcomer reads first are short, and each link between documents leads somewhere. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { countWords, findDeadLinks, MOST_WORDS } from "./local/documents.ts";
import { root } from "./local/folders.ts";

const paths = [
  "*.md",
  "bench/*.md",
  "client/*.md",
  "docs/*.md",
  "examples/**/*.md",
  "migrations/*.md",
  "python/*.md",
  "test/*.md",
].flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ["**/node_modules"] }));
const documents = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));

const tooLong = Object.entries(MOST_WORDS).flatMap(([path, most]) => {
  const words = countWords(documents.get(path) ?? "");
  return words > most
    ? [`${path} has ${words} words without its code, of at most ${most}: move what a newcomer does not need to docs/.`]
    : [];
});
const faults = [...tooLong, ...findDeadLinks(documents, (path) => existsSync(join(root, path)))];
if (faults.length === 0) console.log("No document is too long, and no link is dead.");
else {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}
