import { beforeAll, describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { invoke, invokePath, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const path = ({ definitionId }: TestTenant) => `/v1/workflow-definitions/${definitionId}/policy`;
const put = (tenant: TestTenant, body: unknown) => service.send("PUT", path(tenant), tenant.owner.key, body);

const DEFAULT = {
  ...{ handover: "webhook", lease_seconds: 300, max_attempts: 1, retry_on: [] },
  ...{ max_running: 1, max_running_per_key: null, key_from: null },
};

describe("the policy of a workflow", () => {
  it("has defaults, and is replaced as a whole", async () => {
    const tenant = await createTenant(service.database);
    const read = async () => (await service.get(path(tenant), tenant.owner.key)).json();
    expect(await read()).toEqual(DEFAULT);
    const policy = {
      ...{ handover: "lease", lease_seconds: 30, max_attempts: 10, retry_on: ["LOST", "DEADLINE"] },
      ...{ max_running: 100, max_running_per_key: 100, key_from: "/customers/0/a~1b" },
    };
    expect(await (await put(tenant, policy)).json()).toEqual(policy);
    expect(await read()).toEqual(policy);
    expect(await (await put(tenant, {})).json()).toEqual(DEFAULT);
  });

  it.each([
    [{ handover: "push" }, ["body", "handover"]],
    [{ lease_seconds: 29 }, ["body", "lease_seconds"]],
    [{ lease_seconds: 3601 }, ["body", "lease_seconds"]],
    [{ max_attempts: 0 }, ["body", "max_attempts"]],
    [{ max_attempts: 11 }, ["body", "max_attempts"]],
    [{ retry_on: ["STOPPED"] }, ["body", "retry_on", 0]],
    [{ retry_on: ["LOST", "LOST"] }, ["body", "retry_on"]],
    [{ max_running: 0, max_running_per_key: null }, ["body", "max_running"]],
    [{ max_running: 101 }, ["body", "max_running"]],
    [{ max_running_per_key: 2 }, ["body", "max_running_per_key"]],
    [{ max_running: 5, max_running_per_key: 6 }, ["body", "max_running_per_key"]],
    [{ key_from: "" }, ["body", "key_from"]],
    [{ key_from: "customer" }, ["body", "key_from"]],
    [{ key_from: "/a~2" }, ["body", "key_from"]],
    [{ retries: 3 }, ["body", "retries"]],
  ])("is 422 for %j", async (body, loc) => {
    const tenant = await createTenant(service.database);
    const response = await put(tenant, body);
    expect([response.status, await response.json()]).toMatchObject([422, { detail: [{ loc }] }]);
  });

  it("lets runs be leased without a runner, and needs a runner for webhooks", async () => {
    const tenant = await createTenant(service.database);
    const trigger = () => service.send("POST", invokePath(tenant), tenant.owner.key, {});
    expect((await trigger()).status).toBe(409);
    await put(tenant, { handover: "lease" });
    const run = await (await trigger()).json();
    expect(run).toMatchObject({ status: "PENDING" });
  });

  it("starts the waiting run when it is switched to webhooks", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    await put(tenant, { handover: "lease" });
    const runId = await invoke(service, tenant);
    expect((await readRun(service, tenant, runId)).status).toBe("PENDING");
    await put(tenant, { handover: "webhook" });
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });
});
