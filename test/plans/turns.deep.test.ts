import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { extent } from "../support/in-turn.ts";
import { callBack, invoke, invokePath } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const MANY = extent(4_000, 10_000);

const service = await startService({ isNew: true });

type Limits = { maxRunning: number; maxPerKey: number | null };

/** A tenant whose definition has so many waiting runs of each of so many keys, in turn. */
async function createQueue(runs: number, keys: number, { maxRunning, maxPerKey }: Limits): Promise<TestTenant> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const { sql } = service.database;
  await sql`
    update workflow_definitions set max_running = ${maxRunning}, max_running_per_key = ${maxPerKey}
    where id = ${tenant.definitionId}`;
  const template = await invoke(service, tenant);
  await sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, concurrency_key)
    select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'PENDING', r.run_snapshot,
      case when ${keys}::int > 0 then 'key ' || n % ${keys}::int else '' end
    from workflow_runs r, generate_series(1, ${runs}::int) n
    where r.id = ${template}
    order by n`;
  await sql`analyze workflow_runs`;
  await service.sweep();
  return tenant;
}

/** How many pages are read to find the run that starts next. */
const pagesOfNextRun = ({ definitionId }: TestTenant) => pagesOf(`next_run('${definitionId}', now())`);

/** How many pages are read to compute an expression, the second time. */
async function pagesOf(expression: string): Promise<number> {
  const { sql } = service.database;
  const query = `explain (analyze, buffers, format json) select ${expression}`;
  await sql.query(query);
  const [row] = await sql.query(query);
  const plan = row?.["QUERY PLAN"]?.[0]?.Plan;
  return plan?.["Shared Hit Blocks"] + plan?.["Shared Read Blocks"];
}

async function startOne(tenant: TestTenant): Promise<void> {
  const [running] = await service.database.sql`
    select id from workflow_runs where workflow_definition_id = ${tenant.definitionId} and status = 'RUNNING' limit 1`;
  expect((await callBack(service, tenant, running?.id, { status: "COMPLETED" })).status).toBe(200);
}

describe("the run that starts next", () => {
  it(`is found as fast among ${MANY} waiting runs of 500 keys as among 100 without keys`, {
    timeout: 120_000,
  }, async () => {
    const [few, many] = [
      await createQueue(100, 0, { maxRunning: 10, maxPerKey: null }),
      await createQueue(MANY, 500, { maxRunning: 10, maxPerKey: 1 }),
    ];
    // A free slot, in which nothing starts: the pick itself is measured.
    for (const tenant of [few, many]) {
      await service.database.sql`update workflow_definitions set max_running = 11 where id = ${tenant.definitionId}`;
    }
    const [ofFew, ofMany] = [await pagesOfNextRun(few), await pagesOfNextRun(many)];
    // Looking at each of the keys would read a thousand more.
    expect(ofMany).toBeLessThan(ofFew + 100);
  });

  it("costs a few pages for each key that is full, when 99 of them are before it", async () => {
    const tenant = await createQueue(MANY, 500, { maxRunning: 100, maxPerKey: 1 });
    await service.database.sql`
      update workflow_definitions set last_key = 'zzz', max_running = 100 where id = ${tenant.definitionId}`;
    await startOne(tenant);
    expect(await pagesOfNextRun(tenant)).toBeLessThan(99 * 6);
  });
});

it(`how a queue stands is found as fast among ${MANY} runs as among 100`, async () => {
  const pages: number[] = [];
  for (const runs of [100, MANY]) {
    const { id, definitionId } = await createQueue(runs, 0, { maxRunning: 1, maxPerKey: null });
    pages.push(await pagesOf(`is_due from queue_state('${id}', '${definitionId}', now())`));
  }
  // Of the whole database, 124 runs are RUNNING, and the planner may look at all of these. Those that wait are in far more pages.
  expect(pages[1]).toBeLessThan((pages[0] ?? 0) + 150);
});

describe(`${MANY} runs at the front of a queue that have expired`, () => {
  it("are in the way of the next run for no longer than 1,200 are", async () => {
    const pages: number[] = [];
    for (const runs of [1_200, MANY]) {
      const tenant = await createQueue(runs, 0, { maxRunning: 1, maxPerKey: null });
      const { sql } = service.database;
      await sql`
        update workflow_runs set deadline_at = statement_timestamp() - interval '1 second'
        where workflow_definition_id = ${tenant.definitionId} and status = 'PENDING'`;
      await sql`update workflow_definitions set max_running = 2 where id = ${tenant.definitionId}`;
      await sql`analyze workflow_runs`;
      pages.push(await pagesOfNextRun(tenant));
    }
    expect(pages[1]).toBeLessThan((pages[0] ?? 0) + 200);
  });
});

describe("the place of the last run in its queue", () => {
  it.each([
    ["without keys", 0, null],
    ["of one key", 1, 1],
  ])(`is found as fast among ${MANY} runs as among 1,200 (%s)`, async (_, keys, maxPerKey) => {
    const pages: number[] = [];
    for (const runs of [1_200, MANY]) {
      const { definitionId } = await createQueue(runs, keys, { maxRunning: 1, maxPerKey });
      pages.push(
        await pagesOf(`place_in_queue('${definitionId}', '${keys === 0 ? "" : "key 0"}', 9223372036854775807)`),
      );
    }
    expect(pages[1]).toBeLessThan((pages[0] ?? 0) + 20);
  });
});

describe(`${MANY} runs that wait for their start_after`, () => {
  it.each([
    ["without keys", null],
    ["of a key with a limit", 1],
  ])("%s are in nobody's way: the next run is found as fast as without them", async (_, maxPerKey) => {
    const [without, behind] = [
      await createQueue(10, 2, { maxRunning: 10, maxPerKey }),
      await createQueue(10, 2, { maxRunning: 10, maxPerKey }),
    ];
    const { sql } = service.database;
    await sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, concurrency_key,
        queue_position, not_before)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'PENDING', r.run_snapshot,
        r.concurrency_key, null, statement_timestamp() + interval '1 day'
      from (select * from workflow_runs r where r.workflow_definition_id = ${behind.definitionId} limit 1) r,
        generate_series(1, ${MANY}::int)`;
    await sql`analyze workflow_runs`;
    for (const tenant of [without, behind]) {
      await sql`update workflow_definitions set max_running = 20 where id = ${tenant.definitionId}`;
    }
    expect(await pagesOfNextRun(behind)).toBeLessThan((await pagesOfNextRun(without)) + 60);
  });
});

describe(`one key with ${MANY} waiting runs, and 49 keys with one each`, () => {
  it("have all started after at most 60 promotions, with five slots", { timeout: 120_000 }, async () => {
    const tenant = await createQueue(MANY, 1, { maxRunning: 5, maxPerKey: 5 });
    for (let key = 0; key < 49; key++) {
      const body = { concurrency_key: `one of ${key}` };
      await service.send("POST", invokePath(tenant), tenant.owner.key, body);
    }
    let promotions = 0;
    for (let left = 49; left > 0; promotions++) {
      expect(promotions).toBeLessThan(60);
      await startOne(tenant);
      const [count] = await service.database.sql`
        select count(*)::int as left from workflow_runs
        where workflow_definition_id = ${tenant.definitionId} and status = 'PENDING' and concurrency_key like 'one of%'`;
      left = count?.left;
    }
  });
});
