/** Postgres, and the built Worker with its Durable Objects, each as a process that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";
import { buildService } from "../../../scripts/local/bundle.ts";
import { root } from "../../../scripts/local/folders.ts";
import { findFreePort } from "../../../scripts/local/ports.ts";
import { type Postgres, startPostgres } from "../../../scripts/local/postgres.ts";
import { type Intercept, startSqlEndpoint } from "../../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../../scripts/migrate.ts";
import type { Random } from "../random.ts";
import { SETTINGS } from "../settings.ts";

export type Sql = NeonQueryFunction<false, false>;

type Options = {
  /** How often the cron fires. */
  cronMs: number;
  /** True for the Worker with its Durable Objects, false for one with a bucket. What they store survives a kill. */
  hasObjects: boolean;
  /** The port of workerd's inspector; by default there is none. */
  inspectorPort?: number;
};

/**
 * Postgres with the tables, its SQL endpoint, and a folder for what else is started. Functions that stop what was started are added to
 * `endings`. They must be called in reverse order.
 */
export async function startDatabase(endings: (() => unknown)[], intercept?: Intercept) {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-kill-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const postgresOptions = { dataDir: join(folder, "postgres"), port: 0, persistent: true };
  let postgres: Postgres = await startPostgres(postgresOptions);
  const { dataDir, port } = postgres;
  endings.push(async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const databaseUrl = postgres.url();
  const endpoint = await startSqlEndpoint({ postgresUrl: databaseUrl, port: 0, ...(intercept && { intercept }) });
  endings.push(endpoint.close);
  await migrate({ directUrl: databaseUrl, log: () => {} });
  neonConfig.fetchEndpoint = endpoint.url;
  const sql: Sql = neon(databaseUrl);
  return {
    folder,
    sql,
    vars: { ...SETTINGS, DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: endpoint.url },
    kill: () => process.kill(postgres.pid, "SIGKILL"),
    /** Starts Postgres again after it was killed. */
    async restart() {
      await postgres.exited;
      postgres = await startPostgres({ ...postgresOptions, port });
    },
  };
}

/** Functions that stop what was started are added to `endings`. They must be called in reverse order. */
export async function startStack(endings: (() => unknown)[], { cronMs, hasObjects, inspectorPort }: Options) {
  const { folder, sql, vars, ...postgres } = await startDatabase(endings);
  const port = await findFreePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const bindings = { ...vars, PUBLIC_URL: baseUrl };
  const storage = join(folder, "storage");
  mkdirSync(storage);
  const environment = {
    BINDINGS: JSON.stringify(bindings),
    CRON_MS: String(cronMs),
    STORAGE: storage,
    HAS_OBJECTS: hasObjects ? "1" : "",
    INSPECTOR_PORT: inspectorPort === undefined ? "" : String(inspectorPort),
  };
  const built = join(folder, "built");
  await buildService(relative(root, built));
  let worker = startWorker(built, port, environment);
  endings.push(() => kill(worker));
  // This also works after Ctrl-C.
  process.once("exit", () => kill(worker));
  await untilItAnswers(baseUrl);
  return {
    baseUrl,
    sql,
    /** The files in which the Durable Objects store what they keep. */
    storedObjects: () =>
      readdirSync(storage, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite")),
    async killWorker(): Promise<void> {
      kill(worker);
      worker = startWorker(built, port, environment);
      await untilItAnswers(baseUrl);
    },
    /**
     * Kills Postgres, the Worker or both, restarts what was killed, and waits until the service answers. Returns what was
     * killed.
     */
    async killSome(random: Random): Promise<string> {
      const victim = random.pick(["Postgres", "the Worker", "both"]);
      if (victim !== "the Worker") postgres.kill();
      if (victim !== "Postgres") kill(worker);
      if (victim !== "the Worker") await postgres.restart();
      if (victim !== "Postgres") worker = startWorker(built, port, environment);
      await untilItAnswers(baseUrl);
      return victim;
    },
  };
}

function startWorker(built: string, port: number, environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [join(root, "test/kills/worker.ts"), built, String(port)], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
    // The process gets its own group, since the runtime is another process in it that must die as well.
    detached: true,
  });
}

/** `kill -9` of the process group of a process. */
export function kill({ pid, exitCode, signalCode }: ChildProcess): void {
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
