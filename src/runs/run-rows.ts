/**
 * The parts of queries with which lists and pages read runs. The SQL function `run_as_seen` decides the state of a run at an
 * instant.
 */
import { type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { z } from "zod";
import type { Database } from "../db/client.ts";
import { type FailureCode, RUN_STATUSES, RUNNER_TYPES, type RunEventType, type RunStatus } from "../db/enums.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";
import { workflowRuns } from "../db/run-tables.ts";

/** A run as a reader sees it: `shown_run` in SQL. Instants are RFC 3339. */
export const runRowSchema = z.object({
  id: z.string(),
  workflow_definition_id: z.string(),
  user_id: z.string(),
  runner_type: z.enum(RUNNER_TYPES),
  status: z.enum(RUN_STATUSES),
  started_at: z.string(),
  completed_at: z.string().nullable(),
  run_snapshot: runSnapshotSchema,
  error: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type RunRow = z.infer<typeof runRowSchema>;

/** What the runner of an attempt in progress has reported: `run_progress` in SQL. */
export const runProgressSchema = z.object({ percent: z.int().nullable(), message: z.string().nullable() });

/** The table of runs, with the alias that the conditions in this file use. */
export const r = alias(workflowRuns, "r");

/** The lateral subquery `seen`: the current state of a run `r`. */
export const seenNow = (db: Database) =>
  db
    .select({
      isOverdue: sql<boolean>`seen.is_overdue`.as("seen_is_overdue"),
      status: sql<RunStatus>`seen.status`.as("seen_status"),
      completedAt: sql<string | null>`seen.completed_at`.as("seen_completed_at"),
      updatedAt: sql<string>`seen.updated_at`.as("seen_updated_at"),
      error: sql<string | null>`seen.error`.as("seen_error"),
      failureCode: sql<FailureCode | null>`seen.failure_code`.as("seen_failure_code"),
      /** The type of the event for an end by time (such as a deadline). It may not be recorded yet: see `end_overdue_runs`. */
      overdueEvent: sql<RunEventType>`public.overdue_event(seen.failure_code)`.as("seen_overdue_event"),
    })
    .from(sql`public.run_as_seen(${r}, statement_timestamp()) seen`)
    .as("seen");

/** Why a run waits, as the database knows it: `wait_reason` in SQL. */
export const WAIT_REASONS = [
  "suspended",
  "paused",
  "no_runner",
  "delayed",
  "back_off",
  "key",
  "slot",
  "lease",
  "stop",
  "dispatch",
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** The lateral subquery `waiting`: why a run `r` waits, and whether it is its turn, for {@link seenNow}. */
export const waitingNow = (db: Database, seen: ReturnType<typeof seenNow>) =>
  db
    .select({
      reason: sql<WaitReason | null>`waiting.reason`.as("waiting_reason"),
      hasTurn: sql<boolean>`waiting.has_turn`.as("waiting_has_turn"),
    })
    .from(sql`public.wait_reason(${r}, ${seen.status}, statement_timestamp()) waiting`)
    .as("waiting");

/** The lateral subquery `shown`: a run `r` as readers see it now. */
export const shownNow = sql`public.shown_run(${r}, statement_timestamp()) shown`;

/**
 * The columns of {@link RunRow}, of {@link shownNow}. The id is that of the table: in a left join, drizzle takes a row for missing only
 * if the columns of its tables are null.
 */
export const runFields = {
  ...(Object.fromEntries(
    Object.keys(runRowSchema.shape).map((name) => [name, sql`shown.${sql.identifier(name)}`.as(name)]),
  ) as { [Name in keyof RunRow]: SQL.Aliased<RunRow[Name]> }),
  id: r.id,
};

/** When a run `r` that is stored as RUNNING or PENDING ends or has ended by time: at its deadline, or earlier. */
export const endsAt = sql`public.run_ends_at(r.id, r.status, r.deadline_at)`;

/**
 * True for a run `r` that is stored as RUNNING although it has ended. The rule is the same as in `run_as_seen`, but written in
 * such a way that an index of RUNNING runs can be used.
 */
export const isOverdue = sql`(r.status = 'RUNNING' and ${endsAt} <= statement_timestamp())`;

/** The same for a run `r` that is stored as PENDING although it has expired. */
export const isExpired = sql`public.is_expired(r, statement_timestamp())`;

/** True for a run `r` that is PENDING and has not expired. */
export const isPending = sql`(r.status = 'PENDING' and public.is_unexpired(r.deadline_at, statement_timestamp()))`;

/** True for a run `r` that is RUNNING and has not ended. */
export const isRunning = sql`(r.status = 'RUNNING' and ${endsAt} > statement_timestamp())`;

/** The place of a PENDING run `r` in its queue: `place_in_queue` in SQL. Null in any other state, and until the run has joined. */
export const placeInQueue = sql<number | null>`case when ${isPending} then public.place_in_queue(
  r.workflow_definition_id, r.concurrency_key, r.queue_position, r.id, statement_timestamp())::int end`;

/** How many keys have their turn before that of such a run: `keys_before` in SQL. Null when keys take no turns. */
export const keysBefore = sql<
  number | null
>`case when ${isPending} and (r.queue_position is not null or r.not_before <= statement_timestamp())
  then public.keys_before(r.workflow_definition_id, r.concurrency_key, statement_timestamp()) end`;

/** True for a run `r` whose dispatch is due. */
export const isDue = sql`(r.next_dispatch_at <= statement_timestamp() and ${endsAt} > statement_timestamp())`;
