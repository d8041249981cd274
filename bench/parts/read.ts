/**
 * `GET /v1/workflow-runs/{id}`, compared with Workers that do less, with the same written by hand, and with the usual way to
 * build it.
 */
import type pg from "pg";
import { fetch } from "undici";
import { BEFORE, prepareBefore } from "../support/before.ts";
import { barChart } from "../support/charts.ts";
import type { Context } from "../support/context.ts";
import { sendLoad } from "../support/load.ts";
import { number, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { definitionId, ownerKey, READABLE, readerKey, runId, seed } from "../support/seed.ts";
import { bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

const CONNECTIONS = 32;
const ROUNDS = 9;
const OF_BY_HAND = 0.85;
const AIM_BY_HAND = 0.9;
const OF_ORDINARY = 1.5;

/** Headers that differ in each answer. */
const VARYING_HEADERS = new Set(["etag", "content-length", "content-type", "date", "server-timing", "x-request-id"]);

type Subject = { name: string; worker: Worker; path: string; headers: Record<string, string>; status: number };

/** The Workers to compare. All use the same database, except `before`. */
type Workers = Record<"bare" | "ours" | "byHand" | "ordinary", Worker> & { before: Worker | undefined };

export async function measureReadPath(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building");
  const builds = {
    ours: await buildWorker("worker"),
    bare: await buildWorker("bare"),
    byHand: await buildWorker("by-hand"),
    ordinary: await buildWorker("ordinary"),
  };
  const before = await prepareBefore(context.progress);
  const pool = await server.createDatabase("bench_read");
  const vars = bindings(server.url("bench_read"), server.endpointUrl);
  const seeded = {
    runs: 1000,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  };
  await seed(pool, seeded);
  await before?.createDatabase(server, "bench_read_before", seeded);
  const path = `/v1/workflow-runs/${await readableRun(pool)}`;
  const running: Worker[] = [];
  const start = async (...args: Parameters<typeof startWorker>) => {
    const worker = await startWorker(...args);
    running.push(worker);
    return worker;
  };
  try {
    const ours = await start(builds.ours, { vars });
    const answer = await fetch(ours.url + path, { headers: { Authorization: `Bearer ${ownerKey}` } });
    const body = await answer.text();
    const fixed = [...answer.headers].filter(([name]) => !VARYING_HEADERS.has(name));
    const workers: Workers = {
      ours,
      bare: await start(builds.bare, { vars }),
      byHand: await start(builds.byHand, {
        vars: { ...vars, FIXED_HEADERS: JSON.stringify(Object.fromEntries(fixed)) },
      }),
      ordinary: await start(builds.ordinary, { vars }),
      before:
        before && (await start(before.build, { vars: { ...vars, DATABASE_URL: server.url("bench_read_before") } })),
    };
    const subjects = subjectsOf(workers, path, answer.headers.get("etag") ?? "");
    await requireSameAnswer(subjects, body);
    const seconds = context.quick ? 1 : 4;
    context.progress("warming up");
    for (const { worker, path, headers, status } of subjects) {
      await sendLoad({ url: worker.url + path, headers, status, connections: CONNECTIONS, seconds: seconds / 2 });
    }
    const measured = await alternate(
      context.quick ? context.rounds : Math.max(context.rounds, ROUNDS),
      subjects,
      (subject) => measure(subject, seconds),
      context.progress,
    );
    return report(measured, context);
  } finally {
    await Promise.all(running.map((worker) => worker.stop()));
    for (const name of ["bench_read", "bench_read_before"]) await server.dropDatabase(name);
  }
}

/** A COMPLETED run of the definition that the USER may read. */
async function readableRun(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    "select id from workflow_runs where workflow_definition_id = $1 and status = 'COMPLETED' limit 1",
    [definitionId(READABLE)],
  );
  return rows[0]?.id ?? runId(1);
}

const NAMES = {
  bare: "bare Worker",
  ours: "200, OWNER",
  byHand: "by hand, 200",
  ordinary: "the usual way, 200",
};

function subjectsOf(workers: Workers, path: string, etag: string): Subject[] {
  const key = (text: string) => ({ Authorization: `Bearer ${text}` });
  const owner = { path, headers: key(ownerKey), status: 200 };
  const same = { path, headers: { ...key(ownerKey), "If-None-Match": etag }, status: 304 };
  const { ours, bare, byHand, ordinary, before } = workers;
  return [
    { name: NAMES.bare, worker: bare, path: path.slice(path.lastIndexOf("/")), headers: {}, status: 200 },
    { ...owner, name: NAMES.ours, worker: ours },
    { ...owner, name: NAMES.byHand, worker: byHand },
    { ...owner, name: NAMES.ordinary, worker: ordinary },
    ...(before ? [{ ...owner, name: `${BEFORE}, 200`, worker: before }] : []),
    { ...owner, name: "200, USER with 50 permissions", worker: ours, headers: key(readerKey) },
    { ...same, name: "304", worker: ours },
    { ...same, name: "by hand, 304", worker: byHand },
    { name: "401, unknown key", worker: ours, path, headers: key("wr_bench_unknown"), status: 401 },
  ];
}

/** Checks that a reference gives the same answer as the service, since otherwise the comparison would be invalid. */
async function requireSameAnswer(subjects: readonly Subject[], expected: string): Promise<void> {
  const sorted = (body: string) => JSON.stringify(Object.entries(JSON.parse(body)).sort());
  for (const { name, worker, path, headers } of subjects) {
    if (name !== NAMES.byHand && name !== NAMES.ordinary) continue;
    const response = await fetch(worker.url + path, { headers });
    const body = await response.text();
    if (sorted(body) !== sorted(expected)) throw new Error(`"${name}" answers otherwise than the service: ${body}`);
  }
}

async function measure({ worker, path, headers, status }: Subject, seconds: number) {
  const before = worker.cpuMs();
  const load = await sendLoad({ url: worker.url + path, headers, status, connections: CONNECTIONS, seconds });
  return { ...load, cpuMs: (worker.cpuMs() - before) / load.requests };
}

type Measurement = Awaited<ReturnType<typeof measure>>;

function report(measured: Map<Subject, Measurement[]>, context: Context): Report {
  const of = (wanted: string) => [...measured].find(([{ name }]) => name === wanted)?.[1] ?? [];
  const bare = of(NAMES.bare);
  const values = (of: readonly Measurement[], what: keyof Measurement) => of.map((measurement) => measurement[what]);
  const relative = (of: readonly Measurement[], what: keyof Measurement) =>
    spread(ratios(values(of, what), values(bare, what)));
  const perSecond = values(of(NAMES.ours), "perSecond");
  const times = (name: string) => spread(ratios(perSecond, values(of(name), "perSecond")));
  const [ofByHand, ofOrdinary] = [times(NAMES.byHand), times(NAMES.ordinary)];
  const entries = [...measured].map(([{ name }, of]) => ({ name, of }));
  context.write(
    "read-path.svg",
    barChart({
      title: "Reading a run: CPU time of the Worker for one request, in ms",
      subtitle: "Median of the rounds; the line is from the least to the most",
      bars: entries.map(({ name, of }) => ({ name, ...spread(values(of, "cpuMs")) })),
    }),
  );
  return {
    goals: [
      {
        goal: `requests/s of the same by hand: at least ${OF_BY_HAND}`,
        figure: `${range(ofByHand)} ×`,
        met: ofByHand.median >= OF_BY_HAND,
        aim: { aim: `reads/s of the same by hand: at least ${AIM_BY_HAND}`, met: ofByHand.median >= AIM_BY_HAND },
      },
      {
        headline: "Requests/s for reading a run, compared with the usual way to build such a service",
        goal: `requests/s of the usual way: at least ${OF_ORDINARY} times as many`,
        figure: `${range(ofOrdinary)} ×`,
        met: ofOrdinary.median >= OF_ORDINARY,
      },
    ],
    tables: [
      {
        title: `Reading a run, ${CONNECTIONS} connections`,
        columns: ["Request", "requests/s", "× bare", "CPU ms/request", "× bare", "p50 ms", "p95 ms"],
        rows: entries.map(({ name, of }) => [
          name,
          range(spread(values(of, "perSecond"))),
          range(relative(of, "perSecond")),
          range(spread(values(of, "cpuMs"))),
          range(relative(of, "cpuMs")),
          number(spread(values(of, "p50Ms")).median),
          number(spread(values(of, "p95Ms")).median),
        ]),
        notes:
          "The bare Worker answers `select * from workflow_runs where id = $1` by the same driver: no router, no caller, " +
          "no validation, no log. The one by hand does all that the service does, for this route alone and without a " +
          "framework: bench/workers/by-hand.ts. The usual way is Hono, zod-openapi and drizzle's builder, one query for the " +
          "caller and one for the run, which Postgres plans each time: bench/workers/ordinary.ts. All run in workerd itself, " +
          "one process each. The load generator, the SQL endpoint and Postgres share the machine with them, so requests/s " +
          "count the work of all four; CPU is that of workerd alone.",
      },
    ],
  };
}
