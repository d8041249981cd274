import { describe, expect, it } from "vitest";
import { deleteOldRuns } from "../../../src/sweep/sweep-verbs.ts";
import { perform } from "../../../src/verbs/perform.ts";
import { batchEnds, invokeBatch, readBatch } from "../../support/batches.ts";
import { BUSY_RUNNER, startFakeRunner } from "../../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeOverdue, readEvents } from "../../support/lifecycle.ts";
import { createEndpoint } from "../../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { readFeed } from "../../support/read-feed.ts";
import { startService } from "../../support/service.ts";
import { verbServices } from "../../support/verb-services.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const end = (runId: string | undefined, status = "COMPLETED", attempt = 1) =>
  callBack(service, tenant, String(runId), { status }, attempt);
const bulk = (action: string, what: object) =>
  service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action, ...what });
const read = (id: string) => readBatch(service, tenant, id);
const ends = () => batchEnds(service, tenant);
const setPolicy = (policy: object) =>
  service.send("PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, policy);

describe("a batch ends", () => {
  it("with its last run, once, as an event of that run, and counts how its runs ended", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 3);
    expect(await read(id)).toMatchObject({ run_count: 3, pending: 2, running: 1, ended_at: null });
    await end(runIds[0]);
    await end(runIds[1], "FAILED");
    expect(await read(id)).toMatchObject({ pending: 0, running: 1, completed: 1, failed: 1, ended_at: null });
    expect(await ends()).toEqual([]);
    await end(runIds[2]);
    const batch = await read(id);
    const last = (await readEvents(service, tenant, String(runIds[2]))).slice(-2);
    expect(last.map(({ type }) => type)).toEqual(["COMPLETED", "BATCH_ENDED"]);
    expect(batch).toMatchObject({ completed: 2, failed: 1, deleted: 0, ended_at: last[0]?.at });
    expect(last[1]).toMatchObject({
      at: batch.ended_at,
      detail: { batch_id: id, run_count: 3, completed: 2, failed: 1, deleted: 0, created_at: batch.created_at },
    });
    await end(runIds[2]);
    expect(await ends()).toHaveLength(1);
  });

  it("only when the retries of its policy have ended, too", async () => {
    await setPolicy({ max_attempts: 2, retry_on: ["DEADLINE", "UNREACHED"] });
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await makeOverdue(service, String(runIds[0]));
    expect(await read(id)).toMatchObject({ failed: 1, ended_at: null });
    await service.sweep();
    expect(await read(id)).toMatchObject({ pending: 1, ended_at: null });
    expect(await ends()).toEqual([]);
    await service.database
      .sql`update workflow_runs set not_before = statement_timestamp() where tenant_id = ${tenant.id}`;
    await service.sweep();
    await end(runIds[0], "FAILED", 2);
    expect(await read(id)).toMatchObject({ failed: 1, ended_at: expect.any(String) });
    expect(await ends()).toMatchObject([{ run_id: runIds[0], attempt: 2 }]);
  });

  it("for readers at the deadline of its last run, with the same bytes before and after the sweep", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await makeOverdue(service, String(runIds[0]));
    const path = `/v1/run-batches/${id}`;
    const before = await service.get(path, tenant.owner.key);
    expect(await ends()).toEqual([]);
    await service.sweep();
    const after = await service.get(path, tenant.owner.key);
    expect(await after.text()).toBe(await before.text());
    expect(after.headers.get("ETag")).toBe(before.headers.get("ETag"));
    expect(await ends()).toMatchObject([{ run_id: runIds[0] }]);
    expect((await read(id)).ended_at).not.toBeNull();
  });

  it("when all its runs are stopped at once, with one event", async () => {
    const { id } = await invokeBatch(service, tenant, 20);
    await bulk("stop", { filter: { batch: id } });
    expect(await read(id)).toMatchObject({ failed: 20, ended_at: expect.any(String) });
    expect(await ends()).toMatchObject([{ detail: { failed: 20, deleted: 0 } }]);
  });

  it("when its last unfinished run is deleted, as an event of the run that ended last", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 3);
    await end(runIds[0]);
    await service.send("POST", `/v1/workflow-runs/${runIds[1]}/stop`, tenant.owner.key, {});
    // The third run has started. It is deleted while it waits again.
    await service.database.sql`
      update workflow_runs set status = 'PENDING', slot_no = null, started_at = null, deadline_at = null, next_dispatch_at = null
      where id = ${runIds[2]}`;
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect((await service.send("DELETE", `/v1/workflow-runs/${runIds[2]}`, tenant.owner.key)).status).toBe(204);
    expect(await read(id)).toMatchObject({ completed: 1, failed: 1, deleted: 1, ended_at: expect.any(String) });
    expect(await ends()).toMatchObject([{ run_id: runIds[1], detail: { completed: 1, failed: 1, deleted: 1 } }]);
    expect(await eventTypes(service, tenant, String(runIds[1]))).toContain("BATCH_ENDED");
  });

  it("when all its runs are deleted, of which endpoints are notified, although the event goes with the last run", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { event_types: ["run_batch.ended"] });
    const holder = await invoke(service, tenant);
    const { id } = await invokeBatch(service, tenant, 3);
    const response = await bulk("delete", { filter: { batch: id } });
    expect(await response.json()).toMatchObject({ matched: 3, done: 3 });
    expect(await read(id)).toMatchObject({ run_count: 3, deleted: 3, ended_at: expect.any(String) });
    expect(await ends()).toEqual([]);
    const [request, ...others] = await hook.requests(1);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      type: "run_batch.ended",
      data: { batch_id: id, deleted: 3 },
    });
    expect(others).toEqual([]);
    await end(holder);
  });

  it("and a person's retry does not reopen it", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await end(runIds[0], "FAILED");
    const { ended_at: endedAt } = await read(id);
    await service.send("POST", `/v1/workflow-runs/${runIds[0]}/retry`, tenant.owner.key);
    expect(await read(id)).toMatchObject({ running: 1, failed: 0, ended_at: endedAt });
    await end(runIds[0], "COMPLETED", 2);
    expect(await read(id)).toMatchObject({ completed: 1, ended_at: endedAt });
    expect(await ends()).toHaveLength(1);
  });

  it("later, when a person retries a run before the others have ended", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 2);
    await end(runIds[0], "FAILED");
    await service.send("POST", `/v1/workflow-runs/${runIds[0]}/retry`, tenant.owner.key);
    await end(runIds[1]);
    expect((await read(id)).ended_at).toBeNull();
    await end(runIds[0], "COMPLETED", 2);
    expect(await ends()).toMatchObject([{ run_id: runIds[0], attempt: 2 }]);
  });

  it("once, when its last runs end at the same time", async () => {
    await setPolicy({ max_running: 10 });
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 10);
    await Promise.all([
      ...runIds.map((runId) => end(runId)),
      bulk("stop", { run_ids: runIds.slice(0, 3) }),
      service.sweep(),
    ]);
    const batch = await read(id);
    expect([batch.completed + batch.failed, batch.ended_at === null]).toEqual([10, false]);
    expect(await ends()).toHaveLength(1);
  });
});

describe("the end of a batch", () => {
  it("is in the feed, and is sent to those who have subscribed, with links to the batch", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { event_types: ["run_batch.ended"] });
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 2);
    await end(runIds[0]);
    await end(runIds[1]);
    const batch = await read(id);
    const { items } = await readFeed(service, tenant.owner.key, ["types=run_batch.ended"]);
    expect(items).toMatchObject([
      { type: "run_batch.ended", run_id: runIds[1], detail: { batch_id: id, completed: 2 } },
    ]);
    const [request] = await hook.requests(1);
    expect(JSON.parse(request?.body ?? "")).toEqual({
      type: "run_batch.ended",
      timestamp: batch.ended_at,
      data: {
        event_id: items[0]?.id,
        batch_id: id,
        workflow_definition_id: tenant.definitionId,
        workflow_name: expect.any(String),
        ...{ run_count: 2, completed: 2, failed: 0, deleted: 0 },
        created_at: batch.created_at,
        ended_at: batch.ended_at,
        url: expect.stringMatching(new RegExp(`^https?://[^/]+/v1/run-batches/${id}$`)),
        dashboard_url: expect.stringMatching(new RegExp(`^https?://[^/]+/app/batches/${id}$`)),
      },
    });
  });

  it("has no event for runs without a batch", async () => {
    await end(await invoke(service, tenant));
    expect(await ends()).toEqual([]);
  });
});

describe("the deletion of what is old", () => {
  it("deletes a batch with its runs, and keeps one that has runs or has not ended", async () => {
    const old = await invokeBatch(service, tenant, 2, { idempotency_key: "k" });
    await end(old.run_ids[0]);
    await end(old.run_ids[1]);
    const retried = await invokeBatch(service, tenant, 1);
    await end(retried.run_ids[0], "FAILED");
    const { sql } = service.database;
    await sql`update run_batches set created_at = created_at - interval '9 days', ended_at = ended_at - interval '9 days' where tenant_id = ${tenant.id}`;
    await sql`
      update workflow_runs set created_at = created_at - interval '9 days', completed_at = completed_at - interval '9 days'
      where tenant_id = ${tenant.id}`;
    await service.send("POST", `/v1/workflow-runs/${retried.run_ids[0]}/retry`, tenant.owner.key);
    const unended = await invokeBatch(service, tenant, 1);
    await perform(verbServices(service), deleteOldRuns, { days: 7, limit: 500 });
    const left = await sql`select id from run_batches where tenant_id = ${tenant.id} order by id`;
    expect(left.map(({ id }) => id)).toEqual([retried.id, unended.id]);
    // Its key is free again.
    expect((await invokeBatch(service, tenant, 1, { idempotency_key: "k" })).id).not.toBe(old.id);
  });

  it("deletes the batches of a workflow with it", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await end(runIds[0]);
    await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect((await service.get(`/v1/run-batches/${id}`, tenant.owner.key)).status).toBe(404);
  });
});
