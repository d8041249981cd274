import { describe, expect, it } from "vitest";
import { preferredWait } from "../../src/http/live/prefer.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, insertRun, invoke, invokePath, makeOverdue } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { suspend } from "../support/suspensions.ts";
import { createTenant } from "../support/tenant.ts";
import { meanwhile, WOKEN_MS } from "../support/waiting.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

const read = (runId: string, headers: Record<string, string>) =>
  service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key, headers);

describe("GET of a run with Prefer: wait", () => {
  it("answers as soon as the run has ended, with one database request before and one after", async () => {
    const runId = await invoke(service, tenant);
    const before = await service.database.countRequests();
    const [response, ms] = await meanwhile(
      service,
      () => read(runId, { Prefer: "wait=20" }),
      () => callBack(service, tenant, runId, { status: "COMPLETED" }),
    );
    expect(await response.json()).toMatchObject({ id: runId, status: "COMPLETED" });
    expect(response.headers.get("Preference-Applied")).toBe("wait=20");
    expect(ms).toBeLessThan(WOKEN_MS);
    // The callback's own, too.
    expect((await service.database.countRequests()) - before).toBe(3);
  });

  it("answers as soon as the run is suspended, which may take long", async () => {
    const runId = await invoke(service, tenant);
    const [response, ms] = await meanwhile(
      service,
      () => read(runId, { Prefer: "wait=20" }),
      () => suspend(service, tenant, runId),
    );
    expect([(await response.json<{ status: string }>()).status, ms < WOKEN_MS]).toEqual(["PENDING", true]);
    const [again, requests] = await service.counted(() => read(runId, { Prefer: "wait=20" }));
    expect([(await again.json<{ status: string }>()).status, requests]).toEqual(["PENDING", 1]);
  });

  it("answers at once for an ended run, and with 404 for a run that does not exist", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const [response, requests] = await service.counted(() => read(runId, { Prefer: "wait=20" }));
    expect([response.status, response.headers.get("Preference-Applied"), requests]).toEqual([200, "wait=20", 1]);
    expect((await read(tenant.id, { Prefer: "wait=20" })).status).toBe(404);
  });

  it.each([
    ["the run", (runId: string) => service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key)],
    ["its workflow", () => service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key)],
    [
      "it among many",
      (runId: string) =>
        service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action: "delete", run_ids: [runId] }),
    ],
  ])("answers 404 at once when somebody deletes %s", async (_, remove) => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const asking = Promise.all([
      read(runId, { Prefer: "wait=20" }),
      service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key, { Prefer: "wait=20" }),
    ]);
    const began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await remove(runId)).status).toBeLessThan(300);
    expect((await asking).map(({ status }) => status)).toEqual([404, 404]);
    expect(Date.now() - began).toBeLessThan(WOKEN_MS);
  });

  it("is ignored without the bindings, and when the hub does not answer", async () => {
    const away = { fetch: () => Promise.reject(new Error("The hub is away.")), changed: async () => {} };
    const without = await startService();
    const broken = await startService({ settings: { HUB: { idFromName: () => "", get: () => away } } });
    for (const other of [without, broken]) {
      const theirs = await createTenant(other.database, { runnerUrl: answeringRunner(202) });
      const runId = await invoke(other, theirs);
      const response = await other.get(`/v1/workflow-runs/${runId}`, theirs.owner.key, { Prefer: "wait=20" });
      expect([response.status, response.headers.get("Preference-Applied")]).toEqual([200, null]);
    }
  });
});

describe("the result of a run with Prefer: wait", () => {
  it("comes as soon as the run has ended, with one database request before and one after", async () => {
    const runId = await invoke(service, tenant);
    const path = `/v1/workflow-runs/${runId}/result`;
    const before = await service.database.countRequests();
    const [response, ms] = await meanwhile(
      service,
      () => service.get(path, tenant.owner.key, { Prefer: "wait=20" }),
      () => callBack(service, tenant, runId, { status: "COMPLETED", summary: "Done." }),
    );
    expect([response.status, response.headers.get("Preference-Applied")]).toEqual([200, "wait=20"]);
    expect(await response.json()).toMatchObject({ status: "COMPLETED", summary: "Done." });
    expect([ms < WOKEN_MS, (await service.database.countRequests()) - before]).toEqual([true, 3]);
  });
});

describe("invoke with Prefer: wait", () => {
  it("is still 202, and answers with the ended run", async () => {
    const ask = () => service.send("POST", invokePath(tenant), tenant.owner.key, {}, { Prefer: "wait=20" });
    const [response] = await meanwhile(service, ask, async () => {
      const [run] = await service.database.sql`select id from workflow_runs where tenant_id = ${tenant.id}`;
      await callBack(service, tenant, String(run?.id), { status: "COMPLETED" });
    });
    expect([response.status, response.headers.get("Preference-Applied")]).toEqual([202, "wait=20"]);
    expect(await response.json()).toMatchObject({ status: "COMPLETED" });
  });
});

describe("the preference", () => {
  it.each([
    [undefined, 0],
    ["wait=10", 10],
    ['respond-async, WAIT = "7"; foo=bar', 7],
    ["wait=100", 60],
    ["wait=99999999999999999999", 60],
    ["wait=-1", 0],
    ["wait=1.5", 0],
    ["wait", 0],
    ["await=5", 0],
    ["wait=5, wait=9", 5],
  ])("%s means %d seconds", (prefer, seconds) => {
    expect(preferredWait(prefer)).toBe(seconds);
  });
});
