import { beforeEach, describe, expect, it } from "vitest";
import { createTenantWithRunner, type FakeRunner, listDispatched } from "../support/fake-runner.ts";
import { eventTypes, insertRun, invoke, invokePath, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;
let runner: FakeRunner;

// A fault concerns a whole database, so each test has one of its own.
beforeEach(async () => {
  service = await startService();
  ({ tenant, runner } = await createTenantWithRunner(service.database));
});

describe.each(["rate limited", "http 429"] as const)("a request above the rate limit of Neon's proxy (%s)", (kind) => {
  it("is answered 503 with Retry-After and 'nothing was changed', and no other request notices it", async () => {
    await service.database.inflict({ kind, times: 1 });
    const refused = await service.send("POST", invokePath(tenant), tenant.owner.key, {});
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^[3-8]$/)]);
    expect((await refused.json<{ detail: string }>()).detail).toContain("nothing was changed. Try again");

    const [others, requests] = await service.counted(() =>
      Promise.all(Array.from({ length: 5 }, () => service.get("/v1/workflow-runs", tenant.owner.key))),
    );
    expect([others.map(({ status }) => status), requests]).toEqual([[200, 200, 200, 200, 200], 5]);
    expect(await others[0]?.json()).toMatchObject({ items: [] });
  });

  it("tells those who are refused together to come back at different times", async () => {
    await service.database.inflict({ kind, times: 20 });
    const refused = await Promise.all(
      Array.from({ length: 20 }, () => service.get("/v1/workflow-runs", tenant.owner.key)),
    );
    expect(refused.map(({ status }) => status)).toEqual(Array(20).fill(503));
    expect(new Set(refused.map(({ headers }) => headers.get("retry-after"))).size).toBeGreaterThan(1);
  });

  it("does not keep others from asking while the limit is exceeded", async () => {
    await service.database.inflict({ kind, times: 3 });
    const [statuses, requests] = await service.counted(async () => {
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push((await service.get("/v1/workflow-runs", tenant.owner.key)).status);
      return answers;
    });
    expect([statuses, requests]).toEqual([[503, 503, 503, 200], 4]);
  });
});

describe("the work behind an answer, when it exceeds the rate limit of Neon's proxy", () => {
  const kind = "rate limited";

  it("goes on a moment later: a dispatch is sent once, and its acceptance is recorded", async () => {
    await service.database.inflict({ kind, skip: 1, times: 2 });
    const runId = await invoke(service, tenant);
    expect(await listDispatched(runner)).toHaveLength(1);
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "DISPATCHED"]);
  });

  it("goes on a moment later in a sweep, which does all that is due", async () => {
    const overdue = await insertRun(service.database, tenant, { overdueSeconds: 90 });
    const waiting = await insertRun(service.database, tenant, { status: "PENDING" });
    // The first request of a sweep records that it begins, and the second one fails overdue runs.
    await service.database.inflict({ kind, skip: 1, times: 1 });
    await service.sweep();
    expect((await readRun(service, tenant, overdue)).status).toBe("FAILED");
    expect((await readRun(service, tenant, waiting)).status).toBe("RUNNING");
    expect((await listDispatched(runner)).map(({ runId }) => runId)).toEqual([waiting]);
  });
});
