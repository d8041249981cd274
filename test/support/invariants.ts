/**
 * What must be true of the runs in a database at every moment, whatever has happened to it. It reads what the service
 * has written, mainly the events, and sends no request to the service.
 */
import type { RunEventType, RunStatus } from "../../src/db/enums.ts";

/** Asks a database. The tests and the programs that run beside them have different ways in. */
export type Ask = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

type Scope = {
  /** All tenants if not given. */
  tenantId?: string;
  /** Runs whose trigger was acknowledged, and which nobody has deleted. */
  acknowledged?: readonly string[];
  /**
   * Definitions in which several runs may have been RUNNING at the same time, because `max_running` is or was above 1. The others must
   * have started their runs one after the other.
   */
  limited?: readonly string[];
};

const ENDINGS = "array['COMPLETED', 'FAILED', 'TIMED_OUT', 'STOPPED', 'LOST', 'GIVEN_BACK']";

/** The rows that all invariants look at: the runs, their events, and one row for each attempt of a run. */
const VIEWS = `
  with run as (
    select * from workflow_runs where $1::uuid is null or tenant_id = $1
  ), event as (
    select event.*, run.workflow_definition_id as definition_id
    from run join workflow_run_events event on event.run_id = run.id
  ), delayed as (
    -- The attempts that did not join their queues at once.
    select run_id, attempt, coalesce(detail ->> 'not_before', detail ->> 'start_after')::timestamptz as not_before
    from event where type <> 'QUEUED' and (detail ?| array['not_before', 'start_after'] or type = 'SUSPENDED')
  ), part as (
    select definition_id, run_id, attempt, id, at, type from event
    union all
    -- A release or a suspension is recorded with the attempt that begins, and ends the one before.
    select definition_id, run_id, attempt - 1, id, at, 'GIVEN_BACK' from event where type in ('RELEASED', 'SUSPENDED')
  ), attempt as (
    select definition_id, run_id, attempt, definition_id || ': ' || run_id || '.' || attempt as name,
      -- A run that was released or suspended keeps its place in the queue.
      max(min(id) filter (where type in ('TRIGGERED', 'RETRIED'))) over (partition by run_id order by attempt) as queued,
      min(id) filter (where type = 'STARTED') as started,
      min(at) filter (where type = 'STARTED') as started_at,
      min(id) filter (where type = any (${ENDINGS})) as ended,
      min(at) filter (where type = any (${ENDINGS})) as ended_at,
      count(*) filter (where type = any (${ENDINGS})) as endings,
      count(*) filter (where type = 'STARTED') as starts,
      count(*) filter (where type in ('DISPATCHED', 'LEASED')) as hand_overs,
      count(*) filter (where type = 'DISPATCH_FAILED') as failed_dispatches
    from part group by definition_id, run_id, attempt
  )`;

/** What is wrong, and the query that finds where: it answers a `name` for each place. */
const INVARIANTS: Record<string, string> = {
  "two runs hold the same slot": `
    select workflow_definition_id::text as name from run where status = 'RUNNING'
    group by workflow_definition_id, slot_no having count(*) > 1
    union all
    select workflow_definition_id::text from run where status = 'RUNNING' and concurrency_key <> ''
    group by workflow_definition_id, concurrency_key, key_slot_no having count(*) > 1`,

  // Limits that were lowered stop nothing.
  "a run holds a slot that there is not": `
    select run.id::text as name
    from run join workflow_definitions d on d.id = run.workflow_definition_id
    where run.status = 'RUNNING' and run.started_at > d.updated_at
      and (run.slot_no > d.max_running or run.key_slot_no > d.max_running_per_key)`,

  "a run started before the one before it had ended": `
    select name from (
      select name, started, started_at, lag(name) over turn as before,
        lag(coalesce(ended, 'infinity'::float8)) over turn as ended_before,
        lag(coalesce(ended_at, 'infinity')) over turn as ended_before_at
      from attempt where started is not null and definition_id <> all ($2::uuid[])
      window turn as (partition by definition_id order by started)
    ) turn where started < ended_before or started_at < ended_before_at`,

  "a run was passed over by one that was queued later": `
    select name from (
      select name, started,
        max(coalesce(started, ended, 'infinity'::float8)) over (
          partition by definition_id order by queued, attempt rows between unbounded preceding and 1 preceding) as turn_before
      from attempt
      where definition_id <> all ($2::uuid[])
      -- Attempts that waited for an instant are left out, since others may start before them. So are later attempts of such a run, since
      -- a release keeps the place that the run got when it joined.
      and not exists (
        select from delayed where delayed.run_id = attempt.run_id and delayed.attempt <= attempt.attempt)
      -- A run with a priority may start before others.
      and not exists (
        select from run where run.workflow_definition_id = attempt.definition_id and (run.priority > 0 or exists (
          select from event where event.run_id = run.id and event.type = 'PRIORITIZED')))
    ) turn where started < turn_before`,

  "the queue is not in the order of arrival": `
    select name from (
      select attempt.name, row_number() over (partition by definition_id, run.priority order by run.queue_position) as place,
        row_number() over (partition by definition_id, run.priority order by attempt.queued) as arrival
      from run join attempt on attempt.run_id = run.id and attempt.attempt = run.attempt
      where run.status = 'PENDING' and run.id not in (select run_id from delayed)
    ) queue where place <> arrival`,

  "a run has no place of its priority": `
    select id::text as name from run where queue_position >> 49 <> - priority`,

  "a run started before it joined its queue": `
    select attempt.name from attempt join delayed on delayed.run_id = attempt.run_id and delayed.attempt = attempt.attempt
    where attempt.started_at < delayed.not_before and not exists (
      select from event
      where event.run_id = attempt.run_id and event.attempt = attempt.attempt and event.type = 'QUEUED'
        and event.detail ? 'user_id')`,

  "a run has expired, and started": `
    select id::text as name from run where failure_code = 'EXPIRED' and (started_at is not null or attempt > 1)`,

  "a run waits although its slot is free": `
    select run.id::text as name
    from run join workflow_definitions d on d.id = run.workflow_definition_id
    where run.status = 'PENDING' and run.not_before is null and run.suspended_at is null
      and (run.deadline_at is null or run.deadline_at > statement_timestamp()) and d.is_active and d.runner_url is not null
      and d.handover = 'webhook' and d.max_running > (
        select count(*) from workflow_runs holder
        where holder.workflow_definition_id = d.id and holder.status = 'RUNNING')
      and (d.max_running_per_key is null or run.concurrency_key = '' or d.max_running_per_key > (
        select count(*) from workflow_runs holder
        where holder.workflow_definition_id = d.id and holder.status = 'RUNNING'
          and holder.concurrency_key = run.concurrency_key))`,

  "a RUNNING run was not dispatched, and is not due to be": `
    select id::text as name from run
    where status = 'RUNNING' and dispatched_at is null
      and (next_dispatch_at is null or next_dispatch_at > statement_timestamp() + interval '1 hour')`,

  "a run is due to be dispatched although it was": `
    select id::text as name from run where next_dispatch_at is not null and dispatched_at is not null`,

  "an attempt started, was dispatched or ended more than once": `
    select name from attempt where starts > 1 or hand_overs > 1 or endings > 1`,

  "a result was taken after the deadline": `
    select id::text as name from run where ended_by = 'CALLBACK' and completed_at > deadline_at`,

  "a run did not end when its last event says": `
    select name from run join attempt on attempt.run_id = run.id and attempt.attempt = run.attempt
    where completed_at <> ended_at`,

  "a deadline is not the start and the time that the snapshot gives": `
    select id::text as name from run
    where round(extract(epoch from deadline_at - started_at)) <> (run_snapshot ->> 'max_run_duration_seconds')::int`,

  "the attempts do not add up": `
    select run.id::text as name
    from run left join event on event.run_id = run.id
    group by run.id, run.attempt
    having count(*) filter (where event.type = 'TRIGGERED') <> 1
      or count(*) filter (where event.type in ('RETRIED', 'RELEASED', 'SUSPENDED')) <> run.attempt - 1`,

  "the tries of a dispatch do not add up": `
    select attempt.name from run join attempt on attempt.run_id = run.id and attempt.attempt = run.attempt
    where failed_dispatches > dispatch_count`,

  "a lease is of an attempt that has ended": `
    select run.id::text as name from run join running_attempts held on held.run_id = run.id
    where run.status <> 'RUNNING' or held.attempt <> run.attempt`,

  "a runner holds more runs than its capacity": `
    select session.id::text as name
    from running_attempts held join runner_sessions session on session.id = held.session_id
    where ($1::uuid is null or session.tenant_id = $1) and held.ends_at > statement_timestamp()
    group by session.id having count(*) > session.capacity`,

  "a batch has not ended although none of its runs is unfinished": `
    select batch.id::text as name from run_batches batch
    where ($1::uuid is null or batch.tenant_id = $1) and batch.ended_at is null
      and not exists (
        select from workflow_runs run where run.batch_id = batch.id and run.status in ('PENDING', 'RUNNING'))`,

  "a batch ended more than once, or without being recorded as ended": `
    select event.detail ->> 'batch_id' as name
    from event left join run_batches batch on batch.id = (event.detail ->> 'batch_id')::uuid and batch.ended_at is not null
    where event.type = 'BATCH_ENDED'
    group by event.detail ->> 'batch_id' having count(*) > 1 or count(batch.id) <> 1`,

  // What a pause or an outage has merged into one row is not counted.
  "the end of a run has not made a trigger fire once": `
    select t.id || ' after ' || e.run_id || '.' || e.attempt as name
    from triggers t join event e on e.definition_id = t.of_definition_id and e.at > t.created_at
    where e.type in ('COMPLETED', 'FAILED', 'TIMED_OUT', 'STOPPED', 'LOST') and t.created_at = t.updated_at
      and (t.config ->> 'on' = 'ended' or (t.config ->> 'on' = 'completed') = (e.type = 'COMPLETED'))
      and not exists (
        select from event retried
        where retried.run_id = e.run_id and retried.attempt = e.attempt + 1 and retried.type = 'RETRIED'
          and (retried.detail ->> 'automatic')::boolean)
      and not exists (select from trigger_firings f where f.trigger_id = t.id and f.count > 1)
      and 1 <> (
        select count(*) from due_firings f where f.trigger_id = t.id and f.run_id = e.run_id and f.attempt = e.attempt
      ) + (
        select count(*) from trigger_firings f
        where f.trigger_id = t.id and f.of_run_id = e.run_id and f.of_attempt = e.attempt)`,

  "a run does not name the firing that has triggered it": `
    select f.id::text as name
    from trigger_firings f join run on run.id = f.run_id
    where f.outcome = 'FIRED' and f.cause = 'run' and (run.triggered_by ->> 'firing_id' is distinct from f.id::text
      or (run.triggered_by ->> 'depth')::int not between 1 and 10)`,

  "a suspended run has nothing that it waits for, or a run that is not suspended has an open question or signal": `
    select run.id::text as name
    from run
    where run.status = 'PENDING' and run.suspended_at is not null
      and not exists (
        select from run_suspensions s join run_waits w on w.run_id = s.run_id and w.key = any (s.keys)
        where s.run_id = run.id and s.attempt = run.attempt - 1 and w.is_open)
    union all
    select w.run_id::text from run_waits w join run on run.id = w.run_id
    where w.is_open and w.kind in ('question', 'signal') and (run.status <> 'PENDING' or run.suspended_at is null)`,

  // A wait for children ends when what they have noted is carried out: see the next one.
  "a suspended run waits for what has come": `
    select run.id::text as name
    from run join run_suspensions s on s.run_id = run.id and s.attempt = run.attempt - 1
    where run.status = 'PENDING' and run.suspended_at is not null and run.not_before is null and not exists (
      select from run_waits w
      where w.run_id = run.id and w.key = any (s.keys) and w.value is null and w.received_at is null
        and (w.kind <> 'children' or w.due_at is null) and (w.kind <> 'timer' or w.due_at > s.ends_at))`,

  "a signal that is kept was given to a run": `
    select s.signal_id as name from kept_signals s
    where ($1::uuid is null or s.tenant_id = $1) and s.taken_at is null
      and exists (select from run_waits w where w.signal_id = s.signal_id and w.workflow_definition_id = s.workflow_definition_id)`,

  "a parent waits although its children have ended, and nothing lets it go on": `
    select run.id::text as name
    from run join run_waits w on w.run_id = run.id and w.kind = 'children' and w.is_open
    where run.status = 'PENDING' and run.suspended_at is not null
      and (w.times_out_at is null or w.times_out_at > statement_timestamp()) and coalesce(run.deadline_at > statement_timestamp(), true)
      and not exists (
        select from workflow_runs child where child.id = any (w.child_run_ids) and child.status in ('PENDING', 'RUNNING'))
      and not exists (select from due_firings f where f.parent_run_id = run.id)
      and exists (select from run_suspensions s where s.run_id = run.id and s.attempt = run.attempt - 1 and w.key = any (s.keys))`,

  "a child goes on although its parent has ended otherwise than COMPLETED": `
    select child.id::text as name
    from workflow_runs child left join workflow_runs parent on parent.id = child.parent_run_id
    where ($1::uuid is null or child.tenant_id = $1) and child.parent_run_id is not null and child.status in ('PENDING', 'RUNNING')
      and parent.status = 'FAILED' and not exists (select from due_firings f where f.parent_run_id = child.parent_run_id)
      and not exists (select from running_attempts a where a.run_id = child.id and a.stop_requested_at is not null)
      -- Unless a person has retried it since.
      and not exists (
        select from event retried where retried.run_id = child.id and retried.type = 'RETRIED' and not retried.detail ? 'automatic')`,

  "a child has no key, or a key no child": `
    select child.id::text as name from run child
    where (child.parent_run_id is not null) <> exists (
      select from run_children c where c.run_id = child.id and c.parent_run_id = child.parent_run_id)
    union all
    select c.run_id::text from run_children c
    where ($1::uuid is null or c.tenant_id = $1) and (not exists (select from workflow_runs child where child.id = c.run_id)
      or case when c.ended_after is not null then exists (select from workflow_runs parent where parent.id = c.parent_run_id)
        else not exists (
          select from workflow_runs parent where parent.id = c.parent_run_id
          union all select from deleted_parents gone where gone.id = c.parent_run_id) end)`,

  "a wait belongs to no run": `
    select w.run_id::text as name from run_waits w
    where ($1::uuid is null or w.tenant_id = $1) and not exists (select from workflow_runs run where run.id = w.run_id)`,

  "an event belongs to no run": `
    select event.id::text as name from workflow_run_events event
    where ($1::uuid is null or event.tenant_id = $1) and event.run_id is not null
      and not exists (select from workflow_runs run where run.id = event.run_id)`,
};

/** Every invariant that does not hold, as a sentence that says where. Empty when all of them hold. */
export async function brokenInvariants(
  ask: Ask,
  { tenantId, acknowledged = [], limited = [] }: Scope = {},
): Promise<string[]> {
  const union = Object.entries(INVARIANTS).map(
    ([sentence, query]) => `select '${sentence}' as sentence, found.name from (${query}) found`,
  );
  const found = await ask(`${VIEWS} ${union.join(" union all ")}`, [tenantId ?? null, limited]);
  return [
    ...found.map(({ sentence, name }) => `${sentence}: ${name}`),
    ...(await illegalHistories(ask, tenantId)),
    ...(await lostRuns(ask, acknowledged)),
  ];
}

async function lostRuns(ask: Ask, acknowledged: readonly string[]): Promise<string[]> {
  if (acknowledged.length === 0) return [];
  const lost = await ask(
    `select id from unnest($1::uuid[]) as told (id) where not exists (select from workflow_runs r where r.id = told.id)`,
    [acknowledged],
  );
  return lost.map(({ id }) => `a run that was acknowledged is lost: ${id}`);
}

type History = {
  id: string;
  /** As the run's row has it. */
  end: Stand;
  events: { type: RunEventType; attempt: number }[];
};

/** How a run stands, and what ended it. */
type Stand = { status: RunStatus | null; attempt: number; endedBy: string | null };

async function illegalHistories(ask: Ask, tenantId: string | undefined): Promise<string[]> {
  const rows = await ask(
    `select run.id, jsonb_build_object('status', run.status, 'attempt', run.attempt, 'endedBy', run.ended_by)::text as stand,
       coalesce(jsonb_agg(jsonb_build_object('type', event.type, 'attempt', event.attempt) order by event.id)
         filter (where event.id is not null), '[]')::text as events
     from workflow_runs run left join workflow_run_events event on event.run_id = run.id
     where $1::uuid is null or run.tenant_id = $1
     group by run.id`,
    [tenantId ?? null],
  );
  return rows.flatMap(({ id, stand, events }) => {
    const fault = historyFault({ id: String(id), end: JSON.parse(String(stand)), events: JSON.parse(String(events)) });
    return fault === null ? [] : [fault];
  });
}

function historyFault({ id, end, events }: History): string | null {
  let stand: Stand = { status: null, attempt: 1, endedBy: null };
  for (const [index, event] of events.entries()) {
    const before = events.slice(0, index).findLast(({ type }) => type !== "PRIORITIZED");
    const next = follow(stand, event.type, before?.type);
    if (next === null || next.attempt !== event.attempt) {
      const told = events.slice(0, index + 1).map(({ type, attempt }) => `${type}.${attempt}`);
      return `a run's events are no legal path: ${id}: ${told.join(" ")}`;
    }
    stand = next;
  }
  const [told, written] = [stand, end].map(({ status, attempt, endedBy }) => `${status}.${attempt} by ${endedBy}`);
  return told === written ? null : `a run's row is not what its events say: ${id}: ${written}, not ${told}`;
}

/** Where an event leads; null where it must not happen. */
function follow(stand: Stand, type: RunEventType, before: RunEventType | undefined): Stand | null {
  switch (type) {
    case "TRIGGERED":
      return stand.status === null ? { ...stand, status: "PENDING" } : null;
    case "QUEUED":
      return before === "TRIGGERED" || before === "RETRIED" || before === "RELEASED" ? stand : null;
    case "STARTED":
      return change(stand, "promote", null);
    case "DISPATCHED":
    case "DISPATCH_FAILED":
    case "DISPATCH_POSTPONED":
    case "LEASED":
    case "STOP_REQUESTED":
    case "STOP_SENT":
    case "STOP_ACKNOWLEDGED":
      return stand.status === "RUNNING" ? stand : null;
    case "COMPLETED":
      return change(stand, "complete", "CALLBACK");
    case "FAILED":
      // A result from a runner also proves that the run was dispatched to it.
      return before === "DISPATCH_FAILED"
        ? change(stand, "giveUpDispatch", "DISPATCH")
        : change(stand, "fail", "CALLBACK");
    case "TIMED_OUT":
      return change(stand, "timeOut", "DEADLINE");
    case "LOST":
      return change(stand, "lose", "LEASE");
    case "RELEASED":
      return change({ ...stand, attempt: stand.attempt + 1 }, "release", null);
    case "SUSPENDED":
      return change({ ...stand, attempt: stand.attempt + 1 }, "suspend", null);
    case "ANSWERED":
    case "PRIORITIZED":
      return stand.status === "PENDING" ? stand : null;
    case "SIGNALLED":
      return stand.status === "PENDING" || stand.status === "RUNNING" ? stand : null;
    case "STOPPED":
      return change(stand, "stop", "STOP");
    case "RETRIED":
      return change({ ...stand, attempt: stand.attempt + 1 }, "retry", null);
    case "BATCH_ENDED":
      return stand.status === "COMPLETED" || stand.status === "FAILED" ? stand : null;
    case "PAUSED":
      return stand.status === null ? null : stand;
    case "LATE_RESULT":
      return stand.endedBy === null ? null : stand;
  }
}

/** What may happen to a run in which state: the rules that the service is compared with. */
const TRANSITIONS = {
  promote: { from: ["PENDING"], to: "RUNNING" },
  complete: { from: ["RUNNING"], to: "COMPLETED" },
  fail: { from: ["RUNNING"], to: "FAILED" },
  timeOut: { from: ["PENDING", "RUNNING"], to: "FAILED" },
  lose: { from: ["RUNNING"], to: "FAILED" },
  giveUpDispatch: { from: ["RUNNING"], to: "FAILED" },
  stop: { from: ["PENDING", "RUNNING"], to: "FAILED" },
  retry: { from: ["FAILED"], to: "PENDING" },
  release: { from: ["RUNNING"], to: "PENDING" },
  suspend: { from: ["RUNNING"], to: "PENDING" },
} as const satisfies Record<string, { from: readonly RunStatus[]; to: RunStatus }>;

function change(stand: Stand, transition: keyof typeof TRANSITIONS, endedBy: string | null): Stand | null {
  const { from, to } = TRANSITIONS[transition];
  const isLegal = from.some((status) => status === stand.status);
  return isLegal ? { ...stand, status: to, endedBy } : null;
}
