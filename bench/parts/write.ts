/** From an invoke to the callback and the next run: for many definitions at once, and for the queue of one. */
import { findFreePort } from "../../scripts/local/ports.ts";
import { BEFORE, prepareBefore } from "../support/before.ts";
import type { Context } from "../support/context.ts";
import { callBack, cycle, type Listeners, type Service, sendJson } from "../support/cycle.ts";
import { runWorkflows } from "../support/dbos.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, quantile, ratios, spread } from "../support/rounds.ts";
import { startRunner, type Webhook } from "../support/runner.ts";
import { definitionId, ownerKey, seed } from "../support/seed.ts";
import { bindings, buildWorker, startWorker } from "../support/worker.ts";

const MANY = 32;
const OF_BARE = 0.8;
const AIM_CYCLES = 0.9;
const AIM_QUEUE = 0.95;
/** At least this many rounds are measured: from one to the next, the ratio varies by a tenth. */
const ROUNDS = 9;
/** Runs or jobs that have ended before, so that Postgres plans for tables that are in use. */
const HISTORY = 10_000;

type Times = { perSecond: number; p50Ms: number; p95Ms: number };
type Cycles = Times & { toRunnerP50Ms: number; toRunnerP95Ms: number };

export async function measureWritePath(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building");
  const listeners: Listeners = new Map();
  const runner = await startRunner((webhook) => listeners.get(webhook.definitionId)?.(webhook));
  const pool = await server.createDatabase("bench_write");
  await server.createDatabase("bench_dbos", "empty");
  const before = await prepareBefore(context.progress);
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()] as const;
  const vars = (port: number, database = "bench_write"): Record<string, string> => ({
    ...bindings(server.url(database), server.endpointUrl),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    RUNNER_URL: runner.url,
  });
  const seeded = {
    runs: HISTORY,
    ended: true,
    definitions: MANY + 1,
    runnerUrl: runner.url.replace("127.0.0.1", "localhost"),
    encryptionKey: vars(0).ENCRYPTION_KEY ?? "",
  };
  await seed(pool, seeded);
  await before?.createDatabase(server, "bench_write_before", seeded);
  await pool.query(`
    create table queues (id uuid primary key);
    create table jobs (id uuid primary key default gen_random_uuid(), queue uuid not null, status text not null default 'PENDING',
      position bigserial, told_at timestamptz);
    create unique index on jobs (queue) where status = 'RUNNING';
    create index on jobs (queue, position) where status = 'PENDING';
    insert into queues select id from workflow_definitions;
    insert into jobs (queue, status, told_at) select id, 'COMPLETED', now() from queues, generate_series(1, ${HISTORY} / ${MANY + 1})`);
  await pool.query("vacuum (analyze)");
  const ours = await startWorker(await buildWorker("worker"), { vars: vars(ports[0]), port: ports[0] });
  const bare = await startWorker(await buildWorker("cycle"), { vars: vars(ports[1]), port: ports[1] });
  const old =
    before && (await startWorker(before.build, { vars: vars(ports[2], "bench_write_before"), port: ports[2] }));
  const serviceAt = (url: string): Service => ({
    invokeUrl: (n) => `${url}/v1/workflow-definitions/${definitionId(n)}/invoke`,
    headers: { authorization: `Bearer ${ownerKey}` },
  });
  const services = {
    ours: serviceAt(ours.url),
    bare: { invokeUrl: (n) => `${bare.url}/invoke/${definitionId(n)}`, headers: {} } satisfies Service,
  };
  const seconds = context.quick ? 1.5 : 4;
  const queued = context.quick ? 50 : 300;
  const subjects = {
    bareMany: () => cycleMany(services.bare, listeners, seconds),
    oursMany: () => cycleMany(services.ours, listeners, seconds),
    bareOne: () => drainOne(services.bare, listeners, queued),
    oursOne: () => drainOne(services.ours, listeners, queued),
    ...(old && {
      oldMany: () => cycleMany(serviceAt(old.url), listeners, seconds),
      oldOne: () => drainOne(serviceAt(old.url), listeners, queued),
    }),
    dbos: () => runWorkflows({ databaseUrl: server.url("bench_dbos"), concurrency: MANY, seconds }),
  };
  try {
    const measured = await alternate<() => Promise<Times>, Times>(
      context.quick ? context.rounds : Math.max(context.rounds, ROUNDS),
      Object.values(subjects),
      (measure) => measure(),
      context.progress,
    );
    const of = (subject: (() => Promise<Times>) | undefined) => (subject && measured.get(subject)) ?? [];
    return report({
      many: {
        bare: of(subjects.bareMany),
        ours: of(subjects.oursMany),
        before: of(subjects.oldMany),
        dbos: of(subjects.dbos),
      },
      one: { bare: of(subjects.bareOne), ours: of(subjects.oursOne), before: of(subjects.oldOne) },
      queued,
    });
  } finally {
    await Promise.all([ours.stop(), bare.stop(), old?.stop()]);
    runner.stop();
    for (const name of ["bench_write", "bench_write_before", "bench_dbos"]) await server.dropDatabase(name);
  }
}

/** Runs cycles of invoke, webhook and callback, one after another for each definition. */
async function cycleMany(service: Service, listeners: Listeners, seconds: number): Promise<Cycles> {
  const cycles: number[] = [];
  const toRunner: number[] = [];
  const began = performance.now();
  const client = async (n: number) => {
    while (performance.now() - began < seconds * 1000) {
      const { ms, toRunnerMs } = await cycle(service, listeners, n);
      cycles.push(ms);
      toRunner.push(toRunnerMs);
    }
  };
  await Promise.all(Array.from({ length: MANY }, (_, n) => client(n + 1)));
  const elapsed = performance.now() - began;
  for (const times of [cycles, toRunner]) times.sort((a, b) => a - b);
  return {
    perSecond: cycles.length / (elapsed / 1000),
    p50Ms: quantile(cycles, 0.5),
    p95Ms: quantile(cycles, 0.95),
    toRunnerP50Ms: quantile(toRunner, 0.5),
    toRunnerP95Ms: quantile(toRunner, 0.95),
  };
}

/** Fills the queue of one definition. Its runner ends each run as soon as it is dispatched. */
async function drainOne({ invokeUrl, headers }: Service, listeners: Listeners, queued: number): Promise<Times> {
  const definition = MANY + 1;
  const times: number[] = [];
  let held: Webhook | undefined;
  listeners.set(definitionId(definition), (webhook) => {
    held = webhook;
  });
  for (let n = 0; n < queued; n++) await sendJson(invokeUrl(definition), headers);
  const began = performance.now();
  let last = began;
  await new Promise<void>((resolve, reject) => {
    const end = (webhook: Webhook) => {
      if (webhook !== held) {
        times.push(performance.now() - last);
        last = performance.now();
      }
      callBack(webhook).then(() => times.length === queued - 1 && resolve(), reject);
    };
    listeners.set(definitionId(definition), end);
    if (held) end(held);
    else reject(new Error("The runner did not get the first run."));
  });
  const elapsed = performance.now() - began;
  times.sort((a, b) => a - b);
  return { perSecond: queued / (elapsed / 1000), p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
}

function report(measured: {
  many: { bare: Times[]; ours: Times[]; before: Times[]; dbos: Times[] };
  one: { bare: Times[]; ours: Times[]; before: Times[] };
  queued: number;
}): Report {
  const { many, one, queued } = measured;
  const values = (of: readonly Times[], what: string) =>
    of.map((times) => Object.entries(times).find(([name]) => name === what)?.[1] ?? Number.NaN);
  const row = (name: string, of: readonly Times[], bare: readonly Times[]) => [
    name,
    range(spread(values(of, "perSecond"))),
    range(spread(ratios(values(of, "perSecond"), values(bare, "perSecond")))),
    range(spread(values(of, "p50Ms"))),
    range(spread(values(of, "p95Ms"))),
    range(spread(values(of, "toRunnerP50Ms"))),
    range(spread(values(of, "toRunnerP95Ms"))),
  ];
  const columns = (of: string) => [of, "per second", "× bare", "p50 ms", "p95 ms", "to the runner, p50 ms", "p95 ms"];
  const ofBare = (of: readonly Times[], bare: readonly Times[]) =>
    spread(ratios(values(of, "perSecond"), values(bare, "perSecond")));
  const [cycles, queue] = [ofBare(many.ours, many.bare), ofBare(one.ours, one.bare)];
  return {
    goals: [
      {
        headline: "Runs/s from invoke to callback, compared with a handler that only sends the necessary statements",
        goal: `cycles/s of the bare handler: at least ${OF_BARE}`,
        figure: `${range(cycles)} ×`,
        met: cycles.median >= OF_BARE,
        aim: { aim: `cycles/s of the bare handler: at least ${AIM_CYCLES}`, met: cycles.median >= AIM_CYCLES },
      },
      {
        goal: `the queue of one definition, of the bare handler: at least ${OF_BARE}`,
        figure: `${range(queue)} ×`,
        met: queue.median >= OF_BARE,
        aim: {
          aim: `the queue of one definition, of the bare handler: at least ${AIM_QUEUE}`,
          met: queue.median >= AIM_QUEUE,
        },
      },
    ],
    tables: [
      {
        title: `Cycles on ${MANY} definitions at once`,
        columns: columns("Cycle"),
        rows: [
          row("bare handler", many.bare, many.bare),
          row("this service", many.ours, many.bare),
          ...(many.before.length > 0 ? [row(BEFORE, many.before, many.bare)] : []),
          row("DBOS Transact, an empty workflow", many.dbos, many.bare),
        ],
        notes:
          "A cycle is an invoke, its webhook received by a runner on loopback, and the callback. The bare handler sends five " +
          "statements for an invoke and four for a callback, each on rows found by a key, and neither knows its caller nor signs what it sends. DBOS starts and " +
          "finishes a workflow that does nothing inside one process with a connection to Postgres: no HTTP, no runner. It is " +
          "here as what else one might pick, and does another job.",
      },
      {
        title: "The queue of one definition",
        columns: columns("From one webhook to the next").slice(0, 5),
        rows: [
          row("bare handler", one.bare, one.bare),
          row("this service", one.ours, one.bare),
          ...(one.before.length > 0 ? [row(BEFORE, one.before, one.bare)] : []),
        ].map((cells) => cells.slice(0, 5)),
        notes: `${queued} runs wait. The runner ends each as soon as it hears of it, which promotes the next.`,
      },
    ],
  };
}
