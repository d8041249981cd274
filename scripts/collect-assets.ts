/**
 * Collects the static files that the Worker serves in `.assets/`: our own from `src/dashboard/assets/`, and htmx from its npm
 * package, so that the pages load nothing from elsewhere. wrangler runs this before each build.
 */
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
for (const [name, source] of sources) place(readFileSync(source), join(target, name));
place(joinStyles(), join(target, STYLE_SHEET));
for (const name of listFiles(target)) {
  if (!sources.has(name) && name !== STYLE_SHEET) rmSync(join(target, name), { force: true });
}
