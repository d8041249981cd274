import { sql } from "drizzle-orm";
import type { RunnerType, RunStatus } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { type RunSnapshot, TRANSITIONS, type Transition } from "./run.ts";

/** True for a run `r` whose time is up but which no sweep has come by yet. */
export const isOverdue = sql`(r.status = 'RUNNING' and r.deadline_at <= statement_timestamp())`;

/** True for a run `r` that has the slot of its definition, and time left. */
export const isRunning = sql`(r.status = 'RUNNING' and r.deadline_at > statement_timestamp())`;

/** The error of a run `r` that was still RUNNING at its deadline. */
export const timedOutError = sql`'Timed out: no result arrived within '
  || extract(epoch from r.deadline_at - r.started_at)::int || ' seconds of the start.'`;

/** True for a run `r` to which this may happen in the state that it is in. */
export const may = (transition: Transition) =>
  // Literals, so that the planner can tell that a partial index holds the row.
  sql.raw(`r.status in (${TRANSITIONS[transition].from.map((status) => `'${status}'`).join(", ")})`);

/** Which place a PENDING run `r` has in its queue: 1 for the run that is next. Null for any other. */
export const placeInQueue = sql`case when r.status = 'PENDING' then (
  select count(*)::int from workflow_runs ahead
  where ahead.workflow_definition_id = r.workflow_definition_id
    and ahead.status = 'PENDING' and ahead.queue_position <= r.queue_position
) end`;

/** A run as a reader sees it, before the sweep and after it alike. */
export type RunRow = {
  id: string;
  workflow_definition_id: string;
  user_id: string;
  runner_type: RunnerType;
  status: RunStatus;
  started_at: string;
  completed_at: string | null;
  run_snapshot: RunSnapshot;
  error: string | null;
  created_at: string;
  updated_at: string;
};

/**
 * The columns of {@link RunRow} for a run `r`. The deadline is a fact, not an event: an overdue run is
 * FAILED here as the sweep will write it.
 */
export const runColumns = sql`
  r.id, r.workflow_definition_id, r.user_id, r.runner_type,
  case when ${isOverdue} then 'FAILED' else r.status end as status,
  ${instant(sql`coalesce(r.started_at, r.created_at)`)} as started_at,
  ${instant(sql`case when ${isOverdue} then r.deadline_at else r.completed_at end`)} as completed_at,
  r.run_snapshot,
  case when ${isOverdue} then ${timedOutError} else r.error end as error,
  ${instant(sql`r.created_at`)} as created_at,
  ${instant(sql`case when ${isOverdue} then r.deadline_at else r.updated_at end`)} as updated_at`;
