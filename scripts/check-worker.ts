/**
 * Part of `npm run check`: builds the Worker as for a deployment, prints its size and the time to its first answer, and tries
 * the build with a real Postgres, since the tests run the modules and not the build.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { alternate, ratios, spread } from "../bench/support/rounds.ts";
import { startBuiltWorker } from "./local/built-worker.ts";
import { type Bundle, buildImports, buildService } from "./local/bundle.ts";
import { checkClientTypes } from "./local/client-types.ts";
import { tryAnswers, tryLimits, tryOutage } from "./local/try-answers.ts";
import { tryLife } from "./local/try-life.ts";
import { startWorkerd } from "./local/workerd.ts";

/**
 * So that the size does not grow unnoticed, since the time to the first answer grows with it. Cloudflare's limit is far away: 64 MiB, before
 * compression (`MAX_UNCOMPRESSED_SIZE_BYTES` in wrangler 4.156).
 */
const ALARM_KIB = 1024;
/**
 * Far above the goal of 1.6, which `npm run bench -- size` checks, so that other work on the machine does not fail this check.
 */
const ALARM_START_RATIO = 3;
const START_ROUNDS = 7;

const folder = mkdtempSync(join(tmpdir(), "workflow-runs-check-"));
try {
  const ours = await buildService(".local/check/worker");
  const imports = buildImports(".local/check/imports");
  console.log(`The Worker is ${Math.round(ours.gzipKib)} KiB gzip; the alarm is at ${ALARM_KIB} KiB.`);
  if (ours.gzipKib > ALARM_KIB) process.exitCode = 1;

  const worker = await startBuiltWorker(ours, folder);
  try {
    const start = async ({ modules }: Bundle) => {
      const { startMs, stop } = await startWorkerd({ modules, vars: worker.vars });
      await stop();
      return startMs;
    };
    const starts = await alternate(START_ROUNDS, [ours, imports], start, () => {});
    const [oursMs, importsMs] = [starts.get(ours) ?? [], starts.get(imports) ?? []];
    const ratio = spread(ratios(oursMs, importsMs)).median;
    console.log(
      `Its first answer comes ${Math.round(spread(oursMs).median)} ms after the start of workerd, ${ratio.toFixed(2)} times ` +
        `what its libraries alone take; the alarm is at ${ALARM_START_RATIO}.`,
    );
    if (!(ratio <= ALARM_START_RATIO)) process.exitCode = 1;

    checkClientTypes((await worker.request("GET", "/openapi.json")).body);
    console.log("The types of the client are those of its OpenAPI document.");

    await tryLife(worker);
    const statuses = [...(await tryAnswers(worker)), ...(await tryLimits(worker)), ...(await tryOutage(worker))];
    console.log(`The build runs invoke, callback and sweep, and answers ${statuses.sort().join(", ")}.`);
  } finally {
    await worker.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
