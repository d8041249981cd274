import { beforeEach, describe, expect, it } from "vitest";
import { answeringRunner } from "../../support/fake-runner.ts";
import { callBack, eventTypes, invoke, readEvents, readRun } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { passLease, startRunner, type TestLease, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);

beforeEach(async () => {
  await useLeases(service, tenant);
});

const ids = ({ leases }: { leases: { run_id: string }[] }) => leases.map(({ run_id }) => run_id);

/** Leases the run and gives it back, for each of the times. */
async function giveBack(runner: Awaited<ReturnType<typeof startRunner>>, times: number) {
  for (let i = 0; i < times; i++) {
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    expect((await runner.release(lease)).status).toBe(200);
  }
}

/** The back-off of the run is over. */
const passBackOff = (runId: string) => service.database.sql`
  update workflow_runs set not_before = statement_timestamp() - interval '1 second' where id = ${runId}`;

describe("a runner that stops", () => {
  it("gets no further run after it has closed its session, and other runners get what it gives back", async () => {
    const [runId, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
    const runner = await startRunner(service, tenant, { capacity: 2 });
    const question = { request_id: crypto.randomUUID() };
    const [lease] = (await runner.lease(question)).leases;
    if (!lease) throw new Error("There was a run.");
    const other = await startRunner(service, tenant);
    const connected = async () => {
      const explained = await service.get(`/v1/workflow-runs/${waiting}/explain`, tenant.owner.key);
      return (await explained.json<{ runners_connected: number }>()).runners_connected;
    };
    expect(await connected()).toBe(2);
    expect((await runner.close()).status).toBe(200);
    expect(await connected()).toBe(1);
    // The answer with its lease may have been lost.
    expect(ids(await runner.lease(question))).toEqual([runId]);
    expect((await runner.release(lease)).status).toBe(200);
    expect(ids(await runner.lease())).toEqual([]);
    expect(ids(await other.lease())).toEqual([runId]);
  });

  it("has no session any more when it holds no run", async () => {
    const runner = await startRunner(service, tenant);
    expect((await runner.close()).status).toBe(200);
    expect([(await runner.ask()).status, (await runner.close()).status]).toEqual([401, 200]);
  });
});

describe("a release", () => {
  it("puts the run back to its old place with its next attempt, and makes the token invalid", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    const response = await runner.release(lease);
    expect([response.status, await response.json()]).toEqual([200, { attempt: 2 }]);
    expect(await readRun(service, tenant, first)).toMatchObject({ status: "PENDING", completed_at: null });
    for (const verb of ["release", "heartbeat"] as const) expect((await runner[verb](lease)).status).toBe(409);
    expect((await runner.callBack(lease, { status: "COMPLETED" })).status).toBe(409);
    expect(await eventTypes(service, tenant, first)).toEqual(["TRIGGERED", "STARTED", "LEASED", "RELEASED"]);
    expect(ids(await runner.lease())).toEqual([first]);
    expect((await readRun(service, tenant, second)).status).toBe("PENDING");
  });

  it("ends a run that was asked to stop", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    const stop = { grace_seconds: 60, reason: "wrong folder" };
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, stop);
    const heard = await (await runner.heartbeat(lease)).json<{ stop: unknown }>();
    expect(heard.stop).toMatchObject({ reason: "wrong folder" });
    expect(await (await runner.release(lease)).json()).toEqual({ attempt: 1 });
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "FAILED", error: "Stopped: wrong folder" });
    const events = ["TRIGGERED", "STARTED", "LEASED", "STOP_REQUESTED", "STOP_ACKNOWLEDGED", "STOPPED"];
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
  });

  it("with the token of another run is 409, like a heartbeat, and gives neither of them back", async () => {
    const other = await createTenant(service.database);
    await useLeases(service, other);
    const runs: [TestTenant, string][] = [];
    const leases: TestLease[] = [];
    for (const one of [tenant, other]) {
      runs.push([one, await invoke(service, one)]);
      leases.push(...(await (await startRunner(service, one)).lease()).leases);
    }
    for (const verb of ["release", "heartbeat"]) {
      const path = `/v1/workflow-runs/${leases[0]?.run_id}/${verb}`;
      expect((await service.send("POST", path, leases[1]?.callback_token ?? "")).status).toBe(409);
    }
    for (const [one, runId] of runs) expect((await readRun(service, one, runId)).status).toBe("RUNNING");
  });

  it("from a runner with a URL makes the run be dispatched again", async () => {
    const theirs = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const runId = await invoke(service, theirs);
    const response = await service.send("POST", `/v1/workflow-runs/${runId}/release`, await runToken(theirs, runId));
    expect(await response.json()).toEqual({ attempt: 2 });
    const events = ["TRIGGERED", "STARTED", "DISPATCHED", "RELEASED", "STARTED", "DISPATCHED"];
    expect(await eventTypes(service, theirs, runId)).toEqual(events);
    expect((await callBack(service, theirs, runId, { status: "COMPLETED" }, 2)).status).toBe(200);
  });
});

describe("a run that is given back again and again", () => {
  /** For how long it waits since it was given back the last time. */
  async function backOffOf(runId: string) {
    const last = (await readEvents(service, tenant, runId)).at(-1);
    return last?.detail ? (Date.parse(String(last.detail.not_before)) - Date.parse(last.at)) / 1000 : 0;
  }

  it("waits before it starts again from the third time on, twice as long each time", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    await giveBack(runner, 2);
    expect(await backOffOf(runId)).toBe(0);
    for (const seconds of [5, 10, 20]) {
      await giveBack(runner, 1);
      expect(Math.abs((await backOffOf(runId)) / seconds - 1)).toBeLessThan(0.21);
      expect(ids(await runner.lease())).toEqual([]);
      await passBackOff(runId);
    }
    expect(ids(await runner.lease())).toEqual([runId]);
  });

  it("lets the runs behind it start while it waits, and joins the queue behind them afterwards", async () => {
    const theirs = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const [first, second, third] = [
      await invoke(service, theirs),
      await invoke(service, theirs),
      await invoke(service, theirs),
    ];
    for (const attempt of [1, 2, 3]) {
      await service.send("POST", `/v1/workflow-runs/${first}/release`, await runToken(theirs, first, attempt));
    }
    expect((await readRun(service, theirs, first)).status).toBe("PENDING");
    expect((await readRun(service, theirs, second)).status).toBe("RUNNING");
    await passBackOff(first);
    await callBack(service, theirs, second, { status: "COMPLETED" });
    expect((await readRun(service, theirs, third)).status).toBe("RUNNING");
    await callBack(service, theirs, third, { status: "COMPLETED" });
    expect((await readRun(service, theirs, first)).status).toBe("RUNNING");
  });

  it("has all of its automatic retries, with the same back-offs", async () => {
    await service.database.sql`
      update workflow_definitions set max_attempts = 3, retry_on = '{LOST}' where id = ${tenant.definitionId}`;
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    await giveBack(runner, 2);
    for (const seconds of [5, 10]) {
      expect(ids(await runner.lease())).toEqual([runId]);
      await passLease(service, runId);
      await service.sweep();
      expect(Math.abs((await backOffOf(runId)) / seconds - 1)).toBeLessThan(0.21);
      await passBackOff(runId);
    }
    expect(ids(await runner.lease())).toEqual([runId]);
    await passLease(service, runId);
    await service.sweep();
    expect((await readRun(service, tenant, runId)).status).toBe("FAILED");
    const failures = (await eventTypes(service, tenant, runId)).filter((type) => type === "LOST" || type === "RETRIED");
    expect(failures).toEqual(["LOST", "RETRIED", "LOST", "RETRIED", "LOST"]);
  });
});
