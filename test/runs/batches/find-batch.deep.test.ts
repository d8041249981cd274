import { describe, expect, it, vi } from "vitest";
import { invokeBatch, readBatch } from "../../support/batches.ts";
import { answeringRunner } from "../../support/fake-runner.ts";
import { callBack, invoke } from "../../support/lifecycle.ts";
import { startLiveService } from "../../support/live-service.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { permit } from "../../support/path-parts.ts";
import { meanwhile, WOKEN_MS } from "../../support/waiting.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

const read = (id: string, headers: Record<string, string> = {}, key = tenant.owner.key) =>
  service.get(`/v1/run-batches/${id}`, key, headers);
const end = (runId: string | undefined) => callBack(service, tenant, String(runId), { status: "COMPLETED" });

describe("GET of a batch", () => {
  it("is one database request, and 304 while nothing has changed", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 2);
    const [first, requests] = await service.counted(() => read(id));
    expect(requests).toBe(1);
    expect(await first.json()).toEqual({
      id,
      workflow_definition_id: tenant.definitionId,
      user_id: tenant.owner.id,
      ...{ run_count: 2, pending: 1, running: 1, completed: 0, failed: 0, deleted: 0 },
      created_at: expect.any(String),
      ended_at: null,
    });
    const tag = { "If-None-Match": String(first.headers.get("ETag")) };
    expect((await read(id, tag)).status).toBe(304);
    await end(runIds[0]);
    expect((await read(id, tag)).status).toBe(200);
  });

  it("is for whoever sees its runs", async () => {
    const { id } = await invokeBatch(service, tenant, 1);
    expect((await read(id, {}, tenant.admin.key)).status).toBe(200);
    expect((await read(id, {}, tenant.user.key)).status).toBe(404);
    const [node] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(node?.path_part_id), "READ_ONLY");
    expect((await read(id, {}, tenant.user.key)).status).toBe(200);
    expect((await read("nothing")).status).toBe(422);
  });

  it("waits for the end of the batch, and reads again at most once a second", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 8);
    const info = vi.spyOn(console, "info");
    const [response] = await meanwhile(
      service,
      () => read(id, { Prefer: "wait=20" }),
      async () => {
        for (const runId of runIds) await end(runId);
      },
    );
    const lines = info.mock.calls.map(([line]) => JSON.parse(String(line)));
    info.mockRestore();
    expect(response.headers.get("Preference-Applied")).toBe("wait=20");
    expect(await response.json()).toMatchObject({ completed: 8, ended_at: expect.any(String) });
    const [line] = lines.filter(({ route }) => route === "/v1/run-batches/:batch_id");
    expect(line.database_requests).toBeLessThanOrEqual(2 + line.ms / 1000);
    const [again, requests] = await service.counted(() => read(id, { Prefer: "wait=20" }));
    expect([again.status, requests]).toEqual([200, 1]);
  });

  it("answers with If-None-Match as soon as one of its runs has changed, and not for other runs", async () => {
    const other = await invoke(service, tenant);
    const { id } = await invokeBatch(service, tenant, 2);
    const tag = String((await read(id)).headers.get("ETag"));
    const headers = { Prefer: "wait=2", "If-None-Match": tag };
    const [unchanged] = await meanwhile(
      service,
      () => read(id, headers),
      async () => {},
    );
    expect([unchanged.status, unchanged.headers.get("Preference-Applied")]).toEqual([304, "wait=2"]);
    const [changed, ms] = await meanwhile(
      service,
      () => read(id, { ...headers, Prefer: "wait=20" }),
      () => end(other),
    );
    expect(await changed.json()).toMatchObject({ running: 1 });
    expect(ms).toBeLessThan(WOKEN_MS);
  });

  it("answers when its last runs are deleted, and 404 when its workflow is", async () => {
    const holder = await invoke(service, tenant);
    const { id } = await invokeBatch(service, tenant, 2);
    const remove = { action: "delete", filter: { batch: id } };
    const [response, ms] = await meanwhile(
      service,
      () => read(id, { Prefer: "wait=20" }),
      () => service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, remove),
    );
    expect(await response.json()).toMatchObject({ deleted: 2, ended_at: expect.any(String) });
    expect(ms).toBeLessThan(WOKEN_MS);
    await end(holder);
    await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect((await read(id, { Prefer: "wait=20" })).status).toBe(404);
  });
});

type Page = { items: { id: string; status: string }[]; next_cursor: string | null };

describe("the runs of a batch", () => {
  const list = async (query: string, key = tenant.owner.key) => {
    const response = await service.get(`/v1/workflow-runs?${query}`, key);
    expect(response.status).toBe(200);
    const page = await response.json<Page>();
    return { ids: page.items.map(({ id }) => id), cursor: page.next_cursor };
  };

  it("are listed newest first, in pages, by the other filters, in one database request", async () => {
    const runs = Array.from({ length: 5 }, (_, n) => ({ labels: { parity: n % 2 === 0 ? "even" : "odd" } }));
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, runs);
    await invokeBatch(service, tenant, 3);
    await end(runIds[0]);
    const newest = runIds.toReversed();
    const [first, requests] = await service.counted(() => list(`batch=${id}&limit=3`));
    expect([first.ids, requests]).toEqual([newest.slice(0, 3), 1]);
    expect(await list(`batch=${id}&limit=3&cursor=${first.cursor}`)).toEqual({ ids: newest.slice(3), cursor: null });
    expect((await list(`batch=${id}&status=COMPLETED`)).ids).toEqual([runIds[0]]);
    expect((await list(`batch=${id}&status=RUNNING&status=COMPLETED`)).ids).toEqual([runIds[1], runIds[0]]);
    expect((await list(`batch=${id}&label=parity:odd`)).ids).toEqual([runIds[3], runIds[1]]);
    expect((await list(`batch=${id}&user_id=${tenant.user.id}`)).ids).toEqual([]);
    expect((await list(`batch=${id}&workflow_definition_id=${tenant.definitionId}`)).ids).toHaveLength(5);
    expect((await list(`batch=${id}&created_before=2020-01-01T00:00:00Z`)).ids).toEqual([]);
    expect((await list(`batch=${id}`, tenant.user.key)).ids).toEqual([]);
  });

  it("are stopped, retried and deleted together", async () => {
    const { id } = await invokeBatch(service, tenant, 3);
    const kept = await invokeBatch(service, tenant, 2);
    const change = async (action: string, filter: object) => {
      const response = await service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action, filter });
      return response.json();
    };
    expect(await change("stop", { batch: id, status: ["PENDING"] })).toMatchObject({ matched: 2, done: 2 });
    expect(await change("stop", { batch: id })).toMatchObject({ matched: 3, done: 1 });
    expect(await readBatch(service, tenant, id)).toMatchObject({ failed: 3 });
    expect(await change("retry", { batch: id })).toMatchObject({ matched: 3, done: 3 });
    expect(await change("stop", { batch: id })).toMatchObject({ done: 3 });
    expect(await change("delete", { batch: id })).toMatchObject({ matched: 3, done: 3 });
    expect(await readBatch(service, tenant, id)).toMatchObject({ deleted: 3 });
    expect(await readBatch(service, tenant, kept.id)).toMatchObject({ failed: 0, deleted: 0 });
  });
});
