import { beforeEach, describe, expect, it, vi } from "vitest";
import operations from "../../docs/operations.md?raw";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;

// The sweep serves the whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService();
  tenant = await createTenant(service.database);
});

describe("the sweep", () => {
  it("fails an overdue run with the time of its deadline, and writes one event", async () => {
    const runId = await insertRun(service.database, tenant, { overdueSeconds: 90 });
    await service.sweep();

    const { sql } = service.database;
    const [run] = await sql`select *, completed_at = deadline_at and updated_at = deadline_at as at_deadline
      from workflow_runs where id = ${runId}`;
    expect(run).toMatchObject({ status: "FAILED", ended_by: "DEADLINE", at_deadline: true });
    const events = await sql`select type, attempt, detail from workflow_run_events where run_id = ${runId}`;
    const detail = { lag_ms: expect.any(Number), failure_code: "DEADLINE" };
    expect(events).toEqual([{ type: "TIMED_OUT", attempt: 1, detail }]);
    expect(events[0]?.detail.lag_ms).toBeGreaterThanOrEqual(90_000);
  });

  it("does not change runs that have time left, wait or have ended", async () => {
    await insertRun(service.database, tenant, { status: "RUNNING", overdueSeconds: -30 });
    await insertRun(service.database, tenant, { status: "PENDING" });
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    const read = () => service.database.sql`select * from workflow_runs order by id`;
    const before = await read();
    await service.sweep();
    expect(await read()).toEqual(before);
  });

  it("sends as many requests to the database as operations.md says when nothing is due", async () => {
    const [, requests] = await service.counted(() => service.sweep());
    // Here is a bucket.
    const [, always, more] =
      /^\| a sweep, each minute while something is due \| (\d+), .*?(\d+) more with a bucket/m.exec(operations) ?? [];
    expect(requests).toBe(Number(always) + Number(more));
  });

  it("fails a run that is overdue by months", async () => {
    const runId = await insertRun(service.database, tenant, { overdueSeconds: 90 * 86_400 });
    await service.sweep();
    const [run] = await service.database.sql`select status from workflow_runs where id = ${runId}`;
    expect(run?.status).toBe("FAILED");
  });

  it("logs one line of JSON", async () => {
    await insertRun(service.database, tenant, { overdueSeconds: 90 });
    const info = vi.spyOn(console, "info");
    await service.sweep();
    const lines = info.mock.calls.map(([line]) => JSON.parse(line));
    info.mockRestore();
    expect(lines).toEqual([
      {
        level: "info",
        event: "sweep",
        timed_out: 1,
        lag_p50_ms: expect.any(Number),
        lag_max_ms: expect.any(Number),
        dispatched: 0,
        deleted: 0,
        fired: 0,
        overdue_left: 0,
        due_left: 0,
        ms: expect.any(Number),
        database_ms: expect.any(Number),
        database_requests: 11,
        hubs: 1,
      },
    ]);
  });

  it("logs why it has failed", async () => {
    await service.database.sql`alter table sweep_state rename to hidden`;
    const error = vi.spyOn(console, "error");
    await expect(service.sweep()).rejects.toThrow();
    const [[line] = []] = error.mock.calls;
    error.mockRestore();
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      event: "sweep",
      error: 'NeonDbError: relation "sweep_state" does not exist',
    });
  });
});
