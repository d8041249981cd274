/** What a run costs the database, and what it costs while somebody keeps a snapshot open. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { findFreePort } from "../../scripts/local/ports.ts";
import type { Context } from "../support/context.ts";
import { cycle, type Listeners } from "../support/cycle.ts";
import { number, type Report } from "../support/report.ts";
import { startRunner } from "../support/runner.ts";
import { definitionId, ownerKey, seed } from "../support/seed.ts";
import { sweepCpuMs } from "../support/sweep-worker.ts";
import { bindings, buildWorker, startWorker } from "../support/worker.ts";

const DATABASE = "bench_run_cost";
const DEFINITIONS = 8;
/** Runs that have ended before, so that Postgres plans for tables that are in use. */
const HISTORY = 10_000;
/** Runs that are measured, and as many after the snapshot was opened. Their CPU is that of the last tenth. */
const RUNS = 10_000;
const SWEEPS = 10;
/** Of one answer of the database to the next: a run that has ended has none on its way any more. */
const QUIET_MS = 200;

type Cost = { cpuMs: number; answers: number; sentBytes: number; sweepMs: number };

export async function measureRunCost(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building and seeding");
  const listeners: Listeners = new Map();
  const runner = await startRunner((webhook) => listeners.get(webhook.definitionId)?.(webhook));
  const pool = await server.createDatabase(DATABASE);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const vars: Record<string, string> = {
    ...bindings(server.url(DATABASE), server.endpointUrl),
    PUBLIC_URL: url,
    RUNNER_URL: runner.url,
  };
  await seed(pool, {
    ...{ runs: HISTORY, ended: true, definitions: DEFINITIONS },
    runnerUrl: runner.url.replace("127.0.0.1", "localhost"),
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  });
  const build = await buildWorker("worker");
  const worker = await startWorker(build, { vars, port });
  const service = {
    invokeUrl: (n: number) => `${url}/v1/workflow-definitions/${definitionId(n)}/invoke`,
    headers: { authorization: `Bearer ${ownerKey}` },
  };
  const sent = { answers: 0, bytes: 0, at: 0 };
  server.watch(async (request) => {
    const { json } = await request.run();
    Object.assign(sent, {
      answers: sent.answers + 1,
      bytes: sent.bytes + Buffer.byteLength(json),
      at: performance.now(),
    });
    return "continue";
  });
  const runs = context.quick ? 100 : RUNS;

  /** So many runs, one after another for each definition. */
  async function make(count: number): Promise<void> {
    const client = async (n: number) => {
      for (let run = 0; run < count / DEFINITIONS; run++) await cycle(service, listeners, n);
    };
    await Promise.all(Array.from({ length: DEFINITIONS }, (_, n) => client(n + 1)));
    while (performance.now() - sent.at < QUIET_MS) await delay(QUIET_MS);
  }

  async function costOf(what: string): Promise<Cost> {
    context.progress(what);
    const last = runs / 10;
    await make(runs - last);
    const [before, { answers, bytes }] = [await server.cpuMs(DATABASE), { ...sent }];
    await make(last);
    const cpuMs = ((await server.cpuMs(DATABASE)) - before) / last;
    const perRun = { cpuMs, answers: (sent.answers - answers) / last, sentBytes: (sent.bytes - bytes) / last };
    return { ...perRun, sweepMs: await sweepCpuMs(server, build, DATABASE, SWEEPS) };
  }

  const stored = async () => {
    await pool.query("vacuum");
    const { rows } = await pool.query(
      "select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    );
    return rows[0].bytes;
  };
  const holder = new pg.Client(server.url(DATABASE));
  try {
    const storedBefore = await stored();
    const usual = await costOf("runs");
    const storedBytes = ((await stored()) - storedBefore) / runs;
    await holder.connect();
    await holder.query("begin isolation level repeatable read");
    await holder.query("select count(*) from workflow_runs");
    const held = await costOf("runs beside an open snapshot");
    return report({ usual, held, storedBytes, runs });
  } finally {
    await holder.end();
    server.watch(undefined);
    await worker.stop();
    runner.stop();
    await server.dropDatabase(DATABASE);
  }
}

function report({
  usual,
  held,
  storedBytes,
  runs,
}: Record<"usual" | "held", Cost> & Record<"storedBytes" | "runs", number>): Report {
  return {
    goals: [],
    tables: [
      {
        title: "What a run costs the database",
        columns: ["", "a run", `a run, ${runs.toLocaleString("en-GB")} runs after a snapshot was opened`],
        rows: [
          ["Postgres CPU, ms", number(usual.cpuMs), number(held.cpuMs)],
          ["answers of the database", number(usual.answers), number(held.answers)],
          ["what these answers have, KB", number(usual.sentBytes / 1000), number(held.sentBytes / 1000)],
          ["tables and indexes, KB", number(storedBytes / 1000), "–"],
          ["Postgres CPU of a sweep with nothing due, ms", number(usual.sweepMs), number(held.sweepMs)],
        ],
        notes:
          "From the invoke over the webhook to the callback, without Durable Objects. CPU and answers are those of the last tenth of so many " +
          "runs, of eight workflows at a time; tables and indexes have grown so much by all of them, after a vacuum. The snapshot is that of one " +
          "idle REPEATABLE READ transaction.",
      },
    ],
  };
}
