/** Triggers that fire after another run. */
import { beforeEach, describe, expect, it } from "vitest";
import { timeOutOverdueRuns } from "../../src/sweep/sweep-verbs.ts";
import type { TenantEffects } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import { webhookFaults } from "../support/document.ts";
import { answeringRunner, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { readFeed } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant, runToken, type TestUser } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { addWorkflow, bodyAfter } from "./second-workflow.ts";
import { createAfter, HOURLY, readFirings, readTrigger, send } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });
/** The second workflow, which runs after the first. */
let nextId: string;

beforeEach(async () => {
  nextId = await addWorkflow(service.database, tenant);
  await service.database.sql`update workflow_definitions set max_running = 50 where tenant_id = ${tenant.id}`;
});

const chain = (run: object = {}, more: object = {}, key = tenant.owner.key) =>
  createAfter(service, nextId, key, tenant.definitionId, run, more);
const firingsOf = (id: string) => readFirings(service, tenant, id);
const complete = (runId: string, more: object = {}, attempt = 1) =>
  callBack(service, tenant, runId, { status: "COMPLETED", ...more }, attempt);
const fail = (runId: string, attempt = 1) =>
  callBack(service, tenant, runId, { status: "FAILED", error: "It broke." }, attempt);
const setTrigger = (id: string, verb: string, body: object = {}) =>
  send(service, "POST", `/v1/triggers/${id}/${verb}`, tenant.owner.key, body);

const inputOf = async (runId: string | null | undefined) => {
  const [row] = await service.database.sql`
    select input::text as input, labels_of(id) as labels, triggered_by from workflow_runs where id = ${runId}`;
  return row;
};
const dueFirings = async () => {
  const [row] = await service.database
    .sql`select count(*)::int as count from due_firings where tenant_id = ${tenant.id}`;
  return row?.count;
};

describe("a trigger that fires after another run", () => {
  it("fires once a run has ended, with what was asked for, and the runs name each other", async () => {
    const { id, ...created } = await chain(
      { input_from: "output" },
      { labels: { customer: "own" }, concurrency_key: "k" },
    );
    expect(created).toMatchObject({
      ...{ kind: "run", schedule: null, next_at: null, is_active: true },
      run: { of: tenant.definitionId, on: "completed", input_from: "output" },
    });
    const labels = { customer: "4711", env: "test" };
    const runId = await invoke(service, tenant, tenant.owner.key, { labels });
    await callBack(service, tenant, runId, {
      status: "COMPLETED",
      output: { total: 1.5, big: 12345678901234567890n.toString() },
    });
    const [firing, ...others] = await firingsOf(id);
    expect(others).toEqual([]);
    expect(firing).toMatchObject({
      ...{ outcome: "FIRED", cause: "run", of_run_id: runId, of_attempt: 1, scheduled_at: null, count: 1 },
    });
    expect(firing?.late_ms).toBeGreaterThanOrEqual(0);
    const run = await inputOf(firing?.run_id);
    expect(JSON.parse(String(run?.input))).toEqual({ total: 1.5, big: "12345678901234567890" });
    expect(run?.labels).toEqual({ customer: "own", env: "test" });
    expect(run?.triggered_by).toEqual({
      ...{ trigger_id: id, trigger_name: "After", firing_id: firing?.id, cause: "run" },
      ...{ of_run_id: runId, of_attempt: 1, depth: 1, first_run_id: runId },
    });
    expect(await dueFirings()).toBe(0);
  });

  it.each([
    ["completed", 1, 0],
    ["failed", 0, 1],
    ["ended", 1, 1],
  ])("fires on %s only", async (on, ofCompleted, ofFailed) => {
    const { id } = await chain({ on });
    await complete(await invoke(service, tenant));
    expect(await firingsOf(id)).toHaveLength(ofCompleted);
    await fail(await invoke(service, tenant));
    expect(await firingsOf(id)).toHaveLength(ofCompleted + ofFailed);
  });

  it.each([
    ["fixed", { output: { a: 1 } }, { b: 2 }],
    ["output", { output: [1] }, null],
    ["output", {}, null],
    ["run", { output: [1] }, { id: "", status: "COMPLETED", output: [1], error: null }],
  ])("gives the new run its input from %s", async (input_from, result, expected) => {
    const { id } = await chain({ input_from }, { input: { b: 2 } });
    const runId = await invoke(service, tenant);
    await complete(runId, result);
    const [firing] = await firingsOf(id);
    const { input } = (await inputOf(firing?.run_id)) ?? {};
    const isOfRun = expected !== null && "id" in expected;
    expect(JSON.parse(input ?? "null")).toEqual(isOfRun ? { ...expected, id: runId } : expected);
  });

  it("keeps its own labels when those of the run would be too many, and the first of those", async () => {
    const { id } = await chain({}, { labels: { zone: "own" } });
    const labels = Object.fromEntries([..."abcdefghij"].map((key) => [key, "of the run"]));
    await complete(await invoke(service, tenant, tenant.owner.key, { labels }));
    const { j: _, ...first } = labels;
    expect((await inputOf((await firingsOf(id))[0]?.run_id))?.labels).toEqual({ ...first, zone: "own" });
  });

  it("is refused when the output is larger than an input may be", async () => {
    const { id } = await chain({ input_from: "output" });
    await complete(await invoke(service, tenant), { output: { text: "x".repeat(40_000) } });
    expect(await firingsOf(id)).toMatchObject([{ outcome: "REFUSED", reason: "input_too_large", run_id: null }]);
  });

  it("does not fire after a failure that the policy retries, but after the last one, and after each retry by a person", async () => {
    await service.database.sql`
      update workflow_definitions set max_attempts = 2, retry_on = '{DEADLINE}' where id = ${tenant.definitionId}`;
    const { id } = await chain({ on: "failed" });
    const runId = await invoke(service, tenant);
    const timeOut = async () => {
      await service.database.sql`
        update workflow_runs set not_before = statement_timestamp() - interval '1 second' where id = ${runId} and status = 'PENDING'`;
      await service.sweep();
      await makeOverdue(service, runId);
      await service.sweep();
    };
    await timeOut();
    expect(await firingsOf(id)).toEqual([]);
    await timeOut();
    expect(await firingsOf(id)).toMatchObject([{ of_run_id: runId, of_attempt: 2 }]);
    await send(service, "POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    await fail(runId, 3);
    expect(await firingsOf(id)).toMatchObject([{ of_attempt: 3 }, { of_attempt: 2 }]);
  });

  it("fires after runs that a person has stopped, that expire, and that are superseded", async () => {
    await service.database.sql`
      update workflow_definitions set max_running = 1, when_busy = 'replace_queued' where id = ${tenant.definitionId}`;
    const { id } = await chain({ on: "failed" });
    const running = await invoke(service, tenant);
    const superseded = await invoke(service, tenant);
    const expiring = await invoke(service, tenant);
    const ends = async () => (await firingsOf(id)).map(({ of_run_id }) => of_run_id);
    expect(await ends()).toEqual([superseded]);
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() - interval '1 second' where id = ${expiring}`;
    await service.sweep();
    expect(await ends()).toEqual([expiring, superseded]);
    await send(service, "POST", `/v1/workflow-runs/${running}/stop`, tenant.owner.key);
    expect(await ends()).toEqual([running, expiring, superseded]);
  });

  it("fires by the sweep when the Worker dies after the commit that has ended the run", async () => {
    const { id } = await chain();
    const runId = await invoke(service, tenant);
    await service.fetchAndDie(`/v1/workflow-runs/${runId}/callback`, {
      method: "POST",
      headers: { Authorization: `Bearer ${await runToken(tenant, runId)}`, "Content-Type": "application/json" },
      body: JSON.stringify({ status: "COMPLETED" }),
    });
    expect(await firingsOf(id)).toEqual([]);
    expect(await dueFirings()).toBe(1);
    await Promise.all([service.sweep(), service.sweep()]);
    expect(await firingsOf(id)).toMatchObject([{ outcome: "FIRED", of_run_id: runId }]);
    expect(await dueFirings()).toBe(0);
  });

  it("is due at once for the hub when the cron's sweep has ended its run, also when something else is due later", async () => {
    await chain({ on: "failed" });
    // So the end of the run also makes a notification, which is due for the sweep some seconds later.
    await createEndpoint(service, tenant, answeringRunner(202));
    await makeOverdue(service, await invoke(service, tenant));
    const told: TenantEffects[] = [];
    await perform(verbServices(service, told), timeOutOverdueRuns, { limit: 100 });
    const ofTenant = told.filter(({ tenant_id }) => tenant_id === tenant.id);
    expect(ofTenant.map(({ due_in_ms }) => due_in_ms)).toEqual([
      expect.toSatisfy((ms: number | null) => ms !== null && ms <= 0),
    ]);
  });

  it("uses its `input` when it is fired by hand, and has no instants", async () => {
    const { id } = await chain({ input_from: "run" }, { input: { b: 2 } });
    const firing = await send<{ run_id: string }>(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);
    expect((await inputOf(firing.run_id))?.input).toBe('{"b":2}');
    const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
    const occurrences = await service.get(`/v1/triggers/${id}/occurrences`, tenant.owner.key);
    expect(await occurrences.json()).toMatchObject({ items: [] });
    expect((await service.send("POST", `/v1/triggers/${id}/backfill`, tenant.owner.key, range)).status).toBe(409);
  });

  it("counts what it misses during a pause in one firing and one event", async () => {
    const { id } = await chain();
    await setTrigger(id, "pause", { note: "Holidays" });
    expect(await readTrigger(service, tenant, id)).toMatchObject({
      ...{ is_active: false, pause_note: "Holidays", paused_by: { user_id: tenant.owner.id } },
    });
    let last = "";
    for (let i = 0; i < 3; i++) {
      last = await invoke(service, tenant);
      await complete(last);
    }
    expect(await firingsOf(id)).toMatchObject([
      { outcome: "MISSED", reason: "paused", cause: "run", count: 3, of_run_id: last, run_id: null },
    ]);
    const { items } = await readFeed(service, tenant.owner.key, ["types=trigger.missed"]);
    expect(items).toHaveLength(1);
    await setTrigger(id, "resume", { catch_up: true });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true, paused_by: null });
    await complete(await invoke(service, tenant));
    await setTrigger(id, "pause");
    await complete(await invoke(service, tenant));
    expect(await firingsOf(id)).toMatchObject([{ outcome: "MISSED", count: 1 }, { outcome: "FIRED" }, { count: 3 }]);
  });

  it("does not fire any more once it is deleted, nor is anything left of it", async () => {
    const { id } = await chain();
    await service.database.sql`
      insert into due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth)
      values (${tenant.id}, ${id}, statement_timestamp(), gen_random_uuid(), 1, 1)`;
    await service.send("DELETE", `/v1/triggers/${id}`, tenant.owner.key);
    await service.sweep();
    expect(await dueFirings()).toBe(0);
    const [row] = await service.database.sql`
      select count(*)::int as count from workflow_runs where workflow_definition_id = ${nextId}`;
    expect(row?.count).toBe(0);
  });
});

describe("what endpoints are told of a trigger that fires after another run", () => {
  /** The types and reasons of what an endpoint is told, which is as the document says. */
  async function toldTo(hook: FakeRunner, count: number) {
    const bodies = (await hook.requests(count)).map(({ body }) => body);
    expect(bodies.flatMap(webhookFaults)).toEqual([]);
    return bodies.map((body) => JSON.parse(body)).map(({ type, data }) => [type, data.reason, data.of_run_id]);
  }

  it("is as the document says", async () => {
    const hook = await startFakeRunner();
    const names = ["skipped", "missed", "refused", "paused"].map((name) => `trigger.${name}`);
    await createEndpoint(service, tenant, hook.url, { event_types: names });
    await service.database.sql`update workflow_definitions set max_running = 1 where id = ${nextId}`;
    const { id } = await chain({}, { when_busy: "skip" });
    await complete(await invoke(service, tenant));
    const [skipped, missed] = [await invoke(service, tenant), await invoke(service, tenant)];
    await complete(skipped);
    await setTrigger(id, "pause");
    await complete(missed);
    await setTrigger(id, "resume");
    await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    const told = await toldTo(hook, 4);
    expect(told).toHaveLength(4);
    expect(told).toEqual(
      expect.arrayContaining([
        ["trigger.skipped", undefined, skipped],
        ["trigger.missed", "paused", missed],
        ["trigger.refused", "of_deleted", undefined],
        ["trigger.paused", "of_deleted", undefined],
      ]),
    );
  });
});

describe("the workflow that it fires after", () => {
  it.each([
    ["itself", "value_error", () => nextId],
    ["one that does not exist", "value_error", () => "01920000-0000-7000-8000-000000000301"],
    ["no id", "uuid_parsing", () => "x"],
  ])("cannot be %s", async (_, type, of) => {
    const response = await service.send(
      "POST",
      `/v1/workflow-definitions/${nextId}/triggers`,
      tenant.owner.key,
      bodyAfter(of()),
    );
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ["body", "run", "of"], type }] });
    const { id } = await chain();
    const changed = await service.send("PUT", `/v1/triggers/${id}`, tenant.owner.key, bodyAfter(of()));
    expect(changed.status).toBe(422);
  });

  it("is that of its tenant", async () => {
    const other = await createTenant(service.database);
    const response = await service.send(
      "POST",
      `/v1/workflow-definitions/${nextId}/triggers`,
      tenant.owner.key,
      bodyAfter(other.definitionId),
    );
    expect(response.status).toBe(422);
  });

  it.each([
    ["run", { name: "x", kind: "run" }, "missing"],
    ["schedule", { name: "x", kind: "schedule" }, "missing"],
    ["schedule", bodyAfter("01920000-0000-7000-8000-000000000301", {}, { schedule: HOURLY }), "value_error"],
  ])("belongs to its kind: %s in %j is %s", async (field, body, type) => {
    const response = await service.send("POST", `/v1/workflow-definitions/${nextId}/triggers`, tenant.owner.key, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ["body", field], type }] });
  });

  it("pauses the trigger when it is deleted, with an event", async () => {
    const { id } = await chain();
    const response = await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect(response.status).toBe(204);
    expect(await firingsOf(id)).toMatchObject([{ outcome: "REFUSED", reason: "of_deleted", of_run_id: null }]);
    const paused = await readTrigger(service, tenant, id);
    expect(paused).toMatchObject({ is_active: false, paused_by: null });
    expect(paused.pause_note).toContain("was deleted");
    const resumed = await service.send("POST", `/v1/triggers/${id}/resume`, tenant.owner.key, {});
    expect(resumed.status).toBe(409);
    const { items } = await readFeed(service, tenant.owner.key, ["types=trigger.paused"]);
    expect(items).toMatchObject([{ detail: { trigger_id: id, reason: "of_deleted" } }]);
  });
});

describe("the rights of a trigger that fires after another run", () => {
  let maker: TestUser;

  /** Lets the maker write the second workflow and its files, and read the first. */
  beforeEach(async () => {
    maker = await addUser(service.database, tenant);
    const rows = await service.database.sql`
      select d.id, d.path_part_id from workflow_definitions d where d.tenant_id = ${tenant.id}`;
    const partOf = (definitionId: string) => String(rows.find(({ id }) => id === definitionId)?.path_part_id);
    for (const part of [partOf(nextId), tenant.sourcesId, tenant.instructionsId, tenant.outputsId]) {
      await permit(service.database, tenant, part, "READ_WRITE", maker);
    }
  });

  const permitFirst = async () => {
    const [row] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    return permit(service.database, tenant, String(row?.path_part_id), "READ_ONLY", maker);
  };

  it("need read on the workflow of the run when it is created", async () => {
    const create = () =>
      service.send("POST", `/v1/workflow-definitions/${nextId}/triggers`, maker.key, bodyAfter(tenant.definitionId));
    expect((await create()).status).toBe(422);
    await permitFirst();
    expect((await create()).status).toBe(201);
  });

  it.each([
    [
      "loses the workflow of the run",
      "of_rights",
      async (permission: string) => service.database.sql`
      delete from user_permissions where id = ${permission}`,
    ],
    [
      "loses the folder of the sources",
      "rights",
      async () => service.database.sql`
      delete from user_permissions where user_id = ${maker.id} and path_part_id = ${tenant.sourcesId}`,
    ],
    [
      "is deactivated",
      "user_deactivated",
      async () => service.database.sql`
      update users set deactivated_at = statement_timestamp() where id = ${maker.id}`,
    ],
  ])("end with those of its user: who %s is refused by %s, and the trigger pauses itself", async (_, reason, lose) => {
    const permission = await permitFirst();
    const { id } = await chain({}, {}, maker.key);
    await complete(await invoke(service, tenant));
    expect(await firingsOf(id)).toMatchObject([{ outcome: "FIRED" }]);
    await lose(permission);
    await complete(await invoke(service, tenant));
    const [firing] = await firingsOf(id);
    expect(firing).toMatchObject({ outcome: "REFUSED", reason, run_id: null });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: false, paused_by: null });
    // Somebody who may do it takes over.
    await setTrigger(id, "resume");
    await complete(await invoke(service, tenant));
    expect((await firingsOf(id))[0]).toMatchObject({ outcome: "FIRED" });
  });
});

describe("a chain of triggers", () => {
  it("ends at its tenth run: the eleventh is refused", async () => {
    const back = await createAfter(service, tenant.definitionId, tenant.owner.key, nextId);
    const { id } = await chain();
    await complete(await invoke(service, tenant));
    for (;;) {
      const [run] = await service.database.sql`
        select id from workflow_runs where tenant_id = ${tenant.id} and status = 'RUNNING'`;
      if (run === undefined) break;
      await complete(String(run.id));
    }
    const [there, again] = [await firingsOf(id), await firingsOf(back.id)];
    expect([there, again].map((firings) => firings.filter(({ outcome }) => outcome === "FIRED").length)).toEqual([
      5, 5,
    ]);
    expect([...there, ...again].filter(({ outcome }) => outcome === "REFUSED")).toMatchObject([{ reason: "depth" }]);
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true });
  });
});
