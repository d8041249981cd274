import { v7 as uuid } from "uuid";
import type { RunStatus } from "../../src/db/enums.ts";
import type { RunSnapshot } from "../../src/db/run-snapshot.ts";
import type { TestDatabase } from "./database.ts";
import type { Service } from "./service.ts";
import { runToken, type TestTenant } from "./tenant.ts";

export const invokePath = (tenant: TestTenant) => `/v1/workflow-definitions/${tenant.definitionId}/invoke`;

/** Triggers a run of the tenant's definition, and returns its id. */
export async function invoke(
  service: Service,
  tenant: TestTenant,
  key = tenant.owner.key,
  body: object = {},
): Promise<string> {
  const response = await service.send("POST", invokePath(tenant), key, body);
  if (response.status !== 202) throw new Error(`invoke: ${response.status} ${await response.text()}`);
  return (await response.json<{ id: string }>()).id;
}

/** Sends the callback of an attempt like its runner. */
export async function callBack(
  service: Service,
  tenant: TestTenant,
  runId: string,
  result: unknown,
  attempt = 1,
): Promise<Response> {
  return service.send("POST", `/v1/workflow-runs/${runId}/callback`, await runToken(tenant, runId, attempt), result);
}

/** An instant that is so many seconds away, or that was so long ago. */
export const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/**
 * Backdates `start_after` and `must_start_by` of a PENDING run, the end of its back-off, and that for which it is suspended, by so many seconds.
 */
export async function passInstants(
  { database: { sql } }: Service,
  runs: string | string[],
  seconds: number,
): Promise<void> {
  const ids = [runs].flat();
  await sql.transaction([
    sql`
      update workflow_runs
      set not_before = not_before - make_interval(secs => ${seconds}), deadline_at = deadline_at - make_interval(secs => ${seconds})
      where id = any(${ids}::uuid[]) and status = 'PENDING'`,
    sql`
      update run_waits
      set due_at = due_at - make_interval(secs => ${seconds}), times_out_at = times_out_at - make_interval(secs => ${seconds})
      where run_id = any(${ids}::uuid[])`,
    sql`update run_suspensions set ends_at = ends_at - make_interval(secs => ${seconds}) where run_id = any(${ids}::uuid[])`,
    sql`
      update workflow_run_events
      set detail = jsonb_set(detail, '{start_after}',
        to_jsonb(wire_instant((detail ->> 'start_after')::timestamptz - make_interval(secs => ${seconds}))))
      where run_id = any(${ids}::uuid[]) and detail ? 'start_after'`,
  ]);
}

/** The current state of a run, as its tenant's OWNER sees it. */
export async function readRun(service: Service, tenant: TestTenant, runId: string) {
  const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
  return response.json<Record<string, unknown> & { status: string; error: string | null }>();
}

/** The types of a run's events, oldest first. */
export async function eventTypes(service: Service, tenant: TestTenant, runId: string): Promise<string[]> {
  return (await readEvents(service, tenant, runId)).map(({ type }) => type);
}

/** Backdates the times of a RUNNING run, so that its deadline was `seconds` ago. */
export async function makeOverdue(service: Service, runId: string, seconds = 1): Promise<void> {
  await service.database.sql`
    update workflow_runs
    set started_at = started_at - (deadline_at - statement_timestamp()) - make_interval(secs => ${seconds}),
        deadline_at = statement_timestamp() - make_interval(secs => ${seconds})
    where id = ${runId}`;
}

/**
 * Backdates the times of a RUNNING run like {@link makeOverdue}, while other changes are under way. It locks the definition,
 * since in reality no time passes within a change.
 */
export async function passDeadline({ database: { sql } }: Service, runId: string): Promise<void> {
  await sql.transaction([
    sql`
      select d.id from workflow_runs r join workflow_definitions d on d.id = r.workflow_definition_id
      where r.id = ${runId} for update of d`,
    sql`
      update workflow_runs
      set started_at = started_at - (deadline_at - statement_timestamp()) - interval '1 second',
          deadline_at = statement_timestamp() - interval '1 second'
      where id = ${runId} and status = 'RUNNING'`,
  ]);
}

export type RunEvent = { type: string; attempt: number; at: string; detail: Record<string, unknown> | null };

/** The events of a run, oldest first. */
export async function readEvents(service: Service, tenant: TestTenant, runId: string): Promise<RunEvent[]> {
  const response = await service.get(`/v1/workflow-runs/${runId}/events?limit=100`, tenant.owner.key);
  return (await response.json<{ items: RunEvent[] }>()).items;
}

/** Backdates the next dispatch of a run, so that it is due, even when it has a lease. */
export async function makeDue(service: Service, runId: string): Promise<void> {
  await service.database.sql`
    update workflow_runs set next_dispatch_at = statement_timestamp() - interval '1 second'
    where id = ${runId} and next_dispatch_at is not null`;
}

type NewRun = {
  status?: RunStatus;
  userId?: string;
  /** For a RUNNING run: how long ago its deadline was; negative when it has time left. */
  overdueSeconds?: number;
  error?: string;
};

/** Inserts a run into the database in the given state, with backdated times. Returns its id. */
export async function insertRun({ sql }: TestDatabase, tenant: TestTenant, run: NewRun = {}): Promise<string> {
  const { status = "RUNNING", userId = tenant.owner.id, overdueSeconds = -240, error = null } = run;
  const id = uuid();
  const isStarted = status !== "PENDING";
  const isEnded = status === "COMPLETED" || status === "FAILED";
  await sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
      created_at, started_at, deadline_at, dispatched_at, completed_at, updated_at, ended_by, failure_code, error)
    select ${id}, ${tenant.id}, ${tenant.definitionId}, ${userId}, 'SELF_HOSTED', ${status},
      case when ${status === "RUNNING"}::boolean then 1 end,
      ${JSON.stringify(snapshot(tenant, userId))}::jsonb,
      deadline - interval '301 seconds',
      case when ${isStarted}::boolean then deadline - interval '300 seconds' end,
      case when ${isStarted}::boolean then deadline end,
      case when ${isStarted}::boolean then deadline - interval '299 seconds' end,
      case when ${isEnded}::boolean then deadline - interval '240 seconds' end,
      deadline - interval '240 seconds',
      case when ${isEnded}::boolean then 'CALLBACK' end,
      case when ${status === "FAILED"}::boolean then 'REPORTED' end,
      ${error}
    from (select date_trunc('milliseconds', statement_timestamp()) - make_interval(secs => ${overdueSeconds}) as deadline) t`;
  return id;
}

function snapshot(tenant: TestTenant, userId: string): RunSnapshot {
  return {
    workflow_definition_id: tenant.definitionId,
    workflow_name: "Test",
    runner_type: "SELF_HOSTED",
    user_id: userId,
    max_run_duration_seconds: 300,
    sources: [{ path_part_id: tenant.sourcesId, materialized_path: "/sources", part_type: "FOLDER" }],
    instructions: [
      { path_part_id: tenant.instructionsId, materialized_path: "/instructions.md", part_type: "DOCUMENT" },
    ],
    outputs: [{ path_part_id: tenant.outputsId, materialized_path: "/outputs", part_type: "FOLDER" }],
    template: null,
  };
}
