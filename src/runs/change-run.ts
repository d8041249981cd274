import { type SQL, sql } from "drizzle-orm";
import { authenticated, type Credential, ofTenant, principal, runIsTheirs, runIsVisible } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { RunStatus } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { Problem } from "../http/problems.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { NO_RUN } from "./find-run.ts";
import { may, type RunRow } from "./run-rows.ts";
import {
  answeredRun,
  judgedAt,
  keepAnswer,
  lockDefinitions,
  type Promotion,
  promoteLocked,
  timeOutLocked,
} from "./slots.ts";

/** Which run a caller wants to change. */
export type RunChange = Promotion & { credential: Credential; runId: string };

/** A run as it was before a change, and whether the change was made. */
type Outcome = {
  id: string | null;
  is_theirs: boolean;
  is_changed: boolean;
  status: RunStatus;
  attempt: number;
  workflow_definition_id: string;
  is_active: boolean;
  runner_url: string | null;
  webhook_secret_encrypted: string | null;
  /** The database's clock. */
  changed_at: string;
};

/** A change of a run: its `changed` arm does it to the run `found`, when `allowed`, and answers its id. */
function changing(request: RunChange, arms: SQL): SQL {
  return sql`
    with ${principal(request.credential)}, found as (
      select r.*, ${runIsTheirs} as is_theirs, d.is_active, d.runner_url, d.webhook_secret_encrypted
      from principal p
      join workflow_runs r on r.id = ${request.runId} and ${runIsVisible}
      join workflow_definitions d on d.id = r.workflow_definition_id
    ), ${arms}
    select found.id, found.is_theirs, changed.id is not null as is_changed, found.status, found.attempt,
      found.workflow_definition_id, found.is_active, found.runner_url, found.webhook_secret_encrypted,
      ${instant(sql`statement_timestamp()`)} as changed_at, ${keepAnswer(sql`changed.id`)}, ${ofTenant}
    from principal p left join found on true left join changed on true`;
}

/** The batch of a change: the definition's lock, what is overdue, the change itself, who is next, the answer. */
async function changeRun(db: Database, request: RunChange, arms: SQL) {
  const [, , { rows }, { rows: dispatches }, { rows: runs }] = await db.batch([
    db.execute(
      lockDefinitions(sql`
        with ${principal(request.credential)}
        select r.workflow_definition_id
        from principal p join workflow_runs r on r.id = ${request.runId} and ${runIsVisible}`),
    ),
    db.execute(timeOutLocked),
    db.execute<Outcome>(changing(request, arms)),
    db.execute<DispatchRow>(promoteLocked(request)),
    db.execute<RunRow>(answeredRun),
  ]);
  request.onPromoted(dispatches);
  const before = authenticated(rows);
  if (before.id === null) throw new Problem("not_found", NO_RUN);
  if (!before.is_theirs) {
    throw new Problem("forbidden", "Only who triggered the run, or an OWNER or ADMIN, may do that.");
  }
  return { before, run: runs[0] };
}

/** A run that was stopped while RUNNING, and whom to tell. Instants are RFC 3339. */
export type StoppedRun = {
  runId: string;
  attempt: number;
  workflowDefinitionId: string;
  runnerUrl: string;
  webhookSecretEncrypted: string;
  stoppedAt: string;
};

/**
 * Fails a PENDING or RUNNING run at the caller's wish.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a run that has ended
 */
export async function stopRun(
  db: Database,
  request: RunChange & { reason: string | null },
): Promise<{ run: RunRow; stopped: StoppedRun | null }> {
  const error = request.reason === null ? "Stopped." : `Stopped: ${request.reason}`;
  const { before, run } = await changeRun(
    db,
    request,
    sql`changed as (
      update workflow_runs r
      set status = 'FAILED', ended_by = 'STOP', error = ${error}, next_dispatch_at = null,
          completed_at = ${judgedAt}, updated_at = ${judgedAt}
      from found
      where r.id = found.id and found.is_theirs and ${may("stop")}
      returning r.id, r.tenant_id, r.attempt
    ), recorded as (
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select c.tenant_id, c.id, c.attempt, 'STOPPED', ${judgedAt},
        jsonb_build_object('reason', ${request.reason}::text, 'user_id', p.user_id)
      from changed c cross join principal p
    )`,
  );
  if (!run) throw new Problem("conflict", `The run has already ended: it is ${before.status}.`);
  return { run, stopped: before.status === "RUNNING" ? toStoppedRun(before) : null };
}

function toStoppedRun(before: Outcome): StoppedRun | null {
  if (before.id === null || before.runner_url === null || before.webhook_secret_encrypted === null) return null;
  return {
    runId: before.id,
    attempt: before.attempt,
    workflowDefinitionId: before.workflow_definition_id,
    runnerUrl: before.runner_url,
    webhookSecretEncrypted: before.webhook_secret_encrypted,
    stoppedAt: before.changed_at,
  };
}

/**
 * Runs a FAILED run again, as its next attempt and with the same snapshot: at the end of the queue.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a run that is not FAILED or
 *   whose workflow is paused or has no runner
 */
export async function retryRun(db: Database, request: RunChange): Promise<RunRow> {
  const { before, run } = await changeRun(
    db,
    request,
    sql`changed as (
      update workflow_runs r
      set status = 'PENDING', attempt = r.attempt + 1, queue_position = nextval('workflow_run_queue'),
          started_at = null, deadline_at = null, completed_at = null, error = null, ended_by = null,
          dispatch_count = 0, dispatched_at = null, updated_at = statement_timestamp()
      from found
      where r.id = found.id and found.is_theirs and found.is_active and found.runner_url is not null and ${may("retry")}
      returning r.id, r.tenant_id, r.workflow_definition_id, r.attempt
    ), recorded as (
      insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
      select c.tenant_id, c.id, c.attempt, e.type, e.detail
      from changed c
      cross join principal p
      cross join lateral (values
        (1, 'RETRIED', jsonb_build_object('user_id', p.user_id)),
        (2, case when exists (
          select from workflow_runs r where r.workflow_definition_id = c.workflow_definition_id and ${may("stop")}
        ) then 'QUEUED' end, null)
      ) e (step, type, detail)
      where e.type is not null
      order by e.step
    )`,
  );
  if (run) return run;
  if (before.status !== "FAILED")
    throw new Problem("conflict", `Only a FAILED run can be retried: it is ${before.status}.`);
  if (!before.is_active) throw new Problem("conflict", "The workflow is paused. Set `is_active` to true to retry.");
  throw new Problem("conflict", "The workflow has no runner. Set `runner_config` to retry.");
}

/**
 * Deletes a run and its events.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a RUNNING run
 */
export async function deleteRun(db: Database, request: RunChange): Promise<void> {
  const { before } = await changeRun(
    db,
    request,
    sql`changed as (
      delete from workflow_runs r
      using found
      where r.id = found.id and found.is_theirs and ${may("delete")}
      returning r.id
    )`,
  );
  if (!before.is_changed) throw new Problem("conflict", "The run is RUNNING. Stop it first, then delete it.");
}
