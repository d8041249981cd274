import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import worker from "../../src/worker.ts";
import { documentFaults, operations } from "../support/document.ts";
import { startService } from "../support/service.ts";

const service = await startService();

describe("the service", () => {
  it("describes itself at /, with links that work", async () => {
    const response = await service.fetch("/");
    const body = await response.json<{ name: string; version: string; links: Record<string, string> }>();
    expect(body).toMatchObject({ name: "workflow-runs", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    await service.sweep();
    for (const link of Object.values(body.links)) expect((await service.fetch(link)).status).toBe(200);
  });

  it("answers an unknown route with a problem that has the request's id", async () => {
    const response = await service.fetch("/v1/nothing", { headers: { "X-Request-Id": "from-the-client" } });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("x-request-id")).toBe("from-the-client");
    expect(await response.json()).toMatchObject({ status: 404, request_id: "from-the-client" });
  });

  it("sends secure headers with every answer", async () => {
    for (const path of ["/", "/docs", "/v1/nothing", "/healthz"]) {
      const { headers } = await service.fetch(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toContain("max-age");
    }
  });

  it.each(["/app", "/app/runs?status=FAILED", "/docs"])("redirects the page %s from http to https", async (path) => {
    for (const port of ["", ":8080"]) {
      const response = await service.fetch(`http://service.test${port}${path}`, { redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([308, `https://service.test${path}`]);
    }
  });

  it.each(["/v1/workflow-runs", "/healthz", "/application"])(
    "answers %s over http with 403, without executing it",
    async (path) => {
      const [response, requests] = await service.counted(() => service.fetch(`http://service.test${path}`));
      expect([response.status, requests]).toEqual([403, 0]);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining("Use https.") });
    },
  );

  it("serves http when its public URL is http", async () => {
    const local = await startService({ settings: { PUBLIC_URL: "http://service.test" } });
    expect((await local.fetch("http://service.test/healthz")).status).toBe(200);
  });

  it("refuses a body over 64 KiB", async () => {
    const response = await service.fetch("/v1/nothing", { method: "POST", body: "x".repeat(64 * 1024 + 1) });
    expect(response.status).toBe(413);
  });

  // The body of a file is not read, and may have 95 MB: see `artifacts.test.ts`.
  it.each(
    operations.filter(({ method, operationId }) => method !== "GET" && operationId !== "put_workflow_run_artifact"),
  )("refuses it of $operationId as the document says", async (operation) => {
    const path = operation.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
    const isLong = /^(invoke_workflow_batch|trigger_child_runs|receive_webhook.*)$/.test(operation.operationId);
    const most = isLong ? 1024 * 1024 : operation.operationId === "workflow_run_callback" ? 512 * 1024 : 64 * 1024;
    const response = await service.fetch(path, { method: operation.method, body: "x".repeat(most + 1) });
    expect(response.status).toBe(413);
    expect(await documentFaults(operation, response)).toEqual([]);
  });

  it("logs one line of JSON for a request, by its route and without its credential", async () => {
    const info = vi.spyOn(console, "info");
    await service.get("/v1/workflow-runs/00000000-0000-0000-0000-000000000000", "wr_secret");
    const lines = info.mock.calls.map(([line]) => String(line));
    info.mockRestore();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("wr_secret");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      event: "request",
      method: "GET",
      route: "/v1/workflow-runs/:run_id",
      status: 401,
      request_id: expect.any(String),
    });
  });

  it("answers an unknown error with a fixed sentence, and logs it with the request's id", async () => {
    const error = vi.spyOn(console, "error");
    await service.database.sql`alter table sweep_state rename to hidden`;
    const response = await service.fetch("/readyz");
    await service.database.sql`alter table hidden rename to sweep_state`;
    const [[line] = []] = error.mock.calls;
    error.mockRestore();

    expect(response.status).toBe(500);
    const body = await response.json<{ detail: string; request_id: string }>();
    expect(body.detail).not.toContain("sweep_state");
    expect(JSON.parse(line)).toMatchObject({
      request_id: body.request_id,
      error: 'NeonDbError: relation "sweep_state" does not exist',
    });
  });

  it("says in its log which setting is missing or wrong, and never the value", async () => {
    const error = vi.spyOn(console, "error");
    const bindings = { DATABASE_URL: "mysql://secret", DATABASE_TIMEOUT_SECONDS: "soon" };
    const response = await worker.fetch(new Request("https://service.test/"), bindings, createExecutionContext());
    const [[line] = []] = error.mock.calls;
    error.mockRestore();
    expect(response.status).toBe(500);
    expect(line).toContain("DATABASE_URL, DATABASE_TIMEOUT_SECONDS");
    expect(line).not.toContain("secret");
  });
});
