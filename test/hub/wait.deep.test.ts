import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { meanwhile } from "../support/waiting.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
});

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
    const [changed, ms] = await meanwhile(read(waiting, { Prefer: "wait=20", "If-None-Match": etag }), () =>
      service.send("POST", `/v1/workflow-runs/${waiting}/stop`, tenant.owner.key),
    );
    expect(changed.status).toBe(200);
    expect(ms).toBeLessThan(5_000);
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
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it("answers with the last known state when the database stops answering meanwhile", async () => {
    const runId = await invoke(service, tenant);
    const asking = read(runId, { Prefer: "wait=1" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await service.database.inflict({ kind: "refused" });
    const response = await asking;
    await service.database.mend();
    expect(await response.json()).toMatchObject({ status: "RUNNING" });
  });
});
