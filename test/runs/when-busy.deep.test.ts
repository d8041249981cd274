import { beforeEach, describe, expect, it } from "vitest";
import { answeringRunner, BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import { callBack, eventTypes, insertRun, invokePath, makeOverdue, readEvents, readRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { readFeed } from "../support/read-feed.ts";
import { startRunner } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { callerOf } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();
let tenant: TestTenant;

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
});

async function setPolicy(policy: object): Promise<void> {
  const path = `/v1/workflow-definitions/${tenant.definitionId}/policy`;
  const response = await service.send("PUT", path, tenant.owner.key, policy);
  expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
}

const invoke = (body: object = {}, key = tenant.owner.key): Promise<Response> =>
  service.send("POST", invokePath(tenant), key, body);

async function trigger(body: object = {}): Promise<string> {
  const response = await invoke(body);
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const ofKey = (concurrency_key: string | null) => trigger({ concurrency_key });

/** Why an invoke was refused: the status, the code, the sentence, and the run in the way. */
async function refusal(response: Response) {
  const { type, detail } = await response.json<{ type: string; detail: string }>();
  const code = type.replace("urn:workflow-runs:problem:", "");
  return [response.status, code, detail, response.headers.get("X-Blocked-By-Run")];
}

/** Of each run: its state, and why it FAILED. */
async function stands(...ids: string[]): Promise<string[]> {
  const rows = await service.database.sql`
    select concat_ws(' ', status, failure_code) as stand
    from unnest(${ids}::uuid[]) with ordinality given (id, place) join workflow_runs using (id) order by place`;
  return rows.map(({ stand }) => String(stand));
}

const end = async (id: string) => {
  expect((await callBack(service, tenant, id, { status: "COMPLETED" })).status).toBe(200);
};

const explain = async (id: string) => {
  const response = await service.get(`/v1/workflow-runs/${id}/explain`, tenant.owner.key);
  return (await response.json<{ message: string }>()).message;
};

const lastEvent = async (id: string) => (await readEvents(service, tenant, id)).at(-1);
const countRuns = async () => {
  const [row] = await service.database.sql`
    select count(*)::int as runs from workflow_runs where workflow_definition_id = ${tenant.definitionId}`;
  return row?.runs;
};

const busy = (limit: number | null, key: string | null, id: string) => {
  const whose = key === null ? "" : ` with the concurrency key “${key}”`;
  const runs = limit === null ? `a run${whose} has` : `${limit} runs${whose} have`;
  const detail = `The workflow is busy, and its policy skips a run then: ${runs} not ended yet. Wait for the end of the run ${id}, or stop it, and invoke the workflow again.`;
  return [409, "busy", detail, id];
};

describe("a busy workflow that skips runs", () => {
  it("refuses a run until the one before has ended, names that one, and keeps nothing of the refused run", async () => {
    await setPolicy({ when_busy: "skip" });
    const first = await trigger();
    expect(await refusal(await invoke({ idempotency_key: "k" }))).toEqual(busy(null, null, first));
    expect(await countRuns()).toBe(1);
    await end(first);
    expect(await stands(await trigger({ idempotency_key: "k" }))).toEqual(["RUNNING"]);
  });

  it("has as many unfinished runs as may be RUNNING, also those that only lack a runner", async () => {
    await setPolicy({ when_busy: "skip", handover: "lease", max_running: 2 });
    const first = await trigger();
    const second = await trigger();
    expect(await refusal(await invoke())).toEqual(busy(2, null, first));
    const { leases } = await (await startRunner(service, tenant)).lease();
    expect(leases.map(({ run_id }) => run_id)).toEqual([first]);
    // The one that is RUNNING ends first.
    expect(await refusal(await invoke())).toEqual(busy(2, null, first));
    await end(first);
    await trigger();
    expect(await refusal(await invoke())).toEqual(busy(2, null, second));
  });

  it("names the RUNNING run that ends first, whichever has started first", async () => {
    await setPolicy({ when_busy: "skip", max_running: 2 });
    const [, second] = [await trigger(), await trigger()];
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 minute', deadline_at = deadline_at - interval '1 minute'
      where id = ${second}`;
    expect(await refusal(await invoke())).toEqual(busy(2, null, second));
  });

  it("looks only at the runs of the same key when each key has a limit; those without a key are one group", async () => {
    await setPolicy({ when_busy: "skip", max_running: 2, max_running_per_key: 1 });
    const [a, none] = [await ofKey("a"), await ofKey(null)];
    expect(await refusal(await invoke({ concurrency_key: "a" }))).toEqual(busy(null, "a", a));
    // Only others are in the way of these, so they wait.
    const [b, second] = [await ofKey("b"), await ofKey(null)];
    expect(await stands(a, none, b, second)).toEqual(["RUNNING", "RUNNING", "PENDING", "PENDING"]);
    expect(await refusal(await invoke({ concurrency_key: "b" }))).toEqual(busy(null, "b", b));
    expect(await refusal(await invoke())).toEqual(busy(2, null, none));
    await setPolicy({ when_busy: "skip", max_running: 5 });
    await ofKey("a");
    expect(await refusal(await invoke({ concurrency_key: "c" }))).toEqual(busy(5, null, a));
  });

  it("is not busy with a run whose time is over", async () => {
    await setPolicy({ when_busy: "skip" });
    const first = await trigger();
    await makeOverdue(service, first);
    expect(await stands(await trigger(), first)).toEqual(["RUNNING", "FAILED UNREACHED"]);
  });

  it("takes every retry by a person", async () => {
    const first = await trigger();
    await callBack(service, tenant, first, { status: "FAILED" });
    await setPolicy({ when_busy: "skip", max_queued: 1 });
    const second = await trigger();
    const retried = await service.send("POST", `/v1/workflow-runs/${first}/retry`, tenant.owner.key);
    expect([retried.status, ...(await stands(first, second))]).toEqual([202, "PENDING", "RUNNING"]);
  });

  it("names the run in the way only to those who may see it", async () => {
    await setPolicy({ when_busy: "skip" });
    const first = await trigger();
    const { sql } = service.database;
    const [node] = await sql`select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    for (const part of [node?.path_part_id, tenant.sourcesId, tenant.instructionsId]) {
      await permit(service.database, tenant, String(part), "READ_ONLY");
    }
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    expect(await refusal(await invoke({}, tenant.user.key))).toEqual(busy(null, null, first));
    // An invoke needs read on the workflow, and whoever has that sees all its runs. So the rule is asked by itself.
    await sql`delete from user_permissions where path_part_id = ${node?.path_part_id}`;
    const room = async (userId: string, role: string) => {
      const [row] = await sql.query(
        `select public.make_room(p_context => $1, p_role => $2, p_tenant_id => $3, p_user_id => $4, p_definition_id => $5,
           p_frozen => '{"when_busy": "skip", "starts_runs": true}', p_run_id => gen_random_uuid(), p_input => null,
           p_concurrency_key => null, p_now => clock_timestamp()) as room`,
        [JSON.stringify(await callerOf(tenant.user)), role, tenant.id, userId, tenant.definitionId],
      );
      return row?.room;
    };
    expect(await room(tenant.user.id, "USER")).toEqual({ refused: "busy", limit: 1, key: null });
    expect(await room(tenant.admin.id, "ADMIN")).toMatchObject({ refused: "busy", run_id: first });
  });
});

describe("a busy workflow whose newest run replaces those that wait", () => {
  it("fails them as SUPERSEDED, with the id of the newer run, and lets the RUNNING one go on", async () => {
    await setPolicy({ when_busy: "replace_queued" });
    const [first, second, third] = [await trigger(), await trigger(), await trigger()];
    expect(await stands(first, second, third)).toEqual(["RUNNING", "FAILED SUPERSEDED", "PENDING"]);
    const run = await readRun(service, tenant, second);
    expect(run).toMatchObject({ status: "FAILED", error: `Superseded by run ${third}.` });
    expect(run.updated_at).toBe(run.completed_at);
    expect(await eventTypes(service, tenant, second)).toEqual(["TRIGGERED", "QUEUED", "STOPPED"]);
    const detail = { failure_code: "SUPERSEDED", superseded_by: third, user_id: tenant.owner.id };
    expect(await lastEvent(second)).toMatchObject({ detail });
    const { items } = await readFeed(service, tenant.owner.key, ["types=workflow_run.failed"]);
    expect(items).toMatchObject([{ run_id: second, detail }]);
    expect(await explain(second)).toBe(`It does not wait: it was superseded by run ${third}.`);
    await end(first);
    expect(await stands(third)).toEqual(["RUNNING"]);
  });

  it("replaces only runs of the same key, and none when only others are in the way", async () => {
    await setPolicy({ when_busy: "replace_queued", max_running: 2, max_running_per_key: 1 });
    const [a1, a2, b1] = [await ofKey("a"), await ofKey("a"), await ofKey("b")];
    const [b2, c1, none1] = [await ofKey("b"), await ofKey("c"), await ofKey(null)];
    const a3 = await ofKey("a");
    expect(await stands(a1, a2, a3)).toEqual(["RUNNING", "FAILED SUPERSEDED", "PENDING"]);
    expect(await stands(b1, b2, c1, none1)).toEqual(["RUNNING", "PENDING", "PENDING", "PENDING"]);
    const [c2, none2, none3] = [await ofKey("c"), await ofKey(null), await ofKey(null)];
    expect(await stands(c1, c2)).toEqual(["FAILED SUPERSEDED", "PENDING"]);
    // Of those without a key, two may be RUNNING.
    expect(await stands(none1, none2, none3)).toEqual(["FAILED SUPERSEDED", "FAILED SUPERSEDED", "PENDING"]);
    expect(await stands(b2)).toEqual(["PENDING"]);
  });

  it("also replaces a run that waits for its back-off, which its policy then does not retry", async () => {
    const retries = { max_attempts: 3, retry_on: ["LOST", "UNREACHED", "DEADLINE"] };
    await setPolicy({ when_busy: "replace_queued", ...retries });
    const first = await trigger();
    await makeOverdue(service, first);
    await service.sweep();
    expect(await stands(first)).toEqual(["PENDING"]);
    const second = await trigger();
    expect(await stands(first, second)).toEqual(["FAILED SUPERSEDED", "RUNNING"]);
    expect(await lastEvent(first)).toMatchObject({ type: "STOPPED", attempt: 2 });
    await service.sweep();
    expect(await stands(first)).toEqual(["FAILED SUPERSEDED"]);
  });

  it("puts a replaced run that a person retries at the end of the queue", async () => {
    await setPolicy({ when_busy: "replace_queued" });
    const [first, second, third] = [await trigger(), await trigger(), await trigger()];
    const retried = await service.send("POST", `/v1/workflow-runs/${second}/retry`, tenant.owner.key);
    expect(retried.status).toBe(202);
    expect(await stands(first, second, third)).toEqual(["RUNNING", "PENDING", "PENDING"]);
    await end(first);
    expect(await stands(second, third)).toEqual(["PENDING", "RUNNING"]);
  });

  it("answers the run of an idempotency key, also when it was replaced, and replaces none then", async () => {
    await setPolicy({ when_busy: "replace_queued" });
    await trigger();
    const second = await trigger({ idempotency_key: "k", input: { a: 1 } });
    const third = await trigger();
    const again = await invoke({ idempotency_key: "k", input: { a: 1 } });
    expect([again.status, again.headers.get("Idempotency-Replayed")]).toEqual([202, "true"]);
    expect(await again.json()).toMatchObject({ id: second, status: "FAILED", error: `Superseded by run ${third}.` });
    expect((await invoke({ idempotency_key: "k", input: { a: 2 } })).status).toBe(422);
    expect(await stands(third)).toEqual(["PENDING"]);
  });
});

describe("a busy workflow whose newest run replaces the one that is RUNNING", () => {
  /** When the stop of the run is over. */
  const stopEndsAt = async (id: string) => {
    const [row] = await service.database.sql`select stop_ends_at from running_attempts where run_id = ${id}`;
    return Number(new Date(row?.stop_ends_at));
  };

  it("stops it at once without a grace, tells its runner, and starts in its place", async () => {
    const { tenant: own, runner } = await createTenantWithRunner(service.database);
    tenant = own;
    await setPolicy({ when_busy: "replace_running" });
    const [first, second] = [await trigger(), await trigger()];
    expect(await stands(first, second)).toEqual(["FAILED STOPPED", "RUNNING"]);
    expect((await readRun(service, tenant, first)).error).toBe(`Stopped: superseded by run ${second}.`);
    const detail = { reason: `superseded by run ${second}.`, user_id: tenant.owner.id };
    expect(await lastEvent(first)).toMatchObject({ type: "STOPPED", detail });
    const told = (await runner.requests(3)).map(({ body }) => JSON.parse(body));
    expect(told.map(({ type, data }) => [type, data.run_id])).toEqual(
      expect.arrayContaining([
        ["workflow_run.stopped", first],
        ["workflow_run.dispatched", second],
      ]),
    );
  });

  it("asks it to stop once with a grace, however many come; only the newest of them waits, and starts after it", async () => {
    const { tenant: own, runner } = await createTenantWithRunner(service.database, [{ status: 202 }, {}]);
    tenant = own;
    await setPolicy({ when_busy: "replace_running", replace_grace_seconds: 60 });
    const [first, second] = [await trigger(), await trigger()];
    expect(await stands(first, second)).toEqual(["RUNNING", "PENDING"]);
    expect(await eventTypes(service, tenant, second)).toEqual(["TRIGGERED", "QUEUED"]);
    const endsAt = await stopEndsAt(first);
    const storm = [await trigger(), await trigger(), await trigger(), await trigger()];
    const newest = storm.pop() ?? "";
    expect(await stands(first, second, ...storm, newest)).toEqual([
      ...["RUNNING", "FAILED SUPERSEDED"],
      ...storm.map(() => "FAILED SUPERSEDED"),
      "PENDING",
    ]);
    expect(await stopEndsAt(first)).toEqual(endsAt);
    expect((await eventTypes(service, tenant, first)).filter((type) => type === "STOP_REQUESTED")).toHaveLength(1);
    const stops = (await runner.requests(2)).filter(({ body }) => body.includes("workflow_run.stopping"));
    expect(stops.map(({ body }) => JSON.parse(body).data)).toMatchObject([
      { run_id: first, reason: `superseded by run ${second}.` },
    ]);
    await service.database.sql`
      update running_attempts set stop_ends_at = statement_timestamp() - interval '1 second' where run_id = ${first}`;
    await service.sweep();
    expect(await stands(first, newest)).toEqual(["FAILED STOPPED", "RUNNING"]);
  });

  it("shortens an earlier stop, and never prolongs it", async () => {
    const { tenant: own } = await createTenantWithRunner(service.database, [{ status: 202 }, {}]);
    tenant = own;
    await setPolicy({ when_busy: "replace_running", replace_grace_seconds: 300 });
    const first = await trigger();
    const stop = { grace_seconds: 30 };
    await service.send("POST", `/v1/workflow-runs/${first}/stop`, tenant.owner.key, stop);
    const endsAt = await stopEndsAt(first);
    await trigger();
    expect(await stopEndsAt(first)).toEqual(endsAt);
    await setPolicy({ when_busy: "replace_running", replace_grace_seconds: 5 });
    await trigger();
    expect(await stopEndsAt(first)).toBeLessThan(endsAt);
  });

  it("does so within its key, and a runner that leases hears of it by its heartbeat", async () => {
    const limits = { max_running: 3, max_running_per_key: 1, key_from: "/customer" };
    await setPolicy({ when_busy: "replace_running", replace_grace_seconds: 60, handover: "lease", ...limits });
    const [a, b] = [await trigger({ input: { customer: "a" } }), await trigger({ input: { customer: "b" } })];
    const runner = await startRunner(service, tenant, { capacity: 5 });
    const { leases } = await runner.lease({ max: 5 });
    expect(leases.map(({ run_id }) => run_id)).toEqual([a, b]);
    const next = await trigger({ input: { customer: "a" } });
    expect((await runner.lease({ max: 5 })).leases).toEqual([]);
    for (const lease of leases) {
      const { stop } = await (await runner.heartbeat(lease)).json<{ stop: object | null }>();
      expect(stop).toEqual(
        lease.run_id === a ? expect.objectContaining({ reason: expect.stringContaining(next) }) : null,
      );
    }
    await end(a);
    expect(await stands(a, b, next)).toEqual(["COMPLETED", "RUNNING", "PENDING"]);
    expect((await runner.lease({ max: 5 })).leases.map(({ run_id }) => run_id)).toEqual([next]);
  });

  it("replaces one that only waits for a runner", async () => {
    await setPolicy({ when_busy: "replace_running", handover: "lease" });
    const [first, second] = [await trigger(), await trigger()];
    expect(await stands(first, second)).toEqual(["FAILED SUPERSEDED", "PENDING"]);
  });
});

describe("a queue with a limit", () => {
  const full = (most: number) => [
    ...[409, "queue_full"],
    `The queue is full: the workflow's policy lets at most ${most} of its runs wait. Invoke it again when one of them has started, or stop one.`,
    null,
  ];

  it("refuses one more run, says how many may wait, and takes retries", async () => {
    await setPolicy({ max_queued: 2 });
    const first = await trigger();
    await callBack(service, tenant, first, { status: "FAILED" });
    const ids = [await trigger(), await trigger(), await trigger()];
    expect(await stands(...ids)).toEqual(["RUNNING", "PENDING", "PENDING"]);
    expect(await refusal(await invoke())).toEqual(full(2));
    const retried = await service.send("POST", `/v1/workflow-runs/${first}/retry`, tenant.owner.key);
    expect([retried.status, ...(await stands(first))]).toEqual([202, "PENDING"]);
    await end(ids[0] ?? "");
    expect(await refusal(await invoke())).toEqual(full(2));
    await end(ids[1] ?? "");
    expect(await stands(await trigger())).toEqual(["PENDING"]);
  });

  it("does not refuse a run that starts at once, whoever waits", async () => {
    await setPolicy({ max_running: 2, max_running_per_key: 1, max_queued: 1 });
    const ids = [await ofKey("a"), await ofKey("a")];
    expect(await refusal(await invoke({ concurrency_key: "a" }))).toEqual(full(1));
    expect(await stands(...ids, await ofKey("b"))).toEqual(["RUNNING", "PENDING", "RUNNING"]);
    expect(await refusal(await invoke())).toEqual(full(1));
  });

  it("counts runs that wait for a runner or for a back-off", async () => {
    await setPolicy({ max_queued: 1, handover: "lease" });
    await trigger();
    expect(await refusal(await invoke())).toEqual(full(1));
    const id = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      delete from workflow_runs where workflow_definition_id = ${tenant.definitionId} and id <> ${id}`;
    await service.database.sql`
      update workflow_runs set not_before = statement_timestamp() + interval '1 hour', queue_position = null, attempt = 2 where id = ${id}`;
    expect(await refusal(await invoke())).toEqual(full(1));
  });

  it("that is full takes a run that replaces another, and one whose key was used before", async () => {
    await setPolicy({ max_queued: 1, when_busy: "replace_queued" });
    const [, second, third] = [await trigger(), await trigger({ idempotency_key: "k" }), await trigger()];
    expect(await stands(second, third)).toEqual(["FAILED SUPERSEDED", "PENDING"]);
    await setPolicy({ max_queued: 1, when_busy: "queue" });
    expect(await refusal(await invoke())).toEqual(full(1));
    expect(await trigger({ idempotency_key: "k" })).toBe(second);
    // The queue was longer before: a run that replaces another does not make it longer.
    await setPolicy({ max_running: 1, max_running_per_key: 1 });
    await ofKey("a");
    await ofKey("b");
    await setPolicy({ max_running: 1, max_running_per_key: 1, max_queued: 1, when_busy: "replace_queued" });
    expect(await stands(await ofKey("a"))).toEqual(["PENDING"]);
    expect(await refusal(await invoke({ concurrency_key: "c" }))).toEqual(full(1));
  });

  it("is not looked at for a run without the key that the policy wants", async () => {
    await setPolicy({ max_queued: 1, when_busy: "replace_queued", key_from: "/customer" });
    const ids = [await ofKey("a"), await ofKey("a")];
    expect((await invoke()).status).toBe(422);
    expect(await stands(...ids)).toEqual(["RUNNING", "PENDING"]);
  });
});

describe("many invokes at once", () => {
  it("leave one run RUNNING and the newest waiting, and every other one has a successor", async () => {
    tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    await setPolicy({ when_busy: "replace_queued" });
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => service.send("POST", invokePath(tenant), tenant.owner.key, {})),
    );
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 202));
    const rows = await service.database.sql`
      select status, count(*)::int as runs, count(e.detail ->> 'superseded_by')::int as superseded
      from workflow_runs r left join workflow_run_events e on e.run_id = r.id and e.type = 'STOPPED'
      where r.workflow_definition_id = ${tenant.definitionId} group by status order by status`;
    expect(rows).toEqual([
      { status: "FAILED", runs: 18, superseded: 18 },
      { status: "PENDING", runs: 1, superseded: 0 },
      { status: "RUNNING", runs: 1, superseded: 0 },
    ]);
  });
});
