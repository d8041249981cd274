/** What an invoke costs Postgres, today and before the life of a run moved into SQL functions. */
import { request } from "undici";
import { BEFORE, NO_HISTORY, prepareBefore } from "../support/before.ts";
import type { Context } from "../support/context.ts";
import type { Server } from "../support/postgres.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { BUSY, definitionId, ownerKey, seed } from "../support/seed.ts";
import { bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

const OF_BEFORE = 0.2;
const RUNS = 100_000;
const INVOKES = 200;

type Subject = { name: string; worker: Worker; database: string };
type Cost = { cpuMs: number; ms: number };

export async function measureInvoke(context: Context): Promise<Report> {
  const server = await context.server();
  const old = await prepareBefore(context.progress);
  if (old === undefined) throw new Error(NO_HISTORY);
  context.progress("building and seeding");
  const vars = bindings("", server.endpointUrl);
  const seeded = {
    runs: context.quick ? 1000 : RUNS,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  };
  const [database, oldDatabase] = ["bench_invoke", "bench_invoke_before"];
  await seed(await server.createDatabase(database), seeded);
  await old.createDatabase(server, oldDatabase, seeded);
  const varsOf = (name: string) => ({ vars: { ...vars, DATABASE_URL: server.url(name) } });
  const ours = {
    name: "this service",
    database,
    worker: await startWorker(buildWorker("worker"), varsOf(database)),
  };
  const before = { name: BEFORE, database: oldDatabase, worker: await startWorker(old.build, varsOf(oldDatabase)) };
  const subjects: Subject[] = [before, ours];
  try {
    // A connection plans a function for itself, not for the values of one call, from the sixth call on.
    for (const subject of subjects) await invoke(server, subject, 20);
    const measured = await alternate(
      context.rounds,
      subjects,
      (subject) => invoke(server, subject, context.quick ? 20 : INVOKES),
      context.progress,
    );
    return report(measured, before, ours, seeded.runs);
  } finally {
    for (const { worker } of subjects) await worker.stop();
    for (const { database } of subjects) await server.dropDatabase(database);
  }
}

/** The mean of some invokes, one after the other, on a definition whose slot is taken: no runner is involved. */
async function invoke(server: Server, { worker, database }: Subject, count: number): Promise<Cost> {
  const url = `${worker.url}/v1/workflow-definitions/${definitionId(BUSY)}/invoke`;
  const cpuBefore = await server.cpuMs(database);
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    const { statusCode, body } = await request(url, {
      method: "POST",
      headers: { authorization: `Bearer ${ownerKey}`, "content-type": "application/json" },
      body: "{}",
    });
    const text = await body.text();
    if (statusCode !== 202) throw new Error(`POST ${url}: ${statusCode} ${text}`);
  }
  const ms = (performance.now() - began) / count;
  return { cpuMs: ((await server.cpuMs(database)) - cpuBefore) / count, ms };
}

function report(measured: Map<Subject, Cost[]>, before: Subject, ours: Subject, runs: number): Report {
  const values = (subject: Subject, what: keyof Cost) => (measured.get(subject) ?? []).map((cost) => cost[what]);
  const relative = (subject: Subject, what: keyof Cost) => spread(ratios(values(subject, what), values(before, what)));
  const cpu = relative(ours, "cpuMs");
  return {
    goals: [
      {
        goal: `Postgres CPU for an invoke, of before: at most ${OF_BEFORE}`,
        figure: `${range(cpu)} ×`,
        met: cpu.median <= OF_BEFORE,
      },
    ],
    tables: [
      {
        title: `An invoke with ${runs.toLocaleString("en-GB")} runs in the database`,
        columns: ["", "Postgres CPU ms", "× before", "ms", "× before"],
        rows: [before, ours].map((subject) => [
          subject.name,
          range(spread(values(subject, "cpuMs"))),
          range(relative(subject, "cpuMs")),
          range(spread(values(subject, "ms"))),
          range(relative(subject, "ms")),
        ]),
        notes:
          "One after the other, on a definition whose slot is taken, so that each run waits as PENDING. CPU is that of the " +
          "database's connections; the other figure is what a client waits for, with the Worker and the SQL endpoint in it.",
      },
    ],
  };
}
