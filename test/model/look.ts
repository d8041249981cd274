/** Compares what the service has written, and what it says, with the model. */
import { expect, vi } from "vitest";
import type { World } from "./live.ts";
import type { ModelRun } from "./model.ts";

/** What the database has is compared each time; what the service says of it, in turn. */
export async function look(world: World, turn: number): Promise<void> {
  await compareDatabase(world);
  const views = [compareRun, compareDefinitionList, compareEvents, compareSummary, compareTenantList, compareBatch];
  await views[turn % views.length]?.(world, turn);
}

/**
 * What is not due yet is put off further, so that it does not come due because the test itself takes time: a dispatch, the
 * message of a stop, and the end of a back-off. The steps of time are longer than that. A first attempt has no back-off: it waits for
 * its `start_after`, which is further away.
 */
async function compareDatabase({ service, tenant, model, runIds, batchIds }: World): Promise<void> {
  const { sql } = service.database;
  const read = () =>
    sql.transaction([
      sql`
      update workflow_runs set next_dispatch_at = statement_timestamp() + interval '900 seconds'
      where tenant_id = ${tenant.id} and next_dispatch_at > statement_timestamp()`,
      sql`
      update workflow_runs set not_before = statement_timestamp() + interval '900 seconds'
      where tenant_id = ${tenant.id} and attempt > 1 and not_before > statement_timestamp()`,
      sql`
      update running_attempts set next_stop_dispatch_at = statement_timestamp() + interval '900 seconds'
      where tenant_id = ${tenant.id} and next_stop_dispatch_at > statement_timestamp()`,
      sql`
      select r.id, r.batch_id, concat_ws(' ', r.status, r.attempt, coalesce(r.ended_by, '-'),
        case
          when r.next_dispatch_at > statement_timestamp() then 'later'
          when r.next_dispatch_at is not null then 'due'
          when r.dispatched_at is not null then 'done'
          else 'none'
        end,
        (select string_agg(e.type || '.' || e.attempt, ' ' order by e.id) from workflow_run_events e where e.run_id = r.id)
      ) as told
      from workflow_runs r where r.tenant_id = ${tenant.id} order by r.id`,
    ]);
  const told = [...model.runs].map((run) =>
    [run.status, run.attempt, run.endedBy ?? "-", run.dispatch, ...run.events].join(" "),
  );
  let rows: Record<string, unknown>[] = [];
  const compare = async () => {
    [, , , rows = []] = await read();
    expect(rows.map((row) => row.told)).toEqual(told);
  };
  // The alarm of a hub may be at work: what it has sent is recorded a little later.
  await vi.waitFor(compare, { timeout: 20_000 });
  // Ids grow with time: what is new comes last.
  for (const [index, run] of [...model.runs].entries()) {
    const id = String(rows[index]?.id);
    expect(id).toBe(runIds.get(run) ?? id);
    runIds.set(run, id);
    expect(rows[index]?.batch_id).toBe(run.batch && (batchIds.get(run.batch) ?? rows[index]?.batch_id));
    if (run.batch) batchIds.set(run.batch, String(rows[index]?.batch_id));
  }
}

async function ask<Body>({ service, tenant }: World, path: string): Promise<{ headers: Headers; body: Body }> {
  const response = await service.get(path, tenant.owner.key);
  expect([path, response.status]).toEqual([path, 200]);
  return { headers: response.headers, body: await response.json<Body>() };
}

/** Each time another one. */
const chooseRun = ({ model }: World, turn: number): ModelRun | undefined => [...model.runs][turn % model.runs.size];

type Run = { id: string; status: string; completed_at: string | null };

async function compareRun(world: World, turn: number): Promise<void> {
  const { model, runIds } = world;
  const run = chooseRun(world, turn);
  if (!run) return;
  const { headers, body } = await ask<Run>(world, `/v1/workflow-runs/${runIds.get(run)}`);
  const stand = model.standOf(run);
  const isPending = stand === "PENDING";
  const place = isPending ? model.placeOf(run) : 0;
  const blockers = place > 0 ? model.blockersOf(run).map((other) => runIds.get(other)) : [];
  expect([body.status, body.completed_at === null]).toEqual([stand, isPending || stand === "RUNNING"]);
  expect(headers.get("x-queue-position")).toBe(place > 0 ? String(place) : null);
  expect(blockers.length > 0 ? blockers : [null]).toContain(headers.get("x-blocked-by-run"));
}

async function compareBatch(world: World, turn: number): Promise<void> {
  const { model, batchIds } = world;
  const [batch, id] = [...batchIds][turn % batchIds.size] ?? [];
  if (batch === undefined) return;
  const { body } = await ask<{ ended_at: string | null }>(world, `/v1/run-batches/${id}`);
  const { isEnded, ...counts } = model.batchOf(batch);
  expect([body, body.ended_at !== null]).toMatchObject([counts, isEnded]);
}

const PAGE = 100;

async function compareDefinitionList(world: World, turn: number): Promise<void> {
  const { model, definitionIds, runIds } = world;
  const definition = model.definitions[turn % model.definitions.length];
  if (!definition) return;
  const path = `/v1/workflow-definitions/${definitionIds.get(definition)}/runs?limit=${PAGE}`;
  const { body } = await ask<{ items: Run[]; total: number }>(world, path);
  const runs = model.runsOf(definition).reverse();
  expect(body.total).toBe(runs.length);
  expect(body.items.map(({ id, status }) => [id, status])).toEqual(
    runs.slice(0, PAGE).map((run) => [runIds.get(run), model.standOf(run)]),
  );
}

async function compareTenantList(world: World): Promise<void> {
  const { model, runIds } = world;
  const path = `/v1/workflow-runs?status=FAILED&status=RUNNING&limit=${PAGE}`;
  const { body } = await ask<{ items: Run[] }>(world, path);
  const runs = [...model.runs].reverse().filter((run) => ["FAILED", "RUNNING"].includes(model.standOf(run)));
  expect(body.items.map(({ id, status }) => [id, status])).toEqual(
    runs.slice(0, PAGE).map((run) => [runIds.get(run), model.standOf(run)]),
  );
}

async function compareEvents(world: World, turn: number): Promise<void> {
  const { model, runIds } = world;
  const run = chooseRun(world, turn);
  if (!run) return;
  const path = `/v1/workflow-runs/${runIds.get(run)}/events?limit=${PAGE}`;
  const { body } = await ask<{ items: { type: string; attempt: number }[]; total: number }>(world, path);
  const events = model.isOverdue(run) ? [...run.events, `${model.overdueEvent(run)}.${run.attempt}`] : run.events;
  expect(body.total).toBe(events.length);
  expect(body.items.map(({ type, attempt }) => `${type}.${attempt}`)).toEqual(events.slice(0, PAGE));
}

/** A little off all sums of the steps of time. */
const WINDOW_SECONDS = 30 * 24 * 3600 - 500;

async function compareSummary(world: World): Promise<void> {
  const { model } = world;
  const { body } = await ask<object>(world, `/v1/workflow-runs/summary?window_seconds=${WINDOW_SECONDS}`);
  const count = (stand: string) => [...model.runs].filter((run) => model.standOf(run) === stand).length;
  const countEnded = (stand: string) =>
    [...model.runs].filter((run) => model.standOf(run) === stand && model.endedSince(run) < WINDOW_SECONDS).length;
  expect(body).toMatchObject({
    pending: count("PENDING"),
    running: count("RUNNING"),
    completed: countEnded("COMPLETED"),
    failed: countEnded("FAILED"),
    overdue: [...model.runs].filter(model.isOverdue).length,
  });
}
