import { beforeAll, describe, expect, it } from "vitest";
import type { Round } from "../../src/db/round.ts";
import { claimDispatches, claimStopDispatches } from "../../src/dispatches/dispatch-verbs.ts";
import { listDueEndpoints } from "../../src/notify/sending/due.ts";
import { recordSweepBegan, recordSweepEnded } from "../../src/sweep/sweep-state.ts";
import { promoteWaitingRuns, timeOutOverdueRuns } from "../../src/sweep/sweep-verbs.ts";
import { fireDue } from "../../src/triggers/fire-due.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { writeUnchecked } from "../support/database.ts";
import { type Service, startService } from "../support/service.ts";
import { verbServices } from "../support/verb-services.ts";
import { blocksRead, explained } from "./plans.ts";

/** What is due in both worlds. Their tenants share it equally. */
const DUE = 1_000;
const [FEW, MANY] = [10, 2_000];
/**
 * By how much a call may cost more with {@link MANY} tenants than with {@link FEW}. A time-out chunk of 100 runs then has 100 tenants of which each is
 * looked for and told, instead of 10: some 30 blocks for each.
 */
const TIMES = 1.6;

const MEASURED = [
  "a claim",
  "a claim of what few have",
  "a time-out chunk",
  "a promotion",
  "a round of firings",
  "a claim of stops",
  "the endpoints",
  "the end of a sweep",
] as const;
type Measured = (typeof MEASURED)[number];

const blocks = new Map<number, Record<Measured, number>>();

beforeAll(async () => {
  for (const tenants of [FEW, MANY]) {
    const service = await startService({ isNew: true });
    await service.sweep();
    await fillTenants(service, tenants);
    blocks.set(tenants, await measure(service, verbServices(service)));
  }
}, 300_000);

/**
 * Each tenant has a definition with a RUNNING run, suspended ones, a schedule and a notification endpoint of which nothing is due, and its share of due
 * dispatches, overdue runs, due schedules and stops, each of a definition of its own.
 */
async function fillTenants({ database: { sql } }: Service, tenants: number): Promise<void> {
  const kept = sql`
    create temporary table kept on commit drop as
    select kind, n, n % ${tenants}::int as tenant, md5('tenant' || n % ${tenants}::int)::uuid as tenant_id,
      md5('user' || n % ${tenants}::int)::uuid as user_id, md5(kind || n)::uuid as definition_id,
      array[md5('folder' || n % ${tenants}::int)::uuid] as folder_ids
    from (
      select kind, n from (values ('dispatch'), ('overdue'), ('schedule'), ('stop')) due (kind), generate_series(1, ${DUE}::int) n
      union all
      select 'quiet', n from generate_series(1, ${tenants}::int) n
    ) given`;
  const steps = [
    sql`insert into tenants (id, name) select tenant_id, 'One of many' from kept where kind = 'quiet'`,
    sql`insert into users (id, tenant_id, role) select user_id, tenant_id, 'OWNER' from kept where kind = 'quiet'`,
    sql`
      insert into path_parts (id, tenant_id, name, part_type, materialized_path)
      select folder_ids[1], tenant_id, 'files', 'FOLDER', '/files' from kept where kind = 'quiet'
      union all
      select md5('node' || definition_id)::uuid, tenant_id, definition_id::text, 'WORKFLOW_DEFINITION', '/' || definition_id from kept`,
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url, webhook_secret_encrypted,
        source_path_part_ids, instruction_path_part_ids, output_path_part_ids, handover)
      select definition_id, tenant_id, md5('node' || definition_id)::uuid, kind, 'SELF_HOSTED',
        case kind when 'dispatch' then 'https://runner.example' end, case kind when 'dispatch' then 'x' end,
        folder_ids, folder_ids, folder_ids, case kind when 'dispatch' then 'webhook' else 'lease' end
      from kept`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot, started_at,
        deadline_at, next_dispatch_at)
      select gen_random_uuid(), tenant_id, definition_id, user_id, 'SELF_HOSTED', 'RUNNING', 1, '{}',
        statement_timestamp() - interval '2 hours',
        statement_timestamp() + case kind when 'overdue' then interval '-1 hour' else interval '1 day' end,
        case kind when 'dispatch' then statement_timestamp() - n * interval '1 ms' end
      from kept where kind in ('quiet', 'dispatch', 'overdue', 'stop')`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, attempt, run_snapshot, queue_position,
        suspended_at, deadline_at)
      select gen_random_uuid(), tenant_id, definition_id, user_id, 'SELF_HOSTED', 'PENDING', 2, '{}', null, statement_timestamp(),
        statement_timestamp() + interval '1 day'
      from kept, generate_series(1, 5) where kind = 'quiet'`,
    sql`
      insert into running_attempts (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at, next_stop_dispatch_at)
      select r.id, r.tenant_id, 1, statement_timestamp(), statement_timestamp() + interval '1 day', statement_timestamp()
      from kept join workflow_runs r on r.workflow_definition_id = kept.definition_id where kept.kind = 'stop'`,
    sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at)
      select gen_random_uuid(), tenant_id, definition_id, user_id, 'One of many', 'schedule', '{"cron": "0 0 * * *", "at": null,
        "time_zone": "UTC", "starts_at": null, "ends_at": null, "jitter_seconds": 0, "catch_up": "last",
        "catch_up_window_seconds": 86400}',
        statement_timestamp() - interval '1 day',
        statement_timestamp() + case kind when 'schedule' then interval '-1 second' else interval '1 day' end
      from kept where kind in ('schedule', 'quiet')`,
    sql`
      insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
      select gen_random_uuid(), tenant_id, 'https://hook.example', '{}', 'x' from kept where kind = 'quiet'`,
  ];
  await writeUnchecked(sql, [kept, ...steps]);
  await sql`vacuum analyze`;
}

/** Postpones all due dispatches but 30. */
async function postponeMost({ database: { sql } }: Service): Promise<void> {
  await sql`
    update workflow_runs r set next_dispatch_at = statement_timestamp() + interval '1 hour'
    where next_dispatch_at is not null and workflow_definition_id not in (select md5('dispatch' || n)::uuid from generate_series(1, 30) n)`;
  await sql`vacuum analyze workflow_runs`;
}

async function measure(service: Service, services: VerbServices): Promise<Record<Measured, number>> {
  const { db } = services;
  const claimSome = () => perform(services, claimDispatches, { tenantId: null, limit: 10, quick: [], busy: [] });
  /** Each is measured at its third call, when the caches of the connection are filled. */
  async function blocksOf(act: () => Promise<unknown>): Promise<number> {
    for (let n = 0; n < 2; n++) await explained(service, act);
    const [, statements] = await explained(service, act);
    expect(statements).not.toEqual([]);
    return blocksRead(statements);
  }
  const began = await recordSweepBegan(db);
  if (began === null) throw new Error("Nobody has paused the sweep.");
  const counts = { timed_out: 0, lag_p50_ms: null, lag_max_ms: null, dispatched: 0, deleted: 0 };
  const [round, stops]: [Round, Round] = [{ after: null }, { after: null }];
  const claimStops = async () => {
    const claim = { tenantId: null, limit: 5, after: stops.after };
    stops.after = (await perform(services, claimStopDispatches, claim)).result.after ?? null;
  };
  let rounds = 0;
  return {
    "a claim": await blocksOf(claimSome),
    "the endpoints": await blocksOf(() => listDueEndpoints(db, 500, { after: null })),
    "a round of firings": await blocksOf(() => fireDue(services, null, () => rounds++ % 2 === 0)),
    "a claim of stops": await blocksOf(claimStops),
    "a time-out chunk": await blocksOf(() => perform(services, timeOutOverdueRuns, { limit: 100, round })),
    "a promotion": await blocksOf(() => perform(services, promoteWaitingRuns, 100)),
    "a claim of what few have": await postponeMost(service).then(() => blocksOf(claimSome)),
    "the end of a sweep": await blocksOf(() => recordSweepEnded(db, counts, began)),
  };
}

describe(`with ${MANY} tenants that have as much to do as ${FEW} tenants`, () => {
  it.each(MEASURED)(`%s reads at most ${TIMES} times as many blocks`, (what) => {
    const few = blocks.get(FEW)?.[what] ?? Number.NaN;
    expect([what, few, blocks.get(MANY)?.[what]]).toEqual([
      what,
      few,
      expect.toSatisfy((read) => read <= TIMES * few + 20),
    ]);
  });
});
