/** The sums of ended runs by hour and by day: they are what a recount of the runs says, whatever happens to these. */
import { beforeEach, describe, expect, inject, it, vi } from "vitest";
import { sumEnds } from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { insertDefinitions } from "../support/backlog.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { extent } from "../support/in-turn.ts";
import { callBack, insertRun, invoke, makeOverdue } from "../support/lifecycle.ts";
import { createRandom } from "../support/random.ts";
import { type Service, startService } from "../support/service.ts";
import { settle } from "../support/settle.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

const RUNNER = "http://127.0.0.1:9/";

let service: Service;
let tenant: TestTenant;

// The sweep serves the whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService();
  tenant = await createTenant(service.database, { runnerUrl: RUNNER });
  const { sql } = service.database;
  await sql`update workflow_definitions set max_running = 100, max_attempts = 2, retry_on = '{LOST}'`;
  // Deleted runs, as they were.
  await sql`create table deleted_runs as select * from workflow_runs`;
  await sql`
    create function remember_runs() returns trigger language plpgsql as $$
    begin insert into public.deleted_runs select * from deleted; return null; end $$`;
  await sql`
    create trigger remember_runs after delete on workflow_runs referencing old table as deleted
    for each statement execute function remember_runs()`;
});

/** Adds to the sums whatever is still to be added. `limit` is how many events a call reads. */
async function sumAll(limit = 5_000): Promise<void> {
  await settle(service, tenant);
  while ((await perform(verbServices(service), sumEnds, limit)).result.has_more);
}

/** The sums, and a recount of the runs, deleted ones included. */
async function compare(): Promise<Record<"sums" | "recount", Record<string, unknown>[]>> {
  const { sql } = service.database;
  const sums = await sql`
    select of_id, per, begins_at, completed, failed, waits, run_times from run_sums
    where completed + failed <> 0 or waits + run_times <> 0 order by 1, 2, 3`;
  const recount = await sql`
    select of.id as of_id, per.name as per, place.begins_at, (count(*) filter (where status = 'COMPLETED'))::int as completed,
      (count(*) filter (where status = 'FAILED'))::int as failed,
      coalesce(sum(histogram_of(extract(epoch from started_at - created_at)::float8)) filter (where attempt = 1), 0) as waits,
      coalesce(sum(histogram_of(extract(epoch from completed_at - started_at)::float8)) filter (where status = 'COMPLETED'), 0) as run_times
    from (table workflow_runs union all table deleted_runs) r, unnest(array[workflow_definition_id, tenant_id]) of (id),
      (values ('hour', interval '15 days'), ('day', interval '366 days')) per (name, kept),
      lateral (select date_trunc(per.name, completed_at, 'UTC')::timestamptz(3) as begins_at) place
    where status in ('COMPLETED', 'FAILED') and place.begins_at >= statement_timestamp() - per.kept
    group by 1, 2, 3 order by 1, 2, 3`;
  return { sums, recount };
}

/**
 * Sweeps until the sums equal the recount, and returns them. One sweep may not be enough: an end that is committed late is noticed only when
 * all older transactions have ended, and other tests in the same Postgres have some, too.
 */
const sumUntilRecounted = () =>
  vi.waitFor(
    async () => {
      await service.sweep();
      const { sums, recount } = await compare();
      expect(sums).toEqual(recount);
      return sums;
    },
    { timeout: 60_000, interval: 50 },
  );

/** Moves a run with its events into the past, as if all of it had happened then. */
async function age(runId: string, hours: number): Promise<void> {
  const { sql } = service.database;
  await sql.transaction([
    sql`
      update workflow_runs
      set created_at = created_at - make_interval(hours => ${hours}), started_at = started_at - make_interval(hours => ${hours}),
        deadline_at = deadline_at - make_interval(hours => ${hours}), completed_at = completed_at - make_interval(hours => ${hours})
      where id = ${runId}`,
    sql`update workflow_run_events set at = at - make_interval(hours => ${hours}) where run_id = ${runId}`,
  ]);
}

const idsOf = async (status: string): Promise<string[]> =>
  (await service.database.sql`select id from workflow_runs where status = ${status} order by id`).map(({ id }) => id);

describe("the sums of ended runs", () => {
  it("are what a recount says: after ends, retries by a policy and by a person, and deletions, whenever they are added", async () => {
    const seed = inject("seed");
    const random = createRandom(seed);
    const { sql } = service.database;
    const [other = ""] = await insertDefinitions(service.database, tenant, 1, RUNNER);
    await sql`update workflow_definitions set max_running = 100 where id = ${other}`;
    const aged = new Set<string>();
    const end = async (runId: string) => {
      const [row] = await sql`select attempt from workflow_runs where id = ${runId}`;
      const status = random.chance(0.5) ? "COMPLETED" : "FAILED";
      await callBack(service, tenant, runId, status === "FAILED" ? { status, error: "no" } : { status }, row?.attempt);
    };
    const steps: Record<string, () => Promise<unknown>> = {
      invoke: () => invoke(service, random.chance(0.3) ? { ...tenant, definitionId: other } : tenant),
      async end() {
        for (const id of (await idsOf("RUNNING")).slice(0, 2)) await end(id);
      },
      async overdue() {
        const [id] = await idsOf("RUNNING");
        if (id) await makeOverdue(service, id, random.integer(100));
        await service.sweep();
      },
      // Its policy retries it, and the back-off is over at once.
      async lose() {
        const [id] = await idsOf("RUNNING");
        if (!id) return;
        await sql`update running_attempts set lease_seconds = 10, lease_expires_at = statement_timestamp() - interval '1 second' where run_id = ${id}`;
        await service.sweep();
        await sql`update workflow_runs set not_before = statement_timestamp() where id = ${id} and not_before is not null`;
      },
      async retry() {
        const failed = await idsOf("FAILED");
        if (failed.length > 0)
          await service.send("POST", `/v1/workflow-runs/${random.pick(failed)}/retry`, tenant.owner.key);
      },
      async delete() {
        const ended = [...(await idsOf("COMPLETED")), ...(await idsOf("FAILED"))];
        if (ended.length > 0) await service.send("DELETE", `/v1/workflow-runs/${random.pick(ended)}`, tenant.owner.key);
      },
      // Only a run whose end is not added yet may have ended at another time.
      async age() {
        const [fresh] = await sql`
          select id from workflow_runs r where status in ('COMPLETED', 'FAILED') and id <> all (${[...aged]}::uuid[]) and not exists (
            select from workflow_run_events e, run_sum_positions p
            where e.run_id = r.id and (e.epoch, e.xid, e.id) <= (p.epoch, p.xid, p.event_id)) limit 1`;
        if (!fresh) return;
        aged.add(fresh.id);
        await age(fresh.id, random.pick([1, 5, 30, 500, 9_000]));
      },
      add: () => sumAll(random.pick([1, 3, 5_000])),
    };
    const often = [
      "invoke",
      "invoke",
      "invoke",
      "end",
      "end",
      "age",
      "age",
      "retry",
      "delete",
      "lose",
      "overdue",
      "add",
    ];
    for (let step = 0; step < extent(70, 400); step++) await steps[random.pick(often)]?.();
    await sumAll();
    const { sums, recount } = await compare();
    expect({ seed, sums }).toEqual({ seed, sums: recount });
    expect(recount.length).toBeGreaterThan(5);
    // Nothing of the past changes when runs are deleted, by whatever statement.
    await sql`delete from workflow_runs where status in ('COMPLETED', 'FAILED')`;
    await sumAll();
    expect((await compare()).sums).toEqual(sums);
  });

  it("have the end of a run that is deleted before its tenant has any", async () => {
    const { sql } = service.database;
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    await sql`delete from workflow_runs`;
    await sumAll();
    const { sums, recount } = await compare();
    expect(sums).toEqual(recount);
    expect(sums).toMatchObject(Array(4).fill({ completed: 1 }));
  });

  /** Inserts a run that has ended, but not the event of its end: see `endOf`. */
  async function insertEnded(of: TestTenant): Promise<string> {
    const id = await insertRun(service.database, of, { status: "COMPLETED" });
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
      select tenant_id, id, 1, began.* from workflow_runs,
        lateral (values ('TRIGGERED', created_at), ('STARTED', started_at)) began (type, at)
      where id = ${id}`;
    return id;
  }
  const endOf = (runId: string) => service.database.sql`
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
    select tenant_id, id, 1, 'COMPLETED', completed_at from workflow_runs where id = ${runId}`;

  it("have an end that commits after sweeps have seen younger ones of other tenants", async () => {
    const other = await createTenant(service.database, { runnerUrl: RUNNER });
    const held = await holdTransaction(service.database, [endOf(await insertEnded(other))]);
    for (const _ of [1, 2, 3]) {
      await endOf(await insertEnded(tenant));
      await service.sweep();
    }
    await held.letGo();
    const sums = await sumUntilRecounted();
    expect(sums.map(({ completed }) => completed).sort()).toEqual([1, 1, 1, 1, 3, 3, 3, 3]);
  });

  it("have an end whose transaction is the newest one that is under way, and an older one has made a younger event", async () => {
    const { sql } = service.database;
    const other = await createTenant(service.database, { runnerUrl: RUNNER });
    const [late, young] = [await insertEnded(other), await insertEnded(tenant)];
    await sumAll();
    // It has its number before the other one, and its event after that.
    const older = await holdTransaction(service.database, [sql`select pg_current_xact_id()`], [endOf(young)]);
    const held = await holdTransaction(service.database, [endOf(late)]);
    await older.letGo();
    for (const _ of [1, 2, 3]) await perform(verbServices(service), sumEnds, 5_000);
    await held.letGo();
    expect(await sumUntilRecounted()).toHaveLength(8);
  });

  it("have an end once that commits later than a younger one, and each once when two sweeps meet", async () => {
    const [late, young] = [await insertEnded(tenant), await insertEnded(tenant)];
    const held = await holdTransaction(service.database, [endOf(late)]);
    await endOf(young);
    await service.sweep();
    expect((await compare()).sums).toEqual([]);
    await held.letGo();
    await settle(service, tenant);
    await Promise.all([service.sweep(), service.sweep()]);
    await service.sweep();
    const { sums, recount } = await compare();
    expect(sums).toEqual(recount);
    expect(sums).toMatchObject(Array(4).fill({ completed: 2 }));
  });

  it("are added without reading all events for each run, also by a plan that was made while there were few", async () => {
    const { sql } = service.database;
    const add = (runs: number) => [
      sql`
        insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, created_at, started_at,
          deadline_at, completed_at, updated_at, ended_by)
        select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'SELF_HOSTED', 'COMPLETED', '{}', at, at,
          at + interval '1 hour', at, at, 'CALLBACK'
        from generate_series(1, ${runs}::int) n, lateral (select statement_timestamp() - n * interval '1 second' as at) made`,
      sql`
        insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
        select tenant_id, id, 1, type, completed_at from workflow_runs r, unnest('{TRIGGERED,STARTED,COMPLETED}'::text[]) type
        where not exists (select from workflow_run_events e where e.run_id = r.id)`,
    ];
    // What is added is looked up before, so the plan that is measured is that of the function alone.
    const lookUp = (name: string) =>
      sql.query(
        `create table ${name} as select array_agg(e.id) as event_ids, array_agg(r.workflow_definition_id) as definition_ids ` +
          "from workflow_run_events e join workflow_runs r on r.id = e.run_id where e.type = 'COMPLETED'",
      );
    const sum = (name: string) => `select add_to_sums(event_ids, definition_ids, now()) from ${name}`;
    await sql`insert into run_sum_positions (tenant_id, looked_at) values (${tenant.id}, now())`;
    const few = Array.from({ length: 8 }, () => sql.query(sum("few")));
    const steps = [
      ...add(1),
      lookUp("few"),
      sql`analyze`,
      ...few,
      ...add(1_500),
      lookUp("many"),
      sql.query(`explain (analyze, buffers, format json) ${sum("many")}`),
    ];
    const [plan] = (await sql.transaction(steps)).at(-1)?.[0]?.["QUERY PLAN"] ?? [];
    expect(plan.Plan["Shared Hit Blocks"]).toBeLessThan(20_000);
  });

  it("are looked for in the tenants where something has happened, and not in all", async () => {
    const { sql } = service.database;
    await sql`insert into tenants (id, name) select gen_random_uuid(), 'Tenant ' || n from generate_series(1, 20000) n`;
    await sql`insert into run_sum_positions (tenant_id, looked_at, is_behind) select id, now(), false from tenants on conflict do nothing`;
    await sql`vacuum analyze tenants, run_sum_positions`;
    /** How many rows of `tenants` and `run_sum_positions` a call of `sum_ends` reads. */
    const rowsRead = async () => {
      const [, counted] = await sql.transaction([
        sql`select sum_ends('{"slack_seconds": 0, "sends": false}', 2000)`,
        sql`
          select sum(seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables
          where relname in ('tenants', 'run_sum_positions')`,
      ]);
      return counted?.[0]?.rows;
    };
    // What was seen once is read a second time.
    await expect.poll(rowsRead).toBeLessThan(10);
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await settle(service, tenant);
    expect(await rowsRead()).toBeLessThan(50);
    expect((await compare()).sums).toHaveLength(4);
  });

  it("are added by one sweep also when many tenants come first of which nothing is to be added", async () => {
    const { sql } = service.database;
    await endOf(await insertEnded(tenant));
    await sql`insert into tenants (id, name) select gen_random_uuid(), 'Tenant ' || n from generate_series(1, 150) n`;
    await sql`
      insert into run_sum_positions (tenant_id, looked_at, is_behind)
      select id, now() - interval '1 hour' * (id <> ${tenant.id})::int, true from tenants`;
    await settle(service, tenant);
    await service.sweep();
    expect((await compare()).sums).toHaveLength(4);
  });

  it("are read of one workflow, and not of all to find those of one", async () => {
    const { sql } = service.database;
    await sql`insert into run_sum_positions (tenant_id, looked_at) values (${tenant.id}, now()) on conflict do nothing`;
    await sql`
      insert into run_sums (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
      select of.id, 'day', date_trunc('day', now(), 'UTC') - n * interval '1 day', ${tenant.id}, 1, 0, histogram_of(1), histogram_of(60)
      from generate_series(0, 179) n, (
        select gen_random_uuid() as id from generate_series(1, 99) union all select ${tenant.definitionId}
      ) of
      order by random()`;
    await sql`analyze`;
    const read = `sum_statistics('OWNER', '${tenant.id}', '${tenant.owner.id}', '${tenant.definitionId}', 7776000, 86400, 0)`;
    // The first time, the catalog is read, too, and each time that autovacuum has had it planned anew.
    const thrice = [1, 2, 3].map(() => sql.query(`explain (analyze, buffers, format json) select ${read}`));
    const blocks = (await sql.transaction(thrice)).map(([row]) => {
      const plan = row?.["QUERY PLAN"]?.[0]?.Plan;
      return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    });
    expect(Math.min(...blocks)).toBeLessThan(190);
  });

  it("have what ended before they began, of every tenant, and forget what is too old", async () => {
    const { sql } = service.database;
    await sql`create table ended as select gen_random_uuid() as id, n from generate_series(1, 300) n`;
    const others = [tenant, await createTenant(service.database), await createTenant(service.database)];
    for (const { id, definitionId, owner } of others) {
      await sql.transaction([
        sql`
          insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
            created_at, started_at, deadline_at, completed_at, updated_at, ended_by)
          select gen_random_uuid(), ${id}, ${definitionId}, ${owner.id}, 'SELF_HOSTED', 'COMPLETED', '{}', made.at, made.at,
            made.at + interval '1 hour', made.at + interval '1 minute', made.at, 'CALLBACK'
          from ended, lateral (select statement_timestamp() - n * interval '2 days' as at) made`,
        sql`
          insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
          select tenant_id, id, 1, happened.* from workflow_runs, lateral (values ('TRIGGERED', created_at), ('STARTED', started_at),
            ('COMPLETED', completed_at)) happened (type, at) where tenant_id = ${id}`,
      ]);
      await settle(service, { id });
    }
    await sumAll(700);
    const { sums, recount } = await compare();
    expect(sums).toEqual(recount);
    expect(new Set(sums.map(({ of_id }) => of_id)).size).toBe(6);
    // The sums are of every second day, so a shift by an odd number of days moves none to the day of another one.
    await sql`update run_sums set begins_at = begins_at - interval '361 days' where per = 'day'`;
    const run = await insertRun(service.database, tenant, { status: "COMPLETED" });
    await sql`insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${run}, 1, 'COMPLETED')`;
    await sumAll();
    const left = await sql`
      select count(*)::int from run_sums where per = 'day' and tenant_id = ${tenant.id} and begins_at < statement_timestamp() - interval '366 days'`;
    expect(left).toEqual([{ count: 0 }]);
  });
});

describe("the percentiles of a histogram", () => {
  it("are within a bucket of those of the durations, and null without any", async () => {
    const [row] = await service.database.sql`
      select histogram_percentiles(sum(histogram_of(n::float8))) as of_many, percentile_cont(array[0.5, 0.95]) within group (order by n) as exact,
        histogram_percentiles(histogram_of(0)) as of_none_long, histogram_percentiles(histogram_of(1e9)) as of_long,
        histogram_percentiles(null) as of_null, histogram_percentiles(0) as of_zero, histogram_of(null) as nothing
      from generate_series(1, 1000) n`;
    const { of_many: many, exact, of_none_long: none, of_long: long, ...nulls } = row ?? {};
    for (const ratio of [many.median / exact[0], many.p95 / exact[1]])
      expect([ratio > 0.8, ratio < 1.25]).toEqual([true, true]);
    expect(none.p95).toBeLessThanOrEqual(0.01);
    expect(long.median).toBeGreaterThan(86_400 * 10);
    expect(nulls).toEqual({
      of_null: { median: null, p95: null },
      of_zero: { median: null, p95: null },
      nothing: null,
    });
  });
});
