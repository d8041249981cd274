import { describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { invoke, invokePath, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const path = ({ definitionId }: TestTenant) => `/v1/workflow-definitions/${definitionId}/policy`;
const put = (tenant: TestTenant, body: unknown) => service.send("PUT", path(tenant), tenant.owner.key, body);

const DEFAULT = {
  ...{ handover: "webhook", lease_seconds: 300, max_attempts: 1, retry_on: [] },
  ...{ max_running: 1, max_running_per_key: null, key_from: null },
  ...{ when_busy: "queue", replace_grace_seconds: 0, max_queued: null },
  ...{ run_needs: "write", runner_tags: [], may_trigger: [], input_schema: null },
};

describe("the policy of a workflow", () => {
  it("has defaults, and is replaced as a whole", async () => {
    const tenant = await createTenant(service.database);
    const read = async () => (await service.get(path(tenant), tenant.owner.key)).json();
    expect(await read()).toEqual(DEFAULT);
    const policy = {
      ...{ handover: "lease", lease_seconds: 30, max_attempts: 10, retry_on: ["LOST", "DEADLINE"] },
      ...{ max_running: 100, max_running_per_key: 1, key_from: "/customers/0/a~1b" },
      ...{ when_busy: "replace_running", replace_grace_seconds: 300, max_queued: 1000 },
      ...{ run_needs: "read", runner_tags: ["gpu", "eu"], may_trigger: [tenant.definitionId] },
      input_schema: { type: "object" },
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
    [{ when_busy: "replace" }, ["body", "when_busy"]],
    [{ when_busy: "replace_running", max_running: 2 }, ["body", "when_busy"]],
    [{ when_busy: "replace_running", max_running: 2, max_running_per_key: 1 }, ["body", "when_busy"]],
    [{ when_busy: "replace_running", max_running: 2, max_running_per_key: 2, key_from: "/a" }, ["body", "when_busy"]],
    [{ replace_grace_seconds: -1 }, ["body", "replace_grace_seconds"]],
    [{ replace_grace_seconds: 301 }, ["body", "replace_grace_seconds"]],
    [{ max_queued: 0 }, ["body", "max_queued"]],
    [{ max_queued: 1001 }, ["body", "max_queued"]],
    [{ runner_tags: ["G P U"] }, ["body", "runner_tags", 0]],
    [{ runner_tags: Array(21).fill("gpu") }, ["body", "runner_tags"]],
    [{ may_trigger: ["01920000-0000-7000-8000-000000000301"] }, ["body", "may_trigger", 0]],
    [{ run_needs: "nothing" }, ["body", "run_needs"]],
    [{ retries: 3 }, ["body", "retries"]],
  ])("is 422 for %j", async (body, loc) => {
    const tenant = await createTenant(service.database);
    const response = await put(tenant, body);
    expect([response.status, await response.json()]).toMatchObject([422, { detail: [{ loc }] }]);
  });

  it.each([
    { when_busy: "replace_running" },
    { when_busy: "replace_running", max_running_per_key: 1 },
    { when_busy: "replace_running", max_running: 9, max_running_per_key: 1, key_from: "/a" },
  ])("may replace what is RUNNING where one slot is all that a run can have: %j", async (body) => {
    expect((await put(await createTenant(service.database), body)).status).toBe(200);
  });

  it("is also refused by the table when it is not clear which RUNNING run would be replaced", async () => {
    const { definitionId } = await createTenant(service.database);
    const change = (assignments: string) =>
      service.database.sql.query(`update workflow_definitions set ${assignments} where id = $1`, [definitionId]);
    const refused = { constraint: "workflow_definitions_when_busy_check" };
    for (const assignments of [
      "when_busy = 'replace_running', max_running = 2",
      "when_busy = 'replace_running', max_running = 2, max_running_per_key = 1",
      "when_busy = 'other'",
      "replace_grace_seconds = 301",
      "max_queued = 0",
    ]) {
      await expect(change(assignments)).rejects.toMatchObject(refused);
    }
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
