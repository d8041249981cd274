import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { eventTypes, invoke } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: LiveService;
let runner: FakeRunner;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
});

describe("the alarm of a tenant", () => {
  it("tries a dispatch again when that is due", async () => {
    await runner.script([{ status: 503 }]);
    const runId = await invoke(service, tenant);
    expect(await service.alarmInMs(tenant.id)).toSatisfy((ms: number) => ms > 3_000 && ms <= 6_100);
    await runner.script([{ status: 202 }]);
    await vi.waitFor(async () => expect(await eventTypes(service, tenant, runId)).toContain("DISPATCHED"), {
      timeout: 10_000,
      interval: 200,
    });
    const [took] = await service.database.sql`
      select extract(epoch from max(at) filter (where type = 'DISPATCHED') - min(at) filter (where type = 'DISPATCH_FAILED'))::float8
        as seconds from workflow_run_events where run_id = ${runId}`;
    expect(took?.seconds).toSatisfy((seconds: number) => seconds >= 4 && seconds <= 7);
  });
});
