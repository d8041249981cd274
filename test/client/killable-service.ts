/** The service as built, with the demo data, in a process of its own that can be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { vi } from "vitest";
import { buildService } from "../../scripts/local/bundle.ts";
import { seedDemo } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { startPostgres } from "../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { exampleVars } from "../../scripts/local/stack.ts";
import { migrate } from "../../scripts/migrate.ts";
import { readConfig } from "../../src/config.ts";

export type KillableService = {
  url: string;
  start(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

export async function startKillableService(): Promise<KillableService> {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-killable-"));
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  const endpoint = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0 });
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const database = { databaseUrl: postgres.url(), neonFetchEndpoint: endpoint.url };
  const vars = { ...exampleVars(), DATABASE_URL: postgres.url(), NEON_FETCH_ENDPOINT: endpoint.url, PUBLIC_URL: url };
  await migrate({ directUrl: postgres.url(), log: () => {} });
  await seedDemo({ ...database, runnerPort: 0, encryptionKeys: readConfig(vars).encryptionKeys });
  const built = ".local/check/killable";
  await buildService(built);

  let worker: ChildProcess | null = null;
  const service: KillableService = {
    url,
    async start() {
      const program = join(root, "test/kills/worker.ts");
      const args = [program, built, String(port)];
      const env = { ...process.env, BINDINGS: JSON.stringify(vars) };
      // A group of its own: the runtime is a process of that process.
      worker = spawn(process.execPath, args, { cwd: root, env, detached: true, stdio: "ignore" });
      const isAnswering = () =>
        fetch(`${url}/livez`).then(
          ({ ok }) => ok,
          () => false,
        );
      await vi.waitUntil(isAnswering, { timeout: 60_000, interval: 100 });
    },
    async kill() {
      const pid = worker?.pid;
      if (worker === null || pid === undefined) return;
      const ended = once(worker, "close");
      process.kill(-pid, "SIGKILL");
      worker = null;
      await ended;
    },
    async stop() {
      await service.kill();
      await endpoint.close();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await service.start();
  return service;
}
