import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, insertRun, invoke } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

type Page = { items: { id: string; status: string }[]; total: number; next_cursor: string | null };

async function list(path: string, key: string): Promise<Page> {
  const response = await service.get(path, key);
  expect([path, response.status]).toEqual([path, 200]);
  return response.json<Page>();
}

const ids = ({ items }: Page) => items.map(({ id }) => id);

/** Runs in every state, one of them overdue; newest first. */
async function fill(tenant: TestTenant) {
  const insert = (run: Parameters<typeof insertRun>[2]) => insertRun(service.database, tenant, run);
  const overdue = await insert({ status: "RUNNING", overdueSeconds: 500 });
  const completed = await insert({ status: "COMPLETED", overdueSeconds: 400 });
  const failed = await insert({ status: "FAILED", overdueSeconds: 300, error: "No!" });
  const users = await insert({ status: "COMPLETED", overdueSeconds: 200, userId: tenant.user.id });
  const pending = await insert({ status: "PENDING", overdueSeconds: 100 });
  return { overdue, completed, failed, users, pending, all: [pending, users, failed, completed, overdue] };
}

describe("GET /v1/workflow-definitions/{definition_id}/runs", () => {
  const pathOf = (tenant: TestTenant, query = "") => `/v1/workflow-definitions/${tenant.definitionId}/runs${query}`;

  it("lists newest first, with limit, offset and an exact total, in one database request", async () => {
    const tenant = await createTenant(service.database);
    const { all } = await fill(tenant);
    const [page, requests] = await service.counted(() => list(pathOf(tenant), tenant.owner.key));
    expect(requests).toBe(1);
    expect(contractFaults("list_workflow_runs", 200, page)).toEqual([]);
    expect([ids(page), page.total]).toEqual([all, 5]);
    expect(page.items.map(({ status }) => status)).toEqual(["PENDING", "COMPLETED", "FAILED", "COMPLETED", "FAILED"]);

    const second = await list(pathOf(tenant, "?limit=2&offset=2"), tenant.owner.key);
    expect(second).toMatchObject({ total: 5, limit: 2, offset: 2 });
    expect(ids(second)).toEqual(all.slice(2, 4));
    expect(ids(await list(pathOf(tenant, "?offset=99"), tenant.owner.key))).toEqual([]);
  });

  it("answers 422 for a wrong page", async () => {
    const tenant = await createTenant(service.database);
    const response = await service.get(pathOf(tenant, "?limit=101&offset=x"), tenant.owner.key);
    const body = await response.json<{ detail: { loc: unknown; type: string }[] }>();
    expect([response.status, ...body.detail.map(({ loc, type }) => [loc, type])]).toEqual([
      422,
      [["query", "limit"], "less_than_equal"],
      [["query", "offset"], "int_parsing"],
    ]);
  });

  it("says that a parameter was given more than once", async () => {
    const tenant = await createTenant(service.database);
    const response = await service.get(pathOf(tenant, "?limit=1&limit=2"), tenant.owner.key);
    const { detail } = await response.json<{ detail: unknown[] }>();
    const msg = "Was given more than once. Give it once.";
    expect([response.status, detail]).toEqual([422, [{ loc: ["query", "limit"], type: "value_error", msg }]]);
    const labels = Array.from({ length: 11 }, (_, n) => `label=l${n}:a`).join("&");
    const tooMany = await service.get(`/v1/workflow-runs?${labels}`, tenant.owner.key);
    expect([tooMany.status, await tooMany.json()]).toMatchObject([
      422,
      { detail: [{ loc: ["query", "label"], type: "too_long" }] },
    ]);
  });
});

/** A tenant whose USER, too, may see all runs: by a permission, and one of them because it is theirs. */
async function createReadableTenant(): Promise<TestTenant> {
  const tenant = await createTenant(service.database);
  const [node] = await service.database
    .sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
  await permit(service.database, tenant, String(node?.id), "READ_ONLY");
  return tenant;
}

describe.each(["owner", "user"] as const)("GET /v1/workflow-runs, for an %s who may see them all,", (role) => {
  it("pages through the tenant's runs by cursor, each once, newest first", async () => {
    const tenant = await createReadableTenant();
    const { all } = await fill(tenant);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "?limit=2" : `?limit=2&cursor=${cursor}`;
      const [page, requests] = await service.counted(() => list(`/v1/workflow-runs${query}`, tenant[role].key));
      expect(requests).toBe(1);
      seen.push(...ids(page));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(all);
  });

  it("pages through runs that were created in the same millisecond", async () => {
    const tenant = await createReadableTenant();
    const { all } = await fill(tenant);
    await service.database
      .sql`update workflow_runs set created_at = '2026-01-01T00:00:00Z' where tenant_id = ${tenant.id}`;
    const first = await list("/v1/workflow-runs?limit=3", tenant[role].key);
    const second = await list(`/v1/workflow-runs?limit=3&cursor=${first.next_cursor}`, tenant[role].key);
    expect([...ids(first), ...ids(second)].sort()).toEqual(all.toSorted());
    expect(second.next_cursor).toBeNull();
  });

  it("filters by state as a reader sees it: an overdue run is FAILED and not RUNNING", async () => {
    const tenant = await createReadableTenant();
    const { overdue, failed, completed, users, pending } = await fill(tenant);
    const byStatus = async (...statuses: string[]) =>
      ids(await list(`/v1/workflow-runs?${statuses.map((status) => `status=${status}`).join("&")}`, tenant[role].key));
    expect(await byStatus("FAILED")).toEqual([failed, overdue]);
    expect(await byStatus("RUNNING")).toEqual([]);
    expect(await byStatus("COMPLETED", "PENDING")).toEqual([pending, users, completed]);
    expect(await byStatus("COMPLETED", "COMPLETED")).toEqual([users, completed]);
  });

  it("filters by workflow, user and time of creation, alone and together", async () => {
    const tenant = await createReadableTenant();
    const { all, completed, users } = await fill(tenant);
    const { sql } = service.database;
    const [row] = await sql`select created_at from workflow_runs where id = ${completed}`;
    const at = encodeURIComponent(new Date(row?.created_at).toISOString());
    const query = async (text: string) => ids(await list(`/v1/workflow-runs?${text}`, tenant[role].key));

    expect(await query(`workflow_definition_id=${tenant.definitionId}`)).toEqual(all);
    expect(await query(`workflow_definition_id=${crypto.randomUUID()}`)).toEqual([]);
    expect(await query(`user_id=${tenant.user.id}`)).toEqual([users]);
    expect(await query(`created_after=${at}`)).toEqual(all.slice(0, 3));
    expect(await query(`created_before=${at}`)).toEqual(all.slice(4));
    expect(await query(`created_after=${at}&status=COMPLETED&user_id=${tenant.user.id}`)).toEqual([users]);
  });
});

describe("GET /v1/workflow-runs", () => {
  it("contains only what the caller may see", async () => {
    const [tenant, other] = [await createTenant(service.database), await createTenant(service.database)];
    const { users } = await fill(tenant);
    await fill(other);
    expect(ids(await list("/v1/workflow-runs", tenant.user.key))).toEqual([users]);
    expect(ids(await list("/v1/workflow-runs", tenant.admin.key))).toHaveLength(5);
  });

  it("has beside the runs their labels and starts when it is asked for them, in one database request", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const run = await invoke(service, tenant, tenant.owner.key, { labels: { customer: "4711" } });
    const waiting = await insertRun(service.database, tenant, { status: "PENDING", overdueSeconds: 100 });
    type WithDetails = Page & { details?: unknown };
    const read = async (query: string) => (await list(`/v1/workflow-runs${query}`, tenant.owner.key)) as WithDetails;
    const [page, requests] = await service.counted(() => read("?details=true"));
    expect(requests).toBe(1);
    const others = { suspended_at: null, child_key: null };
    expect(page.details).toEqual([
      {
        ...{ run_id: run, attempt: 1, priority: 0 },
        started_at: expect.any(String),
        labels: { customer: "4711" },
        ...others,
      },
      { ...{ run_id: waiting, attempt: 1, priority: 0 }, started_at: null, labels: {}, ...others },
    ]);
    expect((await read("?details=true&limit=1")).details).toHaveLength(1);
    const { details, ...rest } = page;
    expect(await read("")).toEqual(rest);
  });

  it("answers 422 that names every wrong filter, and 401 for a made-up key", async () => {
    const tenant = await createTenant(service.database);
    const query = "status=DONE&workflow_definition_id=7&created_after=yesterday&cursor=abc&limit=0";
    const response = await service.get(`/v1/workflow-runs?${query}`, tenant.owner.key);
    const { detail } = await response.json<{ detail: { loc: string[]; type: string }[] }>();
    expect([
      response.status,
      Object.fromEntries(detail.map(({ loc, type }) => [loc.slice(1).join("."), type])),
    ]).toEqual([
      422,
      {
        "status.0": "enum",
        workflow_definition_id: "uuid_parsing",
        created_after: "datetime_parsing",
        cursor: "value_error",
        limit: "greater_than_equal",
      },
    ]);
    expect((await service.get("/v1/workflow-runs", "wr_made_up")).status).toBe(401);
  });

  it("accepts an instant with any offset, and answers 422 for a year that the database does not support", async () => {
    const tenant = await createTenant(service.database);
    const cursor = btoa(JSON.stringify(["0000-01-01T00:00:00Z", tenant.id])).replaceAll("=", "");
    const cases: [Record<string, string>, number][] = [
      [{ created_after: "2026-01-01T00:00:00+23:00" }, 200],
      [{ created_before: "0000-01-01T00:00:00Z" }, 422],
      [{ created_after: "0001-01-01T00:00:00+23:00" }, 422],
      [{ created_after: "9999-12-31T23:59:59-15:00" }, 422],
      [{ cursor }, 422],
    ];
    for (const [query, status] of cases) {
      const response = await service.get(`/v1/workflow-runs?${new URLSearchParams(query)}`, tenant.owner.key);
      expect([query, response.status]).toEqual([query, status]);
    }
  });
});

describe("GET /v1/workflow-runs/summary", () => {
  it("counts what waits and runs now and what ended within the window, in one database request", async () => {
    const tenant = await createTenant(service.database);
    await fill(tenant);
    const read = (query = "") => service.get(`/v1/workflow-runs/summary${query}`, tenant.owner.key);
    const [response, requests] = await service.counted(() => read());
    expect([response.status, requests]).toEqual([200, 1]);
    const summary = await response.json<Record<string, number | null>>();
    expect(summary).toMatchObject({
      pending: 1,
      running: 0,
      completed: 2,
      failed: 2,
      overdue: 1,
      duration_p50_seconds: 60,
      duration_p95_seconds: 60,
      time_out_lag_p50_seconds: null,
      time_out_lag_max_seconds: null,
    });
    expect(summary.oldest_pending_seconds).toBeGreaterThanOrEqual(401);
    expect(summary.oldest_pending_seconds).toBeLessThan(460);

    await service.sweep();
    const swept = await (await read()).json<Record<string, number | null>>();
    expect(swept).toMatchObject({ failed: 2, overdue: 0 });
    expect(swept.time_out_lag_max_seconds).toBeGreaterThanOrEqual(500);
    expect(await (await read("?window_seconds=60")).json()).toMatchObject({ pending: 1, completed: 0, failed: 0 });
  });

  it("counts only what the caller may see", async () => {
    const tenant = await createTenant(service.database);
    await fill(tenant);
    const response = await service.get("/v1/workflow-runs/summary", tenant.user.key);
    expect(await response.json()).toMatchObject({ pending: 0, running: 0, completed: 1, failed: 0, overdue: 0 });
    await service.sweep();
    const swept = async (key: string) =>
      (await service.get("/v1/workflow-runs/summary", key)).json<Record<string, number | null>>();
    expect((await swept(tenant.owner.key)).time_out_lag_max_seconds).toBeGreaterThan(0);
    expect(await swept(tenant.user.key)).toMatchObject({
      time_out_lag_p50_seconds: null,
      time_out_lag_max_seconds: null,
    });
    expect((await service.get("/v1/workflow-runs/summary", "wr_made_up")).status).toBe(401);
    expect((await service.get("/v1/workflow-runs/summary?window_seconds=1", tenant.user.key)).status).toBe(422);
  });
});

describe("GET /v1/workflow-runs/{run_id}/events", () => {
  it("lists the events, oldest first, in pages and in one database request", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "FAILED", error: "No!" });
    const path = `/v1/workflow-runs/${runId}/events`;
    const [response, requests] = await service.counted(() => service.get(path, tenant.owner.key));
    expect([response.status, requests]).toEqual([200, 1]);
    const page = await response.json<{ items: Record<string, unknown>[]; total: number }>();
    expect(page.items.map(({ type, attempt }) => [type, attempt])).toEqual([
      ["TRIGGERED", 1],
      ["STARTED", 1],
      ["DISPATCH_FAILED", 1],
      ["DISPATCHED", 1],
      ["FAILED", 1],
    ]);
    expect(page.items.at(-1)).toMatchObject({ at: expect.stringMatching(/Z$/), detail: { error: "No!" } });
    const second = await service.get(`${path}?limit=2&offset=4`, tenant.owner.key);
    expect(await second.json()).toMatchObject({ total: 5, items: [{ type: "FAILED" }] });
    const afterTheLast = await service.get(`${path}?offset=5`, tenant.owner.key);
    expect(await afterTheLast.json()).toMatchObject({ total: 5, items: [] });
  });

  it("has the time-out of an overdue run, equally before and after the sweep", async () => {
    const tenant = await createTenant(service.database);
    const runId = await insertRun(service.database, tenant, { overdueSeconds: 1 });
    const read = async () => {
      const response = await service.get(`/v1/workflow-runs/${runId}/events`, tenant.owner.key);
      const { items, total } = await response.json<{ items: { type: string; at: string }[]; total: number }>();
      return { total, events: items.map(({ type, at }) => [type, at]) };
    };
    const before = await read();
    expect(before).toEqual({ total: 1, events: [["TIMED_OUT", expect.any(String)]] });
    await service.sweep();
    expect(await read()).toEqual(before);
  });
});

describe("a page of the largest runs that there can be", () => {
  it("is answered completely, 100 runs at a time, and the body is hardly larger than its snapshots", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    // As large as an invoke lets a snapshot be. Quotes and backslashes are what is longest once it is escaped.
    await service.database.sql`
      update workflow_runs set run_snapshot = jsonb_set(run_snapshot, '{workflow_name}', to_jsonb(repeat('"\\', 15500)))
      where id = ${runId}`;
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, dispatched_at, completed_at, updated_at, ended_by)
      select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, dispatched_at, completed_at, updated_at, ended_by
      from workflow_runs cross join generate_series(1, 99) where id = ${runId}`;
    const [row] = await service.database.sql`
      select sum(octet_length(run_snapshot::text))::int as bytes from workflow_runs where tenant_id = ${tenant.id}`;
    for (const path of [`/v1/workflow-definitions/${tenant.definitionId}/runs`, "/v1/workflow-runs"]) {
      const response = await service.get(`${path}?limit=100`, tenant.owner.key);
      const body = await response.text();
      expect([response.status, JSON.parse(body).items.length]).toEqual([200, 100]);
      expect(body.length).toBeLessThan(Number(row?.bytes) * 1.1);
    }
  });
});
