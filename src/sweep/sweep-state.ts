import { and, eq, isNotNull, isNull, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { z } from "zod";
import { isOfSomebody } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { deletedDefinitions, deletedEndpoints, deletedParents, deletedTriggers } from "../db/deletion-tables.ts";
import type { Round } from "../db/round.ts";
import { instant, secondsSince } from "../db/rows.ts";
import { keptSignals } from "../db/suspension-tables.ts";
import { setAside, sweepState } from "../db/sweep-tables.ts";
import type { LiveStatus } from "../http/live/live.ts";
import { endsAt, isDue, isExpired, isOverdue, r } from "../runs/run-rows.ts";
import { WHOLE_STEP } from "../verbs/sweep-steps.ts";
import { CLOCK } from "./clock.ts";

/** The cron fires every minute. Work that three sweeps have not done counts as late. */
export const LATE_SECONDS = 180;

const NOW = sql`statement_timestamp()`;

const turnSchema = z
  .string()
  .nullable()
  .default(null)
  .transform((after): Round => ({ after }));
/** How far the rounds are, by the kinds of `next_in_round` in SQL. Each sweep goes on where the one before it has stopped. */
const roundsSchema = z.object({
  dispatches: turnSchema,
  stops: turnSchema,
  ends: turnSchema,
  firings: turnSchema,
  notifications: turnSchema,
});
type Rounds = z.infer<typeof roundsSchema>;

/** What a sweep knows when it begins. */
type Begun = {
  /** By the clock of the database. */
  at: string;
  rounds: Rounds;
  /** The steps that are set aside as a whole. */
  stepsAside: ReadonlySet<string>;
  /**
   * Whether something belongs to deleted workflows, triggers, endpoints and parents, or a signal is too old: `finish_deletions` in SQL. Usually
   * there is nothing.
   */
  hasDeletions: boolean;
};

/**
 * Records that a sweep begins, so that a sweep that dies is noticed. Returns null when the sweep is paused: then nothing is recorded, and
 * the sweep must do nothing.
 */
export async function recordSweepBegan(db: Database): Promise<Begun | null> {
  const rows = await db
    .insert(sweepState)
    .values({ id: 1, beganAt: NOW })
    .onConflictDoUpdate({
      target: sweepState.id,
      set: { beganAt: sql`excluded.began_at` },
      setWhere: isNull(sweepState.pausedAt),
    })
    .returning({
      positions: sweepState.positions,
      at: sql<string>`${sweepState.beganAt}::text`,
      stepsAside: sql<string[]>`array(${db
        .select({ step: setAside.step })
        .from(setAside)
        .where(and(eq(setAside.rowId, WHOLE_STEP), sql`${setAside.until} > ${NOW}`))})`,
      hasDeletions: sql<boolean>`exists (select from ${deletedDefinitions}) or exists (select from ${deletedTriggers})
        or exists (select from ${deletedEndpoints}) or exists (select from ${deletedParents})
        or exists (select from ${keptSignals} where ${keptSignals.receivedAt} <= ${NOW} - public.signals_kept_for())`,
    });
  const [row] = rows;
  if (!row) return null;
  const { at, hasDeletions } = row;
  return { at, rounds: roundsSchema.parse(row.positions), stepsAside: new Set(row.stepsAside), hasDeletions };
}

/** Pauses the sweep until {@link resumeSweep}. Returns false when it was already paused. */
export async function pauseSweep(db: Database): Promise<boolean> {
  const rows = await db
    .insert(sweepState)
    .values({ id: 1, pausedAt: NOW })
    .onConflictDoUpdate({
      target: sweepState.id,
      set: { pausedAt: sql`excluded.paused_at` },
      setWhere: isNull(sweepState.pausedAt),
    })
    .returning({ id: sweepState.id });
  return rows.length > 0;
}

/** Ends the pause of the sweep. Returns false when it was not paused. */
export async function resumeSweep(db: Database): Promise<boolean> {
  const rows = await db
    .update(sweepState)
    .set({ pausedAt: null })
    .where(and(eq(sweepState.id, 1), isNotNull(sweepState.pausedAt)))
    .returning({ id: sweepState.id });
  return rows.length > 0;
}

export type SweepResult = {
  /** How many runs it failed, and how long after their deadlines. */
  timed_out: number;
  lag_p50_ms: number | null;
  lag_max_ms: number | null;
  /** How many dispatches it tried to send. */
  dispatched: number;
  /** How many runs it deleted because of their age. */
  deleted: number;
};

/**
 * What a sweep left to the next one: overdue runs and due dispatches, counted up to {@link MAX_COUNTED}. `due_in_ms` is the
 * time until something is due next; negative when it is already due, null when nothing is planned.
 */
export type Backlog = { overdue_left: number; due_left: number; due_in_ms: number | null };

export const MAX_COUNTED = 10_000;

/** The number of runs `r` that meet a condition, counted up to {@link MAX_COUNTED}. */
export const countRuns = (db: Database, condition: SQL): SQL<number> => {
  const counted = db.select({ id: r.id }).from(r).where(condition).limit(MAX_COUNTED).as("counted");
  return sql<number>`${db.select({ count: sql`count(*)::int` }).from(counted)}`;
};

/** The number of overdue and of expired runs, counted up to {@link MAX_COUNTED}. */
export const countOverdue: SQL<number> = sql<number>`public.count_overdue_runs(statement_timestamp(), ${MAX_COUNTED}::int)`;

/**
 * Records what a sweep did, and how far the rounds are. What was to be tried again by this sweep, and has not failed, is no
 * longer set aside. Returns what it left to the next one.
 */
export async function recordSweepEnded(db: Database, result: SweepResult, { at, rounds }: Begun): Promise<Backlog> {
  const forgotten = db
    .$with("forgotten")
    .as(db.delete(setAside).where(sql`${setAside.until} <= ${at}::timestamptz`).returning({ step: setAside.step }));
  const rows = await db
    .with(forgotten)
    .update(sweepState)
    .set({
      endedAt: NOW,
      timedOut: result.timed_out,
      lagP50Ms: result.lag_p50_ms,
      lagMaxMs: result.lag_max_ms,
      dispatched: result.dispatched,
      deleted: result.deleted,
      overdueLeft: countOverdue,
      dueLeft: countRuns(db, isDue),
      positions: Object.fromEntries(Object.entries(rounds).map(([kind, { after }]) => [kind, after])),
    })
    .where(eq(sweepState.id, 1))
    .returning({
      overdue_left: sweepState.overdueLeft,
      due_left: sweepState.dueLeft,
      due_in_ms: sql<number | null>`public.deployment_due_in_ms()`,
    });
  const [row] = rows;
  if (!row) throw new Error("The row of sweep_state is gone.");
  return row;
}

export type Readiness = {
  /** The time of the database, in the format of the API. */
  database_at: string;
  /** Seconds since the last sweep ended; null when none has ended yet. */
  since_sweep: number | null;
  /** Seconds since the sweep was paused; null when it is not paused. */
  since_pause: number | null;
  /** Seconds since the earliest end of an overdue run; null when none is overdue. */
  overdue: number | null;
  /** Seconds since the oldest due dispatch became due; null when none is due. */
  due: number | null;
  set_aside: FailingStep[];
};

/** A step of the sweep in which something is set aside. It names no row and no tenant, since `/readyz` is open. */
type FailingStep = {
  step: string;
  /** How many rows. */
  failing: number;
  /** Since the first of them failed. */
  seconds: number;
  /** Since the step failed as a whole; null when it has not. */
  seconds_as_whole: number | null;
};

/** Seconds since the earliest instant of a column, among the runs `r` that meet a condition. */
export const secondsSinceFirst = (db: Database, at: SQLWrapper, condition: SQL): SQL<number | null> =>
  sql<number | null>`${db
    .select({ seconds: secondsSince(sql`min(${at})`) })
    .from(r)
    .where(condition)}`;

/** Seconds since the first end of an overdue or expired run; null when there is none. */
export const secondsSinceFirstEnd = (db: Database): SQL<number | null> =>
  sql<number | null>`greatest(${secondsSinceFirst(db, endsAt, isOverdue)},
    ${secondsSinceFirst(db, r.deadlineAt, sql`(${isExpired} and ${isOfSomebody(r)})`)})`;

/** How many of the rows and steps that are set aside are shown. */
const MOST_SHOWN = 20;

/** The columns of {@link SetAside}. */
export const setAsideColumns = {
  step: sql<string>`${setAside.step}`.as("step"),
  row_id: sql<string>`${setAside.rowId}`.as("row_id"),
  tenant_id: sql<string | null>`${setAside.tenantId}`.as("tenant_id"),
  failures: sql<number>`${setAside.failures}`.as("failures"),
  seconds: secondsSince<number>(setAside.failedAt).as("seconds"),
  seconds_left: sql<number>`extract(epoch from ${setAside.until} - statement_timestamp())::float8`.as("seconds_left"),
  sqlstate: sql<string | null>`${setAside.sqlstate}`.as("sqlstate"),
  message: sql<string>`${setAside.message}`.as("message"),
};

/** What is set aside, or was and has not been tried again yet: steps first, then what has failed for the longest time. */
export const selectSetAside = (db: Database) =>
  db
    .select(setAsideColumns)
    .from(setAside)
    .orderBy(sql`${setAside.rowId} <> ${WHOLE_STEP}`, setAside.failedAt)
    .limit(MOST_SHOWN);

const isWhole = eq(setAside.rowId, WHOLE_STEP);

const selectFailingSteps = (db: Database) =>
  db
    .select({
      step: sql<string>`${setAside.step}`.as("step"),
      failing: sql<number>`(count(*) filter (where not ${isWhole}))::int`.as("failing"),
      seconds: secondsSince<number>(sql`min(${setAside.failedAt})`).as("seconds"),
      seconds_as_whole: secondsSince(sql`min(${setAside.failedAt}) filter (where ${isWhole})`).as("seconds_as_whole"),
    })
    .from(setAside)
    .groupBy(setAside.step)
    .orderBy(setAside.step);

/** Reads how far behind the sweep is. */
export async function readReadiness(db: Database): Promise<Readiness> {
  const query = db
    .select({
      database_at: instant(sql`clock.now`),
      since_sweep: secondsSince(sweepState.endedAt),
      since_pause: secondsSince(sweepState.pausedAt),
      overdue: secondsSinceFirstEnd(db),
      due: secondsSinceFirst(db, r.nextDispatchAt, isDue),
      set_aside: sql<
        FailingStep[]
      >`(select coalesce(jsonb_agg(to_jsonb(listed)), '[]') from ${selectFailingSteps(db).as("listed")})`,
    })
    .from(CLOCK)
    .leftJoin(sweepState, sql`true`);
  const [row] = await repeatable(db).select(query);
  if (!row) throw new Error("The clock of the database answered no row.");
  return row;
}

/** Seconds since the cron last did its work. A cron that found nothing to do counts as well. */
export const sinceSweepOrSkip = (sinceSweep: number | null, live: LiveStatus | null): number | null =>
  sinceSweep === null ? null : Math.min(sinceSweep, live?.sinceSkipped ?? sinceSweep);
