import { beforeAll, describe, expect, it, vi } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { print, seeds } from "../support/harness.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { passDeadline } from "../support/lifecycle.ts";
import { createRandom, type Random } from "../support/random.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";
import { createAfter } from "../triggers/support.ts";

const CLIENTS = 16;
const SWEEPERS = 2;
const DEFINITIONS = 8;
const SECONDS = 20;

/** The allowed statuses, since another client may have been first. No server error is among them. */
const FINE = new Set([200, 201, 202, 204, 404, 409]);

/** What all clients know together. */
type World = {
  service: Service;
  tenant: TestTenant;
  definitionIds: string[];
  /** Runs that were acknowledged, and that no client knows to be deleted. */
  runIds: Set<string>;
  /** Runs that a client has deleted. */
  deletedIds: Set<string>;
  answers: Map<string, number>;
};

// The log is silenced, since it would be very long.
beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe(`${CLIENTS} clients and ${SWEEPERS} sweepers at ${DEFINITIONS} definitions for ${SECONDS} seconds`, () => {
  it.each(seeds(1))("leave every run consistent and lose none (seed %i)", async (seed) => {
    const world = await createWorld();
    const { service, tenant, runIds, answers } = world;
    const until = Date.now() + SECONDS * 1000;
    const client = async (random: Random) => {
      while (Date.now() < until) await random.pick(ACTIONS)(world, random);
    };
    const sweeper = async () => {
      while (Date.now() < until) await service.sweep();
    };
    await Promise.all([
      ...Array.from({ length: CLIENTS }, (_, index) => client(createRandom(seed + index))),
      ...Array.from({ length: SWEEPERS }, sweeper),
    ]);

    const told = [...answers].sort().map(([answer, count]) => `${answer}: ${count}`);
    await print(`What ${CLIENTS} clients were answered:\n${told.join("\n")}`);
    expect([...answers.keys()].filter((answer) => !FINE.has(Number(answer.slice(-3))))).toEqual([]);
    const { sql } = service.database;
    expect(await brokenInvariants(sql.query, { acknowledged: [...runIds] })).toEqual([]);
    const [count] = await sql`
      select count(*) filter (where status = 'PENDING')::int as pending, count(*) filter (where status = 'COMPLETED')::int as completed
      from workflow_runs`;
    const summary = await service.get("/v1/workflow-runs/summary", tenant.owner.key);
    expect(await summary.json()).toMatchObject({ ...count });
    expect(count?.completed).toBeGreaterThan(0);
    const [stats] = await sql`select deadlocks::int from pg_stat_database where datname = current_database()`;
    expect(stats).toEqual({ deadlocks: 0 });
  });
});

async function createWorld(): Promise<World> {
  // Postgres counts the deadlocks of a database since it is there.
  const service = await startService({ isNew: true });
  const tenant = await createTenant(service.database);
  const world: World = {
    service,
    tenant,
    definitionIds: [],
    runIds: new Set(),
    deletedIds: new Set(),
    answers: new Map(),
  };
  for (let index = 0; index < DEFINITIONS; index++) {
    const response = await send(world, "create", "POST", "/v1/workflow-definitions", describeDefinition(tenant, 202));
    world.definitionIds.push((await response.json<{ id: string }>()).id);
  }
  // Two of them run after each other.
  const [first = "", second = ""] = world.definitionIds;
  await createAfter(service, first, tenant.owner.key, second, { on: "completed" });
  await createAfter(service, second, tenant.owner.key, first, { on: "failed" });
  return world;
}

const describeDefinition = (tenant: TestTenant, runnerStatus: number) => ({
  name: "Contended",
  runner_type: "SELF_HOSTED",
  runner_config: { url: answeringRunner(runnerStatus), webhook_secret: WEBHOOK_SECRET },
  source_path_part_ids: [tenant.sourcesId],
  instruction_path_part_ids: [tenant.instructionsId],
  output_path_part_ids: [tenant.outputsId],
});

async function send(world: World, what: string, method: string, path: string, body?: unknown, token?: string) {
  const { service, tenant, answers } = world;
  const response = await service.send(method, path, token ?? tenant.owner.key, body);
  const answer = `${what} ${response.status}`;
  answers.set(answer, (answers.get(answer) ?? 0) + 1);
  return response;
}

type Action = (world: World, random: Random) => Promise<unknown>;

const invoke: Action = async (world, random) => {
  const path = `/v1/workflow-definitions/${random.pick(world.definitionIds)}/invoke`;
  const key = random.chance(0.3) ? { idempotency_key: `k${random.integer(50)}` } : {};
  const response = await send(world, "invoke", "POST", path, key);
  if (response.status !== 202) return;
  const { id } = await response.json<{ id: string }>();
  // The answer to a repeated invoke may arrive after the answer to the deletion of its run.
  if (!world.deletedIds.has(id)) world.runIds.add(id);
};

/** Does something to one of the known runs, if there is one. */
const toRun =
  (act: (world: World, runId: string, random: Random) => Promise<unknown>): Action =>
  async (world, random) => {
    if (world.runIds.size > 0) await act(world, random.pick([...world.runIds]), random);
  };

/** One of the runs that seem to be RUNNING now. */
const toRunning =
  (act: (world: World, runId: string, random: Random) => Promise<unknown>): Action =>
  async (world, random) => {
    const rows = await world.service.database.sql`select id from workflow_runs where status = 'RUNNING'`;
    if (rows.length > 0) await act(world, String(random.pick(rows).id), random);
  };

async function callBack(world: World, runId: string, random: Random): Promise<void> {
  const [run] = await world.service.database.sql`select status, attempt from workflow_runs where id = ${runId}`;
  // No runner has a token of an attempt that has not started yet.
  if (!run || run.status === "PENDING") return;
  const token = await runToken(world.tenant, runId, run.attempt);
  const body = { status: random.pick(["COMPLETED", "COMPLETED", "FAILED"]) };
  await send(world, "callback", "POST", `/v1/workflow-runs/${runId}/callback`, body, token);
}

const ACTIONS: readonly Action[] = [
  invoke,
  invoke,
  invoke,
  toRunning(callBack),
  toRunning(callBack),
  toRun(callBack),
  toRunning((world, runId) => send(world, "stop", "POST", `/v1/workflow-runs/${runId}/stop`)),
  toRun((world, runId) => send(world, "stop", "POST", `/v1/workflow-runs/${runId}/stop`)),
  toRun((world, runId) => send(world, "retry", "POST", `/v1/workflow-runs/${runId}/retry`)),
  toRun(async (world, runId) => {
    const { status } = await send(world, "delete", "DELETE", `/v1/workflow-runs/${runId}`);
    if (status !== 204) return;
    world.deletedIds.add(runId);
    world.runIds.delete(runId);
  }),
  toRunning(({ service }, runId) => passDeadline(service, runId)),
  async (world, random) => {
    const path = `/v1/workflow-definitions/${random.pick(world.definitionIds)}`;
    const runnerStatus = random.pick([202, 202, 202, 202, 503, 400, 410]);
    const body = { ...describeDefinition(world.tenant, runnerStatus), is_active: random.chance(0.9) };
    await send(world, "replace", "PUT", path, body);
  },
  async (world, random) => {
    const path = `/v1/path-parts/${world.tenant.sourcesId}`;
    await send(world, "rename", "PATCH", path, { name: `sources-${random.integer(5)}` });
  },
  async (world) => send(world, "list", "GET", "/v1/workflow-runs?limit=5"),
  async (world, random) =>
    send(world, "list of one", "GET", `/v1/workflow-definitions/${random.pick(world.definitionIds)}/runs?limit=5`),
];
