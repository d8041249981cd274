import { beforeEach, describe, expect, it } from "vitest";
import page from "../../../docs/runner-protocol.md?raw";
import { shapeOf } from "../../support/example-request.ts";
import { BUSY_RUNNER } from "../../support/fake-runner.ts";
import { eventTypes, invoke, invokePath, makeOverdue, readEvents, readRun } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { passLease, startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { addDefinition, createStage, invokeDefinition } from "../../support/stage.ts";
import { createTenant, runToken } from "../../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);

beforeEach(async () => {
  await useLeases(service, tenant);
});

const ids = ({ leases }: { leases: { run_id: string }[] }) => leases.map(({ run_id }) => run_id);

describe("a lease", () => {
  it("has the data of a dispatch, and begins the deadline", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const invoked = await service.send(
      "POST",
      invokePath(tenant),
      tenant.owner.key,
      { input: { quarter: "Q1" } },
      { traceparent },
    );
    const { id: runId, status } = await invoked.json<{ id: string; status: string }>();
    expect(status).toBe("PENDING");
    const runner = await startRunner(service, tenant, { name: "office-server-1" });

    const [{ leases, after }, requests] = await service.counted(() => runner.lease());

    expect([requests, after, leases.length]).toEqual([1, null, 1]);
    const run = await readRun(service, tenant, runId);
    const startedAt = Date.parse(String(run.started_at));
    expect(run.status).toBe("RUNNING");
    expect(leases[0]).toEqual({
      run_id: runId,
      attempt: 1,
      deadline_at: new Date(startedAt + 300_000).toISOString(),
      run_snapshot: run.run_snapshot,
      input: { quarter: "Q1" },
      labels: {},
      traceparent,
      callback_url: `https://service.test/v1/workflow-runs/${runId}/callback`,
      callback_token: expect.any(String),
      lease_expires_at: new Date(startedAt + 60_000).toISOString(),
      heartbeat_interval_seconds: 20,
    });
    expect(await readEvents(service, tenant, runId)).toMatchObject([
      { type: "TRIGGERED" },
      { type: "STARTED", attempt: 1 },
      { type: "LEASED", attempt: 1, detail: { runner: "office-server-1", session_id: runner.id } },
    ]);
  });

  it("asks for a heartbeat three times as often as needed, and at least every 20 seconds, so that a stop is soon heard", async () => {
    for (const [leaseSeconds, heartbeat_interval_seconds] of [
      [30, 10],
      [300, 20],
    ] as const) {
      await useLeases(service, tenant, { leaseSeconds });
      const runId = await invoke(service, tenant);
      const runner = await startRunner(service, tenant);
      const { leases } = await runner.lease();
      expect(leases).toMatchObject([{ run_id: runId, heartbeat_interval_seconds }]);
      for (const lease of leases) await runner.callBack(lease, { status: "COMPLETED" });
    }
  });

  it("accepts log and callback with its token, and is deleted with the end of the run", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    expect((await runner.log(lease, { sequence: 0, text: "Reading" })).status).toBe(200);
    expect((await runner.callBack(lease, { status: "COMPLETED", output: { pages: 3 } })).status).toBe(200);
    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({ status: "COMPLETED", output: { pages: 3 } });
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "LEASED", "COMPLETED"]);
    expect(await service.database.sql`select from running_attempts where run_id = ${runId}`).toEqual([]);
  });

  it.each([0, 5])(
    "takes the oldest runs first, over all definitions, one of each, beside %i without work",
    async (more) => {
      const stage = await createStage(service, "oldest");
      const [first, second, third] = [
        await addDefinition(stage),
        await addDefinition(stage),
        await addDefinition(stage),
      ];
      const others = await Promise.all(Array.from({ length: more }, () => addDefinition(stage)));
      for (const definitionId of [first, second, third, ...others]) {
        await useLeases(service, stage.tenant, { definitionId });
      }
      const ofSecond = await invokeDefinition(stage, second);
      const ofFirst = await invokeDefinition(stage, first);
      await invokeDefinition(stage, first);
      const ofThird = await invokeDefinition(stage, third);
      const runner = await startRunner(service, stage.tenant, { capacity: 10 });
      expect(ids(await runner.lease({ max: 2 }))).toEqual([ofSecond, ofFirst]);
      expect(ids(await runner.lease({ max: 10 }))).toEqual([ofThird]);
    },
  );

  it("takes the oldest runs also when it can take only some of those that are next", async () => {
    const stage = await createStage(service, "fewer");
    const [a, b, c] = [await addDefinition(stage), await addDefinition(stage), await addDefinition(stage)];
    for (const definitionId of [a, b, c]) await useLeases(service, stage.tenant, { definitionId });
    await service.database.sql`update workflow_definitions set max_running = 3 where id in (${a}, ${b}, ${c})`;
    const runs: string[] = [];
    for (const definition of [c, b, a, c, b, a, a, b, c]) runs.push(await invokeDefinition(stage, definition));
    const runner = await startRunner(service, stage.tenant, { capacity: 10 });
    const leased = [await runner.lease({ max: 1 }), await runner.lease({ max: 1 }), await runner.lease({ max: 1 })];
    expect(leased.flatMap(ids)).toEqual(runs.slice(0, 3));
    // One of each, and then the oldest of what is left.
    expect(ids(await runner.lease({ max: 4 }))).toEqual(runs.slice(3, 7));
  });

  it("never gives a session more runs than its capacity", async () => {
    const stage = await createStage(service, "capacity");
    for (let i = 0; i < 4; i++) {
      const definitionId = await addDefinition(stage);
      await useLeases(service, stage.tenant, { definitionId });
      await invokeDefinition(stage, definitionId);
    }
    const runner = await startRunner(service, stage.tenant, { capacity: 3 });
    const answers = await Promise.all([1, 2, 3].map(() => runner.lease({ max: 2 })));
    const leases = answers.flatMap((answer) => answer.leases);
    expect(leases.length).toBe(3);
    expect((await runner.lease()).leases).toEqual([]);
    const [lease] = leases;
    if (lease) await runner.callBack(lease, { status: "COMPLETED" });
    expect((await runner.lease()).leases.length).toBe(1);
  });

  it("is the same for a repeated request, for example after its answer was lost", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant, { capacity: 5 });
    const question = { request_id: crypto.randomUUID(), max: 5 };
    await service.fetchAndDie("/v1/leases", {
      method: "POST",
      headers: { Authorization: `Bearer ${runner.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
    const again = await runner.lease(question);
    expect(ids(again)).toEqual([runId]);
    expect(ids(await runner.lease(question))).toEqual([runId]);
    expect(ids(await runner.lease())).toEqual([]);
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "LEASED"]);
  });

  it("is extended by a repeated request, which shows that the runner is alive", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const question = { request_id: crypto.randomUUID() };
    await runner.lease(question);
    await passLease(service, runId, -30);
    const [lease] = (await runner.lease(question)).leases;
    expect(Date.parse(lease?.lease_expires_at ?? "") - Date.now()).toBeGreaterThan(50_000);
  });

  it("never goes to two runners, however many ask at once", async () => {
    const stage = await createStage(service, "two");
    const runIds: string[] = [];
    for (let i = 0; i < 3; i++) {
      const definitionId = await addDefinition(stage);
      await useLeases(service, stage.tenant, { definitionId });
      runIds.push(await invokeDefinition(stage, definitionId));
    }
    const runners = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startRunner(service, stage.tenant)));
    const answers = await Promise.all(runners.map((runner) => runner.lease()));
    expect(answers.flatMap(ids).sort()).toEqual(runIds.sort());
  });

  it("first ends an overdue run in the slot", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    const runner = await startRunner(service, tenant);
    expect(ids(await runner.lease())).toEqual([first]);
    await passLease(service, first);
    expect(ids(await runner.lease())).toEqual([second]);
    expect(await readRun(service, tenant, first)).toMatchObject({
      status: "FAILED",
      error: "Lost: the runner sent no heartbeat for 60 seconds.",
    });
  });

  it("takes no runs of a paused definition, of one with webhooks, and of one that the session may not lease", async () => {
    const stage = await createStage(service, "others", BUSY_RUNNER);
    const [paused, webhook, other, own] = [
      await addDefinition(stage),
      await addDefinition(stage),
      await addDefinition(stage),
      await addDefinition(stage),
    ];
    for (const definitionId of [paused, other, own]) await useLeases(service, stage.tenant, { definitionId });
    for (const definitionId of [paused, webhook, webhook, other]) await invokeDefinition(stage, definitionId);
    const runId = await invokeDefinition(stage, own);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${paused}`;
    const definitionIds = [paused, webhook, own];
    const runner = await startRunner(service, stage.tenant, { capacity: 10, definitionIds });
    expect(ids(await runner.lease({ max: 10 }))).toEqual([runId]);
  });

  it("waits for the back-off of a run", async () => {
    const runId = await invoke(service, tenant);
    const { sql } = service.database;
    await sql`update workflow_runs set not_before = statement_timestamp() + interval '1 minute', queue_position = null where id = ${runId}`;
    const runner = await startRunner(service, tenant);
    expect(ids(await runner.lease())).toEqual([]);
    await sql`update workflow_runs set not_before = statement_timestamp() where id = ${runId}`;
    expect(ids(await runner.lease())).toEqual([runId]);
    expect(await sql`select not_before from workflow_runs where id = ${runId}`).toEqual([{ not_before: null }]);
  });

  it("is 503 for a request that wants to wait without a hub", async () => {
    const runner = await startRunner(service, tenant);
    expect((await runner.ask({ wait_seconds: 1 })).status).toBe(503);
  });
});

describe("the vectors of docs/runner-protocol.md", () => {
  /** The JSON with this name on the page. */
  const vector = (name: string) =>
    JSON.parse(new RegExp(`^\`\`\`json ${name}\n(.*?)\n\`\`\``, "ms").exec(page)?.[1] ?? "null");

  it("are what the service accepts and answers, field by field", async () => {
    const { input, labels } = vector("lease-answer").leases[0];
    await service.send("POST", invokePath(tenant), tenant.owner.key, { input, labels });
    const runner = await startRunner(service, tenant);
    const leased = await runner.lease({ ...vector("lease-request"), wait_seconds: 0 });
    // The order of fields means nothing.
    expect(shapeOf(leased).sort()).toEqual(shapeOf(vector("lease-answer")).sort());
    const [lease] = leased.leases;
    if (!lease) throw new Error("There was a run.");
    const stop = { grace_seconds: 60, reason: "Wrong folder" };
    await service.send("POST", `/v1/workflow-runs/${lease.run_id}/stop`, tenant.owner.key, stop);
    const { progress, log } = vector("heartbeat-request");
    const beat = await runner.heartbeat(lease, progress, log);
    expect(shapeOf(await beat.json()).sort()).toEqual(shapeOf(vector("heartbeat-answer")).sort());
  });
});

describe("a heartbeat", () => {
  it("extends the lease but not the deadline, and records the latest progress", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    await passLease(service, runId, -30);
    const [response, requests] = await service.counted(() => runner.heartbeat(lease, { percent: 10, message: "One" }));
    const beat = await response.json<{ deadline_at: string; lease_expires_at: string; stop: unknown }>();
    expect([response.status, requests, beat.deadline_at, beat.stop]).toEqual([200, 1, lease.deadline_at, null]);
    expect(Date.parse(beat.lease_expires_at) - Date.now()).toBeGreaterThan(50_000);
    const progress = () => service.database.sql`
      select progress_percent as percent, progress_message as message from running_attempts where run_id = ${runId}`;
    expect(await progress()).toEqual([{ percent: 10, message: "One" }]);
    await runner.heartbeat(lease);
    expect(await progress()).toEqual([{ percent: 10, message: "One" }]);
    await runner.heartbeat(lease, { percent: 20 });
    expect(await progress()).toEqual([{ percent: 20, message: null }]);
  });

  it("makes right what is wrong with a progress, so that it costs no lease", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    const progress = () => service.database.sql`
      select progress_percent as percent, progress_message as message from running_attempts where run_id = ${runId}`;
    const message = `\0\ud83d${"😀".repeat(600)}`;
    expect((await runner.heartbeat(lease, { percent: 12.7, message })).status).toBe(200);
    expect(await progress()).toEqual([{ percent: 13, message: `\ufffd\ufffd${"😀".repeat(498)}` }]);
    expect((await runner.heartbeat(lease, { percent: -3e9 })).status).toBe(200);
    expect(await progress()).toEqual([{ percent: 0, message: null }]);
  });

  /** A runner and its lease of a new run, and the texts of the run's log. */
  const leased = async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    const log = async () => {
      const response = await service.get(`/v1/workflow-runs/${runId}/log`, tenant.owner.key);
      const { entries, is_cut } = await response.json<{ entries: { text: string }[]; is_cut: boolean }>();
      return { texts: entries.map(({ text }) => text), is_cut };
    };
    return { runId, runner, lease, log };
  };
  const entry = (sequence: number, text: string) => ({ sequence, text });

  it("stores entries of the log once, in one request, as the log itself would", async () => {
    const { runner, lease, log } = await leased();
    const [first, requests] = await service.counted(() =>
      runner.heartbeat(lease, { percent: 10 }, [entry(1, "b\u0000"), entry(0, "a")]),
    );
    const stored = { is_cut: false, cut_from: null, conflicts: [] };
    // Without a hub nobody knows who follows the run.
    expect([requests, await first.json()]).toEqual([1, expect.objectContaining({ log: stored, log_within_ms: 1_000 })]);
    expect((await runner.log(lease, entry(1, "b\ufffd"))).status).toBe(200);
    const again = await runner.heartbeat(lease, undefined, [entry(0, "a"), entry(2, "c")]);
    expect(await again.json()).toMatchObject({ log: stored });
    expect(await log()).toEqual({ texts: ["a", "b\ufffd", "c"], is_cut: false });
    expect(await (await runner.heartbeat(lease)).json()).toMatchObject({ log: null });
  });

  it("extends the lease also when a number has another text, and says which", async () => {
    const { runId, runner, lease, log } = await leased();
    for (const [sequence, text] of ["a", "b"].entries()) await runner.log(lease, entry(sequence, text));
    await passLease(service, runId, -30);
    const entries = [entry(1, "y"), entry(0, "x"), entry(2, "c")];
    const beat = await (await runner.heartbeat(lease, undefined, entries)).json<{ lease_expires_at: string }>();
    expect(beat).toMatchObject({ log: { is_cut: false, conflicts: [0, 1] } });
    expect(Date.parse(beat.lease_expires_at) - Date.now()).toBeGreaterThan(50_000);
    expect((await log()).texts).toEqual(["a", "b", "c"]);
  });

  it("cuts the log at the first entry that does not fit", async () => {
    const { runId, runner, lease, log } = await leased();
    await runner.log(lease, entry(0, "a"));
    await service.database.sql`update workflow_run_logs set bytes = 1048574 where run_id = ${runId}`;
    for (const _ of ["once", "again"]) {
      const beat = await runner.heartbeat(lease, undefined, [entry(1, "b"), entry(2, "cc"), entry(3, "d")]);
      expect(await beat.json()).toMatchObject({ log: { is_cut: true, conflicts: [], cut_from: 2 } });
    }
    expect(await log()).toEqual({ texts: ["a", "b"], is_cut: true });
  });

  it("is 422 with an entry that is too long, and with a number twice", async () => {
    const { runner, lease, log } = await leased();
    for (const wrong of [[entry(0, "x".repeat(32 * 1024 + 1))], [entry(0, "a"), entry(0, "b")], []]) {
      expect((await runner.heartbeat(lease, { percent: 1 }, wrong)).status).toBe(422);
    }
    expect((await log()).texts).toEqual([]);
  });

  it("is 409 once the lease has ended, and for an older attempt", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (!lease) throw new Error("There was a run.");
    await passLease(service, runId);
    expect((await runner.heartbeat(lease)).status).toBe(409);
    expect((await runner.callBack(lease, { status: "COMPLETED" })).status).toBe(409);
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "LEASED", "LOST", "LATE_RESULT"]);
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    await runner.lease();
    expect((await runner.heartbeat(lease)).status).toBe(409);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });

  it("does not extend the run beyond its deadline", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    await runner.lease();
    await makeOverdue(service, runId);
    await passLease(service, runId, 0.5);
    expect((await readRun(service, tenant, runId)).error).toMatch(/^Timed out/);
  });

  it("from a runner with a URL proves that it accepted the run, and begins a lease", async () => {
    const theirs = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, theirs);
    const beat = async () =>
      service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, await runToken(theirs, runId), {});
    expect((await beat()).status).toBe(200);
    expect(await eventTypes(service, theirs, runId)).toEqual(["TRIGGERED", "STARTED", "DISPATCH_FAILED", "DISPATCHED"]);
    await passLease(service, runId);
    expect((await beat()).status).toBe(409);
    expect((await readRun(service, theirs, runId)).error).toMatch(/^Lost/);
  });
});
