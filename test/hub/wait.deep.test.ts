import { describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke, invokePath, makeOverdue } from "../support/lifecycle.ts";
import { socketsOf, startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { meanwhile, WOKEN_MS } from "../support/waiting.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

const read = (runId: string, headers: Record<string, string>) =>
  service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key, headers);

describe("GET of a run with Prefer: wait", () => {
  it("answers with the current state when the time is up", async () => {
    const runId = await invoke(service, tenant);
    const began = Date.now();
    const [response, requests] = await service.counted(() => read(runId, { Prefer: "respond-async, wait=1" }));
    expect(Date.now() - began).toBeGreaterThanOrEqual(900);
    expect(await response.json()).toMatchObject({ status: "RUNNING" });
    expect(response.headers.get("Preference-Applied")).toBe("wait=1");
    expect(requests).toBe(2);
  });

  it("answers with If-None-Match as soon as anything has changed, otherwise with 304", async () => {
    await invoke(service, tenant);
    const waiting = await invoke(service, tenant);
    const etag = (await read(waiting, {})).headers.get("ETag") ?? "";
    const unchanged = await read(waiting, { Prefer: "wait=1", "If-None-Match": etag });
    expect([unchanged.status, unchanged.headers.get("Preference-Applied")]).toEqual([304, "wait=1"]);
    const [changed, ms] = await meanwhile(
      service,
      () => read(waiting, { Prefer: "wait=20", "If-None-Match": etag }),
      () => service.send("POST", `/v1/workflow-runs/${waiting}/stop`, tenant.owner.key),
    );
    expect(changed.status).toBe(200);
    expect(ms).toBeLessThan(WOKEN_MS);
    const first = await read(waiting, { Prefer: "wait=20", "If-None-Match": etag });
    expect(first.status).toBe(200);
  });

  it("answers at the deadline although nothing is announced", async () => {
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${runId}`;
    const began = Date.now();
    const response = await read(runId, { Prefer: "wait=20" });
    expect(await response.json()).toMatchObject({ status: "FAILED" });
    expect(Date.now() - began).toBeLessThan(WOKEN_MS);
  });

  it("answers with the last known state when the database stops answering meanwhile", async () => {
    const runId = await invoke(service, tenant);
    const [response] = await meanwhile(
      service,
      () => read(runId, { Prefer: "wait=1" }),
      () => service.database.inflict({ kind: "refused" }),
    );
    await service.database.mend();
    expect(await response.json()).toMatchObject({ status: "RUNNING" });
  });
});

describe("a caller with 50 requests that wait", () => {
  it("is refused a further one, and an invoke that asks to wait is answered without a wait", async () => {
    const runId = await invoke(service, tenant);
    const result = `/v1/workflow-runs/${runId}/result`;
    const wait = { Prefer: "wait=60" };
    const waiting = [
      ...Array.from({ length: 25 }, () => read(runId, wait)),
      ...Array.from({ length: 25 }, () => service.get(result, tenant.owner.key, wait)),
    ];
    await expect.poll(() => socketsOf(service, tenant), { timeout: 20_000 }).toBe(50);

    for (const refused of [await read(runId, wait), await service.get(result, tenant.owner.key, wait)]) {
      expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, expect.stringMatching(/^1[0-5]$/)]);
      expect(await refused.json()).toMatchObject({
        detail: "50 requests of yours wait for runs, and more are not allowed. Wait for one to be answered.",
      });
    }
    const invoked = await service.send("POST", invokePath(tenant), tenant.owner.key, {}, wait);
    expect([invoked.status, invoked.headers.get("Preference-Applied")]).toEqual([202, null]);
    const others = service.get(result, tenant.admin.key, wait);
    const stream = await service.get(`/v1/workflow-runs/${runId}/stream`, tenant.owner.key);
    expect(stream.status).toBe(200);

    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect((await Promise.all([...waiting, others])).map(({ status }) => status)).toEqual(Array(51).fill(200));
    await stream.text();
  });
});

describe("the result of a run with Prefer: wait", () => {
  it("is answered at the deadline, and with the current state when the time is up", async () => {
    const runId = await invoke(service, tenant);
    const path = `/v1/workflow-runs/${runId}/result`;
    const soon = await service.get(path, tenant.owner.key, { Prefer: "wait=1" });
    expect(await soon.json()).toMatchObject({ status: "RUNNING" });
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${runId}`;
    const late = await service.get(path, tenant.owner.key, { Prefer: "wait=20" });
    expect(await late.json()).toMatchObject({ status: "FAILED", failure_code: "DEADLINE" });
  });
});

describe.each(["", "/result"])("GET /v1/workflow-runs/{run_id}%s with Prefer: wait", (suffix) => {
  it("waits on while a run that has timed out is retried automatically", async () => {
    const { sql } = service.database;
    await sql`
      update workflow_definitions set max_attempts = 2, retry_on = '{DEADLINE}' where id = ${tenant.definitionId}`;
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const path = `/v1/workflow-runs/${runId}`;
    let retried: unknown;
    const wait = () => service.get(path + suffix, tenant.owner.key, { Prefer: "wait=20" });
    const [response, ms] = await meanwhile(service, wait, async () => {
      await service.sweep();
      [retried] = await sql`select status, attempt from workflow_runs where id = ${runId}`;
      await service.send("POST", `${path}/stop`, tenant.owner.key);
    });
    expect(retried).toEqual({ status: "PENDING", attempt: 2 });
    expect(await response.json()).toMatchObject({ status: "FAILED", error: "Stopped." });
    expect(ms).toBeLessThan(WOKEN_MS);
  });
});
