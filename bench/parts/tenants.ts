/** What the steps of a sweep cost with ten thousand tenants, and how long a backlog of all of them takes. */
import type pg from "pg";
import { v7 as newId } from "uuid";
import { sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import { type DueTrigger, decide } from "../../src/triggers/schedule/decide.ts";
import type { Context } from "../support/context.ts";
import { cpuMsOfActs } from "../support/cpu.ts";
import type { Server } from "../support/postgres.ts";
import { type Goal, number, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { startRunner } from "../support/runner.ts";
import { sweepCpuMs, sweepOnce } from "../support/sweep-worker.ts";
import { type Shares, seedTenants } from "../support/tenants.ts";
import { type Build, bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

const FEW = 10;
/** How many times as much a step may cost with many tenants as with {@link FEW}. */
const MOST_TIMES = 1.5;
/** How much of the tenant with the most may be done, for each of the others, until each of these has had its first. */
const MOST_OF_LARGE = 1.1;
/** How often a call is repeated in a round. The first half of the calls fills the caches of the connection, and is not counted. */
const CALLS = 6;
const NOTHING = { dispatches: 0, overdue: 0, schedules: 0, quiet: 0, moreOfFirst: 0, runnerUrl: "http://127.0.0.1:9" };
const CONTEXT = JSON.stringify({ request_id: null, slack_seconds: 0, sends: false });

const STEPS = {
  "a claim of ten dispatches": (client: pg.PoolClient) =>
    client.query("select claim_dispatches($1, null, 10, '{}', '{}')", [CONTEXT]),
  "a chunk of 1,250 time-outs": (client: pg.PoolClient) =>
    client.query("select time_out_overdue_runs($1, 1250, true)", [CONTEXT]),
  "a round of 100 firings": fireRound,
};
const IDLE = "an idle sweep";

type World = { tenants: number; due: string; idle: string; pool: pg.Pool };

export async function measureTenants(context: Context): Promise<Report> {
  const server = await context.server();
  const build = await buildWorker("worker");
  const [many, due] = context.quick ? [200, 400] : [10_000, 10_000];
  const shares = { ...NOTHING, dispatches: 2 * due, overdue: due, schedules: due };
  const worlds: World[] = [];
  for (const tenants of [FEW, many]) {
    context.progress(`seeding ${tenants} tenants`);
    const [name, idle] = [`bench_due_${tenants}`, `bench_idle_${tenants}`];
    const pool = await server.createDatabase(name);
    await seedTenants(pool, { ...shares, tenants });
    await seedTenants(await server.createDatabase(idle), { ...NOTHING, tenants, quiet: 1 });
    worlds.push({ tenants, due: name, idle, pool });
  }
  const measured = await alternate(context.rounds, worlds, (world) => costsOf(server, build, world), context.progress);
  const [few = [], lots = []] = [...measured.values()];
  const names = [...Object.keys(STEPS), IDLE];
  const valuesOf = (rounds: readonly Map<string, number>[], name: string) =>
    rounds.map((costs) => costs.get(name) ?? 0);
  const times = new Map(names.map((name) => [name, spread(ratios(valuesOf(lots, name), valuesOf(few, name)))]));
  const size = many.toLocaleString("en-GB");

  context.progress("sweeping a backlog");
  const swept = await sweepBacklog(server, build, { ...shares, tenants: many, moreOfFirst: due });
  for (const { due: name, idle } of worlds) for (const one of [name, idle]) await server.dropDatabase(one);
  return {
    goals: [
      ...[...times].map(
        ([name, factor]): Goal => ({
          goal: `${name}, with ${size} tenants: at most ${MOST_TIMES} times as much as with ${FEW}`,
          figure: `${range(factor)} ×`,
          met: factor.median <= MOST_TIMES,
        }),
      ),
      {
        goal:
          `a backlog of ${size} tenants: until each has had its first, the one that has as much more as all others together gets at most ` +
          `${MOST_OF_LARGE} times as much done as all others`,
        figure: swept.kinds.map(({ name, ofLarge }) => `${name}: ${number(ofLarge)}`).join(", "),
        met: swept.kinds.every(({ ofLarge }) => ofLarge <= MOST_OF_LARGE),
      },
    ],
    tables: [
      {
        title: `The same backlog in ${FEW} tenants and in ${size}`,
        columns: ["CPU of Postgres in ms", `${FEW} tenants`, `${size} tenants`, "times as much"],
        rows: names.map((name) => [
          name,
          range(spread(valuesOf(few, name))),
          range(spread(valuesOf(lots, name))),
          range(times.get(name) ?? spread([])),
        ]),
        notes:
          `The tenants share ${(2 * due).toLocaleString("en-GB")} due dispatches, ${due.toLocaleString("en-GB")} overdue runs and as many due ` +
          "schedules, each of a workflow of its own. For the idle sweep each tenant has a RUNNING run, a schedule and an endpoint instead, of " +
          "which nothing is due.",
      },
      {
        title: `A backlog of ${size} tenants, in which one tenant has as much more as all others together, all of it older`,
        columns: [
          "",
          "how many",
          "seconds until all are done",
          "until each other tenant has had its first",
          "how many of the one were done by then, for each of the others",
        ],
        rows: swept.kinds.map(({ name, count, seconds, firstSeconds, ofLarge }) => [
          name,
          count.toLocaleString("en-GB"),
          number(seconds),
          number(firstSeconds),
          number(ofLarge),
        ]),
        notes:
          "Of each chunk of 1,250 time-outs, up to 625 are of the tenants whose turn it is, and the rest of what has been overdue longest. So " +
          "with a backlog as large as that of all others together, both end with the last chunk, and the last column is the measure. " +
          `${swept.sweeps} sweeps, one after another, took ${number(swept.seconds)} s, with hubs to tell, and a runner that answers at once.`,
      },
    ],
  };
}

/** Fires the triggers that are due, by the same statements and decisions as `fireDue`. */
async function fireRound(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query("select list_due_triggers(null, 100) as due");
  const { now, items, due_firing_ids: ids } = rows[0].due;
  const decisions = items.map((due: DueTrigger) => decide(due, now));
  const firings = ids.map((id: number) => ({ due_firing_id: id, firing_id: newId(), run_id: newId() }));
  await client.query("select fire_due($1, $2, $3)", [CONTEXT, JSON.stringify(decisions), JSON.stringify(firings)]);
}

/** The CPU time of Postgres that each step takes, in milliseconds. */
async function costsOf(server: Server, build: Build, { pool, idle }: World): Promise<Map<string, number>> {
  const costs = await cpuMsOfActs(pool, STEPS, CALLS);
  return costs.set(IDLE, await sweepCpuMs(server, build, idle, CALLS));
}

type Kind = { name: string; count: number; seconds: number; firstSeconds: number; ofLarge: number };

/**
 * For each kind of work: in how many seconds after $2 all was done, and in how many each tenant but $1, which has the most, had its first;
 * and how much of $1 was done by then, for each of the others. What one transaction has done counts as done together.
 */
const DONE = `
  with done as (
    select case type when 'TIMED_OUT' then 'overdue runs' else 'dispatches' end as name, tenant_id,
      -- The event of a time-out has the instant of the deadline.
      extract(epoch from at + make_interval(secs => coalesce((detail ->> 'lag_ms')::float8, 0) / 1000) - $2::timestamptz)::float8 as at
    from workflow_run_events where type in ('TIMED_OUT', 'DISPATCHED')
    union all
    select 'schedules', tenant_id, extract(epoch from at - $2::timestamptz)::float8 from trigger_firings where outcome = 'FIRED'
  ), firsts as (
    select first.name, max(first.at) as at
    from (select name, min(at) as at from done where tenant_id <> $1 group by name, tenant_id) first
    group by first.name
  )
  select done.name, count(*)::int as count, max(done.at) as seconds, firsts.at as "firstSeconds",
    (count(*) filter (where done.tenant_id = $1 and done.at <= firsts.at + 0.002))::float8
      / count(*) filter (where done.tenant_id <> $1 and done.at <= firsts.at + 0.002) as "ofLarge"
  from done join firsts on firsts.name = done.name group by done.name, firsts.at order by done.name`;

async function sweepBacklog(server: Server, build: Build, backlog: Shares) {
  const runner = await startRunner(() => {});
  const name = "bench_backlog";
  const pool = await server.createDatabase(name);
  await seedTenants(pool, { ...backlog, runnerUrl: runner.url });
  const vars = bindings(server.url(name), server.endpointUrl);
  const worker = await startWorker(build, { vars, wrapper: sweepWrapper, objects: OBJECTS });
  const left = async () => {
    const { rows } = await pool.query(`
      select (select count(*) from workflow_runs where next_dispatch_at is not null)
        + (select count(*) from workflow_runs where status = 'RUNNING' and deadline_at <= now())
        + (select count(*) from triggers where due_at <= now() and after_at < now() - interval '20 minutes') as left`);
    return Number(rows[0]?.left);
  };
  try {
    const began = performance.now();
    const { rows: first } = await pool.query("select md5('tenant0')::uuid as id, now() as began_at");
    let sweeps = 0;
    do {
      await sweepOnce(worker.url);
      sweeps += 1;
    } while ((await left()) > 0 && performance.now() - began < 600_000);
    const seconds = (performance.now() - began) / 1000;
    if ((await left()) > 0) throw new Error("The sweeps left something that is due.");
    const { rows: kinds } = await pool.query<Kind>(DONE, [first[0].id, first[0].began_at]);
    return { kinds, sweeps, seconds };
  } finally {
    await worker.stop();
    runner.stop();
    await server.dropDatabase(name);
  }
}
