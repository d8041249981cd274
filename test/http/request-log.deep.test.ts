import { describe, expect, it, vi } from "vitest";
import { describeService } from "../../src/routes.ts";
import { credentialFor, SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { callBack, insertRun } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { callOf, OPERATIONS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ settings: SESSION_SETTINGS });
const tenant = tenantOfEachTest(service);

/** The result of `action`, and the log lines of requests during it. */
async function logged(action: () => Promise<Response>): Promise<[Response, Record<string, unknown>[]]> {
  const info = vi.spyOn(console, "info");
  const response = await action();
  const lines = info.mock.calls.map(([line]) => JSON.parse(line));
  info.mockRestore();
  return [response, lines.filter(({ event }) => event === "request")];
}

/** Every operation that a caller with a credential may use, as the log names it. */
async function callersOperations(): Promise<Set<string>> {
  const { paths = {} } = await describeService();
  return new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => JSON.stringify(operation.security).includes("ApiKey"))
        .map(([method]) => `${method.toUpperCase()} ${path.replaceAll(/\{(.+?)\}/g, ":$1")}`),
    ),
  );
}

describe("the log of a request", () => {
  it("is one line of JSON: the route, the tenant, the status and the times", async () => {
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
    expect(response.headers.get("server-timing")).toMatch(
      /^db;dur=\d+;desc="1 requests", total;dur=\d+, began;desc="\d+"$/,
    );
  });

  it("names the tenant of every operation of a caller or runner, and of no other", async () => {
    const runId = await insertRun(service.database, tenant);
    const stage = await createStage(service, "logged");
    const operations = new Set<string>();
    for (const [id, { answers }] of Object.entries(OPERATIONS)) {
      if (answers === "anybody" || answers === "runner" || answers === "sender") continue;
      const call = await callOf(id, stage);
      const credential = await credentialFor(stage.tenant, call);
      const [response, lines] = await logged(() => service.send(call.method, call.path, credential, call.body));
      expect([id, lines]).toMatchObject([
        id,
        [{ status: response.status, database_requests: 1, tenant_id: stage.tenant.id }],
      ]);
      expect(await response.text()).not.toContain("of_tenant");
      operations.add(`${call.method} ${lines[0]?.route}`);
    }
    expect(operations).toEqual(await callersOperations());

    const session = await sessionToken(stage, stage.tenant.owner.id);
    const message = await callOf("receive_webhook", stage);
    const others: [() => Promise<Response>, string | null][] = [
      [() => service.get("/v1/workflow-runs", session), stage.tenant.id],
      [() => callBack(service, tenant, runId, { status: "COMPLETED" }), tenant.id],
      [() => service.get("/v1/workflow-runs", "wr_wrong"), null],
      [() => service.fetch("/healthz"), null],
      [() => service.fetch(message.path, requestOf(message)), stage.tenant.id],
      [() => service.fetch(message.path, requestOf({ ...message, headers: {} })), null],
    ];
    for (const [request, tenantId] of others)
      expect((await logged(request))[1]).toMatchObject([{ tenant_id: tenantId }]);
  });

  it("does not mix up requests at the same time", async () => {
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
