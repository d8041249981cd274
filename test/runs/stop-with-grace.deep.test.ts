import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import { createTenantWithRunner, type FakeRunner } from "../support/fake-runner.ts";
import type { ScriptedAnswer } from "../support/harness-protocol.ts";
import { callBack, eventTypes, insertRun, invoke, makeDue, readEvents, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";

const service = await startService();

/** Its runner takes the first run, and then answers the stop so. */
const newTenant = (...toStop: ScriptedAnswer[]) =>
  createTenantWithRunner(service.database, [{ status: 202 }, ...toStop]);

async function stop(tenant: TestTenant, runId: string, body: object) {
  const response = await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, body);
  expect(response.status).toBe(200);
  return response.json<{ status: string; error: string | null }>();
}

const statusOf = async (tenant: TestTenant, runId: string) => (await readRun(service, tenant, runId)).status;

const failureOf = async (tenant: TestTenant, runId: string) => {
  const response = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
  const { failure_code, error, summary } = await response.json<Record<string, unknown>>();
  return { failure_code, error, summary };
};

type Event = Awaited<ReturnType<typeof readEvents>>[number];

const secondsOf = ({ at, detail }: Event) => (Date.parse(String(detail?.ends_at)) - Date.parse(at)) / 1000;

async function lastAsked(tenant: TestTenant, runId: string): Promise<Event> {
  const event = (await readEvents(service, tenant, runId)).findLast(({ type }) => type === "STOP_REQUESTED");
  if (event === undefined) throw new Error("Nobody has asked the runner to stop.");
  return event;
}

/** How many seconds the run has left, as its last stop said. */
const secondsLeft = async (tenant: TestTenant, runId: string) => secondsOf(await lastAsked(tenant, runId));

/** The time that the stop of the run gives is over. */
const passGrace = (runId: string) => service.database.sql`
  update running_attempts set stop_ends_at = statement_timestamp() - interval '1 second' where run_id = ${runId}`;

/** Makes the next webhook of the run's stop due. */
const makeStopDue = (runId: string) => service.database.sql`
  update running_attempts set next_stop_dispatch_at = statement_timestamp() - interval '1 second'
  where run_id = ${runId} and next_stop_dispatch_at is not null`;

const LOSE_RUNNER = "update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = $1";

const GRACE = { reason: "Wrong folder", grace_seconds: 60 };

describe("a stop that gives the runner time", () => {
  it("leaves the run RUNNING in its slot, and asks its runner to stop, by a signed message", async () => {
    const { tenant, runner } = await newTenant({});
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    expect(await stop(tenant, first, GRACE)).toMatchObject({ status: "RUNNING", error: null });
    expect(await statusOf(tenant, second)).toBe("PENDING");
    const events = await readEvents(service, tenant, first);
    const [requested, sent, acknowledged] = events.slice(-3);
    const endsAt = String(requested?.detail?.ends_at);
    expect(requested).toMatchObject({
      type: "STOP_REQUESTED",
      detail: { reason: "Wrong folder", user_id: tenant.owner.id },
    });
    expect(await secondsLeft(tenant, first)).toBe(60);
    expect(sent).toMatchObject({ type: "STOP_SENT", detail: { tries: 1, status: 202 } });
    expect(acknowledged).toMatchObject({ type: "STOP_ACKNOWLEDGED", detail: { by: "webhook" } });
    const request = (await runner.requests())[1];
    if (!request) throw new Error("The runner got no message.");
    expect(request.headers["webhook-id"]).toBe(`${first}.1.stopping.${Date.parse(endsAt)}`);
    expect(new Webhook(WEBHOOK_SECRET).verify(request.body, request.headers)).toEqual({
      type: "workflow_run.stopping",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { run_id: first, attempt: 1, reason: "Wrong folder", ends_at: endsAt },
    });
  });

  it("lets a result of COMPLETED count", async () => {
    const { tenant } = await newTenant({});
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await stop(tenant, first, GRACE);
    expect((await callBack(service, tenant, first, { status: "COMPLETED" })).status).toBe(200);
    expect(await readRun(service, tenant, first)).toMatchObject({ status: "COMPLETED", error: null });
    expect(await statusOf(tenant, second)).toBe("RUNNING");
  });

  it("turns a result of FAILED into STOPPED, keeps the runner's error, and answers a repeated result in the same way", async () => {
    const { tenant } = await newTenant({});
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await stop(tenant, first, GRACE);
    const said = { status: "FAILED", error: "Interrupted.", summary: "2 of 5 files." };
    for (const _ of ["first", "again"]) {
      const response = await callBack(service, tenant, first, said);
      expect([response.status, await response.json()]).toEqual([200, { status: "FAILED" }]);
    }
    expect(await failureOf(tenant, first)).toEqual({
      ...{ failure_code: "STOPPED", error: "Stopped: Wrong folder", summary: "2 of 5 files." },
    });
    expect((await readEvents(service, tenant, first)).at(-1)).toMatchObject({
      type: "STOPPED",
      detail: { reason: "Wrong folder", user_id: tenant.owner.id, reported: true, error: "Interrupted." },
    });
    expect(await statusOf(tenant, second)).toBe("RUNNING");
    // After a stop that the runner did not report, a result is late.
    await stop(tenant, second, {});
    expect((await callBack(service, tenant, second, said)).status).toBe(409);
  });

  it("ends the run when the time is over: for readers at once, and in its row by the sweep, which starts the next run", async () => {
    const { tenant } = await newTenant({});
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await stop(tenant, first, GRACE);
    await passGrace(first);
    expect(await statusOf(tenant, first)).toBe("FAILED");
    await service.sweep();
    expect(await failureOf(tenant, first)).toMatchObject({ failure_code: "STOPPED", error: "Stopped: Wrong folder" });
    expect((await eventTypes(service, tenant, first)).at(-1)).toBe("STOPPED");
    expect(await statusOf(tenant, second)).toBe("RUNNING");
    expect((await callBack(service, tenant, first, { status: "COMPLETED" })).status).toBe(409);
  });

  it("gives at most the time until the deadline", async () => {
    const { tenant } = await newTenant({});
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '20 seconds' where id = ${runId}`;
    await stop(tenant, runId, GRACE);
    const [run] = await service.database
      .sql`select wire_instant(deadline_at) as ends_at from workflow_runs where id = ${runId}`;
    expect((await lastAsked(tenant, runId)).detail?.ends_at).toBe(run?.ends_at);
  });

  it("can only be shortened by a second stop, which is also sent to the runner", async () => {
    const { tenant, runner } = await newTenant({});
    const runId = await invoke(service, tenant);
    await stop(tenant, runId, GRACE);
    await stop(tenant, runId, { grace_seconds: 300 });
    expect(await runner.requests()).toHaveLength(2);
    await stop(tenant, runId, { grace_seconds: 10 });
    expect(await secondsLeft(tenant, runId)).toBe(10);
    const ids = (await runner.requests()).map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(3);
    const types = await eventTypes(service, tenant, runId);
    const countOf = (type: string) => types.filter((other) => other === type).length;
    expect([countOf("STOP_REQUESTED"), countOf("STOP_SENT"), countOf("STOP_ACKNOWLEDGED")]).toEqual([2, 2, 1]);
    // Without a reason of its own, it keeps that of the first.
    expect(await stop(tenant, runId, {})).toMatchObject({ status: "FAILED", error: "Stopped: Wrong folder" });
  });

  it("is 422 for a time that is negative, too long, or no whole number", async () => {
    const { tenant } = await newTenant({});
    const runId = await invoke(service, tenant);
    for (const grace_seconds of [-1, 301, 1.5, "60", null]) {
      const body = { grace_seconds };
      const response = await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, body);
      expect([grace_seconds, response.status]).toEqual([grace_seconds, 422]);
    }
    expect(await statusOf(tenant, runId)).toBe("RUNNING");
  });
});

describe("a run whose runner could not learn of the stop", () => {
  it("is FAILED at once while it is PENDING", async () => {
    const { tenant, runner } = await newTenant({});
    await invoke(service, tenant);
    expect(await stop(tenant, await invoke(service, tenant), GRACE)).toMatchObject({ status: "FAILED" });
    expect(await runner.requests()).toHaveLength(1);
  });

  it("is FAILED at once when its workflow has no runner any more, or when it was not sent yet", async () => {
    for (const change of [
      LOSE_RUNNER,
      "update workflow_runs set dispatch_count = 0, dispatched_at = null where workflow_definition_id = $1",
    ]) {
      const { tenant, runner } = await newTenant({});
      const runId = await invoke(service, tenant);
      await service.database.sql.query(change, [tenant.definitionId]);
      expect(await stop(tenant, runId, GRACE)).toMatchObject({ status: "FAILED", error: "Stopped: Wrong folder" });
      expect(await runner.requests()).toHaveLength(1);
    }
  });
});

describe("the webhook that asks a runner to stop", () => {
  it("is sent again, at longer and longer intervals, until the runner accepts it", async () => {
    const { tenant, runner } = await newTenant({ status: 503 }, { ending: "cut" }, {});
    const runId = await invoke(service, tenant);
    await stop(tenant, runId, GRACE);
    for (const seconds of [2, 4]) {
      const failed = (await readEvents(service, tenant, runId)).at(-1);
      expect(failed).toMatchObject({ type: "STOP_SENT", detail: { reason: expect.stringContaining("The runner") } });
      const pause = (Date.parse(String(failed?.detail?.next_try_at)) - Date.parse(failed?.at ?? "")) / 1000;
      expect(Math.abs(pause - seconds)).toBeLessThan(seconds * 0.2 + 0.02);
      await service.sweep();
      await makeStopDue(runId);
      await service.sweep();
    }
    expect((await eventTypes(service, tenant, runId)).slice(-4)).toEqual([
      ...["STOP_SENT", "STOP_SENT", "STOP_SENT", "STOP_ACKNOWLEDGED"],
    ]);
    const ids = (await runner.requests()).slice(1).map(({ headers }) => headers["webhook-id"]);
    expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
    await makeStopDue(runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(4);
  });

  it("is not sent again when the runner refuses it, and the run still has its time", async () => {
    const { tenant, runner } = await newTenant({ status: 400 });
    const runId = await invoke(service, tenant);
    await stop(tenant, runId, GRACE);
    expect((await readEvents(service, tenant, runId)).at(-1)).toMatchObject({
      type: "STOP_SENT",
      detail: { reason: "The runner answered 400.", next_try_at: null },
    });
    await makeStopDue(runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(2);
    expect(await statusOf(tenant, runId)).toBe("RUNNING");
  });

  it("is not sent again when its workflow has lost its runner meanwhile", async () => {
    const { tenant, runner } = await newTenant({ status: 503 });
    const runId = await invoke(service, tenant);
    await stop(tenant, runId, GRACE);
    await service.database.sql.query(LOSE_RUNNER, [tenant.definitionId]);
    await makeStopDue(runId);
    await service.sweep();
    expect((await readEvents(service, tenant, runId)).at(-1)).toMatchObject({
      type: "STOP_SENT",
      detail: { reason: "The workflow has lost its runner.", next_try_at: null },
    });
    expect(await runner.requests()).toHaveLength(2);
  });

  it("is sent by the sweep when the Worker has died before", async () => {
    const { tenant, runner } = await newTenant({});
    const runId = await invoke(service, tenant);
    await service.fetchAndDie(`/v1/workflow-runs/${runId}/stop`, {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
      body: JSON.stringify(GRACE),
    });
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
    await makeStopDue(runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(2);
    expect((await readEvents(service, tenant, runId)).slice(-2)).toMatchObject([
      { type: "STOP_SENT", detail: { tries: 2 } },
      { type: "STOP_ACKNOWLEDGED" },
    ]);
  });

  it("is sent instead of a further dispatch", async () => {
    const { tenant, runner } = await createTenantWithRunner(service.database, [{ status: 503 }, {}]);
    const runId = await invoke(service, tenant);
    await stop(tenant, runId, GRACE);
    await service.sweep();
    const [row] = await service.database.sql`
      select r.next_dispatch_at = a.stop_ends_at as is_put_off
      from workflow_runs r join running_attempts a on a.run_id = r.id where r.id = ${runId}`;
    expect(row).toEqual({ is_put_off: true });
    expect(await runner.requests()).toHaveLength(2);
    await passGrace(runId);
    await makeDue(service, runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(2);
    expect(await failureOf(tenant, runId)).toMatchObject({ failure_code: "STOPPED" });
  });
});

describe("a stop that is requested while a message to the runner is on its way", () => {
  /** Does something once, after the runner has answered, and before the Worker has the answer. */
  function onceAnswered(runner: FakeRunner, action: () => Promise<unknown>) {
    const realFetch = globalThis.fetch;
    let isDone = false;
    return vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const response = await realFetch(input, init);
      if (input === runner.url && !isDone) {
        isDone = true;
        await action();
      }
      return response;
    });
  }

  it("puts off the next try of a dispatch that has failed", async () => {
    const { tenant, runner } = await createTenantWithRunner(service.database, [{ status: 503 }, {}]);
    const spy = onceAnswered(runner, async () => {
      const [run] = await service.database.sql`select id from workflow_runs where tenant_id = ${tenant.id}`;
      await stop(tenant, String(run?.id), GRACE);
    });
    const runId = await invoke(service, tenant);
    spy.mockRestore();
    expect(await eventTypes(service, tenant, runId)).toContain("DISPATCH_FAILED");
    const [row] = await service.database.sql`
      select r.next_dispatch_at = a.stop_ends_at as is_put_off
      from workflow_runs r join running_attempts a on a.run_id = r.id where r.id = ${runId}`;
    expect(row).toEqual({ is_put_off: true });
  });

  it("is still sent when the runner has accepted an earlier stop, which gave it more time", async () => {
    const { tenant, runner } = await newTenant({});
    const runId = await invoke(service, tenant);
    const spy = onceAnswered(runner, () =>
      // Its Worker dies, so that the sweep has to send it.
      service.fetchAndDie(`/v1/workflow-runs/${runId}/stop`, {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ grace_seconds: 10 }),
      }),
    );
    await stop(tenant, runId, GRACE);
    spy.mockRestore();
    await makeStopDue(runId);
    await service.sweep();
    const [, first, second] = (await runner.requests()).map(({ body }) => JSON.parse(body).data.ends_at);
    const asked = (await readEvents(service, tenant, runId)).filter(({ type }) => type === "STOP_REQUESTED");
    expect(asked.map(({ detail }) => detail?.ends_at)).toEqual([first, second]);
    expect(asked.map(secondsOf)).toEqual([60, 10]);
  });
});

describe("a stop of a run that is leased", () => {
  async function leasedRun() {
    const { tenant, runner } = await newTenant({});
    const runId = await insertRun(service.database, tenant);
    await service.database.sql`
      insert into running_attempts (run_id, tenant_id, attempt, lease_request_id, lease_seconds, lease_expires_at)
      values (${runId}, ${tenant.id}, 1, ${runId}, 60, statement_timestamp() + interval '60 seconds')`;
    return { tenant, runner, runId };
  }
  const acknowledge = async (runId: string) => {
    const [row] = await service.database.sql`
      select public.acknowledge_stop(${runId}, clock_timestamp(), 'heartbeat') as stop`;
    return row?.stop;
  };

  it("is announced by the heartbeats' answers, and no message is sent to the URL", async () => {
    const { tenant, runner, runId } = await leasedRun();
    expect(await acknowledge(runId)).toBeNull();
    expect(await stop(tenant, runId, GRACE)).toMatchObject({ status: "RUNNING" });
    const [requested] = await readEvents(service, tenant, runId);
    for (const _ of ["first", "second"]) {
      expect(await acknowledge(runId)).toEqual({ reason: "Wrong folder", ends_at: requested?.detail?.ends_at });
    }
    expect(await readEvents(service, tenant, runId)).toMatchObject([
      { type: "STOP_REQUESTED" },
      { type: "STOP_ACKNOWLEDGED", detail: { by: "heartbeat" } },
    ]);
    expect(await runner.requests()).toEqual([]);
  });

  it("frees the slot at once without grace", async () => {
    const { tenant, runner, runId } = await leasedRun();
    const next = await invoke(service, tenant);
    expect(await stop(tenant, runId, {})).toMatchObject({ status: "FAILED" });
    expect(await statusOf(tenant, next)).toBe("RUNNING");
    // Its own dispatch, and no message about the leased run.
    expect((await runner.requests()).map(({ headers }) => headers["webhook-id"])).toEqual([`${next}.1`]);
  });
});
