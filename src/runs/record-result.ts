import { sql } from "drizzle-orm";
import { type Database, repeatable } from "../db/client.ts";
import type { RunStatus } from "../db/enums.ts";
import { Problem } from "../http/problems.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { may } from "./run-rows.ts";
import { judgedAt, lockDefinitions, type Promotion, promoteLocked, timeOutLocked } from "./slots.ts";

/** What a runner says of one attempt of a run. Who it is was proved by its token. */
export type RunResult = {
  runId: string;
  tenantId: string;
  attempt: number;
  status: "COMPLETED" | "FAILED";
  /** Kept for a FAILED run only. */
  error: string | null;
};

/** How many different results are kept of an attempt that has ended. */
const MAX_LATE_RESULTS = 10;

type Outcome = {
  is_recorded: boolean;
  /** The run as it was before. */
  status: RunStatus;
  attempt: number;
  ended_by: string | null;
};

/**
 * Ends a RUNNING run as its runner says. The same result said again is taken as it was the first time; another
 * one, or one that comes too late, changes nothing and is kept among the run's events.
 * @throws Problem `not_found`, or `conflict` for a late result or one of an older attempt
 */
export async function recordResult(db: Database, result: RunResult & Promotion): Promise<RunStatus> {
  const run = sql`r.id = ${result.runId} and r.tenant_id = ${result.tenantId}`;
  // Guarantees: one result ends an attempt, before its deadline, once; the dispatch that it proves is recorded.
  // Closes the race with a stop, the sweep or a second callback by the definition's lock, which all of them hold; and
  // that with who writes down the hand-over, and does not hold it, by the run's own.
  const [, , { rows }, { rows: dispatches }] = await repeatable(db).batch([
    db.execute(lockDefinitions(sql`select r.workflow_definition_id from workflow_runs r where ${run}`)),
    db.execute(timeOutLocked),
    db.execute<Outcome>(sql`
      with found as (
        select r.* from workflow_runs r where ${run} for update
      ), ended as (
        update workflow_runs r
        set status = ${result.status}, ended_by = 'CALLBACK', next_dispatch_at = null,
            error = ${result.status === "FAILED" ? result.error : null},
            dispatched_at = coalesce(r.dispatched_at, statement_timestamp()),
            completed_at = ${judgedAt}, updated_at = ${judgedAt}
        from found
        where r.id = found.id and r.attempt = ${result.attempt} and ${may("complete")}
        returning r.id
      ), recorded as (
        insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
        select found.tenant_id, found.id, found.attempt, e.type, ${judgedAt}, e.detail
        from found
        join ended on ended.id = found.id
        cross join lateral (values
          (1, case when found.dispatched_at is null then 'DISPATCHED' end,
              jsonb_build_object('tries', found.dispatch_count)),
          (2, ${result.status}, jsonb_build_object('error', ${result.error}::text))
        ) e (step, type, detail)
        where e.type is not null
        order by e.step
      ), late as (
        insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
        select found.tenant_id, found.id, found.attempt, 'LATE_RESULT', said.detail
        from found
        cross join lateral (select jsonb_build_object('status', ${result.status}::text, 'error', ${result.error}::text)) said (detail)
        where found.attempt = ${result.attempt} and found.status <> 'RUNNING'
          and not (found.status = ${result.status} and found.ended_by = 'CALLBACK')
          -- A runner that repeats itself for ever is written down once, and one that says ever more not for ever.
          and (
            select count(*) < ${MAX_LATE_RESULTS} and count(*) filter (where e.detail = said.detail) = 0
            from workflow_run_events e
            where e.run_id = found.id and e.attempt = found.attempt and e.type = 'LATE_RESULT')
      )
      select ended.id is not null as is_recorded, found.status, found.attempt, found.ended_by
      from found left join ended on true`),
    db.execute<DispatchRow>(promoteLocked(result)),
  ]);
  result.onPromoted(dispatches);
  const [before] = rows;
  if (!before) throw new Problem("not_found", "There is no such run any more: its result is not needed.");
  if (before.attempt !== result.attempt) {
    throw new Problem(
      "conflict",
      `The token is of attempt ${result.attempt}; the run is at attempt ${before.attempt}.`,
    );
  }
  const isRepeated = before.status === result.status && before.ended_by === "CALLBACK";
  if (before.is_recorded || isRepeated) return result.status;
  throw new Problem("conflict", refusal(before));
}

function refusal({ status, ended_by }: Outcome): string {
  if (ended_by === "DEADLINE")
    return "The result came after the deadline: the run is FAILED. It is kept in the run's events.";
  if (ended_by === "STOP") return "The run was stopped meanwhile. The result is kept in the run's events.";
  return `The run has already ended: it is ${status}. The result is kept in the run's events.`;
}
