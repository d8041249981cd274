/** `npm run db`: only the database and its SQL endpoint, for a `npx wrangler dev` beside it. */
import process from "node:process";
import { DEMO } from "./local/demo.ts";
import { readPort, requireFreePorts } from "./local/ports.ts";
import { readOwnVars, readReset, root, startDatabase } from "./local/stack.ts";
import { supervise } from "./local/supervisor.ts";

const HELP = `Runs only the database of workflow-runs, with demo data, and its SQL endpoint.

  npm run db                 start, or go on with the data of last time
  npm run db -- --reset      start afresh: removes the local data first

  SQL_PORT             the SQL endpoint (8789)
  RUNNER_PORT          where the demo data expects the example runner (8788)
  LOCAL_POSTGRES_URL   a Postgres of yours to use instead of the one that comes with npm`;

await supervise(async (supervisor) => {
  process.chdir(root);
  const reset = readReset(HELP);
  const sql = readPort("SQL_PORT", 8789);
  const runner = readPort("RUNNER_PORT", 8788);
  await requireFreePorts([sql]);

  console.log("Starting …");
  const ports = { sqlPort: sql.port, runnerPort: runner.port };
  const { databaseUrl, neonFetchEndpoint, postgresUrl } = await startDatabase(supervisor, { ...ports, reset });
  const needed = { DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: neonFetchEndpoint };
  const own = readOwnVars();
  const different = Object.entries(needed).filter(([name, value]) => own[name] !== value);

  console.log(`
The database is ready.

  Postgres      ${postgresUrl}
  SQL endpoint  ${neonFetchEndpoint}

  In another terminal: npx wrangler dev${different.length > 0 ? "\n  First, in .dev.vars:" : ""}
${different.map(([name, value]) => `    ${name}=${value}\n`).join("")}
  And for runs to go on: PORT=${runner.port} WEBHOOK_SECRET=${DEMO.webhookSecret} node examples/runner/runner.ts

Ctrl-C stops everything.
`);
});
