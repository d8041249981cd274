import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import { Notifier } from "../../src/worker.ts";
import { insertOverdueRuns } from "../support/backlog.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { eventTypes, invoke, makeOverdue } from "../support/lifecycle.ts";
import { type LiveService, startLiveService } from "../support/live-service.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: LiveService;
let tenant: TestTenant;
/** Which endpoints each of the started invocations was to notify. */
let started: string[][];

/** A hub that is told everything, and has no alarm that would sweep as well. */
const SILENT_HUB = { idFromName: (tenantId: string) => tenantId, get: () => ({ changed: async () => {} }) };

beforeEach(async () => {
  started = [];
});

async function start(settings: Record<string, unknown>): Promise<string> {
  service = await startLiveService({ settings });
  tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
  const { id } = await createEndpoint(service, tenant, answeringRunner(204));
  vi.spyOn(Notifier.prototype, "notify").mockImplementation(async (endpointIds) => void started.push(endpointIds));
  return id;
}

it("a sweep that fails overdue runs in several transactions starts notifying once, at its end", async () => {
  const endpointId = await start({ HUB: SILENT_HUB });
  await insertOverdueRuns(service.database, tenant, 3_000);
  const [, requests] = await service.counted(() => service.sweep());
  const [ended] = await service.database.sql`select count(*)::int from workflow_run_events where type = 'TIMED_OUT'`;
  expect([ended?.count, started]).toEqual([3_000, [[endpointId]]]);
  // At least three transactions have failed runs, and each of them announced them.
  expect(requests).toBeGreaterThanOrEqual(7 + 2);
});

it("so does the sweep of one tenant by the alarm of its hub", async () => {
  const endpointId = await start({});
  const runId = await invoke(service, tenant);
  await makeOverdue(service, runId);
  await runDurableObjectAlarm(service.hubOf(tenant.id));
  expect(await eventTypes(service, tenant, runId)).toContain("TIMED_OUT");
  await vi.waitFor(() => expect(started).not.toEqual([]), 20_000);
  expect(started).toEqual([[endpointId]]);
});
