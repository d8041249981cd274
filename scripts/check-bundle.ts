/** Part of `npm run check`: builds the Worker as a deployment would and holds its size to the limit. */
import { spawnSync } from "node:child_process";

const LIMIT_KIB = 150;

const { status, stdout, stderr } = spawnSync("wrangler", ["deploy", "--dry-run", "--minify"], {
  encoding: "utf8",
  env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
});
const size = /gzip: ([\d.]+) KiB/.exec(stdout)?.[1];
if (status !== 0 || size === undefined) {
  console.error(`wrangler deploy --dry-run failed:\n${stdout}${stderr}`);
  process.exitCode = 1;
} else {
  console.log(`The Worker is ${size} KiB gzip of at most ${LIMIT_KIB} KiB.`);
  if (Number(size) > LIMIT_KIB) process.exitCode = 1;
}
