/**
 * `npm run test:kill`: `kill -9` on Postgres and on the Worker at random moments under load, 20 times. After each, the
 * invariants hold and every run that was acknowledged is there; in the end, every run has come to an end.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import { offerHelp } from "../../scripts/local/options.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { type Postgres, startPostgres } from "../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../scripts/migrate.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { createRandom } from "../support/random.ts";
import { SETTINGS } from "../support/settings.ts";
import { createTenant } from "../support/tenant.ts";
import { startClients } from "./clients.ts";
import { startRunner } from "./runner.ts";

offerHelp(`Kills Postgres and the Worker at random moments under load, 20 times. Nothing that was acknowledged may be lost.

  npm run test:kill

  SEED   what the random moments begin with; each run prints its own`);

const KILLS = 20;
const DEFINITIONS = 4;
const CLIENTS = 8;
const LONGEST_LIFE_MS = 2000;
/** Far longer than the runs that are left need one after another. */
const LAST_RUNS_MS = 240_000;

let worker: ChildProcess | undefined;
// Ctrl-C: what was started ends with this process.
process.once("SIGINT", () => process.exit(130));
process.once("exit", killWorker);

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`The seed is ${seed}.`);
const random = createRandom(seed);
const folder = mkdtempSync(join(tmpdir(), "workflow-runs-kill-"));

const postgresOptions = { dataDir: join(folder, "postgres"), port: 0, persistent: true };
let postgres: Postgres = await startPostgres(postgresOptions);
const { dataDir, port: postgresPort } = postgres;
const endpoint = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0 });
const databaseUrl = postgres.url();
await migrate({ databaseUrl, neonFetchEndpoint: endpoint.url, log: () => {} });
neonConfig.fetchEndpoint = endpoint.url;
const sql = neon(databaseUrl);

const runner = await startRunner(random);
const tenants = await Promise.all(
  Array.from({ length: DEFINITIONS }, () => createTenant({ sql }, { runnerUrl: runner.url })),
);

const port = await findFreePort();
const baseUrl = `http://127.0.0.1:${port}`;
const script = buildWorker();
worker = startWorker();
await untilItAnswers();
const clients = startClients({ baseUrl, tenants, random, count: CLIENTS });

try {
  for (let kill = 1; kill <= KILLS; kill++) {
    await delay(200 + random.integer(LONGEST_LIFE_MS));
    const victim = random.pick(["Postgres", "the Worker", "both"]);
    const known = clients.acknowledged.size;
    if (victim !== "the Worker") process.kill(postgres.pid, "SIGKILL");
    if (victim !== "Postgres") killWorker();
    if (victim !== "the Worker") {
      await postgres.exited;
      postgres = await startPostgres({ ...postgresOptions, port: postgresPort });
    }
    if (victim !== "Postgres") worker = startWorker();
    await untilItAnswers();
    await check();
    console.log(`${kill}: killed ${victim}, ${known} runs acknowledged before, all is there.`);
  }
  await clients.stop();
  await untilAllHaveEnded();
  await check();
  const total = clients.acknowledged.size;
  console.log(`All ${total} acknowledged runs are there and have ended, ${runner.completed.size} of them COMPLETED.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  runner.close();
  await clients.stop();
  killWorker();
  await endpoint.close();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

function buildWorker(): string {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["deploy", "--dry-run", "--outdir", join(folder, "worker")],
    {
      encoding: "utf8",
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    },
  );
  if (status !== 0) throw new Error(`wrangler deploy --dry-run failed:\n${stdout}${stderr}`);
  return join(folder, "worker/worker.js");
}

function startWorker(): ChildProcess {
  const bindings = { ...SETTINGS, PUBLIC_URL: baseUrl, DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: endpoint.url };
  return spawn(process.execPath, [join(import.meta.dirname, "worker.ts"), script, String(port)], {
    env: { ...process.env, BINDINGS: JSON.stringify(bindings) },
    stdio: ["ignore", "ignore", "inherit"],
    // A process group of its own: the runtime is a process of its own, which dies with it.
    detached: true,
  });
}

function killWorker(): void {
  if (worker?.pid !== undefined) process.kill(-worker.pid, "SIGKILL");
  worker = undefined;
}

async function untilItAnswers(): Promise<void> {
  for (;;) {
    const response = await fetch(`${baseUrl}/healthz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await delay(50);
  }
}

async function check(): Promise<void> {
  // What was acknowledged before is asked for: a run that is acknowledged while we ask is not in the answer.
  const acknowledged = [...clients.acknowledged.keys()];
  const completed = [...runner.completed];
  const undone = await sql`
    select id from workflow_runs where id = any (${completed}::uuid[]) and status <> 'COMPLETED'`;
  const faults = [
    ...(await brokenInvariants(sql.query, { acknowledged })),
    ...undone.map(({ id }) => `a run whose COMPLETED was acknowledged is not: ${id}`),
    ...clients.strangeAnswers,
  ];
  if (faults.length > 0) throw new Error(`With the seed ${seed}:\n${faults.join("\n")}`);
}

/**
 * Nothing is stuck: without clients, the Worker and the runner bring every run to its end. The pauses before the next
 * try of a dispatch are cut short.
 */
async function untilAllHaveEnded(): Promise<void> {
  const limit = Date.now() + LAST_RUNS_MS;
  for (;;) {
    const [count] = await sql`select count(*)::int as n from workflow_runs where status in ('PENDING', 'RUNNING')`;
    if (count?.n === 0) return;
    if (Date.now() > limit) throw new Error(`With the seed ${seed}: ${count?.n} runs are stuck.`);
    await sql`
      update workflow_runs set next_dispatch_at = statement_timestamp()
      where next_dispatch_at is not null and started_at < statement_timestamp() - interval '1 second'`;
    await delay(200);
  }
}
