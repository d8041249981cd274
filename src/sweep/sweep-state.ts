import { type SQL, sql } from "drizzle-orm";
import { type Database, repeatable } from "../db/client.ts";
import { instant } from "../db/rows.ts";
import { isDue, isOverdue } from "../runs/run-rows.ts";

/**
 * Writes down that a sweep begins, so that one which dies half-way can be seen. False when the sweep is paused: then
 * nothing is written down, and there is nothing to do.
 */
export async function recordSweepBegan(db: Database): Promise<boolean> {
  const { rows } = await db.execute(sql`
    insert into sweep_state (id, began_at) values (1, statement_timestamp())
    on conflict (id) do update set began_at = excluded.began_at where sweep_state.paused_at is null
    returning id`);
  return rows.length > 0;
}

/** Keeps every sweep from beginning, until {@link resumeSweep}. False when it is paused already. */
export async function pauseSweep(db: Database): Promise<boolean> {
  const { rows } = await db.execute(sql`
    insert into sweep_state (id, paused_at) values (1, statement_timestamp())
    on conflict (id) do update set paused_at = excluded.paused_at where sweep_state.paused_at is null
    returning id`);
  return rows.length > 0;
}

/** Lets sweeps begin again. False when they were not paused. */
export async function resumeSweep(db: Database): Promise<boolean> {
  const { rows } = await db.execute(sql`
    update sweep_state set paused_at = null where id = 1 and paused_at is not null returning id`);
  return rows.length > 0;
}

export type SweepResult = {
  /** How many runs it failed, and how long after their deadlines. */
  timed_out: number;
  lag_p50_ms: number | null;
  lag_max_ms: number | null;
  /** How many dispatches it tried to deliver. */
  delivered: number;
  /** How many runs it deleted because of their age. */
  deleted: number;
};

/** What a sweep had to leave to the next: overdue runs and due dispatches, counted up to {@link MAX_COUNTED}. */
export type Backlog = { overdue_left: number; due_left: number };

const MAX_COUNTED = 10_000;

/** How many runs `r` there are of a kind, up to {@link MAX_COUNTED}. */
export const countRuns = (condition: SQL) =>
  sql`(select count(*)::int from (select from workflow_runs r where ${condition} limit ${MAX_COUNTED}) counted)`;

/** Writes down what a sweep did, and answers what it left. */
export async function recordSweepEnded(db: Database, result: SweepResult): Promise<Backlog> {
  const { rows } = await db.execute<Backlog>(sql`
    update sweep_state
    set ended_at = statement_timestamp(), timed_out = ${result.timed_out}, lag_p50_ms = ${result.lag_p50_ms},
        lag_max_ms = ${result.lag_max_ms}, delivered = ${result.delivered}, deleted = ${result.deleted},
        overdue_left = ${countRuns(isOverdue)}, due_left = ${countRuns(isDue)}
    where id = 1
    returning overdue_left, due_left`);
  return rows[0] ?? { overdue_left: 0, due_left: 0 };
}

/** Asks the database for its time, as the wire has instants. */
export async function readDatabaseTime(db: Database): Promise<string> {
  const { rows } = await repeatable(db).execute<{ database_at: string }>(sql`
    select ${instant(sql`statement_timestamp()`)} as database_at`);
  const [row] = rows;
  if (!row) throw new Error("A statement without FROM answered no row.");
  return row.database_at;
}

export type Readiness = {
  /** The database's clock, as the wire has instants. */
  database_at: string;
  /** Seconds since a sweep last ended; null when none has yet. */
  since_sweep: number | null;
  /** Seconds since the sweep was paused; null when it is not. */
  since_pause: number | null;
  /** Seconds since the deadline of the run that has been overdue longest; null when none is. */
  overdue: number | null;
  /** Seconds since the dispatch that has been due longest was due; null when none is. */
  undelivered: number | null;
};

export const secondsSince = (at: SQL) => sql`extract(epoch from statement_timestamp() - ${at})::float8`;

/** Asks the database how far behind the sweep is. */
export async function readReadiness(db: Database): Promise<Readiness> {
  const { rows } = await repeatable(db).execute<Readiness>(sql`
    select ${instant(sql`statement_timestamp()`)} as database_at,
      (select ${secondsSince(sql`ended_at`)} from sweep_state) as since_sweep,
      (select ${secondsSince(sql`paused_at`)} from sweep_state) as since_pause,
      (select ${secondsSince(sql`min(r.deadline_at)`)} from workflow_runs r where ${isOverdue}) as overdue,
      (select ${secondsSince(sql`min(r.next_dispatch_at)`)} from workflow_runs r where ${isDue}) as undelivered`);
  const [row] = rows;
  if (!row) throw new Error("A statement without FROM answered no row.");
  return row;
}
