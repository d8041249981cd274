import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { invoke } from "../support/lifecycle.ts";
import { emptyHubs, type LiveService, startLiveService } from "../support/live-service.ts";
import { passLease, startRunner, useLeases } from "../support/runners.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { pause, waitWhile } from "../support/waiting.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database);
  await useLeases(service, tenant);
});

const definitionPath = () => `/v1/workflow-definitions/${tenant.definitionId}`;
const put = (path: string, body: unknown) => service.send("PUT", `${definitionPath()}${path}`, tenant.owner.key, body);

describe("a runner that waits", () => {
  it("asks the database again after a change, and when the hub has lost its storage", async () => {
    const runner = await startRunner(service, tenant, { capacity: 2 });
    const { after } = await runner.lease({ wait_seconds: 1 });
    const runId = await invoke(service, tenant);
    expect((await runner.lease({ wait_seconds: 5, after })).leases).toMatchObject([{ run_id: runId }]);
    const again = await runner.lease({ wait_seconds: 1 });
    expect(again.leases).toEqual([]);
    await emptyHubs();
    const [answer, requests] = await service.counted(() => runner.lease({ wait_seconds: 1, after: again.after }));
    expect([answer.leases, requests]).toEqual([[], 1]);
  });

  it("is woken one at a time: a run wakes one of many, and the next one after a second", async () => {
    // The first one that waits never asks, as one whose Worker has died.
    const response = await service.hubOf(tenant.id).fetch("https://hub/?lease=", { headers: { Upgrade: "websocket" } });
    response.webSocket?.accept();
    const runners = await Promise.all([1, 2, 3].map(() => startRunner(service, tenant)));
    const waiting = Promise.all(runners.map((runner) => runner.lease({ wait_seconds: 3 })));
    await pause(500);
    const before = await service.database.countRequests();
    await invoke(service, tenant);
    await pause(400);
    expect((await service.database.countRequests()) - before).toBe(1);
    const leases = (await waiting).flatMap((answer) => answer.leases);
    expect(leases).toHaveLength(1);
    // The invoke and the one runner that was woken after a second; the others went on waiting.
    expect((await service.database.countRequests()) - before).toBe(2);
    response.webSocket?.close();
  });

  it.each<[string, () => Promise<() => Promise<unknown>>]>([
    [
      "a retry",
      async () => {
        const runId = await invoke(service, tenant);
        await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
        return () => service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
      },
    ],
    [
      "a callback that frees the slot",
      async () => {
        const other = await startRunner(service, tenant);
        await invoke(service, tenant);
        await invoke(service, tenant);
        const [lease] = (await other.lease()).leases;
        return async () => lease && other.callBack(lease, { status: "COMPLETED" });
      },
    ],
    [
      "a release",
      async () => {
        const other = await startRunner(service, tenant);
        await invoke(service, tenant);
        const [lease] = (await other.lease()).leases;
        return async () => lease && other.release(lease);
      },
    ],
    [
      "a lease that has ended",
      async () => {
        const other = await startRunner(service, tenant);
        await useLeases(service, tenant, { leaseSeconds: 1 });
        await invoke(service, tenant);
        await invoke(service, tenant);
        await other.lease();
        return async () => {};
      },
    ],
    [
      "resuming the workflow",
      async () => {
        await invoke(service, tenant);
        await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
        const read = await service.get(definitionPath(), tenant.owner.key);
        const { id: _, created_at: __, updated_at: ___, ...content } = await read.json<Record<string, unknown>>();
        return () => put("", { ...content, is_active: true });
      },
    ],
    [
      "a policy that hands over by leases",
      async () => {
        await service.database
          .sql`update workflow_definitions set handover = 'webhook' where id = ${tenant.definitionId}`;
        await service.database
          .sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
        await invoke(service, tenant);
        await service.database
          .sql`update workflow_definitions set handover = 'webhook' where id = ${tenant.definitionId}`;
        return () => put("/policy", { handover: "lease" });
      },
    ],
  ])("is woken by %s", async (_, prepare) => {
    const action = await prepare();
    const runner = await startRunner(service, tenant);
    const { runIds, ms } = await waitWhile(runner, action);
    expect(runIds).toHaveLength(1);
    expect(ms).toBeLessThan(3_000);
  });

  it("is woken when the back-off of a run is over", async () => {
    const runId = await invoke(service, tenant);
    const other = await startRunner(service, tenant);
    await put("/policy", { handover: "lease", max_attempts: 2, retry_on: ["LOST"] });
    await other.lease();
    await passLease(service, runId);
    // The back-off of the first retry is about five seconds.
    const runner = await startRunner(service, tenant);
    const { runIds } = await waitWhile(runner, () => service.sweep());
    expect(runIds).toEqual([runId]);
  });

  it("gets no run of a workflow that its session does not take, and is not woken for it", async () => {
    const runner = await startRunner(service, tenant);
    const other = await startRunner(service, tenant, { definitionIds: [tenant.definitionId] });
    await service.database.sql`
      update runner_sessions set workflow_definition_ids = ${[tenant.id]}::uuid[] where id = ${other.id}`;
    const [answer] = await Promise.all([
      other.lease({ wait_seconds: 2 }),
      waitWhile(runner, () => invoke(service, tenant)),
    ]);
    expect(answer.leases).toEqual([]);
  });

  it("gets 401 as soon as its key is revoked", async () => {
    const made = await service.send("POST", "/v1/runner-keys", tenant.owner.key, { name: "Office" });
    const { id, key } = await made.json<{ id: string; key: string }>();
    const runner = await startRunner(service, tenant, { key });
    const { after } = await runner.lease({ wait_seconds: 1 });
    const waiting = runner.ask({ wait_seconds: 10, after });
    await pause(300);
    const began = Date.now();
    expect((await service.send("DELETE", `/v1/api-keys/${id}`, tenant.owner.key)).status).toBe(204);
    expect((await waiting).status).toBe(401);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it("gets another run when it was at its capacity and has ended one", async () => {
    const runner = await startRunner(service, tenant);
    await invoke(service, tenant);
    const [lease] = (await runner.lease()).leases;
    await invoke(service, tenant);
    const { runIds } = await waitWhile(runner, async () => lease && runner.callBack(lease, { status: "COMPLETED" }));
    expect(runIds).toHaveLength(1);
  });
});
