/**
 * `kill -9` of runners, of the Worker with its hub, and of Postgres, while runners lease runs. Runs in Node, with the built
 * Worker and the example runners. `npm run test:kill` kills 20 times instead of 2.
 */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { brokenInvariants } from "../support/invariants.ts";
import { type ExampleLanguage, type LeaseRunner, startLeaseRunner } from "../support/node/example-lease-runner.ts";
import { kill, startStack } from "../support/node/killable-stack.ts";
import { createRandom } from "../support/random.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { startLeaseRunners } from "./lease-runners.ts";

const KILLS = Number(process.env.KILLS ?? 2);
const RUNNERS = 20;
const RUNS = 100;
const DEFINITIONS = 20;
const LEASE_SECONDS = 3;
/** Much longer than the whole test takes. */
const PATIENCE_MS = 120_000;
/** What the hub's alarm does comes at once, which on a busy machine is within this. What waits for the cron comes up to a minute later. */
const AT_ONCE_MS = 10_000;

const seed = inject("seed");
const random = createRandom(seed);

/** Functions that stop what was started. They are called in reverse order. */
const endings: (() => unknown)[] = [];
let stack: Awaited<ReturnType<typeof startStack>>;

beforeAll(async () => {
  // The cron fires as rarely as in production, so the hub's alarm does what is due in between.
  stack = await startStack(endings, { cronMs: 60_000, hasObjects: true });
});

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

/** A tenant whose runs have short leases, and are retried when they are lost. */
async function newTenant(): Promise<TestTenant> {
  const tenant = await createTenant(stack);
  await stack.sql`
    update workflow_definitions
    set handover = 'lease', lease_seconds = ${LEASE_SECONDS}, max_attempts = 1 where id = ${tenant.definitionId}`;
  return tenant;
}

async function post(path: string, key: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.baseUrl}${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<Record<string, unknown>>;
}

const invoke = async (tenant: TestTenant, definitionId = tenant.definitionId, input: object | null = null) =>
  String((await post(`/v1/workflow-definitions/${definitionId}/invoke`, tenant.owner.key, { input })).id);

async function startExample(language: ExampleLanguage, tenant: TestTenant, workSeconds: number): Promise<LeaseRunner> {
  const { key } = await post("/v1/runner-keys", tenant.owner.key, { name: language });
  const environment = {
    SERVICE_URL: stack.baseUrl,
    RUNNER_KEY: String(key),
    RUNNER_NAME: `${language}-${uuid()}`,
    WORK_SECONDS: String(workSeconds),
  };
  const runner = await startLeaseRunner(language, environment);
  endings.push(() => kill(runner.child));
  return runner;
}

/** Repeats a question until it has an answer. */
async function until<Result>(what: string, ask: () => Promise<Result | undefined>): Promise<Result> {
  const limit = Date.now() + PATIENCE_MS;
  for (;;) {
    const result = await ask();
    if (result !== undefined) return result;
    if (Date.now() > limit) throw new Error(`It never came to this: ${what}.`);
    await delay(50);
  }
}

const eventOf = async (runId: string, type: string) => {
  const [event] = await stack.sql`
    select at, detail from workflow_run_events where run_id = ${runId} and type = ${type}`;
  return event;
};
const resultOf = async (runId: string) => {
  const [run] = await stack.sql`
    select status, attempt, output, extract(epoch from completed_at - started_at)::float8 as seconds
    from workflow_runs where id = ${runId} and status in ('COMPLETED', 'FAILED')`;
  return run;
};

it("the objects keep what they have stored when the Worker is killed", async () => {
  await invoke(await newTenant());
  const stored = await until("the hub and the register have stored something", async () => {
    const files = stack.storedObjects();
    return files.length >= 2 ? files : undefined;
  });
  await stack.killWorker();
  expect(stack.storedObjects()).toEqual(expect.arrayContaining(stored));
});

describe.each(["TypeScript", "Python"] as const)("the example runner that leases, in %s", (language) => {
  it("works on a run with its input, log and progress, and gives back what it holds when it shuts down", async () => {
    const tenant = await newTenant();
    const runner = await startExample(language, tenant, 1.5);
    const runId = await invoke(tenant, tenant.definitionId, { quarter: "2026-Q1" });
    const result = await until("the run has ended", () => resultOf(runId));
    expect(result).toMatchObject({ status: "COMPLETED", output: { input: { quarter: "2026-Q1" } } });
    // How the lines are gathered into entries depends on when they were written.
    const entries =
      await stack.sql`select text from workflow_run_log_entries where run_id = ${runId} order by sequence`;
    const log = entries.map(({ text }) => text).join("");
    expect(log).toMatch(/^Reads \/sources, writes to \/outputs\n/);
    expect(log.match(/\n/g)).toHaveLength(4);

    const next = await invoke(tenant);
    await until("it works on the next run", () => eventOf(next, "LEASED"));
    await until("it says how far it is", async () => {
      const [held] = await stack.sql`select progress_percent from running_attempts where run_id = ${next}`;
      return held?.progress_percent ?? undefined;
    });
    runner.child.kill("SIGTERM");
    await runner.closed;
    expect(runner.child.exitCode).toBe(0);
    expect(await stack.sql`select status, attempt from workflow_runs where id = ${next}`).toEqual([
      { status: "PENDING", attempt: 2 },
    ]);
  });

  it("is killed: its run is LOST at once when the lease ends, and the next run starts on another runner", async () => {
    const tenant = await newTenant();
    const victim = await startExample(language, tenant, 3600);
    const lost = await invoke(tenant);
    await until("the run is leased", () => eventOf(lost, "LEASED"));
    const next = await invoke(tenant);
    await startExample("Python", tenant, 0);
    kill(victim.child);
    const event = await until("the run is LOST", () => eventOf(lost, "LOST"));
    // The instant of the event is the end of the lease. `lag_ms` is how much later that was recorded.
    expect(Number(event.detail?.lag_ms)).toBeLessThan(AT_ONCE_MS);
    const started = await until("the next one has started", () => eventOf(next, "LEASED"));
    expect(Date.parse(String(started.at)) - Date.parse(String(event.at))).toBeLessThan(AT_ONCE_MS);
    expect(started.detail?.runner).toMatch(/^Python/);
    expect(await until("the next one has ended", () => resultOf(next))).toMatchObject({ status: "COMPLETED" });
  });
});

it(`${RUNNERS} runners, ${RUNS} runs, ${KILLS} kills: nothing is lost, held twice or stuck (seed ${seed})`, async () => {
  const { sql, baseUrl } = stack;
  const tenant = await createTenant(stack);
  const definitionIds = [tenant.definitionId];
  for (let i = 1; i < DEFINITIONS; i++) {
    const body = {
      name: `Workflow ${i}`,
      runner_type: "SELF_HOSTED",
      source_path_part_ids: [tenant.sourcesId],
      instruction_path_part_ids: [tenant.instructionsId],
      output_path_part_ids: [tenant.outputsId],
    };
    definitionIds.push(String((await post("/v1/workflow-definitions", tenant.owner.key, body)).id));
  }
  await sql`
    update workflow_definitions
    set handover = 'lease', lease_seconds = ${LEASE_SECONDS}, max_attempts = 10, retry_on = '{LOST}'
    where tenant_id = ${tenant.id}`;
  const runners = startLeaseRunners({ baseUrl, key: tenant.owner.key, random, count: RUNNERS });
  endings.push(runners.stop);

  const acknowledged: string[] = [];
  const invoking = (async () => {
    while (acknowledged.length < RUNS) {
      const definitionId = definitionIds[acknowledged.length % DEFINITIONS];
      // With an idempotency key, so that an invoke without an answer can be repeated.
      const key = `run-${acknowledged.length}`;
      const path = `/v1/workflow-definitions/${definitionId}/invoke`;
      const run = await post(path, tenant.owner.key, { idempotency_key: key }).catch(() => undefined);
      if (run) acknowledged.push(String(run.id));
      await delay(KILLS * 8);
    }
  })();
  const findFaults = async () => [
    ...(await brokenInvariants(sql.query, { tenantId: tenant.id, acknowledged: [...acknowledged] })),
    ...runners.faults(),
  ];
  for (let i = 1; i <= KILLS; i++) {
    await delay(500 + random.integer(1_500));
    const victim = await stack.killSome(random);
    expect(await findFaults(), `after kill ${i}, of ${victim}`).toEqual([]);
  }
  await invoking;
  // Nothing is stuck, and no late answer has failed a run: each run completes, with whatever attempt.
  await until("all runs have ended", async () => {
    const [count] = await sql`
      select count(*)::int as n from workflow_runs where tenant_id = ${tenant.id} and status <> 'COMPLETED'`;
    return count?.n === 0 ? true : undefined;
  });
  await runners.stop();
  expect(await findFaults()).toEqual([]);
  expect(runners.taken.size).toBeGreaterThanOrEqual(RUNS);
  const [left] = await sql`select count(*)::int as n from running_attempts where tenant_id = ${tenant.id}`;
  expect(left?.n).toBe(0);
});
