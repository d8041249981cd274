/** For each step of a sweep: rows of several tenants that it has to work on, and how the work on one of them is made to fail. */
import { v7 as uuid } from "uuid";
import type { SweepStep } from "../../src/verbs/sweep-steps.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import type { Service } from "../support/service.ts";
import { settle } from "../support/settle.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { backdate, createTrigger, thisMinute } from "../triggers/support.ts";

export type Work = {
  /** The verb or the read of the step that fails when the step fails as a whole. */
  verb: string;
  /** What the step writes of a thing, and the column that has the thing's id. */
  poisoned: { table: string; operation: "insert" | "update" | "delete"; column: string };
  /** Gives a tenant two things to do. Returns their ids. */
  arrange(service: Service, tenant: TestTenant): Promise<string[]>;
  /** A query for the ids of what is not done, among `$1`. */
  left: string;
};

const RUNNER = "http://127.0.0.1:9/";
const ids = () => [uuid(), uuid()];

const definitionsWith =
  (runs: Parameters<typeof insertRuns>[3]): Work["arrange"] =>
  async ({ database }, tenant) => {
    const definitionIds = await insertDefinitions(database, tenant, 2, RUNNER);
    await insertRuns(database, tenant, definitionIds, runs);
    return definitionIds;
  };

const runsWith =
  (runs: Parameters<typeof insertRuns>[3]): Work["arrange"] =>
  async (service, tenant) => {
    await definitionsWith(runs)(service, tenant);
    return (await service.database.sql`select id from workflow_runs where tenant_id = ${tenant.id}`).map(
      ({ id }) => id,
    );
  };

export const WORK: Record<SweepStep, Work> = {
  ends: {
    verb: "time_out_overdue_runs",
    poisoned: { table: "workflow_runs", operation: "update", column: "workflow_definition_id" },
    arrange: definitionsWith({ overdueSeconds: 90 }),
    left: "select workflow_definition_id as id from workflow_runs where workflow_definition_id = any ($1) and status = 'RUNNING'",
  },
  promotions: {
    verb: "promote_waiting_runs",
    poisoned: { table: "workflow_runs", operation: "update", column: "workflow_definition_id" },
    arrange: definitionsWith("PENDING"),
    left: "select workflow_definition_id as id from workflow_runs where workflow_definition_id = any ($1) and status = 'PENDING'",
  },
  firings: {
    verb: "fire_due",
    poisoned: { table: "trigger_firings", operation: "insert", column: "trigger_id" },
    async arrange(service, tenant) {
      const made = [
        await createTrigger(service, tenant, thisMinute()),
        await createTrigger(service, tenant, thisMinute()),
      ].map(({ id }) => id);
      for (const id of made) await backdate(service, id, 2);
      return made;
    },
    left: "select id from triggers t where id = any ($1) and not exists (select from trigger_firings f where f.trigger_id = t.id)",
  },
  stops: {
    verb: "claim_stop_dispatches",
    poisoned: { table: "running_attempts", operation: "update", column: "run_id" },
    async arrange(service, tenant) {
      const runIds = await runsWith({ dueSeconds: 1 })(service, tenant);
      await service.database.sql.transaction([
        service.database.sql`update workflow_runs set next_dispatch_at = null where id = any (${runIds})`,
        service.database.sql`
          insert into running_attempts (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at, next_stop_dispatch_at)
          select id, tenant_id, attempt, statement_timestamp(), statement_timestamp() + interval '2 minutes',
            statement_timestamp() - interval '1 second'
          from workflow_runs where id = any (${runIds})`,
      ]);
      return runIds;
    },
    left: "select run_id as id from running_attempts where run_id = any ($1) and stop_dispatch_count = 0",
  },
  dispatches: {
    verb: "claim_dispatches",
    poisoned: { table: "workflow_runs", operation: "update", column: "id" },
    arrange: runsWith({ dueSeconds: 1 }),
    left: "select id from workflow_runs where id = any ($1) and dispatch_count = 0",
  },
  notifications: {
    verb: "list_due_endpoints",
    poisoned: { table: "notifications", operation: "update", column: "id" },
    async arrange(service, tenant) {
      const endpoint = await createEndpoint(service, tenant, answeringRunner(204));
      const made = ids();
      await service.database.sql`
        insert into notifications (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
        select id, ${tenant.id}, ${endpoint.id}, id::text, 'workflow_run.failed', statement_timestamp(), '{}',
          statement_timestamp() - interval '1 second'
        from unnest(${made}::uuid[]) made (id)`;
      return made;
    },
    left: "select id from notifications where id = any ($1) and delivered_at is null",
  },
  sums: {
    verb: "sum_ends",
    poisoned: { table: "run_sums", operation: "insert", column: "tenant_id" },
    async arrange(service, tenant) {
      const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
      await service.database.sql`
        insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${id}, 1, 'COMPLETED')`;
      await settle(service, tenant);
      return [tenant.id];
    },
    left: "select id from tenants t where id = any ($1) and not exists (select from run_sums s where s.tenant_id = t.id)",
  },
  deletions: {
    verb: "finish_deletions",
    poisoned: { table: "workflow_runs", operation: "delete", column: "id" },
    async arrange({ database }, tenant) {
      const made = [
        await insertRun(database, tenant, { status: "COMPLETED" }),
        await insertRun(database, tenant, { status: "COMPLETED" }),
      ];
      await database.sql`
        with deleted as (
          delete from workflow_definitions where id = ${tenant.definitionId} returning id, tenant_id
        )
        insert into deleted_definitions (id, tenant_id, deleted_at) select id, tenant_id, statement_timestamp() from deleted`;
      return made;
    },
    left: "select id from workflow_runs where id = any ($1)",
  },
  old_runs: {
    verb: "delete_old_runs",
    poisoned: { table: "workflow_runs", operation: "delete", column: "id" },
    async arrange({ database }, tenant) {
      const made = [
        await insertRun(database, tenant, { status: "COMPLETED" }),
        await insertRun(database, tenant, { status: "COMPLETED" }),
      ];
      await database.sql`
        update workflow_runs
        set created_at = created_at - interval '40 days', started_at = started_at - interval '40 days',
          deadline_at = deadline_at - interval '40 days', completed_at = completed_at - interval '40 days'
        where id = any (${made})`;
      return made;
    },
    left: "select id from workflow_runs where id = any ($1)",
  },
  old_firings: {
    verb: "delete_old_firings",
    poisoned: { table: "trigger_firings", operation: "delete", column: "id" },
    async arrange(service, tenant) {
      const { id } = await createTrigger(service, tenant, { cron: "0 0 1 1 *", time_zone: "UTC" });
      const made = ids();
      await service.database.sql`
        insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
        select made.id, ${tenant.id}, ${id}, statement_timestamp() - interval '40 days', 'REFUSED', 'hand', 'paused'
        from unnest(${made}::uuid[]) made (id)`;
      return made;
    },
    left: "select id from trigger_firings where id = any ($1)",
  },
  old_notifications: {
    verb: "delete_old_notifications",
    poisoned: { table: "notifications", operation: "delete", column: "id" },
    async arrange({ database }, tenant) {
      const made = ids();
      await database.sql`
        insert into notifications (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, created_at)
        select id, ${tenant.id}, gen_random_uuid(), id::text, 'workflow_run.failed', statement_timestamp(), '{}',
          statement_timestamp() - interval '40 days'
        from unnest(${made}::uuid[]) made (id)`;
      return made;
    },
    left: "select id from notifications where id = any ($1)",
  },
  old_audit_events: {
    verb: "delete_old_audit_events",
    poisoned: { table: "audit_events", operation: "delete", column: "id" },
    async arrange({ database }, tenant) {
      const made = ids();
      await database.sql`
        insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
        select id, ${tenant.id}, statement_timestamp() - interval '4000 days', ${tenant.owner.id}, 'api_key', 'x.done', 'x', '{}'
        from unnest(${made}::uuid[]) made (id)`;
      return made;
    },
    left: "select id from audit_events where id = any ($1)",
  },
  artifacts: {
    verb: "claim_artifact_deletions",
    poisoned: { table: "workflow_run_artifacts", operation: "delete", column: "id" },
    async arrange({ database }, tenant) {
      const runId = await insertRun(database, tenant, { status: "COMPLETED" });
      const made = ids();
      await database.sql`
        insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, created_at)
        select ${runId}, id, ${tenant.id}, 1, 'file-' || id, 'text/plain', 1, statement_timestamp() - interval '4 days'
        from unnest(${made}::uuid[]) made (id)`;
      return made;
    },
    left: "select id from workflow_run_artifacts where id = any ($1)",
  },
};

/** Lets every change of a thing fail whose id is in the table `poison`, at once or after some seconds. */
export async function preparePoison({ database: { sql } }: Service): Promise<void> {
  await sql`create table poison (step text, id uuid, seconds integer not null default 0)`;
  await sql`
    create function refuse_poison() returns trigger language plpgsql as $$
    begin
      perform pg_sleep(p.seconds) from public.poison p
      where p.step = tg_argv[1] and p.id = (case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end ->> tg_argv[0])::uuid;
      if found then
        raise exception 'this is "poison"';
      end if;
      return coalesce(new, old);
    end $$`;
  const acceptances = { poisoned: { table: "workflow_run_events", operation: "insert", column: "run_id" } };
  for (const [step, { poisoned }] of Object.entries({ ...WORK, acceptances })) {
    const { table, operation, column } = poisoned;
    await sql.query(
      `create trigger poison_${step} before ${operation} on ${table} for each row execute function refuse_poison('${column}', '${step}')`,
    );
  }
}

/** Creates three tenants, each with one or two rows that the step works on. Returns these rows, those of a tenant one after the other. */
export async function arrangeTenants(service: Service, { arrange }: Work) {
  const tenants = [
    await createTenant(service.database, { runnerUrl: RUNNER }),
    await createTenant(service.database, { runnerUrl: RUNNER }),
    await createTenant(service.database, { runnerUrl: RUNNER }),
  ];
  const things: { id: string; tenant: TestTenant }[] = [];
  for (const tenant of tenants) for (const id of await arrange(service, tenant)) things.push({ id, tenant });
  return things;
}
