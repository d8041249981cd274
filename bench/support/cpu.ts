/** The CPU time of Postgres for statements that are called directly, without the Worker. */
import { readFileSync } from "node:fs";
import type pg from "pg";
import { spread } from "./rounds.ts";

/**
 * The CPU time of Postgres, in milliseconds, for one call of each act: the median of the second half of so many calls, since the first
 * half fills the caches of the connection. All changes are rolled back.
 */
export async function cpuMsOfActs(
  pool: pg.Pool,
  acts: Readonly<Record<string, (client: pg.PoolClient) => Promise<unknown>>>,
  calls: number,
): Promise<Map<string, number>> {
  const costs = new Map<string, number>();
  const client = await pool.connect();
  try {
    const { rows } = await client.query("select pg_backend_pid() as pid");
    const cpuMs = () => Number(readFileSync(`/proc/${rows[0].pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    for (const [name, act] of Object.entries(acts)) {
      const values = [];
      for (let call = 0; call < calls; call++) {
        await client.query("begin");
        const before = cpuMs();
        await act(client);
        values.push(cpuMs() - before);
        await client.query("rollback");
      }
      costs.set(name, spread(values.slice(calls / 2)).median);
    }
  } finally {
    client.release(true);
  }
  return costs;
}
