/** `npm run test:soak`: compares the service with the model of a run's life for as long as one likes. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const { minutes } = values;
if (!(Number(minutes) > 0)) {
  console.error(`--minutes must be a number, not ${minutes}.`);
  process.exit(1);
}
const { status } = spawnSync("vitest", ["run", "--config", "vitest.long.config.ts", "test/model"], {
  stdio: "inherit",
  env: { ...process.env, SOAK_MINUTES: minutes },
});
process.exitCode = status ?? 1;
