import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./folders.ts";

/** The lines of wrangler.toml that bind the bucket. They are commented out there, since not every deployment has a bucket. */
const BUCKET = /^# (\[\[r2_buckets\]\])\n# (binding = .*)\n# (bucket_name = .*)$/m;

/**
 * Writes a copy of wrangler.toml for the local stack, in which the bucket is bound: wrangler simulates it. Returns the path of the copy,
 * which is in the same folder, since the paths in it are relative.
 */
export function writeDevConfig(): string {
  const file = join(root, "wrangler.dev.toml");
  const given = readFileSync(join(root, "wrangler.toml"), "utf8");
  if (!BUCKET.test(given)) throw new Error("wrangler.toml does not have the lines of the bucket.");
  const config = given.replace(BUCKET, "$1\n$2\n$3");
  // A stack that runs in this folder already watches the file, and would reload if it were written again.
  if (existsSync(file) && readFileSync(file, "utf8") === config) return file;
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, config);
  renameSync(unfinished, file);
  return file;
}
