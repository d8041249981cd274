/**
 * `npm run check`: what must be true of the sources before any test. As many programs as there are cores run at a time, since most of
 * them use one. The output of each is printed as a whole when it has ended. All of them run, also after one has failed.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { text } from "node:stream/consumers";
import { inLanes } from "../src/base/lanes.ts";
import { root } from "./local/folders.ts";

/** They start in this order: first what ends at once, then what takes longest. */
const CHECKS = [
  // Before all that build the Worker: a build writes the file that this one looks at.
  "node scripts/start.cjs collect-assets.ts --check",
  "node scripts/start.cjs check-layout.ts",
  "node scripts/start.cjs check-documents.ts",
  "node scripts/start.cjs check-one-way.ts",
  "node scripts/start.cjs check-calls.ts",
  "node scripts/start.cjs check-release.ts",
  // Installs the packages of the benchmarks first.
  "npm run --silent check:bench",
  "node scripts/start.cjs check-worker.ts",
  "cspell --no-progress --no-summary .",
  "biome ci --error-on-warnings",
  "knip",
  "tsc",
  "tsc -p client",
  "tsc -p scripts",
  "node scripts/start.cjs check-layers.ts",
  "node scripts/start.cjs check-migrations.ts",
  "node scripts/start.cjs check-client.ts",
];

const failed: string[] = [];
await inLanes([...CHECKS], availableParallelism(), async (check) => {
  const began = Date.now();
  const child = spawn(`${check} 2>&1`, { cwd: root, shell: true, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const output = await text(child.stdout);
  const isFine = (await ended) === 0;
  if (!isFine) failed.push(check);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`$ ${check} # ${isFine ? "passed" : "FAILED"} in ${seconds} s\n${output.trimEnd()}`.trimEnd());
});

if (failed.length > 0) {
  console.error(`${failed.length} of ${CHECKS.length} checks failed:\n${failed.join("\n")}`);
  process.exitCode = 1;
}
