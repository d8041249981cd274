/** The example runners that lease runs, as processes beside a fake service. */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startLeaseRunner } from "../support/node/example-lease-runner.ts";

/** A service that gives these answers by path, and counts the requests. */
async function startService(statuses: Record<string, number>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    response.writeHead(statuses[path] ?? 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ token: "session", leases: [], after: null }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, sessions: () => asked.filter((path) => path.endsWith("-sessions")).length };
}

describe.each(["TypeScript", "Python"] as const)("the example runner in %s that leases", (language) => {
  it("pauses, for longer each time, before it opens another session in place of refused ones", async () => {
    const service = await startService({ "/v1/runner-sessions": 201, "/v1/leases": 401 });
    const runner = await startLeaseRunner(language, { SERVICE_URL: service.url, RUNNER_KEY: "wr_key" });
    onTestFinished(() => void runner.child.kill("SIGKILL"));
    await expect.poll(service.sessions, { timeout: 30_000 }).toBeGreaterThan(2);
    await delay(3_000);
    // Two at once, then after pauses of up to 0.4, 0.8, 1.6 … seconds, shortened by up to a half.
    expect(service.sessions()).toBeLessThan(8);
    runner.child.kill("SIGTERM");
    await runner.closed;
    expect(runner.child.exitCode).toBe(0);
  });

  it.each([
    [{ RUNNER_KEY: "" }, "Set RUNNER_KEY to a runner key: POST /v1/runner-keys makes one."],
    [{ RUNNER_KEY: "wr_key" }, "The service does not accept the key: 401"],
  ])("refuses to start with %j in one sentence", async (environment, sentence) => {
    const service = await startService({ "/v1/runner-sessions": 401 });
    const starting = startLeaseRunner(language, { SERVICE_URL: service.url, ...environment });
    await expect(starting).rejects.toThrow(new Error(`The runner did not start:\n${sentence}`));
  });
});
