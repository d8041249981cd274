import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { createTenantWithRunner, startFakeRunner } from "../support/fake-runner.ts";
import type { ScriptedAnswer } from "../support/harness-protocol.ts";
import { eventTypes, invoke, invokePath, makeDue, makeOverdue, readEvents, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";

const service = await startService();

const newTenant = (answers: ScriptedAnswer[] = []) => createTenantWithRunner(service.database, answers);

/** The seconds between a run's last failed dispatch and its next try. */
async function pauseOf(tenant: TestTenant, runId: string): Promise<number> {
  const event = (await readEvents(service, tenant, runId)).findLast(({ type }) => type === "DISPATCH_FAILED");
  return (Date.parse(String(event?.detail?.next_try_at)) - Date.parse(String(event?.at))) / 1000;
}

/** Makes the run's next dispatch due, and sweeps. */
async function sweepWhenDue(runId: string): Promise<void> {
  await makeDue(service, runId);
  await service.sweep();
}

describe("a run that could not be dispatched", () => {
  it.each<[string, ScriptedAnswer, string]>([
    ["503", { status: 503 }, "The runner answered 503."],
    ["429", { status: 429 }, "The runner answered 429."],
    ["408", { status: 408 }, "The runner answered 408."],
    ["a redirect", { status: 307, headers: { Location: "/" } }, "redirects are not followed"],
    ["a cut connection", { ending: "cut" }, "The runner did not answer"],
  ])(
    "stays RUNNING after %s, records when it is retried, and is then dispatched with the same id",
    async (_, answer, reason) => {
      const { tenant, runner } = await newTenant([answer, { status: 202 }]);
      const runId = await invoke(service, tenant);
      expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
      const failed = (await readEvents(service, tenant, runId)).at(-1);
      expect(failed).toMatchObject({
        type: "DISPATCH_FAILED",
        attempt: 1,
        detail: { reason: expect.stringContaining(reason), tries: 1, next_try_at: expect.any(String) },
      });
      expect(Math.abs((await pauseOf(tenant, runId)) - 5)).toBeLessThan(1.01);

      await sweepWhenDue(runId);
      const requests = await runner.requests();
      expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([`${runId}.1`, `${runId}.1`]);
      for (const { body, headers } of requests) new Webhook(WEBHOOK_SECRET).verify(body, headers);
      const [first, second] = requests.map(({ body }) => JSON.parse(body));
      expect(second.data).toEqual(first.data);
      expect(second.timestamp).not.toBe(first.timestamp);
      expect((await readEvents(service, tenant, runId)).at(-1)).toMatchObject({
        type: "DISPATCHED",
        detail: { tries: 2 },
      });
      await sweepWhenDue(runId);
      expect(await runner.requests()).toHaveLength(2);
    },
  );

  it("is retried at growing intervals", async () => {
    const { tenant } = await newTenant([{ status: 500 }]);
    const runId = await invoke(service, tenant);
    for (const seconds of [30, 120, 300, 600, 600]) {
      await sweepWhenDue(runId);
      expect(Math.abs((await pauseOf(tenant, runId)) - seconds)).toBeLessThan(seconds * 0.2 + 0.01);
    }
  });

  it("is not retried before the runner's pause, nor before the backoff", async () => {
    for (const [retryAfter, seconds] of [
      ["120", 120],
      ["1", 5],
      ["100000", 3600],
    ] as const) {
      const { tenant } = await newTenant([{ status: 503, headers: { "Retry-After": retryAfter } }]);
      const pause = await pauseOf(tenant, await invoke(service, tenant));
      expect(Math.abs(pause - seconds)).toBeLessThan(seconds === 5 ? 1.01 : 0.01);
    }
  });

  it("is not retried before it is due", async () => {
    const { tenant, runner } = await newTenant([{ status: 503, headers: { "Retry-After": "600" } }]);
    await invoke(service, tenant);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
  });

  it("is not retried after its deadline", async () => {
    const { tenant, runner } = await newTenant([{ status: 503 }]);
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await sweepWhenDue(runId);
    expect(await runner.requests()).toHaveLength(1);
    expect((await eventTypes(service, tenant, runId)).at(-1)).toBe("TIMED_OUT");
  });
});

describe("a run whose Worker died before it was dispatched", () => {
  it("is dispatched by the sweep under the same id, when the lease has expired and not before", async () => {
    const { tenant, runner } = await newTenant();
    const headers = { Authorization: `Bearer ${tenant.owner.key}` };
    await service.fetchAndDie(invokePath(tenant), { method: "POST", headers });
    const [run] = await service.database.sql`
      select id, status, next_dispatch_at > statement_timestamp() as is_leased from workflow_runs
      where tenant_id = ${tenant.id}`;
    expect(run).toMatchObject({ status: "RUNNING", is_leased: true });

    await service.sweep();
    expect(await runner.requests()).toEqual([]);
    await sweepWhenDue(run?.id);
    const requests = await runner.requests();
    expect(requests.map((request) => request.headers["webhook-id"])).toEqual([`${run?.id}.1`]);
    expect(await eventTypes(service, tenant, run?.id)).toEqual(["TRIGGERED", "STARTED", "DISPATCHED"]);
  });

  it("is claimed by one of two sweeps", async () => {
    const { tenant, runner } = await newTenant();
    const headers = { Authorization: `Bearer ${tenant.owner.key}` };
    await service.fetchAndDie(invokePath(tenant), { method: "POST", headers });
    await service.database.sql`
      update workflow_runs set next_dispatch_at = statement_timestamp() where tenant_id = ${tenant.id}`;
    await Promise.all([service.sweep(), service.sweep()]);
    expect(await runner.requests()).toHaveLength(1);
  });
});

describe("the sweep", () => {
  it("starts and dispatches the run behind one that it has timed out", async () => {
    const { tenant, runner } = await newTenant();
    const [overdue, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, overdue);
    await service.sweep();
    expect(await eventTypes(service, tenant, waiting)).toEqual(["TRIGGERED", "QUEUED", "STARTED", "DISPATCHED"]);
    const ids = (await runner.requests()).map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([`${overdue}.1`, `${waiting}.1`]);
  });

  it("sends all due dispatches, however many there are", async () => {
    const runner = await startFakeRunner([{ status: 503 }]);
    const runIds: string[] = [];
    for (let count = 0; count < 14; count++) {
      const tenant = await createTenant(service.database, { runnerUrl: runner.url });
      runIds.push(await invoke(service, tenant));
    }
    await runner.script([{ status: 202 }]);
    await service.database.sql`
      update workflow_runs set next_dispatch_at = statement_timestamp() where id = any(${runIds}::uuid[])`;
    await service.sweep();
    const ids = (await runner.requests()).slice(14).map(({ headers }) => headers["webhook-id"]);
    expect(ids.toSorted()).toEqual(runIds.map((id) => `${id}.1`).toSorted());
  });
});
