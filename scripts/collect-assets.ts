/**
 * Puts the static files that the worker serves together in `.assets/`: our own from `src/dashboard/assets/`, Swagger UI and htmx from their npm
 * packages, so that the pages load nothing from elsewhere. wrangler runs it before each build.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "..");
const target = join(root, ".assets");
const ownAssets = join(root, "src/dashboard/assets");
const htmx = createRequire(import.meta.url).resolve("htmx.org/dist/htmx.min.js");
const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const SWAGGER_UI_FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-16x16.png", "favicon-32x32.png"];

function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** Writes a file only when it differs, and replaces it in one step, since several builds may run at the same time. */
function place(source: string, path: string): void {
  const wanted = readFileSync(source);
  if (existsSync(path) && readFileSync(path).equals(wanted)) return;
  const unfinished = join(root, ".local", `asset-${process.pid}`);
  mkdirSync(dirname(unfinished), { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(unfinished, wanted);
  renameSync(unfinished, path);
}

const sources = new Map([
  [join("app", "htmx.js"), htmx],
  ...SWAGGER_UI_FILES.map((name): [string, string] => [join("docs", name), join(swaggerUi, name)]),
  ...listFiles(ownAssets).map((name): [string, string] => [name, join(ownAssets, name)]),
]);
for (const [name, source] of sources) place(source, join(target, name));
for (const name of listFiles(target)) {
  if (!sources.has(name)) rmSync(join(target, name), { force: true });
}
