/** The example runners that lease runs, as processes beside a fake service. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { startLeaseRunner } from "../support/node/example-lease-runner.ts";
import { runProgram } from "../support/node/run-program.ts";

/** A service that gives these answers by path, and counts the requests. */
async function startService(statuses: Record<string, number>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    response.writeHead(statuses[path] ?? 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ token: "session", leases: [], after: null }));
  });
  const url = await listen(server);
  return { url, sessions: () => asked.filter((path) => path.endsWith("-sessions")).length };
}

/**
 * A service that leases one run, and answers each of its requests. `said` are these requests. In front of it a proxy answers the first
 * `challenges` requests for each path, as Cloudflare does when it takes a program for a bot.
 */
async function startLeasing(
  answer: (path: string, body: Said) => [number, object],
  challenges = 0,
  input: object | null = null,
) {
  const said: [string, Said][] = [];
  const challenged = new Map<string, number>();
  let hasLeased = false;
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const path = request.url?.split("/").at(-1) ?? "";
    const send = (status: number, body: object) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    challenged.set(path, (challenged.get(path) ?? 0) + 1);
    if ((challenged.get(path) ?? 0) <= challenges) {
      response.writeHead(403, { "Content-Type": "text/html", "cf-mitigated": "challenge" }).end("<!DOCTYPE html>");
      return;
    }
    if (path === "runner-sessions") return send(201, { token: "session" });
    if (path === "leases") {
      // The next request for work waits until the runner is stopped.
      if (!hasLeased) send(200, { leases: [{ ...leaseOf(`http://${request.headers.host}`), input }], after: null });
      hasLeased = true;
      return;
    }
    const body: Said = JSON.parse(text || "{}");
    said.push([path, body]);
    send(...answer(path, body));
  });
  return { url: await listen(server), said };
}

type Said = {
  status?: string;
  progress?: object;
  log?: { sequence: number; text: string }[];
  sequence?: number;
  text?: string;
};

const leaseOf = (url: string) => ({
  run_id: "01920000-0000-7000-8000-000000000405",
  attempt: 1,
  deadline_at: new Date(Date.now() + 60_000).toISOString(),
  run_snapshot: { sources: [{ materialized_path: "/a" }], instructions: [], outputs: [{ materialized_path: "/b" }] },
  input: null,
  callback_url: `${url}/v1/workflow-runs/01920000-0000-7000-8000-000000000405/callback`,
  callback_token: "token",
  heartbeat_interval_seconds: 20,
});

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
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

  it("keeps trying while Cloudflare challenges it as a bot, and reports the result of its run", async () => {
    const service = await startLeasing(() => [200, { is_cut: false }], 2);
    const environment = { SERVICE_URL: service.url, RUNNER_KEY: "wr_key", WORK_SECONDS: "0" };
    const runner = await startLeaseRunner(language, environment);
    onTestFinished(() => void runner.child.kill("SIGKILL"));
    await expect
      .poll(() => service.said.at(-1), { timeout: 30_000 })
      .toMatchObject(["callback", { status: "COMPLETED" }]);
    expect(runner.log.join("\n")).toContain("Cloudflare challenges this runner as a bot: docs/operations.md");
    runner.child.kill("SIGTERM");
    await runner.closed;
    expect(runner.child.exitCode).toBe(0);
  });

  it.each([
    ["heartbeats carry its log, and what is left precedes the result", true],
    ["an older service, which takes none with a heartbeat, gets its log before the result", false],
  ])("%s", async (_, takesLog) => {
    const service = await startLeasing((_path, { log }) => {
      if (log && !takesLog) return [422, { detail: [] }];
      return [200, { stop: null, log: log ? { is_cut: false, conflicts: [] } : null, log_within_ms: 1_000 }];
    });
    const environment = { SERVICE_URL: service.url, RUNNER_KEY: "wr_key", WORK_SECONDS: "2" };
    const runner = await startLeaseRunner(language, environment);
    onTestFinished(() => void runner.child.kill("SIGKILL"));
    await expect.poll(() => service.said.at(-1)?.[0], { timeout: 30_000 }).toBe("callback");
    const accepted = service.said.filter(([path]) => takesLog || path === "log");
    const entries = accepted.flatMap(([path, body]) => (path === "log" ? [body] : (body.log ?? [])));
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, n) => n));
    expect(entries.map(({ text }) => text).join("")).toBe("Reads /a, writes to /b\n".repeat(4));
    expect(service.said.filter(([path, { log }]) => path === "heartbeat" && log)[0]?.[1].progress).toBeDefined();
    runner.child.kill("SIGTERM");
    await runner.closed;
  });

  it("reports a run whose result is refused as FAILED", async () => {
    const service = await startLeasing((_, { status }) =>
      status === "COMPLETED" ? [422, { detail: [] }] : [200, { is_cut: false }],
    );
    const environment = { SERVICE_URL: service.url, RUNNER_KEY: "wr_key", WORK_SECONDS: "0" };
    const runner = await startLeaseRunner(language, environment);
    onTestFinished(() => void runner.child.kill("SIGKILL"));
    const error = expect.stringContaining("The result was refused: {");
    await expect
      .poll(() => service.said.at(-1), { timeout: 30_000 })
      .toEqual(["callback", { status: "FAILED", error }]);
    runner.child.kill("SIGTERM");
    await runner.closed;
  });

  it("suspends a run that asks something first", async () => {
    const service = await startLeasing(() => [200, { suspended: true, outcomes: null }], 0, { ask: "Go on?" });
    const environment = { SERVICE_URL: service.url, RUNNER_KEY: "wr_key", WORK_SECONDS: "0" };
    const runner = await startLeaseRunner(language, environment);
    onTestFinished(() => void runner.child.kill("SIGKILL"));
    const asked = { waits: [{ key: "ask", kind: "question", prompt: "Go on?" }] };
    await expect.poll(() => service.said.at(-1), { timeout: 30_000 }).toEqual(["suspend", asked]);
    runner.child.kill("SIGTERM");
    await runner.closed;
    expect(service.said.filter(([path]) => path === "suspend" || path === "callback")).toHaveLength(1);
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

describe("the example runners in Python", () => {
  it("fail a run whose output is no JSON, and go on", async () => {
    const program = `
import json, lease, sys
said = []
lease.post = lambda url, token, body, *_: said.append(body) or (200, {})
lease.work = lambda _: {1}
lease.free_places.acquire()
lease.execute(lease.Lease(json.loads(sys.argv[1])))
print(json.dumps([said[-1], lease.free_places.acquire(blocking=False)]))
`;
    const run = JSON.stringify(leaseOf("http://localhost"));
    const ended = await runProgram("python3", ["-B", "-c", program, run], {
      cwd: join(root, "examples/runner-python"),
    });
    expect(JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "")).toEqual([
      { status: "FAILED", error: "Object of type set is not JSON serializable" },
      true,
    ]);
  });

  it("keep integers above 2^53 of an input in what they send", async () => {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request.setEncoding("utf8")) text += chunk;
      bodies.push(text);
      response.end('{"input": {"id": 9007199254740993, "deep": [-9007199254740995, 1.5]}}');
    });
    const url = await listen(server);
    const program = `
import lease, runner
status, run = lease.post("${url}", "token", {})
lease.post("${url}", "token", {"status": "COMPLETED", "output": run["input"]})
runner.call_back("name", {"callback_url": "${url}", "callback_token": "token"}, {"status": "COMPLETED", "output": run["input"]})
`;
    const ended = await runProgram("python3", ["-B", "-c", program], { cwd: join(root, "examples/runner-python") });
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringContaining("Traceback")]);
    const sent = '{"status": "COMPLETED", "output": {"id": 9007199254740993, "deep": [-9007199254740995, 1.5]}}';
    expect(bodies).toEqual(["{}", sent, sent]);
  });
});
