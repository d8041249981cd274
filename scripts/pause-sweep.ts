/**
 * `npm run pause-sweep` and `npm run resume-sweep`: pause the sweep, and end the pause. The pause is stored in the database, so
 * it takes effect from the next minute on, while a change of the cron trigger takes up to 15 minutes.
 */
import { parseArgs } from "node:util";
import { type Database, openDatabase } from "../src/db/client.ts";
import { pauseSweep, resumeSweep } from "../src/sweep/sweep-state.ts";
import { CELL_HELP, CELL_OPTIONS, inEachCell } from "./local/cells.ts";
import { type DatabaseOptions, fail } from "./local/options.ts";
import { withDatabase } from "./local/with-database.ts";

const HELP = `Keeps the cron's sweeps from beginning, or lets them begin again. Needs DATABASE_URL.

  npm run pause-sweep     no sweep begins: nothing is timed out, dispatched again or deleted because of its age
  npm run resume-sweep    the next one does all of that

${CELL_HELP}`;

try {
  const { values } = parseArgs({
    options: {
      ...CELL_OPTIONS,
      resume: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else {
    const change = values.resume ? resume : pause;
    const words = { secrets: ["DATABASE_URL"], done: values.resume ? "resumed" : "paused" };
    await inEachCell(values, words, async (vars) => {
      const act = (database: DatabaseOptions) => change(openDatabase({ ...database, databaseTimeoutSeconds: 30 }));
      console.log(await withDatabase(act, vars));
    });
  }
} catch (error) {
  fail(error);
}

async function pause(db: Database): Promise<string> {
  if (!(await pauseSweep(db))) return "The sweep is paused already.";
  return "Paused. A sweep that is under way ends within a minute; then none begins before `npm run resume-sweep`.";
}

async function resume(db: Database): Promise<string> {
  if (!(await resumeSweep(db))) return "The sweep is not paused.";
  return (
    "Resumed. The next sweep begins within a minute, or within an hour if nothing was changed lately: an invoke makes it " +
    "begin sooner."
  );
}
