import { SESSION_SETTINGS } from "../support/callers.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import type { FaultKind } from "../support/harness-protocol.ts";
import { type Service, startService } from "../support/service.ts";
import { createStage, type Stage } from "../support/stage.ts";

/** Where something is tried: a tenant of its own, whose runner takes every run. */
export type World = Stage<Service>;

/** A service that is ready: a sweep has ended. */
export async function startReadyService(): Promise<Service> {
  const service = await startService({ settings: SESSION_SETTINGS });
  await service.sweep();
  return service;
}

const HURRIED = { ...SESSION_SETTINGS, DATABASE_TIMEOUT_SECONDS: "2" };

const hurried = new WeakMap<Service, Promise<Service>>();

/**
 * The service to ask under this kind of fault. Under one that hangs, it is one that waits for the database for two seconds only. Under all
 * others it has the usual time limit, since statements that do end may take more than two seconds on a busy machine.
 */
export async function serviceUnder(kind: FaultKind, service: Service): Promise<Service> {
  if (kind !== "hang" && kind !== "hang after") return service;
  const known = hurried.get(service) ?? startService({ database: service.database, settings: HURRIED });
  hurried.set(service, known);
  return known;
}

const idle: Service[] = [];

/** Does `action` with a service that nobody else uses meanwhile: a fault concerns a whole database. */
export async function withService<Result>(action: (service: Service) => Promise<Result>): Promise<Result> {
  const known = idle.pop();
  // The last sweep of one that was used before may be minutes ago.
  await known?.sweep();
  const service = known ?? (await startReadyService());
  const result = await action(service);
  idle.push(service);
  return result;
}

export const createWorld = (service: Service, runnerUrl = answeringRunner(202)): Promise<World> =>
  createStage(service, "fault", runnerUrl);

/**
 * Lets everything come to rest: what is still to be sent to runners, and what is still to be fired, is done by a sweep, without waiting until
 * it is due.
 */
export async function settle({ service, tenant }: World): Promise<void> {
  const due = await service.database.sql`
    update workflow_runs set next_dispatch_at = statement_timestamp()
    where tenant_id = ${tenant.id} and next_dispatch_at is not null returning id`;
  const stops = await service.database.sql`
    update running_attempts set next_stop_dispatch_at = statement_timestamp()
    where tenant_id = ${tenant.id} and next_stop_dispatch_at is not null returning run_id`;
  // What the end of a run has made due, and a Worker that got no answer has not fired.
  const firings = await service.database.sql`select from due_firings where tenant_id = ${tenant.id}`;
  if (due.length + stops.length + firings.length > 0) await service.sweep();
}

/** All that the database has of a tenant, without ids and times: the same text for the same state. */
export async function readStand({ service, tenant }: World): Promise<string> {
  const [row] = await service.database.sql`
    select jsonb_build_object(
      'runs', (
        select jsonb_agg(jsonb_build_array(r.status, r.attempt, r.ended_by, r.error, r.idempotency_key, labels_of(r.id), r.batch_id is null, (
          select jsonb_agg(e.type || '.' || e.attempt order by e.id) from workflow_run_events e where e.run_id = r.id
        )) order by r.queue_position, r.id)
        from workflow_runs r where r.tenant_id = t.id),
      'batches', (
        select jsonb_agg(jsonb_build_array(b.idempotency_key, b.run_count, b.ended_at is null) order by b.created_at, b.id)
        from run_batches b where b.tenant_id = t.id),
      'parts', (
        select jsonb_agg(jsonb_build_array(part_type,
          case part_type when 'WORKFLOW_DEFINITION' then null else materialized_path end) order by part_type, materialized_path)
        from path_parts where tenant_id = t.id),
      'definitions', (
        select jsonb_agg(jsonb_build_array(name, is_active, max_run_duration_seconds, runner_url is null) order by created_at, id)
        from workflow_definitions where tenant_id = t.id),
      'triggers', (
        select jsonb_agg(jsonb_build_array(name, kind, config - 'of', paused_at is null, pause_note, (
          select jsonb_agg(f.outcome order by f.at, f.outcome) from trigger_firings f where f.trigger_id = triggers.id
        )) order by created_at, id)
        from triggers where tenant_id = t.id),
      'users', (
        select jsonb_agg(jsonb_build_array(role, deactivated_at is null, deleted_at is null)
          order by role, deactivated_at is null, deleted_at is null)
        from users where tenant_id = t.id),
      'keys', (
        select jsonb_agg(jsonb_build_array(name, revoked_at is null) order by name, revoked_at is null)
        from api_keys where tenant_id = t.id),
      'sessions', (
        select jsonb_agg(s.ended_at is null order by s.ended_at is null) from sign_in_sessions s where s.tenant_id = t.id),
      'codes', (select count(*) from command_line_codes c where c.tenant_id = t.id),
      'invites', (
        select jsonb_agg(jsonb_build_array(role, accepted_at is null) order by role, accepted_at is null)
        from invites where tenant_id = t.id),
      'files', (
        select jsonb_agg(jsonb_build_array(a.name, a.bytes) order by a.name)
        from workflow_run_artifacts a where a.tenant_id = t.id and a.stored_at is not null),
      'permissions', (select jsonb_agg(capability order by capability) from user_permissions where tenant_id = t.id)
    )::text as stand
    from tenants t where t.id = ${tenant.id}`;
  return String(row?.stand);
}
