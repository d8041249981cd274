import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });

async function answerOf(response: Response) {
  const body = await response.json<{ status: string; detail: string }>();
  return { status: response.status, body };
}

async function lateResults(tenant: TestTenant, runId: string) {
  return service.database.sql`
    select detail from workflow_run_events where tenant_id = ${tenant.id} and run_id = ${runId} and type = 'LATE_RESULT'`;
}

describe("POST /v1/workflow-runs/{run_id}/callback", () => {
  it("completes the run and starts the one that waits behind it, in one database request", async () => {
    const tenant = await newTenant();
    const first = await invoke(service, tenant);
    const second = await invoke(service, tenant);
    const third = await invoke(service, tenant);

    const { status, body } = await answerOf(await callBack(service, tenant, first, { status: "COMPLETED" }));
    expect([status, body]).toEqual([200, { status: "COMPLETED" }]);
    expect(contractFaults("workflow_run_callback", 200, body)).toEqual([]);
    const statuses = await Promise.all(
      [first, second, third].map(async (id) => (await readRun(service, tenant, id)).status),
    );
    expect(statuses).toEqual(["COMPLETED", "RUNNING", "PENDING"]);
    expect((await eventTypes(service, tenant, first)).slice(-2)).toEqual(["DISPATCHED", "COMPLETED"]);

    await callBack(service, tenant, second, { status: "COMPLETED" });
    const [last, requests] = await service.counted(() => callBack(service, tenant, third, { status: "COMPLETED" }));
    expect([last.status, requests]).toEqual([200, 1]);
  });

  it("fails the run with the runner's error", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const response = await callBack(service, tenant, runId, { status: "FAILED", error: "No column `amount`." });
    expect((await answerOf(response)).body).toEqual({ status: "FAILED" });
    const run = await readRun(service, tenant, runId);
    expect(run).toMatchObject({ status: "FAILED", error: "No column `amount`.", completed_at: expect.any(String) });
  });

  it("stores no error of a COMPLETED run, neither in the run nor in its events", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED", error: "Nothing to see here." });
    const late = await callBack(service, tenant, runId, { status: "COMPLETED", error: "Nor here." });
    expect(late.status).toBe(200);
    const { body } = await answerOf(await service.get(`/v1/workflow-runs/${runId}/events`, tenant.owner.key));
    expect((await readRun(service, tenant, runId)).error).toBeNull();
    expect(JSON.stringify(body)).toContain("COMPLETED");
    expect(JSON.stringify(body)).not.toMatch(/Nothing to see|Nor here/);
  });

  it("stores an error with characters that the database cannot hold, and replaces each of them", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const response = await callBack(service, tenant, runId, { status: "FAILED", error: "PK\u0003\u0000\ud800!" });
    expect(response.status).toBe(200);
    expect((await readRun(service, tenant, runId)).error).toBe("PK\u0003\ufffd\ufffd!");
  });

  it("answers a repeated result like the first time, and records another result as an event", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const before = await readRun(service, tenant, runId);

    const again = await answerOf(await callBack(service, tenant, runId, { status: "COMPLETED" }));
    expect([again.status, again.body]).toEqual([200, { status: "COMPLETED" }]);
    for (const _ of ["once", "and again"]) {
      expect((await callBack(service, tenant, runId, { status: "FAILED", error: "No!" })).status).toBe(409);
    }
    expect(await readRun(service, tenant, runId)).toEqual(before);
    expect(await lateResults(tenant, runId)).toEqual([{ detail: { status: "FAILED", error: "No!" } }]);
  });

  it("answers a late callback with 409 and keeps it in the events", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const waiting = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const { status, body } = await answerOf(await callBack(service, tenant, runId, { status: "COMPLETED" }));
    expect([status, body.detail]).toEqual([409, expect.stringContaining("after the deadline")]);
    expect((await readRun(service, tenant, runId)).status).toBe("FAILED");
    expect(await lateResults(tenant, runId)).toHaveLength(1);
    expect((await readRun(service, tenant, waiting)).status).toBe("RUNNING");
  });

  it("answers 409 for a run that was stopped before, even when the result is FAILED as well", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    const { status, body } = await answerOf(await callBack(service, tenant, runId, { status: "FAILED" }));
    expect([status, body.detail]).toEqual([409, expect.stringContaining("stopped")]);
  });

  it("ignores the result of an older attempt", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "FAILED" });
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key)).status).toBe(202);

    const { status, body } = await answerOf(await callBack(service, tenant, runId, { status: "COMPLETED" }, 1));
    expect([status, body.detail]).toEqual([409, expect.stringContaining("attempt 2")]);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
    expect(await lateResults(tenant, runId)).toEqual([]);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" }, 2)).status).toBe(200);
  });

  it("answers 401 without a token, with an API key and with a forged token, and asks the database nothing", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const path = `/v1/workflow-runs/${runId}/callback`;
    const token = await runToken(tenant, runId);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const none = btoa(JSON.stringify({ alg: "none", typ: "JWT", kid: "k1" })).replaceAll("=", "");
    const forged = [tenant.owner.key, `${header}.${payload}.${signature.slice(1)}`, `${none}.${payload}.`, "a.b.c"];
    for (const credential of forged) {
      const [response, requests] = await service.counted(() =>
        service.send("POST", path, credential, { status: "COMPLETED" }),
      );
      expect([response.status, requests]).toEqual([401, 0]);
    }
    const missing = await service.fetch(path, { method: "POST", body: "{}" });
    expect(missing.status).toBe(401);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });

  it("answers 409 for the token of another run, and 404 once the run is deleted", async () => {
    const tenant = await newTenant();
    const [runId, other] = [await invoke(service, tenant), await invoke(service, tenant)];
    const token = await runToken(tenant, other);
    const foreign = await service.send("POST", `/v1/workflow-runs/${runId}/callback`, token, { status: "COMPLETED" });
    expect(foreign.status).toBe(409);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");

    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect((await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key)).status).toBe(204);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" })).status).toBe(404);
  });

  it("answers 404 when the token's tenant is not the run's", async () => {
    const [tenant, other] = [await newTenant(), await newTenant()];
    const runId = await invoke(service, tenant);
    expect((await callBack(service, { ...tenant, id: other.id }, runId, { status: "COMPLETED" })).status).toBe(404);
  });

  it("keeps ten different late results of an attempt, and no more", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    for (let n = 1; n <= 12; n++) {
      expect((await callBack(service, tenant, runId, { status: "FAILED", error: `Error ${n}` })).status).toBe(409);
    }
    expect(await lateResults(tenant, runId)).toHaveLength(10);
  });

  it("answers 422 for any other status and for an error that is too long", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    for (const [result, type] of [
      [{ status: "RUNNING" }, "enum"],
      [{}, "missing"],
      [{ status: "FAILED", error: "x".repeat(8193) }, "string_too_long"],
    ] as const) {
      const response = await callBack(service, tenant, runId, result);
      expect(response.status).toBe(422);
      const body = await response.json<{ detail: { type: string }[] }>();
      expect(contractFaults("workflow_run_callback", 422, body)).toEqual([]);
      expect(body.detail.map((fault) => fault.type)).toEqual([type]);
    }
  });
});
