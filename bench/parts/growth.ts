/** How the times of reads, of an invoke and of an idle sweep grow with the number of runs. */
import type pg from "pg";
import { request } from "undici";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";
import { SWEEP_PATH, sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import { formatCursor } from "../../src/runs/run-schema.ts";
import { growthChart } from "../support/charts.ts";
import type { Context } from "../support/context.ts";
import { explain, type Plan } from "../support/plans.ts";
import type { Server } from "../support/postgres.ts";
import { number, type Report, range } from "../support/report.ts";
import { alternate, quantile, ratios, spread } from "../support/rounds.ts";
import { BUSY, definitionId, FREE, ownerKey, READABLE, readerKey, runId, seed, userId } from "../support/seed.ts";
import { type Build, bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

const LIMIT = 1.5;
const IDLE_SWEEP_LIMIT = 1.2;
/** A page, with all that is between the click and the end of the answer but the network. */
const PAGE_LIMIT_MS = 60;
const REQUESTS = 15;

type Site = { runs: number; pool: pg.Pool; worker: Worker; session: string; deepCursor: string; createdAt: string };

/** Of some requests, one after another, in milliseconds. */
type Times = { p50: number; p95: number };
type TimesOf = (operation: Operation, site: Site, quantile?: keyof Times) => number[];

type Operation = {
  name: string;
  path: (site: Site) => string;
  method?: "POST";
  key?: string;
  /** A page of the dashboard, which is requested with a session. */
  isPage?: true;
  /** Why its time cannot be constant. */
  grows?: string;
  inChart?: true;
};

const list = (query: string) => () => `/v1/workflow-runs?${query}`;

const OPERATIONS: Operation[] = [
  { name: "get", path: ({ runs }) => `/v1/workflow-runs/${runId(runs / 2)}`, inChart: true },
  { name: "get, USER", path: (site) => `/v1/workflow-runs/${readableRun(site)}`, key: readerKey },
  { name: "list, first page", path: list(""), inChart: true },
  { name: "list, deep page", path: ({ deepCursor }) => `/v1/workflow-runs?cursor=${deepCursor}`, inChart: true },
  { name: "list, USER", path: list(""), key: readerKey },
  { name: "list, status RUNNING", path: list("status=RUNNING") },
  { name: "list, status PENDING", path: list("status=PENDING") },
  { name: "list, status COMPLETED", path: list("status=COMPLETED") },
  { name: "list, status FAILED", path: list("status=FAILED"), inChart: true },
  { name: "list, all states", path: list("status=PENDING&status=RUNNING&status=COMPLETED&status=FAILED") },
  { name: "list, definition", path: list(`workflow_definition_id=${definitionId(FREE)}`) },
  {
    name: "list, definition and a state it has none of",
    path: list(`workflow_definition_id=${definitionId(FREE)}&status=FAILED`),
  },
  { name: "list, user", path: list(`user_id=${userId(3)}`) },
  { name: "list, user and a state they have none of", path: list(`user_id=${userId(2)}&status=FAILED`) },
  { name: "list, user who has none", path: list(`user_id=${userId(99)}`) },
  { name: "list, created before", path: ({ createdAt }) => `/v1/workflow-runs?created_before=${createdAt}` },
  { name: "list, created after", path: ({ createdAt }) => `/v1/workflow-runs?created_after=${createdAt}` },
  { name: "list, one label", path: list("label=customer:7"), inChart: true },
  {
    name: "list, one label, USER",
    path: list("label=customer:7"),
    key: readerKey,
    grows: "looks at up to 10,000 runs with the label, of which this USER may see one in a hundred",
  },
  {
    name: "list, a label of one run in 1,000, FAILED",
    path: list("label=order:7&status=FAILED"),
    grows: "looks at up to 10,000 runs with the label, of which few are FAILED",
  },
  {
    name: "list of a definition, with total",
    path: () => `/v1/workflow-definitions/${definitionId(FREE)}/runs`,
    grows: "counts the runs of the definition: a hundredth of all here",
    inChart: true,
  },
  { name: "events", path: ({ runs }) => `/v1/workflow-runs/${runId(runs / 2)}/events` },
  { name: "summary", path: () => "/v1/workflow-runs/summary", inChart: true },
  {
    name: "invoke",
    path: () => `/v1/workflow-definitions/${definitionId(BUSY)}/invoke`,
    method: "POST",
    inChart: true,
  },
  { name: "page of runs", path: () => "/app/runs", isPage: true, inChart: true },
  { name: "page of a run", path: ({ runs }) => `/app/runs/${runId(runs / 2)}`, isPage: true },
  {
    name: "page of workflows",
    path: () => "/app/workflows",
    isPage: true,
    grows: "reads the last 100 runs of each workflow that it shows; at 1,000 runs each has ten",
  },
  {
    name: "page of a workflow",
    path: () => `/app/workflows/${definitionId(FREE)}`,
    isPage: true,
    grows: "reads its last 500 runs; at 1,000 runs it has ten",
  },
  { name: "page of files", path: () => "/app/files", isPage: true },
  { name: "page of people", path: () => "/app/people", isPage: true },
  { name: "page of health", path: () => "/app/health", isPage: true },
  {
    name: "page of health, 90 days",
    path: () => "/app/health?period=90d",
    isPage: true,
    grows: "reads the sums of 90 days, twice; at 1,000 runs there are those of two",
  },
  {
    name: "page of a workflow, 90 days",
    path: () => `/app/workflows/${definitionId(FREE)}?period=90d`,
    isPage: true,
    grows: "as the two pages that it is of",
  },
  { name: "page of failures", path: () => "/app/failures", isPage: true, grows: "reads the failures of seven days" },
  ...["activity", "runners", "search?q=workflow", "settings/use", "triggers", "waits"].map((page) => ({
    ...{ name: `page /app/${page}`, path: () => `/app/${page}`, isPage: true as const },
  })),
  { name: "sweep, nothing due", path: () => SWEEP_PATH, inChart: true },
];
const idleSweep = OPERATIONS.at(-1);

/** A run of the definition that the USER may read, in the middle of all runs. */
function readableRun({ runs }: Site): string {
  return runId(Math.floor(runs / 200) * 100 + READABLE - 1);
}

export async function measureGrowth(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building");
  const build = await buildWorker("worker");
  const sizes = context.quick ? [1000, 20_000] : [1000, 100_000, 1_000_000];
  const sites: Site[] = [];
  try {
    for (const runs of sizes) {
      context.progress(`seeding ${runs.toLocaleString("en-GB")} runs`);
      sites.push(await prepare(server, build, runs));
    }
    const plans = await explainAll(server, context, sites);
    const cases = OPERATIONS.flatMap((operation) => sites.map((site) => ({ operation, site })));
    const measured = await alternate(
      context.rounds,
      cases,
      ({ operation, site }) => measure(operation, site, REQUESTS),
      context.progress,
    );
    const timesOf: TimesOf = (operation, site, which = "p50") =>
      [...measured]
        .find(([subject]) => subject.operation === operation && subject.site === site)?.[1]
        .map((times) => times[which]) ?? [];
    return report(context, sites, plans, timesOf);
  } finally {
    for (const { worker } of sites) await worker.stop();
    for (const runs of sizes) await server.dropDatabase(`bench_growth_${runs}`);
  }
}

async function prepare(server: Server, build: Build, runs: number): Promise<Site> {
  const name = `bench_growth_${runs}`;
  const pool = await server.createDatabase(name);
  const vars = bindings(server.url(name), server.endpointUrl);
  await seed(pool, {
    runs,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  });
  // Each run has a label that a tenth of all have, and one that a thousandth have.
  await pool.query(`
    insert into workflow_run_labels (tenant_id, run_id, label, created_at)
    select r.tenant_id, r.id, label, r.created_at
    from (select *, row_number() over (order by id) as n from workflow_runs) r
    cross join lateral (values ('customer:' || r.n % 10), ('order:' || r.n % 1000)) labels (label)`);
  await pool.query("vacuum (analyze, freeze) workflow_run_labels");
  await fillSums(pool);
  // A page deep in the list: at nine tenths of the way to the oldest run.
  const deep = runId(runs / 10);
  const { rows } = await pool.query<{ created_at: Date }>("select created_at from workflow_runs where id = $1", [deep]);
  const createdAt = rows[0]?.created_at.toISOString() ?? "";
  const worker = await startWorker(build, { vars, wrapper: sweepWrapper });
  const session = await signIn(worker);
  return { runs, pool, worker, session, createdAt, deepCursor: formatCursor({ createdAt, id: deep }) };
}

/** Adds the ends of all runs to the sums by hour and by day, and what has ended before now is not added again. */
async function fillSums(pool: pg.Pool): Promise<void> {
  await pool.query(`
    insert into run_sum_positions (tenant_id, looked_at, epoch, xid, event_id)
    select tenant_id, now(), max(epoch), max(xid::text::bigint)::text::xid8, max(id) from workflow_run_events group by tenant_id`);
  await pool.query(`
    insert into run_sums (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
    select of.id, per.name, date_trunc(per.name, r.completed_at, 'UTC'), r.tenant_id,
      count(*) filter (where r.status = 'COMPLETED'), count(*) filter (where r.status = 'FAILED'),
      sum(histogram_of(extract(epoch from r.started_at - r.created_at)::float8)),
      coalesce(sum(histogram_of(extract(epoch from r.completed_at - r.started_at)::float8)) filter (where r.status = 'COMPLETED'), 0)
    from workflow_runs r
    cross join unnest(array[r.workflow_definition_id, r.tenant_id]) of (id)
    cross join unnest(array['hour', 'day']) per (name)
    where r.completed_at >= date_trunc(per.name, now(), 'UTC') - sums_kept_for(per.name)
    group by 1, 2, 3, 4`);
  await pool.query("vacuum (analyze, freeze) run_sums");
}

/** The cookie of the OWNER's session. */
async function signIn(worker: Worker): Promise<string> {
  const { headers, body } = await request(`${worker.url}/app/sign-in`, {
    method: "POST",
    headers: { origin: worker.url, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ key: ownerKey }).toString(),
  });
  await body.dump();
  const [cookie] = String(headers["set-cookie"]).split(";");
  if (!cookie?.startsWith("__Host-ks_uat=")) throw new Error("Nobody could sign in.");
  return cookie;
}

async function call(operation: Operation, site: Site): Promise<string> {
  const { body, statusCode } = await request(site.worker.url + operation.path(site), {
    method: operation.method ?? "GET",
    headers: operation.isPage ? { cookie: site.session } : { authorization: `Bearer ${operation.key ?? ownerKey}` },
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`${operation.name}: ${statusCode} ${text}`);
  return text;
}

async function measure(operation: Operation, site: Site, count: number): Promise<Times> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    await call(operation, site);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

async function explainAll(server: Server, context: Context, sites: readonly Site[]): Promise<Map<Operation, Plan[]>> {
  const plans = new Map<Operation, Plan[]>();
  const sent: SqlTransaction[] = [];
  server.watch(async (request) => {
    sent.push(request);
    return "continue";
  });
  for (const operation of OPERATIONS) {
    context.progress(`explaining: ${operation.name}`);
    const ofOperation: Plan[] = [];
    for (const site of sites) {
      await call(operation, site);
      sent.length = 0;
      const answer = await call(operation, site);
      // Explaining an insert inserts the same row again, so the row is deleted first.
      if (operation.method === "POST") {
        await site.pool.query("delete from workflow_runs where id = $1", [JSON.parse(answer).id]);
      }
      ofOperation.push(await explain(site.pool, sent));
    }
    plans.set(operation, ofOperation);
    const slug = operation.name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
    const head = `-- ${operation.name}, at ${sites.at(-1)?.runs.toLocaleString("en-GB")} runs`;
    context.writeLocally(`plans/${slug}.txt`, `${head}\n\n${ofOperation.at(-1)?.text}\n`);
  }
  server.watch(undefined);
  return plans;
}

function report(context: Context, sites: readonly Site[], plans: Map<Operation, Plan[]>, timesOf: TimesOf): Report {
  const [smallest, largest] = [sites[0], sites.at(-1)];
  if (!smallest || !largest) throw new Error("Nothing was measured.");
  const growthOf = (operation: Operation) => spread(ratios(timesOf(operation, largest), timesOf(operation, smallest)));
  const flat = OPERATIONS.filter(({ grows }) => !grows).map((operation) => ({ operation, ...growthOf(operation) }));
  const steep = flat.filter(({ median }) => median > LIMIT);
  const p95Of = (operation: Operation) => spread(timesOf(operation, largest, "p95"));
  const pages = OPERATIONS.filter(({ isPage }) => isPage).sort((a, b) => p95Of(b).median - p95Of(a).median);
  const [slowestPage] = pages;
  const slowestMs = slowestPage ? p95Of(slowestPage).median : Number.NaN;
  const label = ({ runs }: Site) => runs.toLocaleString("en-GB");
  const idle = idleSweep && growthOf(idleSweep);
  const idlePages = (idleSweep && plans.get(idleSweep))?.map(({ buffers }) => buffers) ?? [];
  const [fewPages = 0, manyPages = Number.NaN] = [idlePages[0], idlePages.at(-1)];
  context.write(
    "growth.svg",
    growthChart({
      title: "Answering, in ms, with more and more runs in the database",
      subtitle: "Median of single requests, one after the other; both axes are logarithmic",
      sizes: sites.map(({ runs }) => runs),
      lines: OPERATIONS.filter(({ inChart }) => inChart).map((operation) => ({
        name: operation.name,
        values: sites.map((site) => spread(timesOf(operation, site)).median),
      })),
    }),
  );
  return {
    goals: [
      {
        headline: `p50 with ${label(largest)} runs, compared with ${label(smallest)} runs`,
        goal: `p50 at ${label(largest)} runs: at most ${LIMIT} times that at ${label(smallest)}, but for what must count`,
        figure:
          steep.length === 0
            ? `${number(Math.max(...flat.map(({ median }) => median)))} × at most, in ${flat.length} operations that need not count`
            : steep.map(({ operation, median }) => `${operation.name} ${number(median)} ×`).join(", "),
        met: steep.length === 0,
      },
      {
        goal: `each page of the dashboard at ${label(largest)} runs: p95 at most ${PAGE_LIMIT_MS} ms`,
        figure: `${number(slowestMs)} ms at most, of ${pages.length} pages (${slowestPage?.name})`,
        met: slowestMs <= PAGE_LIMIT_MS,
      },
      {
        goal: `idle sweep at ${label(largest)} runs: at most ${IDLE_SWEEP_LIMIT} times as long as at ${label(smallest)}, and as many pages`,
        figure: `${idle && range(idle)} ×, ${manyPages} pages against ${fewPages}`,
        met: idle !== undefined && idle.median <= IDLE_SWEEP_LIMIT && manyPages <= IDLE_SWEEP_LIMIT * fewPages,
      },
    ],
    tables: [
      {
        title: "p50 in ms, and pages of the database looked at",
        columns: [
          "Operation",
          ...sites.map((site) => `ms at ${label(site)}`),
          `p95 at ${label(largest)}`,
          `× from ${label(smallest)} to ${label(largest)}`,
          ...sites.map((site) => `pages at ${label(site)}`),
        ],
        rows: OPERATIONS.map((operation) => [
          operation.name + (operation.grows ? " ¹" : ""),
          ...sites.map((site) => range(spread(timesOf(operation, site)))),
          range(p95Of(operation)),
          range(growthOf(operation)),
          ...(plans.get(operation) ?? []).map(({ buffers }) => String(buffers)),
        ]),
        notes: [
          `One tenant has all the runs, of 100 definitions and 20 users, one every 100 seconds up to now; 20 run and 100 wait. ` +
            `\`.local/bench/plans/\` then has what Postgres does for each at ${label(largest)} runs. ` +
            "Pages are 8 KiB each, found in memory or read. The plans of an idle sweep differ at most in which of the small " +
            "indexes of runs that have not ended comes first: Postgres' statistics are samples, and decide that by chance.",
          ...OPERATIONS.flatMap(({ name, grows }) => (grows ? [`¹ ${name}: ${grows}.`] : [])),
        ].join("\n\n"),
      },
    ],
  };
}
