import { describe, expect, it } from "vitest";
import { readEvents, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, insertRun, invoke } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

const get = (path: string, headers: Record<string, string> = {}, key = tenant.owner.key) =>
  service.get(`/v1/workflow-runs/${path}`, key, headers);

describe("the stream of a run", () => {
  it("sends the events of an ended run from the first one or from where a client was, and is 204 after the last", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "FAILED", error: "No." });
    const events = await readEvents(await get(`${runId}/stream`)).drain();
    expect(typesOf(events)).toEqual(["TRIGGERED", "STARTED", "DISPATCHED", "FAILED"]);
    const rest = await readEvents(await get(`${runId}/stream`, { "Last-Event-ID": events[1]?.id ?? "" })).drain();
    expect(rest).toEqual(events.slice(2));
    const over = await get(`${runId}/stream`, { "Last-Event-ID": events[3]?.id ?? "" });
    expect([over.status, await over.text()]).toEqual([204, ""]);
  });

  it("sends new events, and ends with the run", async () => {
    const runId = await invoke(service, tenant);
    const reader = readEvents(await get(`${runId}/stream`));
    await reader.until("DISPATCHED");
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect(typesOf(await reader.drain())).toEqual(["COMPLETED"]);
  });

  it("ends when the run is deleted", async () => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    const reader = readEvents(await get(`${runId}/stream`));
    const ending = reader.next();
    await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect(await ending).toBeNull();
  });

  it("is 404 for a run that the caller may not see, 422 for an invalid id, and 503 without a hub", async () => {
    const runId = await invoke(service, tenant);
    expect((await get(`${runId}/stream`, {}, tenant.user.key)).status).toBe(404);
    expect((await get(`${runId}/stream`, { "Last-Event-ID": "yesterday" })).status).toBe(422);
    const without = await startService();
    const theirs = await createTenant(without.database, { runnerUrl: answeringRunner(202) });
    const path = `/v1/workflow-runs/${await invoke(without, theirs)}/stream`;
    expect((await without.get(path, theirs.owner.key)).status).toBe(503);
  });
});

describe("the stream of all runs", () => {
  it("sends new events, and none to a caller who may not see them", async () => {
    await invoke(service, tenant);
    const all = readEvents(await get("stream"));
    const none = readEvents(await get("stream", {}, tenant.user.key));
    const nothing = none.next();
    const runId = await invoke(service, tenant, tenant.admin.key);
    const events = await all.until("QUEUED");
    expect(typesOf(events)).toEqual(["TRIGGERED", "QUEUED"]);
    expect(events[0]?.data.run.id).toBe(runId);
    await Promise.all([all, none].map((reader) => reader.close()));
    expect(await nothing).toBeNull();
  });
});
