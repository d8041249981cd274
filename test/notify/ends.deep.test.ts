/** However a run ends, an endpoint is notified exactly once, with the right failure code. */
import { describe, expect, it } from "vitest";
import { answeringRunner, BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue } from "../support/lifecycle.ts";
import { createEndpoint, makeAllDue } from "../support/notification-endpoint.ts";
import { readFeed } from "../support/read-feed.ts";
import { passLease, startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

const service = await startService();

type Way = {
  /** The URL of the runner. By default it accepts every dispatch. */
  runner?: string;
  /** Ends a run of the tenant in this way, and returns the run's id. */
  end(tenant: TestTenant): Promise<string>;
  /** The failure code in the notification. Null for a run that is COMPLETED. */
  code: string | null;
};

const ACCEPTS = answeringRunner(202);
const ENDS = ["types=workflow_run.completed", "types=workflow_run.failed"];

const stop = (tenant: TestTenant, runId: string, body: object = {}) =>
  service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, body);
const invokeAnd = (end: (tenant: TestTenant, runId: string) => Promise<unknown>) => async (tenant: TestTenant) => {
  const runId = await invoke(service, tenant);
  await end(tenant, runId);
  return runId;
};

/** A run whose deadline has passed. Nothing has recorded that yet. */
const overdue = invokeAnd((_, runId) => makeOverdue(service, runId));

/** A COMPLETED run. The Worker that got the callback died before it sent the notification. */
const unsent = invokeAnd(async (tenant, runId) =>
  service.fetchAndDie(`/v1/workflow-runs/${runId}/callback`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await runToken(tenant, runId)}`, "Content-Type": "application/json" },
    body: JSON.stringify({ status: "COMPLETED" }),
  }),
);

async function lose(tenant: TestTenant): Promise<string> {
  await useLeases(service, tenant);
  const runId = await invoke(service, tenant);
  await (await startRunner(service, tenant)).lease();
  await passLease(service, runId);
  await service.sweep();
  return runId;
}

const stopWithGrace = (then: (tenant: TestTenant, runId: string) => Promise<unknown>) =>
  invokeAnd(async (tenant, runId) => {
    await stop(tenant, runId, { grace_seconds: 60 });
    await then(tenant, runId);
  });

async function passGrace(runId: string): Promise<void> {
  await service.database.sql`
    update running_attempts set stop_ends_at = statement_timestamp() - interval '1 second' where run_id = ${runId}`;
  await service.sweep();
}

const WAYS: Record<string, Way> = {
  "is reported as COMPLETED": {
    end: invokeAnd((tenant, runId) => callBack(service, tenant, runId, { status: "COMPLETED" })),
    code: null,
  },
  "is reported as FAILED": {
    end: invokeAnd((tenant, runId) => callBack(service, tenant, runId, { status: "FAILED" })),
    code: "REPORTED",
  },
  "reaches its deadline, which the sweep records": {
    async end(tenant) {
      const runId = await overdue(tenant);
      await service.sweep();
      return runId;
    },
    code: "DEADLINE",
  },
  "reaches its deadline, which the next invoke records": {
    async end(tenant) {
      const runId = await overdue(tenant);
      await invoke(service, tenant);
      return runId;
    },
    code: "DEADLINE",
  },
  "reaches its deadline, and is put back by its policy": {
    async end(tenant) {
      await service.database.sql`
        update workflow_definitions set retry_on = '{DEADLINE}', max_attempts = 2 where id = ${tenant.definitionId}`;
      const runId = await overdue(tenant);
      await service.sweep();
      return runId;
    },
    code: "DEADLINE",
  },
  "reaches its deadline before a runner has accepted it": {
    runner: BUSY_RUNNER,
    async end(tenant) {
      const runId = await overdue(tenant);
      await service.sweep();
      return runId;
    },
    code: "UNREACHED",
  },
  "is given up, since the URL of its runner is refused": {
    runner: "https://8.8.8.8/",
    end: invokeAnd(async () => {}),
    code: "UNREACHED",
  },
  "is refused by its runner": {
    runner: answeringRunner(422),
    end: invokeAnd(async () => {}),
    code: "REJECTED",
  },
  "is refused by a runner that is gone": {
    runner: answeringRunner(410),
    end: invokeAnd(async () => {}),
    code: "REJECTED",
  },
  "loses its lease": { end: lose, code: "LOST" },
  "is stopped while it runs": { end: invokeAnd((tenant, runId) => stop(tenant, runId)), code: "STOPPED" },
  "is stopped while it waits": {
    async end(tenant) {
      await invoke(service, tenant);
      return invokeAnd((_, runId) => stop(tenant, runId))(tenant);
    },
    code: "STOPPED",
  },
  "is superseded by a newer run while it waits": {
    async end(tenant) {
      await service.database.sql`
        update workflow_definitions set when_busy = 'replace_queued' where id = ${tenant.definitionId}`;
      await invoke(service, tenant);
      return invokeAnd(async () => {
        await invoke(service, tenant);
      })(tenant);
    },
    code: "SUPERSEDED",
  },
  "is stopped, and its runner reports a failure within the grace": {
    end: stopWithGrace((tenant, runId) => callBack(service, tenant, runId, { status: "FAILED" })),
    code: "STOPPED",
  },
  "is stopped, and its runner reports nothing within the grace": {
    end: stopWithGrace((_, runId) => passGrace(runId)),
    code: "STOPPED",
  },
};

async function startHook() {
  const hook = await startFakeRunner();
  const told = async () => {
    const requests = await hook.requests();
    return requests.map(({ headers, body }) => ({ id: headers["webhook-id"], ...JSON.parse(body) }));
  };
  return { url: hook.url, told };
}

describe("a run that", () => {
  it.each(Object.entries(WAYS))("%s sends one notification", async (_, { runner = ACCEPTS, end, code }) => {
    const tenant = await createTenant(service.database, { runnerUrl: runner });
    const hook = await startHook();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const runId = await end(tenant);

    const { items } = await readFeed(service, tenant.owner.key, ENDS);
    const type = code === null ? "workflow_run.completed" : "workflow_run.failed";
    expect(items).toMatchObject([{ type, run_id: runId, attempt: 1 }]);
    const [event] = items;
    const status = code === null ? "COMPLETED" : "FAILED";
    const data = {
      event_id: event?.id,
      run_id: runId,
      attempt: 1,
      status,
      failure_code: code,
      completed_at: event?.at,
    };
    expect(await hook.told()).toMatchObject([{ id: event?.id, type, timestamp: event?.at, data }]);

    // A later sweep neither sends it again nor records a second end.
    await makeAllDue(service, endpoint);
    await service.sweep();
    expect(await hook.told()).toHaveLength(1);
    expect((await readFeed(service, tenant.owner.key, ENDS)).items).toEqual(items);
  });
});

type Deletion = (tenant: TestTenant, runId: string) => { method: string; path: string; body?: object };

const DELETIONS: Record<string, Deletion> = {
  "by itself": (_, runId) => ({ method: "DELETE", path: `/v1/workflow-runs/${runId}` }),
  "as one of many": (_, runId) => ({
    method: "POST",
    path: "/v1/workflow-runs/bulk",
    body: { action: "delete", run_ids: [runId] },
  }),
  "with its workflow": ({ definitionId }) => ({ method: "DELETE", path: `/v1/workflow-definitions/${definitionId}` }),
};

describe.each(Object.entries(DELETIONS))("a run that is deleted %s", (_, requestOf) => {
  it.each([
    ["after its deadline, which nothing has recorded", overdue, "DEADLINE"],
    ["after its end, before its notification was sent", unsent, null],
  ])("%s sends one notification", async (_name, end, code) => {
    const tenant = await createTenant(service.database, { runnerUrl: ACCEPTS });
    const hook = await startHook();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const runId = await end(tenant);
    const { method, path, body } = requestOf(tenant, runId);
    expect(await hook.told()).toEqual([]);

    // The notification is inserted in the transaction that deletes the run, so it is there although the Worker dies after that.
    const headers = { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" };
    await service.fetchAndDie(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    expect((await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key)).status).toBe(404);
    await makeAllDue(service, endpoint);
    await service.sweep();
    const data = { run_id: runId, attempt: 1, status: code === null ? "COMPLETED" : "FAILED", failure_code: code };
    expect(await hook.told()).toMatchObject([{ id: expect.stringMatching(/^\d+$/), data }]);
    await makeAllDue(service, endpoint);
    await service.sweep();
    expect(await hook.told()).toHaveLength(1);
  });

  it("after its deadline sends the notification at once, without a sweep", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: ACCEPTS });
    const hook = await startHook();
    await createEndpoint(service, tenant, hook.url);
    const runId = await overdue(tenant);
    const { method, path, body } = requestOf(tenant, runId);
    expect((await service.send(method, path, tenant.owner.key, body)).ok).toBe(true);
    expect(await hook.told()).toMatchObject([{ data: { run_id: runId, failure_code: "DEADLINE" } }]);
  });
});
