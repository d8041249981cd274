/** What an operator asks about a whole database: see `scripts/doctor.ts`. The Worker itself has no use for it. */
import { sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { isDue, isOverdue, isRunning } from "../runs/run-rows.ts";
import { countRuns, secondsSince } from "./sweep-state.ts";

/** Ages are in seconds; null where there is nothing. */
export type Diagnosis = {
  sweep: {
    since_end: number | null;
    /** Since it began, when it has not ended. */
    since_begin: number | null;
    /** Since it was paused; null when it is not. */
    since_pause: number | null;
    timed_out: number;
    delivered: number;
    lag_max_ms: number | null;
  };
  /** Counts go up to 10,000. */
  backlog: {
    overdue: number;
    oldest_overdue: number | null;
    due: number;
    oldest_due: number | null;
    /** Failed to be delivered before, and not due yet. */
    waiting_for_retry: number;
  };
  stuck: StuckRuns[];
  /** Runners that have not accepted a run after several tries. */
  failing: FailingRunner[];
  /** The keys with which webhook secrets are encrypted. */
  secrets: { key_id: string; count: number }[];
};

/** Why runs do not go on: "lost": nobody will deliver it. "not promoted": it waits for a slot that is free. */
export type StuckReason = "lost" | "not promoted" | "paused" | "no runner";

export type StuckRuns = { reason: StuckReason; count: number; oldest: number; examples: string[] };

export type FailingRunner = {
  tenant_id: string;
  /** Without what follows the host, which may hold a secret. */
  runner: string;
  runs: number;
  tries: number;
  last_reason: string | null;
};

const MAX_FAILING = 10;
const MAX_EXAMPLES = 3;

/** A first try that fails is nothing yet: it may be a restart. */
const FAILING_TRIES = 2;

/** Reads all of it, in one request. */
export async function diagnose(db: Database): Promise<Diagnosis> {
  const [sweep, backlog, stuck, failing, secrets] = await db.batch([
    db.execute<Diagnosis["sweep"]>(sql`
      select ${secondsSince(sql`ended_at`)} as since_end, timed_out, delivered, lag_max_ms::float8 as lag_max_ms,
        case when began_at > ended_at or ended_at is null then ${secondsSince(sql`began_at`)} end as since_begin,
        ${secondsSince(sql`paused_at`)} as since_pause
      from sweep_state`),
    db.execute<Diagnosis["backlog"]>(sql`
      select ${countRuns(isOverdue)} as overdue, ${countRuns(isDue)} as due,
        ${countRuns(sql`r.next_dispatch_at > statement_timestamp() and r.dispatch_count > 0`)} as waiting_for_retry,
        (select ${secondsSince(sql`min(r.deadline_at)`)} from workflow_runs r where ${isOverdue}) as oldest_overdue,
        (select ${secondsSince(sql`min(r.next_dispatch_at)`)} from workflow_runs r where ${isDue}) as oldest_due`),
    db.execute<StuckRuns>(stuckRuns),
    db.execute<FailingRunner>(failingRunners),
    db.execute<Diagnosis["secrets"][number]>(sql`
      select split_part(webhook_secret_encrypted, '.', 1) as key_id, count(*)::int as count
      from workflow_definitions where webhook_secret_encrypted is not null group by key_id order by key_id`),
  ]);
  const never = { since_end: null, since_begin: null, since_pause: null, timed_out: 0, delivered: 0, lag_max_ms: null };
  const none = { overdue: 0, oldest_overdue: null, due: 0, oldest_due: null, waiting_for_retry: 0 };
  return {
    sweep: sweep.rows[0] ?? never,
    backlog: backlog.rows[0] ?? none,
    stuck: stuck.rows,
    failing: failing.rows,
    secrets: secrets.rows,
  };
}

/** Those that wait behind a run are not stuck: its deadline comes. */
const stuckRuns = sql`
  with stuck as (
    select r.id, r.started_at as since, 'lost' as reason
    from workflow_runs r
    where ${isRunning}
      and r.dispatched_at is null and r.next_dispatch_at is null
    union all
    select r.id, r.updated_at,
      case when d.runner_url is null then 'no runner' when not d.is_active then 'paused' else 'not promoted' end
    from workflow_runs r
    join workflow_definitions d on d.id = r.workflow_definition_id
    where r.status = 'PENDING' and not exists (
      select from workflow_runs holder where holder.workflow_definition_id = d.id and holder.status = 'RUNNING')
  )
  select reason, count(*)::int as count, max(${secondsSince(sql`since`)}) as oldest,
    (array_agg(id order by since))[1:${sql.raw(String(MAX_EXAMPLES))}] as examples
  from stuck group by reason order by reason`;

const failingRunners = sql`
  select d.tenant_id, public.runner_origin(d.runner_url) as runner, count(*)::int as runs, max(r.dispatch_count)::int as tries,
    (array_agg(said.reason order by said.id desc) filter (where said.reason is not null))[1] as last_reason
  from workflow_runs r
  join workflow_definitions d on d.id = r.workflow_definition_id
  left join lateral (
    select e.id, e.detail ->> 'reason' as reason from workflow_run_events e
    where e.run_id = r.id and e.type = 'DISPATCH_FAILED'
    order by e.id desc limit 1
  ) said on true
  where r.next_dispatch_at is not null and r.dispatch_count >= ${FAILING_TRIES} and r.deadline_at > statement_timestamp()
  group by d.tenant_id, runner
  order by runs desc, tries desc
  limit ${MAX_FAILING}`;
