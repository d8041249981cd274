import { describe, expect, it } from "vitest";
import { EVENT_TYPES, FAILURE_CODES, RUN_STATUSES, RUNNER_TYPES, TENANT_EVENT_TYPES } from "../../src/db/enums.ts";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();
const tenant = await createTenant(service.database, {});

/** Changes a run of this state in a transaction that is rolled back. Returns "accepted", or the constraint that refuses it. */
async function change(runId: string, assignment: string): Promise<string> {
  const { sql } = service.database;
  const id = runId.replaceAll(/[^0-9a-f-]/g, "");
  try {
    // The division by zero rolls an accepted change back.
    await sql.transaction([
      sql.query(`update workflow_runs set ${assignment} where id = '${id}'`),
      sql.query("select 1 / 0"),
    ]);
  } catch (error) {
    const { constraint, code } = Object(error);
    if (code === "22012") return "accepted";
    return constraint ?? String(error);
  }
  throw new Error("A division by zero has succeeded.");
}

const REFUSED = "workflow_runs_check";

describe("a run", () => {
  it.each([
    ["PENDING", ["started_at = now()", "completed_at = now()", "error = 'x'", "next_dispatch_at = now()"]],
    [
      "RUNNING",
      ["started_at = null", "deadline_at = null", "deadline_at = started_at", "error = 'x'", "not_before = now()"],
    ],
    [
      "COMPLETED",
      ["started_at = null", "completed_at = null", "ended_by = null", "error = 'x'", "failure_code = 'LOST'"],
    ],
    [
      "FAILED",
      [
        "completed_at = null",
        "ended_by = null",
        "failure_code = null",
        "next_dispatch_at = now()",
        "not_before = now()",
      ],
    ],
    ["PENDING", ["attempt = 0", "traceparent = 'x'", "status = 'LOST'", "status = 'RUNNING'", "status = 'COMPLETED'"]],
  ] as const)("that is %s is refused with what contradicts its state", async (status, assignments) => {
    const runId = await insertRun(service.database, tenant, { status });
    for (const assignment of assignments)
      expect([assignment, await change(runId, assignment)]).toEqual([assignment, REFUSED]);
    expect(await change(runId, "updated_at = now()")).toBe("accepted");
  });

  it("that is PENDING has a place in its queue or the instant at which it gets one: never neither, never both", async () => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    expect(await change(runId, "queue_position = null")).toBe(REFUSED);
    expect(await change(runId, "not_before = now()")).toBe(REFUSED);
    expect(await change(runId, "queue_position = null, not_before = now()")).toBe("accepted");
    expect(await change(runId, "attempt = 2, deadline_at = now()")).toBe(REFUSED);
    const [constraint] = await service.database.sql`
      select convalidated from pg_constraint where conname = ${REFUSED}`;
    expect(constraint).toEqual({ convalidated: true });
  });

  it("that is suspended has no place, and one instant at which it resumes or fails", async () => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    const suspended = "attempt = 2, suspended_at = now(), queue_position = null";
    for (const more of ["", ", not_before = now(), deadline_at = now()"]) {
      expect(await change(runId, `${suspended}${more}`)).toBe(REFUSED);
    }
    for (const more of ["not_before", "deadline_at"]) {
      expect(await change(runId, `${suspended}, ${more} = now()`)).toBe("accepted");
    }
    expect(await change(runId, "suspended_at = now(), deadline_at = now()")).toBe(REFUSED);
    const running = await insertRun(service.database, await createTenant(service.database), { status: "RUNNING" });
    expect(await change(running, "suspended_at = now()")).toBe(REFUSED);
  });

  it("takes the values that the Worker knows, and no others", async () => {
    const runId = await insertRun(service.database, tenant, { status: "FAILED" });
    const values = [
      ...FAILURE_CODES.map((value) => `failure_code = '${value}'`),
      ...RUNNER_TYPES.map((value) => `runner_type = '${value}'`),
      ...["CALLBACK", "STOP", "DEADLINE", "DISPATCH", "LEASE"].map((value) => `ended_by = '${value}'`),
    ];
    for (const value of values) expect([value, await change(runId, value)]).toEqual([value, "accepted"]);
    for (const column of ["failure_code", "runner_type", "ended_by"]) {
      expect(await change(runId, `${column} = 'OTHER'`)).toBe(REFUSED);
    }
    expect(RUN_STATUSES.toSorted()).toEqual(["COMPLETED", "FAILED", "PENDING", "RUNNING"]);
  });
});

describe("an event", () => {
  const insert = async (type: string, runId: string | null, attempt: number | null) => {
    const { sql } = service.database;
    return sql`insert into workflow_run_events (tenant_id, run_id, attempt, type)
      values (${tenant.id}, ${runId}, ${attempt}, ${type})`.then(
      () => "accepted",
      (error: unknown) => Object(error).constraint,
    );
  };

  it.each(EVENT_TYPES)("of the type %s is about a run, unless it is about a trigger or an endpoint", async (type) => {
    const runId = await insertRun(service.database, tenant, { status: "FAILED" });
    const isOfRun = !TENANT_EVENT_TYPES.some((other) => other === type);
    expect(await insert(type, runId, 1)).toBe(isOfRun ? "accepted" : "workflow_run_events_check");
    expect(await insert(type, null, null)).toBe(isOfRun ? "workflow_run_events_check" : "accepted");
    expect(await insert(type, runId, null)).toBe("workflow_run_events_check");
  });

  it("of an unknown type is refused", async () => {
    const runId = await insertRun(service.database, tenant, { status: "FAILED" });
    expect(await insert("OTHER", runId, 1)).toBe("workflow_run_events_check");
  });
});
