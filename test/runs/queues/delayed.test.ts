import { describe, expect, it } from "vitest";
import { brokenInvariants } from "../../support/invariants.ts";
import { eventTypes, inSeconds, invokePath, passInstants, readEvents } from "../../support/lifecycle.ts";
import { HOUR, startQueue } from "../../support/queue.ts";
import { startRunner } from "../../support/runners.ts";

const { service, tenant, invokeWith, end, statusOf, read } = await startQueue();
const startNow = (runId: string, key = tenant.owner.key) =>
  service.send("POST", `/v1/workflow-runs/${runId}/start-now`, key);

/** The runs that are in the queue or in the slot, in the order in which they start. */
async function startingOrder(): Promise<string[]> {
  const started: string[] = [];
  for (;;) {
    const response = await service.get("/v1/workflow-runs?status=RUNNING", tenant.owner.key);
    const { items } = await response.json<{ items: { id: string }[] }>();
    const [running] = items;
    if (running === undefined) return started;
    started.push(running.id);
    await end(running.id);
  }
}

describe("a run with start_after", () => {
  it("is PENDING although the slot is free, has no place in the queue, and says when it starts", async () => {
    const startAfter = inSeconds(HOUR);
    const runId = await invokeWith({ start_after: startAfter });
    const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect([response.headers.get("x-queue-position"), (await response.json<{ status: string }>()).status]).toEqual([
      null,
      "PENDING",
    ]);
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED"]);
    expect((await readEvents(service, tenant, runId))[0]?.detail).toEqual({ start_after: startAfter });
    const facts = { queue_position: null, start_after: startAfter, must_start_by: null };
    expect(await read(`${runId}/details`)).toMatchObject({ status: "PENDING", ...facts });
    expect(await read(`${runId}/explain`)).toMatchObject({
      ...{
        reason: "delayed",
        message: `It starts not before ${startAfter}.`,
        blockers: [],
        next_try_at: null,
        ...facts,
      },
    });
    // It is in nobody's way.
    expect(await statusOf(await invokeWith())).toBe("RUNNING");
    await service.sweep();
    expect(await statusOf(runId)).toBe("PENDING");
  });

  it("starts when its instant has come and the slot is free", async () => {
    const runId = await invokeWith({ start_after: inSeconds(HOUR) });
    await passInstants(service, runId, HOUR + 1);
    expect(await read(`${runId}/details`)).toMatchObject({ status: "PENDING", queue_position: 1, start_after: null });
    await service.sweep();
    expect(await statusOf(runId)).toBe("RUNNING");
    expect(await eventTypes(service, tenant, runId)).toEqual(expect.arrayContaining(["TRIGGERED", "STARTED"]));
  });

  it("joins the end of the queue at its instant: by the instants, then by the triggers", async () => {
    const running = await invokeWith();
    const late = await invokeWith({ start_after: inSeconds(2 * HOUR) });
    const at = inSeconds(HOUR);
    const early = [await invokeWith({ start_after: at }), await invokeWith({ start_after: at })];
    const before = await invokeWith();
    await passInstants(service, [late, ...early], 3 * HOUR);
    await service.database
      .sql`update workflow_runs set updated_at = updated_at - interval '4 hours' where id = ${late}`;
    const tag = async () => (await service.get(`/v1/workflow-runs/${late}`, tenant.owner.key)).headers.get("etag");
    const tagBefore = await tag();
    const places = async () =>
      Promise.all([before, ...early, late].map(async (id) => (await read(`${id}/details`)).queue_position));
    // The same before and after a change of the definition has recorded it.
    expect(await places()).toEqual([1, 2, 3, 4]);
    const after = await invokeWith();
    expect([await places(), await tag()]).toEqual([[1, 2, 3, 4], tagBefore]);
    expect((await read(`${after}/details`)).queue_position).toBe(5);
    expect(await startingOrder()).toEqual([running, before, ...early, late, after]);
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("starts at once when its instant has passed", async () => {
    expect(await statusOf(await invokeWith({ start_after: "2026-01-31T12:00:00Z" }))).toBe("RUNNING");
  });

  it("is leased from its instant on, before any sweep", async () => {
    await service.database.sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    const runner = await startRunner(service, tenant);
    const runId = await invokeWith({ start_after: inSeconds(HOUR) });
    expect((await runner.lease()).leases).toEqual([]);
    await passInstants(service, runId, HOUR + 1);
    expect(await read(`${runId}/explain`)).toMatchObject({ queue_position: 1 });
    expect((await runner.lease()).leases).toMatchObject([{ run_id: runId }]);
  });

  it("is refused when it is more than 90 days away", async () => {
    const response = await service.send("POST", invokePath(tenant), tenant.owner.key, {
      start_after: inSeconds(91 * 24 * HOUR),
    });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: [{ loc: ["body", "start_after"] }] },
    ]);
    expect(await statusOf(await invokeWith({ start_after: inSeconds(89 * 24 * HOUR) }))).toBe("PENDING");
  });

  it("is answered again with the same idempotency key, whatever the instant", async () => {
    const runId = await invokeWith({ idempotency_key: "k", start_after: inSeconds(HOUR) });
    expect(await invokeWith({ idempotency_key: "k", start_after: inSeconds(91 * 24 * HOUR) })).toBe(runId);
  });
});

describe("start-now", () => {
  it("starts a delayed run when the slot is free, and is told by an event", async () => {
    const runId = await invokeWith({ start_after: inSeconds(HOUR) });
    const response = await startNow(runId);
    expect([response.status, await response.json()]).toMatchObject([200, { id: runId, status: "RUNNING" }]);
    const [, queued] = await readEvents(service, tenant, runId);
    expect(queued).toMatchObject({ type: "QUEUED", detail: { user_id: tenant.owner.id } });
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("puts it at the end of the queue when the slot is taken", async () => {
    const running = await invokeWith();
    const delayed = await invokeWith({ start_after: inSeconds(HOUR) });
    const waiting = await invokeWith();
    expect(await (await startNow(delayed)).json()).toMatchObject({ status: "PENDING" });
    expect(await startingOrder()).toEqual([running, waiting, delayed]);
  });

  it("ends the back-off of an automatic retry, too", async () => {
    await service.database.sql`
      update workflow_definitions set retry_on = '{DEADLINE,UNREACHED}', max_attempts = 3 where id = ${tenant.definitionId}`;
    const runId = await invokeWith();
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 hour', deadline_at = deadline_at - interval '1 hour'
      where id = ${runId}`;
    await service.sweep();
    expect(await read(`${runId}/explain`)).toMatchObject({
      status: "PENDING",
      reason: "back_off",
      queue_position: null,
    });
    expect((await startNow(runId)).status).toBe(200);
    expect(await statusOf(runId)).toBe("RUNNING");
  });

  it("is refused for a run that is in the queue, runs or has ended", async () => {
    const [running, waiting] = [await invokeWith(), await invokeWith()];
    expect(await (await startNow(waiting)).json()).toMatchObject({
      status: 409,
      detail: expect.stringContaining("in the queue"),
    });
    expect((await startNow(running)).status).toBe(409);
    await end(running);
    expect((await startNow(running)).status).toBe(409);
  });
});

describe("a back-off that ends", () => {
  it("lets the run join behind those that were triggered meanwhile", async () => {
    await service.database.sql`
      update workflow_definitions set retry_on = '{DEADLINE,UNREACHED}', max_attempts = 3 where id = ${tenant.definitionId}`;
    const retried = await invokeWith();
    const other = await invokeWith();
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 hour', deadline_at = deadline_at - interval '1 hour'
      where id = ${retried}`;
    await service.sweep();
    const later = await invokeWith();
    await passInstants(service, retried, HOUR);
    await service.sweep();
    expect((await read(`${later}/details`)).queue_position).toBe(1);
    expect((await read(`${retried}/details`)).queue_position).toBe(2);
    expect(await statusOf(other)).toBe("RUNNING");
  });
});
