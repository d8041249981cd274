/** How soon a runner gets a run after its invoke: by a lease that it waits for, by a webhook, and as a worker of pg-boss. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { PgBoss } from "pg-boss";
import { request } from "undici";
import { findFreePort } from "../../scripts/local/ports.ts";
import type { Context } from "../support/context.ts";
import type { Server } from "../support/postgres.ts";
import { number, type Report } from "../support/report.ts";
import { alternate, quantile } from "../support/rounds.ts";
import { startRunner, type Webhook } from "../support/runner.ts";
import { definitionId, ownerKey, seed } from "../support/seed.ts";
import { bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

const DATABASE = "bench_leases";
const JOBS_DATABASE = "bench_lease_jobs";
const BY_WEBHOOK = definitionId(1);
const BY_LEASE = definitionId(2);

/** The number of runs for each way, over all rounds. */
const RUNS = 100;
const QUICK_RUNS = 20;

/** The pause before each invoke, so that the runner is waiting and nothing else is under way. */
const QUIET_MS = 250;

/** How often a worker of pg-boss polls by default. */
const POLLING_MS = 2_000;
const QUEUES = 10;

type Lease = { callback_url: string; callback_token: string };

export async function measureLeases(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building");
  const build = await buildWorker("worker");
  let onWebhook: (webhook: Webhook) => void = () => {};
  const runner = await startRunner((webhook) => onWebhook(webhook));
  const port = await findFreePort();
  const vars: Record<string, string> = {
    ...bindings(server.url(DATABASE), server.endpointUrl),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  const pool = await server.createDatabase(DATABASE);
  await seed(pool, {
    runs: 0,
    definitions: 2,
    runnerUrl: runner.url.replace("127.0.0.1", "localhost"),
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  });
  await pool.query("update workflow_definitions set handover = 'lease' where id = $1", [BY_LEASE]);
  const worker = await startWorker(build, { vars, port, objects: OBJECTS });
  const boss = await startBoss(server);

  const invoke = (id: string) => post(`${worker.url}/v1/workflow-definitions/${id}/invoke`, ownerKey, {});
  const complete = (url: string, token: string) => post(url, token, { status: "COMPLETED" });
  const session = await post(`${worker.url}/v1/runner-sessions`, ownerKey, { name: "bench", capacity: 1 });
  const { token }: { token: string } = JSON.parse(session);

  async function byLease(): Promise<number> {
    const question = { request_id: randomUUID(), wait_seconds: 30 };
    const waiting = post(`${worker.url}/v1/leases`, token, question).then((answer) => ({
      answer,
      at: performance.now(),
    }));
    const invoking = delay(QUIET_MS).then(async () => {
      const began = performance.now();
      await invoke(BY_LEASE);
      return began;
    });
    const [{ answer, at }, began] = await Promise.all([waiting, invoking]);
    const { leases }: { leases: Lease[] } = JSON.parse(answer);
    const [lease] = leases;
    if (lease === undefined) throw new Error("The runner waited, and got no run.");
    await complete(lease.callback_url, lease.callback_token);
    return at - began;
  }

  async function byWebhook(): Promise<number> {
    await delay(QUIET_MS);
    const began = performance.now();
    const received = new Promise<{ webhook: Webhook; ms: number }>((resolve) => {
      onWebhook = (webhook) => resolve({ webhook, ms: performance.now() - began });
    });
    const [{ webhook, ms }] = await Promise.all([received, invoke(BY_WEBHOOK)]);
    await complete(webhook.callbackUrl, webhook.callbackToken);
    return ms;
  }

  const count = (context.quick ? QUICK_RUNS : RUNS) / context.rounds;
  const oneByOne = async (measure: () => Promise<number>) => {
    const times: number[] = [];
    while (times.length < count) times.push(await measure());
    return times;
  };
  const subjects = [
    { name: "a runner that waits at POST /v1/leases", measure: () => oneByOne(byLease) },
    { name: "a runner that is sent a webhook", measure: () => oneByOne(byWebhook) },
    { name: "a worker of pg-boss that polls by default", measure: () => boss.measure(count) },
  ];
  try {
    // The first run of each way opens connections, so it is not measured.
    await byLease();
    await byWebhook();
    const measured = await alternate(context.rounds, subjects, ({ measure }) => measure(), context.progress);
    return report([...measured].map(([{ name }, rounds]) => ({ name, times: rounds.flat() })));
  } finally {
    await boss.stop();
    await worker.stop();
    runner.stop();
    for (const name of [DATABASE, JOBS_DATABASE]) await server.dropDatabase(name);
  }
}

async function post(url: string, token: string, body: unknown): Promise<string> {
  const answer = await request(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`POST ${url}: ${answer.statusCode} ${text}`);
  return text;
}

/** A few queues of pg-boss with a worker for each, with all settings at their defaults. */
async function startBoss(server: Server) {
  await server.createDatabase(JOBS_DATABASE, "empty");
  const boss = new PgBoss({ connectionString: server.url(JOBS_DATABASE) });
  boss.on("error", () => {});
  await boss.start();
  const begun = new Map<string, () => void>();
  const queues = Array.from({ length: QUEUES }, (_, n) => `bench-${n}`);
  for (const queue of queues) {
    await boss.createQueue(queue);
    await boss.work(queue, async () => begun.get(queue)?.());
  }

  async function sendOne(queue: string, sinceLastMs: number): Promise<number> {
    await delay(sinceLastMs);
    const began = performance.now();
    const ms = new Promise<number>((resolve) => begun.set(queue, () => resolve(performance.now() - began)));
    await boss.send(queue, {});
    return ms;
  }

  return {
    /**
     * Sends jobs to each queue, one after another. A worker polls next 2 s after it has begun a job, so the jobs are sent at
     * instants that are spread evenly over these 2 s.
     */
    async measure(count: number): Promise<number[]> {
      const times: number[] = [];
      const sendAll = async (queue: string, first: number) => {
        // This job only shows when the worker polls.
        await sendOne(queue, 0);
        for (let n = first; n < count; n += QUEUES) {
          times.push(await sendOne(queue, (POLLING_MS * (n + 0.5)) / count));
        }
      };
      await Promise.all(queues.map(sendAll));
      return times;
    },
    stop: () => boss.stop({ graceful: false }),
  };
}

function report(measured: readonly { name: string; times: readonly number[] }[]): Report {
  return {
    goals: [],
    tables: [
      {
        title: "From an invoke to its runner, ms",
        columns: ["", "runs", "p50", "p95", "max"],
        rows: measured.map(({ name, times }) => {
          const sorted = times.toSorted((a, b) => a - b);
          return [name, String(times.length), ...[0.5, 0.95, 1].map((share) => number(quantile(sorted, share)))];
        }),
        notes:
          "One after the other, each after a quiet quarter of a second, on one Worker that has its Durable Objects. Counted from " +
          "before the request of the invoke: until the runner has read the answer with its lease, or its HTTP server the " +
          "webhook. For pg-boss from before `send` until the worker's handler begins, by connections to Postgres with no HTTP " +
          `between; its worker asks every ${POLLING_MS / 1000} s, and the jobs are sent at instants spread evenly over that. Its ` +
          `times come from ${QUEUES} queues at once, one job after the other on each, since they are mostly waiting. While it waits, ` +
          "a runner at `POST /v1/leases` makes no request to the database (see round-trips).",
      },
    ],
  };
}
