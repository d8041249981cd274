import { v7 as uuid } from "uuid";
import { beforeEach, describe, expect, it } from "vitest";
import { answeringRunner, BUSY_RUNNER, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { eventTypes, insertRun, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, encryptSecret, type TestTenant } from "../support/tenant.ts";

const service = await startService();
let tenant: TestTenant;

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
});

type Answer = {
  matched: number;
  done: number;
  refused: { run_id: string; reason: string }[];
  next_cursor: string | null;
  detail?: { loc: unknown; type: string }[];
};

const send = (body: object, key = tenant.owner.key) => service.send("POST", "/v1/workflow-runs/bulk", key, body);

async function change(body: object, key = tenant.owner.key): Promise<Answer> {
  const response = await send(body, key);
  expect(response.status).toBe(200);
  return response.json();
}

const statusesOf = (ids: string[]) => Promise.all(ids.map(async (id) => (await readRun(service, tenant, id)).status));

const addRuns = async (count: number, status: "PENDING" | "COMPLETED" | "FAILED", userId = tenant.owner.id) => {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await insertRun(service.database, tenant, { status, userId }));
  return ids;
};

describe("a change of many runs", () => {
  it("changes those that it can, and lists the others with the reason, in one database request", async () => {
    const [running, waiting, ended] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await insertRun(service.database, tenant, { status: "COMPLETED" }),
    ];
    const unknown = uuid();
    const [answer, requests] = await service.counted(() =>
      change({ action: "stop", run_ids: [running, waiting, ended, unknown, waiting] }),
    );
    expect(answer).toEqual({
      matched: 4,
      done: 2,
      refused: expect.arrayContaining([
        { run_id: ended, reason: "The run has already ended: it is COMPLETED." },
        { run_id: unknown, reason: "There is no such run, or it is not yours to see." },
      ]),
      next_cursor: null,
    });
    expect(requests).toBe(1);
    expect(await statusesOf([running, waiting, ended])).toEqual(["FAILED", "FAILED", "COMPLETED"]);
    expect(await eventTypes(service, tenant, waiting)).not.toContain("STARTED");
  });

  it("clears a queue, and leaves the run in the slot alone", async () => {
    const [running, ...waiting] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    const filter = { status: ["PENDING"], workflow_definition_id: tenant.definitionId };
    expect(await change({ action: "stop", filter })).toEqual({ matched: 2, done: 2, refused: [], next_cursor: null });
    expect(await statusesOf([running ?? "", ...waiting])).toEqual(["RUNNING", "FAILED", "FAILED"]);
  });

  it("spares a run that has started by the time that it gets the locks, when only PENDING runs are to be stopped", async () => {
    const id = await insertRun(service.database, tenant, { status: "PENDING" });
    const { sql } = service.database;
    const start = [
      sql`select from workflow_definitions where id = ${tenant.definitionId} for update`,
      sql`
        update workflow_runs set status = 'RUNNING', slot_no = 1, started_at = statement_timestamp(), dispatched_at = statement_timestamp(),
          deadline_at = statement_timestamp() + interval '300 seconds' where id = ${id}`,
    ];
    const { committed } = await holdTransaction(service.database, start);
    expect(await change({ action: "stop", filter: { status: ["PENDING"] } })).toMatchObject({ matched: 0, done: 0 });
    await committed;
    expect(await statusesOf([id])).toEqual(["RUNNING"]);
  });

  it("sends the dispatches of 20 runs itself, and leaves the others to the sweep", async () => {
    tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const { sql } = service.database;
    const [first = ""] = await addRuns(1, "FAILED");
    const ids = Array.from({ length: 22 }, () => uuid());
    const secrets = await Promise.all(ids.map(encryptSecret));
    // Copies of the definition, each with a FAILED run. A definition, its part and its run have the same id here.
    await sql.transaction([
      sql`
        insert into path_parts (id, tenant_id, name, part_type, materialized_path)
        select id, ${tenant.id}, id, 'WORKFLOW_DEFINITION', '/' || id from unnest(${ids}::uuid[]) id`,
      sql`
        insert into workflow_definitions
        select (jsonb_populate_record(d, jsonb_build_object(
          'id', copy.id, 'path_part_id', copy.id, 'webhook_secret_encrypted', copy.secret))).*
        from workflow_definitions d, unnest(${ids}::uuid[], ${secrets}::text[]) copy (id, secret)
        where d.id = ${tenant.definitionId}`,
      sql`
        insert into workflow_runs
        select (jsonb_populate_record(r, jsonb_build_object('id', copy.id, 'workflow_definition_id', copy.id))).*
        from workflow_runs r, unnest(${ids}::uuid[]) copy (id) where r.id = ${first}`,
    ]);
    const countOf = async (event: string) => {
      const [row] = await sql`
        select count(*)::int as number from workflow_run_events where tenant_id = ${tenant.id} and type = ${event}`;
      return row?.number;
    };
    expect(await change({ action: "retry", run_ids: ids })).toMatchObject({ done: 22 });
    expect([await countOf("STARTED"), await countOf("DISPATCHED")]).toEqual([22, 20]);
    await service.sweep();
    expect(await countOf("DISPATCHED")).toBe(22);
  });

  it("retries in the order of the queue, and dispatches the first", async () => {
    const runner: FakeRunner = await startFakeRunner();
    tenant = await createTenant(service.database, { runnerUrl: runner.url });
    const ids = await addRuns(3, "FAILED");
    const answer = await change({ action: "retry", filter: { status: ["FAILED"] } });
    expect(answer).toMatchObject({ matched: 3, done: 3 });
    expect(await statusesOf(ids)).toEqual(["RUNNING", "PENDING", "PENDING"]);
    const places = ids.slice(1).map(async (id) => {
      const response = await service.get(`/v1/workflow-runs/${id}`, tenant.owner.key);
      return response.headers.get("X-Queue-Position");
    });
    expect(await Promise.all(places)).toEqual(["1", "2"]);
    expect((await runner.requests()).length).toBe(1);
  });

  it("starts the next run even when it refuses all requested changes", async () => {
    const overdue = await invoke(service, tenant);
    const next = await invoke(service, tenant);
    await makeOverdue(service, overdue);
    expect(await change({ action: "stop", run_ids: [overdue], dry_run: true })).toMatchObject({ matched: 1, done: 0 });
    expect(await statusesOf([overdue, next])).toEqual(["FAILED", "RUNNING"]);
  });

  it("changes nothing in a dry run, and says what would be refused", async () => {
    const ids = await addRuns(2, "FAILED");
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const retry = await change({ action: "retry", run_ids: ids, dry_run: true });
    expect(retry).toMatchObject({ matched: 2, done: 0 });
    expect(retry.refused[0]?.reason).toContain("The workflow is paused.");
    expect(await change({ action: "delete", run_ids: ids, dry_run: true })).toMatchObject({ matched: 2, done: 2 });
    expect(await statusesOf(ids)).toEqual(["FAILED", "FAILED"]);
  });

  it("changes at most 1,000 runs in a call, and the next call continues", async () => {
    const [first = ""] = await addRuns(1, "COMPLETED");
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
        r.created_at - n * interval '1 second', r.started_at, r.deadline_at, r.completed_at, r.updated_at, r.ended_by, r.failure_code
      from workflow_runs r, generate_series(1, 1001) n where r.id = ${first}`;
    const body = { action: "delete", filter: { status: ["COMPLETED"] } };
    const dry = await change({ ...body, dry_run: true });
    expect(dry).toMatchObject({ matched: 1000, done: 1000, next_cursor: expect.any(String) });
    const once = await change(body);
    expect(once).toMatchObject({ matched: 1000, done: 1000, next_cursor: dry.next_cursor });
    expect(await change({ ...body, cursor: once.next_cursor })).toEqual({
      matched: 2,
      done: 2,
      refused: [],
      next_cursor: null,
    });
  });

  it("lets a USER change their own runs, and no others that they see", async () => {
    await insertRun(service.database, tenant, { status: "RUNNING" });
    const own = await insertRun(service.database, tenant, { status: "PENDING", userId: tenant.user.id });
    const others = await insertRun(service.database, tenant, { status: "PENDING" });
    const filter = { status: ["PENDING"] };
    expect(await change({ action: "stop", filter, dry_run: true }, tenant.user.key)).toMatchObject({
      matched: 1,
      done: 1,
    });
    const [node] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(node?.path_part_id), "READ_ONLY");
    expect(await change({ action: "stop", filter }, tenant.user.key)).toMatchObject({
      matched: 2,
      done: 1,
      refused: [{ run_id: others, reason: "Only the user who triggered the run, or an OWNER or ADMIN, may do that." }],
    });
    expect(await statusesOf([own, others])).toEqual(["FAILED", "PENDING"]);
  });

  it("does nothing to the runs of another tenant", async () => {
    const id = await insertRun(service.database, tenant, { status: "PENDING" });
    const stranger = (await createTenant(service.database)).owner.key;
    expect(await change({ action: "delete", run_ids: [id] }, stranger)).toMatchObject({ matched: 1, done: 0 });
    expect(await change({ action: "delete", filter: { status: ["PENDING"] } }, stranger)).toMatchObject({ matched: 0 });
    expect(await statusesOf([id])).toEqual(["PENDING"]);
  });

  it.each([
    [{ action: "stop" }, "value_error"],
    [{ action: "stop", run_ids: [] }, "too_short"],
    [{ action: "stop", run_ids: ["no-id"] }, "uuid_parsing"],
    [{ action: "stop", filter: {} }, "value_error"],
    [{ action: "stop", filter: { status: [] } }, "too_short"],
    [{ action: "stop", filter: { state: ["PENDING"] } }, "extra_forbidden"],
    [{ action: "stop", filter: { status: ["PENDING"] }, run_ids: [uuid()] }, "value_error"],
    [{ action: "stop", run_ids: [uuid()], cursor: "W10" }, "value_error"],
    [{ action: "kill", run_ids: [uuid()] }, "enum"],
  ])("refuses %j", async (body, type) => {
    const response = await send(body);
    expect(response.status).toBe(422);
    const { detail } = await response.json<Answer>();
    expect(detail?.map((fault) => fault.type)).toContain(type);
  });
});

describe("two changes of the same runs at once", () => {
  it("stop each run once, and wait for each other without a deadlock", async () => {
    const ids = await addRuns(20, "PENDING");
    const answers = await Promise.all([ids, ids.toReversed()].map((run_ids) => change({ action: "stop", run_ids })));
    expect(answers.reduce((sum, { done }) => sum + done, 0)).toBe(20);
    expect(new Set(await statusesOf(ids))).toEqual(new Set(["FAILED"]));
  });
});
