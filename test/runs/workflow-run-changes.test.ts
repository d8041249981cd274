import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });
const pathOf = (runId: string, action = "") => `/v1/workflow-runs/${runId}${action}`;
const post = (tenant: TestTenant, runId: string, action: string, body?: unknown, key = tenant.owner.key) =>
  service.send("POST", pathOf(runId, action), key, body);

/** Lets the tenant's USER see the definition, and so its runs, without having triggered them. */
const letUserRead = (tenant: TestTenant) => service.database.sql`
  insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
  select gen_random_uuid(), tenant_id, ${tenant.user.id}, path_part_id, 'READ_ONLY'
  from workflow_definitions where id = ${tenant.definitionId}`;

/** Lets the tenant's USER do what an invoke needs. */
async function letUserInvoke(tenant: TestTenant): Promise<void> {
  await letUserRead(tenant);
  await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
  await permit(service.database, tenant, tenant.instructionsId, "READ_ONLY");
  await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
}

describe("POST /v1/workflow-runs/{run_id}/stop", () => {
  it("fails a RUNNING run with the reason and starts the next one", async () => {
    const tenant = await newTenant();
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    const response = await post(tenant, first, "/stop", { reason: "Wrong folder" });
    expect(response.status).toBe(200);
    const run = await response.json();
    expect(contractFaults("get_workflow_run", 200, run)).toEqual([]);
    expect(run).toMatchObject({ status: "FAILED", error: "Stopped: Wrong folder", completed_at: expect.any(String) });
    expect((await eventTypes(service, tenant, first)).at(-1)).toBe("STOPPED");
    expect((await readRun(service, tenant, second)).status).toBe("RUNNING");
  });

  it("fails a PENDING run, and those behind it move up", async () => {
    const tenant = await newTenant();
    await invoke(service, tenant);
    const [second, third] = [await invoke(service, tenant), await invoke(service, tenant)];
    expect(await (await post(tenant, second, "/stop")).json()).toMatchObject({ status: "FAILED", error: "Stopped." });
    expect((await service.get(pathOf(third), tenant.owner.key)).headers.get("x-queue-position")).toBe("1");
  });

  it("answers 409 for a run that has ended, also when only its deadline has passed", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const response = await post(tenant, runId, "/stop");
    expect(response.status).toBe(409);
    expect((await response.json<{ detail: string }>()).detail).toContain("already ended: it is FAILED");
    expect((await readRun(service, tenant, runId)).error).toBe(
      "The runner never took it: 1 try, the last: answered 503.",
    );
  });

  it("answers 422 for a reason that is empty, too long, unfit or no text", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    for (const reason of ["", "x".repeat(2001), 7, "a\u0000"]) {
      expect((await post(tenant, runId, "/stop", { reason })).status).toBe(422);
    }
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });
});

describe("POST /v1/workflow-runs/{run_id}/retry", () => {
  it("runs a FAILED run again as its next attempt, with the same snapshot and a new deadline", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "FAILED", error: "No!" });
    const before = await readRun(service, tenant, runId);

    const response = await post(tenant, runId, "/retry");
    expect([response.status, response.headers.get("location")]).toEqual([202, pathOf(runId)]);
    const run = await response.json<Record<string, unknown>>();
    expect(run).toMatchObject({ id: runId, status: "RUNNING", error: null, completed_at: null });
    expect(run.run_snapshot).toEqual(before.run_snapshot);
    const [row] = await service.database.sql`
      select attempt, deadline_at > statement_timestamp() as has_time from workflow_runs where id = ${runId}`;
    expect(row).toEqual({ attempt: 2, has_time: true });
    const events = await eventTypes(service, tenant, runId);
    expect(events.filter((type) => type !== "DISPATCH_FAILED")).toEqual([
      "TRIGGERED",
      "STARTED",
      "DISPATCHED",
      "FAILED",
      "RETRIED",
      "STARTED",
    ]);
  });

  it("goes to the end of the queue", async () => {
    const tenant = await newTenant();
    const first = await invoke(service, tenant);
    await callBack(service, tenant, first, { status: "FAILED" });
    const [second, third] = [await invoke(service, tenant), await invoke(service, tenant)];
    expect(await (await post(tenant, first, "/retry")).json()).toMatchObject({ status: "PENDING" });
    await callBack(service, tenant, second, { status: "COMPLETED" });
    const statuses = await Promise.all([third, first].map(async (id) => (await readRun(service, tenant, id)).status));
    expect(statuses).toEqual(["RUNNING", "PENDING"]);
  });

  it("answers 409 for a run that is not FAILED, and while the workflow is paused or has no runner", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const runId = await invoke(service, tenant);
    const refusal = async () => {
      const response = await post(tenant, runId, "/retry");
      return [response.status, (await response.json<{ detail: string }>()).detail];
    };
    expect(await refusal()).toEqual([409, expect.stringContaining("it is RUNNING")]);
    await callBack(service, tenant, runId, { status: "FAILED" });
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(await refusal()).toEqual([409, expect.stringContaining("paused")]);
    await sql`update workflow_definitions set is_active = true, runner_url = null, webhook_secret_encrypted = null
      where id = ${tenant.definitionId}`;
    expect(await refusal()).toEqual([409, expect.stringContaining("no runner")]);
  });
});

describe("a retry by a USER", () => {
  /** A FAILED run that the tenant's USER has triggered, and a way to retry it. */
  async function prepare() {
    const tenant = await newTenant();
    await letUserInvoke(tenant);
    const runId = await invoke(service, tenant, tenant.user.key);
    await callBack(service, tenant, runId, { status: "FAILED" });
    const revoke = (partId: string) => service.database.sql`
      delete from user_permissions where user_id = ${tenant.user.id} and path_part_id = ${partId}`;
    const retry = async () => {
      const response = await post(tenant, runId, "/retry", undefined, tenant.user.key);
      return [response.status, (await response.json<{ detail?: string }>()).detail];
    };
    return { tenant, runId, revoke, retry };
  }

  it("needs today's permissions on what the snapshot names, as an invoke does", async () => {
    const { tenant, revoke, retry } = await prepare();
    const { sourcesId, instructionsId, outputsId } = tenant;
    await service.database.sql`
      update user_permissions set capability = 'READ_ONLY' where user_id = ${tenant.user.id} and path_part_id = ${outputsId}`;
    expect(await retry()).toEqual([403, `To retry this run you also need: write on “/outputs” (${outputsId}).`]);
    await revoke(sourcesId);
    await revoke(instructionsId);
    expect(await retry()).toEqual([
      403,
      `To retry this run you also need: read on an instruction that you may not see (${instructionsId}), ` +
        `write on “/outputs” (${outputsId}), read on a source that you may not see (${sourcesId}).`,
    ]);
  });

  it("needs the workflow to be visible, although the run itself is", async () => {
    const { tenant, retry } = await prepare();
    await service.database.sql`
      delete from user_permissions g using workflow_definitions d
      where d.id = ${tenant.definitionId} and g.path_part_id = d.path_part_id`;
    expect(await retry()).toEqual([403, "To retry this run you need read on its workflow, as for an invoke."]);
  });

  it("is 409 when a part of the snapshot is gone, for an OWNER too", async () => {
    const { tenant, runId, retry } = await prepare();
    await service.database.sql`
      update workflow_runs set run_snapshot = jsonb_set(run_snapshot, '{template}', ${JSON.stringify({
        path_part_id: runId,
        materialized_path: "/gone.md",
        part_type: "DOCUMENT",
      })}::jsonb) where id = ${runId}`;
    const refusal = (named: string) => [
      409,
      `Files of the run no longer exist: ${named} (${runId}). Invoke the workflow again instead.`,
    ];
    // The USER has no permission that covers the path.
    expect(await retry()).toEqual(refusal("the template"));
    const response = await post(tenant, runId, "/retry");
    expect([response.status, (await response.json<{ detail: string }>()).detail]).toEqual(refusal("“/gone.md”"));
  });

  it("works when nothing has changed", async () => {
    expect((await (await prepare()).retry())[0]).toBe(202);
  });
});

describe("a retry of a run with an idempotency key", () => {
  it("is not refused because of another user's run with the same key", async () => {
    const tenant = await newTenant();
    const [mine, theirs] = await Promise.all(
      [tenant.owner, tenant.admin].map(async ({ key }) => {
        const path = `/v1/workflow-definitions/${tenant.definitionId}/invoke`;
        const response = await service.send("POST", path, key, { idempotency_key: "order-4711" });
        return (await response.json<{ id: string }>()).id;
      }),
    );
    if (!(mine && theirs)) throw new Error("Both were triggered.");
    await post(tenant, mine, "/stop");
    expect((await post(tenant, mine, "/retry")).status).toBe(202);
    const statuses = [mine, theirs].map(async (id) => (await readRun(service, tenant, id)).status);
    expect((await Promise.all(statuses)).toSorted()).toEqual(["PENDING", "RUNNING"]);
  });

  it("is 409 while another run uses the key", async () => {
    const tenant = await newTenant();
    const invokeWithKey = async () => {
      const path = `/v1/workflow-definitions/${tenant.definitionId}/invoke`;
      const response = await service.send("POST", path, tenant.owner.key, { idempotency_key: "order-4711" });
      return (await response.json<{ id: string }>()).id;
    };
    const first = await invokeWithKey();
    await callBack(service, tenant, first, { status: "FAILED" });
    await service.database
      .sql`update workflow_runs set created_at = created_at - interval '25 hours' where id = ${first}`;
    const second = await invokeWithKey();
    expect(second).not.toBe(first);
    const refused = await post(tenant, first, "/retry");
    expect([refused.status, (await refused.json<{ detail: string }>()).detail]).toEqual([
      409,
      expect.stringContaining(second),
    ]);
    await callBack(service, tenant, second, { status: "COMPLETED" });
    expect((await post(tenant, first, "/retry")).status).toBe(202);
  });
});

describe("DELETE /v1/workflow-runs/{run_id}", () => {
  it("deletes a run that waits or has ended, with its events; a RUNNING one is 409", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const [running, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
    expect((await service.send("DELETE", pathOf(running), tenant.owner.key)).status).toBe(409);
    expect((await service.send("DELETE", pathOf(waiting), tenant.owner.key)).status).toBe(204);
    await callBack(service, tenant, running, { status: "COMPLETED" });
    const deleted = await service.send("DELETE", pathOf(running), tenant.owner.key);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect((await service.get(pathOf(running), tenant.owner.key)).status).toBe(404);
    expect(await sql`select id from workflow_run_events where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("leaves no event behind when a definition is deleted with its runs", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    expect(await sql`select id from workflow_run_events where tenant_id = ${tenant.id}`).not.toEqual([]);
    const path = `/v1/workflow-definitions/${tenant.definitionId}`;
    expect((await service.send("DELETE", path, tenant.owner.key)).status).toBe(204);
    await service.sweep();
    expect(await sql`select id from workflow_run_events where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("deletes an overdue run, and the one behind it starts", async () => {
    const tenant = await newTenant();
    const [overdue, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, overdue);
    expect((await service.send("DELETE", pathOf(overdue), tenant.owner.key)).status).toBe(204);
    expect((await readRun(service, tenant, waiting)).status).toBe("RUNNING");
  });
});

describe.each([
  ["POST", "/stop", 200],
  ["POST", "/retry", 202],
  ["DELETE", "", 204],
] as const)("%s /v1/workflow-runs/{run_id}%s", (method, action, success) => {
  /** A run to which this may be done. */
  async function prepare(tenant: TestTenant, key: string): Promise<string> {
    const runId = await invoke(service, tenant, key);
    if (action !== "/stop") await callBack(service, tenant, runId, { status: "FAILED" });
    return runId;
  }

  it("is for the user who triggered the run, and for OWNER and ADMIN", async () => {
    const tenant = await newTenant();
    const send = (runId: string, key: string) => service.send(method, pathOf(runId, action), key);
    const owners = await prepare(tenant, tenant.owner.key);
    expect((await send(owners, tenant.user.key)).status).toBe(404);
    await letUserRead(tenant);
    const refused = await send(owners, tenant.user.key);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ title: "Forbidden" });
    expect((await send(owners, tenant.admin.key)).status).toBe(success);

    const other = await newTenant();
    const users = await prepare(other, other.owner.key);
    await service.database.sql`update workflow_runs set user_id = ${other.user.id} where id = ${users}`;
    if (action === "/retry") await letUserInvoke(other);
    expect((await send(users, other.user.key)).status).toBe(success);
  });

  it("costs one database request", async () => {
    const tenant = await newTenant();
    const runId = await prepare(tenant, tenant.owner.key);
    // Paused, so that no run starts, whose dispatch after the answer would be counted. A retry is refused then, in one
    // request as well.
    await service.database.sql`update workflow_definitions set runner_url = null, webhook_secret_encrypted = null
      where id = ${tenant.definitionId}`;
    const [response, requests] = await service.counted(() =>
      service.send(method, pathOf(runId, action), tenant.owner.key),
    );
    expect([response.status, requests]).toEqual([action === "/retry" ? 409 : success, 1]);
  });
});
