/**
 * Runners for the tests: HTTP servers that give the configured answers and record the requests that they receive. They run in
 * Node, and the tests control them through the harness (see `test/support/fake-runner.ts`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { ReceivedRequest, ScriptedAnswer } from "../harness-protocol.ts";

const WAIT_LIMIT_MS = 20_000;
const ENDLESS_CHUNK = "x".repeat(16 * 1024);

/** All the runners of one test run. */
export function createFakeRunners() {
  const runners: Awaited<ReturnType<typeof startRunner>>[] = [];

  return {
    /** Handles `/runners…` of the harness. */
    async route(url: URL, body: string): Promise<unknown> {
      if (url.pathname === "/runners") {
        const runner = await startRunner(JSON.parse(body));
        return { runner: runners.push(runner) - 1, url: runner.url };
      }
      const runner = runners[Number(url.searchParams.get("runner"))];
      if (!runner) throw new Error(`The harness has no runner ${url.searchParams.get("runner")}.`);
      const count = Number(url.searchParams.get("count"));
      switch (url.pathname) {
        case "/runners/requests":
          return runner.until(() => runner.requests.length >= count, `${count} requests`);
        case "/runners/abandoned":
          return runner.until(() => runner.requests.filter((r) => r.isAbandoned).length >= count, `${count} abandoned`);
        case "/runners/script":
          return runner.script(JSON.parse(body));
        case "/runners/close":
          return runner.close();
        default:
          throw new Error(`The harness has no ${url.pathname}.`);
      }
    },
    closeAll: () => Promise.all(runners.map((runner) => runner.close())),
  };
}

async function startRunner(script: ScriptedAnswer[]) {
  let answers = [...script];
  const requests: ReceivedRequest[] = [];
  const changed = new Set<() => void>();
  const tell = () => {
    for (const listener of changed) listener();
  };

  const server = createServer(async (request, response) => {
    try {
      const received = await read(request);
      response.once("close", () => {
        received.isAbandoned = !response.writableFinished;
        tell();
      });
      requests.push(received);
      tell();
      // The last answer is repeated.
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
      await give(answer, response);
    } catch {
      // The client has closed the connection before the answer.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The runner has no port.");

  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    requests,
    script(next: ScriptedAnswer[]) {
      answers = [...next];
    },
    /** All requests so far, as soon as the condition holds. */
    async until(holds: () => boolean, what: string): Promise<ReceivedRequest[]> {
      const limit = Date.now() + WAIT_LIMIT_MS;
      while (!holds()) {
        if (Date.now() >= limit) throw new Error(`The runner waited in vain for ${what}: it has ${requests.length}.`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, limit - Date.now());
          function done() {
            clearTimeout(timer);
            changed.delete(done);
            resolve();
          }
          changed.add(done);
        });
      }
      return requests;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<ReceivedRequest> {
  const receivedAt = Date.now();
  const body = await text(request);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? "", path: request.url ?? "", headers, body, receivedAt, isAbandoned: false };
}

async function give(answer: ScriptedAnswer, response: ServerResponse): Promise<void> {
  if (answer.delayMs !== undefined) await delay(answer.delayMs);
  if (answer.ending === "hang") return;
  if (answer.ending === "cut") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status ?? 202, answer.headers);
  if (answer.ending !== "endless") {
    response.end(answer.body ?? "");
    return;
  }
  while (!response.destroyed) {
    if (response.write(ENDLESS_CHUNK)) await delay(1);
    else await Promise.race([once(response, "drain"), once(response, "close")]);
  }
}

const once = (response: ServerResponse, event: string) =>
  new Promise<void>((resolve) => response.once(event, () => resolve()));
