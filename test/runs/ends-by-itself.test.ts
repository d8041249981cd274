import { describe, expect, it } from "vitest";
import { eventTypes, insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

/** A RUNNING run with `secondsLeft` until its deadline, whose lease or stop ended (or ends) as many seconds ago as it says. */
async function runThatEnds(
  tenant: TestTenant,
  ends: { secondsLeft: number; leaseOverSeconds?: number; stopOverSeconds?: number },
): Promise<string> {
  const { sql } = service.database;
  const runId = await insertRun(service.database, tenant, { overdueSeconds: -ends.secondsLeft });
  const { leaseOverSeconds: lease = null, stopOverSeconds: stop = null } = ends;
  await sql`
    insert into running_attempts (run_id, tenant_id, attempt, lease_seconds, lease_expires_at, stop_requested_at, stop_ends_at,
      stop_reason, stop_user_id)
    select ${runId}, ${tenant.id}, 1, case when ${lease}::int is not null then 60 end, now - make_interval(secs => ${lease}),
      case when ${stop}::int is not null then now - interval '1 minute' end, now - make_interval(secs => ${stop}),
      case when ${stop}::int is not null then 'wrong folder' end, case when ${stop}::int is not null then ${tenant.owner.id}::uuid end
    from (select date_trunc('milliseconds', statement_timestamp()) as now) clock`;
  return runId;
}

const LOST = { error: "Lost: the runner sent no heartbeat for 60 seconds." };
const STOPPED = { error: "Stopped: wrong folder" };
const TIMED_OUT = { error: "Timed out: no result arrived within 300 seconds of the start." };

describe("a RUNNING run that ended by time", () => {
  it("says of one second that it is one", async () => {
    const { sql } = service.database;
    const tenant = await createTenant(service.database);
    const error = async (runId: string) => {
      const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
      return (await response.json<{ error: string }>()).error;
    };
    const lost = await runThatEnds(tenant, { secondsLeft: 100, leaseOverSeconds: 2 });
    await sql`update running_attempts set lease_seconds = 1 where run_id = ${lost}`;
    expect(await error(lost)).toBe("Lost: the runner sent no heartbeat for 1 second.");
    await sql`delete from workflow_runs where id = ${lost}`;
    const late = await runThatEnds(tenant, { secondsLeft: -4 });
    await sql`update workflow_runs set started_at = deadline_at - interval '1 second' where id = ${late}`;
    expect(await error(late)).toBe("Timed out: no result arrived within 1 second of the start.");
  });

  it.each([
    ["whose lease has ended", { secondsLeft: 100, leaseOverSeconds: 2 }, LOST, "LOST", "LOST"],
    ["whose stop gave it no more time", { secondsLeft: 100, stopOverSeconds: 2 }, STOPPED, "STOPPED", "STOPPED"],
    [
      "whose lease ended before its stop",
      { secondsLeft: 100, leaseOverSeconds: 3, stopOverSeconds: 2 },
      LOST,
      "LOST",
      "LOST",
    ],
    [
      "whose stop ended before its lease",
      { secondsLeft: 100, leaseOverSeconds: 2, stopOverSeconds: 3 },
      STOPPED,
      "STOPPED",
      "STOPPED",
    ],
    ["whose deadline was before both", { secondsLeft: -4, leaseOverSeconds: 2 }, TIMED_OUT, "DEADLINE", "TIMED_OUT"],
  ])("%s reads the same before and after the sweep, everywhere", async (_, ends, expected, code, event) => {
    const tenant = await createTenant(service.database);
    const runId = await runThatEnds(tenant, ends);
    const read = async () => {
      const paths = [
        `/v1/workflow-runs/${runId}`,
        `/v1/workflow-runs/${runId}/result`,
        "/v1/workflow-runs?status=FAILED",
        "/v1/workflow-runs?status=RUNNING",
        "/v1/workflow-runs/summary",
      ];
      const bodies = await Promise.all(
        paths.map(async (path) => (await service.get(path, tenant.owner.key)).json<Record<string, unknown>>()),
      );
      const [run, result, failed, running, summary] = bodies;
      return { run, result, failed, running, counts: [summary?.running, summary?.failed] };
    };

    const before = await read();
    const events = await eventTypes(service, tenant, runId);
    await service.sweep();

    expect(await read()).toEqual(before);
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
    expect(before.run).toMatchObject({ status: "FAILED", ...expected });
    expect(before.result).toMatchObject({ failure_code: code });
    expect(before.failed).toMatchObject({ items: [{ id: runId, status: "FAILED" }] });
    expect(before.running).toMatchObject({ items: [] });
    expect(events).toEqual([event]);
    const left = await service.database.sql`select from running_attempts where run_id = ${runId}`;
    expect(left).toEqual([]);
  });

  it("has not ended while its lease and its stop have time left", async () => {
    const tenant = await createTenant(service.database);
    const runId = await runThatEnds(tenant, { secondsLeft: 100, leaseOverSeconds: -20, stopOverSeconds: -30 });
    await service.sweep();
    const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect(await response.json()).toMatchObject({ status: "RUNNING", error: null });
  });
});
