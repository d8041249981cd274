/**
 * Part of `npm run check`: the documents that a newcomer reads first are short, each link between documents leads somewhere, each event of the
 * log is explained, and README.md counts the goals of the benchmarks as they are.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { countWords, findDeadLinks, findUnexplainedEvents, findWrongCount, MOST_WORDS } from "./local/documents.ts";
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
const sources = globSync("src/**/*.{ts,tsx}", { cwd: root }).map((path) => readFileSync(join(root, path), "utf8"));
const unexplained = findUnexplainedEvents(sources, documents.get("docs/operations.md") ?? "").map(
  (event) => `The table of the log in docs/operations.md has no row for ${event}.`,
);
const [readme = "", results = ""] = [documents.get("README.md"), documents.get("bench/RESULTS.md")];
const wrongCount = findWrongCount(readme, results).map((count) => `README.md must say of the goals: ${count}`);
const dead = findDeadLinks(documents, (path) => existsSync(join(root, path)));
const faults = [...tooLong, ...dead, ...unexplained, ...wrongCount];
if (faults.length === 0)
  console.log(
    "No document is too long, no link is dead, each event of the log is explained, and the goals are counted.",
  );
else {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}
