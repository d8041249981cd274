/**
 * The first week of a deployment with many tenants, in some minutes: they work all the time, Neon's proxy limits the requests to the
 * database, in the middle comes a deployment, and later a minute in which the proxy refuses everything.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { NEON_LIMITS, TOO_MANY_REQUESTS } from "../../scripts/local/neon-limits.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { type SqlRequest, startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import type { Context, WeekSetting } from "../support/context.ts";
import { root, scratch } from "../support/paths.ts";
import type { Report } from "../support/report.ts";
import { sweepOnce } from "../support/sweep-worker.ts";
import { seedTenants } from "../support/tenants.ts";
import { startWeek, type Week } from "../support/week.ts";
import {
  BACK_WITHIN_S,
  PAGES_OF_TENANT,
  reportWeek,
  STREAMS_OF_TENANT,
  type WeekSeen,
} from "../support/week-report.ts";
import { bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

const DATABASE = "bench_week_one";
const MINUTE_S = 60;
/** When the deployment and the minute of refusals begin, as shares of the whole time. */
const DEPLOYED_AT = 0.4;
const REFUSED_AT = 0.6;

export async function measureWeekOne(context: Context): Promise<Report> {
  const { week: setting, quick } = context;
  const times = timesOf(setting, quick);
  const server = await context.server();
  const build = await buildWorker("worker");
  // The tenants use the package as its users have it.
  execFileSync("npm", ["run", "--silent", "build", "--workspace", "client"], { cwd: root, stdio: "inherit" });
  context.progress("seeding");
  const tenants = await seed(await server.createDatabase(DATABASE), setting.tenants);
  const seen: WeekSeen = { requests: new Map(), functions: new Map(), errors: [], times, setting, backAfter: {} };
  let isRefusing = false;
  let isSteady = false;
  const endpoint = await startSqlEndpoint({
    postgresUrl: server.url(DATABASE),
    port: 0,
    limits: { ...NEON_LIMITS, requestsPerSecond: setting.limit, burst: 2.5 * setting.limit },
    async intercept(request) {
      if (isRefusing) {
        request.response.writeHead(500, { "Content-Type": "application/json" });
        request.response.end(JSON.stringify({ message: TOO_MANY_REQUESTS, code: null }));
        return "handled";
      }
      const second = Math.floor(Date.now() / 1000);
      seen.requests.set(second, (seen.requests.get(second) ?? 0) + 1);
      if (isSteady) seen.functions.set(nameOf(request), (seen.functions.get(nameOf(request)) ?? 0) + 1);
      return "continue";
    },
  });
  const port = await findFreePort();
  const storage = join(scratch, "running", "week-objects");
  mkdirSync(storage, { recursive: true });
  const deploy = () =>
    startWorker(build, {
      ...{ port, storage, objects: OBJECTS, wrapper: sweepWrapper },
      vars: { ...bindings(server.url(DATABASE), endpoint.url), PUBLIC_URL: `http://127.0.0.1:${port}` },
      onLine(line) {
        const error = errorIn(line);
        if (error !== null) seen.errors.push({ at: Date.now() / 1000, error });
      },
    });
  let worker = await deploy();
  const crowd = await startWeek();
  const cron = setInterval(() => void sweepOnce(worker.url).catch(() => {}), MINUTE_S * 1000);
  const streams = setting.tenants * (PAGES_OF_TENANT + STREAMS_OF_TENANT);
  /** After how many seconds all streams are open again; null when they are not in time. */
  const untilBack = async (): Promise<number | null> => {
    const began = Date.now();
    // What was cut is only known a moment later.
    for (let seconds = 0; seconds < 2 * BACK_WITHIN_S; seconds = (Date.now() - began) / 1000) {
      await delay(1000);
      if ((await crowd.openStreams()) >= streams) return (Date.now() - began) / 1000;
    }
    return null;
  };
  try {
    const plan: Week = {
      ...{ url: worker.url, tenants, rate: setting.rate, workSeconds: times.workS },
      ...{ pagesOfTenant: PAGES_OF_TENANT, streamsOfTenant: STREAMS_OF_TENANT },
    };
    const beganAt = Date.now() / 1000;
    const until = (seconds: number) => delay(Math.max(0, 1000 * (beganAt + seconds) - Date.now()));
    await crowd.begin(plan);
    context.progress(`${await crowd.openStreams()} of ${streams} streams open`);
    await until(times.steadyFromS);
    isSteady = true;
    await until(times.deployedS);
    isSteady = false;

    context.progress("deploying");
    await worker.stop();
    worker = await deploy();
    seen.backAfter.deployment = await untilBack();
    context.progress(`all streams are back ${seen.backAfter.deployment} s after the deployment`);

    await until(times.refusedS);
    context.progress("refusing all requests to the database");
    isRefusing = true;
    await delay(1000 * times.refusingS);
    isRefusing = false;
    seen.backAfter.refusals = await untilBack();
    context.progress(`all streams are back ${seen.backAfter.refusals} s after the refusals`);

    await until(times.endS);
    context.progress("waiting for the runs to end");
    const lived = await crowd.finish();
    return reportWeek(seen, lived, beganAt);
  } finally {
    clearInterval(cron);
    crowd.kill();
    await worker.stop();
    await endpoint.close();
    rmSync(storage, { recursive: true, force: true });
    await server.dropDatabase(DATABASE);
  }
}

/** In seconds since the begin. */
function timesOf({ minutes }: WeekSetting, quick: boolean): WeekSeen["times"] {
  const endS = minutes * MINUTE_S;
  const [workS, refusingS] = quick ? [10, 10] : [60, 60];
  // The first runs have ended by then, so as many end as begin.
  const steadyFromS = Math.min(workS + 30, endS * 0.3);
  return { workS, refusingS, steadyFromS, deployedS: endS * DEPLOYED_AT, refusedS: endS * REFUSED_AT, endS };
}

/** Tenants with a workflow each, whose runs are leased, and a key. */
async function seed(pool: pg.Pool, tenants: number): Promise<Week["tenants"]> {
  await seedTenants(pool, {
    ...{ tenants, dispatches: 0, overdue: 0, schedules: 0, quiet: 1, moreOfFirst: 0 },
    runnerUrl: "http://127.0.0.1:9",
  });
  await pool.query("delete from triggers");
  await pool.query("delete from notification_endpoints");
  await pool.query("delete from workflow_runs");
  await pool.query("update workflow_definitions set max_running = 100");
  const { rows } = await pool.query<{ key: string; workflow_id: string }>(`
    with made as (
      insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
      select gen_random_uuid(), u.tenant_id, u.id, 'Week', sha256(convert_to('wr_week_' || u.tenant_id, 'UTF8')), 'week' from users u
      returning tenant_id
    )
    select 'wr_week_' || made.tenant_id as key, d.id as workflow_id
    from made
    join workflow_definitions d on d.tenant_id = made.tenant_id`);
  return rows.map(({ key, workflow_id: workflowId }) => ({ key, workflowId }));
}

/** The SQL function that a request calls. A page is read by a batch of statements. */
function nameOf({ isBatch, statements }: SqlRequest): string {
  if (isBatch) return "a page";
  return /^select public\.(\w+)\(/.exec(statements[0]?.query ?? "")?.[1] ?? "another statement";
}

/** What a line of the log says when it is one of an error. */
function errorIn(line: string): string | null {
  if (!line.includes('"level":"error"')) return null;
  return /"event":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 100);
}
