import { beforeEach, describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { callBack, invoke, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;
let runId: string;

// The database is made slow, so each test has one of its own.
beforeEach(async () => {
  service = await startService();
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  runId = await invoke(service, tenant);
});

/** Lets the deadline of the tenant's run pass while a change of it is under way, after it was judged to be in time. */
async function slowDownUntilDeadline(): Promise<void> {
  const { sql } = service.database;
  await sql`
    update workflow_runs
    set started_at = started_at - (deadline_at - statement_timestamp()) + interval '300 milliseconds',
        deadline_at = statement_timestamp() + interval '300 milliseconds'`;
  // Fires even for no row: at the end of the statement that fails what is overdue.
  await sql`
    create function outlive_deadline() returns trigger language plpgsql as $$ begin
      perform pg_sleep(greatest(extract(epoch from max(deadline_at) - clock_timestamp()) + 0.01, 0)) from workflow_runs;
      return null;
    end $$`;
  await sql`create trigger outlive_deadline after update on workflow_runs execute function outlive_deadline()`;
}

async function endsInTime(): Promise<boolean> {
  const [row] = await service.database.sql`
    select completed_at <= deadline_at as in_time from workflow_runs where id = ${runId}`;
  return row?.in_time;
}

describe("a deadline that passes while a change is under way", () => {
  it("does not change the outcome of a callback that was in time: the run completed before the deadline", async () => {
    await slowDownUntilDeadline();
    const response = await callBack(service, tenant, runId, { status: "COMPLETED" });
    const { status } = await readRun(service, tenant, runId);
    // On a machine that is slow itself the deadline has passed before.
    expect([
      [200, "COMPLETED"],
      [409, "FAILED"],
    ]).toContainEqual([response.status, status]);
    expect(await endsInTime()).toBe(true);
    expect(await brokenInvariants(service.database.sql.query)).toEqual([]);
  });

  it("does not change the outcome of a stop", async () => {
    await slowDownUntilDeadline();
    const response = await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    expect([200, 409]).toContain(response.status);
    expect(await endsInTime()).toBe(true);
    expect(await brokenInvariants(service.database.sql.query)).toEqual([]);
  });
});
