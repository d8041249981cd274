import { expect, it } from "vitest";
import { writeUnchecked } from "../support/database.ts";
import { invoke } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { blocksRead, explained } from "./plans.ts";

const service = await startService({ isNew: true });

type Full = { tenant: TestTenant; waiting: string; running: string };

/** A tenant whose workflow has so many slots, all held by leased runs, and one run that waits. */
async function createFull(slots: number): Promise<Full> {
  const tenant = await createTenant(service.database);
  await useLeases(service, tenant);
  const { sql } = service.database;
  await sql`update workflow_definitions set max_running = ${slots} where id = ${tenant.definitionId}`;
  const waiting = await invoke(service, tenant);
  await writeUnchecked(sql, [
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, slot_no, started_at,
        deadline_at, dispatched_at)
      select md5(r.id || 'held' || n)::uuid, r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'RUNNING', r.run_snapshot, n,
        statement_timestamp(), statement_timestamp() + interval '1 day', statement_timestamp()
      from workflow_runs r, generate_series(1, ${slots}::int) n
      where r.id = ${waiting}`,
    sql`
      insert into running_attempts (run_id, tenant_id, attempt, lease_seconds, lease_expires_at)
      select r.id, r.tenant_id, 1, 60, statement_timestamp() + interval '1 hour'
      from workflow_runs r
      where r.tenant_id = ${tenant.id} and r.status = 'RUNNING'`,
  ]);
  await sql`analyze workflow_runs, running_attempts`;
  const [held] = await sql`select id from workflow_runs where tenant_id = ${tenant.id} and status = 'RUNNING' limit 1`;
  return { tenant, waiting, running: String(held?.id) };
}

/** Each run has a key of its own, and the run that waits has that of the first one. */
async function takeTurns({ tenant, waiting }: Full): Promise<void> {
  const { sql } = service.database;
  await writeUnchecked(sql, [
    sql`update workflow_definitions set max_running_per_key = 1 where id = ${tenant.definitionId}`,
    sql`
      update workflow_runs set concurrency_key = 'k' || slot_no, key_slot_no = 1
      where workflow_definition_id = ${tenant.definitionId} and status = 'RUNNING'`,
    sql`update workflow_runs set concurrency_key = 'k1' where id = ${waiting}`,
  ]);
}

async function letUserRead({ tenant }: Full): Promise<void> {
  const [definition] = await service.database
    .sql`select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
  await permit(service.database, tenant, String(definition?.path_part_id), "READ_ONLY");
}

/** How many blocks it reads, the second time: the first one also reads the catalog, to plan. */
async function blocksOf(action: () => Promise<unknown>): Promise<number> {
  await explained(service, action);
  const [, statements] = await explained(service, action);
  return blocksRead(statements);
}

it.each([
  // Who is in its way is sorted by when each run ends.
  {
    what: "to read a run that waits",
    perSlot: 4,
    act: ({ tenant, waiting }: Full) => service.get(`/v1/workflow-runs/${waiting}`, tenant.owner.key),
  },
  {
    what: "to read a run that waits for its key",
    perSlot: 1,
    prepare: takeTurns,
    act: ({ tenant, waiting }: Full) => service.get(`/v1/workflow-runs/${waiting}`, tenant.owner.key),
  },
  {
    what: "to read it as a USER who may read the workflow",
    perSlot: 5,
    prepare: letUserRead,
    act: ({ tenant, waiting }: Full) => service.get(`/v1/workflow-runs/${waiting}`, tenant.user.key),
  },
  {
    what: "to explain it",
    perSlot: 8,
    act: ({ tenant, waiting }: Full) => service.get(`/v1/workflow-runs/${waiting}/explain`, tenant.owner.key),
  },
  {
    what: "to read one of their runs",
    perSlot: 0.5,
    act: ({ tenant, running }: Full) => service.get(`/v1/workflow-runs/${running}`, tenant.owner.key),
  },
  {
    what: "to list the newest run",
    perSlot: 0.5,
    act: ({ tenant }: Full) => service.get("/v1/workflow-runs?limit=1", tenant.owner.key),
  },
  {
    what: "to read the events of a run",
    perSlot: 0.5,
    act: ({ tenant, waiting }: Full) => service.get(`/v1/workflow-runs/${waiting}/events`, tenant.owner.key),
  },
])("costs at most $perSlot blocks for each of 100 slots that are held $what", async ({ perSlot, prepare, act }) => {
  const [one, hundred] = [await createFull(1), await createFull(100)];
  for (const full of [one, hundred]) await prepare?.(full);
  expect(await blocksOf(() => act(hundred))).toBeLessThan((await blocksOf(() => act(one))) + 100 * perSlot);
});

it("costs a request for work nothing for each of 100 slots that are held", async () => {
  const [one, hundred] = [await createFull(1), await createFull(100)];
  const blocks: number[] = [];
  for (const { tenant } of [one, hundred]) {
    const runner = await startRunner(service, tenant);
    blocks.push(await blocksOf(() => runner.lease()));
  }
  expect(blocks[1]).toBeLessThan((blocks[0] ?? 0) + 100);
});

it("costs a change of the workflow nothing for each of 100 slots that are held, to find out whether one of them is over", async () => {
  const { sql } = service.database;
  const blocks: number[] = [];
  for (const { tenant } of [await createFull(1), await createFull(100)]) {
    const query = `explain (analyze, buffers, format json) select is_due from queue_state('${tenant.id}', '${tenant.definitionId}', now())`;
    await sql.query(query);
    const [row] = await sql.query(query);
    blocks.push(row?.["QUERY PLAN"]?.[0]?.Plan["Shared Hit Blocks"]);
  }
  expect(blocks[1]).toBeLessThan((blocks[0] ?? 0) + 100);
});
