import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readEvents, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { readFeed } from "../support/read-feed.ts";
import { useLeases } from "../support/runners.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
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
