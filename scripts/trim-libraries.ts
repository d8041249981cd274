/**
 * Writes to `.build/` what the Worker uses of four large libraries, and nothing else of them. `[alias]` in wrangler.toml
 * puts the results in the packages' places; wrangler runs this before each build, and `npm run check` tries the
 * Worker that comes of it. The tests run on the packages as they are.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { type ProgramNode, type RollupOptions, rollup } from "rollup";

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
  if (typesModule === undefined || detached === source) throw new Error(CHANGED);
  const exported = 'export { neon, neonConfig, NeonDbError, types } from "driver";';
  return {
    external: Object.keys(OF_THE_PLATFORM),
    plugins: [
      {
        name: "driver",
        resolveId: (id) => (id in OF_THE_PLATFORM ? null : id),
        load: (id) => (id === ENTRY ? exported : detached),
        transform(source, id) {
          return id === ENTRY ? null : usePlatform(source, this.parse(source));
        },
      },
    ],
    // The names that the package's own bundler has given to what it puts around a CommonJS module, around the import of
    // one, and around a class or function to name it. Each only makes a value: unused, it can go.
    treeshake: { manualPureFunctions: ["T", "we", "a"] },
  };
}

const CHANGED = "The Neon driver has changed: look at it anew.";

/** Modules of Node.js that the driver brings along and every Worker has, each with a word that only it holds. */
const OF_THE_PLATFORM = { "node:buffer": "INSPECT_MAX_BYTES", "node:events": "defaultMaxListeners" };

/** Puts the platform's modules in the places of the driver's own, each of which is `name = T((exports, module) => …)`. */
function usePlatform(source: string, program: ProgramNode): string {
  const wrapped = program.body
    .flatMap((statement) => (statement.type === "VariableDeclaration" ? statement.declarations : []))
    .flatMap(({ init }) => (init?.type === "CallExpression" ? init.arguments : []))
    .map((node) => textIn(source, node));
  let [imports, code] = ["", source];
  for (const [name, word] of Object.entries(OF_THE_PLATFORM)) {
    const module = wrapped.find((text) => text.includes(word));
    if (module === undefined) throw new Error(CHANGED);
    const alias = `platform_${name.slice("node:".length)}`;
    imports += `import * as ${alias} from "${name}";`;
    code = code.replace(module, () => `(e,m)=>{m.exports=${alias}}`);
  }
  return imports + code;
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
    import { date, datetime } from "${folder}/classic/iso.js";
    export const coerce = { number };
    export const iso = { date, datetime };`;
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

/**
 * d3's linear scale for numbers, without colours, dates, and the labels of ticks. Its packages are one file each, so no
 * bundler can leave them out.
 */
function linearScale(): RollupOptions {
  const folder = join(folderOf("d3-interpolate"), "dist/d3-interpolate.mjs");
  const numbers = `
    export { interpolateNumber, interpolateNumber as interpolate, interpolateRound } from "${folder}";`;
  const replaced: Record<string, string> = {
    [ENTRY]: `export { scaleLinear } from "${join(folderOf("d3-scale"), "dist/d3-scale.mjs")}";`,
    "d3-interpolate": numbers,
    "d3-array": `export * from "${join(folderOf("d3-array"), "dist/d3-array.mjs")}";`,
  };
  const isAbsent = (id: string) => /^(d3-(color|format|time|time-format)|internmap)$/.test(id);
  return {
    plugins: [
      {
        name: "d3-scale",
        resolveId: (id) => (id in replaced || isAbsent(id) ? id : null),
        load: (id) => replaced[id] ?? (isAbsent(id) ? "" : null),
      },
    ],
    shimMissingExports: true,
    treeshake: { moduleSideEffects: false },
  };
}

/** Of two classes of drizzle's, the methods that statements written with `sql` need. */
const KEPT_METHODS = {
  "pg-core/db.js": ["constructor", "execute"],
  "pg-core/dialect.js": ["constructor", "escapeName", "escapeParam", "escapeString", "sqlToQuery"],
};

/**
 * drizzle's `sql` and its driver for Neon, without the query builders: they hang on methods that nothing here calls, and
 * no bundler can see that of a method.
 */
function drizzle(): RollupOptions {
  const folder = folderOf("drizzle-orm");
  const exported = `
    export { sql, SQL } from "${folder}/sql/sql.js";
    export { DrizzleQueryError } from "${folder}/errors.js";
    export { drizzle } from "${folder}/neon-http/driver.js";`;
  return {
    external: ["@neondatabase/serverless"],
    plugins: [
      {
        name: "drizzle",
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? exported : null),
        transform(source, id) {
          const kept = Object.entries(KEPT_METHODS).find(([file]) => id === join(folder, file))?.[1];
          return kept ? keepMethods(source, this.parse(source), kept) : null;
        },
      },
    ],
    treeshake: { moduleSideEffects: false },
  };
}

/** The module without the methods of its classes that are not named, and without functions that are kept as properties. */
function keepMethods(source: string, program: ProgramNode, names: readonly string[]): string {
  const unwanted = program.body
    .flatMap((statement) => (statement.type === "ClassDeclaration" ? statement.body.body : []))
    .filter((member) => member.type !== "StaticBlock" && !member.computed && member.value)
    .filter((member) => !("key" in member && "name" in member.key && names.includes(member.key.name)));
  return unwanted.reduce((code, member) => code.replace(textIn(source, member), ""), source);
}

/** The parser says where each node is, though its type does not. */
const textIn = (source: string, node: object) =>
  "start" in node && "end" in node ? source.slice(Number(node.start), Number(node.end)) : "";

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
await write("drizzle.js", drizzle);
await write("zod.js", zod);
await write("d3-scale.js", linearScale);
