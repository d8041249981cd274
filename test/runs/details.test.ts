import { describe, expect, it } from "vitest";
import { invokeBatch } from "../support/batches.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });

const pathOf = (runId: string, part: string) => `/v1/workflow-runs/${runId}/${part}`;

async function readDetails(tenant: TestTenant, runId: string): Promise<unknown> {
  const [response, requests] = await service.counted(() => service.get(pathOf(runId, "details"), tenant.owner.key));
  expect([response.status, requests]).toEqual([200, 1]);
  const { links, ...details } = await response.json<{ links: Record<string, string | null> }>();
  expect(links.run).toBe(`https://service.test/v1/workflow-runs/${runId}`);
  return details;
}

const report = async (tenant: TestTenant, runId: string, progress?: object, attempt = 1) => {
  const token = await runToken(tenant, runId, attempt);
  expect((await service.send("POST", pathOf(runId, "heartbeat"), token, { progress })).status).toBe(200);
};

const NOTHING = {
  ...{
    attempt: 1,
    started_at: null,
    failure_code: null,
    queue_position: null,
    priority: 0,
    concurrency_key: null,
    progress: null,
    labels: {},
    start_after: null,
    must_start_by: null,
    batch_id: null,
  },
};

const STARTED = { ...NOTHING, started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) };

describe("the details of a run", () => {
  it("link to the rest of it, each of which is there, and have an ETag", async () => {
    const tenant = await newTenant();
    const { run_ids: runIds } = await invokeBatch(service, tenant, 1);
    const path = pathOf(String(runIds[0]), "details");
    const response = await service.get(path, tenant.owner.key);
    const { links } = await response.json<{ links: Record<string, string> }>();
    const { page, ...others } = links;
    expect(page).toBe(`https://service.test/app/runs/${runIds[0]}`);
    expect(Object.keys(others)).toEqual(["run", "input", "result", "events", "log", "artifacts", "explain", "batch"]);
    for (const url of Object.values(others)) {
      expect([url, (await service.get(url.replace("https://service.test", ""), tenant.owner.key)).status]).toEqual([
        url,
        200,
      ]);
    }
    const headers = {
      Authorization: `Bearer ${tenant.owner.key}`,
      "If-None-Match": String(response.headers.get("ETag")),
    };
    expect((await service.fetch(path, { headers })).status).toBe(304);
  });

  it("have its place in the queue while it waits, and its latest progress while it is RUNNING", async () => {
    const tenant = await newTenant();
    const [running, next, last] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    expect(await readDetails(tenant, running)).toEqual({ ...STARTED, status: "RUNNING" });
    expect(await readDetails(tenant, next)).toEqual({ ...NOTHING, status: "PENDING", queue_position: 1 });
    expect(await readDetails(tenant, last)).toEqual({ ...NOTHING, status: "PENDING", queue_position: 2 });

    await report(tenant, running, { percent: 40, message: "Reading" });
    await report(tenant, running, { percent: 60 });
    const progress = { percent: 60, message: null };
    expect(await readDetails(tenant, running)).toEqual({ ...STARTED, status: "RUNNING", progress });

    await callBack(service, tenant, running, { status: "COMPLETED" });
    expect(await readDetails(tenant, running)).toEqual({ ...STARTED, status: "COMPLETED" });
    expect(await readDetails(tenant, last)).toEqual({ ...NOTHING, status: "PENDING", queue_position: 1 });
  });

  it("have no progress before the runner has reported some, which may be a message without a percentage", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await report(tenant, runId);
    expect(await readDetails(tenant, runId)).toEqual({ ...STARTED, status: "RUNNING" });
    const progress = { percent: null, message: "Reading" };
    await report(tenant, runId, { message: progress.message });
    expect(await readDetails(tenant, runId)).toEqual({ ...STARTED, status: "RUNNING", progress });
  });

  it("have the failure code, from the deadline on, and the number of the attempt", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await report(tenant, runId, { percent: 40 });
    await makeOverdue(service, runId);
    const failed = { ...STARTED, status: "FAILED", failure_code: "DEADLINE" };
    expect(await readDetails(tenant, runId)).toEqual(failed);
    await service.sweep();
    expect(await readDetails(tenant, runId)).toEqual(failed);
    await service.send("POST", pathOf(runId, "retry"), tenant.owner.key);
    expect(await readDetails(tenant, runId)).toEqual({ ...STARTED, status: "RUNNING", attempt: 2 });
  });

  it("have no start of a run that was stopped while it waited", async () => {
    const tenant = await newTenant();
    const [running, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
    for (const runId of [waiting, running]) await service.send("POST", pathOf(runId, "stop"), tenant.owner.key);
    const stopped = { status: "FAILED", failure_code: "STOPPED" };
    expect(await readDetails(tenant, running)).toEqual({ ...STARTED, ...stopped });
    expect(await readDetails(tenant, waiting)).toEqual({ ...NOTHING, ...stopped });
  });

  it("are 304 until one of them has changed", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const get = (tag = "") => service.get(pathOf(runId, "details"), tenant.owner.key, { "If-None-Match": tag });
    const tag = (await get()).headers.get("etag") ?? "";
    expect((await get(tag)).status).toBe(304);
    await report(tenant, runId, { percent: 40 });
    expect((await get(tag)).status).toBe(200);
  });
});
