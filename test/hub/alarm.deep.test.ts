import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, eventTypes, inSeconds, invoke, makeOverdue } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startLiveService();
let runner: FakeRunner;
let tenant: TestTenant;

beforeEach(async () => {
  runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
});

const fireAlarm = () => runDurableObjectAlarm(service.hubOf(tenant.id));

describe("the alarm of a tenant", () => {
  it("tries a dispatch again when that is due", async () => {
    await runner.script([{ status: 503 }]);
    const runId = await invoke(service, tenant);
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms <= 6_100);
    await runner.script([{ status: 202 }]);
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, runId)).toContain("DISPATCHED"), {
      timeout: 30_000,
      interval: 200,
    });
    const [took] = await service.database.sql`
      select extract(epoch from max(at) filter (where type = 'DISPATCHED') - min(at) filter (where type = 'DISPATCH_FAILED'))::float8
        as seconds from workflow_run_events where run_id = ${runId}`;
    expect(took?.seconds).toSatisfy((seconds: number) => seconds >= 4 && seconds <= 30);
  });

  it("fires by itself at both", async () => {
    const [delayed, expiring] = [
      await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(1) }),
      await invoke(service, tenant, tenant.owner.key, { start_after: inSeconds(600), must_start_by: inSeconds(601) }),
    ];
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, delayed)).toContain("DISPATCHED"), {
      timeout: 20_000,
      interval: 100,
    });
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${expiring}`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 1_000, runs: [], work: [] });
    const stored = () => service.database.sql`select status from workflow_runs where id = ${expiring}`;
    await vi.waitFor(async () => expect(await stored()).toEqual([{ status: "FAILED" }]), {
      timeout: 20_000,
      interval: 100,
    });
  });

  it("fires by itself: a deadline is enforced", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() + interval '1 second' where id = ${first}`;
    await service.hubOf(tenant.id).changed({ tenant_id: tenant.id, due_in_ms: 1_000, runs: [], work: [] });
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, second)).toContain("DISPATCHED"), {
      timeout: 20_000,
      interval: 100,
    });
  });
});

/**
 * Runs `life`, and returns how many rows the tenant's hub has written for it, as Cloudflare bills them: an alarm is one, and so is a
 * deletion. An alarm that is deleted is not counted: the hub deletes none, but the way in which a test fires an alarm does.
 */
async function countRows(life: () => Promise<unknown>): Promise<number> {
  return runInDurableObject(service.hubOf(tenant.id), async (_, { storage }) => {
    const { kv } = storage;
    const writers = [vi.spyOn(storage, "setAlarm"), vi.spyOn(kv, "put"), vi.spyOn(kv, "delete")];
    await life();
    const count = writers.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    for (const writer of writers) writer.mockRestore();
    return count;
  });
}

describe("the rows that a hub writes for a run", () => {
  it("are at most three: while it is sent to a runner, leased, or ended by an alarm", async () => {
    // The first run of a tenant has the hub store whose hub it is.
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    await fireAlarm();
    const sent = await countRows(async () => {
      await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
      await fireAlarm();
    });
    const overdue = await countRows(async () => {
      await makeOverdue(service, await invoke(service, tenant));
      await fireAlarm();
    });
    await useLeases(service, tenant);
    const { lease } = await startRunner(service, tenant);
    const leased = await countRows(async () => {
      const runId = await invoke(service, tenant);
      expect((await lease()).leases).toHaveLength(1);
      await callBack(service, tenant, runId, { status: "COMPLETED" });
      await fireAlarm();
    });
    // Usually 1, 1 and 2. On a slow machine, two announcements of one deadline may set two alarms.
    for (const rows of [sent, overdue, leased]) expect(rows).toSatisfy((count: number) => count >= 1 && count <= 3);
  });
});
