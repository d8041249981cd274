import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, inSeconds, invokePath, passInstants, readRun } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startRunner } from "../support/runners.ts";
import { startService } from "../support/service.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

type Policy = { handover?: string; max_running?: number; max_running_per_key?: number | null; key_from?: string };

async function setPolicy(policy: Policy): Promise<void> {
  const path = `/v1/workflow-definitions/${tenant.definitionId}/policy`;
  expect((await service.send("PUT", path, tenant.owner.key, policy)).status).toBe(200);
}

async function trigger(body: object = {}): Promise<string> {
  const response = await service.send("POST", invokePath(tenant), tenant.owner.key, body);
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const ofKey = (key: string | null) => trigger({ concurrency_key: key });

async function inTurn<Item>(items: readonly Item[], act: (item: Item) => Promise<string>): Promise<string[]> {
  const done: string[] = [];
  for (const item of items) done.push(await act(item));
  return done;
}

/** Of each run: its state, its key and the numbers of its slots. */
async function stands(ids: readonly string[]): Promise<string[]> {
  const rows = await service.database.sql`
    select concat_ws(' ', status, nullif(concurrency_key, ''), slot_no, key_slot_no) as stand
    from unnest(${ids}::uuid[]) with ordinality given (id, place) join workflow_runs using (id) order by place`;
  return rows.map(({ stand }) => String(stand));
}

const end = async (id: string | undefined) => {
  expect((await callBack(service, tenant, id ?? "", { status: "COMPLETED" })).status).toBe(200);
};

const get = async (id: string | undefined, part: string) => {
  const response = await service.get(`/v1/workflow-runs/${id}/${part}`, tenant.owner.key);
  return response.json<Record<string, unknown>>();
};

describe("several slots", () => {
  it("hold as many runs as the policy says, each with the smallest free number, and the others wait in line", async () => {
    await setPolicy({ max_running: 3 });
    const ids = await inTurn([1, 2, 3, 4, 5], () => trigger());
    expect(await stands(ids)).toEqual(["RUNNING 1", "RUNNING 2", "RUNNING 3", "PENDING", "PENDING"]);
    expect(await eventTypes(service, tenant, ids[2] ?? "")).toEqual(["TRIGGERED", "STARTED", "DISPATCH_FAILED"]);
    expect((await eventTypes(service, tenant, ids[3] ?? "")).slice(0, 2)).toEqual(["TRIGGERED", "QUEUED"]);
    await end(ids[1]);
    expect(await stands(ids)).toEqual(["RUNNING 1", "COMPLETED", "RUNNING 3", "RUNNING 2", "PENDING"]);
  });

  it("are filled at once when the limit is raised, and none is stopped when it is lowered", async () => {
    const ids = await inTurn([1, 2, 3, 4], () => trigger());
    expect(await stands(ids)).toEqual(["RUNNING 1", "PENDING", "PENDING", "PENDING"]);
    await setPolicy({ max_running: 3 });
    expect(await stands(ids)).toEqual(["RUNNING 1", "RUNNING 2", "RUNNING 3", "PENDING"]);
    await setPolicy({ max_running: 2 });
    await end(ids[0]);
    expect(await stands(ids)).toEqual(["COMPLETED", "RUNNING 2", "RUNNING 3", "PENDING"]);
    await end(ids[2]);
    expect(await stands(ids)).toEqual(["COMPLETED", "RUNNING 2", "COMPLETED", "RUNNING 1"]);
  });

  it("are kept apart by unique indexes, so that a mistake in locking is an error", async () => {
    await setPolicy({ max_running: 3 });
    const [, second] = await inTurn(["a", "a"], ofKey);
    const { sql } = service.database;
    const of = (column: string) => sql.query(`update workflow_runs set ${column} = 1 where id = $1`, [second]);
    await expect(of("slot_no")).rejects.toMatchObject({ constraint: "workflow_runs_slot_no_key" });
    await expect(of("key_slot_no")).rejects.toMatchObject({ constraint: "workflow_runs_key_slot_no_key" });
  });

  it("let a runner lease several runs of one workflow at once, up to its capacity", async () => {
    await setPolicy({ handover: "lease", max_running: 3 });
    const ids = await inTurn([1, 2, 3, 4], () => trigger());
    const two = await startRunner(service, tenant, { capacity: 2 });
    const question = { request_id: crypto.randomUUID(), max: 10 };
    for (const _ of ["asked", "asked again, since the answer was lost"]) {
      expect((await two.lease(question)).leases.map(({ run_id }) => run_id)).toEqual(ids.slice(0, 2));
    }
    const ten = await startRunner(service, tenant, { capacity: 10 });
    const { leases } = await ten.lease({ max: 10 });
    expect(leases.map(({ run_id }) => run_id)).toEqual(ids.slice(2, 3));
    expect(await stands(ids)).toEqual(["RUNNING 1", "RUNNING 2", "RUNNING 3", "PENDING"]);
  });

  it("tell how many runs can be leased, so that as many runners are woken", async () => {
    await setPolicy({ handover: "lease", max_running: 3 });
    const counts = async () => {
      const [row] = await service.database
        .sql`select count::integer from leased_work(array[${tenant.definitionId}::uuid], now())`;
      return row?.count;
    };
    expect(await counts()).toBe(0);
    await inTurn([1, 2], () => trigger());
    expect(await counts()).toBe(2);
    await inTurn([3, 4], () => trigger());
    expect(await counts()).toBe(3);
    await setPolicy({ handover: "lease", max_running: 10, max_running_per_key: 2 });
    await inTurn(["a", "a", "a", "b"], ofKey);
    expect(await counts()).toBe(4 + 2 + 1);
  });

  it("are explained: how many runs are in the way, and when it will probably start", async () => {
    await setPolicy({ max_running: 2 });
    const ids = await inTurn([1, 2, 3, 4, 5], () => trigger());
    const { sql } = service.database;
    await sql`
      update workflow_runs set started_at = started_at - interval '10 seconds', deadline_at = deadline_at - interval '10 seconds'
      where id = ${ids[1]}`;
    const [first, last] = [await get(ids[2], "explain"), await get(ids[4], "explain")];
    expect(first).toMatchObject({
      reason: "slot",
      queue_position: 1,
      blockers: [{ run_id: ids[1] }, { run_id: ids[0] }],
    });
    expect(first.blocked_by).toMatchObject({ run_id: ids[1] });
    expect(last.message).toBe(
      `It waits for its workflow's slot behind 2 runs, of which ${ids[1]} has to end first: it is number 3 in the queue.`,
    );
  });
});

describe("concurrency keys", () => {
  it("limit the runs of each key; those without one are limited by the number of slots only", async () => {
    await setPolicy({ max_running: 5, max_running_per_key: 1 });
    const ids = await inTurn(["a", "a", "b", null, null, "b", "c"], ofKey);
    expect(await stands(ids)).toEqual([
      ...["RUNNING a 1 1", "PENDING a", "RUNNING b 2 1", "RUNNING 3", "RUNNING 4"],
      ...["PENDING b", "RUNNING c 5 1"],
    ]);
    await end(ids[3]);
    expect((await stands(ids)).filter((stand) => stand.startsWith("PENDING"))).toEqual(["PENDING a", "PENDING b"]);
    await end(ids[0]);
    expect((await stands(ids))[1]).toBe("RUNNING a 1 1");
  });

  it("take turns, and are first in, first out without a limit for each", async () => {
    await setPolicy({ max_running: 1, max_running_per_key: 1 });
    const ids = await inTurn(["b", "b", "b", "a", "c", null], ofKey);
    const keys: string[] = [];
    for (let count = 0; count < ids.length; count++) {
      const running = (await stands(ids)).findIndex((stand) => stand.startsWith("RUNNING"));
      keys.push(["b", "b", "b", "a", "c", "-"][running] ?? "");
      await end(ids[running]);
    }
    expect(keys.join(" ")).toBe("b c - a b b");
    await setPolicy({ max_running: 1 });
    const others = await inTurn(["b", "b", "a"], ofKey);
    await end(others[0]);
    expect(await stands(others)).toEqual(["COMPLETED b", "RUNNING b 1 1", "PENDING a"]);
  });

  it("take turns, too, when a runner asks for their runs", async () => {
    await setPolicy({ handover: "lease", max_running: 1, max_running_per_key: 1 });
    const ids = await inTurn(["b", "b", "a", "c"], ofKey);
    const runner = await startRunner(service, tenant);
    const keys: unknown[] = [];
    for (const _ of ids) {
      for (const lease of (await runner.lease()).leases) {
        keys.push((await get(lease.run_id, "details")).concurrency_key);
        await runner.callBack(lease, { status: "COMPLETED" });
      }
    }
    expect(keys.join(" ")).toBe("a b c b");
  });

  it("have queues of their own, in which a run has its place, also one whose delay is over", async () => {
    await setPolicy({ max_running: 1, max_running_per_key: 1 });
    const ids = await inTurn(["a", "a", "a", "b", "b"], ofKey);
    const place = async (id: string) => (await get(id, "details")).queue_position;
    expect(await inTurn(ids, async (id) => String(await place(id)))).toEqual(["null", "1", "2", "1", "2"]);
    const delayed = await inTurn(["a", "b", "c", "c"], (concurrency_key) =>
      trigger({ concurrency_key, start_after: inSeconds(3600) }),
    );
    await passInstants(service, delayed, 7200);
    expect(await inTurn(delayed, async (id) => String(await place(id)))).toEqual(["3", "3", "1", "2"]);
  });

  it("also have the number of their slots while they have no limit, so that a later limit knows them", async () => {
    await setPolicy({ max_running: 4 });
    const ids = await inTurn(["a", "a", "b"], ofKey);
    expect(await stands(ids)).toEqual(["RUNNING a 1 1", "RUNNING a 2 2", "RUNNING b 3 1"]);
    await setPolicy({ max_running: 4, max_running_per_key: 2 });
    expect(await stands([await ofKey("a"), await ofKey("b")])).toEqual(["PENDING a", "RUNNING b 4 2"]);
  });

  it("are found in the input where the policy says, unless the invoke sends one", async () => {
    await setPolicy({ key_from: "/customers/0/a~1b" });
    const of = (value: unknown) => ({ input: { customers: [{ "a/b": value }] } });
    const { key } = tenant.owner;
    for (const [value, found] of [
      ["4711", "4711"],
      [4711, "4711"],
      [false, "false"],
      ["ü".repeat(128), "ü".repeat(128)],
    ]) {
      expect(await get(await trigger(of(value)), "details")).toMatchObject({ concurrency_key: found });
    }
    expect(await get(await trigger({ ...of(null), concurrency_key: "mine" }), "details")).toMatchObject({
      concurrency_key: "mine",
    });
    for (const body of [of(null), of({}), of([]), of(""), of("x".repeat(129)), {}, { input: { customers: {} } }]) {
      const response = await service.send("POST", invokePath(tenant), key, body);
      const detail = [{ loc: ["body", "input", "customers", "0", "a/b"], type: "value_error" }];
      expect([response.status, await response.json()]).toMatchObject([422, { detail }]);
    }
  });

  it("are refused when they are empty or too long", async () => {
    for (const concurrency_key of ["", "x".repeat(129), 4711]) {
      const response = await service.send("POST", invokePath(tenant), tenant.owner.key, { concurrency_key });
      expect([response.status, await response.json()]).toMatchObject([
        422,
        { detail: [{ loc: ["body", "concurrency_key"] }] },
      ]);
    }
  });

  it("are kept by a retry and by a run that is triggered again, and the first counts for an idempotency key", async () => {
    await setPolicy({ max_running: 2 });
    const id = await trigger({ concurrency_key: "a", idempotency_key: "k" });
    expect(await trigger({ concurrency_key: "b", idempotency_key: "k" })).toBe(id);
    await callBack(service, tenant, id, { status: "FAILED", error: "Broken." });
    expect(await stands([id])).toEqual(["FAILED a"]);
    await service.send("POST", `/v1/workflow-runs/${id}/retry`, tenant.owner.key);
    expect(await stands([id])).toEqual(["RUNNING a 1 1"]);
  });

  it("tell how many of them have their turn before that of a run, from the key after the one that started last", async () => {
    await setPolicy({ max_running: 1, max_running_per_key: 1 });
    const [, ...waiting] = await inTurn(["b", "a", "b", "c", "d", "d"], ofKey);
    const keysBefore = async () =>
      Promise.all(waiting.map(async (id) => ((await get(id, "explain")) as { keys_before: number }).keys_before));
    // c and d have their turns first, and then a. b started last.
    expect(await keysBefore()).toEqual([2, 3, 0, 1, 1]);
    const { message } = (await get(waiting[0], "explain")) as { message: string };
    expect(message).toMatch(
      /: it is the next of its key; keys take turns, and 2 keys have their turn before its own\.$/,
    );
    await setPolicy({ max_running: 1, max_running_per_key: null });
    expect(await keysBefore()).toEqual([null, null, null, null, null]);
  });

  it("are explained: the run waits for its key, and others before it", async () => {
    await setPolicy({ max_running: 3, max_running_per_key: 1 });
    const [first, , third] = await inTurn(["a", "a", "a"], ofKey);
    expect(await get(third, "explain")).toMatchObject({
      ...{ reason: "key", queue_position: 2, concurrency_key: "a", keys_take_turns: true },
      blockers: [{ run_id: first }],
      message:
        `It waits for a slot of its concurrency key behind the run ${first}, which holds the slot: 1 of its key before it; ` +
        "keys take turns, and its own is next.",
    });
    expect((await readRun(service, tenant, third ?? "")).status).toBe("PENDING");
    const response = await service.get(`/v1/workflow-runs/${third}`, tenant.owner.key);
    expect([response.headers.get("X-Queue-Position"), response.headers.get("X-Blocked-By-Run")]).toEqual(["2", first]);
  });
});
