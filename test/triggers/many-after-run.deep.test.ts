/** Triggers that fire after other runs do not multiply runs without an end. */
import { expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addWorkflow, bodyAfter } from "./second-workflow.ts";
import { bodyOf, createAfter, createTrigger, HOURLY, readFirings } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const addWorkflows = async (count: number) =>
  Promise.all(Array.from({ length: count }, () => addWorkflow(service.database, tenant)));

const create = (definitionId: string, of = tenant.definitionId) =>
  service.send("POST", `/v1/workflow-definitions/${definitionId}/triggers`, tenant.owner.key, bodyAfter(of));

/** Inserts triggers of a workflow that fire after the first one. */
const insertAfter = (definitionId: string, count: number) => service.database.sql`
  insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
  select gen_random_uuid(), ${tenant.id}, ${definitionId}, ${tenant.owner.id}, 'After', 'run',
    jsonb_build_object('of', ${tenant.definitionId}::text, 'on', 'ended', 'input_from', 'fixed'), now()
  from generate_series(1, ${count})`;

const followsFrom = (firstId: string) => JSON.stringify({ first_run_id: firstId, depth: 1 });

/** Inserts runs that have FAILED and that have followed from this one. */
const insertFollowers = (firstId: string, count: number) => service.database.sql`
  insert into workflow_runs
  select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'status', 'FAILED', 'slot_no', null,
    'next_dispatch_at', null, 'completed_at', r.started_at, 'error', 'It broke.', 'failure_code', 'REPORTED',
    'ended_by', 'CALLBACK', 'triggered_by', ${followsFrom(firstId)}::jsonb))).*
  from workflow_runs r, generate_series(1, ${count})
  where r.id = ${firstId}`;

it("at most 20 triggers fire after the runs of one workflow, also when two are created for the last place at once", async () => {
  const [first = "", second = "", third = ""] = await addWorkflows(3);
  await insertAfter(first, 19);
  const both = await Promise.all([create(second), create(third)]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  const refused = await create(first);
  expect([refused.status, await refused.text()]).toEqual([
    409,
    expect.stringContaining("20 triggers fire after the runs of that workflow already"),
  ]);
  // The limit is for each workflow: a trigger after another one can be made, and the 20 that exist can be changed.
  const other = await createAfter(service, first, tenant.owner.key, second);
  const replace = (id: string, of: string) =>
    service.send("PUT", `/v1/triggers/${id}`, tenant.owner.key, bodyAfter(of, {}, { name: "Other" }));
  expect((await replace(other.id, tenant.definitionId)).status).toBe(409);
  const [known] = await service.database.sql`
    select id from triggers where of_definition_id = ${tenant.definitionId} limit 1`;
  expect((await replace(String(known?.id), tenant.definitionId)).status).toBe(200);
  const scheduled = await createTrigger(service, tenant, HOURLY);
  const path = `/v1/triggers/${scheduled.id}`;
  expect((await service.send("PUT", path, tenant.owner.key, bodyOf(HOURLY, { name: "Other" }))).status).toBe(200);
});

it("at most 1,000 runs follow from one run, also when many of them end at once, and the others are REFUSED", async () => {
  const { sql } = service.database;
  await sql`update workflow_definitions set max_running = 50 where tenant_id = ${tenant.id}`;
  const next = await addWorkflows(4);
  const triggers = await Promise.all(
    next.map((id) => createAfter(service, id, tenant.owner.key, tenant.definitionId, { on: "ended" })),
  );
  const firstId = await invoke(service, tenant);
  const runIds = await Promise.all(Array.from({ length: 8 }, () => invoke(service, tenant)));
  const follows = followsFrom(firstId);
  await sql`update workflow_runs set triggered_by = ${follows}::jsonb where id = any (${runIds}::uuid[])`;
  await insertFollowers(firstId, 989);
  await Promise.all(runIds.map((id) => callBack(service, tenant, id, { status: "COMPLETED" })));
  const countDue = async () => {
    const [row] = await sql`select count(*)::int as count from due_firings where tenant_id = ${tenant.id}`;
    return Number(row?.count);
  };
  for (let sweeps = 0; (await countDue()) > 0 && sweeps < 20; sweeps++) await service.sweep();
  expect(await countDue()).toBe(0);
  const [descendants] = await sql`
    select count(*)::int as count from workflow_runs where triggered_by ->> 'first_run_id' = ${firstId}`;
  expect(descendants).toEqual({ count: 1_000 });
  const firings = (await Promise.all(triggers.map(({ id }) => readFirings(service, tenant, id)))).flat();
  expect(firings.filter(({ outcome }) => outcome === "FIRED")).toHaveLength(3);
  const refused = firings.filter(({ outcome }) => outcome !== "FIRED");
  expect(refused.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(
    Array.from({ length: 29 }, () => "REFUSED descendants"),
  );
  // The first run itself, and what follows from another one, is not concerned.
  await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
  const after = (await Promise.all(triggers.map(({ id }) => readFirings(service, tenant, id)))).flat();
  expect(after.filter(({ outcome }) => outcome === "FIRED")).toHaveLength(3 + triggers.length);
});

it("what follows from children counts for the first run of their parent's chain", async () => {
  const { sql } = service.database;
  await sql`update workflow_definitions set max_running = 50 where tenant_id = ${tenant.id}`;
  const [next = ""] = await addWorkflows(1);
  const after = await createAfter(service, next, tenant.owner.key, tenant.definitionId, { on: "ended" });
  const invokeMany = (count: number) => Promise.all(Array.from({ length: count }, () => invoke(service, tenant)));
  const [first = "", second = "", child = "", grandchild = "", orphan = "", gone = ""] = await invokeMany(6);
  await sql.transaction([
    sql`update workflow_runs set triggered_by = ${followsFrom(first)}::jsonb where id = ${second}`,
    sql`update workflow_runs set parent_run_id = ${second} where id = ${child}`,
    sql`update workflow_runs set parent_run_id = ${child} where id = ${grandchild}`,
    sql`update workflow_runs set parent_run_id = ${gone} where id = ${orphan}`,
    sql`delete from workflow_runs where id = ${gone}`,
  ]);
  const rows = await sql`select id, first_run_of(r) as first from workflow_runs r where tenant_id = ${tenant.id}`;
  expect(Object.fromEntries(rows.map((row) => [row.id, row.first]))).toEqual({
    ...{ [first]: first, [second]: first, [child]: first, [grandchild]: first, [orphan]: gone },
  });
  await insertFollowers(first, 999);
  await callBack(service, tenant, grandchild, { status: "COMPLETED" });
  await callBack(service, tenant, orphan, { status: "COMPLETED" });
  await service.sweep();
  const firings = await readFirings(service, tenant, after.id);
  expect(firings.map(({ of_run_id, outcome, reason }) => [of_run_id, outcome, reason]).toSorted()).toEqual(
    [
      [grandchild, "REFUSED", "descendants"],
      [orphan, "FIRED", null],
    ].toSorted(),
  );
});

it("runs are not counted while the index by which they are found is missing or unfinished, since that would read all of them", async () => {
  const { sql } = service.database;
  const firstId = await invoke(service, tenant);
  await insertFollowers(firstId, 1000);
  const obstacle = () => sql`
    select end_obstacle('OWNER', ${tenant.id}, ${tenant.owner.id}, ${tenant.definitionId}, 1, ${firstId}) as obstacle`;
  const setValid = (isValid: boolean) => sql`
    update pg_index set indisvalid = ${isValid} where indexrelid = 'workflow_runs_first_run_index'::regclass`;
  const rename = (from: string, to: string) => sql.query(`alter index ${from} rename to ${to}`);
  const index = "workflow_runs_first_run_index";
  const answers = await sql.transaction([
    ...[obstacle(), setValid(false), obstacle(), setValid(true)],
    ...[rename(index, "another_index"), obstacle(), rename("another_index", index), obstacle()],
  ]);
  expect(answers.flat().map(({ obstacle }) => obstacle)).toEqual(["descendants", null, null, "descendants"]);
});
