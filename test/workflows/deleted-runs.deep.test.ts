/** The runs of a deleted workflow, before a sweep has deleted them: nobody sees them, and nothing becomes of them. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { diagnose } from "../../src/sweep/diagnosis.ts";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { runnerCredential } from "../support/callers.ts";
import { operations } from "../support/document.ts";
import { callBack, inSeconds, insertRun, invoke, makeOverdue, passInstants } from "../support/lifecycle.ts";
import { callOf } from "../support/operations.ts";
import { requestOf, type Service, startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import { addDefinition, addEnded, createStage, invokeDefinition, type Stage } from "../support/stage.ts";
import { createTenant, type TestUser } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { send } from "../triggers/support.ts";

let service: Service;
let stage: Stage<Service>;

beforeAll(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
  stage = await createStage(service, "gone");
});

/** Stops what runs, and deletes the workflow. Nothing sweeps. */
async function deleteWorkflow({ tenant }: Stage, definitionId: string): Promise<void> {
  const path = `/v1/workflow-definitions/${definitionId}`;
  const { key } = tenant.owner;
  await service.send("POST", `${path}/pause`, key);
  const running = await service.database
    .sql`select id from workflow_runs where workflow_definition_id = ${definitionId} and status = 'RUNNING'`;
  for (const { id } of running) await service.send("POST", `/v1/workflow-runs/${id}/stop`, key, { grace_seconds: 0 });
  expect((await service.send("DELETE", path, key)).status).toBe(204);
}

const ofOneRun = operations.filter(({ path }) => /\{(run_id|batch_id)\}/.test(path));

it.each(ofOneRun.map(({ operationId }) => operationId))("%s answers 404", async (operationId) => {
  const call = await callOf(operationId, stage);
  const [id = ""] = call.path.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) ?? [];
  const [{ definition_id } = {}] = await service.database.sql`
    select workflow_definition_id as definition_id from workflow_runs where ${id} in (id, batch_id)`;
  await deleteWorkflow(stage, definition_id);
  const token = (await runnerCredential(stage.tenant, call)) ?? stage.tenant.owner.key;
  const response = await service.fetch(call.path, requestOf(call, token));
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("problem:not_found")]);
  expect(await service.database.sql`select from workflow_runs where ${id} in (id, batch_id)`).not.toEqual([]);
});

it("a change of many runs finds none of them", async () => {
  const definitionId = await addDefinition(stage);
  const runId = await invokeDefinition(stage, definitionId);
  await deleteWorkflow(stage, definitionId);
  for (const action of ["stop", "retry", "delete"]) {
    const body = { action, run_ids: [runId] };
    const answer = await send<object>(service, "POST", "/v1/workflow-runs/bulk", stage.tenant.owner.key, body);
    expect(answer).toMatchObject({
      done: 0,
      refused: [{ run_id: runId, reason: expect.stringContaining("no such run") }],
    });
  }
});

it("a tenant whose only runs they are sees the first steps again", async () => {
  const tenant = await createTenant(service.database);
  const owner = await signIn(service, tenant.owner.key);
  await insertRun(service.database, tenant, { status: "COMPLETED" });
  expect(await owner.read("/app/runs")).not.toContain("First steps");
  const path = `/v1/workflow-definitions/${tenant.definitionId}`;
  expect((await service.send("DELETE", path, tenant.owner.key)).status).toBe(204);
  expect(await owner.read("/app/runs")).toContain("First steps");
});

describe("lists, counts, charts and pages", () => {
  type Reader = { user: TestUser; read(path: string): Promise<string> };
  let readers: Record<"owner" | "writer", Reader>;
  let runIds: string[];
  let batchId: string;
  let numbers: unknown;

  async function readerFor(user: TestUser): Promise<Reader> {
    const browser = await signIn(service, user.key);
    return {
      user,
      read: async (path) => {
        if (path === STREAM)
          return JSON.stringify(await callSqlFunction(service.database, path, await streamArgs(user)));
        return path.startsWith("/app/") ? browser.read(path) : (await service.get(path, user.key)).text();
      },
    };
  }

  /** What the stream of all runs reads: from the first event on. */
  const STREAM = "follow_runs";
  const streamArgs = async (user: TestUser) => ({
    ...(await callerOf(user)),
    ...{ definition_id: null, user_id: null, after: 0, known: [], limit: 1000, labels: null },
  });

  /** Where the runs are shown. */
  const lists = () => [
    ...["", "&status=PENDING", "&status=RUNNING", "&status=COMPLETED", "&status=FAILED"].map(
      (more) => `/v1/workflow-runs?limit=100${more}`,
    ),
    `/v1/workflow-runs?workflow_definition_id=${stage.tenant.definitionId}`,
    `/v1/workflow-runs?user_id=${readers.writer.user.id}`,
    "/v1/workflow-runs?label=kind:gone",
    `/v1/workflow-runs?batch=${batchId}`,
    "/v1/events?limit=100",
    STREAM,
    "/app/runs",
    "/app/runs?status=FAILED",
    "/app/runs?label=kind:gone",
    "/app/runs?error=unmistakable",
    "/app/runs?code=REPORTED",
    "/app/failures",
    `/app/runs?batch=${batchId}`,
    "/app/search?q=unmistakable",
    "/app/search?q=kind:gone",
    `/app/search?q=${runIds[0]?.slice(-8)}`,
  ];

  /** What is counted of the runs, for both readers. */
  const readNumbers = async () => {
    const { sql } = service.database;
    const { tenant } = stage;
    const counted = [];
    for (const name of ["owner", "writer"] as const) {
      const { user } = readers[name];
      const summary = await send<object>(service, "GET", "/v1/workflow-runs/summary", user.key);
      const [row] = await sql`
        select public.chart_statistics((select role from users where id = ${user.id}), ${tenant.id}, ${user.id}, null, 3600, null, null,
          3600, 1000, 1000, 10) as statistics`;
      const { counts, times } = row?.statistics ?? {};
      const ended = (rows: { completed: number; failed: number }[]) =>
        rows.reduce((sum, { completed, failed }) => sum + completed + failed, 0);
      const shown = [...(await readers[name].read("/app/runs")).matchAll(/class="count">(\d+)/g)].map(
        ([, count]) => count,
      );
      counted.push({ ...summary, shown, counted: ended(counts), measured: ended(times) });
    }
    const metrics = await (await service.get("/v1/metrics", tenant.owner.key)).text();
    const gauges = metrics.split("\n").filter((line) => /^workflow_run(s\{|s_overdue|_queue)/.test(line));
    const [due] = await sql`
      select public.next_due_at(${tenant.id}, '-infinity') as due_at, public.count_overdue_runs(statement_timestamp(), 100) as overdue`;
    const [, unfinished] = /(\d+ unfinished runs?)/.exec(
      await readers.owner.read(`/app/people/${readers.writer.user.id}`),
    ) ?? [null, null];
    const { caps } = await send<{ caps: { cap: string; used: number }[] }>(
      ...([service, "GET", `/v1/tenants/${tenant.id}/use`, tenant.owner.key] as const),
    );
    const waiting = caps.find(({ cap }) => cap === "waiting_runs")?.used;
    const { overdue, oldest_overdue } = (await diagnose(verbServices(service).db)).backlog;
    return { counted, gauges, due, unfinished, waiting, overdue, oldest_overdue };
  };

  beforeAll(async () => {
    stage = await createStage(service, "listed");
    const { tenant, writer } = stage;
    readers = { owner: await readerFor(tenant.owner), writer: await readerFor(writer) };
    await addEnded(stage, "FAILED");
    numbers = await readNumbers();

    const run = (more: object) => invoke(service, tenant, writer.key, { labels: { kind: "gone" }, ...more });
    const ended = [await run({}), await run({})];
    await callBack(service, tenant, ended[0] ?? "", { status: "FAILED", error: "An unmistakable reason." });
    await callBack(service, tenant, ended[1] ?? "", { status: "COMPLETED", output: 1 });
    const running = await run({});
    const delayed = await run({ start_after: inSeconds(3600) });
    const expired = await run({ must_start_by: inSeconds(1800) });
    const path = `/v1/workflow-definitions/${tenant.definitionId}/invoke-batch`;
    const batch = { runs: [{ labels: { kind: "gone" } }, {}] };
    ({ id: batchId } = await send<{ id: string }>(service, "POST", path, writer.key, batch));
    const rows = await service.database.sql`select id from workflow_runs where batch_id = ${batchId}`;
    runIds = [...ended, running, delayed, expired, ...rows.map(({ id }) => String(id))];

    // Of each list, some of it is there now. Each reader sees all of it: the writer has triggered the runs.
    for (const [name, { read }] of Object.entries(readers)) {
      for (const list of lists()) {
        // The feed holds events back while an older transaction is under way, also of other tests.
        await vi.waitFor(async () => {
          const text = await read(list);
          expect([name, list, runIds.some((id) => text.includes(id))]).toEqual([name, list, true]);
        }, 20_000);
      }
    }
    await makeOverdue(service, running);
    expect(await readNumbers()).not.toEqual(numbers);
    const deleted = await service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key);
    expect(deleted.status).toBe(204);
    await passInstants(service, expired, 3600);
  });

  it("show none of them, to an administrator, to who has triggered them, and to who could read the workflow", async () => {
    expect(await service.database.sql`select id from workflow_runs where id = any (${runIds})`).toHaveLength(
      runIds.length,
    );
    const all = { ...readers, reader: await readerFor(stage.reader) };
    for (const [name, { read }] of Object.entries(all)) {
      for (const list of lists()) {
        const text = await read(list);
        expect([name, list, runIds.filter((id) => text.includes(id))]).toEqual([name, list, []]);
      }
    }
  });

  it("count none of them, and nothing of them is due", async () => {
    expect(await readNumbers()).toEqual(numbers);
  });
});
