import { runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readEvents, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
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

const sockets = () => runInDurableObject(service.hubOf(tenant.id), (_, state) => state.getWebSockets().length);

describe("the stream of a run", () => {
  it("sends the events from PENDING to COMPLETED, with the same ids as /events, and then ends", async () => {
    const [first, runId] = [await invoke(service, tenant), await invoke(service, tenant)];
    const response = await get(`${runId}/stream`);
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    const reader = readEvents(response);
    expect(typesOf(await reader.until("QUEUED"))).toEqual(["TRIGGERED", "QUEUED"]);
    expect(reader.text()).toMatch(/^retry: \d+\n\n/);
    await callBack(service, tenant, first, { status: "COMPLETED" });
    const started = await reader.until("DISPATCHED");
    expect(typesOf(started)).toEqual(["STARTED", "DISPATCHED"]);
    expect(started[0]?.data).toMatchObject({ run: { id: runId, status: "RUNNING" }, event: { type: "STARTED" } });
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const ended = await reader.drain();
    expect(typesOf(ended)).toEqual(["COMPLETED"]);
    const { items } = await (await get(`${runId}/events?limit=100`)).json<{ items: { id: number; type: string }[] }>();
    expect(ended[0]?.id).toBe(String(items.at(-1)?.id));
  });

  it("misses and repeats nothing when it is cut again and again", async () => {
    const runIds = [];
    for (let i = 0; i < 4; i++) runIds.push(await invoke(service, tenant));
    const last = runIds[3] ?? "";
    const seen: string[] = [];
    const working = (async () => {
      for (const runId of runIds) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        await callBack(service, tenant, runId, { status: "COMPLETED" });
      }
    })();
    for (;;) {
      const response = await get(`${last}/stream`, seen.length > 0 ? { "Last-Event-ID": seen.at(-1) ?? "" } : {});
      if (response.status === 204) break;
      const reader = readEvents(response);
      const event = await reader.next();
      if (event) seen.push(event.id);
      await reader.close();
    }
    await working;
    const { items } = await (await get(`${last}/events?limit=100`)).json<{ items: { id: number }[] }>();
    expect(seen).toEqual(items.map(({ id }) => String(id)));
  });

  it("does not ask the database while there is no news, and closes its socket when the client disconnects", async () => {
    const runId = await invoke(service, tenant);
    const reader = readEvents(await get(`${runId}/stream`));
    await reader.until("DISPATCHED");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const [, requests] = await service.counted(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    expect([requests, await sockets()]).toEqual([0, 1]);
    await reader.close();
    await vi.waitFor(async () => expect(await sockets()).toBe(0), 5_000);
  });

  it("is 429 for the 21st stream of a caller, but not for another caller", async () => {
    const runId = await invoke(service, tenant);
    const readers = [];
    for (let i = 0; i < 20; i++) readers.push(readEvents(await get(`${runId}/stream`)));
    expect((await get(`${runId}/stream`)).status).toBe(429);
    const other = await get(`${runId}/stream`, {}, tenant.admin.key);
    expect(other.status).toBe(200);
    await Promise.all([...readers, readEvents(other)].map((reader) => reader.close()));
    await vi.waitFor(async () => expect((await get(`${runId}/stream`)).status).toBe(200), 5_000);
  });
});

describe("the stream of all runs", () => {
  it("sends new events of runs that the caller may see and that match the filter", async () => {
    await invoke(service, tenant);
    const all = readEvents(await get("stream"));
    const none = readEvents(await get("stream", {}, tenant.user.key));
    const nothing = none.next();
    const ofUser = readEvents(await get(`stream?user_id=${tenant.admin.id}`));
    const runId = await invoke(service, tenant, tenant.admin.key);
    const events = await all.until("QUEUED");
    expect(typesOf(events)).toEqual(["TRIGGERED", "QUEUED"]);
    expect(events[0]?.data.run.id).toBe(runId);
    expect(typesOf(await ofUser.until("QUEUED"))).toEqual(["TRIGGERED", "QUEUED"]);
    const again = readEvents(await get("stream", { "Last-Event-ID": events[0]?.id ?? "" }));
    expect(typesOf(await again.until("QUEUED"))).toEqual(["QUEUED"]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await Promise.all([all, none, ofUser, again].map((reader) => reader.close()));
    expect([await nothing, none.text()]).toEqual([null, expect.stringMatching(/^retry: \d+\n\n$/)]);
  });

  it("sends each event once, even when there are many in a second", async () => {
    const all = readEvents(await get("stream"));
    const runIds = [];
    for (let i = 0; i < 10; i++) runIds.push(await invoke(service, tenant));
    for (const runId of runIds) await callBack(service, tenant, runId, { status: "COMPLETED" });
    const seen = [];
    let completed = 0;
    while (completed < runIds.length) {
      const [event] = await Promise.all([all.next()]);
      if (event === null) throw new Error("The stream has ended.");
      seen.push(event.id);
      if (event.event === "COMPLETED") completed += 1;
    }
    await all.close();
    const [stored] = await service.database.sql`
      select array_agg(id::text order by id) as ids from workflow_run_events where tenant_id = ${tenant.id} and id <= ${seen.at(-1)}`;
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(stored?.ids);
  });
});
