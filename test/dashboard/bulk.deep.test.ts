import { expect, it } from "vitest";
import { type Browser, PAGE_SETTINGS } from "../support/browser.ts";
import { writeUnchecked } from "../support/database.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

/** Sends a form, and returns the page that answers it. */
async function send(path: string, fields: Parameters<Browser["post"]>[1]): Promise<string> {
  const response = await owner.post(path, fields);
  expect(response.status).toBe(200);
  return response.text();
}

const statusOf = async (id: string) => (await readRun(service, tenant, id)).status;

it("asks first, in one database request and without a change, and says which runs are refused and why", async () => {
  const failed = await insertRun(service.database, tenant, { status: "FAILED" });
  const running = await insertRun(service.database, tenant, { status: "RUNNING" });
  const [page, requests] = await service.counted(() =>
    send("/app/runs/bulk", { action: "delete", run: [failed, running], filter: "" }),
  );
  expect(requests).toBe(1);
  expect(page).toContain("Delete 1 run?");
  expect(page).toContain("The run is RUNNING. Stop it first, then delete it.");
  expect(page).toContain(`href="/app/runs/${running}"`);
  expect([await statusOf(failed), await statusOf(running)]).toEqual(["FAILED", "RUNNING"]);
});

it("says which runs it is about: the filter in words, five of them, and how many of each workflow", async () => {
  const { sql } = service.database;
  const second = await addWorkflow(service.database, tenant);
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) {
    const id = await insertRun(service.database, tenant, { status: "FAILED" });
    await sql`update workflow_runs set created_at = created_at - ${n} * interval '1 minute' where id = ${id}`;
    ids.push(id);
  }
  await sql`
    update workflow_runs set workflow_definition_id = ${second}, run_snapshot = run_snapshot || '{"workflow_name": "Second"}'
    where id = ${ids[6]}`;
  const filter = `status=FAILED&mine=1&code=REPORTED&range=7d`;
  const [page, requests] = await service.counted(() => send("/app/runs/bulk", { action: "retry", all: "1", filter }));
  const text = page.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  expect([requests, text]).toEqual([
    1,
    expect.stringContaining("Of these workflows Test 6 runs Second 1 run The newest 5 "),
  ]);
  expect(text).toContain("State Failed Failed because The runner reported it Person Me Triggered Last 7 days");
  const listed = [...page.matchAll(/href="\/app\/runs\/([0-9a-f-]{36})"/g)].map(([, id]) => id);
  expect(listed).toEqual(ids.slice(0, 5));
});

it("deletes more than 20 runs only when their number was typed", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 21; n++) ids.push(await insertRun(service.database, tenant, { status: "FAILED" }));
  const page = await send("/app/runs/bulk", { action: "delete", run: ids, filter: "" });
  expect(page).toContain("Type 21 to delete 21 runs for good");
  const count = /name="count" value="(\d+)"/.exec(page)?.[1] ?? "";
  const fields = { action: "delete", run: ids, filter: "", count };
  for (const typed of ["", "20", "twenty-one"]) {
    const refused = await owner.post("/app/runs/bulk/confirmed", { ...fields, typed });
    expect([refused.status, (await refused.text()).includes("Delete 21 runs?")]).toEqual([422, true]);
  }
  expect(await statusOf(ids[0] ?? "")).toBe("FAILED");
  expect((await owner.post("/app/runs/bulk/confirmed", { ...fields, typed: "21" })).status).toBe(303);
  expect(await send("/app/runs/bulk", { action: "delete", run: ids.slice(0, 20), filter: "" })).not.toContain("Type 2");
});

it("changes no run that is newer than the question, also when others have left since then", async () => {
  const fail = () => insertRun(service.database, tenant, { status: "FAILED" });
  const [left, stays] = [await fail(), await fail()];
  const fields = { action: "delete", all: "1", filter: "status=FAILED" };
  const page = await send("/app/runs/bulk", fields);
  const [, cursor = "", count = ""] = /name="cursor" value="([^"]+)".*name="count" value="(\d+)"/s.exec(page) ?? [];
  await service.send("DELETE", `/v1/workflow-runs/${left}`, tenant.owner.key);
  const newer = await fail();
  await service.database.sql`
    update workflow_runs set created_at = at, started_at = at, completed_at = at, deadline_at = at + interval '1 hour'
    from (select statement_timestamp()) now (at) where id = ${newer}`;
  const done = await owner.post("/app/runs/bulk/confirmed", { ...fields, cursor, count });
  expect([count, done.headers.get("Location")]).toEqual(["2", "/app/runs?status=FAILED&did=delete&done=1"]);
  const found = [stays, newer].map((id) => service.get(`/v1/workflow-runs/${id}`, tenant.owner.key));
  expect((await Promise.all(found)).map(({ status }) => status)).toEqual([404, 200]);
});

it("makes the change when it is confirmed, and shows the list again with a notice", async () => {
  const ids = [
    await insertRun(service.database, tenant, { status: "FAILED" }),
    await insertRun(service.database, tenant, { status: "FAILED" }),
  ];
  const fields = { action: "delete", run: ids, filter: "status=FAILED&range=7d" };
  const [response, requests] = await service.counted(() => owner.post("/app/runs/bulk/confirmed", fields));
  const location = response.headers.get("Location") ?? "";
  expect([response.status, location, requests]).toEqual([303, "/app/runs?status=FAILED&range=7d&did=delete&done=2", 1]);
  expect(await owner.read(location)).toContain("2 runs deleted.");
  expect((await owner.get(`/app/runs/${ids[0]}`)).status).toBe(404);
});

it("asks again, in one database request and without a change, when more runs match than it has asked about", async () => {
  const fail = () => insertRun(service.database, tenant, { status: "FAILED" });
  const ids = [await fail(), await fail()];
  const fields = { action: "delete", all: "1", filter: "status=FAILED" };
  const countIn = (page: string) => /name="count" value="(\d+)"/.exec(page)?.[1] ?? "";
  const asked = countIn(await send("/app/runs/bulk", fields));
  ids.push(await fail());
  const [again, requests] = await service.counted(() =>
    owner.post("/app/runs/bulk/confirmed", { ...fields, count: asked }),
  );
  const page = await again.text();
  expect([again.status, requests, asked, countIn(page)]).toEqual([409, 1, "2", "3"]);
  expect(page).toContain("You were asked about 2 runs, and there are more by now.");
  expect(page).toContain("Delete 3 runs?");
  expect(await Promise.all(ids.map(statusOf))).toEqual(["FAILED", "FAILED", "FAILED"]);
  const done = await owner.post("/app/runs/bulk/confirmed", { ...fields, count: countIn(page) });
  expect([done.status, done.headers.get("Location")]).toEqual([303, "/app/runs?status=FAILED&did=delete&done=3"]);
});

it("clears a queue: stops all runs that match the filter, but not the run in the slot", async () => {
  const [running, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
  const workflow = await owner.read(`/app/workflows/${tenant.definitionId}`);
  expect(workflow).toContain("Clear the queue");
  const filter = `status=PENDING&workflow=${tenant.definitionId}`;
  expect(workflow).toContain(filter.replace("&", "&amp;"));
  expect(await send("/app/runs/bulk", { action: "stop", all: "1", filter })).toContain("Stop 1 run?");
  await owner.post("/app/runs/bulk/confirmed", { action: "stop", all: "1", filter });
  expect([await statusOf(running), await statusOf(waiting)]).toEqual(["RUNNING", "FAILED"]);
});

it.each([
  ["stop", "waits=queue", "PENDING"],
  ["delete", "code=REPORTED", "FAILED"],
  ["delete", "error=Boom", "FAILED"],
] as const)("spares a run that starts meanwhile from a %s by %s, which implies %s", async (action, filter, status) => {
  const id = await insertRun(service.database, tenant, { status, ...(status === "FAILED" && { error: "Boom" }) });
  const { sql } = service.database;
  const start = [
    sql`select from workflow_definitions where id = ${tenant.definitionId} for update`,
    sql`
      update workflow_runs set status = 'RUNNING', slot_no = 1, started_at = statement_timestamp(), dispatched_at = statement_timestamp(),
        deadline_at = statement_timestamp() + interval '300 seconds', completed_at = null, ended_by = null, failure_code = null, error = null
      where id = ${id}`,
  ];
  const { committed } = await holdTransaction(service.database, start);
  await owner.post("/app/runs/bulk/confirmed", { action, all: "1", filter });
  await committed;
  expect(await statusOf(id)).toBe("RUNNING");
});

it("changes nothing when no run is chosen, and never all runs of the tenant", async () => {
  const id = await insertRun(service.database, tenant, { status: "FAILED" });
  for (const fields of [
    { action: "delete", filter: "" },
    { action: "delete", all: "1", filter: "" },
    { action: "delete", all: "1", filter: "status=WRONG" },
    { action: "delete", run: ["no-id"], filter: "" },
  ]) {
    await send("/app/runs/bulk/confirmed", fields);
  }
  expect(await statusOf(id)).toBe("FAILED");
  expect((await owner.post("/app/runs/bulk", { action: "explode" })).status).toBe(404);
});

it("offers to continue with the next thousand when more runs match", async () => {
  const first = await insertRun(service.database, tenant, { status: "FAILED" });
  await service.database.sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
      created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
    select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
      r.created_at - n * interval '1 second', r.started_at, r.deadline_at, r.completed_at, r.updated_at, r.ended_by, r.failure_code
    from workflow_runs r, generate_series(1, 1000) n where r.id = ${first}`;
  const fields = { action: "delete", all: "1", filter: "status=FAILED" };
  expect(await send("/app/runs/bulk", fields)).toContain("These are the first 1,000.");
  const page = await send("/app/runs/bulk/confirmed", fields);
  expect(page).toContain("1,000 runs deleted");
  const cursor = /name="cursor" value="([^"]+)"/.exec(page)?.[1] ?? "";
  expect(await send("/app/runs/bulk", { ...fields, cursor })).toContain("Delete 1 run?");
});

it("goes on when none of the runs that it has looked at matches, until all were looked at", async () => {
  const [newest, oldest] = [
    await insertRun(service.database, tenant, { status: "FAILED" }),
    await insertRun(service.database, tenant, { status: "FAILED", overdueSeconds: 86_400 }),
  ];
  // The other labels are of runs that do not exist: they are looked at, too.
  const { sql } = service.database;
  await writeUnchecked(sql, [
    sql`
      insert into workflow_run_labels (tenant_id, run_id, label, created_at)
      select r.tenant_id, r.id, 'env:prod', r.created_at from workflow_runs r where r.id in (${newest}, ${oldest})
      union all
      select r.tenant_id, gen_random_uuid(), 'env:prod', r.created_at - n * interval '1 second'
      from workflow_runs r, generate_series(1, 10010) n where r.id = ${newest}`,
  ]);
  const fields = { action: "delete", all: "1", filter: "label=env:prod&status=FAILED" };
  const question = await send("/app/runs/bulk", fields);
  expect(question).toContain("Delete 1 run?");
  expect(question).toContain("Not all runs were looked at yet.");
  expect(await send("/app/runs/bulk/confirmed", { ...fields, count: "1" })).toContain("1 run deleted");
  for (const path of ["/app/runs/bulk", "/app/runs/bulk/confirmed"]) {
    const page = await send(path, fields);
    expect(page).toContain("No runs match among those that were looked at. There may be more.");
    const cursor = /name="cursor" value="([^"]+)"/.exec(page)?.[1] ?? "";
    expect(await send("/app/runs/bulk", { ...fields, cursor })).toContain("Delete 1 run?");
  }
});
