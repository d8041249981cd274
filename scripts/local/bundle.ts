import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { root } from "./folders.ts";

/**
 * A Worker as a deployment uploads it: the texts of its minified modules by their names. `MAIN` is the first. `gzipKib` is their size as
 * Cloudflare counts it.
 */
export type Bundle = { modules: Readonly<Record<string, string>>; gzipKib: number };

/** The module with the handlers. */
export const MAIN = "worker.js";
/** The folder of the other modules, which a rule of wrangler.toml names, too. */
const OTHERS = "modules";

export type BundleOptions = {
  /** The module with the handlers, relative to the root. */
  entry: string;
  /** Where the build is written, relative to the root. */
  outdir: string;
  /** The config file, relative to the root. */
  config?: string;
  /** False for a build in which modules have their names. */
  isMinified?: boolean;
};

const CONFIG = "wrangler.toml";

/** The flag of wrangler.toml with which the runtime compiles a module when it is first imported. */
export const MODULE_REGISTRY = "new_module_registry";

/**
 * Builds the service as `npm run deploy` uploads it, into this folder, relative to the root. Whatever was in the folder is removed.
 *
 * What the source loads by `import()` becomes modules of their own. With the flag `MODULE_REGISTRY`, the runtime does not compile them
 * before they are imported, so the first answer of an isolate does not wait for all of the service. wrangler builds only one module, but
 * uploads several. The options are those that wrangler builds with.
 */
export async function buildService(outdir: string): Promise<Bundle> {
  const folder = join(root, outdir);
  rmSync(folder, { recursive: true, force: true });
  await build({
    ...{ absWorkingDir: root, entryPoints: { worker: "src/worker.ts" }, outdir: folder, logLevel: "warning" },
    ...{ bundle: true, splitting: true, minify: true, sourcemap: true, chunkNames: `${OTHERS}/[name]-[hash]` },
    ...{ format: "esm", platform: "browser", target: "es2024", conditions: ["workerd", "worker", "browser"] },
    ...{ external: ["cloudflare:*", "node:*"], loader: { ".md": "text" }, plugins: [aliases] },
    define: { "process.env.NODE_ENV": '"production"', "navigator.userAgent": '"Cloudflare-Workers"' },
  });
  return bundleOf(readModules(folder));
}

/** The modules that were built into a folder. */
export function readModules(folder: string): Bundle["modules"] {
  const names = readdirSync(join(folder, OTHERS)).filter((name) => name.endsWith(".js"));
  const paths = [MAIN, ...names.map((name) => `${OTHERS}/${name}`)];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** The modules as Miniflare takes them. */
export const forMiniflare = (modules: Bundle["modules"]) =>
  Object.entries(modules).map(([path, contents]) => ({ type: "ESModule" as const, path, contents }));

/** The aliases of wrangler.toml. esbuild's own cannot replace a relative path. */
const aliases: Plugin = {
  name: "aliases",
  setup(esbuild) {
    const [, section = ""] = /^\[alias\]\n((?:".*\n)+)/m.exec(readFileSync(join(root, CONFIG), "utf8")) ?? [];
    const replaced = new Map([...section.matchAll(/^"(.+)" = "(.+)"$/gm)].map(([, path, by = ""]) => [path, by]));
    esbuild.onResolve({ filter: /.*/ }, ({ path }) => {
      const by = replaced.get(path);
      return by === undefined ? undefined : { path: join(root, by) };
    });
  },
};

/**
 * Builds a Worker as one module, by `wrangler deploy --dry-run --minify`. Throws wrangler's output when the build fails.
 */
export function buildBundle({ entry, outdir, config = CONFIG, isMinified = true }: BundleOptions): Bundle {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["deploy", entry, "--config", config, "--dry-run", ...(isMinified ? ["--minify"] : []), "--outdir", outdir],
    { cwd: root, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  if (status !== 0) throw new Error(`wrangler deploy --dry-run failed for ${entry}:\n${stdout}${stderr}`);
  return readBundle(join(root, outdir, basename(entry).replace(/\.tsx?$/, ".js")));
}

/**
 * A Worker that wrangler has built into this file. Wrangler uploads imported texts as separate modules, which are beside it. Here
 * they become constants of the Worker's only module.
 */
export function readBundle(path: string): Bundle {
  const texts: string[] = [];
  const rest = readFileSync(path, "utf8").replace(
    /import\s*([\w$]+)\s*from\s*"\.\/([0-9a-f]{40}-[^"/]+)";?/g,
    (_, name: string, file: string) => {
      texts.push(`const ${name}=${JSON.stringify(readFileSync(join(dirname(path), file), "utf8"))};\n`);
      return "";
    },
  );
  return bundleOf({ [MAIN]: texts.join("") + rest });
}

const bundleOf = (modules: Bundle["modules"]): Bundle => ({
  modules,
  gzipKib: gzipSync(Object.values(modules).join("")).length / 1024,
});

/** The service's libraries, imported and used for two routes. The start of the service is compared with it. */
export const buildImports = (outdir: string): Bundle =>
  buildBundle({ entry: "bench/workers/imports.ts", outdir, config: "bench/workers/plain.toml" });

/** The runtime's version that wrangler.toml asks for. */
export function compatibilityDate(): string {
  const date = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, CONFIG), "utf8"))?.[1];
  if (date === undefined) throw new Error(`${CONFIG} has no compatibility_date.`);
  return date;
}
