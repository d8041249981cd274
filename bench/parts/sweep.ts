/** How fast the sweep fails overdue runs, compared with pg-boss in the same Postgres. */
import { setTimeout as delay } from "node:timers/promises";
import { PgBoss } from "pg-boss";
import { sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import { BEFORE, type Before, prepareBefore } from "../support/before.ts";
import type { Context } from "../support/context.ts";
import type { Server } from "../support/postgres.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { seed } from "../support/seed.ts";
import { sweepOnce } from "../support/sweep-worker.ts";
import { type Build, bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

const QUEUE = "bench";
const TIMES_AS_FAST = 1;
/** These databases are copied for each round. */
const OURS = "bench_overdue";
const OURS_BEFORE = "bench_overdue_before";
const INSERT_CHUNK = 10_000;

export async function measureSweep(context: Context): Promise<Report> {
  const server = await context.server();
  const count = context.quick ? 5000 : 100_000;
  const build = await buildWorker("worker");
  context.progress(`seeding ${count} overdue runs, and as many expired jobs of pg-boss`);
  const before = await prepareBefore(context.progress);
  await seedOurs(server, count, before);
  await seedPgBoss(server, count);
  const subjects = [
    { name: "pg-boss 12, `supervise`", measure: () => failJobs(server, count) },
    { name: "this service's sweep", measure: () => failRuns(server, build, count, OURS) },
    { name: "this service's sweep, with hubs to tell", measure: () => failRuns(server, build, count, OURS, OBJECTS) },
    ...(before
      ? [{ name: `the sweep ${BEFORE}`, measure: () => failRuns(server, before.build, count, OURS_BEFORE) }]
      : []),
  ];
  const measured = await alternate(context.rounds, subjects, ({ measure }) => measure(), context.progress);
  for (const name of [OURS, OURS_BEFORE, "bench_jobs"]) await server.dropDatabase(name);
  const failedIn = (rounds: readonly Failing[]) => rounds.map(({ seconds }) => seconds);
  // Judged as it is deployed: with hubs to tell.
  const [theirs = [], , ours = []] = [...measured.values()].map(failedIn);
  const faster = spread(ratios(theirs, ours));
  const size = count.toLocaleString("en-GB");
  return {
    goals: [
      {
        goal: `failing ${size} overdue runs, with hubs to tell: at least as fast as pg-boss`,
        figure: `${range(faster)} ×`,
        met: faster.median >= TIMES_AS_FAST,
        aim: { aim: `${size} overdue runs with hubs to tell: as fast as pg-boss`, met: faster.median >= TIMES_AS_FAST },
      },
    ],
    tables: [
      {
        title: `Failing ${size} overdue runs`,
        columns: ["", "seconds", "per second", "times as fast as pg-boss", "seconds until the sweep was over"],
        rows: [...measured].map(([{ name }, rounds]) => [
          name,
          range(spread(failedIn(rounds))),
          range(spread(failedIn(rounds).map((value) => count / value))),
          range(spread(ratios(theirs, failedIn(rounds)))),
          range(spread(rounds.map(({ sweepSeconds }) => sweepSeconds))),
        ]),
        notes:
          "Each of our runs is of a definition of its own, since a definition runs one at a time; each of them is given an " +
          "event, and its slot to whoever waits. pg-boss moves jobs of one queue, with `retryLimit` 0, to `failed`. " +
          "Without the Durable Objects it need not tell anybody which runs have ended. When all runs are FAILED, the same sweep adds them to the " +
          "sums by hour and by day, which pg-boss and the sweep before do not have. An idle sweep is under growth.",
      },
    ],
  };
}

async function seedOurs(server: Server, count: number, before: Before | undefined): Promise<void> {
  const options = {
    runs: 0,
    definitions: count,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: bindings("", "").ENCRYPTION_KEY ?? "",
    overdue: true,
  };
  await seed(await server.createDatabase(OURS), options);
  await before?.createDatabase(server, OURS_BEFORE, options);
}

/** After how many seconds all had failed, and after how many the sweep was over. */
type Failing = { seconds: number; sweepSeconds: number };

/** Sweeps until no run is overdue. A sweep stops after 50 s, and the next one continues. */
async function failRuns(
  server: Server,
  build: Build,
  count: number,
  copyOf: string,
  objects: Record<string, string> = {},
): Promise<Failing> {
  const name = "bench_sweep";
  const pool = await server.createDatabase(name, { copyOf });
  const vars = bindings(server.url(name), server.endpointUrl);
  const worker = await startWorker(build, { vars, wrapper: sweepWrapper, objects });
  const failed = async () => {
    const { rows } = await pool.query("select count(*)::int as failed from workflow_runs where status = 'FAILED'");
    return rows[0]?.failed;
  };
  try {
    const began = performance.now();
    const since = () => (performance.now() - began) / 1000;
    let isSwept = false;
    const sweeping = (async () => {
      do await sweepOnce(worker.url);
      while ((await failed()) < count && since() < 300);
      isSwept = true;
      return since();
    })();
    // Runs are failed in the order of their deadlines, so the one with the latest is left until the end, and the index finds it at once.
    const isLeft = "select true from workflow_runs where status = 'RUNNING' order by deadline_at desc limit 1";
    while (!isSwept && (await pool.query(isLeft)).rows.length > 0) await delay(20);
    const seconds = since();
    const sweepSeconds = await sweeping;
    if ((await failed()) !== count) throw new Error("The sweep left runs that are overdue.");
    return { seconds, sweepSeconds };
  } finally {
    await worker.stop();
    await server.dropDatabase(name);
  }
}

function openBoss(connectionString: string) {
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false, max: 4 });
  boss.on("error", () => {});
  return boss;
}

async function seedPgBoss(server: Server, count: number): Promise<void> {
  const pool = await server.createDatabase("bench_jobs", "empty");
  const boss = openBoss(server.url("bench_jobs"));
  await boss.start();
  await boss.createQueue(QUEUE, { retryLimit: 0, expireInSeconds: 3600 });
  for (let n = 0; n < count; n += INSERT_CHUNK) {
    const size = Math.min(INSERT_CHUNK, count - n);
    await boss.insert(
      QUEUE,
      Array.from({ length: size }, (_, i) => ({ data: { n: n + i } })),
    );
  }
  await boss.stop({ graceful: false });
  await pool.query("update pgboss.job set state = 'active', started_on = now() - interval '2 hours'");
  await pool.query("vacuum (analyze, full)");
}

async function failJobs(server: Server, count: number): Promise<Failing> {
  const name = "bench_supervise";
  const pool = await server.createDatabase(name, { copyOf: "bench_jobs" });
  const boss = openBoss(server.url(name));
  await boss.start();
  const began = performance.now();
  await boss.supervise(QUEUE);
  const seconds = (performance.now() - began) / 1000;
  const { rows } = await pool.query("select count(*)::int as failed from pgboss.job where state = 'failed'");
  await boss.stop({ graceful: false });
  await server.dropDatabase(name);
  if (rows[0]?.failed !== count) throw new Error(`pg-boss failed ${rows[0]?.failed} of ${count} jobs.`);
  return { seconds, sweepSeconds: seconds };
}
