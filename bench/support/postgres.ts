import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../scripts/local/postgres.ts";
import { type Intercept, startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../scripts/migrate.ts";
import { root } from "./paths.ts";

/** A separate Postgres for the benchmarks, as durable as in production, with Neon's protocol in front of it. */
export type Server = {
  endpointUrl: string;
  version: string;
  url(database: string): string;
  /** Creates a database: with this project's tables, empty, or as a copy of another one that is no longer in use. */
  createDatabase(name: string, content?: "migrated" | "empty" | { copyOf: string }): Promise<pg.Pool>;
  dropDatabase(name: string): Promise<void>;
  /**
   * CPU time that the connections to a database have used since they were opened, in milliseconds. For a closed connection, the
   * value at the last call of this function counts. NaN when there is no /proc.
   */
  cpuMs(database: string): Promise<number>;
  /** Passes every request to the database to `intercept`; undefined ends this. */
  watch(intercept: Intercept | undefined): void;
  stop(): Promise<void>;
};

/** As long as Neon's proxy keeps an unused connection, and with it the plans of the statements in functions. */
const IDLE_TIMEOUT_MS = 5 * 60_000;

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 2 });
  // A connection that ends together with its database or its server is not an error.
  pool.on("error", () => {});
  return pool;
}

/** The CPU time that the scheduler counts for a process, in ns: https://docs.kernel.org/scheduler/sched-stats.html */
function cpuMsOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

export async function startServer(): Promise<Server> {
  const dataDir = join(root, ".local/bench-postgres");
  const postgres = await startPostgres({ dataDir, port: 0, persistent: true, reset: true });
  let watching: Intercept | undefined;
  const endpoint = await startSqlEndpoint({
    postgresUrl: postgres.url(),
    port: 0,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    intercept: async (request) => (watching ? watching(request) : "continue"),
  });
  const admin = openPool(postgres.url());
  const pools = new Map<string, pg.Pool>();
  /** For each database, the last known CPU time of each of its processes. */
  const used = new Map<string, Map<number, number>>();
  const { rows } = await admin.query<{ server_version: string }>("show server_version");

  async function dropDatabase(name: string): Promise<void> {
    await pools.get(name)?.end();
    pools.delete(name);
    used.delete(name);
    await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  }

  /** Closes all connections to a database, since it cannot be copied while there is one. */
  async function leave(name: string): Promise<string> {
    await pools.get(name)?.end();
    pools.delete(name);
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    return name;
  }

  return {
    endpointUrl: endpoint.url,
    version: rows[0]?.server_version ?? "?",
    url: postgres.url,
    async createDatabase(name, content = "migrated") {
      await dropDatabase(name);
      const template = typeof content === "object" ? await leave(content.copyOf) : "template1";
      const [as, from] = [name, template].map(pg.escapeIdentifier);
      await admin.query(`create database ${as} template ${from} strategy file_copy`);
      if (content === "migrated") await migrate({ directUrl: postgres.url(name), log: () => {} });
      const pool = openPool(postgres.url(name));
      pools.set(name, pool);
      return pool;
    },
    dropDatabase,
    async cpuMs(database) {
      const { rows } = await admin.query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend'",
        [database],
      );
      const known = used.get(database) ?? new Map<number, number>();
      used.set(database, known);
      for (const { pid } of rows) known.set(pid, cpuMsOf(pid));
      return [...known.values()].reduce((sum, ms) => sum + ms, 0);
    },
    watch(intercept) {
      watching = intercept;
    },
    async stop() {
      await Promise.all([...pools.values(), admin].map((pool) => pool.end()));
      await endpoint.close();
      await postgres.stop();
      rmSync(postgres.dataDir, { recursive: true, force: true });
    },
  };
}
