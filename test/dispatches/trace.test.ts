import { describe, expect, it } from "vitest";
import { traceWith } from "../../src/base/trace.ts";
import { webhookFaults } from "../support/document.ts";
import { createTenantWithRunner, listDispatched, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invokePath } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { startService } from "../support/service.ts";

const service = await startService();

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function dispatched(headers: Record<string, string>) {
  const { tenant, runner } = await createTenantWithRunner(service.database, []);
  const response = await service.send("POST", invokePath(tenant), tenant.owner.key, {}, headers);
  expect(response.status).toBe(202);
  const [request] = await runner.requests();
  if (!request) throw new Error("Nothing came.");
  return {
    header: request.headers.traceparent,
    faults: webhookFaults(request.body),
    data: JSON.parse(request.body).data,
  };
}

describe("the trace of an invoke", () => {
  it("is passed on to the runner, in the header and in the signed body", async () => {
    const { header, data, faults } = await dispatched({ traceparent: TRACE });
    expect([header, data.traceparent, faults]).toEqual([TRACE, TRACE, []]);
  });

  it("is passed on to endpoints that are notified of the run, as the document says", async () => {
    const { tenant, runner } = await createTenantWithRunner(service.database, []);
    const hook = await startFakeRunner();
    const types = ["started", "failed", "late_result"].map((name) => `workflow_run.${name}`);
    await createEndpoint(service, tenant, hook.url, { event_types: types });
    await service.send("POST", invokePath(tenant), tenant.owner.key, {}, { traceparent: TRACE });
    const [{ runId } = { runId: "" }] = await listDispatched(runner);
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const requests = await hook.requests(types.length);
    expect(requests.map(({ body }) => JSON.parse(body).type)).toEqual(types);
    for (const { headers, body } of requests) {
      expect(headers.traceparent).toBe(TRACE);
      expect(JSON.parse(body).data.traceparent).toBe(TRACE);
      expect(webhookFaults(body)).toEqual([]);
    }
  });

  it.each([
    ["none", {}],
    ["one of another version", { traceparent: TRACE.replace(/^00/, "ff") }],
    ["one with an id of zeros", { traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` }],
    ["a long text", { traceparent: `${TRACE}-${"x".repeat(1000)}` }],
  ])("is left out when the invoke has %s", async (_, headers) => {
    const { header, data } = await dispatched(headers);
    expect(header).toBeUndefined();
    expect(data).not.toHaveProperty("traceparent");
  });
});

describe("a request", () => {
  it("has spans for its database request and for the dispatch", async () => {
    const names = new Set<string>();
    traceWith({
      enterSpan: (name, work) => {
        names.add(name);
        return work();
      },
    });
    await dispatched({});
    traceWith({ enterSpan: (_name, work) => work() });
    expect(names).toEqual(new Set(["database", "workflow_run.dispatched"]));
  });
});
