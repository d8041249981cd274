import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { readEvents, typesOf } from "../support/event-source.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, insertRun, invoke, makeOverdue } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { readFeed } from "../support/read-feed.ts";
import { useLeases } from "../support/runners.ts";
import { createTenant, runToken } from "../support/tenant.ts";
import { untilQuiet } from "../support/waiting.ts";

const service = await startLiveService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

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
    await untilQuiet(service.database);
    const [, requests] = await service.counted(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    expect([requests, await sockets()]).toEqual([0, 1]);
    await reader.close();
    await vi.waitFor(async () => expect(await sockets()).toBe(0), 20_000);
  });

  it("is 429 for the 21st stream of a caller, but not for another caller", async () => {
    const runId = await invoke(service, tenant);
    const readers = [];
    for (let i = 0; i < 20; i++) readers.push(readEvents(await get(`${runId}/stream`)));
    expect((await get(`${runId}/stream`)).status).toBe(429);
    const other = await get(`${runId}/stream`, {}, tenant.admin.key);
    expect(other.status).toBe(200);
    await Promise.all([...readers, readEvents(other)].map((reader) => reader.close()));
    await vi.waitFor(async () => expect((await get(`${runId}/stream`)).status).toBe(200), 20_000);
  });

  it("sends the progress of its attempt, at the beginning and when it has changed, and not for each entry of the log", async () => {
    const runId = await invoke(service, tenant);
    const send = async (path: string, body: object, attempt = 1) =>
      service.send("POST", `/v1/workflow-runs/${runId}/${path}`, await runToken(tenant, runId, attempt), body);
    await send("heartbeat", { progress: { percent: 10, message: "Reading" } });
    const reader = readEvents<unknown>(await get(`${runId}/stream`));
    const [first] = (await reader.until("progress")).slice(-1);
    const progress = { attempt: 1, percent: 10, message: "Reading" };
    expect(first).toEqual({ id: "", event: "progress", data: progress });

    // The stream sends nothing for these two: the progress has not changed, and entries of the log were not asked for.
    await send("heartbeat", { progress: { percent: 10, message: "Reading" } });
    await send("log", { sequence: 0, text: "Line\n" });
    await send("heartbeat", { progress: { percent: 20 } });
    expect((await reader.next())?.data).toEqual({ attempt: 1, percent: 20, message: null });
    await callBack(service, tenant, runId, { status: "FAILED" });
    expect(typesOf(await reader.drain())).toEqual(["FAILED"]);
    const ended = await readEvents(await get(`${runId}/stream`)).drain();
    expect(typesOf(ended)).not.toContain("progress");
  });

  it("sends a time-out when it is recorded, although nobody has announced it", async () => {
    const runId = await invoke(service, tenant);
    const reader = readEvents(await get(`${runId}/stream`));
    await reader.until("DISPATCHED");
    await makeOverdue(service, runId);
    await service.sweep();
    expect(typesOf(await reader.drain())).toEqual(["TIMED_OUT"]);
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

it("a hub says how many streams its tenant has, since their clients come back over a longer time the more they are", async () => {
  const open = async () => {
    const url = "https://hub/?caller=c&user=u";
    const response = await service.hubOf(tenant.id).fetch(url, { headers: { Upgrade: "websocket" } });
    response.webSocket?.accept();
    return response;
  };
  const opened = [await open(), await open(), await open()];
  expect(opened.map(({ headers }) => headers.get("streams"))).toEqual(["1", "2", "3"]);
  for (const { webSocket } of opened) webSocket?.close();
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
    await vi.waitFor(() => expect(reader.text()).toMatch(/^retry: \d+\nid: \d+\.\d+\.\d+\n\n/), 20_000);
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

  it("names in its comments the position to which it has read, if its filter matches nothing", async () => {
    const other = await createTenant(service.database);
    await useLeases(service, other);
    await invoke(service, other);
    const { cursor } = await readFeed(service, other.owner.key);
    const path = "/v1/events/stream?after=0.0.0&types=workflow_run.completed";
    const reader = readEvents<Data>(await service.get(path, other.owner.key));
    const first = reader.next();
    // The first comment comes after 15 seconds.
    await vi.waitFor(() => expect(reader.text()).toMatch(/\n\n:\nretry: \d+\nid: \S+\n\n$/), 40_000);
    expect(/^id: (\S+)\n\n$/m.exec(reader.text().slice(-60))?.[1]).toBe(cursor);
    await reader.close();
    expect(await first).toBeNull();
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
    const { letGo } = await holdTransaction(service.database, [slow]);
    await invoke(service, tenant);
    // Both runs were announced before the stream begins, so no announcement wakes it: it has to ask again by itself.
    const reader = await open(`?after=${cursor}`);
    await letGo();
    const seen = await reader.until("workflow_run.queued");
    expect(typesOf(seen)).toEqual(["workflow_run.late_result", "workflow_run.triggered", "workflow_run.queued"]);
    await reader.close();
  });
});

describe("the streams of a user", () => {
  async function revokeKey(): Promise<Response> {
    const [key] = await (await service.get("/v1/api-keys", tenant.admin.key)).json<{ id: string }[]>();
    return service.send("DELETE", `/v1/api-keys/${key?.id}`, tenant.admin.key);
  }
  const usersPath = () => `/v1/tenants/${tenant.id}/users/${tenant.admin.id}`;

  it.each([
    ["whose key was revoked", () => revokeKey()],
    ["who was deactivated", () => service.send("POST", `${usersPath()}/deactivate`, tenant.owner.key)],
    ["who was deleted", () => service.send("DELETE", usersPath(), tenant.owner.key)],
  ])("%s end at once, and those of other users continue", async (_, change) => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    const theirs = [await get("stream", {}, tenant.admin.key), await get(`${runId}/stream`, {}, tenant.admin.key)];
    const other = readEvents(await get("stream"));
    const ending = theirs.map(async (response) => (await response.text()).length > 0);
    expect((await change()).status).toBeLessThan(300);
    expect(await Promise.all(ending)).toEqual([true, true]);
    expect((await get("stream", {}, tenant.admin.key)).status).toBe(401);
    await invoke(service, tenant);
    expect(typesOf(await other.until("QUEUED"))).toEqual(["TRIGGERED", "QUEUED"]);
    await other.close();
  });

  it("who are signed in end at once when their session is ended, and not those of a colleague", async () => {
    const browser = await signIn(service, tenant.admin.key);
    const other = readEvents(await (await signIn(service, tenant.owner.key)).get("/v1/workflow-runs/stream"));
    const stream = await browser.get("/v1/workflow-runs/stream");
    expect(stream.status).toBe(200);
    const ended = stream.text();
    const list = await service.get("/v1/sign-in-sessions", tenant.admin.key);
    const [session] = (await list.json<{ items: { id: string }[] }>()).items;
    const path = `/v1/sign-in-sessions/${session?.id}`;
    expect((await service.send("DELETE", path, tenant.admin.key)).status).toBe(204);
    await ended;
    expect((await browser.get("/v1/workflow-runs/stream")).status).toBe(401);
    await invoke(service, tenant);
    expect(typesOf(await other.until("STARTED"))).toEqual(["TRIGGERED", "STARTED"]);
    await other.close();
  });
});
