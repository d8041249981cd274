import { beforeEach, describe, expect, it } from "vitest";
import { startFakeRunner } from "../../support/fake-runner.ts";
import { holdTransaction } from "../../support/held-transaction.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { callBack, eventTypes, invoke, passInstants, readRun } from "../../support/lifecycle.ts";
import { startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { answer, listWaits, QUESTION, type Suspension, suspend, timer } from "../../support/suspensions.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";

const service = await startService();
let tenant: TestTenant;

/** A tenant whose runner takes each run, and what its dispatches have as `resume`. */
async function createWithRunner() {
  const runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
  const resumes = async (count: number) =>
    (await runner.requests(count)).map(({ body }) => {
      const { data } = JSON.parse(body) as { data: { attempt: number; resume?: object } };
      return [data.attempt, data.resume];
    });
  return { resumes };
}

let runner: Awaited<ReturnType<typeof createWithRunner>>;
beforeEach(async () => {
  runner = await createWithRunner();
});

const post = (path: string, body?: object) => service.send("POST", path, tenant.owner.key, body);
const setActive = (isActive: boolean) =>
  post(`/v1/workflow-definitions/${tenant.definitionId}/${isActive ? "resume" : "pause"}`);
const statusOf = async (runId: string) => (await readRun(service, tenant, runId)).status;
const suspended = async (...waits: object[]) => {
  const runId = await invoke(service, tenant);
  const response = await suspend(service, tenant, runId, waits.length === 0 ? [QUESTION] : waits);
  expect([response.status, await response.json()]).toEqual([200, { suspended: true, outcomes: null }]);
  return runId;
};
const explain = async (runId: string) =>
  (await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key)).json<Record<string, unknown>>();
const intact = async () =>
  expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);

describe("a run that asks a question", () => {
  it("holds nothing until somebody answers, and goes on with the answer as its next attempt", async () => {
    const runId = await suspended();
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "PENDING", completed_at: null });
    const other = await invoke(service, tenant);
    expect((await callBack(service, tenant, other, { status: "COMPLETED" })).status).toBe(200);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" })).status).toBe(409);

    const response = await answer(service, tenant.owner.key, runId, { value: "yes", comment: "As agreed." });
    const said = { value: "yes", comment: "As agreed.", user_id: tenant.owner.id, at: expect.any(String) };
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { run_id: runId, key: "approve", answer: said },
    ]);
    expect(await statusOf(runId)).toBe("RUNNING");
    const outcome = { kind: "question", outcome: "answered", ...said };
    expect((await runner.resumes(3)).at(-1)).toEqual([2, { outcomes: { approve: outcome }, checkpoints: 0 }]);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" }, 2)).status).toBe(200);
    const events = [
      "TRIGGERED",
      "STARTED",
      "DISPATCHED",
      "SUSPENDED",
      "ANSWERED",
      "STARTED",
      "DISPATCHED",
      "COMPLETED",
    ];
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
    await intact();
  });

  it("says what it waits for and until when, and is in the list of open questions and of suspended runs", async () => {
    const runId = await suspended();
    const other = await invoke(service, tenant, tenant.owner.key, { labels: { customer: "4711" } });
    const { items } = await listWaits(service, tenant.owner.key);
    expect(items).toMatchObject([{ run_id: runId, key: "approve", prompt: QUESTION.prompt, choices: ["yes", "no"] }]);
    const { reason, message, suspension } = await explain(runId);
    expect(reason).toBe("suspended");
    expect(message).toBe(
      `It is suspended, and waits for an answer to “${QUESTION.prompt}”; it fails at ${items[0]?.ends_at} otherwise.`,
    );
    expect(suspension).toMatchObject({ on_timeout: "fail", waits: [{ key: "approve", prompt: QUESTION.prompt }] });
    const list = async (query: string) => {
      const response = await service.get(`/v1/workflow-runs?${query}`, tenant.owner.key);
      return (await response.json<{ items: { id: string }[] }>()).items.map(({ id }) => id);
    };
    expect(await list("suspended=true")).toEqual([runId]);
    expect(await list("suspended=true&label=customer:4711")).toEqual([]);
    await suspend(service, tenant, other, [timer(60)]);
    expect(await list("suspended=true&label=customer:4711")).toEqual([other]);
    expect(await list("suspended=true&status=RUNNING")).toEqual([]);
    await answer(service, tenant.owner.key, runId);
    expect(await list("suspended=true")).toEqual([other]);
    expect((await listWaits(service, tenant.owner.key)).items).toEqual([]);
  });

  it("takes the first answer: the same one again is answered alike, another one is 409 and names the first", async () => {
    const runId = await suspended();
    expect((await answer(service, tenant.owner.key, runId, { value: "perhaps" })).status).toBe(422);
    const first = await (await answer(service, tenant.owner.key, runId)).json();
    const again = await answer(service, tenant.admin.key, runId);
    expect([again.status, await again.json()]).toEqual([200, first]);
    const another = await answer(service, tenant.admin.key, runId, { value: "no" });
    expect([another.status, await another.text()]).toEqual([409, expect.stringContaining("has answered “yes”")]);
  });

  it("keeps its place in the queue, before those that came meanwhile", async () => {
    const runId = await suspended();
    const [running, behind] = [await invoke(service, tenant), await invoke(service, tenant)];
    await answer(service, tenant.owner.key, runId);
    const place = async (id: string) =>
      (await service.get(`/v1/workflow-runs/${id}`, tenant.owner.key)).headers.get("x-queue-position");
    expect([await place(runId), await place(behind)]).toEqual(["1", "2"]);
    await callBack(service, tenant, running, { status: "COMPLETED" });
    expect([await statusOf(runId), await statusOf(behind)]).toEqual(["RUNNING", "PENDING"]);
  });

  it("whose workflow is paused joins the queue with the answer, and starts when the workflow is resumed", async () => {
    const runId = await suspended();
    await setActive(false);
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(200);
    expect([await statusOf(runId), (await explain(runId)).reason]).toEqual(["PENDING", "paused"]);
    await setActive(true);
    expect(await statusOf(runId)).toBe("RUNNING");
    await intact();
  });

  it("cannot be started now, and can be stopped, after which its question is closed", async () => {
    const runId = await suspended();
    expect((await post(`/v1/workflow-runs/${runId}/start-now`)).status).toBe(409);
    expect((await post(`/v1/workflow-runs/${runId}/stop`, { grace_seconds: 60 })).status).toBe(200);
    expect(await statusOf(runId)).toBe("FAILED");
    expect((await listWaits(service, tenant.owner.key)).items).toEqual([]);
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(409);
    await intact();
  });

  it("leaves nothing behind when it is deleted", async () => {
    const runId = await suspended();
    expect((await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key)).status).toBe(204);
    const [left] = await service.database.sql`
      select (select count(*) from run_waits where run_id = ${runId}) + (select count(*) from run_suspensions where run_id = ${runId}) as rows`;
    expect(Number(left?.rows)).toBe(0);
  });
});

describe("a run that asks again", () => {
  it("gets at once what has come already, and goes on", async () => {
    const runId = await suspended();
    await answer(service, tenant.owner.key, runId, { value: "no" });
    const again = await suspend(service, tenant, runId, [{ ...QUESTION, prompt: "Another text" }], { attempt: 2 });
    expect([again.status, await again.json()]).toMatchObject([
      ...[200, { suspended: false, outcomes: { approve: { outcome: "answered", value: "no" } } }],
    ]);
    expect(await statusOf(runId)).toBe("RUNNING");
    const both = await suspend(service, tenant, runId, [QUESTION, timer(60)], { attempt: 2 });
    expect(await both.json()).toEqual({ suspended: true, outcomes: null });
    expect((await suspend(service, tenant, runId, [timer(60, "approve")], { attempt: 3 })).status).toBe(409);
    await intact();
  });

  it("with the same request is answered alike, also when it has resumed, and with another one is 409", async () => {
    const runId = await suspended();
    for (const isAnswered of [false, true]) {
      if (isAnswered) await answer(service, tenant.owner.key, runId);
      const again = await suspend(service, tenant, runId);
      expect([again.status, await again.json()]).toEqual([200, { suspended: true, outcomes: null }]);
      expect((await suspend(service, tenant, runId, [timer(1)])).status).toBe(409);
    }
    expect(await statusOf(runId)).toBe("RUNNING");
  });

  it("after 1,000 suspensions is refused only what has not come", async () => {
    const runId = await suspended();
    await answer(service, tenant.owner.key, runId);
    await service.database.sql`
      insert into run_suspensions (run_id, attempt, tenant_id, keys, body_hash, ends_at, on_timeout)
      select s.run_id, 1000 + n, s.tenant_id, s.keys, s.body_hash, s.ends_at, s.on_timeout
      from run_suspensions s, generate_series(1, 999) n where s.run_id = ${runId}`;
    const again = await suspend(service, tenant, runId, [QUESTION], { attempt: 2 });
    expect([again.status, await again.json()]).toMatchObject([200, { suspended: false }]);
    expect((await suspend(service, tenant, runId, [QUESTION, timer(60)], { attempt: 2 })).status).toBe(409);
  });

  it("of another kind with the same key is 409", async () => {
    const runId = await invoke(service, tenant);
    expect(await (await suspend(service, tenant, runId, [timer(0)])).json<Suspension>()).toMatchObject({
      suspended: false,
    });
    expect((await suspend(service, tenant, runId, [{ ...QUESTION, key: "later" }])).status).toBe(409);
  });
});

describe("a run that waits for an instant", () => {
  it("resumes by itself, and is told that it has elapsed", async () => {
    const runId = await suspended(timer(3600));
    await service.sweep();
    expect(await statusOf(runId)).toBe("PENDING");
    await passInstants(service, runId, 3601);
    await service.sweep();
    expect(await statusOf(runId)).toBe("RUNNING");
    const elapsed = { kind: "timer", outcome: "elapsed", at: expect.any(String) };
    expect((await runner.resumes(2)).at(-1)).toEqual([2, { outcomes: { later: elapsed }, checkpoints: 0 }]);
  });

  it("and for an answer resumes when both have come", async () => {
    const runId = await suspended(QUESTION, timer(3600));
    await answer(service, tenant.owner.key, runId);
    expect([await statusOf(runId), (await explain(runId)).reason]).toEqual(["PENDING", "suspended"]);
    await passInstants(service, runId, 3601);
    await service.sweep();
    expect(await statusOf(runId)).toBe("RUNNING");
    await intact();
  });

  it("is told also of an instant that has come while what lets it go on waited for a lock", async () => {
    const runId = await suspended(QUESTION, timer(3600));
    const { sql } = service.database;
    const { committed } = await holdTransaction(
      service.database,
      [sql`select from workflow_definitions where id = ${tenant.definitionId} for update`],
      [
        sql`select pg_sleep(0.01)`,
        sql`update run_waits set due_at = date_trunc('milliseconds', clock_timestamp()) where run_id = ${runId} and key = 'later'`,
      ],
    );
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(200);
    await committed;
    const outcomes = { approve: { outcome: "answered" }, later: { outcome: "elapsed" } };
    expect((await runner.resumes(2)).at(-1)).toMatchObject([2, { outcomes }]);
  });
});

describe("a run whose question nobody answers", () => {
  it("is FAILED when the time is over, before the sweep as after it", async () => {
    const runId = await suspended();
    await passInstants(service, runId, 7 * 86_400 + 1);
    const before = await readRun(service, tenant, runId);
    expect(before).toMatchObject({
      ...{ status: "FAILED", error: `Expired: what it waited for had not come by ${before.completed_at}.` },
    });
    expect((await listWaits(service, tenant.owner.key)).items).toEqual([]);
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(409);
    await service.sweep();
    expect(await readRun(service, tenant, runId)).toEqual(before);
    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({ failure_code: "WAIT_EXPIRED" });
    await intact();
  });

  it("goes on without an answer if it has asked for that", async () => {
    const runId = await invoke(service, tenant);
    await suspend(service, tenant, runId, [QUESTION], { timeout_seconds: 60, on_timeout: "continue" });
    await passInstants(service, runId, 61);
    expect((await answer(service, tenant.owner.key, runId)).status).toBe(409);
    expect(await statusOf(runId)).toBe("RUNNING");
    const again = await suspend(service, tenant, runId, [QUESTION], { attempt: 2 });
    expect(await again.json()).toMatchObject({ suspended: false, outcomes: { approve: { outcome: "timed_out" } } });
    await intact();
  });

  it("asks again after a retry by a person, and keeps what was answered", async () => {
    const runId = await suspended({ ...QUESTION, key: "first" });
    await answer(service, tenant.owner.key, runId, { value: "yes" }, "first");
    await suspend(service, tenant, runId, [QUESTION], { attempt: 2, timeout_seconds: 60 });
    await passInstants(service, runId, 61);
    expect((await post(`/v1/workflow-runs/${runId}/retry`)).status).toBe(202);
    const both = [{ ...QUESTION, key: "first" }, QUESTION];
    const again = await suspend(service, tenant, runId, both, { attempt: 4 });
    expect(await again.json()).toEqual({ suspended: true, outcomes: null });
    expect((await listWaits(service, tenant.owner.key)).items.map(({ key }) => key)).toEqual(["approve"]);
  });
});

describe("a suspended run", () => {
  it("of a workflow that replaces RUNNING runs is superseded by a new one; elsewhere, nothing sees it", async () => {
    const setBusy = (mode: string) => service.database.sql`
      update workflow_definitions set when_busy = ${mode}, max_queued = 1 where id = ${tenant.definitionId}`;
    const runId = await suspended();
    for (const mode of ["skip", "replace_queued"]) {
      await setBusy(mode);
      await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
      expect(await statusOf(runId)).toBe("PENDING");
    }
    await setBusy("replace_running");
    const newer = await invoke(service, tenant);
    expect(await readRun(service, tenant, runId)).toMatchObject({
      status: "FAILED",
      error: `Superseded by run ${newer}.`,
    });
    expect((await listWaits(service, tenant.owner.key)).items).toEqual([]);
    await intact();
  });

  it("that was asked to stop before is STOPPED", async () => {
    const runId = await invoke(service, tenant);
    await post(`/v1/workflow-runs/${runId}/stop`, { reason: "wrong folder", grace_seconds: 60 });
    expect((await suspend(service, tenant, runId)).status).toBe(409);
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "FAILED", error: "Stopped: wrong folder" });
  });

  it("has used no attempt of its policy", async () => {
    await service.database.sql`
      update workflow_definitions set max_attempts = 2, retry_on = '{DEADLINE}' where id = ${tenant.definitionId}`;
    const runId = await suspended(timer(1));
    await passInstants(service, runId, 2);
    await service.sweep();
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 hour', deadline_at = deadline_at - interval '1 hour'
      where id = ${runId}`;
    await service.sweep();
    expect((await eventTypes(service, tenant, runId)).slice(-2)).toEqual(["TIMED_OUT", "RETRIED"]);
  });

  it("is leased with the outcomes to a runner that asks for work", async () => {
    await useLeases(service, tenant);
    const runId = await invoke(service, tenant);
    const leasing = await startRunner(service, tenant, { capacity: 2 });
    const [first] = (await leasing.lease()).leases;
    expect(first).not.toHaveProperty("resume");
    await suspend(service, tenant, runId);
    expect((await leasing.lease()).leases).toEqual([]);
    await answer(service, tenant.owner.key, runId);
    const [second] = (await leasing.lease()).leases;
    expect(second).toMatchObject({ run_id: runId, attempt: 2, resume: { outcomes: { approve: { value: "yes" } } } });
    await intact();
  });
});
