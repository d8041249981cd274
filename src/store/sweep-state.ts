import { sql } from "drizzle-orm";
import { type Database, repeatable } from "./client.ts";
import { instant } from "./rows.ts";

/** Writes down that a sweep begins, so that one which dies half-way can be seen. */
export async function recordSweepBegan(db: Database): Promise<void> {
  await db.execute(sql`
    insert into sweep_state (id, began_at) values (1, statement_timestamp())
    on conflict (id) do update set began_at = excluded.began_at`);
}

/** Writes down what a sweep did: how many runs it failed, and how long after their deadlines, in milliseconds. */
export async function recordSweepEnded(
  db: Database,
  result: { timedOut: number; lagP50Ms: number | null; lagMaxMs: number | null },
): Promise<void> {
  await db.execute(sql`
    update sweep_state
    set ended_at = statement_timestamp(), timed_out = ${result.timedOut},
        lag_p50_ms = ${result.lagP50Ms}, lag_max_ms = ${result.lagMaxMs}
    where id = 1`);
}

export type Health = {
  /** The database's clock, as the wire has instants. */
  databaseAt: string;
  /** Seconds since a sweep last ended; null when none has yet. */
  secondsSinceSweep: number | null;
};

/** Asks the database for its time and for when a sweep last ended. */
export async function readHealth(db: Database): Promise<Health> {
  const { rows } = await repeatable(db).execute<{ database_at: string; seconds_since_sweep: number | null }>(sql`
    select ${instant(sql`statement_timestamp()`)} as database_at,
      (select extract(epoch from statement_timestamp() - ended_at)::float8 from sweep_state) as seconds_since_sweep`);
  const [row] = rows;
  if (!row) throw new Error("A statement without FROM answered no row.");
  return { databaseAt: row.database_at, secondsSinceSweep: row.seconds_since_sweep };
}
