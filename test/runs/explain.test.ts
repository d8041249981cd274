import { describe, expect, it } from "vitest";
import { BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import { callBack, inSeconds, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });

type Explanation = Record<string, unknown> & {
  message: string;
  estimated_start_at: { p50: string; p95: string } | null;
};

async function explain(runId: string, key: string): Promise<Explanation> {
  const [response, requests] = await service.counted(() => service.get(`/v1/workflow-runs/${runId}/explain`, key));
  expect([response.status, requests]).toEqual([200, 1]);
  return response.json();
}

/** A run of this tenant that a runner has completed in so many seconds. */
async function completedIn(tenant: TestTenant, seconds: number): Promise<void> {
  const runId = await invoke(service, tenant);
  await service.database.sql`
    update workflow_runs set started_at = started_at - make_interval(secs => ${seconds}),
      deadline_at = started_at - make_interval(secs => ${seconds}) + interval '300 seconds'
    where id = ${runId}`;
  expect((await callBack(service, tenant, runId, { status: "COMPLETED" })).status).toBe(200);
}

/** How many seconds after the start of a run something is, however long the test has taken since then. */
async function secondsAfterStart(tenant: TestTenant, runId: string) {
  const { started_at } = await readRun(service, tenant, runId);
  return (at: string | undefined) => (Date.parse(at ?? "") - Date.parse(String(started_at))) / 1000;
}

describe("why a run waits", () => {
  it("because another run has the slot: names that run and the place in the queue", async () => {
    const tenant = await newTenant();
    const [first, second, third] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    const { deadline_at } = await explain(first, tenant.owner.key);
    for (const [runId, queue_position] of [
      [second, 1],
      [third, 2],
    ] as const) {
      const explanation = await explain(runId, tenant.owner.key);
      expect(explanation).toMatchObject({
        ...{ status: "PENDING", reason: "slot", queue_position, blocked_by: { run_id: first, deadline_at } },
        ...{ tries: null, next_try_at: null, durations: null, estimated_start_at: null, runner_last_seen_at: null },
      });
      const place = queue_position === 1 ? "it is next in the queue" : "it is number 2 in the queue";
      expect(explanation.message).toBe(
        `It waits for its workflow's slot behind the run ${first}, which holds the slot: ${place}.`,
      );
    }
  });

  it("because of runs before it: estimates its start from how long such runs have taken", async () => {
    const tenant = await newTenant();
    for (const seconds of [10, 20, 100]) await completedIn(tenant, seconds);
    const [first, second, third] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    const sinceStart = await secondsAfterStart(tenant, first);
    const next = await explain(second, tenant.owner.key);
    expect(next).toMatchObject({ durations: { runs: 3 }, runner_last_seen_at: expect.any(String) });
    expect(next.message).toContain(`; it will probably start at about ${next.estimated_start_at?.p50}.`);
    expect(sinceStart(next.estimated_start_at?.p50)).toBeCloseTo(20, -1);
    // The 95th percentile of 10, 20 and 100.
    expect(sinceStart(next.estimated_start_at?.p95)).toBeCloseTo(92, -1);
    const last = await explain(third, tenant.owner.key);
    expect(sinceStart(last.estimated_start_at?.p50)).toBeCloseTo(40, -1);
    // Where keys take turns, a run waits for the slot of its key, however many others are free.
    await service.database.sql`
      update workflow_definitions set max_running = 5, max_running_per_key = 1 where id = ${tenant.definitionId}`;
    const invokeKeyed = () => invoke(service, tenant, tenant.owner.key, { concurrency_key: "a" });
    const sinceStartOfKeyed = await secondsAfterStart(tenant, await invokeKeyed());
    const ofKey = await explain(await invokeKeyed(), tenant.owner.key);
    expect(sinceStartOfKeyed(ofKey.estimated_start_at?.p50)).toBeCloseTo(20, -1);
  });

  it("because its workflow is paused, whatever else is true", async () => {
    const tenant = await newTenant();
    await invoke(service, tenant);
    const second = await invoke(service, tenant);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const explanation = await explain(second, tenant.owner.key);
    expect(explanation).toMatchObject({ reason: "paused", queue_position: 1, estimated_start_at: null });
    expect(explanation.message).toBe("It waits because its workflow is paused; it is next in the queue.");
  });

  it("because its start was delayed: says until when, which is no pause before another try", async () => {
    const tenant = await newTenant();
    const start_after = inSeconds(3600);
    const runId = await invoke(service, tenant, tenant.owner.key, { start_after });
    expect(await explain(runId, tenant.owner.key)).toMatchObject({ status: "PENDING", start_after, next_try_at: null });
  });

  it("because the back-off of its automatic retry has not ended", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_definitions set retry_on = '{UNREACHED}', max_attempts = 2 where id = ${tenant.definitionId}`;
    await makeOverdue(service, runId);
    await service.sweep();
    const explanation = await explain(runId, tenant.owner.key);
    const { next_try_at } = explanation;
    expect(explanation).toMatchObject({ status: "PENDING", reason: "back_off", next_try_at: expect.any(String) });
    expect(explanation.message).toBe(`It is tried again by itself, not before ${next_try_at}.`);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const paused = await explain(runId, tenant.owner.key);
    expect(paused).toMatchObject({ reason: "paused", next_try_at });
    expect(paused.message).toContain(`it is tried again by itself, not before ${next_try_at}`);
  });

  it("because its runner has time to stop: says whether the runner knows of the stop", async () => {
    const { tenant, runner } = await createTenantWithRunner(service.database, [{ status: 202 }, { status: 503 }]);
    const runId = await invoke(service, tenant);
    const stop = (seconds: number) =>
      service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, {
        reason: "Why",
        grace_seconds: seconds,
      });
    await stop(60);
    const unheard = await explain(runId, tenant.owner.key);
    expect(unheard).toMatchObject({
      status: "RUNNING",
      reason: "stop",
      stop: { reason: "Why", acknowledged_at: null },
    });
    expect(unheard.message).toContain("It is to stop: its runner does not know of it yet, and has until ");
    await runner.script([{ status: 202 }]);
    await stop(50);
    expect((await explain(runId, tenant.owner.key)).message).toContain("its runner has known of it since ");
  });

  it("because no runner is connected that may lease it and, when one is, because none has asked for it", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    await sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    const runId = await invoke(service, tenant);
    const other = await invoke(service, tenant);
    const alone = await explain(runId, tenant.owner.key);
    expect(alone).toMatchObject({ reason: "no_runner_connected", runners_connected: 0, runner_last_seen_at: null });
    expect(alone.message).toBe("It waits because no runner is connected that may lease it; it is next in the queue.");
    // One whose session is over, one for another workflow, and one that may lease it.
    await sql`
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at, workflow_definition_ids)
      select gen_random_uuid(), k.tenant_id, k.id, 'Runner', 1, statement_timestamp() + valid, ids
      from api_keys k, (values (interval '-1 hour', null), ('1 hour', array[gen_random_uuid()]), ('1 hour', null)) s (valid, ids)
      where k.user_id = ${tenant.owner.id}`;
    // Where nobody can wait at a hub, it is not known whether a runner that the database has not heard of lately waits there.
    await sql`update runner_sessions set last_seen_at = last_seen_at - interval '1 hour' where tenant_id = ${tenant.id}`;
    const explanation = await explain(runId, tenant.owner.key);
    expect(explanation).toMatchObject({
      reason: "lease",
      runners_connected: 1,
      runner_last_seen_at: expect.any(String),
    });
    expect(explanation.message).toBe(
      `It waits for a runner to ask for it: 1 runner is connected, the last was seen at ${explanation.runner_last_seen_at}; ` +
        "it is next in the queue.",
    );
    expect(await explain(other, tenant.owner.key)).toMatchObject({ reason: "slot", queue_position: 2 });
  });

  it("because its workflow has no runner", async () => {
    const tenant = await newTenant();
    await invoke(service, tenant);
    const second = await invoke(service, tenant);
    await service.database.sql`
      update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = ${tenant.definitionId}`;
    const explanation = await explain(second, tenant.owner.key);
    expect(explanation.reason).toBe("no_runner");
    expect(explanation.message).toBe("It waits because its workflow has no runner; it is next in the queue.");
  });

  it("because no runner has accepted it yet: says how often it was tried, and when the next try is due", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const explanation = await explain(runId, tenant.owner.key);
    expect(explanation).toMatchObject({
      ...{ status: "RUNNING", reason: "dispatch", tries: 1, last_error: "The runner answered 503." },
      ...{ next_try_at: expect.any(String), queue_position: null, blocked_by: null, dispatched_at: null },
    });
    expect(explanation.message).toBe(
      `It waits for its runner to take it: 1 try so far, the last failed: The runner answered 503; the next try is due at ${explanation.next_try_at}.`,
    );
  });
});

describe("a run that does not wait", () => {
  it("is held by its runner, which was just seen", async () => {
    const { tenant } = await createTenantWithRunner(service.database);
    const explanation = await explain(await invoke(service, tenant), tenant.owner.key);
    expect(explanation).toMatchObject({ status: "RUNNING", reason: null, tries: null, next_try_at: null });
    expect(explanation.runner_last_seen_at).toBe(explanation.dispatched_at);
    expect(explanation.message).toBe(
      `It does not wait: its runner took it at ${explanation.dispatched_at} and has until ${explanation.deadline_at}.`,
    );
  });

  it("has ended", async () => {
    const tenant = await newTenant();
    const [completed, failed] = [await invoke(service, tenant), await invoke(service, tenant)];
    await callBack(service, tenant, completed, { status: "COMPLETED" });
    await callBack(service, tenant, failed, { status: "FAILED", error: "No." });
    expect(await explain(completed, tenant.owner.key)).toMatchObject({
      ...{ reason: null, message: "It does not wait: it is COMPLETED." },
    });
    expect(await explain(failed, tenant.owner.key)).toMatchObject({
      ...{
        reason: null,
        failure_code: "REPORTED",
        error: "No.",
        message: "It does not wait: it is FAILED (REPORTED).",
      },
    });
  });
});

describe("an explanation", () => {
  it("neither names nor counts runs that the reader may not see", async () => {
    const tenant = await newTenant();
    await completedIn(tenant, 10);
    const holder = await invoke(service, tenant);
    const own = await invoke(service, tenant);
    const { sql } = service.database;
    await sql`update workflow_runs set user_id = ${tenant.user.id} where id = ${own}`;
    const hidden = await explain(own, tenant.user.key);
    expect(hidden).toMatchObject({ blocked_by: null, durations: null, runner_last_seen_at: null, queue_position: 1 });
    expect(hidden.message).toBe("It waits for its workflow's slot: it is next in the queue.");

    const [row] = await sql`select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(row?.path_part_id), "READ_ONLY");
    expect(await explain(own, tenant.user.key)).toMatchObject({
      ...{ blocked_by: { run_id: holder }, durations: { runs: 1 }, runner_last_seen_at: expect.any(String) },
    });
    expect((await readRun(service, tenant, own)).status).toBe("PENDING");
  });
});
