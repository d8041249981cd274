/**
 * Kills Postgres or the Worker (`kill -9`) at random moments while clients send requests: KILLS times, and for LEAST_SECONDS at least. After
 * each kill, the invariants hold, and every acknowledged run, batch, message and file exists. At the end, every run has ended, a subscriber has got
 * exactly one notification of each end, each trigger after a run has fired once for each end, and each file has its content. Runs in Node, with
 * the built Worker.
 */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, inject, it } from "vitest";
import { inTurn } from "../support/in-turn.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { type Sql, startStack } from "../support/node/killable-stack.ts";
import { createRandom } from "../support/random.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { addWorkflow, bodyAfter } from "../triggers/second-workflow.ts";
import { type Receiver, startClients } from "./clients.ts";
import { contentOf, FILE_NAME, startRunner } from "./runner.ts";
import { startSubscriber } from "./subscriber.ts";

/** `npm run test:kill` sets 20, and at least a minute of load; and it tries all scenes. */
const KILLS = Number(process.env.KILLS ?? 2);
const LEAST_MS = Number(process.env.LEAST_SECONDS ?? 0) * 1000;
const LONGEST_LIFE_MS = 2000;
/** Much longer than the remaining runs take, one after another. */
const LAST_RUNS_MS = 240_000;

const seed = inject("seed");
const random = createRandom(seed);
/** Functions that stop what was started. They are called in reverse order. */
const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

/**
 * Without limits, each definition has one slot. With `chains`, the tenant of each has a second one, they run after each other, and the
 * kills go on until so many runs have ended. With `areSuspended` there is also a second one, of which the runs of the first are parents; they
 * are suspended for children, answers, instants and signals, and the kills go on until there was one of each.
 */
type Scene = {
  definitions: number;
  clients: number;
  limits?: { slots: number; slotsOfKey: number; keys: number };
  chains?: { ends: number };
  areSuspended?: boolean;
};

const SCENES: [string, Scene][] = [
  ["four definitions with one slot each, and 8 clients", { definitions: 4, clients: 8 }],
  [
    "one definition with 10 slots, at most 2 for each of 50 keys, and 16 clients",
    { definitions: 1, clients: 16, limits: { slots: 10, slotsOfKey: 2, keys: 50 } },
  ],
  [
    "two pairs of definitions with 10 slots each, which run after each other, and 4 clients",
    { definitions: 2, clients: 4, limits: { slots: 10, slotsOfKey: 10, keys: 0 }, chains: { ends: 25 * KILLS } },
  ],
  [
    "two pairs of definitions with 10 slots each, of which the first suspends its runs and triggers those of the second, and 8 clients",
    { definitions: 2, clients: 8, limits: { slots: 10, slotsOfKey: 10, keys: 0 }, areSuspended: true },
  ],
];

it.each(inTurn(SCENES, 2, "scenes"))(
  `nothing that was acknowledged is lost: %s (seed ${seed})`,
  async (_, { definitions, clients: count, limits, chains, areSuspended = false }) => {
    const { baseUrl, sql, killSome } = await startStack(endings, { cronMs: 300, hasObjects: false });
    const runner = await startRunner(random);
    endings.push(runner.close);
    const tenants = await Promise.all(
      Array.from({ length: definitions }, () => createTenant({ sql }, { runnerUrl: runner.url })),
    );
    const seconds =
      chains === undefined && !areSuspended
        ? []
        : await Promise.all(tenants.map((tenant) => addWorkflow({ sql }, tenant)));
    const limited = limits === undefined ? [] : [...tenants.map(({ definitionId }) => definitionId), ...seconds];
    if (limits !== undefined) {
      await sql`
      update workflow_definitions set max_running = ${limits.slots}, max_running_per_key = ${limits.slotsOfKey},
        updated_at = statement_timestamp()
      where id = any (${limited}::uuid[])`;
    }
    for (const [index, second] of seconds.entries()) {
      const { owner, definitionId } = tenants[index] as TestTenant;
      if (areSuspended) {
        await sql`update workflow_definitions set may_trigger = array[${second}]::uuid[] where id = ${definitionId}`;
        runner.childOf.set(definitionId, second);
        continue;
      }
      await runAfter(baseUrl, owner.key, second, definitionId, "ended");
      await runAfter(baseUrl, owner.key, definitionId, second, "failed");
    }
    const subscriber = await startSubscriber(random);
    endings.push(subscriber.close);
    for (const { owner } of tenants) await subscribe(baseUrl, owner.key, subscriber.url);
    const receivers = await Promise.all(tenants.map((tenant) => createReceiver(baseUrl, tenant)));
    const schedules = await Promise.all(
      tenants.map(async ({ owner: { key }, definitionId }) => ({
        key,
        id: (await createTrigger(baseUrl, key, definitionId, MINUTELY)).id,
      })),
    );
    const clients = startClients({ baseUrl, tenants, receivers, random, count, keys: limits?.keys ?? 0, areSuspended });
    endings.push(clients.stop);

    const began = Date.now();
    const seen = () => [runner.completed, runner.files, clients.batches, clients.messages].map(({ size }) => size);
    // On a busy machine little happens between two kills.
    const hasSeenAll = async () => {
      if (seen().includes(0)) return false;
      if (chains !== undefined) return (await countEnds(sql)) >= chains.ends;
      const wasSuspended = async () => (await kindsOf(sql)).length === KINDS.length && runner.children.size > 0;
      return !areSuspended || (clients.signals.size > 0 && (await wasSuspended()));
    };
    for (let kill = 1; kill <= KILLS || Date.now() - began < LEAST_MS || !(await hasSeenAll()); kill++) {
      await delay(200 + random.integer(LONGEST_LIFE_MS));
      const victim = await killSome(random);
      expect(await findFaults(sql, clients, runner, limited), `after kill ${kill}, of ${victim}`).toEqual([]);
    }
    await clients.stop();
    for (const { id, key } of schedules) await send(baseUrl, `/v1/triggers/${id}/pause`, key, {});
    await untilAllHaveEnded(sql);
    await untilAllIsTold(sql);
    const ends = await sql`
    select id::text, run_id || '.' || attempt as attempt from workflow_run_events
    where public.event_name(type) in ('workflow_run.completed', 'workflow_run.failed')`;
    const told = [...subscriber.told].map(([id, { attempt }]) => `${id} ${attempt}`);
    expect(told.toSorted()).toEqual(ends.map(({ id, attempt }) => `${id} ${attempt}`).toSorted());
    expect(new Set(ends.map(({ attempt }) => attempt)).size).toBe(ends.length);
    expect(subscriber.strange).toEqual([]);
    expect(await findFaults(sql, clients, runner, limited)).toEqual([]);
    expect(await findBrokenFiles(baseUrl, sql, tenants)).toEqual([]);
    expect(seen()).not.toContain(0);
    if (areSuspended) {
      expect(await kindsOf(sql)).toEqual(KINDS);
      expect([runner.children.size, clients.signals.size]).not.toContain(0);
    }
  },
);

const KINDS = ["children", "question", "signal", "timer"];

/** Of which kinds something was that a run has waited for. */
const kindsOf = async (sql: Sql) =>
  (await sql`select distinct kind from run_waits order by kind`).map(({ kind }) => kind);

const countEnds = async (sql: Sql) =>
  Number((await sql`select count(*) as n from workflow_runs where status in ('COMPLETED', 'FAILED')`)[0]?.n);

const runAfter = (baseUrl: string, key: string, definitionId: string, of: string, on: string) =>
  createTrigger(baseUrl, key, definitionId, bodyAfter(of, { on }));

const MINUTELY = { name: "Every minute", kind: "schedule", schedule: { cron: "* * * * *", time_zone: "UTC" } };

async function createReceiver(baseUrl: string, tenant: TestTenant): Promise<Receiver> {
  const body = { name: "Messages", kind: "webhook", webhook: { scheme: "standard-webhooks" } };
  const { id, secret } = await createTrigger(baseUrl, tenant.owner.key, tenant.definitionId, body);
  return { tenant, id, secret };
}

const createTrigger = (baseUrl: string, key: string, definitionId: string, body: object) =>
  send<{ id: string; secret: string }>(baseUrl, `/v1/workflow-definitions/${definitionId}/triggers`, key, body);

const subscribe = (baseUrl: string, key: string, url: string) =>
  send(baseUrl, "/v1/notification-endpoints", key, {
    ...{ url, event_types: ["workflow_run.completed", "workflow_run.failed"] },
  });

async function send<Answer>(baseUrl: string, path: string, key: string, body: object): Promise<Answer> {
  const response = await fetch(baseUrl + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Stored files that cannot be read, or have another content. */
async function findBrokenFiles(baseUrl: string, sql: Sql, tenants: readonly TestTenant[]): Promise<string[]> {
  const broken: string[] = [];
  for (const { id: tenantId, owner } of tenants) {
    const stored = await sql`
      select run_id, attempt from workflow_run_artifacts where tenant_id = ${tenantId} and stored_at is not null`;
    for (const { run_id, attempt } of stored) {
      const path = `/v1/workflow-runs/${run_id}/artifacts/${FILE_NAME}?attempt=${attempt}`;
      const response = await fetch(baseUrl + path, { headers: { Authorization: `Bearer ${owner.key}` } });
      const text = await response.text();
      if (text !== JSON.stringify(contentOf({ run_id, attempt }))) broken.push(`${path}: ${response.status} ${text}`);
    }
  }
  return broken;
}

/** Waits until all notifications are sent. Pauses before retries are skipped. */
async function untilAllIsTold(sql: Sql): Promise<void> {
  const limit = Date.now() + LAST_RUNS_MS;
  for (;;) {
    const [count] = await sql`select count(*)::int as n from notifications where delivered_at is null`;
    if (count?.n === 0) return;
    if (Date.now() > limit) throw new Error(`${count?.n} notifications are stuck.`);
    await sql`
      update notifications set next_try_at = statement_timestamp() - interval '5 seconds', try_count = least(try_count, 1)
      where delivered_at is null and next_try_at > statement_timestamp() and created_at < statement_timestamp() - interval '1 second'`;
    await sql`update notification_endpoints set probe_at = statement_timestamp() where probe_at is not null`;
    await delay(1000);
  }
}

type Clients = ReturnType<typeof startClients>;
type Runner = Awaited<ReturnType<typeof startRunner>>;

/** `limited` are the definitions with several slots. */
async function findFaults(sql: Sql, clients: Clients, runner: Runner, limited: string[]): Promise<string[]> {
  // Only runs that were acknowledged before are expected: one that is acknowledged during the request is not in its answer.
  const acknowledged = [...clients.acknowledged.keys(), ...runner.children];
  const answers = [...clients.answered].map(([question, value]) => `${question} ${value}`);
  const signals = [...clients.signals];
  const completed = [...runner.completed];
  const undone = await sql`
    select id from workflow_runs where id = any (${completed}::uuid[]) and status <> 'COMPLETED'`;
  const lost = await sql`
    select 'an answer that was acknowledged is lost: ' || told.answer as what
    from unnest(${answers}::text[]) told (answer)
    where not exists (select from run_waits w where w.run_id::text || ' ' || w.key || ' ' || w.value = told.answer)
    union all
    select 'a signal that was acknowledged is lost, or two runs have got it: ' || told.id
    from unnest(${signals}::text[]) told (id)
    left join kept_signals s on s.signal_id = told.id
    where s.id is null or (s.taken_at is not null)::int <> (select count(*) from run_waits w where w.signal_id = told.id)
    union all
    select 'a message that was acknowledged has not triggered one run: ' || told.firing_id
    from unnest(${[...clients.messages.values()]}::uuid[]) told (firing_id)
    where 1 <> (
      select count(*)
      from trigger_firings f
      join workflow_runs r on r.id = f.run_id and r.triggered_by ->> 'firing_id' = f.id::text
      where f.id = told.firing_id and f.outcome = 'FIRED')
    union all
    select 'a batch that was acknowledged is lost: ' || told.id
    from unnest(${[...clients.batches]}::uuid[]) told (id)
    where not exists (select from run_batches b where b.id = told.id)
    union all
    select 'a batch is not there as a whole: ' || b.id
    from run_batches b
    where b.run_count <> (select count(*) from workflow_runs r where r.batch_id = b.id)
    union all
    select 'a file that was acknowledged is lost: ' || told.name
    from unnest(${[...runner.files]}::text[]) told (name)
    where not exists (
      select from workflow_run_artifacts a where a.run_id || '.' || a.attempt = told.name and a.stored_at is not null)
    union all
    select 'an instant of a schedule has fired twice: ' || f.trigger_id || ' ' || f.scheduled_at
    from trigger_firings f
    where f.cause = 'schedule' and f.outcome = 'FIRED'
    group by f.trigger_id, f.scheduled_at
    having count(*) > 1`;
  return [
    ...lost.map(({ what }) => String(what)),
    ...(await brokenInvariants(sql.query, { acknowledged, limited })),
    ...undone.map(({ id }) => `a run whose COMPLETED was acknowledged is not: ${id}`),
    ...clients.strangeAnswers,
  ];
}

/**
 * Waits until all runs have ended: without clients, the Worker and the runner bring every run to its end. Pauses before the
 * next try of a dispatch are skipped.
 */
async function untilAllHaveEnded(sql: Sql): Promise<void> {
  const limit = Date.now() + LAST_RUNS_MS;
  for (;;) {
    const [count] = await sql`
      select count(*)::int + (select count(*)::int from due_firings) as n from workflow_runs where status in ('PENDING', 'RUNNING')`;
    if (count?.n === 0) return;
    if (Date.now() > limit) throw new Error(`${count?.n} runs are stuck.`);
    await sql`
      update workflow_runs set next_dispatch_at = statement_timestamp()
      where next_dispatch_at is not null and started_at < statement_timestamp() - interval '1 second'`;
    await delay(200);
  }
}
