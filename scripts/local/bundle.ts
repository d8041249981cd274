import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { root } from "./stack.ts";

/** A Worker as a deployment uploads it: one minified module. `gzipKib` is its size as Cloudflare counts it. */
export type Bundle = { script: string; gzipKib: number };

export type BundleOptions = {
  /** The module with the handlers, relative to the root. */
  entry: string;
  /** Where the build is written, relative to the root. */
  outdir: string;
};

/** The config file of every build, so that comparisons are made by the same build as the deployed Worker. */
const CONFIG = "wrangler.toml";

/** Builds a Worker by `wrangler deploy --dry-run --minify`, which is what `npm run deploy` uploads. Throws wrangler's output. */
export function buildBundle({ entry, outdir }: BundleOptions): Bundle {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["deploy", entry, "--config", CONFIG, "--dry-run", "--minify", "--outdir", outdir],
    { cwd: root, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  if (status !== 0) throw new Error(`wrangler deploy --dry-run failed for ${entry}:\n${stdout}${stderr}`);
  const script = readFileSync(join(root, outdir, basename(entry).replace(/\.tsx?$/, ".js")), "utf8");
  return { script, gzipKib: gzipSync(script).length / 1024 };
}

/** The runtime's version that wrangler.toml asks for. */
export function compatibilityDate(): string {
  const date = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, CONFIG), "utf8"))?.[1];
  if (date === undefined) throw new Error(`${CONFIG} has no compatibility_date.`);
  return date;
}
