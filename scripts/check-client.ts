/** Part of `npm run check`: prints the size of the client as a page loads it, and fails when it is too large. */
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { root } from "./local/folders.ts";

const MOST_KIB = 15;

/** Without the packages of Node, which a page does not have. */
const { outputFiles } = buildSync({
  entryPoints: [join(root, "client/src/index.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  write: false,
});
const kib = gzipSync(outputFiles[0]?.contents ?? "").length / 1024;
console.log(`The client is ${kib.toFixed(1)} KiB gzip in a page; it may have ${MOST_KIB}.`);
if (!(kib > 0 && kib < MOST_KIB)) process.exitCode = 1;
