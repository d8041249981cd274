/** A run as lists and pages read it. How it stands at an instant is `run_as_seen` in SQL, for readers and verbs alike. */
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { RUN_STATUSES, RUNNER_TYPES } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";

/** A run as a reader sees it: `run_response` in SQL. Instants are RFC 3339. */
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

/** Joins to a run `r`, a row of the table or of a query of all its columns, how it is `seen` now. */
export const joinSeen = sql`
  cross join lateral public.run_as_seen(row(r.*)::public.workflow_runs, statement_timestamp()) seen`;

/** The columns of {@link RunRow} for a run `r` with {@link joinSeen}. */
export const runColumns = sql`
  r.id, r.workflow_definition_id, r.user_id, r.runner_type, seen.status,
  ${instant(sql`coalesce(r.started_at, r.created_at)`)} as started_at,
  ${instant(sql`seen.completed_at`)} as completed_at, r.run_snapshot, seen.error,
  ${instant(sql`r.created_at`)} as created_at, ${instant(sql`seen.updated_at`)} as updated_at`;

/**
 * True for a run `r` that is stored as RUNNING although its deadline has passed. It says the same as `run_as_seen`, as a
 * condition that an index can answer.
 */
export const isOverdue = sql`(r.status = 'RUNNING' and r.deadline_at <= statement_timestamp())`;

/** True for a run `r` that has the slot of its definition, and time left. */
export const isRunning = sql`(r.status = 'RUNNING' and r.deadline_at > statement_timestamp())`;

/** Which place a PENDING run `r` has in its queue: 1 for the run that is next. Null for any other. */
export const placeInQueue: SQL = sql`case when r.status = 'PENDING' then (
  select count(*)::int from workflow_runs ahead
  where ahead.workflow_definition_id = r.workflow_definition_id
    and ahead.status = 'PENDING' and ahead.queue_position <= r.queue_position
) end`;

/** True for a run `r` whose dispatch is due. */
export const isDue = sql`(r.next_dispatch_at <= statement_timestamp() and r.deadline_at > statement_timestamp())`;
