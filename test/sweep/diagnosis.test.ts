import { beforeEach, describe, expect, it } from "vitest";
import { judge } from "../../scripts/local/findings.ts";
import { diagnose } from "../../src/sweep/diagnosis.ts";
import { SECRET_PLACES } from "../../src/webhooks/stored-secrets.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { createWebhook } from "../triggers/inbound-support.ts";
import { createTrigger, MINUTELY, send } from "../triggers/support.ts";

let service: Service;
let tenant: TestTenant;

beforeEach(async () => {
  service = await startService();
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
});

/** What the doctor says of this. */
const said = async (about: string, knownKeyIds?: readonly string[]) =>
  judge(await diagnose(verbServices(service).db), knownKeyIds)
    .filter(({ subject }) => subject === about)
    .map(({ mark, text }) => `${mark}: ${text.split(", for up to")[0]}`);

const stuckRuns = () => said("stuck runs");

const waits = () => insertRun(service.database, tenant, { status: "PENDING" });

describe("the diagnosis of PENDING runs with a free slot", () => {
  it("does not call a run stuck that is in the back-off of an automatic retry", async () => {
    const { sql } = service.database;
    const runId = await waits();
    await sql`update workflow_runs set not_before = statement_timestamp() + interval '1 minute', queue_position = null where id = ${runId}`;
    expect(await stuckRuns()).toEqual(["good: None."]);
    await sql`update workflow_runs set not_before = statement_timestamp() - interval '1 minute' where id = ${runId}`;
    expect(await stuckRuns()).toEqual(["bad: 1 PENDING, although the slot is free"]);
  });

  it("says of a run that its runner has to ask for that none has, and of those behind it nothing", async () => {
    const { sql } = service.database;
    await sql`
      update workflow_definitions set handover = 'lease', runner_url = null, webhook_secret_encrypted = null
      where id = ${tenant.definitionId}`;
    await waits();
    await waits();
    expect(await stuckRuns()).toEqual(["note: 1 PENDING, because no runner has asked for them"]);
  });

  it("says that the workflow is paused, whatever else is true", async () => {
    const { sql } = service.database;
    await sql`
      update workflow_definitions set is_active = false, runner_url = null, webhook_secret_encrypted = null
      where id = ${tenant.definitionId}`;
    await waits();
    expect(await stuckRuns()).toEqual(["note: 1 PENDING, because the workflow is paused"]);
  });

  it("names the three that have waited longest, however many are stuck", async () => {
    const { sql } = service.database;
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const ids = [await waits(), await waits(), await waits(), await waits(), await waits()];
    await sql`
      update workflow_runs r set updated_at = r.updated_at - place * interval '1 minute'
      from unnest(${ids}::uuid[]) with ordinality given (id, place) where r.id = given.id`;
    const findings = judge(await diagnose(verbServices(service).db), undefined);
    const text = findings.find(({ subject }) => subject === "stuck runs")?.text;
    const [, , third, second, first] = ids;
    expect(text).toMatch(new RegExp(`^5 PENDING, .*: ${first}, ${second}, ${third}\\.$`));
  });
});

describe("the diagnosis of triggers", () => {
  it("names those that should have fired more than two minutes ago", async () => {
    const { sql } = service.database;
    const { id } = await createTrigger(service, tenant, MINUTELY);
    await sql`update triggers set due_at = statement_timestamp() - interval '100 seconds' where id = ${id}`;
    expect(await said("triggers")).toEqual(["good: None is overdue, and none has paused itself."]);
    await sql`update triggers set due_at = statement_timestamp() - interval '3 minutes' where id = ${id}`;
    expect(await said("triggers")).toEqual(["bad: 1 should have fired more than two minutes ago"]);
    await sql`
      insert into due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth)
      values (${tenant.id}, gen_random_uuid(), statement_timestamp() - interval '3 minutes', gen_random_uuid(), 1, 1)`;
    expect(await said("triggers")).toEqual(["bad: 2 should have fired more than two minutes ago"]);
    await sql`delete from due_firings`;
    for (let more = 0; more < 3; more++) await createTrigger(service, tenant, MINUTELY);
    // What follows each answer handles what is due, so all are made due again.
    await sql`
      update triggers set due_at = statement_timestamp() - case when id = ${id} then interval '3 minutes' else interval '5 minutes' end
      where tenant_id = ${tenant.id}`;
    const [overdue] = judge(await diagnose(verbServices(service).db), undefined).filter(
      ({ subject }) => subject === "triggers",
    );
    // Three of the four, without the one that is overdue for a shorter time.
    expect(overdue?.text.match(/[0-9a-f-]{36}/g)).toHaveLength(3);
    expect(overdue?.text).not.toContain(id);
    await sql`update triggers set due_at = null where tenant_id = ${tenant.id}`;
  });

  it("names those whose schedules cannot be computed any more", async () => {
    await createTrigger(service, tenant, MINUTELY);
    await service.database.sql`
      update triggers set next_at = null, due_at = statement_timestamp() + interval '30 minutes' where tenant_id = ${tenant.id}`;
    expect(await said("triggers")).toEqual([
      "note: 1 have schedules that cannot be computed any more, and have handled no instant",
    ]);
  });

  it("names those that have paused themselves, and not those that somebody has paused", async () => {
    const { sql } = service.database;
    const [{ id }, other] = [
      await createTrigger(service, tenant, MINUTELY),
      await createTrigger(service, tenant, MINUTELY),
    ];
    await send(service, "POST", `/v1/triggers/${other.id}/pause`, tenant.owner.key);
    expect(await said("triggers")).toEqual(["good: None is overdue, and none has paused itself."]);
    await sql`update triggers set user_id = ${tenant.user.id} where id = ${id}`;
    await send(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);
    expect(await said("triggers")).toEqual([
      "note: 1 paused themselves, since their users lack rights or are no longer active",
    ]);
  });
});

describe("the diagnosis of webhook secrets", () => {
  it("counts those of workflows, endpoints and triggers, and the previous ones as long as they are used", async () => {
    const { sql } = service.database;
    await createWebhook(service, tenant, { scheme: "github" });
    await createEndpoint(service, tenant, BUSY_RUNNER);
    await sql`update workflow_definitions set webhook_secret_encrypted = 'own.x'`;
    for (const table of ["notification_endpoints", "triggers"]) {
      await sql.query(
        `update ${table} set secret_encrypted = 'own.x', previous_secret_encrypted = 'own.x', previous_secret_until = now() + interval '1 day'`,
      );
    }
    expect(await said("webhook secrets", ["own"])).toEqual(["good: ENCRYPTION_KEY has the key of each."]);
    for (const { table, column } of SECRET_PLACES) {
      await sql.query(`update ${table} set ${column} = 'lost.x'`);
      expect(await said("webhook secrets", ["own"])).toEqual(['bad: 1 encrypted with "lost".']);
      await sql.query(`update ${table} set ${column} = 'own.x'`);
    }
    await sql`
      update triggers set previous_secret_encrypted = 'lost.x', previous_secret_until = statement_timestamp() - interval '1 second'`;
    expect(await said("webhook secrets", ["own"])).toEqual(["good: ENCRYPTION_KEY has the key of each."]);
  });
});
