/** What the sweep does for deleted workflows and triggers: it deletes in chunks what belonged to them. */
import { env } from "cloudflare:test";
import { v7 as uuid } from "uuid";
import { beforeEach, describe, expect, it } from "vitest";
import { judge } from "../../scripts/local/findings.ts";
import { diagnose } from "../../src/sweep/diagnosis.ts";
import {
  finishDeletions,
  promoteWaitingRuns,
  sweepDueOfTenant,
  timeOutOverdueRuns,
} from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import {
  addArtifact,
  addBatch,
  addDefinition,
  addFiredTrigger,
  createStage,
  definitionBody,
} from "../support/stage.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { createTrigger, MINUTELY, send } from "../triggers/support.ts";

let service: Service;
let tenant: TestTenant;

// The sweep serves the whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
  tenant = await createTenant(service.database);
});

const RUNNER = "http://127.0.0.1:9/";

/** Inserts so many COMPLETED runs of the definition, each with an event, a label, a log and a file. */
async function insertMany(definitionId: string, count: number, owner = tenant): Promise<void> {
  await service.database.sql`
    with run as (
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, started_at, deadline_at,
        completed_at, ended_by)
      select gen_random_uuid(), ${owner.id}, ${definitionId}, ${owner.owner.id}, 'SELF_HOSTED', 'COMPLETED', '{}',
        statement_timestamp(), statement_timestamp() + interval '5 minutes', statement_timestamp(), 'CALLBACK'
      from generate_series(1, ${count}::int)
      returning id
    ), event as (
      insert into workflow_run_events (tenant_id, run_id, attempt, type) select ${owner.id}, id, 1, 'COMPLETED' from run
    ), label as (
      insert into workflow_run_labels (tenant_id, run_id, label, created_at)
      select ${owner.id}, id, 'kind:many', statement_timestamp() from run
    ), log as (
      insert into workflow_run_logs (run_id, attempt, bytes) select id, 1, 1 from run
    )
    insert into workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, stored_at)
    select id, gen_random_uuid(), ${owner.id}, 1, 'a.txt', 'text/plain', 1, statement_timestamp() from run`;
}

const deleteWorkflow = async (definitionId: string, owner = tenant) =>
  expect((await service.send("DELETE", `/v1/workflow-definitions/${definitionId}`, owner.owner.key)).status).toBe(204);

/** How many rows of the tables that deleted workflows and triggers leave are there. Tables without any are left out. */
async function countLeft(): Promise<Record<string, number>> {
  const tables =
    `deleted_definitions deleted_triggers deleted_parents workflow_runs workflow_run_events workflow_run_labels
    workflow_run_logs workflow_run_log_entries workflow_run_artifacts artifact_deletions running_attempts run_batches trigger_firings`.split(
      /\s+/,
    );
  const counts = tables.map((table) => `select '${table}' as name, count(*)::int from ${table}`);
  const rows = await service.database.sql.query(counts.join(" union all "));
  return Object.fromEntries(rows.flatMap(({ name, count }) => (count > 0 ? [[name, count]] : [])));
}

const readDueInMs = async () => {
  const [row] = await service.database.sql`select public.deployment_due_in_ms() as due_in_ms`;
  return row?.due_in_ms;
};

describe("the deletion of a workflow", () => {
  it("reads and writes as many rows with ten runs as with two thousand", async () => {
    // In a new database, since plans depend on what Postgres knows of tables that another file has filled.
    service = await startService({ isNew: true, settings: PAGE_SETTINGS });
    tenant = await createTenant(service.database);
    const { database } = service;
    const definitionIds = await insertDefinitions(database, tenant, 2, RUNNER);
    const context = JSON.stringify({ ...(await callerOf(tenant.owner)), slack_seconds: 0, sends: true });
    const touched = `
      select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del)::int as count
      from pg_stat_xact_user_tables`;
    const counts: number[] = [];
    for (const [index, runs] of [10, 2000].entries()) {
      const id = definitionIds[index] ?? "";
      await insertMany(id, runs);
      const [[before] = [], , [after] = []] = await database.sql.transaction([
        database.sql.query(touched),
        database.sql`select delete_definition(${context}, ${id})`,
        database.sql.query(touched),
      ]);
      counts.push(after?.count - before?.count);
    }
    expect(counts[0]).toBeGreaterThan(0);
    // The first call also reads what the connection then knows.
    expect(counts[1]).toBeLessThanOrEqual(counts[0] ?? 0);
    expect(await countLeft()).toMatchObject({ workflow_runs: 2010 });
  });

  it("leaves it to the sweep to delete its runs with their objects, its batches and the firings of its triggers", async () => {
    const stage = await createStage(service, "mark");
    const { sql } = service.database;
    const { runId } = await addArtifact(stage);
    await addBatch(stage);
    await addFiredTrigger(stage);
    const rows =
      await sql`update workflow_definitions set is_active = false where tenant_id = ${stage.tenant.id} returning id`;
    for (const { id } of await sql`select id from workflow_runs where status = 'RUNNING'`) {
      await callBack(service, stage.tenant, id, { status: "COMPLETED" });
    }
    const hasObject = async () =>
      (await env.ARTIFACTS.list({ prefix: stage.tenant.id })).objects.some(({ key }) => key.includes(runId));
    expect(await hasObject()).toBe(true);
    for (const { id } of rows) await deleteWorkflow(id, stage.tenant);
    expect(await countLeft()).toMatchObject({ run_batches: 1, trigger_firings: 1, workflow_run_artifacts: 1 });
    expect(await readDueInMs()).toBeLessThanOrEqual(0);

    await service.sweep();
    expect(await countLeft()).toEqual({});
    expect(await hasObject()).toBe(false);
    // Nothing is planned any more, so the cron is silent.
    expect(await readDueInMs()).toBeNull();
  });

  it("does not take its id for another workflow before all of it is deleted", async () => {
    const stage = await createStage(service, "mark");
    const id = await addDefinition(stage);
    const create = async () => {
      const caller = await callerOf(stage.tenant.owner);
      const { runner_config: _, ...content } = definitionBody(stage);
      const more = { max_run_duration_seconds: 300, is_active: true };
      return callSqlFunction(service.database, "create_definition", {
        ...{ ...caller, definition_id: id, node_id: uuid(), content: { ...content, ...more } },
      });
    };
    expect(await create()).toMatchObject({ is_new: false });
    await deleteWorkflow(id, stage.tenant);
    expect(await create()).toMatchObject({ refused: "id_taken" });
    await service.sweep();
    expect(await create()).toMatchObject({ is_new: true });
  });

  it("lets none of its waiting runs start or expire, and these delay nothing of others", async () => {
    const { sql } = service.database;
    const [deleted = "", other = ""] = await insertDefinitions(service.database, tenant, 2, RUNNER);
    const insertWaiting = (definitionId: string, what: "expired" | "joins", seconds: number) => sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, deadline_at, not_before,
        queue_position)
      select gen_random_uuid(), ${tenant.id}, ${definitionId}, ${tenant.owner.id}, 'SELF_HOSTED', 'PENDING',
        '{"max_run_duration_seconds": 300}', case when ${what === "expired"} then at end, case when ${what === "joins"} then at end,
        case when ${what === "expired"} then 1 end
      from (select statement_timestamp() - make_interval(secs => ${seconds}) as at) t
      returning id`;
    for (const what of ["expired", "joins"] as const) {
      await insertWaiting(deleted, what, -500);
      await insertWaiting(deleted, what, -400);
    }
    await deleteWorkflow(deleted);
    await sql`update workflow_runs set deadline_at = deadline_at - interval '900 seconds', not_before = not_before - interval '900 seconds'`;
    // The slot of the other workflow is held, so what waits for it can join its queue, and expire.
    await insertRuns(service.database, tenant, [other], { dueSeconds: -60 });
    const expires = async () => (await insertWaiting(other, "expired", 1))[0]?.id;
    const joins = async () => (await insertWaiting(other, "joins", 1))[0]?.id;
    const hasJoined = async (id: string) =>
      (await sql`select queue_position from workflow_runs where id = ${id} and not_before is null`).length === 1;
    const events = () => sql`select run_id, type from workflow_run_events where type <> 'QUEUED' order by id`;

    const first = await expires();
    const { result: timedOut } = await perform(verbServices(service), timeOutOverdueRuns, { limit: 1 });
    expect(timedOut).toMatchObject({ locked: 1, lags_ms: [expect.any(Number)] });
    expect((await perform(verbServices(service), timeOutOverdueRuns, { limit: 1 })).result.locked).toBe(0);
    const second = await joins();
    await perform(verbServices(service), promoteWaitingRuns, 1);
    expect(await hasJoined(second)).toBe(true);

    // Neither does the alarm of its tenant, and it is not called again for them.
    const chunk = { tenantId: tenant.id, limit: 1 };
    const third = await joins();
    await perform(verbServices(service), sweepDueOfTenant, chunk);
    expect(await hasJoined(third)).toBe(true);
    const fourth = await expires();
    await perform(verbServices(service), sweepDueOfTenant, chunk);
    expect(await events()).toEqual([first, fourth].map((id) => ({ run_id: id, type: "TIMED_OUT" })));
    const { result } = await perform(verbServices(service), sweepDueOfTenant, chunk);
    expect(result).toMatchObject({ has_moved: false, due_in_ms: expect.any(Number) });
    expect(result.due_in_ms).toBeGreaterThan(0);
  });
});

describe("the sweep of what was deleted", () => {
  it("deletes a bounded chunk in each transaction, and nothing is lost when one is cut off", async () => {
    const { sql } = service.database;
    await insertMany(tenant.definitionId, 25);
    await deleteWorkflow(tenant.definitionId);
    const left = async () => (await countLeft()).workflow_runs;
    expect((await perform(verbServices(service), finishDeletions, 10)).result).toEqual({ deleted: 10 });
    expect(await left()).toBe(15);
    const cutOff = sql.transaction([sql`select finish_deletions('{}', 10)`, sql`select 1 / 0`]);
    await expect(cutOff).rejects.toThrow("division by zero");
    expect(await countLeft()).toMatchObject({ workflow_runs: 15, workflow_run_events: 15, workflow_run_artifacts: 15 });
    expect((await perform(verbServices(service), finishDeletions, 10)).result).toEqual({ deleted: 10 });
    expect(await readDueInMs()).toBeLessThanOrEqual(0);
    expect((await perform(verbServices(service), finishDeletions, 10)).result).toEqual({ deleted: 5 });
    // Only the objects of their files are left, which the sweep deletes from the bucket.
    expect(await countLeft()).toEqual({ artifact_deletions: 25 });
    expect((await perform(verbServices(service), finishDeletions, 10)).result).toEqual({ deleted: 0 });
  });

  it("goes from tenant to tenant", async () => {
    const other = await createTenant(service.database);
    await insertMany(tenant.definitionId, 30);
    await insertMany(other.definitionId, 30, other);
    await deleteWorkflow(tenant.definitionId);
    await deleteWorkflow(other.definitionId, other);
    await perform(verbServices(service), finishDeletions, 20);
    const rows = await service.database.sql`select count(*)::int as left from workflow_runs group by tenant_id`;
    expect(rows).toEqual([{ left: 20 }, { left: 20 }]);
  });

  it("leaves what another transaction has locked to the next sweep", async () => {
    const { sql } = service.database;
    await insertMany(tenant.definitionId, 2);
    await deleteWorkflow(tenant.definitionId);
    const lock = sql`select id from workflow_runs where workflow_definition_id = ${tenant.definitionId} limit 1 for update`;
    const { letGo } = await holdTransaction(service.database, [lock]);
    await service.sweep();
    expect(await countLeft()).toMatchObject({ workflow_runs: 1, deleted_definitions: 1 });
    await letGo();
    await service.sweep();
    expect(await countLeft()).toEqual({});
  });

  it("deletes the firings of a deleted trigger, and not the runs that it has triggered", async () => {
    const { id } = await createTrigger(service, tenant, MINUTELY);
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    await service.database.sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, run_id)
      select gen_random_uuid(), ${tenant.id}, ${id}, statement_timestamp(), 'FIRED', 'hand', ${runId} from generate_series(1, 3)`;
    expect((await service.send("DELETE", `/v1/triggers/${id}`, tenant.owner.key)).status).toBe(204);
    expect(await countLeft()).toMatchObject({ trigger_firings: 3, deleted_triggers: 1 });
    expect(await readDueInMs()).toBeLessThanOrEqual(0);
    await service.sweep();
    expect(await countLeft()).toMatchObject({ workflow_runs: 1 });
    expect(Object.keys(await countLeft())).not.toContain("trigger_firings");
    expect(await readDueInMs()).toBeNull();
  });

  it("is named by the doctor and on the page Health until it has ended", async () => {
    const owner = await signIn(service, tenant.owner.key);
    const said = async () => {
      const diagnosis = await diagnose(verbServices(service).db);
      return judge(diagnosis, undefined).find(({ subject }) => subject === "deletions");
    };
    const shown = async () => /What belonged to.*?\./s.exec(await owner.read("/app/health"))?.[0].replace(/\s+/g, " ");
    await insertMany(tenant.definitionId, 3);
    expect(await said()).toMatchObject({ mark: "good", text: "Nothing is left of what was deleted." });
    expect(await shown()).toBeUndefined();
    await service.database.sql`insert into deleted_endpoints select id, id, statement_timestamp() from tenants`;
    expect(await readDueInMs()).toBeLessThanOrEqual(0);
    await deleteWorkflow(tenant.definitionId);
    expect(await said()).toMatchObject({
      mark: "good",
      text: expect.stringMatching(/^Of 1 .* 0 trigger\(s\) and 1 endpoint\(s\) .* 3 runs, for up to \d+ s\. The next/),
    });
    expect(await shown()).toMatch(/1 deleted workflow, 0 .* and 1 deleted notification endpoint is .* with 3 runs/);
    await service.database.sql`update deleted_definitions set deleted_at = deleted_at - interval '2 hours'`;
    expect(await said()).toMatchObject({ mark: "bad" });
    await service.sweep();
    expect(await said()).toMatchObject({ mark: "good", text: "Nothing is left of what was deleted." });
  });
});

it("a permission on the node of a deleted workflow is refused in words while its runs are still there", async () => {
  const { sql } = service.database;
  const [place] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
  await insertMany(tenant.definitionId, 3);
  await deleteWorkflow(tenant.definitionId);
  const body = { tenant_id: tenant.id, user_id: tenant.user.id, path_part_id: place?.id, capability: "READ_ONLY" };
  const response = await service.send("POST", "/v1/user-permissions", tenant.owner.key, body);
  expect([response.status, await response.text()]).toEqual([
    422,
    expect.stringContaining("There is no such path part"),
  ]);
  const workflow = `/v1/workflow-definitions/${tenant.definitionId}`;
  await expect(send(service, "GET", workflow, tenant.owner.key)).rejects.toThrow("404");
});
