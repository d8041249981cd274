/**
 * Writes `.build/neon-driver.js`: of the Neon driver what the Worker uses, its queries over HTTP. The package is one
 * file that also holds a Postgres client for WebSockets, with TLS and parts of Node, which nothing here calls and no bundler
 * can see to be unused. wrangler runs this before each build, and `[alias]` in wrangler.toml puts the
 * result in the package's place; `npm run check` tries the Worker that comes of it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { rollup } from "rollup";

const root = resolve(import.meta.dirname, "..");
const target = join(root, ".build/neon-driver.js");
const packageFolder = dirname(createRequire(import.meta.url).resolve("@neondatabase/serverless"));
const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
const FIRST_LINE = `// @neondatabase/serverless ${version}, HTTP only.\n`;

const ENTRY = "neon-http";
const EXPORTS = 'export { neon, neonConfig, NeonDbError, types } from "@neondatabase/serverless";';

/**
 * The names that the package's own bundler has given to what it puts around a CommonJS module, around the import
 * of one, and around a class or function to name it. Each only makes a value: unused, it can go.
 */
const WRAPPERS = ["T", "we", "a"];

/** The type parsers by themselves: as the package exports them they hang on the whole client. */
function detachTypes(source: string): string {
  const typesModule = /\bthis\.types=(\w+)\(\)/.exec(source)?.[1];
  const detached = source.replace(/(?<=\bvar export_types=)\w+\.types\b/, `${typesModule}()`);
  if (typesModule === undefined || detached === source) {
    throw new Error(`scripts/trim-driver.ts does not know @neondatabase/serverless ${version}: look at it anew.`);
  }
  return detached;
}

if (!existsSync(target) || !readFileSync(target, "utf8").startsWith(FIRST_LINE)) {
  const source = detachTypes(readFileSync(join(packageFolder, "index.mjs"), "utf8"));
  const bundle = await rollup({
    input: ENTRY,
    treeshake: { manualPureFunctions: WRAPPERS },
    plugins: [{ name: "driver", resolveId: (id) => id, load: (id) => (id === ENTRY ? EXPORTS : source) }],
    onwarn: () => {},
  });
  const { output } = await bundle.generate({ format: "es" });
  mkdirSync(dirname(target), { recursive: true });
  // Never shows half of it: several builds may run at once.
  const unfinished = `${target}.${process.pid}`;
  writeFileSync(unfinished, FIRST_LINE + output[0].code);
  renameSync(unfinished, target);
}
