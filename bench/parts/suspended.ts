/** What very many suspended runs cost whoever has nothing to do with them, and how soon a run goes on after its answer. */
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { v7 as newId } from "uuid";
import { findFreePort } from "../../scripts/local/ports.ts";
import { sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import type { Context } from "../support/context.ts";
import { cpuMsOfActs } from "../support/cpu.ts";
import { post } from "../support/post.ts";
import type { Server } from "../support/postgres.ts";
import { type Goal, number, type Report, range } from "../support/report.ts";
import { alternate, quantile, ratios, spread } from "../support/rounds.ts";
import { ownerKey, SNAPSHOT } from "../support/seed.ts";
import { sweepCpuMs, sweepOnce } from "../support/sweep-worker.ts";
import { seedTenants } from "../support/tenants.ts";
import { type Build, bindings, buildWorker, OBJECTS, startWorker, type Worker } from "../support/worker.ts";

const TENANTS = 10;
const WORKFLOWS_OF_TENANT = 10;
/** The questions of one page of the list. Both databases have so many, so that both lists are as long. */
const PAGE = 50;
const MOST_TIMES = 1.2;
/** The cron sweeps each minute. */
const MOST_SECONDS = 60;
const MOST_ANSWER_MS = 50;
const CALLS = 20;
const SWEEPS = 12;
const ANSWERS = 100;
/** The pause before each answer, so that the runner is waiting and nothing else is under way. */
const QUIET_MS = 150;
const [INVOKE, SWEEP, LIST] = ["an invoke", "an idle sweep", "a page of the list of open questions"];

/** `busy` has a RUNNING run in its only slot, and `free` has free slots. Both belong to the tenant of the key. */
type World = { name: string; pool: pg.Pool; busy: string; free: string };
type Lease = { callback_url: string; callback_token: string };

export async function measureSuspended(context: Context): Promise<Report> {
  const { rounds, quick, progress } = context;
  const server = await context.server();
  const build = await buildWorker("worker");
  const [count, ending, answers] = quick ? [2_000, 500, 10] : [100_000, 10_000, ANSWERS];
  const size = count.toLocaleString("en-GB");
  progress("seeding none");
  const none = await makeWorld(server, "bench_suspended_none");
  progress(`seeding ${size}`);
  const many = await makeWorld(server, "bench_suspended_many");
  await addSuspended(many.pool, count);

  const measured = await alternate(rounds, [none, many], (world) => costsOf(server, build, world), progress);
  const valuesOf = (world: World, name: string) => (measured.get(world) ?? []).map((costs) => costs.get(name) ?? 0);
  const names = [INVOKE, SWEEP, LIST];
  const times = names.map((name) => ({ name, factor: spread(ratios(valuesOf(many, name), valuesOf(none, name))) }));

  const objects = { vars: await varsOf(server, many), objects: OBJECTS };
  const worker = await startWorker(build, { ...objects, port: Number(new URL(objects.vars.PUBLIC_URL ?? "").port) });
  progress("answering questions");
  const untilLeased = (await answerOften(worker, many, answers).finally(worker.stop)).toSorted((a, b) => a - b);
  const p95 = quantile(untilLeased, 0.95);
  progress(`ending ${ending} at the same instant`);
  const seconds = await endSeconds(server, build, many, ending);
  for (const { name } of [none, many]) await server.dropDatabase(name);

  const ended = `${ending.toLocaleString("en-GB")} whose time ends at the same instant`;
  return {
    goals: [
      ...times.map(
        ({ name, factor }): Goal => ({
          goal: `${name} with ${size} suspended runs, compared with none: at most ${MOST_TIMES} times as much`,
          figure: `${range(factor)} ×`,
          met: factor.median <= MOST_TIMES,
        }),
      ),
      {
        goal: `${ended}, of ${size}: all have gone on or failed within ${MOST_SECONDS} s`,
        figure: `${number(seconds)} s`,
        met: seconds <= MOST_SECONDS,
      },
      {
        goal: `from an answer to a runner that waits for work, with ${size} suspended runs: p95 at most ${MOST_ANSWER_MS} ms`,
        figure: `${number(p95)} ms`,
        met: p95 <= MOST_ANSWER_MS,
      },
    ],
    tables: [
      {
        title: `${size} suspended runs of ${TENANTS} tenants and ${TENANTS * WORKFLOWS_OF_TENANT} workflows`,
        columns: ["CPU of Postgres in ms", "with none", `with ${size}`, "times as much"],
        rows: times.map(({ name, factor }) => [
          name,
          range(spread(valuesOf(none, name))),
          range(spread(valuesOf(many, name))),
          range(factor),
        ]),
        notes:
          "A third each waits for an answer, for an instant and for a signal, all for a day or longer. The invoke and the list are of one of " +
          `the tenants, called directly ${CALLS / 2} times in each round, and rolled back. The list needs something to show, so both databases ` +
          `have ${PAGE} open questions of this tenant beside that.`,
      },
      {
        title: "How soon runs go on",
        columns: ["", "how many", "p50", "p95", "max"],
        rows: [
          [
            "from an answer to a runner that waits at `POST /v1/leases`, ms",
            String(answers),
            ...[0.5, 0.95, 1].map((share) => number(quantile(untilLeased, share))),
          ],
          [`${ended}: until all are done, s`, ending.toLocaleString("en-GB"), "", "", number(seconds)],
        ],
        notes:
          "The answers come one after the other, on one Worker that has its Durable Objects, and are counted from before the request of the " +
          "answer until the runner has read its lease. The others end by sweeps, one after another, with hubs to tell: timers let their " +
          "runs join the queue, and the runs whose questions and signals are open fail.",
      },
    ],
  };
}

/** A database in which each workflow has a RUNNING run, and one has {@link PAGE} runs with a question. */
async function makeWorld(server: Server, name: string): Promise<World> {
  const pool = await server.createDatabase(name);
  const nothing = { dispatches: 0, overdue: 0, schedules: 0, moreOfFirst: 0 };
  await seedTenants(pool, {
    ...{ ...nothing, tenants: TENANTS, quiet: WORKFLOWS_OF_TENANT, runnerUrl: "http://127.0.0.1:9" },
  });
  const tenant = "md5('tenant0')::uuid";
  await pool.query(
    `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
    select gen_random_uuid(), tenant_id, id, 'Bench', $1, 'ench' from users where tenant_id = ${tenant}`,
    [createHash("sha256").update(ownerKey).digest()],
  );
  const { rows } = await pool.query(
    `select id from workflow_definitions where tenant_id = ${tenant} order by id limit 2`,
  );
  const [busy, free] = rows.map(({ id }) => String(id)) as [string, string];
  await pool.query("update workflow_definitions set max_running = 2 where id = $1", [free]);
  await addSuspended(pool, PAGE, busy);
  return { name, pool, busy, free };
}

/** Adds suspended runs of all workflows in turn, a third of each kind; or of one workflow, which all have a question. */
async function addSuspended(pool: pg.Pool, count: number, workflow: string | null = null): Promise<void> {
  await pool.query(
    `with asked as (
      select gen_random_uuid() as id, d.id as definition_id, d.tenant_id, u.id as user_id,
        case when $2::uuid is null then (array['question', 'timer', 'signal'])[1 + n % 3] else 'question' end as kind,
        statement_timestamp() - make_interval(secs => n) as at, statement_timestamp() + make_interval(days => 1 + n % 90) as ends_at
      from generate_series(1, $1::int) n
      join (
        select d.*, row_number() over (order by d.id) - 1 as place, count(*) over () as size
        from workflow_definitions d where d.id = $2 or $2 is null
      ) d on d.place = n % d.size
      join users u on u.tenant_id = d.tenant_id
    ), suspended as (
      insert into run_suspensions (run_id, attempt, tenant_id, keys, body_hash, ends_at, on_timeout)
      select id, 1, tenant_id, '{approve}', '', ends_at, 'fail' from asked
    ), waiting as (
      insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, prompt, choices, people_only, due_at, name,
        correlation)
      select id, 'approve', tenant_id, definition_id, kind, at, case kind when 'question' then 'Pay the invoice?' end,
        case kind when 'question' then '{yes,no}'::text[] end, false, case kind when 'timer' then ends_at end,
        case kind when 'signal' then 'paid' end, case kind when 'signal' then id::text end
      from asked
    )
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, attempt, run_snapshot, queue_position,
      suspended_at, not_before, deadline_at, created_at, updated_at)
    select r.id, r.tenant_id, r.definition_id, r.user_id, 'SELF_HOSTED', 'PENDING', 2, ${SNAPSHOT}, null, r.at,
      case kind when 'timer' then r.ends_at end, case when kind <> 'timer' then r.ends_at end, r.at, r.at
    from asked r join workflow_definitions d on d.id = r.definition_id`,
    [count, workflow],
  );
  await pool.query("vacuum (analyze)");
}

const CALLER = { api_key_hash: createHash("sha256").update(ownerKey).digest("hex") };

const invoke = (client: pg.Pool | pg.PoolClient, workflow: string) =>
  client.query({
    name: "invoke",
    text: `select trigger_run($1, $2, $3, p_idempotency_key => null, p_input => '{}', p_traceparent => null, p_labels => null,
      p_concurrency_key => null, p_start_after => null, p_must_start_by => null)`,
    values: [
      JSON.stringify({ caller: CALLER, request_id: newId(), slack_seconds: 30, sends: true }),
      workflow,
      newId(),
    ],
  });

/** What a call of each kind costs, in milliseconds of Postgres' CPU. */
async function costsOf(server: Server, build: Build, { name, pool, busy }: World): Promise<Map<string, number>> {
  // It counts the waiting runs of the tenant, which later invokes need not do: see `judge_cap` in SQL.
  await invoke(pool, busy);
  const acts = {
    [INVOKE]: (client: pg.PoolClient) => invoke(client, busy),
    [LIST]: async (client: pg.PoolClient) => {
      const text = "select list_waits($1, null, $2) as answer";
      const { rows } = await client.query({ name: "list", text, values: [JSON.stringify(CALLER), PAGE] });
      if (rows[0].answer.items?.length !== PAGE) throw new Error(`The list has not ${PAGE} questions.`);
    },
  };
  const costs = await cpuMsOfActs(pool, acts, CALLS);
  return costs.set(SWEEP, await sweepCpuMs(server, build, name, SWEEPS));
}

async function varsOf(server: Server, { name }: World): Promise<Record<string, string>> {
  return {
    ...bindings(server.url(name), server.endpointUrl),
    PUBLIC_URL: `http://127.0.0.1:${await findFreePort()}`,
  };
}

/** Runs that ask, one after the other: from the answer to each until a runner that waits has the run again, in milliseconds. */
async function answerOften({ url }: Worker, { free }: World, times: number): Promise<number[]> {
  const session = await post<{ token: string }>(`${url}/v1/runner-sessions`, ownerKey, { name: "bench", capacity: 1 });
  const lease = async (seconds: number) => {
    const question = { request_id: randomUUID(), wait_seconds: seconds };
    const { leases } = await post<{ leases: Lease[] }>(`${url}/v1/leases`, session.token, question);
    const [first] = leases;
    if (first === undefined) throw new Error("The runner waited, and got no run.");
    return { ...first, at: performance.now() };
  };
  const wait = { key: "approve", kind: "question", prompt: "Go on?", choices: ["yes", "no"], people_only: false };
  const values: number[] = [];
  // The first one opens connections, so it is not measured.
  for (let n = 0; n <= times; n++) {
    const { id } = await post<{ id: string }>(`${url}/v1/workflow-definitions/${free}/invoke`, ownerKey, {});
    const { callback_url, callback_token } = await lease(30);
    await post(callback_url.replace(/callback$/, "suspend"), callback_token, { waits: [wait] });
    const answering = delay(QUIET_MS).then(async () => {
      const began = performance.now();
      await post(`${url}/v1/workflow-runs/${id}/waits/approve/answer`, ownerKey, { value: "yes" });
      return began;
    });
    const [next, began] = await Promise.all([lease(30), answering]);
    if (n > 0) values.push(next.at - began);
    await post(next.callback_url, next.callback_token, { status: "COMPLETED" });
  }
  return values;
}

/** In how many seconds sweeps have carried out the ends of so many suspensions. */
async function endSeconds(server: Server, build: Build, world: World, count: number): Promise<number> {
  const { pool } = world;
  await pool.query(
    `with ended as (
      update workflow_runs r set not_before = case when r.not_before is not null then now() end,
        deadline_at = case when r.deadline_at is not null then now() end
      where r.id in (
        select chosen.id from workflow_runs chosen where chosen.status = 'PENDING' and chosen.suspended_at is not null order by chosen.id limit $1)
      returning r.id
    ), waited as (
      update run_waits w set due_at = now() from ended where w.run_id = ended.id and w.kind = 'timer'
    )
    update run_suspensions s set ends_at = now() from ended where s.run_id = ended.id`,
    [count],
  );
  const left = async () => {
    const { rows } = await pool.query(
      "select count(*)::int as left from workflow_runs where status = 'PENDING' and suspended_at is not null and least(not_before, deadline_at) <= now()",
    );
    return Number(rows[0]?.left);
  };
  if ((await left()) !== count) throw new Error("Not all of them end now.");
  const worker = await startWorker(build, {
    vars: await varsOf(server, world),
    wrapper: sweepWrapper,
    objects: OBJECTS,
  });
  try {
    const began = performance.now();
    do await sweepOnce(worker.url);
    while ((await left()) > 0 && performance.now() - began < 2 * MOST_SECONDS * 1000);
    if ((await left()) > 0) throw new Error("The sweeps left suspensions that have ended.");
    return (performance.now() - began) / 1000;
  } finally {
    await worker.stop();
  }
}
