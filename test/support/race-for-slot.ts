import { type Dispatched, type FakeRunner, listDispatched, startFakeRunner } from "./fake-runner.ts";
import { brokenInvariants } from "./invariants.ts";
import { invokePath, passDeadline } from "./lifecycle.ts";
import { createRandom, type Random } from "./random.ts";
import type { Service } from "./service.ts";
import { createTenant, type TestTenant } from "./tenant.ts";

const INVOKES = 50;
/** Callbacks, stops, retries and sweeps that come beside what ends each run. */
const DISTURBANCES = 50;

/** How many runs may be RUNNING, and how many with one key. `keys` are those of the invokes; an empty key is none. */
type Limits = { maxRunning: number; maxPerKey: number | null; keys: readonly string[] };

const ONE_SLOT: Limits = { maxRunning: 1, maxPerKey: null, keys: [""] };

/** Lets many changes get into each other's way at one definition. Returns what went wrong, in sentences. */
export async function raceForSlot(service: Service, seed: number, limits = ONE_SLOT): Promise<string[]> {
  const runner = await startFakeRunner();
  const tenant = await createTenant(service.database, { runnerUrl: runner.url });
  await service.database.sql`
    update workflow_definitions
    set max_running = ${limits.maxRunning}, max_running_per_key = ${limits.maxPerKey}, updated_at = statement_timestamp()
    where id = ${tenant.definitionId}`;
  const race = startRace(service, tenant, createRandom(seed), limits.keys);

  const most = await followRunner(service, race, runner, tenant);

  const { sql } = service.database;
  const isOne = limits.maxRunning === 1 && limits.maxPerKey === null;
  const limited = isOne ? [] : [tenant.definitionId];
  const scope = { tenantId: tenant.id, acknowledged: race.acknowledged, limited };
  const dispatched = (await listDispatched(runner)).map(({ webhookId }) => webhookId).sort();
  const started = await sql`
    select run_id || '.' || attempt as id from workflow_run_events where tenant_id = ${tenant.id} and type = 'STARTED'`;
  const due = started.map(({ id }) => String(id)).sort();
  return [
    ...(most.running <= limits.maxRunning && (isOne || most.running > 1)
      ? []
      : [`${most.running} runs were RUNNING at once.`]),
    ...(most.ofOneKey <= (limits.maxPerKey ?? most.ofOneKey) ? [] : [`${most.ofOneKey} runs of one key were.`]),
    ...race.strangeAnswers,
    ...(race.acknowledged.length === INVOKES ? [] : [`${race.acknowledged.length} invokes were answered.`]),
    ...(await brokenInvariants(sql.query, scope)),
    ...(dispatched.join() === due.join() ? [] : [`Dispatched: ${dispatched}. Started: ${due}.`]),
  ];
}

type Race = ReturnType<typeof startRace>;

/** Invokes 50 times at once, and knows how to get in the way of the runs. */
function startRace(service: Service, tenant: TestTenant, random: Random, keys: readonly string[]) {
  const { key } = tenant.owner;
  const acknowledged: string[] = [];
  const strangeAnswers: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let disturbances = 0;

  function start(action: Promise<unknown>): void {
    underWay.add(action);
    action.then(() => underWay.delete(action));
  }
  async function send(path: string, token: string, body?: unknown): Promise<Response> {
    const response = await service.send("POST", path, token, body);
    // A change that came too late is refused; nothing else goes wrong.
    if (![200, 202, 409].includes(response.status)) strangeAnswers.push(`${path}: ${response.status}`);
    return response;
  }
  async function invokeOnce(): Promise<void> {
    const concurrencyKey = random.pick(keys);
    const response = await send(invokePath(tenant), key, {
      ...(concurrencyKey !== "" && { concurrency_key: concurrencyKey }),
    });
    acknowledged.push((await response.json<{ id: string }>()).id);
  }
  const pathOf = (runId: string, change: string) => `/v1/workflow-runs/${runId}/${change}`;
  const stop = (runId: string) => send(pathOf(runId, "stop"), key);
  const retry = (runId: string) => send(pathOf(runId, "retry"), key);
  const callBack = ({ runId, token }: Dispatched, status: string) => send(pathOf(runId, "callback"), token, { status });
  async function timeOut({ runId }: Dispatched): Promise<void> {
    await passDeadline(service, runId);
    await service.sweep();
  }

  for (let index = 0; index < INVOKES; index++) start(invokeOnce());

  return {
    acknowledged,
    strangeAnswers,
    isUnderWay: () => underWay.size > 0,
    /** Ends a run that was dispatched, in one way or in several at once. */
    end(dispatched: Dispatched): void {
      const endings = [
        () => callBack(dispatched, "COMPLETED"),
        () => callBack(dispatched, "FAILED"),
        () => stop(dispatched.runId),
        () => timeOut(dispatched),
      ];
      for (let ways = random.pick([1, 1, 2, 3]); ways > 0; ways--) start(random.pick(endings)());
    },
    /** Gets in the way of any run, as long as that does not go on for ever. */
    disturb(dispatched: readonly Dispatched[]): void {
      if (acknowledged.length === 0 || dispatched.length === 0 || disturbances++ >= DISTURBANCES) return;
      const disturbance = random.pick([
        () => stop(random.pick(acknowledged)),
        () => retry(random.pick(acknowledged)),
        () => callBack(random.pick(dispatched), random.pick(["COMPLETED", "FAILED"])),
        () => service.sweep(),
      ]);
      start(disturbance());
    },
  };
}

/**
 * Ends every run as soon as it is dispatched, until none is left. Returns the highest numbers of RUNNING runs at once: of all, and of
 * those with the same key.
 */
async function followRunner(service: Service, race: Race, runner: FakeRunner, tenant: TestTenant) {
  const { sql } = service.database;
  let ended = 0;
  const most = { running: 0, ofOneKey: 0 };
  for (;;) {
    const isLast = !race.isUnderWay();
    const dispatched = await listDispatched(runner);
    for (const run of dispatched.slice(ended)) race.end(run);
    race.disturb(dispatched);
    ended = dispatched.length;

    const [count] = await sql`
      select coalesce(sum(running), 0)::int as running, coalesce(sum(active), 0)::int as active,
        coalesce(max(running) filter (where concurrency_key <> ''), 0)::int as of_one_key
      from (
        select concurrency_key, count(*) filter (where status = 'RUNNING') as running, count(*) as active
        from workflow_runs where workflow_definition_id = ${tenant.definitionId} and status in ('PENDING', 'RUNNING')
        group by concurrency_key) of_key`;
    most.running = Math.max(most.running, count?.running);
    most.ofOneKey = Math.max(most.ofOneKey, count?.of_one_key);
    if (isLast && !race.isUnderWay() && count?.active === 0) return most;
  }
}
