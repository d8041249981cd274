import { describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/db/client.ts";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { followRuns, Position } from "../../src/runs/live/follow-runs.ts";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke, invokePath, readEvents } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

type Labels = Record<string, string>;
type Page = { items: { id: string; status: string }[]; next_cursor: string | null };

const sendInvoke = (body: object, key = tenant.owner.key) => service.send("POST", invokePath(tenant), key, body);

/** Triggers a run with labels. Returns its id. */
async function invokeWith(labels: Labels): Promise<string> {
  const response = await sendInvoke({ labels });
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const get = async <Body>(path: string, key = tenant.owner.key): Promise<Body> => {
  const response = await service.get(path, key);
  expect([path, response.status]).toEqual([path, 200]);
  return response.json<Body>();
};

/** The runs of a page of the list. */
const list = async (query: string, key?: string) => {
  const page = await get<Page>(`/v1/workflow-runs?${query}`, key);
  for (const run of page.items) expect(contractFaults("get_workflow_run", 200, run)).toEqual([]);
  return { ids: page.items.map(({ id }) => id), cursor: page.next_cursor };
};

const labelsOf = async (runId: string) => (await get<{ labels: Labels }>(`/v1/workflow-runs/${runId}/details`)).labels;

describe("the labels of an invoke", () => {
  it("are in the details and the first event of the run, and not in its answer", async () => {
    const labels = { customer: "4711", "env.x-1_y": ": a: 漢😀\n" };
    const response = await sendInvoke({ labels });
    const run = await response.json<{ id: string }>();
    expect(contractFaults("invoke_workflow", 202, run)).toEqual([]);
    expect(Object.keys(run)).not.toContain("labels");
    expect(await labelsOf(run.id)).toEqual(labels);
    const [triggered, ...others] = await readEvents(service, tenant, run.id);
    expect([triggered?.type, triggered?.detail]).toEqual(["TRIGGERED", { labels }]);
    expect(others.map(({ detail }) => detail?.labels)).toEqual(others.map(() => undefined));
  });

  it("are {} without any, and leave no trace in the database", async () => {
    for (const body of [{}, { labels: {} }, { labels: null }]) {
      const response = await sendInvoke(body);
      const { id } = await response.json<{ id: string }>();
      expect(await labelsOf(id)).toEqual({});
      expect((await readEvents(service, tenant, id))[0]?.detail).toBeNull();
    }
    expect(await service.database.sql`select from workflow_run_labels where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("are refused with their places", async () => {
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, "v"]));
    const faultsOf = async (labels: unknown) => {
      const response = await sendInvoke({ labels });
      const { detail } = await response.json<{ detail: { loc: unknown; type: string }[] }>();
      return [response.status, ...detail.map(({ loc, type }) => [loc, type])];
    };
    const at = (...more: string[]) => ["body", "labels", ...more];
    expect(await faultsOf(many)).toEqual([422, [at(), "value_error"]]);
    expect(await faultsOf({ Customer: "1" })).toEqual([422, [at("Customer"), "value_error"]]);
    expect(await faultsOf({ ["k".repeat(41)]: "1" })).toEqual([422, [at("k".repeat(41)), "value_error"]]);
    expect(await faultsOf({ a: "", b: "x".repeat(129), c: 1, d: "\0" })).toEqual([
      422,
      [at("a"), "string_too_short"],
      [at("b"), "string_too_long"],
      [at("c"), "string_type"],
      [at("d"), "value_error"],
    ]);
    expect(await faultsOf(JSON.parse('{"__proto__": "1"}'))).toEqual([422, [at("__proto__"), "value_error"]]);
    expect(await faultsOf(["a:b"])).toEqual([422, [at(), "value_error"]]);
    expect(await sendInvoke({ labels: Object.fromEntries(Object.entries(many).slice(1)) })).toMatchObject({
      status: 202,
    });
  });

  it("stay those of the first invoke with an idempotency key", async () => {
    const first = await sendInvoke({ idempotency_key: "k", labels: { customer: "1" } });
    const { id } = await first.json<{ id: string }>();
    const second = await sendInvoke({ idempotency_key: "k", labels: { customer: "2" } });
    expect([second.status, second.headers.get("Idempotency-Replayed"), await second.json()]).toMatchObject([
      ...[202, "true", { id }],
    ]);
    expect(await labelsOf(id)).toEqual({ customer: "1" });
  });

  it("are kept by a retry, and deleted with the run", async () => {
    const id = await invokeWith({ customer: "4711" });
    await callBack(service, tenant, id, { status: "FAILED", error: "No." });
    expect((await service.send("POST", `/v1/workflow-runs/${id}/retry`, tenant.owner.key)).status).toBe(202);
    expect(await labelsOf(id)).toEqual({ customer: "4711" });
    await service.send("POST", `/v1/workflow-runs/${id}/stop`, tenant.owner.key, {});
    expect((await list("label=customer:4711")).ids).toEqual([id]);
    expect((await service.send("DELETE", `/v1/workflow-runs/${id}`, tenant.owner.key)).status).toBe(204);
    expect((await list("label=customer:4711")).ids).toEqual([]);
    expect(await service.database.sql`select from workflow_run_labels where run_id = ${id}`).toEqual([]);
  });

  it("are in every event of the feed, which can be filtered by them", async () => {
    const id = await invokeWith({ customer: "4711" });
    await invoke(service, tenant);
    type Feed = { items: { run_id: string; type: string; labels: Labels }[] };
    // The feed holds back what is younger than an open transaction, also one of another test.
    await vi.waitFor(async () => {
      const all = await get<Feed>("/v1/events?limit=100");
      expect(all.items.length).toBeGreaterThan(3);
      for (const event of all.items) expect(event.labels).toEqual(event.run_id === id ? { customer: "4711" } : {});
      const some = await get<Feed>("/v1/events?limit=100&label=customer:4711");
      expect(some.items).toEqual(all.items.filter(({ run_id }) => run_id === id));
    }, 20_000);
    expect((await get<Feed>("/v1/events?label=customer:4711&label=env:prod")).items).toEqual([]);
  });
});

describe("GET /v1/workflow-runs?label=", () => {
  it("lists the runs that have all of the labels, newest first, in one database request, page by page", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await invokeWith({ customer: "4711", n: String(n % 2) }));
    await invokeWith({ customer: "4712", n: "0" });
    const [{ ids: all, cursor }, requests] = await service.counted(() => list("label=customer:4711"));
    expect([all, cursor, requests]).toEqual([ids, null, 1]);
    expect((await list("label=n:0&label=customer:4711")).ids).toEqual([ids[0], ids[2], ids[4]]);
    expect((await list("label=customer:4711&label=customer:4712")).ids).toEqual([]);
    const first = await list("label=customer:4711&limit=2");
    const second = await list(`label=customer:4711&limit=2&cursor=${first.cursor}`);
    const third = await list(`label=customer:4711&limit=2&cursor=${second.cursor}`);
    expect([...first.ids, ...second.ids, ...third.ids, third.cursor]).toEqual([...ids, null]);
  });

  it("combines with the other filters, and judges the state as readers see it", async () => {
    const [done, running, waiting] = [
      await invokeWith({ a: "b" }),
      await invokeWith({ a: "b" }),
      await invokeWith({ a: "b" }),
    ];
    await callBack(service, tenant, done, { status: "COMPLETED" });
    expect((await list("label=a:b&status=COMPLETED")).ids).toEqual([done]);
    expect((await list("label=a:b&status=RUNNING&status=PENDING")).ids).toEqual([waiting, running]);
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 hour', deadline_at = deadline_at - interval '1 hour'
      where id = ${running}`;
    expect((await list("label=a:b&status=FAILED")).ids).toEqual([running]);
    expect((await list(`label=a:b&user_id=${tenant.owner.id}`)).ids).toHaveLength(3);
    expect((await list(`label=a:b&user_id=${tenant.user.id}`)).ids).toEqual([]);
    expect((await list(`label=a:b&workflow_definition_id=${tenant.definitionId}`)).ids).toHaveLength(3);
    expect((await list(`label=a:b&workflow_definition_id=${done}`)).ids).toEqual([]);
    expect((await list("label=a:b&created_after=2100-01-01T00:00:00Z")).ids).toEqual([]);
    expect((await list("label=a:b&created_before=2000-01-01T00:00:00Z")).ids).toEqual([]);
  });

  it("shows a USER only what they may see", async () => {
    const id = await invokeWith({ a: "b" });
    expect((await list("label=a:b", tenant.user.key)).ids).toEqual([]);
    await service.database.sql`update workflow_runs set user_id = ${tenant.user.id} where id = ${id}`;
    expect((await list("label=a:b", tenant.user.key)).ids).toEqual([id]);
  });

  it("refuses what is not a label, and more than ten", async () => {
    const eleven = Array.from({ length: 11 }, (_, n) => `label=a:${n}`).join("&");
    for (const query of [
      "label=customer",
      "label=Customer:1",
      "label=a:",
      "label=",
      `label=a:${"x".repeat(129)}`,
      eleven,
    ]) {
      expect([query, (await service.get(`/v1/workflow-runs?${query}`, tenant.owner.key)).status]).toEqual([query, 422]);
    }
  });

  it("looks at 10,000 runs for a page at most: then the page is short, and has a cursor that hides what was looked at", async () => {
    const id = await invokeWith({ env: "prod", customer: "4711" });
    await service.database.sql`
      with made as (
        insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, created_at,
          started_at, deadline_at, completed_at, ended_by)
        select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'COMPLETED', r.run_snapshot,
          at, at, at + interval '1 minute', at, 'CALLBACK'
        from workflow_runs r, generate_series(1, 10500) n, lateral (select r.created_at + n * interval '1 second') made (at)
        where r.id = ${id}
        returning id, tenant_id, created_at)
      insert into workflow_run_labels (tenant_id, run_id, label, created_at)
      select tenant_id, id, 'env:prod', created_at from made`;
    const first = await list("label=env:prod&status=PENDING&status=RUNNING");
    expect(first.ids).toEqual([]);
    const [lastId] = await service.database.sql`
      select run_id from workflow_run_labels where tenant_id = ${tenant.id} and label = 'env:prod'
      order by created_at desc, run_id desc offset 9999 limit 1`;
    expect(atob(first.cursor ?? "")).not.toContain(lastId?.run_id);
    expect((await list(`label=env:prod&status=PENDING&status=RUNNING&cursor=${first.cursor}`)).ids).toEqual([id]);
    // The rarest label is the one whose runs are looked at.
    expect(await list("label=env:prod&label=customer:4711")).toEqual({ ids: [id], cursor: null });
    const bulk = { action: "stop", dry_run: true, filter: { label: ["env:prod"], status: ["RUNNING"] } };
    const change = async (cursor?: string) => {
      const response = await service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { ...bulk, cursor });
      return response.json<{ matched: number; next_cursor: string }>();
    };
    const none = await change();
    expect(none).toMatchObject({ matched: 0, next_cursor: expect.any(String) });
    expect(await change(none.next_cursor)).toMatchObject({ matched: 1, done: 1, next_cursor: null });
  });
});

describe("labels in a filter", () => {
  it("of a bulk change choose the runs", async () => {
    const [one, two] = [await invokeWith({ a: "b", c: "d" }), await invokeWith({ a: "b" })];
    const change = async (label: string[]) => {
      const response = await service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, {
        action: "stop",
        filter: { label },
      });
      return [response.status, await response.json()];
    };
    expect(await change(["a:b", "c:d"])).toMatchObject([200, { matched: 1, done: 1 }]);
    expect((await list("label=a:b&status=FAILED")).ids).toEqual([one]);
    expect((await list("label=a:b&status=RUNNING")).ids).toEqual([two]);
    expect(await change([])).toMatchObject([422, {}]);
    expect(await change(["a"])).toMatchObject([422, { detail: [{ loc: ["body", "filter", "label", 0] }] }]);
  });

  it("of the summary choose what is counted", async () => {
    const id = await invokeWith({ a: "b" });
    await invokeWith({ a: "b" });
    await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "COMPLETED" });
    const summary = (query: string) => get(`/v1/workflow-runs/summary?${query}`);
    expect(await summary("")).toMatchObject({ pending: 1, running: 1, completed: 1 });
    expect(await summary("label=a:b")).toMatchObject({ pending: 0, running: 1, completed: 1 });
    expect(await summary("label=a:b&label=c:d")).toMatchObject({ pending: 0, running: 0, completed: 0 });
  });

  it("of the stream of all runs choose whose events are sent", async () => {
    const db = openDatabase(readConfig(service.bindings));
    const credential = { apiKeyHash: await hashApiKey(tenant.owner.key) };
    const filter = (labels: string[]) => ({ definitionId: undefined, userId: undefined, labels });
    const { ids } = await followRuns(db, credential, filter([]), null);
    const id = await invokeWith({ a: "b" });
    await invoke(service, tenant);
    const idsWith = async (labels: string[]) => {
      const { items } = await followRuns(db, credential, filter(labels), new Position(ids.at(-1) ?? 0));
      return [...new Set(items.map(({ run }) => run.id))];
    };
    expect(await idsWith([])).toHaveLength(2);
    expect(await idsWith(["a:b"])).toEqual([id]);
    expect(await idsWith(["a:b", "c:d"])).toEqual([]);
    const refused = await service.get("/v1/workflow-runs/stream?label=a", tenant.owner.key);
    expect(refused.status).toBe(422);
  });
});
