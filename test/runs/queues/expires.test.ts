import { describe, expect, it } from "vitest";
import { brokenInvariants } from "../../support/invariants.ts";
import { eventTypes, inSeconds, invokePath, passInstants, readEvents, readRun } from "../../support/lifecycle.ts";
import { HOUR, startQueue } from "../../support/queue.ts";
import { runToken } from "../../support/tenant.ts";

const { service, tenant, invokeWith, end, statusOf, post } = await startQueue();
const setActive = (isActive: boolean) =>
  post(`/v1/workflow-definitions/${tenant.definitionId}/${isActive ? "resume" : "pause"}`);

/** What every reader says of a run. */
async function readEverywhere(runId: string, label: string) {
  const paths = [
    `/v1/workflow-runs/${runId}`,
    `/v1/workflow-runs/${runId}/details`,
    `/v1/workflow-runs/${runId}/result`,
    `/v1/workflow-runs/${runId}/explain`,
    `/v1/workflow-runs/${runId}/log`,
    `/v1/workflow-definitions/${tenant.definitionId}/runs`,
    "/v1/workflow-runs",
    ...["PENDING", "RUNNING", "FAILED"].map((status) => `/v1/workflow-runs?status=${status}`),
    `/v1/workflow-runs?status=FAILED&workflow_definition_id=${tenant.definitionId}`,
    `/v1/workflow-runs?status=PENDING&workflow_definition_id=${tenant.definitionId}`,
    `/v1/workflow-runs?status=FAILED&label=${label}`,
  ];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const response = await service.get(path, tenant.owner.key);
      return [path, response.headers.get("etag"), response.headers.get("x-queue-position"), await response.text()];
    }),
  );
  const summary = await (await service.get("/v1/workflow-runs/summary", tenant.owner.key)).json<
    Record<string, unknown>
  >();
  return { answers, counts: [summary.pending, summary.running, summary.failed] };
}

describe("a run that has not started at its must_start_by", () => {
  it.each([
    ["behind another run", {}, true],
    ["before its start_after", { start_after: inSeconds(HOUR) }, false],
  ])("%s is FAILED with EXPIRED, and reads the same before and after the sweep", async (_, more, isBehind) => {
    const first = isBehind ? await invokeWith() : null;
    const label = "customer:4711";
    const runId = await invokeWith({ ...more, must_start_by: inSeconds(2 * HOUR), labels: { customer: "4711" } });
    const next = isBehind ? await invokeWith() : null;
    await passInstants(service, runId, 2 * HOUR + 1);
    const before = await readEverywhere(runId, label);
    const run = await readRun(service, tenant, runId);
    const error = `Expired: it had not started by ${run.completed_at}.`;
    expect(run).toMatchObject({ status: "FAILED", error, updated_at: run.completed_at, started_at: run.created_at });
    const events = await eventTypes(service, tenant, runId);
    const place = async (id: string) =>
      (await service.get(`/v1/workflow-runs/${id}`, tenant.owner.key)).headers.get("x-queue-position");
    if (next !== null) expect(await place(next)).toBe("1");

    await service.sweep();
    expect(await readEverywhere(runId, label)).toEqual(before);
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({ status: "FAILED", failure_code: "EXPIRED", error });
    const explained = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    expect(await explained.json()).toMatchObject({ message: `It does not wait any more. ${error}`, reason: null });
    expect((await readEvents(service, tenant, runId)).at(-1)).toMatchObject({
      ...{ type: "TIMED_OUT", at: run.completed_at, detail: { failure_code: "EXPIRED" } },
    });
    if (first !== null) expect(await statusOf(first)).toBe("RUNNING");
    expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);
  });

  it("does not start when the slot gets free: the next one does", async () => {
    const [first, expired, next] = [
      await invokeWith(),
      await invokeWith({ must_start_by: inSeconds(HOUR) }),
      await invokeWith(),
    ];
    await passInstants(service, expired, HOUR + 1);
    await end(first);
    expect([await statusOf(expired), await statusOf(next)]).toEqual(["FAILED", "RUNNING"]);
  });

  it("counts on while the workflow is paused", async () => {
    await invokeWith();
    const runId = await invokeWith({ must_start_by: inSeconds(HOUR) });
    await setActive(false);
    await passInstants(service, runId, HOUR + 1);
    expect(await statusOf(runId)).toBe("FAILED");
    await setActive(true);
    expect(await readRun(service, tenant, runId)).toMatchObject({
      status: "FAILED",
      error: expect.stringMatching(/^Expired: /),
    });
  });

  it("is not retried by a policy, and does not expire again when somebody retries it", async () => {
    await service.database.sql`
      update workflow_definitions set retry_on = '{DEADLINE,UNREACHED,LOST}', max_attempts = 3 where id = ${tenant.definitionId}`;
    const first = await invokeWith();
    const runId = await invokeWith({ must_start_by: inSeconds(HOUR) });
    await passInstants(service, runId, HOUR + 1);
    await service.sweep();
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "QUEUED", "TIMED_OUT"]);
    const retried = await post(`/v1/workflow-runs/${runId}/retry`);
    expect([retried.status, await retried.json()]).toMatchObject([202, { status: "PENDING", error: null }]);
    await passInstants(service, runId, 100 * HOUR);
    await end(first);
    expect(await statusOf(runId)).toBe("RUNNING");
  });

  it("is explained while it waits", async () => {
    await invokeWith();
    const at = inSeconds(HOUR);
    const runId = await invokeWith({ must_start_by: at });
    const response = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    const explained = await response.json<{ message: string }>();
    expect(explained).toMatchObject({ reason: "slot", must_start_by: at, start_after: null, deadline_at: null });
    expect(explained.message).toMatch(new RegExp(`; it expires unless it has started by ${at}\\.$`));
  });

  it("is ended by the sweep in bounded chunks, and by its own change in any case", async () => {
    await invokeWith();
    const template = await invokeWith({ must_start_by: inSeconds(HOUR) });
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, created_at,
        deadline_at)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, 'PENDING', r.run_snapshot,
        r.created_at, statement_timestamp() - interval '1 minute'
      from workflow_runs r, generate_series(1, 1200) n
      where r.id = ${template}`;
    await passInstants(service, template, HOUR + 1);
    const waiting = async () => {
      const [row] = await service.database.sql`
        select count(*)::int as count, coalesce(bool_or(id = ${template}), false) as is_among_them
        from workflow_runs where workflow_definition_id = ${tenant.definitionId} and status = 'PENDING'`;
      return row;
    };
    // A change ends 250 of the 1,201, the first to expire first, and the run that it is for in any case.
    const stopped = await post(`/v1/workflow-runs/${template}/stop`);
    expect([stopped.status, await waiting()]).toEqual([
      409,
      { count: expect.toBeOneOf([950, 951]), is_among_them: false },
    ]);
    // A run that is triggered meanwhile is not behind them.
    const added = await invokeWith();
    expect((await service.get(`/v1/workflow-runs/${added}`, tenant.owner.key)).headers.get("x-queue-position")).toBe(
      "1",
    );
    await service.sweep();
    expect(await waiting()).toEqual({ count: 1, is_among_them: false });
  });
});

describe("a run that has started in time", () => {
  it("does not expire, also when its runner gives it back", async () => {
    const runId = await invokeWith({ must_start_by: inSeconds(HOUR) });
    expect(await statusOf(runId)).toBe("RUNNING");
    await setActive(false);
    const token = await runToken(tenant, runId);
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/release`, token)).status).toBe(200);
    const details = await service.get(`/v1/workflow-runs/${runId}/details`, tenant.owner.key);
    expect(await details.json()).toMatchObject({ status: "PENDING", attempt: 2, must_start_by: null });
  });
});

describe("must_start_by", () => {
  it.each([
    ["in the past", { must_start_by: inSeconds(-1) }],
    ["before start_after", { start_after: inSeconds(120), must_start_by: inSeconds(60) }],
  ])("is refused %s", async (_, body) => {
    const response = await post(invokePath(tenant), body);
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: [{ loc: ["body", "must_start_by"] }] },
    ]);
  });
});
