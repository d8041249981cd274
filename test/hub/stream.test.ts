import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readEvents, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, insertRun, invoke, makeOverdue } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { readFeed } from "../support/read-feed.ts";
import { useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
});

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

  it("sends a time-out when it is recorded, although nobody has announced it", async () => {
    const runId = await invoke(service, tenant);
    const reader = readEvents(await get(`${runId}/stream`));
    await reader.until("DISPATCHED");
    await makeOverdue(service, runId);
    await service.sweep();
    expect(typesOf(await reader.drain())).toEqual(["TIMED_OUT"]);
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

describe("the clients of streams that end at the same moment", () => {
  it("are told to return at different times, 1 to 15 seconds later", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await get(`${runId}/stream`)).text()));
    const times = texts.map((text) => Number(/^retry: (\d+)\n/.exec(text)?.[1]));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(15_000);
    expect(new Set(times.map((ms) => Math.floor(ms / 1_000))).size).toBeGreaterThan(5);
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

describe("the stream of the feed", () => {
  type Data = { id: string; run_id: string; type: string };
  const open = async (query = "", headers: Record<string, string> = {}) =>
    readEvents<Data>(await service.get(`/v1/events/stream${query}`, tenant.owner.key, headers));

  it("sends new events in the order of the feed, and can be resumed", async () => {
    await invoke(service, tenant);
    const reader = await open();
    const runId = await invoke(service, tenant);
    // What is still held back when the stream begins comes first.
    const queued = (await reader.until("workflow_run.queued")).filter(({ data }) => data.run_id === runId);
    expect(queued.map(({ data }) => [data.type, data.run_id])).toEqual([
      ["workflow_run.triggered", runId],
      ["workflow_run.queued", runId],
    ]);
    await reader.close();
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    const again = await open("", { "Last-Event-ID": queued[0]?.id ?? "" });
    const rest = await again.until("workflow_run.failed");
    expect(rest.map(({ data }) => data.type)).toEqual(["workflow_run.queued", "workflow_run.failed"]);
    await again.close();
  });

  it("begins with its position, so that a client which is disconnected before the first event misses nothing", async () => {
    const reader = await open();
    const first = reader.next();
    await vi.waitFor(() => expect(reader.text()).toMatch(/^retry: \d+\nid: \d+\.\d+\.\d+\n\n/));
    const [, beginning = ""] = /^id: (.+)$/m.exec(reader.text()) ?? [];
    await reader.close();
    expect(await first).toBeNull();
    const runId = await invoke(service, tenant);
    const again = await open("", { "Last-Event-ID": beginning });
    const seen = (await again.until("workflow_run.started")).filter(({ data }) => data.run_id === runId);
    expect(typesOf(seen)).toEqual(["workflow_run.triggered", "workflow_run.started"]);
    await again.close();
  });

  it("begins at the given position, and sends only the requested events", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const reader = await open("?after=0.0.0&types=workflow_run.started&types=workflow_run.completed");
    const seen = await reader.until("workflow_run.completed");
    expect(typesOf(seen)).toEqual(["workflow_run.started", "workflow_run.completed"]);
    await reader.close();
  });

  it("does not ask the database while nothing happens and nothing is held back", async () => {
    const quiet = await createTenant(service.database);
    await useLeases(service, quiet);
    await invoke(service, quiet);
    const response = await service.get("/v1/events/stream?after=0.0.0", quiet.owner.key);
    const reader = readEvents<Data>(response);
    await reader.until("workflow_run.triggered");
    const [, requests] = await service.counted(() => new Promise((resolve) => setTimeout(resolve, 700)));
    expect(requests).toBe(0);
    await reader.close();
  });

  it("sends held-back events as soon as the older transaction has ended, although nobody announces it", async () => {
    const runId = await invoke(service, tenant);
    const { cursor } = await readFeed(service, tenant.owner.key);
    const slow = service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${runId}, 1, 'LATE_RESULT')`;
    const { committed } = await holdTransaction(service.database, [slow], { seconds: 0.6 });
    await invoke(service, tenant);
    // All changes have been announced before it begins.
    const reader = await open(`?after=${cursor}`);
    await committed;
    const seen = await reader.until("workflow_run.queued");
    expect(typesOf(seen)).toEqual(["workflow_run.late_result", "workflow_run.triggered", "workflow_run.queued"]);
    await reader.close();
  });
});
