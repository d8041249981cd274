import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();
const ask = service.database.sql.query;
// Else the database would not let itself be tampered with so far.
await service.database.sql`drop index workflow_runs_slot_no_key, workflow_run_events_end_key`;

/** A tenant with one COMPLETED run, one RUNNING whose runner was busy, and two PENDING. */
async function liveALittle(): Promise<{ tenant: TestTenant; runs: Runs }> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const invokeNext = () => invoke(service, tenant);
  const runs = {
    completed: await invokeNext(),
    running: await invokeNext(),
    next: await invokeNext(),
    last: await invokeNext(),
  };
  await callBack(service, tenant, runs.completed, { status: "COMPLETED" });
  return { tenant, runs };
}

type Runs = { completed: string; running: string; next: string; last: string };

/** What is done to the database behind the service's back, and what the checker must say then. */
const TAMPERINGS: [string, (runs: Runs) => [text: string, values: string[]]][] = [
  [
    "two runs hold the same slot",
    ({ next }) => [
      `update workflow_runs set status = 'RUNNING', slot_no = 1, started_at = statement_timestamp(),
         deadline_at = statement_timestamp() + interval '300 seconds' where id = $1`,
      [next],
    ],
  ],
  [
    "a run holds a slot that there is not",
    ({ running }) => ["update workflow_runs set slot_no = 2 where id = $1", [running]],
  ],
  [
    "a run started before the one before it had ended",
    ({ running }) => [
      "update workflow_run_events set at = at - interval '1 minute' where run_id = $1 and type = 'STARTED'",
      [running],
    ],
  ],
  [
    "a run was passed over by one that was queued later",
    ({ running, next }) => [
      `update workflow_run_events set run_id = case when run_id = $1 then $2::uuid else $1::uuid end
       where run_id in ($1, $2) and type in ('TRIGGERED', 'QUEUED')`,
      [running, next],
    ],
  ],
  [
    "the queue is not in the order of arrival",
    ({ next, last }) => [
      `update workflow_runs r set queue_position = other.queue_position from workflow_runs other
       where r.id in ($1, $2) and other.id in ($1, $2) and r.id <> other.id`,
      [next, last],
    ],
  ],
  ["a run has no place of its priority", ({ next }) => ["update workflow_runs set priority = 1 where id = $1", [next]]],
  [
    "a run waits although its slot is free",
    ({ running }) => [
      `update workflow_runs set status = 'COMPLETED', ended_by = 'CALLBACK', completed_at = statement_timestamp(),
         next_dispatch_at = null, slot_no = null where id = $1`,
      [running],
    ],
  ],
  [
    "a RUNNING run was not dispatched, and is not due to be",
    ({ running }) => ["update workflow_runs set next_dispatch_at = null where id = $1", [running]],
  ],
  [
    "a run is due to be dispatched although it was",
    ({ running }) => ["update workflow_runs set dispatched_at = statement_timestamp() where id = $1", [running]],
  ],
  [
    "an attempt started, was dispatched or ended more than once",
    ({ completed }) => [
      `insert into workflow_run_events (tenant_id, run_id, attempt, type)
       select tenant_id, id, 1, 'COMPLETED' from workflow_runs where id = $1`,
      [completed],
    ],
  ],
  [
    "a result was taken after the deadline",
    ({ completed }) => [
      "update workflow_runs set completed_at = deadline_at + interval '1 millisecond' where id = $1",
      [completed],
    ],
  ],
  [
    "a run did not end when its last event says",
    ({ completed }) => [
      "update workflow_runs set completed_at = completed_at - interval '1 millisecond' where id = $1",
      [completed],
    ],
  ],
  [
    "a deadline is not the start and the time that the snapshot gives",
    ({ running }) => [
      "update workflow_runs set deadline_at = deadline_at + interval '1 second' where id = $1",
      [running],
    ],
  ],
  [
    "a run started before it joined its queue",
    ({ running }) => [
      `insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
       select tenant_id, id, 1, 'RETRIED', jsonb_build_object('not_before', statement_timestamp() + interval '5 seconds')
       from workflow_runs where id = $1`,
      [running],
    ],
  ],
  [
    "a run has expired, and started",
    ({ completed }) => [
      "update workflow_runs set status = 'FAILED', failure_code = 'EXPIRED' where id = $1",
      [completed],
    ],
  ],
  [
    "a lease is of an attempt that has ended",
    ({ running }) => [
      "insert into running_attempts (run_id, tenant_id, attempt) select id, tenant_id, 2 from workflow_runs where id = $1",
      [running],
    ],
  ],
  [
    "a runner holds more runs than its capacity",
    ({ running, next }) => [
      `with session as (
         insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
         select gen_random_uuid(), tenant_id, id, 'Test', 1, statement_timestamp() + interval '1 day' from api_keys
         where tenant_id = (select tenant_id from workflow_runs where id = $1) limit 1
         returning id, tenant_id
       )
       insert into running_attempts (run_id, tenant_id, attempt, session_id, lease_seconds, lease_expires_at)
       select held.run_id::uuid, session.tenant_id, 1, session.id, 60, statement_timestamp() + interval '1 minute'
       from session cross join unnest(array[$1, $2]) held (run_id)`,
      [running, next],
    ],
  ],
  ["the attempts do not add up", ({ next }) => ["update workflow_runs set attempt = 2 where id = $1", [next]]],
  [
    "the tries of a dispatch do not add up",
    ({ running }) => ["update workflow_runs set dispatch_count = 0 where id = $1", [running]],
  ],
  [
    "the end of a run has not made a trigger fire once",
    ({ completed }) => [
      `insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, created_at, updated_at)
       select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, 'After', 'run',
         jsonb_build_object('of', workflow_definition_id, 'on', 'completed'), created_at, created_at, created_at
       from workflow_runs where id = $1`,
      [completed],
    ],
  ],
  [
    "a run does not name the firing that has triggered it",
    ({ completed }) => [
      `with trigger as (
         insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
         select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, 'Test', 'schedule', '{}', created_at
         from workflow_runs where id = $1
         returning id, tenant_id
       )
       insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, run_id)
       select gen_random_uuid(), tenant_id, id, statement_timestamp(), 'FIRED', 'run', $1::uuid from trigger`,
      [completed],
    ],
  ],
  [
    "a suspended run has nothing that it waits for",
    ({ next }) => [
      `update workflow_runs set attempt = 2, suspended_at = statement_timestamp(), queue_position = null,
         not_before = statement_timestamp() + interval '1 day' where id = $1`,
      [next],
    ],
  ],
  [
    "a suspended run waits for what has come",
    ({ next }) => [
      `with suspended as (
         insert into run_suspensions (run_id, attempt, tenant_id, keys, body_hash, ends_at, on_timeout)
         select id, 1, tenant_id, '{k}', '', now() + interval '1 day', 'fail' from workflow_runs where id = $1
       ), answered as (
         insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, prompt, value, user_id, answered_at)
         select id, 'k', tenant_id, workflow_definition_id, 'question', now(), 'Go on?', 'yes', user_id, now()
         from workflow_runs where id = $1
       )
       update workflow_runs set attempt = 2, suspended_at = now(), queue_position = null, deadline_at = now() + interval '1 day'
       where id = $1`,
      [next],
    ],
  ],
  [
    "a signal that is kept was given to a run",
    ({ completed }) => [
      `with received as (
         insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, name, correlation, signal_id, received_at, is_open)
         select id, 'k', tenant_id, workflow_definition_id, 'signal', now(), 'paid', '4711', 's', now(), false
         from workflow_runs where id = $1
       )
       insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
       select tenant_id, workflow_definition_id, 's', 'paid', '4711', '', user_id, now() from workflow_runs where id = $1`,
      [completed],
    ],
  ],
  [
    "a wait belongs to no run",
    ({ completed }) => [
      `insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, due_at)
       select gen_random_uuid(), 'k', tenant_id, workflow_definition_id, 'timer', created_at, created_at
       from workflow_runs where id = $1`,
      [completed],
    ],
  ],
  [
    "an event belongs to no run",
    ({ completed }) => [
      `insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select tenant_id, gen_random_uuid(), 1, 'TRIGGERED' from workflow_runs where id = $1`,
      [completed],
    ],
  ],
  [
    "a run's events are no legal path",
    ({ completed }) => ["delete from workflow_run_events where run_id = $1 and type = 'STARTED'", [completed]],
  ],
  [
    "a run's row is not what its events say",
    ({ completed }) => ["update workflow_runs set status = 'FAILED', failure_code = 'LOST' where id = $1", [completed]],
  ],
];

describe("the checker of invariants", () => {
  it("finds no fault in what the service has done", async () => {
    const { tenant, runs } = await liveALittle();
    expect(await brokenInvariants(ask, { tenantId: tenant.id, acknowledged: Object.values(runs) })).toEqual([]);
  });

  it.each(TAMPERINGS)("finds that %s", async (sentence, tamper) => {
    const { tenant, runs } = await liveALittle();
    await ask(...tamper(runs));
    const found = await brokenInvariants(ask, { tenantId: tenant.id });
    expect(found).toContainEqual(expect.stringContaining(sentence));
  });

  it("finds that a run which was acknowledged is lost", async () => {
    const { tenant, runs } = await liveALittle();
    await ask("delete from workflow_runs where id = $1", [runs.last]);
    expect(await brokenInvariants(ask, { tenantId: tenant.id, acknowledged: Object.values(runs) })).toEqual([
      `a run that was acknowledged is lost: ${runs.last}`,
    ]);
  });
});
