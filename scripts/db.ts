/** `npm run db`: only the database and its SQL endpoint, for a `npx wrangler dev` beside it. */
import process from "node:process";
import { DEMO } from "./local/demo.ts";
import { root } from "./local/folders.ts";
import { LIMITS_HELP } from "./local/neon-limits.ts";
import { readPort, requireFreePorts } from "./local/ports.ts";
import { isPostgresUrl } from "./local/redact.ts";
import { announceStack, readOwnVars, readStackOptions, startDatabase, withoutHost } from "./local/stack.ts";
import { supervise } from "./local/supervisor.ts";

const HELP = `Runs only the database of workflow-runs, with demo data, and its SQL endpoint.
It prints what a \`npx wrangler dev\` beside it needs.

  npm run db                 start, or go on with the data of last time
  npm run db -- --reset      start afresh: removes the local data first
  npm run db -- --latency 20ms    lets each request to the database take so much longer, as from a distance

  PORT                 where you will run wrangler dev (8787)
  RUNNER_PORT          where the demo data expects the example runner (8788)
  SQL_PORT             the SQL endpoint (8789)
${LIMITS_HELP}
  LOCAL_POSTGRES_URL   a Postgres of yours on this machine, instead of the one that comes with npm
  LOCAL_DATA_DIR       where the data is kept (.local)`;

await supervise(async (supervisor) => {
  process.chdir(root);
  const { reset, limits } = readStackOptions(HELP);
  const web = readPort("PORT", 8787);
  const runner = readPort("RUNNER_PORT", 8788);
  const sql = readPort("SQL_PORT", 8789);
  const record = announceStack(supervisor, "npm run db");
  await requireFreePorts([sql]);

  console.log("Starting …");
  const ports = { sqlPort: sql.port, runnerPort: runner.port };
  const { databaseUrl, neonFetchEndpoint } = await startDatabase(supervisor, record, { ...ports, reset, limits });
  const baseUrl = `http://localhost:${web.port}`;
  record.addVars({ PUBLIC_URL: baseUrl });
  const needed = {
    DATABASE_URL: databaseUrl,
    NEON_FETCH_ENDPOINT: neonFetchEndpoint,
    PUBLIC_URL: baseUrl,
  };
  const own = readOwnVars();
  const { DATABASE_URL: ownUrl = "" } = own;
  const isSameDatabase = isPostgresUrl(ownUrl) && withoutHost(ownUrl) === withoutHost(databaseUrl);
  const different = Object.entries(needed).filter(([name, value]) =>
    name === "DATABASE_URL" ? !isSameDatabase : own[name] !== value,
  );
  const lines = different.map(([name, value]) => `    ${name}=${value}\n`).join("");

  console.log(`
The database is ready.

  Postgres      ${databaseUrl}
  SQL endpoint  ${neonFetchEndpoint}
${different.length > 0 ? `\n  First, set in .dev.vars:\n${lines}` : ""}
  The Worker, in another terminal:
    npx wrangler dev --port ${web.port}

  The cron, which wrangler does not fire by itself:
    while sleep 60; do curl -s '${baseUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*'; done

  The example runner, which takes the runs of the demo's workflows:
    PORT=${runner.port} WEBHOOK_SECRET=${DEMO.webhookSecret} npm run runner

Ctrl-C stops everything.
`);
});
