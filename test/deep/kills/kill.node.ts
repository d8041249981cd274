/**
 * `kill -9` on Postgres and on the Worker at random moments under load, 20 times. After each, the invariants hold and every run
 * that was acknowledged is there; in the end, every run has come to an end. In Node, with the Worker as built.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, expect, it } from "vitest";
import { buildBundle } from "../../../scripts/local/bundle.ts";
import { root } from "../../../scripts/local/folders.ts";
import { findFreePort } from "../../../scripts/local/ports.ts";
import { type Postgres, startPostgres } from "../../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../../scripts/migrate.ts";
import { brokenInvariants } from "../../model/invariants.ts";
import { createRandom } from "../../support/random.ts";
import { SETTINGS } from "../../support/settings.ts";
import { createTenant } from "../../support/tenant.ts";
import { startClients } from "./clients.ts";
import { startRunner } from "./runner.ts";

const KILLS = 20;
const DEFINITIONS = 4;
const CLIENTS = 8;
const LONGEST_LIFE_MS = 2000;
/** Far longer than the runs that are left need one after another. */
const LAST_RUNS_MS = 240_000;

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = createRandom(seed);
const folder = mkdtempSync(join(tmpdir(), "workflow-runs-kill-"));

/** What ends it all, the last of them first. */
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

it(`nothing that was acknowledged is lost (seed ${seed})`, async () => {
  const postgresOptions = { dataDir: join(folder, "postgres"), port: 0, persistent: true };
  let postgres: Postgres = await startPostgres(postgresOptions);
  const { dataDir, port: postgresPort } = postgres;
  endings.push(async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const databaseUrl = postgres.url();
  const endpoint = await startSqlEndpoint({ postgresUrl: databaseUrl, port: 0 });
  endings.push(endpoint.close);
  await migrate({ databaseUrl, neonFetchEndpoint: endpoint.url, log: () => {} });
  neonConfig.fetchEndpoint = endpoint.url;
  const sql = neon(databaseUrl);

  const runner = await startRunner(random);
  endings.push(runner.close);
  const tenants = await Promise.all(
    Array.from({ length: DEFINITIONS }, () => createTenant({ sql }, { runnerUrl: runner.url })),
  );
  const port = await findFreePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const bindings = { ...SETTINGS, PUBLIC_URL: baseUrl, DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: endpoint.url };
  const script = buildWorker();
  let worker = startWorker(script, port, bindings);
  endings.push(() => killWorker(worker));
  // Also after Ctrl-C.
  process.once("exit", () => killWorker(worker));
  await untilItAnswers(baseUrl);
  const clients = startClients({ baseUrl, tenants, random, count: CLIENTS });
  endings.push(clients.stop);

  for (let kill = 1; kill <= KILLS; kill++) {
    await delay(200 + random.integer(LONGEST_LIFE_MS));
    const victim = random.pick(["Postgres", "the Worker", "both"]);
    if (victim !== "the Worker") process.kill(postgres.pid, "SIGKILL");
    if (victim !== "Postgres") killWorker(worker);
    if (victim !== "the Worker") {
      await postgres.exited;
      postgres = await startPostgres({ ...postgresOptions, port: postgresPort });
    }
    if (victim !== "Postgres") worker = startWorker(script, port, bindings);
    await untilItAnswers(baseUrl);
    expect(await findFaults(sql, clients, runner), `after kill ${kill}, of ${victim}`).toEqual([]);
  }
  await clients.stop();
  await untilAllHaveEnded(sql);
  expect(await findFaults(sql, clients, runner)).toEqual([]);
  expect(runner.completed.size).toBeGreaterThan(0);
});

type Sql = NeonQueryFunction<false, false>;

/** Builds it as it is deployed, into one file. Returns its path. */
function buildWorker(): string {
  const { script } = buildBundle({ entry: "src/worker.ts", outdir: relative(root, join(folder, "built")) });
  const path = join(folder, "worker.js");
  writeFileSync(path, script);
  return path;
}

function startWorker(script: string, port: number, bindings: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "worker.ts"), script, String(port)], {
    env: { ...process.env, BINDINGS: JSON.stringify(bindings) },
    stdio: ["ignore", "ignore", "inherit"],
    // A process group of its own: the runtime is a process of its own, which dies with it.
    detached: true,
  });
}

function killWorker({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}

async function untilItAnswers(baseUrl: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${baseUrl}/healthz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await delay(50);
  }
}

type Clients = ReturnType<typeof startClients>;
type Runner = Awaited<ReturnType<typeof startRunner>>;

async function findFaults(sql: Sql, clients: Clients, runner: Runner): Promise<string[]> {
  // What was acknowledged before is asked for: a run that is acknowledged while we ask is not in the answer.
  const acknowledged = [...clients.acknowledged.keys()];
  const completed = [...runner.completed];
  const undone = await sql`
    select id from workflow_runs where id = any (${completed}::uuid[]) and status <> 'COMPLETED'`;
  return [
    ...(await brokenInvariants(sql.query, { acknowledged })),
    ...undone.map(({ id }) => `a run whose COMPLETED was acknowledged is not: ${id}`),
    ...clients.strangeAnswers,
  ];
}

/**
 * Nothing is stuck: without clients, the Worker and the runner bring every run to its end. The pauses before the next
 * try of a dispatch are cut short.
 */
async function untilAllHaveEnded(sql: Sql): Promise<void> {
  const limit = Date.now() + LAST_RUNS_MS;
  for (;;) {
    const [count] = await sql`select count(*)::int as n from workflow_runs where status in ('PENDING', 'RUNNING')`;
    if (count?.n === 0) return;
    if (Date.now() > limit) throw new Error(`${count?.n} runs are stuck.`);
    await sql`
      update workflow_runs set next_dispatch_at = statement_timestamp()
      where next_dispatch_at is not null and started_at < statement_timestamp() - interval '1 second'`;
    await delay(200);
  }
}
