/** One tenant with many runs a second and many open streams: how late anything is, what is lost, and what stands in the way of more. */

import { createHash } from "node:crypto";
import { cpus } from "node:os";
import process from "node:process";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import { findFreePort } from "../../scripts/local/ports.ts";
import type { Context } from "../support/context.ts";
import { type Driven, startCrowd, type Times } from "../support/crowd.ts";
import { post } from "../support/post.ts";
import type { Server } from "../support/postgres.ts";
import { number, type Report } from "../support/report.ts";
import { definitionId, ownerKey, seed, TENANT, userId } from "../support/seed.ts";
import { bindings, buildWorker, OBJECTS, startWorker, type Worker } from "../support/worker.ts";

const DATABASE = "bench_large_tenant";
const RATE = 50;
/** What is tried before, one after another, until one does not hold. So no step begins with what a higher rate has left behind. */
const LOWER_RATES = [10, 20, 30, 40];
const LATE_MS = 2_000;
const CALLERS = 25;
/** Beside these, each caller has a stream of the tenant and one of a run that is under way. */
const QUIET_STREAMS_OF_A_CALLER = 18;
const STREAMS = CALLERS * (QUIET_STREAMS_OF_A_CALLER + 2);
/** The workflows: some whose runs are sent to a runner, some whose runs are leased, and one whose runs nobody takes. */
const DISPATCHED = 10;
const LEASED = 10;
const QUIET = DISPATCHED + LEASED + 1;
const HUB_PATH = "/bench/hub";

/** A run at one rate, and what it took. The CPU is in cores: 1 is one core all the time. */
type Step = { rate: number; seconds: number; driven: Driven; callsPerSecond: number; cores: Map<string, number> };

export async function measureLargeTenant(context: Context): Promise<Report> {
  const server = await context.server();
  const build = await buildWorker("worker");
  const crowd = await startCrowd();
  const port = await findFreePort();
  const vars: Record<string, string> = {
    ...bindings(server.url(DATABASE), server.endpointUrl),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  const keys = Array.from({ length: CALLERS }, (_, n) => `wr_bench_caller_${n}`);
  context.progress("seeding");
  const pool = await server.createDatabase(DATABASE);
  const runnerUrl = crowd.runnerUrl.replace("127.0.0.1", "localhost");
  await seed(pool, {
    runs: 10_000,
    definitions: QUIET,
    runnerUrl,
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
    ended: true,
  });
  await pool.query("update tenants set limits = 'large' where id = $1", [TENANT]);
  await pool.query("update workflow_definitions set max_running = 100, handover = 'webhook'");
  const leased = Array.from({ length: LEASED }, (_, n) => definitionId(DISPATCHED + 1 + n));
  await pool.query("update workflow_definitions set handover = 'lease' where id = any ($1)", [
    [...leased, definitionId(QUIET)],
  ]);
  await pool.query(
    `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
    select gen_random_uuid(), $1, $2, 'Bench', decode(hash, 'hex'), 'ench' from unnest($3::text[]) hash`,
    [TENANT, userId(1), keys.map((key) => createHash("sha256").update(key).digest("hex"))],
  );
  const worker = await startWorker(build, { vars, port, wrapper: limitedWrapper(), objects: OBJECTS });
  try {
    for (let n = 0; n < CALLERS * QUIET_STREAMS_OF_A_CALLER; n++) {
      await post(`${worker.url}/v1/workflow-definitions/${definitionId(QUIET)}/invoke`, ownerKey, {});
    }
    const { rows } = await pool.query("select id from workflow_runs where status = 'PENDING'");
    const opened = await crowd.open({
      ...{ url: worker.url, keys, leased, quietRunIds: rows.map(({ id }) => id) },
      dispatched: Array.from({ length: DISPATCHED }, (_, n) => definitionId(1 + n)),
    });
    context.progress(`${opened} streams open`);
    const { rows: beganAt } = await pool.query("select now()::text as at");
    // Connections are opened and plans are made.
    await crowd.drive(5, context.quick ? 2 : 10);

    const steps: Step[] = [];
    const [seconds, lowerSeconds] = context.quick ? [5, 2] : [120, 15];
    for (const rate of [...LOWER_RATES, RATE]) {
      // Of the lower rates, those above one that does not hold need not be tried.
      if (rate !== RATE && !steps.every(holds)) continue;
      const step = await driveMeasured(server, worker, crowd, {
        rate,
        seconds: rate === RATE ? seconds : lowerSeconds,
      });
      steps.push(step);
      const { invoke, ofTenant, accepted } = step.driven;
      context.progress(
        `${rate} a second: ${accepted} runs, invoke ${number(invoke.maxMs)} ms, stream ${number(ofTenant.maxMs)} ms`,
      );
    }
    const { rows: left } = await pool.query(
      `select count(*) filter (where status in ('PENDING', 'RUNNING'))::int as open,
        count(*) filter (where status = 'FAILED')::int as failed
      from workflow_runs where workflow_definition_id <> $1 and created_at >= $2`,
      [definitionId(QUIET), beganAt[0].at],
    );
    return report(steps, opened, left[0]);
  } finally {
    crowd.stop();
    await worker.stop();
    await server.dropDatabase(DATABASE);
  }
}

/** Limiters with the numbers of wrangler.toml, which workerd alone does not have, in front of the Worker; and the load of the hub. */
function limitedWrapper(): string {
  const { ratelimits } = readWranglerConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  const limits = Object.fromEntries(
    ratelimits.map(({ name, simple }: { name: string; simple: unknown }) => [name, simple]),
  );
  return `import service from "./worker.js";
export * from "./worker.js";
function limiterOf({ limit, period }) {
  const counts = new Map();
  let since = 0;
  return {
    async limit({ key }) {
      const now = Math.floor(Date.now() / 1000 / period);
      if (now !== since) counts.clear();
      since = now;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: counts.get(key) <= limit };
    },
  };
}
const limiters = Object.fromEntries(
  Object.entries(${JSON.stringify(limits)}).map(([name, simple]) => [name, limiterOf(simple)]));
let limited;
export default {
  async fetch(request, bindings, context) {
    if (request.url.endsWith("${HUB_PATH}"))
      return Response.json(await bindings.HUB.get(bindings.HUB.idFromName("${TENANT}")).readLoad());
    limited ??= { ...bindings, ...limiters };
    return service.fetch(request, limited, context);
  },
};
`;
}

/** How many milliseconds all cores have been busy. */
const busyMs = () => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

type Crowding = Awaited<ReturnType<typeof startCrowd>>;

async function driveMeasured(
  server: Server,
  worker: Worker,
  crowd: Crowding,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Step> {
  const used = async () => {
    const { user, system } = process.cpuUsage();
    return {
      worker: worker.cpuMs(),
      postgres: await server.cpuMs(DATABASE),
      endpoint: (user + system) / 1000,
      all: busyMs(),
    };
  };
  const before = await used();
  const driving = crowd.drive(rate, seconds);
  // The hub counts its calls of the last minute. Until then, it counts what was before, too.
  const atEnd = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
  await Promise.race([atEnd, driving]);
  const [after, load] = [await used(), await fetch(worker.url + HUB_PATH)];
  const { callsPerSecond } = (await load.json()) as { callsPerSecond: number };
  const driven = await driving;
  const cores = new Map(
    [
      ["workerd: Worker, hub, streams", after.worker - before.worker],
      ["Postgres", after.postgres - before.postgres],
      ["the SQL endpoint, in place of Neon's proxy", after.endpoint - before.endpoint],
      ["clients and runners", driven.cpuMs],
      ["all of the machine", after.all - before.all],
    ].map(([name, ms]) => [String(name), Number(ms) / (seconds * 1000)]),
  );
  return { rate, seconds, driven, callsPerSecond, cores };
}

const lostOf = ({ driven: { unfinished, unseen } }: Step) => unfinished + unseen;

/** The latest of anything: an answer, a start, an event in a stream. */
const latestMs = ({ driven }: Step) =>
  Math.max(
    ...[driven.invoke, driven.start, driven.ofTenant, driven.ofRun].map(({ maxMs, count }) => (count > 0 ? maxMs : 0)),
  );

const holds = (step: Step) =>
  latestMs(step) <= LATE_MS && lostOf(step) === 0 && step.driven.accepted === step.rate * step.seconds;

const timesText = ({ p50Ms, p95Ms, maxMs }: Times) => [p50Ms, p95Ms, maxMs].map(number).join(", ");

function report(steps: readonly Step[], opened: number, left: { open: number; failed: number }): Report {
  const full = steps.at(-1);
  if (full === undefined) throw new Error("Nothing was driven.");
  const held = steps.filter(holds).at(-1);
  const busiest = [...full.cores].toSorted(([, one], [, other]) => other - one);
  const obstacle = `of ${cpus().length} cores, these were busy: ${busiest.map(([name, cores]) => `${name} ${number(cores)}`).join(", ")}`;
  const figure =
    `the latest ${number(latestMs(full) / 1000)} s, ${full.driven.unfinished} runs without an end, ${full.driven.unseen} ends unseen` +
    (held === full
      ? ""
      : `: ${obstacle}; ${held ? `${held.rate} a second hold` : `${steps[0]?.rate} a second do not hold either`}`);
  const row = (name: string, text: (step: Step) => string) => [name, ...steps.map(text)];
  const refusals = [...new Set(steps.flatMap(({ driven }) => Object.keys(driven.refusals)))];
  return {
    goals: [
      {
        goal: `one tenant at ${RATE} runs a second for ${full.seconds} s with ${STREAMS} open streams: nothing later than ${LATE_MS / 1000} s, nothing lost`,
        figure,
        met: held === full && opened === STREAMS && left.open + left.failed === 0,
      },
    ],
    tables: [
      {
        title: `One tenant with ${opened} open streams`,
        columns: ["", ...steps.map(({ rate, seconds }) => `${rate} runs a second, ${seconds} s`)],
        rows: [
          row("an invoke, ms: p50, p95, max", ({ driven }) => timesText(driven.invoke)),
          row("from the invoke until a runner has the run, ms", ({ driven }) => timesText(driven.start)),
          row("from an event to a stream of the tenant, ms", ({ driven }) => timesText(driven.ofTenant)),
          row("from an event to a stream of its run, ms", ({ driven }) => timesText(driven.ofRun)),
          row("events in streams", ({ driven }) =>
            (driven.ofTenant.count + driven.ofRun.count).toLocaleString("en-GB"),
          ),
          row("runs triggered; without an end; ends unseen", ({ driven: { accepted, unfinished, unseen } }) =>
            [accepted, unfinished, unseen].join("; "),
          ),
          ...refusals.map((what) => row(what, ({ driven }) => String(driven.refusals[what] ?? 0))),
          row("calls of the hub a second, in the last minute", ({ callsPerSecond }) => number(callsPerSecond)),
          ...[...full.cores.keys()].map((name) =>
            row(`cores: ${name}`, ({ cores }) => number(cores.get(name) ?? Number.NaN)),
          ),
        ],
        notes:
          `${CALLERS} callers with ${STREAMS / CALLERS} streams each: one of all runs of the tenant, one of a run that is under way, and ` +
          `then of the next one, and ${QUIET_STREAMS_OF_A_CALLER} of runs that wait. The tenant has large limits. Half of the runs are sent ` +
          "to a runner, half are leased by four others; a runner works for half a second. An invoke is due at an instant of its own, " +
          "whether or not those before it have been answered, and its times count from then. An event has the instant at which it " +
          `happened, a little before the commit. At the end, ${left.open} runs had not ended, and ${left.failed} had failed.` +
          " The lower rates were tried before, one after another, until one did not hold.",
      },
    ],
  };
}
