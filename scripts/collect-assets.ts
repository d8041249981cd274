/**
 * Collects the static files that the Worker serves in `.assets/`: our own from `src/dashboard/assets/`, and htmx from its npm
 * package, so that the pages load nothing from elsewhere. Those of the dashboard are placed twice: under names that stay the same, and
 * in a folder that is named by a hash of all of them, which browsers need not ask for again. `src/http/assets/folder.ts` names that
 * folder. wrangler runs this before each build, and writes that file; with `--check`, this only says whether it is right.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "..");
const target = join(root, ".assets");
const ownAssets = join(root, "src/dashboard/assets");
const htmx = createRequire(import.meta.url).resolve("htmx.org/dist/htmx.min.js");

/** The parts of the pages' style sheet. They are joined in the order of their names. */
const STYLE_FOLDER = join("app", "style");
const STYLE_SHEET = join("app", "style.css");

function joinStyles(): Buffer {
  const folder = join(ownAssets, STYLE_FOLDER);
  const parts = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)));
  return Buffer.concat(parts);
}

function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** Does not write a file that is already right, and replaces others atomically, since several builds may run at the same time. */
function place(wanted: Buffer, path: string): void {
  if (existsSync(path) && readFileSync(path).equals(wanted)) return;
  const unfinished = join(root, ".local", `asset-${process.pid}`);
  mkdirSync(dirname(unfinished), { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(unfinished, wanted);
  renameSync(unfinished, path);
}

const sources = new Map([
  [join("app", "htmx.js"), htmx],
  ...listFiles(ownAssets)
    .filter((name) => dirname(name) !== STYLE_FOLDER)
    .map((name): [string, string] => [name, join(ownAssets, name)]),
]);
const contents = new Map([[STYLE_SHEET, joinStyles()]]);
for (const [name, source] of sources) contents.set(name, readFileSync(source));

const hash = createHash("sha256");
const ofDashboard = [...contents].filter(([name]) => name.startsWith("app/")).sort(([a], [b]) => (a < b ? -1 : 1));
for (const [name, content] of ofDashboard) hash.update(`${name} ${content.length}\n`).update(content);
const folder = `app/assets/${hash.digest("hex").slice(0, 12)}`;

const folderFile = join(root, "src/http/assets/folder.ts");
const folderSource = `/** Where the pages load their scripts and styles from. \`scripts/collect-assets.ts\` writes this file. */
export const ASSETS = "/${folder}";
`;
if (process.argv.includes("--check")) {
  if (readFileSync(folderFile, "utf8") !== folderSource) {
    console.error("The scripts and styles of the pages have changed: run npm run assets");
    process.exitCode = 1;
  }
} else {
  for (const [name, content] of ofDashboard) contents.set(join(folder, name.slice("app/".length)), content);
  for (const [name, content] of contents) place(content, join(target, name));
  for (const name of listFiles(target)) if (!contents.has(name)) rmSync(join(target, name), { force: true });
  place(Buffer.from(folderSource), folderFile);
}
