/**
 * The cost of an invoke, and of a lease with its callback: with the Durable Objects, without them, and before every change became a
 * verb in SQL.
 */
import { randomUUID } from "node:crypto";
import { BEFORE, NO_HISTORY, prepareBefore } from "../support/before.ts";
import type { Context } from "../support/context.ts";
import { post } from "../support/post.ts";
import type { Server } from "../support/postgres.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { BUSY, definitionId, FREE, ownerKey, seed } from "../support/seed.ts";
import { type Build, bindings, buildWorker, OBJECTS, startWorker, type Worker } from "../support/worker.ts";

/** "Not worse than before", with the noise of a run. */
const OF_BEFORE = 1.1;
const OF_PLAIN = 1.1;
const RUNS = 100_000;
const INVOKES = 200;
const LEASES = 50;
const LEASED = definitionId(FREE);
/** At least this many rounds are measured. They are short, and from one to the next the ratio varies by several hundredths. */
const ROUNDS = 15;
const DATABASES = { plain: "bench_invoke", live: "bench_invoke_live", before: "bench_invoke_before" };

type Subject = { name: string; worker: Worker; database: string };
/** For one call: Postgres CPU for an invoke and how long it takes, and the Postgres CPU for a lease and its callback. */
type Cost = { cpuMs: number; ms: number; leaseCpuMs: number };
type Lease = { callback_url: string; callback_token: string };

export async function measureInvoke(context: Context): Promise<Report> {
  const server = await context.server();
  const old = await prepareBefore(context.progress);
  context.progress("building and seeding");
  const vars = bindings("", server.endpointUrl);
  const seeded = {
    runs: context.quick ? 1000 : RUNS,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  };
  const toLeases = "update workflow_definitions set handover = 'lease' where id = $1";
  const pool = await server.createDatabase(DATABASES.plain);
  await seed(pool, seeded);
  await pool.query(toLeases, [LEASED]);
  await server.createDatabase(DATABASES.live, { copyOf: DATABASES.plain });
  const oldPool = await old?.createDatabase(server, DATABASES.before, seeded);
  await oldPool?.query(toLeases, [LEASED]);
  const build = await buildWorker("worker");
  const start = async (
    name: string,
    ofWhat: Build,
    database: string,
    objects: Record<string, string> = {},
  ): Promise<Subject> => ({
    name,
    database,
    worker: await startWorker(ofWhat, { vars: { ...vars, DATABASE_URL: server.url(database) }, objects }),
  });
  const plain = await start("this service without Durable Objects", build, DATABASES.plain);
  const live = await start("this service with Durable Objects", build, DATABASES.live, OBJECTS);
  const before = old && (await start(BEFORE, old.build, DATABASES.before));
  const subjects = [...(before ? [before] : []), plain, live];
  try {
    // From the sixth call on, a connection uses a generic plan for a function, instead of one for the values of the call.
    const measure = async (subject: Subject, invokes: number, leases: number): Promise<Cost> => ({
      ...(await invoke(server, subject, invokes)),
      leaseCpuMs: await lease(server, subject, leases),
    });
    for (const subject of subjects) await measure(subject, 20, 20);
    const measured = await alternate(
      context.quick ? context.rounds : Math.max(context.rounds, ROUNDS),
      subjects,
      (subject) => measure(subject, context.quick ? 20 : INVOKES, context.quick ? 10 : LEASES),
      context.progress,
    );
    return report(measured, { before, plain, live }, seeded.runs);
  } finally {
    for (const { worker } of subjects) await worker.stop();
    for (const { database } of subjects) await server.dropDatabase(database);
  }
}

/** The mean cost of some invokes, one after another, of a definition whose slot is taken: no runner is involved. */
async function invoke(
  server: Server,
  { worker, database }: Subject,
  count: number,
): Promise<{ cpuMs: number; ms: number }> {
  const url = `${worker.url}/v1/workflow-definitions/${definitionId(BUSY)}/invoke`;
  const cpuBefore = await server.cpuMs(database);
  const began = performance.now();
  for (let n = 0; n < count; n++) await post(url, ownerKey, {});
  const ms = (performance.now() - began) / count;
  return { cpuMs: ((await server.cpuMs(database)) - cpuBefore) / count, ms };
}

/** The mean Postgres CPU, in ms, for a lease and the callback of its run, of a definition for which some runs wait. */
async function lease(server: Server, { worker, database }: Subject, count: number): Promise<number> {
  for (let n = 0; n < count; n++) await post(`${worker.url}/v1/workflow-definitions/${LEASED}/invoke`, ownerKey, {});
  const { token } = await post<{ token: string }>(`${worker.url}/v1/runner-sessions`, ownerKey, {
    ...{ name: "bench", capacity: 1 },
  });
  const cpuBefore = await server.cpuMs(database);
  for (let n = 0; n < count; n++) {
    const question = { request_id: randomUUID(), wait_seconds: 0 };
    const { leases } = await post<{ leases: Lease[] }>(`${worker.url}/v1/leases`, token, question);
    const [leased] = leases;
    if (leased === undefined) throw new Error("A run waits, and was not leased.");
    const callback = new URL(new URL(leased.callback_url).pathname, worker.url).href;
    await post(callback, leased.callback_token, { status: "COMPLETED" });
  }
  return ((await server.cpuMs(database)) - cpuBefore) / count;
}

type Compared = { before: Subject | undefined; plain: Subject; live: Subject };

function report(measured: Map<Subject, Cost[]>, { before, plain, live }: Compared, runs: number): Report {
  const values = (subject: Subject, what: keyof Cost) => (measured.get(subject) ?? []).map((cost) => cost[what]);
  const relative = (subject: Subject, what: keyof Cost, to: Subject) =>
    spread(ratios(values(subject, what), values(to, what)));
  const ofBefore = [
    { what: "an invoke", ratio: before && relative(plain, "cpuMs", before) },
    { what: "a lease and its callback", ratio: before && relative(plain, "leaseCpuMs", before) },
  ];
  const ofPlain = [
    { what: "Postgres CPU for an invoke", ratio: relative(live, "cpuMs", plain) },
    { what: "how long an invoke takes", ratio: relative(live, "ms", plain) },
  ];
  const cells = (subject: Subject, what: keyof Cost) => [
    range(spread(values(subject, what))),
    before ? range(relative(subject, what, before)) : "–",
    range(relative(subject, what, plain)),
  ];
  return {
    goals: [
      ...ofBefore.map(({ what, ratio }) => ({
        goal: `Postgres CPU for ${what}, of before: at most ${OF_BEFORE}`,
        figure: ratio ? `${range(ratio)} ×` : NO_HISTORY,
        met: ratio !== undefined && ratio.median <= OF_BEFORE,
      })),
      ...ofPlain.map(({ what, ratio }) => ({
        goal: `${what} with Durable Objects, of without: at most ${OF_PLAIN}`,
        figure: `${range(ratio)} ×`,
        met: ratio.median <= OF_PLAIN,
      })),
    ],
    tables: [
      {
        title: `An invoke with ${runs.toLocaleString("en-GB")} runs in the database`,
        columns: [
          ...["", "Postgres CPU ms", "× before", "× without", "ms", "× before", "× without"],
          ...["a lease and its callback, Postgres CPU ms", "× before", "× without"],
        ],
        rows: [...(before ? [before] : []), plain, live].map((subject) => [
          subject.name,
          ...cells(subject, "cpuMs"),
          ...cells(subject, "ms"),
          ...cells(subject, "leaseCpuMs"),
        ]),
        notes:
          "One after the other, on a definition whose slot is taken, so that each run waits as PENDING. CPU is that of the " +
          "database's connections; the other figure is what a client waits for, with the Worker and the SQL endpoint in it. " +
          "With and without Durable Objects it is the same build, with the two bindings and without them, in two copies of one database.",
      },
    ],
  };
}
