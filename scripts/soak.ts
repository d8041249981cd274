/** `npm run test:soak`: compares the service with the model of a run's life until it is stopped. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { offerHelp } from "./local/options.ts";

offerHelp(`Compares the life of runs with a model of its rules, for as long as you like.

  npm run test:soak                   for 10 minutes
  npm run test:soak -- --minutes 60   for an hour

  SEED   what the random lives begin with; each test run prints its own`);

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const { minutes } = values;
if (!(Number(minutes) > 0)) {
  console.error(`--minutes must be a number, not ${minutes}.`);
  process.exit(1);
}
const { status } = spawnSync(
  "vitest",
  ["run", "--config", "vitest.deep.config.ts", "test/model/life-of-a-run.deep.test.ts"],
  {
    stdio: "inherit",
    env: { ...process.env, SOAK_MINUTES: minutes },
  },
);
process.exitCode = status ?? 1;
