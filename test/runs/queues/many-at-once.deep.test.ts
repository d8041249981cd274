/** Queues of which more than one call handles: very many runs are superseded, or join at the same instant. */
import { describe, expect, it } from "vitest";
import { sweepTenant } from "../../../src/sweep/sweep-tenant.ts";
import { invokeBatch } from "../../support/batches.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { inSeconds, makeOverdue, passInstants, readRun } from "../../support/lifecycle.ts";
import { HOUR, startQueue } from "../../support/queue.ts";
import { startRunner } from "../../support/runners.ts";
import { verbServices } from "../../support/verb-services.ts";

const { service, tenant, invokeWith: trigger, end, statusOf, post } = await startQueue();
const change = (runId: string, action: string) => post(`/v1/workflow-runs/${runId}/${action}`);

async function setPolicy(policy: object): Promise<void> {
  const path = `/v1/workflow-definitions/${tenant.definitionId}/policy`;
  expect((await service.send("PUT", path, tenant.owner.key, policy)).status).toBe(200);
}

/** Triggers so many runs, in batches. Returns their ids in their order. */
async function triggerMany(count: number, each: object = {}): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const runs = Array.from({ length: Math.min(500, count - ids.length) }, () => each);
    ids.push(...(await invokeBatch(service, tenant, runs)).run_ids);
  }
  return ids;
}

/** How many of the runs are in each state: `{ PENDING: 700, "FAILED SUPERSEDED": 500 }`. */
async function count(ids: readonly string[]): Promise<Record<string, number>> {
  const rows = await service.database.sql`
    select concat_ws(' ', status, failure_code) as stand, count(*)::int as runs
    from workflow_runs where id = any (${ids}::uuid[]) group by stand`;
  return Object.fromEntries(rows.map(({ stand, runs }) => [stand, runs]));
}

/** The runs in the order in which they have joined the queue, or will. */
async function inOrder(ids: readonly string[]): Promise<string[]> {
  const rows = await service.database.sql`
    select id from workflow_runs where id = any (${ids}::uuid[]) order by queue_position, not_before, created_at, id`;
  return rows.map(({ id }) => String(id));
}

const placeOf = async (runId: string) =>
  (await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key)).headers.get("x-queue-position");

/** Is something of the tenant due now? The next try of a dispatch, which comes some seconds after the first one, is put off. */
const isDue = async () => {
  const { sql } = service.database;
  await sql`
    update workflow_runs set next_dispatch_at = next_dispatch_at + interval '10 minutes'
    where tenant_id = ${tenant.id} and next_dispatch_at is not null`;
  const [row] = await sql`select next_due_at(${tenant.id}, '-infinity') <= now() as is_due`;
  return row?.is_due;
};

describe("a run that supersedes more runs than one call ends", () => {
  it("never starts beside them or after some of them: each change ends the next ones, and the sweep all", async () => {
    const running = await trigger();
    const many = await triggerMany(1300);
    const delayed = await trigger({ start_after: inSeconds(HOUR) });
    await setPolicy({ when_busy: "replace_queued" });
    const newest = await trigger();
    expect(await count(many)).toEqual({ PENDING: 800, "FAILED SUPERSEDED": 500 });
    expect(await isDue()).toBe(true);
    // The slot gets free, and stays so.
    await end(running);
    expect(await count([...many, newest])).toEqual({ PENDING: 301, "FAILED SUPERSEDED": 1000 });
    expect(await statusOf(newest)).toBe("PENDING");
    const last = many.at(-1) ?? "";
    expect((await change(last, "start-now")).status).toBe(409);
    expect(await count([...many, newest])).toEqual({ RUNNING: 1, "FAILED SUPERSEDED": 1300 });
    expect([await statusOf(newest), await statusOf(delayed)]).toEqual(["RUNNING", "PENDING"]);
    expect(await readRun(service, tenant, last)).toMatchObject({ error: `Superseded by run ${newest}.` });
    expect(await isDue()).toBe(false);
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("is superseded itself by a newer one, with all that is left", async () => {
    await trigger();
    const many = await triggerMany(2000);
    await setPolicy({ when_busy: "replace_queued" });
    const [first, second] = [await trigger(), await trigger()];
    await service.sweep();
    expect(await count([...many, first])).toEqual({ "FAILED SUPERSEDED": 2001 });
    expect(await statusOf(second)).toBe("PENDING");
    const rows = await service.database.sql`
      select distinct error from workflow_runs where failure_code = 'SUPERSEDED' and id = ${first}`;
    expect(rows).toEqual([{ error: `Superseded by run ${second}.` }]);
  });

  it("spares what is put back or triggered while they end, and takes those that wait for a back-off", async () => {
    const retries = { max_attempts: 3, retry_on: ["LOST", "UNREACHED", "DEADLINE"] };
    await setPolicy({ max_running: 2, ...retries });
    const [running, failing] = [await trigger(), await trigger()];
    const many = await triggerMany(2200);
    await makeOverdue(service, failing);
    await service.sweep();
    expect(await statusOf(failing)).toBe("PENDING");
    await setPolicy({ max_running: 1, when_busy: "replace_queued", ...retries });
    const newest = await trigger();
    await setPolicy({ max_running: 1 });
    const later = await trigger();
    expect(await count([...many.slice(1), failing])).toEqual({ PENDING: 700, "FAILED SUPERSEDED": 1500 });
    expect((await change(failing, "start-now")).status).toBe(409);
    expect(await statusOf(failing)).toBe("FAILED");
    await service.sweep();
    expect(await count([...many.slice(1), failing])).toEqual({ "FAILED SUPERSEDED": 2200 });
    expect(await count([newest, later])).toEqual({ PENDING: 2 });
    expect(await inOrder([newest, later])).toEqual([newest, later]);
    expect(await statusOf(running)).toBe("RUNNING");
  });

  it("spares the run that its runner gives back while they end, which has its old place in the queue", async () => {
    await setPolicy({ handover: "lease" });
    const given = await trigger();
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    const many = await triggerMany(1200);
    await setPolicy({ handover: "lease", when_busy: "replace_queued" });
    const newest = await trigger();
    expect((await runner.release(lease)).status).toBe(200);
    await service.sweep();
    expect(await count(many)).toEqual({ "FAILED SUPERSEDED": 1200 });
    expect([await statusOf(given), await statusOf(newest)]).toEqual(["PENDING", "PENDING"]);
    expect(await inOrder([given, newest])).toEqual([given, newest]);
  });

  it("does so within its key, and other keys start meanwhile", async () => {
    await setPolicy({ max_running: 3, max_running_per_key: 1 });
    const [a, b] = [await trigger({ concurrency_key: "a" }), await trigger({ concurrency_key: "b" })];
    const many = await triggerMany(1200, { concurrency_key: "a" });
    await setPolicy({ max_running: 3, max_running_per_key: 1, when_busy: "replace_queued" });
    const newest = await trigger({ concurrency_key: "a" });
    expect(await count(many)).toEqual({ PENDING: 700, "FAILED SUPERSEDED": 500 });
    expect(await statusOf(await trigger({ concurrency_key: "c" }))).toBe("RUNNING");
    await end(b);
    await end(a);
    await service.sweep();
    expect(await count(many)).toEqual({ "FAILED SUPERSEDED": 1200 });
    expect(await statusOf(newest)).toBe("RUNNING");
    expect(
      await brokenInvariants(service.database.sql.query, { tenantId: tenant.id, limited: [tenant.definitionId] }),
    ).toEqual([]);
  });
});

describe("more runs with the same start_after than one call lets join", () => {
  it("join in the order of their triggers, before all that come later", async () => {
    const running = await trigger();
    const start_after = inSeconds(HOUR);
    const many = await triggerMany(3300, { start_after });
    const other = await trigger({ start_after: inSeconds(2 * HOUR) });
    const late = await trigger({ start_after: inSeconds(2 * HOUR) });
    const before = await trigger();
    await service.database.sql`
      update workflow_runs set not_before = not_before - interval '1 hour'
      where id = any (${many}::uuid[])`;
    // As readers see it, all have joined.
    expect(await placeOf(many[998] ?? "")).toBe("1000");
    expect(await placeOf(many[999] ?? "")).toBe("1001");
    expect(await placeOf(many.at(-1) ?? "")).toBe("1001");
    const after = await trigger();
    expect(await placeOf(after)).toBe("1001");
    const [joined] = await service.database.sql`
      select count(queue_position)::int as runs from workflow_runs where id = any (${many}::uuid[])`;
    expect(joined?.runs).toBe(250);
    expect(await isDue()).toBe(true);
    // Those that are triggered or start meanwhile are behind them, also by start-now and in a batch.
    expect((await change(other, "start-now")).status).toBe(200);
    const [last = ""] = await triggerMany(1);
    expect((await change(many.at(-1) ?? "", "start-now")).status).toBe(409);
    const order = [before, ...many, after, other, last];
    await service.sweep();
    await passInstants(service, late, 3 * HOUR);
    await service.sweep();
    expect(await inOrder([...order, late])).toEqual([...order, late]);
    expect(await statusOf(running)).toBe("RUNNING");
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });
});

describe("more runs with the same must_start_by than one call fails", () => {
  /** So many of them, behind a run in the slot, after that instant. */
  async function expireMany(count: number): Promise<string[]> {
    await trigger();
    const many = await triggerMany(count, { must_start_by: inSeconds(HOUR) });
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() - interval '1 second' where id = any (${many}::uuid[])`;
    return many;
  }

  it("are failed in the order of the queue by the calls that come by, each a part of them", async () => {
    const many = await expireMany(800);
    const newest = await trigger();
    expect(await count(many)).toEqual({ PENDING: 550, "FAILED EXPIRED": 250 });
    expect(await count(many.slice(0, 250))).toEqual({ "FAILED EXPIRED": 250 });
    expect([await placeOf(newest), await isDue()]).toEqual(["1", true]);
    const last = many.at(-1) ?? "";
    expect((await change(last, "start-now")).status).toBe(409);
    expect(await count([last])).toEqual({ "FAILED EXPIRED": 1 });
    await service.sweep();
    expect(await count([...many, newest])).toEqual({ PENDING: 1, "FAILED EXPIRED": 800 });
    expect(await isDue()).toBe(false);
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("are all failed by one alarm of the tenant", async () => {
    const many = await expireMany(600);
    await sweepTenant(verbServices(service), tenant.id);
    expect(await count(many)).toEqual({ "FAILED EXPIRED": 600 });
  });
});

describe("a place in the queue", () => {
  it("is counted to 1,000: behind that, the run and its explanation say that it is more", async () => {
    await setPolicy({});
    const ended = await trigger();
    await end(ended);
    await trigger();
    const many = await triggerMany(1200);
    expect([await placeOf(many[999] ?? ""), await placeOf(many[1000] ?? "")]).toEqual(["1000", "1001"]);
    const last = many.at(-1) ?? "";
    expect(await placeOf(last)).toBe("1001");
    const read = async (part: string, runId = last) => {
      const response = await service.get(`/v1/workflow-runs/${runId}/${part}`, tenant.owner.key);
      return response.json<Record<string, unknown>>();
    };
    expect(await read("details")).toMatchObject({ queue_position: 1001 });
    const explanation = await read("explain");
    expect(explanation).toMatchObject({ queue_position: 1001, estimated_start_at: null });
    expect(explanation.message).toContain("its place in the queue is more than 1,000");
    expect((await read("explain", many[999])).message).toContain("it is number 1000 in the queue");
  });
});
