import { describe, expect, it } from "vitest";
import { invokeBatch } from "../../support/batches.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { inSeconds, invoke, invokePath, passInstants, readEvents } from "../../support/lifecycle.ts";
import { permit } from "../../support/path-parts.ts";
import { HOUR, startQueue } from "../../support/queue.ts";
import { startRunner, useLeases } from "../../support/runners.ts";
import { answer, suspend } from "../../support/suspensions.ts";
import type { TestTenant } from "../../support/tenant.ts";
import { createTrigger, HOURLY, send } from "../../triggers/support.ts";

const { service, tenant, invokeWith, end, statusOf, post, read } = await startQueue();

const prioritize = (runId: string, priority: number, key = tenant.owner.key) =>
  service.send("PUT", `/v1/workflow-runs/${runId}/priority`, key, { priority });

const withPriority = (priority: number, more: object = {}) => invokeWith({ priority, ...more });

const placesOf = (ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await read(`${id}/details`)).queue_position));

/** The part of the tenant's definition in its tree. */
const nodeOf = async ({ definitionId }: TestTenant) => {
  const [row] = await service.database.sql`
    select path_part_id from workflow_definitions where id = ${definitionId}`;
  return String(row?.path_part_id);
};

const setPolicy = async (policy: object) => {
  const path = `/v1/workflow-definitions/${tenant.definitionId}/policy`;
  expect((await service.send("PUT", path, tenant.owner.key, policy)).status).toBe(200);
};

/** Ends what is RUNNING, again and again. Returns the runs in the order in which they have started. */
async function startingOrder(): Promise<string[]> {
  const started: string[] = [];
  for (;;) {
    const response = await service.get("/v1/workflow-runs?status=RUNNING", tenant.owner.key);
    const [running] = (await response.json<{ items: { id: string }[] }>()).items;
    if (running === undefined) return started;
    started.push(running.id);
    await end(running.id);
  }
}

describe("a priority", () => {
  it("lets a run pass those that wait with a lower one, and not those with the same", async () => {
    const running = await invokeWith();
    const [first, second] = [await invokeWith(), await withPriority(0)];
    const [ninth, tenth] = [await withPriority(9), await withPriority(9)];
    const fifth = await withPriority(5);
    expect(await placesOf([ninth, tenth, fifth, first, second])).toEqual([1, 2, 3, 4, 5]);
    expect(await startingOrder()).toEqual([running, ninth, tenth, fifth, first, second]);
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("is shown in the details and the first event, and 0 is what a run has without one", async () => {
    const [none, five] = [await invokeWith(), await withPriority(5)];
    expect(await read(`${none}/details`)).toMatchObject({ priority: 0 });
    expect((await readEvents(service, tenant, none))[0]?.detail).toBeNull();
    expect(await read(`${five}/details`)).toMatchObject({ priority: 5 });
    expect((await readEvents(service, tenant, five))[0]?.detail).toEqual({ priority: 5 });
  });

  it.each([-1, 10, 1.5, "5", null])("of %s is refused", async (priority) => {
    const response = await post(invokePath(tenant), { priority });
    expect([response.status, await response.json()]).toMatchObject([422, { detail: [{ loc: ["body", "priority"] }] }]);
  });

  it("is explained: how many pass the run, and that it is next", async () => {
    await invokeWith();
    const waiting = await invokeWith();
    const last = await invokeWith();
    const [nine] = [await withPriority(9), await withPriority(5)];
    const explain = (id: string) => read(`${id}/explain`);
    expect(await explain(last)).toMatchObject({
      ...{ queue_position: 4, priority: 0, higher_before: 2 },
      message: expect.stringContaining("it is number 4 in the queue, behind 2 with a higher priority"),
    });
    expect(await explain(waiting)).toMatchObject({ queue_position: 3, higher_before: 2 });
    expect(await explain(nine)).toMatchObject({
      ...{ queue_position: 1, priority: 9, higher_before: 0 },
      message: expect.stringContaining("it is next in the queue"),
    });
  });

  it("is kept by a retry and by a run that is triggered again, and one that runs does not make room", async () => {
    const running = await withPriority(7);
    const waiting = await invokeWith();
    const nine = await withPriority(9);
    expect(await statusOf(running)).toBe("RUNNING");
    expect((await post(`/v1/workflow-runs/${running}/stop`)).status).toBe(200);
    expect((await post(`/v1/workflow-runs/${running}/retry`)).status).toBe(202);
    expect(await placesOf([running, waiting])).toEqual([1, 2]);
    await end(nine);
    expect([await statusOf(running), await statusOf(waiting)]).toEqual(["RUNNING", "PENDING"]);
  });

  it("counts when a delayed run joins the queue, for readers before it is recorded, too", async () => {
    const running = await invokeWith();
    const waiting = await invokeWith();
    const at = { start_after: inSeconds(HOUR) };
    const [late, urgent, next] = [await invokeWith(at), await withPriority(9, at), await withPriority(5)];
    await passInstants(service, [late, urgent], HOUR + 1);
    const ids = [urgent, next, waiting, late];
    const hindsight = async () => Promise.all(ids.map(async (id) => (await read(`${id}/explain`)).higher_before));
    expect([await placesOf(ids), await hindsight()]).toEqual([
      [1, 2, 3, 4],
      [0, 1, 2, 2],
    ]);
    await service.sweep();
    expect([await placesOf(ids), await hindsight()]).toEqual([
      [1, 2, 3, 4],
      [0, 1, 2, 2],
    ]);
    expect(await startingOrder()).toEqual([running, ...ids]);
  });

  it("lets readers see that it is the turn of a run which has joined by time and passes those with a lower one only", async () => {
    await useLeases(service, tenant);
    await startRunner(service, tenant);
    const waiting = await invokeWith();
    const at = { start_after: inSeconds(HOUR) };
    const ids = [waiting, await invokeWith(at), await withPriority(9, at)] as const;
    const [, late, urgent] = ids;
    const reasons = () => Promise.all(ids.map(async (id) => (await read(`${id}/explain`)).reason));
    expect(await reasons()).toEqual(["lease", "delayed", "delayed"]);
    await passInstants(service, late, HOUR + 1);
    expect(await reasons()).toEqual(["lease", "slot", "delayed"]);
    await passInstants(service, urgent, HOUR + 1);
    expect(await reasons()).toEqual(["slot", "slot", "lease"]);
    await service.sweep();
    expect(await reasons()).toEqual(["slot", "slot", "lease"]);
  });

  it("counts within a key when keys take turns, also for runs without a key", async () => {
    await setPolicy({ max_running: 1, max_running_per_key: 1 });
    const of = (concurrency_key: string | null, priority = 0) => withPriority(priority, { concurrency_key });
    const running = await of("b");
    const [a, b, none] = [await of("a"), await of("b"), await of(null)];
    const [urgentB, urgentNone] = [await of("b", 9), await of(null, 9)];
    expect(await placesOf([urgentB, b, urgentNone, none, a])).toEqual([1, 2, 1, 2, 1]);
    expect((await read(`${none}/explain`)).message).toContain(
      "1 of those without a key before it, behind 1 with a higher",
    );
    // The turns go on behind b: to those without a key, which come first, to a, and to b.
    expect((await read(`${urgentB}/explain`)).keys_before).toBe(2);
    expect(await startingOrder()).toEqual([running, urgentNone, a, urgentB, none, b]);
  });

  it("starts the first turn of a definition with runs without a key", async () => {
    await useLeases(service, tenant);
    await setPolicy({ handover: "lease", max_running: 2, max_running_per_key: 1 });
    const keyed = await invokeWith({ concurrency_key: "a" });
    const none = await withPriority(9);
    const runner = await startRunner(service, tenant, { capacity: 2 });
    const { leases } = await runner.lease({ max: 2 });
    expect(leases.map(({ run_id }) => run_id)).toEqual([none, keyed]);
  });

  it("does not save a run from the one that takes the place of those that wait", async () => {
    await setPolicy({ when_busy: "replace_queued" });
    const running = await invokeWith();
    const nine = await withPriority(9);
    const newer = await invokeWith();
    expect(await Promise.all([running, nine, newer].map(statusOf))).toEqual(["RUNNING", "FAILED", "PENDING"]);
  });

  it("lets a new run start before others when a slot becomes free, and these start in the slots after it", async () => {
    await setPolicy({ max_running: 2 });
    const ends = [await invokeWith(), await invokeWith()];
    const [first, second] = [await invokeWith(), await invokeWith()];
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 day', deadline_at = statement_timestamp() - interval '1 second'
      where id = any (${ends}::uuid[])`;
    const urgent = await withPriority(1);
    expect(await Promise.all([urgent, first, second].map(statusOf))).toEqual(["RUNNING", "RUNNING", "PENDING"]);
  });
});

describe("the priority of a run that waits", () => {
  it("can be changed: it passes those with a lower one, behind those with the same that joined before it", async () => {
    await invokeWith();
    const ids = [await invokeWith(), await invokeWith(), await withPriority(5), await withPriority(5)] as const;
    const [first, second, five, fiveToo] = ids;
    expect((await prioritize(second, 5)).status).toBe(200);
    expect(await placesOf([second, five, fiveToo, first])).toEqual([1, 2, 3, 4]);
    expect((await prioritize(five, 0)).status).toBe(200);
    expect(await placesOf([second, fiveToo, first, five])).toEqual([1, 2, 3, 4]);
    const { id } = tenant.owner;
    expect((await readEvents(service, tenant, second)).at(-1)).toMatchObject({
      ...{ type: "PRIORITIZED", detail: { priority: 5, before: 0, user_id: id } },
    });
    // The same again changes nothing.
    const before = await readEvents(service, tenant, second);
    expect((await prioritize(second, 5)).status).toBe(200);
    expect(await readEvents(service, tenant, second)).toEqual(before);
  });

  it("can be changed of a delayed run, and counts when it joins", async () => {
    await invokeWith();
    const waiting = await invokeWith();
    const delayed = await invokeWith({ start_after: inSeconds(HOUR) });
    expect((await prioritize(delayed, 3)).status).toBe(200);
    expect(await placesOf([delayed, waiting])).toEqual([null, 1]);
    expect((await post(`/v1/workflow-runs/${delayed}/start-now`)).status).toBe(200);
    expect(await placesOf([delayed, waiting])).toEqual([1, 2]);
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("can be changed of a suspended run, which resumes at the place that it would have had", async () => {
    const run = await invokeWith();
    const [running, last] = [await withPriority(3), await invokeWith()];
    expect((await suspend(service, tenant, run)).status).toBe(200);
    expect(await statusOf(running)).toBe("RUNNING");
    const three = await withPriority(3);
    expect((await prioritize(run, 3)).status).toBe(200);
    expect((await answer(service, tenant.owner.key, run)).status).toBe(200);
    expect(await placesOf([run, three, last])).toEqual([1, 2, 3]);
  });

  it("is not changed once it has started or ended", async () => {
    const running = await invokeWith();
    expect((await prioritize(running, 9)).status).toBe(409);
    await end(running);
    const response = await prioritize(running, 9);
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { detail: expect.stringContaining("COMPLETED") },
    ]);
  });

  it("is changed by whoever may write the workflow, and not by whoever has only triggered the run", async () => {
    const { user } = tenant;
    const permission = await permit(service.database, tenant, await nodeOf(tenant), "READ_ONLY");
    for (const id of [tenant.sourcesId, tenant.instructionsId]) {
      await permit(service.database, tenant, id, "READ_ONLY");
    }
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    await invokeWith();
    const own = await invoke(service, tenant, user.key, { priority: 1 });
    const refused = await prioritize(own, 9, user.key);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { detail: "You need write on this workflow definition." },
    ]);
    await service.database.sql`update user_permissions set capability = 'READ_WRITE' where id = ${permission}`;
    expect((await prioritize(own, 9, user.key)).status).toBe(200);
    expect((await prioritize(await invokeWith(), 9, user.key)).status).toBe(200);
  });
});

describe("a batch", () => {
  it("gives each run its own priority, or that of the batch, and keeps the order of those with the same", async () => {
    const running = await invokeWith();
    const waiting = await withPriority(3);
    const { run_ids } = await invokeBatch(service, tenant, [{}, { priority: 9 }, {}, { priority: 0 }], {
      priority: 4,
    });
    const [a = "", b = "", c = "", d = ""] = run_ids;
    expect(await startingOrder()).toEqual([running, b, a, c, waiting, d]);
  });

  it("says of none that it is queued which a runner may take at once: that is the one with the highest priority", async () => {
    await useLeases(service, tenant);
    const { run_ids } = await invokeBatch(service, tenant, [{}, { priority: 9 }]);
    const types = await Promise.all(
      run_ids.map(async (id) => (await readEvents(service, tenant, id)).map(({ type }) => type)),
    );
    expect(types).toEqual([["TRIGGERED", "QUEUED"], ["TRIGGERED"]]);
  });
});

it("a runner of two workflows gets the run that has waited longest first, so that the urgent runs of one do not keep the other waiting", async () => {
  const { key } = tenant.owner;
  const job = { name: "Other", runner_type: "SELF_HOSTED", max_run_duration_seconds: 300 };
  const other = await send<{ id: string }>(service, "POST", "/v1/workflow-definitions", key, job);
  await useLeases(service, tenant);
  await useLeases(service, tenant, { definitionId: other.id });
  const ofOther = () => send<{ id: string }>(service, "POST", `/v1/workflow-definitions/${other.id}/invoke`, key);
  await invokeWith();
  const [old, nine, nineToo] = [await ofOther(), await withPriority(9), await withPriority(9)];
  const runner = await startRunner(service, tenant);
  const leased: string[] = [];
  for (let count = 0; count < 3; count++) {
    for (const lease of (await runner.lease()).leases) {
      leased.push(lease.run_id);
      await runner.callBack(lease, { status: "COMPLETED" });
    }
  }
  expect(leased).toEqual([old.id, nine, nineToo]);
});

it("a trigger gives its priority to each of its runs", async () => {
  await invokeWith();
  const waiting = await invokeWith();
  const { id } = await createTrigger(service, tenant, HOURLY, { priority: 9 });
  const { key } = tenant.owner;
  const fired = await send<{ run_id: string }>(service, "POST", `/v1/triggers/${id}/fire`, key);
  expect(await placesOf([fired.run_id, waiting])).toEqual([1, 2]);
  const shown = await send<{ priority: number }>(service, "GET", `/v1/triggers/${id}`, key);
  expect(shown.priority).toBe(9);
  const { id: usual } = await createTrigger(service, tenant, HOURLY);
  expect((await send<{ priority: number }>(service, "GET", `/v1/triggers/${usual}`, key)).priority).toBe(0);
});
