import { beforeEach, describe, expect, it } from "vitest";
import {
  claimDispatches,
  giveUpDispatch,
  recordAcceptances,
  recordPostponement,
} from "../../src/dispatches/dispatch-verbs.ts";
import type { Dispatch } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeDue, makeOverdue, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

let service: Service;
let services: VerbServices;
let tenant: TestTenant;
let runId: string;
let dispatch: Dispatch;

// A run whose dispatch another Worker has claimed.
beforeEach(async () => {
  service = await startService();
  services = verbServices(service);
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  runId = await invoke(service, tenant);
  await makeDue(service, runId);
  const claim = { tenantId: null, limit: 10, quick: [], busy: [] };
  const [claimed] = (await perform(services, claimDispatches, claim)).result.dispatches;
  if (!claimed) throw new Error("Nothing was due.");
  dispatch = claimed;
});

describe.each<[string, () => Promise<unknown>]>([
  ["was accepted", () => perform(services, recordAcceptances, [{ dispatch, status: 202 }])],
  [
    "failed for now",
    () => perform(services, recordPostponement, { dispatch, reason: "Busy.", retryAfterSeconds: null }),
  ],
  ["was rejected", () => perform(services, giveUpDispatch, { dispatch, reason: "No!", isRefused: true, pause: false })],
  [
    "could be sent to no runner",
    () =>
      perform(services, giveUpDispatch, {
        ...{ dispatch, reason: "The workflow has lost its runner.", isRefused: false, pause: false },
      }),
  ],
])("that a dispatch %s", (_, record) => {
  it("changes nothing of a run whose result arrived first", async () => {
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const [before, events] = [await readRun(service, tenant, runId), await eventTypes(service, tenant, runId)];
    await record();
    expect(await readRun(service, tenant, runId)).toEqual(before);
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
  });

  it("changes nothing of a run that has failed before, not even when its policy would retry it by now", async () => {
    await makeOverdue(service, runId);
    await service.sweep();
    await service.database.sql`
      update workflow_definitions set max_attempts = 3, retry_on = '{UNREACHED}' where id = ${tenant.definitionId}`;
    const [before, events] = [await readRun(service, tenant, runId), await eventTypes(service, tenant, runId)];
    await record();
    expect(await readRun(service, tenant, runId)).toEqual(before);
    expect(await eventTypes(service, tenant, runId)).toEqual(events);
  });

  it("changes nothing of a later attempt, which is still to be dispatched", async () => {
    await callBack(service, tenant, runId, { status: "FAILED" });
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    const read = () => service.database.sql`select * from workflow_runs where id = ${runId}`;
    const [before] = await read();
    expect(before).toMatchObject({ status: "RUNNING", attempt: 2, next_dispatch_at: expect.anything() });
    await record();
    expect(await read()).toEqual([before]);
  });
});
