/**
 * What every invoke and every result pays for. Postgres plans a SQL function of rows at each call, unless it is inlined into the query that
 * calls it, and a verb asks further questions only when there is something to do.
 */
import { v7 as uuid } from "uuid";
import { expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { insertSessions, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { callerOf } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const FURTHER_QUESTIONS = [
  ...["end_overdue_runs", "promote_next_runs", "follow_ends", "changed_runs", "answer_of"],
  ...["known_run", "new_run_response", "run_response", "next_leasable_runs", "end_round", "has_come"],
];

const service = await startService();

/** Calls a verb, and returns its answer and the SQL functions that were called for it. Those of rows are usually inlined instead. */
async function call(verb: string, context: object, args: Record<string, string | null>) {
  const { sql } = service.database;
  const names = Object.keys(args).map((name, i) => `, p_${name} => $${i + 2}`);
  // The connection may count the calls of earlier transactions, too.
  const count = sql`
    select p.proname as name, l.lanname = 'sql' and p.proretset as "ofRows", s.calls::integer
    from pg_stat_xact_user_functions s
    join pg_proc p on p.oid = s.funcid
    join pg_language l on l.oid = p.prolang`;
  const [, before, answers, after] = await sql.transaction([
    sql`select set_config('track_functions', 'all', true)`,
    count,
    sql.query(`select ${verb}(p_context => $1${names.join("")}) as answer`, [
      JSON.stringify({ ...context, slack_seconds: 0, sends: true }),
      ...Object.values(args),
    ]),
    count,
  ]);
  const counted = new Map(before?.map(({ name, calls }) => [name, calls]));
  const called = after?.filter(({ name, calls }) => calls > (counted.get(name) ?? 0)) ?? [];
  return {
    answer: answers?.[0]?.answer,
    called: called.map(({ name }) => String(name)),
    planned: called.filter(({ ofRows }) => ofRows).map(({ name }) => String(name)),
  };
}

/** Triggers a run, and returns the SQL functions of rows that were called without being inlined, and what it tells waiting runners. */
async function invoke(tenant: TestTenant) {
  const { answer, planned, called } = await call("trigger_run", await callerOf(tenant.owner), {
    ...{ definition_id: tenant.definitionId, run_id: uuid(), idempotency_key: null, input: null, traceparent: null },
  });
  return {
    runId: String(answer.result.run.id),
    planned,
    called,
    asked: called.filter((name) => FURTHER_QUESTIONS.includes(name)),
    work: answer.effects.tenants[0].work,
  };
}

async function readLastNumber() {
  const [row] = await service.database
    .sql`select (case when is_called then last_value else last_value - 1 end)::integer as number from runner_work`;
  return Number(row?.number);
}

it("an invoke plans no SQL function anew, and draws a number for runners only when its runs are leased", async () => {
  const before = await readLastNumber();
  const sent = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  expect(await invoke(sent)).toMatchObject({ planned: [], work: [] });
  expect(await readLastNumber()).toBe(before);

  const leased = await createTenant(service.database);
  await useLeases(service, leased);
  const number = (await readLastNumber()) + 1;
  const work = { workflow_definition_id: leased.definitionId, is_leasable: true, count: 1, event_id: number };
  expect(await invoke(leased)).toMatchObject({ planned: [], work: [work] });
});

it("an invoke by an administrator calls few functions", async () => {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  // The first that waits also lets the runs be counted that do.
  for (let n = 0; n < 2; n++) await invoke(tenant);
  const asked = ["trigger_run", "lock_definition", "first_free", "may_see_definition", "add_run", "judge_cap"];
  const checked = ["is_consistent_run", "event_is_consistent", "notify_endpoints"];
  expect((await invoke(tenant)).called.toSorted()).toEqual(
    [...asked, ...checked, "answer_with", "effects_in"].toSorted(),
  );
});

it("a result asks about overdue and waiting runs, batches and triggers only when its first question has found some", async () => {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const report = async (runId: string) => {
    const run = { run_id: runId, tenant_id: tenant.id, attempt: 1 };
    const outcome = { status: "COMPLETED", error: null, output: null, summary: null, artifacts: null };
    const { answer, called } = await call("record_result", { run }, outcome);
    expect(answer.result).toEqual({ status: "COMPLETED" });
    return called.filter((name) => FURTHER_QUESTIONS.includes(name));
  };
  const first = await invoke(tenant);
  const second = await invoke(tenant);
  expect(await report(first.runId)).toEqual(["promote_next_runs"]);
  expect(await report(second.runId)).toEqual([]);
});

it("an invoke, a lease, a heartbeat and a result ask nothing twice", async () => {
  const tenant = await createTenant(service.database);
  await useLeases(service, tenant);
  const [sessionId] = await insertSessions(service, tenant, 1);
  const { runId, asked } = await invoke(tenant);
  const session = { session_id: sessionId, tenant_id: tenant.id };
  const leased = await call("lease_runs", { session }, { request_id: uuid(), max: "1" });
  expect(leased.answer.result.leases).toMatchObject([{ run_id: runId }]);
  const run = { run_id: runId, tenant_id: tenant.id, attempt: 1 };
  const beaten = await call("record_heartbeat", { run }, { progress: null, log: null });
  const outcome = { status: "COMPLETED", error: null, output: null, summary: null, artifacts: null };
  const ended = await call("record_result", { run }, outcome);
  const called = [leased, beaten, ended].flatMap((verb) => verb.called);
  expect([...asked, ...called.filter((name) => FURTHER_QUESTIONS.includes(name))]).toEqual([]);
});

it("a lease writes the row of its session only when that was not seen for some seconds", async () => {
  const tenant = await createTenant(service.database);
  const [sessionId] = await insertSessions(service, tenant, 1);
  const { sql } = service.database;
  // One that was seen in the future keeps that.
  const isSeenByLease = async (age: string) => {
    await sql`update runner_sessions set last_seen_at = statement_timestamp() - ${age}::interval where id = ${sessionId}`;
    const session = { session_id: sessionId, tenant_id: tenant.id };
    await call("lease_runs", { session }, { request_id: uuid(), max: "1" });
    const [row] = await sql`
      select last_seen_at between statement_timestamp() - interval '30 seconds' and statement_timestamp() as "isSeen"
      from runner_sessions where id = ${sessionId}`;
    return row?.isSeen;
  };
  expect(await isSeenByLease("1 minute")).toBe(true);
  expect(await isSeenByLease("-1 minute")).toBe(false);
});
