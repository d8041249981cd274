import { beforeAll, describe, expect, it } from "vitest";
import { traceWith } from "../../src/trace.ts";
import { createTenantWithRunner, startFakeRunner } from "../support/fake-runner.ts";
import { invokePath } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function dispatched(headers: Record<string, string>) {
  const { tenant, runner } = await createTenantWithRunner(service.database, []);
  const response = await service.send("POST", invokePath(tenant), tenant.owner.key, {}, headers);
  expect(response.status).toBe(202);
  const [request] = await runner.requests();
  if (!request) throw new Error("Nothing came.");
  return { header: request.headers.traceparent, data: JSON.parse(request.body).data };
}

describe("the trace of an invoke", () => {
  it("is passed on to the runner, in the header and in the signed body", async () => {
    const { header, data } = await dispatched({ traceparent: TRACE });
    expect([header, data.traceparent]).toEqual([TRACE, TRACE]);
  });

  it("is passed on to endpoints that are notified of the run's start", async () => {
    const { tenant } = await createTenantWithRunner(service.database, []);
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { event_types: ["workflow_run.started"] });
    await service.send("POST", invokePath(tenant), tenant.owner.key, {}, { traceparent: TRACE });
    const [request] = await hook.requests(1);
    expect(request?.headers.traceparent).toBe(TRACE);
    expect(JSON.parse(request?.body ?? "").data.traceparent).toBe(TRACE);
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
