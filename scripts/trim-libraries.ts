/**
 * Writes to `.build/` what the Worker uses of two large libraries, and nothing else of them. `[alias]` in wrangler.toml
 * puts the results in the packages' places; wrangler runs this before each build, and `npm run check` tries the
 * Worker that comes of it. The tests run on the packages as they are.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { type RollupOptions, rollup } from "rollup";

const root = resolve(import.meta.dirname, "..");
const ENTRY = "entry";

const folderOf = (name: string) => join(root, "node_modules", name);

/**
 * The Neon driver's queries over HTTP. The package is one file that also holds a Postgres client for WebSockets,
 * with TLS and parts of Node, which nothing here calls and no bundler can see to be unused.
 */
function neonDriver(): RollupOptions {
  const source = readFileSync(join(folderOf("@neondatabase/serverless"), "index.mjs"), "utf8");
  // The type parsers by themselves: as the package exports them they hang on the whole client.
  const typesModule = /\bthis\.types=(\w+)\(\)/.exec(source)?.[1];
  const detached = source.replace(/(?<=\bvar export_types=)\w+\.types\b/, `${typesModule}()`);
  if (typesModule === undefined || detached === source)
    throw new Error("The Neon driver has changed: look at it anew.");
  const exported = 'export { neon, neonConfig, NeonDbError, types } from "driver";';
  return {
    plugins: [{ name: "driver", resolveId: (id) => id, load: (id) => (id === ENTRY ? exported : detached) }],
    // The names that the package's own bundler has given to what it puts around a CommonJS module, around the import of
    // one, and around a class or function to name it. Each only makes a value: unused, it can go.
    treeshake: { manualPureFunctions: ["T", "we", "a"] },
  };
}

/**
 * zod without its translations, its JSON Schema writer (the OpenAPI document has one of its own) and the kinds of
 * schemas that nothing here uses. @hono/zod-openapi takes zod as one namespace object, so no bundler can see that.
 * Whoever needs more of zod adds it here; without, the Worker does not start, and `npm run check` says so.
 */
function zod(): RollupOptions {
  const folder = join(folderOf("zod"), "v4");
  const schemas = [
    "any, array, boolean, custom, email, enum, guid, int, literal, null, number, object, preprocess, record",
    "strictObject, string, stringbool, tuple, union, unknown, url, ZodType",
  ];
  const exported = `
    import * as z from "${ENTRY}";
    export { z };
    export { ${schemas.join(", ")} } from "${folder}/classic/schemas.js";
    export { NEVER } from "${folder}/core/index.js";
    import { number } from "${folder}/classic/coerce.js";
    import { datetime } from "${folder}/classic/iso.js";
    export const coerce = { number };
    export const iso = { datetime };`;
  const withoutWriter = (source: string) =>
    source.replaceAll(/^export const (\w+(?:Processor|Method)) =/gm, "export const $1 = undefined; const unused_$1 =");
  return {
    plugins: [
      {
        name: "zod",
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? exported : null),
        transform: (source, id) => (/json-schema(-processors)?\.js$/.test(id) ? withoutWriter(source) : null),
      },
    ],
    treeshake: { moduleSideEffects: false },
  };
}

/** Bundles, unless that was done before from the same packages and by the same script. */
async function write(name: string, options: () => RollupOptions): Promise<void> {
  const target = join(root, ".build", name);
  const sources = ["package-lock.json", "scripts/trim-libraries.ts"].map((path) => readFileSync(join(root, path)));
  const firstLine = `// From ${createHash("sha256").update(Buffer.concat(sources)).digest("hex")}\n`;
  if (existsSync(target) && readFileSync(target, "utf8").startsWith(firstLine)) return;
  const bundle = await rollup({ input: ENTRY, onwarn: () => {}, ...options() });
  const { output } = await bundle.generate({ format: "es" });
  mkdirSync(dirname(target), { recursive: true });
  // Never shows half of it: several builds may run at once.
  const unfinished = `${target}.${process.pid}`;
  writeFileSync(unfinished, firstLine + output[0].code);
  renameSync(unfinished, target);
}

await write("neon-driver.js", neonDriver);
await write("zod.js", zod);
