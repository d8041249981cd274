import { describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, insertRun, invoke, makeOverdue } from "../support/lifecycle.ts";
import { parseMetrics } from "../support/parse-metrics.ts";
import { startService } from "../support/service.ts";
import { settle } from "../support/settle.ts";
import { answer, QUESTION, sendSignal, signal, suspend, timer } from "../support/suspensions.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService();

async function read(tenant: TestTenant, from = service) {
  await settle(from, tenant);
  const response = await from.get("/v1/metrics", tenant.owner.key);
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const families = parseMetrics(await response.text());
  /** The value of a sample, as `workflow_runs{state="PENDING"}`. */
  return (sample: string) => {
    const name = sample.replace(/\{.*$/, "").replace(/_(bucket|sum|count)$/, "");
    return families.get(name)?.samples.get(sample);
  };
}

describe("GET /v1/metrics", () => {
  it("has counters of 0 for a tenant in which nothing has happened", async () => {
    const metrics = await read(await createTenant(service.database));
    expect(metrics('workflow_runs{state="RUNNING"}')).toBe(0);
    expect(metrics("workflow_runs_started_total")).toBe(0);
    expect(metrics("workflow_run_duration_seconds_count")).toBe(0);
    expect(metrics("workflow_metrics_behind")).toBe(0);
  });

  it("counts each event once: from the first request on, however often it is asked", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await invoke(service, tenant);
    await read(tenant);
    const waiting = await invoke(service, tenant);
    await invoke(service, tenant);
    const [{ id: first }] = (await service.database.sql`
      select id from workflow_runs where tenant_id = ${tenant.id} and status = 'RUNNING'`) as [{ id: string }];
    await callBack(service, tenant, first, { status: "COMPLETED" });
    await makeOverdue(service, waiting, 7);
    await service.sweep();

    for (let time = 0; time < 3; time++) {
      const metrics = await read(tenant);
      expect(metrics("workflow_runs_triggered_total")).toBe(2);
      expect(metrics("workflow_runs_started_total")).toBe(2);
      expect(metrics('workflow_runs_ended_total{end="COMPLETED"}')).toBe(1);
      expect(metrics('workflow_runs_ended_total{end="TIMED_OUT"}')).toBe(1);
      expect(metrics('workflow_runs_ended_total{end="STOPPED"}')).toBe(0);
      expect(metrics("workflow_run_duration_seconds_count")).toBe(2);
      expect(metrics("workflow_run_wait_seconds_count")).toBe(2);
      expect(metrics('workflow_run_deadline_lag_seconds_bucket{le="5"}')).toBe(0);
      expect(metrics('workflow_run_deadline_lag_seconds_bucket{le="15"}')).toBe(1);
      expect(metrics("workflow_run_deadline_lag_seconds_sum")).toBeGreaterThan(6.9);
      expect(metrics('workflow_runs{state="RUNNING"}')).toBe(1);
    }
  });

  it("counts each event once when it is asked several times at once", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await read(tenant);
    await Promise.all(Array.from({ length: 8 }, () => invoke(service, tenant)));
    await Promise.all(Array.from({ length: 6 }, () => read(tenant)));
    expect((await read(tenant))("workflow_runs_triggered_total")).toBe(8);
  });

  it("counts each event once, also when a new epoch begins while more are left than a request counts", async () => {
    const own = await startService();
    const tenant = await createTenant(own.database);
    const { sql } = own.database;
    const runId = await insertRun(own.database, tenant);
    const fail = (times: number) => sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select ${tenant.id}, ${runId}, 1, 'DISPATCH_FAILED' from generate_series(1, ${times}::int)`;
    await read(tenant, own);
    await fail(20_001);
    await sql`select public.raise_event_epoch()`;
    await fail(1);
    await expect.poll(async () => (await read(tenant, own))("workflow_metrics_behind")).toBe(0);
    expect((await read(tenant, own))("workflow_run_dispatch_failures_total")).toBe(20_002);
  });

  it("says how the queue and the slot stand now", async () => {
    const tenant = await createTenant(service.database);
    await insertRun(service.database, tenant, { overdueSeconds: 3 });
    await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      update workflow_runs
      set created_at = statement_timestamp() - interval '90 seconds', updated_at = statement_timestamp() - interval '90 seconds'
      where tenant_id = ${tenant.id} and status = 'PENDING'`;
    const metrics = await read(tenant);
    expect(metrics('workflow_runs{state="PENDING"}')).toBe(1);
    expect(metrics('workflow_runs{state="RUNNING"}')).toBe(0);
    expect(metrics("workflow_runs_overdue")).toBe(1);
    expect(metrics("workflow_run_queue_oldest_age_seconds")).toBeGreaterThan(89);
  });
});

describe("the metrics of suspended runs", () => {
  it("count runs, answers and what did not come in time, and how long runs waited, by kind", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const { sql } = service.database;
    await sql`update workflow_definitions set max_running = 10 where id = ${tenant.definitionId}`;
    await read(tenant);
    const suspended = async (wait: object, more: object = {}) => {
      const runId = await invoke(service, tenant);
      expect((await suspend(service, tenant, runId, [wait], more)).status).toBe(200);
      return runId;
    };
    const asked = [await suspended(QUESTION), await suspended(signal("4711"))];
    await suspended(timer(3600));
    await suspended(QUESTION, { timeout_seconds: 3600 });
    await suspended(signal("never"), { timeout_seconds: 3600, on_timeout: "continue" });
    const open = await suspended(QUESTION);
    const first = await read(tenant);
    expect(first("workflow_runs_suspended")).toBe(6);
    expect(first("workflow_run_suspensions_total")).toBe(6);
    expect(first("workflow_run_queue_oldest_age_seconds")).toBe(0);
    expect(first('workflow_run_suspended_seconds_count{kind="question"}')).toBe(0);

    // An hour later: the time of three of them is over.
    await sql`
      with hour as (
        select interval '1 hour' as passed
      ), suspensions as (
        update run_suspensions set ends_at = ends_at - passed from hour where tenant_id = ${tenant.id}
      ), waits as (
        update run_waits set asked_at = asked_at - passed, due_at = due_at - passed, times_out_at = times_out_at - passed
        from hour where tenant_id = ${tenant.id}
      ), events as (
        update workflow_run_events set at = at - passed from hour where tenant_id = ${tenant.id}
      )
      update workflow_runs
      set suspended_at = suspended_at - passed, not_before = not_before - passed, deadline_at = deadline_at - passed
      from hour where tenant_id = ${tenant.id}`;
    await answer(service, tenant.owner.key, asked[0] ?? "");
    await sendSignal(service, tenant, { correlation: "4711" });
    await service.sweep();
    // What had come before is not counted again.
    await suspend(service, tenant, asked[0] ?? "", [QUESTION, timer(3600, "again")], { attempt: 2 });
    for (let time = 0; time < 2; time++) {
      const metrics = await read(tenant);
      expect(metrics("workflow_runs_suspended")).toBe(2);
      expect(metrics("workflow_run_suspensions_total")).toBe(7);
      expect(metrics("workflow_run_questions_answered_total")).toBe(1);
      for (const kind of ["question", "timer", "signal"]) {
        expect(metrics(`workflow_run_suspended_seconds_count{kind="${kind}"}`)).toBe(1);
        expect(metrics(`workflow_run_suspended_seconds_sum{kind="${kind}"}`)).toBeGreaterThan(3599);
        expect(metrics(`workflow_run_suspended_seconds_bucket{kind="${kind}",le="900"}`)).toBe(0);
        expect(metrics(`workflow_run_waits_expired_total{kind="${kind}"}`)).toBe(kind === "timer" ? 0 : 1);
      }
    }
    await service.send("POST", `/v1/workflow-runs/${open}/stop`, tenant.owner.key);
    const last = await read(tenant);
    expect(last("workflow_runs_suspended")).toBe(1);
    expect(last('workflow_run_waits_expired_total{kind="question"}')).toBe(1);
  });
});

describe("the metrics of each workflow", () => {
  const labels = (id: string, name: string) => `workflow_id="${id}",workflow="${name}"`;

  it("count its runs, failures and waiting runs, and how long its attempts took", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await read(tenant);
    const done = await invoke(service, tenant);
    const failed = await invoke(service, tenant);
    await invoke(service, tenant);
    await service.database.sql`
      update workflow_definitions set name = 'Say "a\\b"' where id = ${tenant.definitionId}`;
    await callBack(service, tenant, done, { status: "COMPLETED" });
    await callBack(service, tenant, failed, { status: "FAILED", error: "No." });
    const delayed = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      update workflow_runs set queue_position = null, not_before = now() + interval '1 day' where id = ${delayed}`;
    await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      update workflow_runs
      set created_at = statement_timestamp() - interval '90 seconds', updated_at = statement_timestamp() - interval '90 seconds'
      where workflow_definition_id = ${tenant.definitionId} and status = 'PENDING'`;
    const own = labels(tenant.definitionId, 'Say \\"a\\\\b\\"');
    for (let time = 0; time < 2; time++) {
      const metrics = await read(tenant);
      expect(metrics(`workflow_triggered_total{${own}}`)).toBe(3);
      expect(metrics(`workflow_failures_total{${own}}`)).toBe(1);
      expect(metrics(`workflow_duration_seconds_count{${own}}`)).toBe(2);
      expect(metrics(`workflow_duration_seconds_bucket{${own},le="300"}`)).toBe(2);
      expect(metrics(`workflow_waiting{${own}}`)).toBe(1);
      expect(metrics(`workflow_oldest_waiting_seconds{${own}}`)).toBeGreaterThan(89);
      expect(metrics(`workflow_triggered_total{${labels("others", "")}}`)).toBe(0);
    }
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const paused = await read(tenant);
    for (const name of ["workflow_waiting", "workflow_oldest_waiting_seconds"])
      expect(paused(`${name}{${own}}`)).toBe(0);
  });

  it("measure how long a run has waited from its retry, or from the end of its delay", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await read(tenant);
    await invoke(service, tenant);
    const failed = await insertRun(service.database, tenant, { status: "FAILED" });
    const delayed = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      update workflow_runs
      set created_at = created_at - interval '3 days', updated_at = updated_at - interval '3 days',
        not_before = case when id = ${delayed} then statement_timestamp() - interval '90 seconds' end, queue_position = null
      where id in (${failed}, ${delayed})`;
    expect((await service.send("POST", `/v1/workflow-runs/${failed}/retry`, tenant.owner.key)).status).toBe(202);
    await service.sweep();
    const metrics = await read(tenant);
    const own = labels(tenant.definitionId, "Test");
    expect(metrics(`workflow_waiting{${own}}`)).toBe(2);
    for (const name of [`workflow_oldest_waiting_seconds{${own}}`, "workflow_run_queue_oldest_age_seconds"]) {
      expect(Math.round((metrics(name) ?? 0) / 1000)).toBe(0);
      expect(metrics(name)).toBeGreaterThan(89);
    }
  });

  it("say of all others together how many runs wait, and for how long the oldest of them", async () => {
    const tenant = await createTenant(service.database);
    const second = { ...tenant, definitionId: await addWorkflow(service.database, tenant) };
    for (const [of, seconds] of [
      [tenant, 90],
      [second, 30],
    ] as const) {
      const id = await insertRun(service.database, of, { status: "PENDING" });
      await service.database.sql`
        update workflow_runs set created_at = created_at - interval '1 hour', updated_at = updated_at - make_interval(secs => ${seconds})
        where id = ${id}`;
    }
    const metrics = await read(tenant);
    expect(metrics(`workflow_waiting{${labels("others", "")}}`)).toBe(2);
    expect(metrics(`workflow_oldest_waiting_seconds{${labels("others", "")}}`)).toBeGreaterThan(89);
  });

  it("do not count runs that ended before they started among the attempts that failed", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await read(tenant);
    const done = await invoke(service, tenant);
    const expired = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() - interval '1 second' where id = ${expired}`;
    await callBack(service, tenant, done, { status: "COMPLETED" });
    await service.sweep();
    const metrics = await read(tenant);
    const own = labels(tenant.definitionId, "Test");
    expect(metrics('workflow_runs_ended_total{end="TIMED_OUT"}')).toBe(1);
    expect(metrics(`workflow_failures_total{${own}}`)).toBe(0);
    expect(metrics(`workflow_duration_seconds_count{${own}}`)).toBe(1);
  });

  it("are those of the 50 with the most runs; what the others have is together, and never decreases", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "http://127.0.0.1:9/" });
    await read(tenant);
    const { sql } = service.database;
    // 50 other workflows, with two runs each. The tenant's own workflow gets one run, so it is not among the 50 with the most, until one of them is
    // deleted.
    const [{ ids }] = (await sql`
      with parts as (
        insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
        select gen_random_uuid(), p.tenant_id, p.parent_id, 'busy ' || n, p.part_type, '/workflows/busy ' || n
        from path_parts p, generate_series(1, 50) n
        where p.id = (select d.path_part_id from workflow_definitions d where d.id = ${tenant.definitionId})
        returning id, name
      ), copied as (
        insert into workflow_definitions
        select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'path_part_id', p.id, 'name', p.name))).*
        from workflow_definitions d, parts p
        where d.id = ${tenant.definitionId}
        returning id, name)
      select array_agg(id order by name) as ids from copied`) as [{ ids: string[] }];
    const [gone = ""] = ids;
    await sql`
      insert into workflow_metrics (workflow_definition_id, tenant_id, runs, failures, seconds, buckets)
      select unnest(${ids}::uuid[]), ${tenant.id}, 2, 0, 0, array_fill(0::bigint, array[12])`;
    const others = labels("others", "");
    const first = await invoke(service, tenant);
    await callBack(service, tenant, first, { status: "FAILED", error: "No." });
    const earlier = await read(tenant);
    const own = labels(tenant.definitionId, "Test");
    expect(earlier(`workflow_triggered_total{${own}}`)).toBeUndefined();
    expect(earlier(`workflow_triggered_total{${others}}`)).toBe(1);
    expect(earlier(`workflow_failures_total{${others}}`)).toBe(1);
    expect(earlier(`workflow_duration_seconds_count{${others}}`)).toBe(1);
    expect(earlier(`workflow_triggered_total{${labels(gone, "busy 1")}}`)).toBe(2);

    await sql`delete from workflow_definitions where id = ${gone}`;
    await invoke(service, tenant);
    const later = await read(tenant);
    expect(later(`workflow_triggered_total{${own}}`)).toBe(2);
    expect(later(`workflow_triggered_total{${others}}`)).toBe(1);
    expect(await sql`select from workflow_metrics where workflow_definition_id = ${gone}`).toEqual([]);
  });
});

describe("the reader of the tests", () => {
  it.each([
    ["a sample without a family", "x 1\n"],
    ["a family twice", "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n"],
    ["a counter without _total", "# HELP a b\n# TYPE a counter\na 1\n"],
    ["a histogram without +Inf", '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n'],
    [
      "buckets that shrink",
      '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
  ])("refuses %s", (_, text) => {
    expect(() => parseMetrics(text)).toThrow();
  });
});
