import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./folders.ts";

/** The lines of wrangler.toml that bind the bucket. They are comments there, since a deployment need not have one. */
const BUCKET = /^# (\[\[r2_buckets\]\])\n# (binding = .*)\n# (bucket_name = .*)$/m;

/**
 * Writes wrangler.toml anew for the local stack, with the bucket, which wrangler simulates. Returns the path of the file. It is beside
 * wrangler.toml, whose paths begin there.
 */
export function writeDevConfig(): string {
  const file = join(root, "wrangler.dev.toml");
  const given = readFileSync(join(root, "wrangler.toml"), "utf8");
  if (!BUCKET.test(given)) throw new Error("wrangler.toml does not have the lines of the bucket.");
  const config = given.replace(BUCKET, "$1\n$2\n$3");
  // Another stack of this folder may have been started, and watches the file.
  if (existsSync(file) && readFileSync(file, "utf8") === config) return file;
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, config);
  renameSync(unfinished, file);
  return file;
}
