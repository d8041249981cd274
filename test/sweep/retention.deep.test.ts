import { beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { deleteOldRuns } from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { addCommandLineCode, addSignInSession } from "../support/sign-in-session.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { createWebhook, post } from "../triggers/inbound-support.ts";
import { SIGNED } from "../triggers/signed-messages.ts";

let service: Service;
let tenant: TestTenant;

// The sweep serves the whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService({ settings: { RETENTION_DAYS: "30" } });
  tenant = await createTenant(service.database);
});

/** A COMPLETED run with an event, moved back by so many days. */
async function insertOldRun(days: number, owner = tenant): Promise<string> {
  const { sql } = service.database;
  const id = await insertRun(service.database, owner, { status: "COMPLETED" });
  const ago = `${days} days`;
  await sql.transaction([
    sql`insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${owner.id}, ${id}, 1, 'COMPLETED')`,
    sql`
      update workflow_runs
      set created_at = created_at - ${ago}::interval, started_at = started_at - ${ago}::interval,
        deadline_at = deadline_at - ${ago}::interval, completed_at = completed_at - ${ago}::interval
      where id = ${id}`,
  ]);
  return id;
}

async function kept(): Promise<string[]> {
  const rows = await service.database.sql`select id from workflow_runs order by id`;
  return rows.map(({ id }) => id);
}

describe("retention", () => {
  it("deletes the runs that ended longer ago than RETENTION_DAYS, with their events, and no other", async () => {
    await insertOldRun(31);
    await insertOldRun(400);
    const young = await insertOldRun(29);
    const running = await insertRun(service.database, tenant);
    await service.database
      .sql`update workflow_runs set created_at = created_at - interval '60 days' where id = ${running}`;
    await service.sweep();
    expect(await kept()).toEqual([young, running].toSorted());
    expect(await service.database.sql`select run_id from workflow_run_events`).toEqual([{ run_id: young }]);
    expect(await service.database.sql`select deleted from sweep_state`).toEqual([{ deleted: 2 }]);
  });

  it("keeps a child as long as its parent, whose deletion waits for nobody who holds the child", async () => {
    const [parent, child] = [await insertOldRun(29), await insertOldRun(31)];
    await service.database.sql`update workflow_runs set parent_run_id = ${parent} where id = ${child}`;
    await service.database.sql`
      insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
      values (${child}, ${tenant.id}, ${parent}, ${tenant.definitionId}, 'one', 1)`;
    await service.sweep();
    expect(await kept()).toEqual([parent, child].toSorted());
    const { letGo } = await holdTransaction(service.database, [
      service.database.sql`select from run_children where run_id = ${child} for update`,
    ]);
    const { result } = await perform(verbServices(service), deleteOldRuns, { days: 28, limit: 8 });
    await service.sweep();
    expect([result.deleted, await kept()]).toEqual([1, [child]]);
    await letGo();
    await service.sweep();
    expect(await kept()).toEqual([]);
    expect(
      await service.database.sql`select run_id from run_children union all select id from deleted_parents`,
    ).toEqual([]);
  });

  /** Adds a key of the USER, with an instant at which it was revoked or expired so many days ago. */
  async function insertEndedKey(end: "revoked_at" | "expires_at", days: number): Promise<string> {
    const id = crypto.randomUUID();
    await service.database.sql.query(
      `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix, ${end})
       values ($1, $2, $3, 'Old', sha256(gen_random_uuid()::text::bytea), 'test', statement_timestamp() - make_interval(days => $4))`,
      [id, tenant.id, tenant.user.id, days],
    );
    return id;
  }

  it("deletes the keys that were revoked or expired longer ago, with their sessions, and no other", async () => {
    const { sql } = service.database;
    const old = [await insertEndedKey("revoked_at", 31), await insertEndedKey("expires_at", 31)];
    const young = [await insertEndedKey("revoked_at", 29), await insertEndedKey("expires_at", -1)];
    await sql`
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
      select gen_random_uuid(), tenant_id, id, 'Old', 1, statement_timestamp() from api_keys where id = ${old[0]}`;
    const before = await sql`select id from api_keys`;
    await service.sweep();
    const left = (await sql`select id from api_keys`).map(({ id }) => id);
    expect(left).toEqual(expect.arrayContaining(young));
    expect(
      before
        .map(({ id }) => id)
        .filter((id) => !left.includes(id))
        .sort(),
    ).toEqual(old.sort());
    expect(await sql`select id from runner_sessions`).toEqual([]);
    expect((await service.get("/v1/users/me", tenant.owner.key)).status).toBe(200);
  });

  it("lets no invite sign in a user whose last key it has deleted", async () => {
    const { sql } = service.database;
    const mayBeInvited = async () => {
      const [row] = await sql`select public.may_be_invited(${tenant.user.id}) as answer`;
      return row?.answer;
    };
    await sql`delete from api_keys where user_id = ${tenant.user.id}`;
    expect(await mayBeInvited()).toBe(true);
    await insertEndedKey("revoked_at", 31);
    await service.sweep();
    expect(await sql`select id from api_keys where user_id = ${tenant.user.id}`).toEqual([]);
    expect(await mayBeInvited()).toBe(false);
  });

  it("deletes the sessions of the dashboard that ended longer ago, with the codes to which somebody agreed in them", async () => {
    const { sql } = service.database;
    const added = await Promise.all([1, 2, 3, 4].map(() => addSignInSession(service.database, tenant.user.id)));
    const [old, signedOut, young, open] = added.map(({ sid }) => sid);
    await addCommandLineCode(service.database, old ?? "", "Test");
    await sql`update sign_in_sessions set ended_at = statement_timestamp() - interval '29 days' where id = ${young}`;
    await sql`
      update sign_in_sessions
      set ended_at = statement_timestamp() - interval '31 days', ends_at = statement_timestamp() - interval '25 days'
      where id = ${signedOut}`;
    // Nobody ended it: it ended by itself.
    await sql`update sign_in_sessions set ends_at = statement_timestamp() - interval '31 days' where id = ${old}`;
    await service.sweep();
    const left = await sql`select id from sign_in_sessions order by began_at`;
    expect(left.map(({ id }) => id).toSorted()).toEqual([young, open].toSorted());
    expect(await sql`select from command_line_codes`).toEqual([]);
  });

  it("deletes the events of that age that are about no run, such as that an endpoint was disabled", async () => {
    const { sql } = service.database;
    for (const days of [31, 29]) {
      await sql`
        insert into workflow_run_events (tenant_id, type, at, detail)
        values (${tenant.id}, 'ENDPOINT_DISABLED', statement_timestamp() - make_interval(days => ${days}),
          jsonb_build_object('days', ${days}::int))`;
    }
    await service.sweep();
    expect(await sql`select detail from workflow_run_events`).toEqual([{ detail: { days: 29 } }]);
  });

  it("deletes in one sweep all that is too old, however much more than one transaction deletes", async () => {
    const { sql } = service.database;
    const { id: triggerId } = await createWebhook(service, tenant, { scheme: "github" });
    await sql`
      with n as materialized (select gen_random_uuid() as id, now() - interval '4000 days' as at from generate_series(1, 4100)),
      firings as (
        insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
        select id, ${tenant.id}, ${triggerId}, at, 'REFUSED', 'hand', 'paused' from n),
      sent as (
        insert into notifications (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, created_at)
        select id, ${tenant.id}, id, id::text, 'workflow_run.failed', at, '{}', at from n),
      audited as (
        insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
        select id, ${tenant.id}, at, ${tenant.owner.id}, 'api_key', 'x.done', 'x', '{}' from n)
      insert into workflow_run_events (tenant_id, type, at, detail) select ${tenant.id}, 'ENDPOINT_DISABLED', at, '{}' from n limit 1100`;
    await service.sweep();
    const [left] = await sql`
      select (select count(*) from trigger_firings)::int as firings, (select count(*) from notifications)::int as notifications,
        (select count(*) from audit_events where action = 'x.done')::int as audited,
        (select count(*) from workflow_run_events where run_id is null)::int as events`;
    expect(left).toEqual({ firings: 0, notifications: 0, audited: 0, events: 0 });
  });

  it.each([
    { why: "an error", sqlstate: "P0001", event: "set aside" },
    { why: "the time limit of a statement", sqlstate: "57014", event: "set aside" },
    { why: "the time limit of a lock", sqlstate: "55P03", event: "set aside" },
    { why: "a lost connection", sqlstate: "08006", event: "delete" },
  ])("that fails for runs by $why is logged, and the sweep deletes the rest and ends", async ({ sqlstate, event }) => {
    const { sql } = service.database;
    const id = await insertOldRun(31);
    await sql`
      insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
      values (gen_random_uuid(), ${tenant.id}, statement_timestamp() - interval '5 years', ${tenant.owner.id}, 'api_key', 'tenant.renamed',
        'tenant', '{}')`;
    await sql.query(`
      create function refuse() returns trigger language plpgsql as $$ begin
        raise exception 'two of them waited for each other' using errcode = '${sqlstate}';
      end $$`);
    await sql`create trigger refuse before delete on workflow_runs for each row execute function refuse()`;
    const logged = vi.spyOn(console, "error");
    await service.sweep();
    const lines = logged.mock.calls.map(([line]) => JSON.parse(line));
    const row = event === "set aside" ? { row_id: id } : {};
    expect(lines).toMatchObject([{ event, step: "old_runs", ...row, error: expect.stringContaining("each other") }]);
    expect(await sql`select from audit_events where at < statement_timestamp() - interval '4 years'`).toEqual([]);
    expect(await sql`select deleted from sweep_state where ended_at > began_at`).toEqual([{ deleted: 0 }]);
    expect(await kept()).toEqual([id]);
  });

  it("keeps firings for seven days at least, so that no webhook of the last days fires again", async () => {
    service = await startService({ settings: { RETENTION_DAYS: "1" } });
    tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const again = () => post(service, hook.id, "{}", SIGNED.github({ secret: hook.secret, body: "{}", id: "1" }));
    const pass = (days: number) => service.database.sql`
      update trigger_firings set at = at - make_interval(days => ${days}) where trigger_id = ${hook.id}`;
    const statuses = [(await again()).status];
    for (const days of [6, 2]) {
      await pass(days);
      await service.sweep();
      statuses.push((await again()).status);
    }
    expect(statuses).toEqual([202, 200, 202]);
  });

  it("is off unless RETENTION_DAYS is set", async () => {
    const keeping = await startService();
    service = keeping;
    tenant = await createTenant(keeping.database);
    const id = await insertOldRun(4000);
    await keeping.sweep();
    expect(await kept()).toEqual([id]);
  });

  it("keeps a run whose idempotency key may still be sent again", async () => {
    const id = await insertOldRun(31);
    await service.database.sql`
      update workflow_runs set idempotency_key = 'order-1', created_at = statement_timestamp() - interval '23 hours'
      where id = ${id}`;
    await service.sweep();
    expect(await kept()).toEqual([id]);
  });

  it("deletes in small steps, each tenant in turn", async () => {
    const other = await createTenant(service.database);
    for (let i = 0; i < 12; i++) await insertOldRun(100 + i);
    const small = await insertOldRun(40, other);
    const remove = async () =>
      (await perform(verbServices(service), deleteOldRuns, { days: 30, limit: 8 })).result.deleted;
    expect(await remove()).toBe(5);
    expect(await kept()).not.toContain(small);
    expect(await remove()).toBe(8);
    expect(await remove()).toBe(0);
  });

  it("keeps a run that is retried while others are being deleted", async () => {
    const { sql } = service.database;
    await insertOldRun(50);
    const retried = await insertRun(service.database, tenant, { status: "FAILED", error: "No paper." });
    await sql`
      update workflow_runs
      set created_at = created_at - interval '40 days', started_at = started_at - interval '40 days',
        deadline_at = deadline_at - interval '40 days', completed_at = completed_at - interval '40 days'
      where id = ${retried}`;
    await sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    // A deletion waits for the retry. So the second run changes after both were found, and before it is locked. With a hash join,
    // both would be locked before the first deletion.
    await sql`
      alter function delete_old_runs set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`;
    await sql`
      create function wait_for_retry() returns trigger language plpgsql as $$ begin
        for i in 1..500 loop
          exit when exists (select from public.workflow_runs where status = 'PENDING');
          perform pg_sleep(0.01);
        end loop;
        return old;
      end $$`;
    await sql`create trigger wait before delete on workflow_runs for each row execute function wait_for_retry()`;
    const deleting = perform(verbServices(service), deleteOldRuns, { days: 30, limit: 8 });
    for (let isDeleting = false; !isDeleting; ) {
      const [row] = await sql`select count(*)::int as number from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`;
      isDeleting = row?.number > 0;
    }
    const answer = await service.send("POST", `/v1/workflow-runs/${retried}/retry`, tenant.owner.key);
    expect([answer.status, (await deleting).result.deleted]).toEqual([202, 1]);
    expect(await kept()).toEqual([retried]);
  });

  it("is at least a day, which the configuration enforces", () => {
    const read = (RETENTION_DAYS: string) => () =>
      readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused", RETENTION_DAYS });
    for (const days of ["0", "-1", "1.5", "soon"]) expect(read(days)).toThrow("RETENTION_DAYS");
    expect(read("1")).not.toThrow();
  });
});
