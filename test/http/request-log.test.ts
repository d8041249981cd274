import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { callBack, invokePath } from "../support/lifecycle.ts";
import { insertRun } from "../support/runs.ts";
import { type Service, startService } from "../support/service.ts";
import { claimsOf, SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../support/session.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startService({ settings: { SESSION_SECRET } });
});

beforeEach(async () => {
  tenant = await createTenant(service.database);
});

/** What `action` answers, and what is logged of requests meanwhile. */
async function logged(action: () => Promise<Response>): Promise<[Response, Record<string, unknown>[]]> {
  const info = vi.spyOn(console, "info");
  const response = await action();
  const lines = info.mock.calls.map(([line]) => JSON.parse(line));
  info.mockRestore();
  return [response, lines.filter(({ event }) => event === "request")];
}

describe("the log of a request", () => {
  it("is one line of JSON: what was asked, by whom, how it ended and what it took", async () => {
    const runId = await insertRun(service.database, tenant);
    const [response, lines] = await logged(() => service.get(`/v1/workflow-runs/${runId}?x=secret`, tenant.owner.key));
    expect(lines).toEqual([
      {
        level: "info",
        event: "request",
        method: "GET",
        route: "/v1/workflow-runs/:run_id",
        status: 200,
        ms: expect.any(Number),
        database_ms: expect.any(Number),
        database_requests: 1,
        request_id: response.headers.get("x-request-id"),
        tenant_id: tenant.id,
      },
    ]);
    expect(response.headers.get("server-timing")).toMatch(/^db;dur=\d+;desc="1 requests", total;dur=\d+$/);
  });

  it("names the tenant of every kind of request that has one, and of no other", async () => {
    const { owner, sourcesId } = tenant;
    const runId = await insertRun(service.database, tenant);
    const session = await signSymmetric(claimsOf(tenant), SESSION_KEYS.k2);
    const part = { name: "q1", part_type: "FOLDER", parent_path_id: null };
    const requests = [
      () => service.get("/v1/workflow-runs", owner.key),
      () => service.get("/v1/workflow-runs", session),
      () => service.get("/v1/workflow-runs/summary", owner.key),
      () => service.get(`/v1/workflow-runs/${runId}/events`, owner.key),
      () => service.get(`/v1/workflow-definitions/${tenant.definitionId}/runs`, owner.key),
      () => service.send("POST", invokePath(tenant), owner.key, {}),
      () => callBack(service, tenant, runId, { status: "COMPLETED" }),
      () => service.send("POST", `/v1/workflow-runs/${runId}/stop`, owner.key, {}),
      () => service.send("POST", `/v1/workflow-runs/${runId}/retry`, owner.key),
      () => service.send("DELETE", `/v1/workflow-runs/${runId}`, owner.key),
      () => service.get("/v1/path-parts", owner.key),
      () => service.get(`/v1/path-parts/${sourcesId}`, owner.key),
      () => service.send("POST", "/v1/path-parts", owner.key, part),
      () => service.send("PATCH", `/v1/path-parts/${sourcesId}`, owner.key, { name: "new" }),
      () => service.send("DELETE", `/v1/path-parts/${sourcesId}`, owner.key),
    ];
    for (const request of requests) {
      const [response, lines] = await logged(request);
      expect(lines).toMatchObject([{ status: response.status, database_requests: 1, tenant_id: tenant.id }]);
      expect(await response.text()).not.toContain("of_tenant");
    }
    const strangers = [() => service.get("/v1/workflow-runs", "wr_wrong"), () => service.fetch("/healthz")];
    for (const request of strangers) expect((await logged(request))[1]).toMatchObject([{ tenant_id: null }]);
  });

  it("keeps requests apart that run at the same time", async () => {
    const other = await createTenant(service.database);
    const keys = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? tenant : other).owner.key);
    const [, lines] = await logged(async () => {
      const [response] = await Promise.all(keys.map((key) => service.get("/v1/workflow-runs", key)));
      if (!response) throw new Error("Ten were sent.");
      return response;
    });
    expect(lines.map(({ database_requests }) => database_requests)).toEqual(Array(10).fill(1));
    expect(lines.filter(({ tenant_id }) => tenant_id === tenant.id)).toHaveLength(5);
    expect(lines.filter(({ tenant_id }) => tenant_id === other.id)).toHaveLength(5);
  });

  it("counts no database request for an answer that needs none", async () => {
    for (const path of ["/", "/openapi.json", "/v1/nothing"]) {
      const [response, lines] = await logged(() => service.fetch(path));
      expect(lines).toMatchObject([{ database_ms: 0, database_requests: 0 }]);
      expect(response.headers.get("server-timing")).toContain('desc="0 requests"');
    }
  });
});
