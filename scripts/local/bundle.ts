import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { root } from "./folders.ts";

/** A Worker as a deployment uploads it: one minified module. `gzipKib` is its size as Cloudflare counts it. */
export type Bundle = { script: string; gzipKib: number };

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

/**
 * Builds a Worker with `wrangler deploy --dry-run --minify`: the same build as `npm run deploy` uploads. Throws wrangler's
 * output when the build fails.
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
  const script = texts.join("") + rest;
  return { script, gzipKib: gzipSync(script).length / 1024 };
}

/** The service's libraries, imported and used for two routes. The start of the service is compared with it. */
export const buildImports = (outdir: string): Bundle =>
  buildBundle({ entry: "bench/workers/imports.ts", outdir, config: "bench/workers/plain.toml" });

/** The runtime's version that wrangler.toml asks for. */
export function compatibilityDate(): string {
  const date = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, CONFIG), "utf8"))?.[1];
  if (date === undefined) throw new Error(`${CONFIG} has no compatibility_date.`);
  return date;
}
