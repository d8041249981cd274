/** `npm run dev`: the whole service on this machine, with a database, demo data and the cron. */
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { DEMO, DEMO_PEOPLE, findRunInEachState } from "./local/demo.ts";
import { writeDevConfig } from "./local/dev-config.ts";
import { root, workerDir } from "./local/folders.ts";
import { loginVars, startLoginService } from "./local/login-service.ts";
import { LIMITS_HELP } from "./local/neon-limits.ts";
import { onEnter } from "./local/on-enter.ts";
import { readPort, requireFreePorts } from "./local/ports.ts";
import { redact, rootMessage } from "./local/redact.ts";
import {
  announceStack,
  type LocalDatabase,
  prepareVars,
  readOwnVars,
  readStackOptions,
  type StackRecord,
  startDatabase,
} from "./local/stack.ts";
import { type Supervisor, supervise } from "./local/supervisor.ts";
import { createLineFilter } from "./local/worker-lines.ts";

const HELP = `Runs workflow-runs on this machine: Postgres, the worker, the cron, demo data and a runner. Needs nothing but npm.

  npm run dev                start, or go on with the data of last time
  npm run dev -- --reset     start afresh: removes the local data first
  npm run dev -- --latency 20ms   lets each request to the database take so much longer, as from a distance

  PORT                 the service (8787)
  RUNNER_PORT          the example runner (8788)
  SQL_PORT             the database's SQL endpoint (8789)
  LOGIN_PORT           the example login service (8790); it does not start if .dev.vars has an OIDC_ISSUER
${LIMITS_HELP}
  LOCAL_POSTGRES_URL   a Postgres of yours on this machine, instead of the one that comes with npm
  LOCAL_DATA_DIR       where the data is kept (.local)

While it runs, Enter shows again where everything is. \`npm run doctor\` looks at it from another terminal.`;

const CRON_INTERVAL_MS = 60_000;
const READY_POLL_MS = 200;
/** Slower polling while the Worker is misconfigured, since it logs its fault at each of these requests. */
const UNHEALTHY_POLL_MS = 10_000;

await supervise(async (supervisor) => {
  process.chdir(root);
  const { reset, limits } = readStackOptions(HELP);
  const web = readPort("PORT", 8787);
  const runner = readPort("RUNNER_PORT", 8788);
  const sql = readPort("SQL_PORT", 8789);
  const login = readPort("LOGIN_PORT", 8790);
  prepareVars();
  const hasOwnLogin = readOwnVars().OIDC_ISSUER !== undefined;
  const record = announceStack(supervisor, "npm run dev");
  await requireFreePorts([web, runner, sql, ...(hasOwnLogin ? [] : [login])]);

  // The Durable Objects store data about the database that is removed.
  if (reset) rmSync(workerDir, { recursive: true, force: true });
  console.log("Starting …");
  const database = await startDatabase(supervisor, record, {
    sqlPort: sql.port,
    runnerPort: runner.port,
    reset,
    limits,
  });
  const baseUrl = `http://localhost:${web.port}`;
  record.addVars({ PUBLIC_URL: baseUrl });
  if (!hasOwnLogin) {
    const redirectUri = `${baseUrl}/app/sign-in/oidc/callback`;
    const service = await startLoginService({ port: login.port, redirectUri, people: DEMO_PEOPLE });
    supervisor.onStop(service.close);
  }
  startWorker(supervisor, record, web.port, database, hasOwnLogin ? {} : loginVars(login.port));
  // Started after the Worker and therefore stopped before it, so that the runner can still report that its runs have failed.
  startRunner(supervisor, record, runner.port);
  await untilItAnswers(`http://127.0.0.1:${web.port}/healthz`);
  await fireCron(web.port);
  setInterval(() => fireCron(web.port), CRON_INTERVAL_MS);
  const loginUrl = hasOwnLogin ? undefined : `http://localhost:${login.port}`;
  const showWelcome = async () => console.log(await welcome(baseUrl, database, loginUrl));
  await showWelcome();
  onEnter(() => showWelcome().catch((error: unknown) => console.error(redact(rootMessage(error)))));
});

function startWorker(
  supervisor: Supervisor,
  record: StackRecord,
  port: number,
  { databaseUrl, neonFetchEndpoint }: LocalDatabase,
  moreVars: Record<string, string>,
): void {
  const readableLine = createLineFilter();
  const wrangler = join(createRequire(import.meta.url).resolve("wrangler/package.json"), "../bin/wrangler.js");
  const pid = supervisor.start({
    name: "The worker (wrangler dev)",
    command: process.execPath,
    args: [
      wrangler,
      "dev",
      ...["--config", writeDevConfig()],
      ...["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"],
      "--show-interactive-dev-session=false",
      ...["--persist-to", workerDir],
      ...prepareVars().flatMap((file) => ["--env-file", file]),
      // These depend on the ports of this start, so they override the files.
      ...["--var", `DATABASE_URL:${databaseUrl}`],
      ...["--var", `NEON_FETCH_ENDPOINT:${neonFetchEndpoint}`],
      ...["--var", `PUBLIC_URL:http://localhost:${port}`],
      ...Object.entries(moreVars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    cwd: root,
    env: {
      ...process.env,
      // The build command of wrangler.toml needs the Node of npm's package, even when this script was not started by npm.
      PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      // Workers with the same name would find each other in a shared registry, and one stack would use the Durable Objects of
      // another.
      WRANGLER_REGISTRY_PATH: join(workerDir, "registry"),
      // For scripts/check-local-database.ts, which wrangler runs before it builds.
      NEON_FETCH_ENDPOINT: neonFetchEndpoint,
      // Nothing here reads Request.cf. Without this setting, wrangler downloads a sample of it, and warns when there is no
      // internet.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    },
    onLine(line) {
      const text = readableLine(line);
      if (text !== undefined) console.log(`[worker] ${text}`);
    },
  });
  if (pid) record.addChild({ name: "the Worker", pid, mark: "wrangler", signal: "TERM", isGroup: true });
}

function startRunner(supervisor: Supervisor, record: StackRecord, port: number): void {
  const pid = supervisor.start({
    name: "The example runner",
    command: process.execPath,
    args: [join(root, "examples/runner/runner.ts")],
    cwd: root,
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port), WEBHOOK_SECRET: DEMO.webhookSecret },
    onLine: (line) => console.log(`[runner] ${line}`),
  });
  if (pid) record.addChild({ name: "the example runner", pid, mark: "examples/runner", signal: "TERM", isGroup: true });
}

/** Waits without a time limit: a Worker that cannot be built prints its errors, and is built again when they are fixed. */
async function untilItAnswers(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await delay(response ? UNHEALTHY_POLL_MS : READY_POLL_MS);
  }
}

async function fireCron(port: number): Promise<void> {
  try {
    const url = `http://127.0.0.1:${port}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`;
    const response = await fetch(url, { signal: AbortSignal.timeout(CRON_INTERVAL_MS) });
    await response.body?.cancel();
    if (!response.ok) console.error(`[cron] The sweep failed: HTTP ${response.status}`);
  } catch (error) {
    console.error(`[cron] The sweep was not started: ${error instanceof Error ? error.message : error}`);
  }
}

async function welcome(baseUrl: string, database: LocalDatabase, loginUrl: string | undefined): Promise<string> {
  const runs = await findRunInEachState(database);
  const { owner, admin, user, quarterlyReportId, runs: demoRuns } = DEMO;
  const login = loginUrl === undefined ? "" : `\n  Login      ${loginUrl} (an example of a login service)`;
  return `
workflow-runs is ready.

  Dashboard  ${baseUrl}/app
  API        ${baseUrl}
  Reference  ${baseUrl}/docs
  Postgres   ${database.databaseUrl}${login}

  Demo keys  ${owner.key}  ${admin.key}  ${user.key}
  Demo runs  ${runs.map(({ id, status }) => `${id}  ${status}`).join("\n             ")}

  Try it:
  curl -X POST -H 'Authorization: Bearer ${owner.key}' ${baseUrl}/v1/workflow-definitions/${quarterlyReportId}/invoke
  curl -H 'Authorization: Bearer ${owner.key}' ${baseUrl}/v1/workflow-runs/${demoRuns.completed}

Enter shows this again, Ctrl-C stops everything.
`;
}
