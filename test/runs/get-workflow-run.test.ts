import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();
const tenant = await createTenant(service.database);

const pathOf = (runId: string) => `/v1/workflow-runs/${runId}`;

describe("GET /v1/workflow-runs/{run_id}", () => {
  it.each(["PENDING", "RUNNING", "COMPLETED", "FAILED"] as const)(
    "answers a %s run as the contract has it",
    async (status) => {
      const ownTenant = await createTenant(service.database);
      const error = status === "FAILED" ? { error: "No column `amount`." } : {};
      const runId = await insertRun(service.database, ownTenant, { status, ...error });

      const response = await service.get(pathOf(runId), ownTenant.owner.key);

      expect(response.status).toBe(200);
      const run = await response.json<Record<string, unknown>>();
      expect(contractFaults("get_workflow_run", 200, run)).toEqual([]);
      expect(run).toMatchObject({
        id: runId,
        workflow_definition_id: ownTenant.definitionId,
        user_id: ownTenant.owner.id,
        status,
        error: status === "FAILED" ? "No column `amount`." : null,
      });
      expect(Object.keys(run)).toHaveLength(11);
      expect(Object.keys(run.run_snapshot ?? {})).toHaveLength(9);
      expect(run.completed_at === null).toBe(status === "PENDING" || status === "RUNNING");
    },
  );

  it("shows created_at as started_at until the run starts", async () => {
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    const run = await (await service.get(pathOf(runId), tenant.owner.key)).json<Record<string, string>>();
    expect(run.started_at).toBe(run.created_at);
  });

  it("shows OWNER and ADMIN every run of the tenant, and a USER their own only", async () => {
    const owners = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const users = await insertRun(service.database, tenant, { status: "COMPLETED", userId: tenant.user.id });
    const statuses = async (key: string) =>
      Promise.all([owners, users].map(async (id) => (await service.get(pathOf(id), key)).status));

    expect(await statuses(tenant.owner.key)).toEqual([200, 200]);
    expect(await statuses(tenant.admin.key)).toEqual([200, 200]);
    expect(await statuses(tenant.user.key)).toEqual([404, 200]);
  });

  it("names the run in the slot only to callers who may see that run", async () => {
    const ownTenant = await createTenant(service.database);
    const holder = await insertRun(service.database, ownTenant, { status: "RUNNING" });
    const waiting = await insertRun(service.database, ownTenant, { status: "PENDING", userId: ownTenant.user.id });
    const headersFor = async (key: string) => {
      const { headers } = await service.get(pathOf(waiting), key);
      return [headers.get("x-queue-position"), headers.get("x-blocked-by-run")];
    };
    expect(await headersFor(ownTenant.owner.key)).toEqual(["1", holder]);
    expect(await headersFor(ownTenant.user.key)).toEqual(["1", null]);
  });

  it("answers 404 for another tenant's run, in the same words as for one that does not exist", async () => {
    const other = await createTenant(service.database);
    const runId = await insertRun(service.database, other);
    const bodyOf = async (id: string) => {
      const response = await service.get(pathOf(id), tenant.owner.key);
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      const { request_id, ...body } = await response.json<Record<string, unknown>>();
      expect(request_id).toBe(response.headers.get("x-request-id"));
      return body;
    };
    expect(await bodyOf(runId)).toEqual(await bodyOf("00000000-0000-0000-0000-000000000000"));
  });

  it("answers 401 without a credential, with an invented, a revoked or an expired one, and for a deactivated user", async () => {
    const { sql } = service.database;
    const [revoked, expired, deactivated] = await Promise.all([1, 2, 3].map(() => createTenant(service.database)));
    await sql`update api_keys set revoked_at = statement_timestamp() where user_id = ${revoked?.owner.id}`;
    await sql`update api_keys set expires_at = statement_timestamp() where user_id = ${expired?.owner.id}`;
    await sql`update users set deactivated_at = statement_timestamp() where id = ${deactivated?.owner.id}`;
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });

    const authorizations = [
      undefined,
      "Basic d3I6d3I=",
      "Bearer",
      "Bearer wr_made_up",
      ...[revoked, expired, deactivated].map((t) => `Bearer ${t?.owner.key}`),
    ];
    for (const authorization of authorizations) {
      const response = await service.fetch(pathOf(runId), {
        headers: authorization === undefined ? {} : { Authorization: authorization },
      });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await response.json()).toMatchObject({ status: 401, title: "Unauthenticated" });
    }
  });

  it("answers 422 for an invalid UUID, and accepts any hex digits in the form 8-4-4-4-12", async () => {
    const response = await service.get(pathOf("42"), tenant.owner.key);
    expect(response.status).toBe(422);
    const body = await response.json();
    expect(contractFaults("get_workflow_run", 422, body)).toEqual([]);
    expect(body).toEqual({
      detail: [{ loc: ["path", "run_id"], type: "uuid_parsing", msg: expect.any(String), input: "42" }],
    });
    expect((await service.get(pathOf("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"), tenant.owner.key)).status).toBe(404);
  });

  it("costs one database request whatever it answers, and none when the request is wrong", async () => {
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const etag = (await service.get(pathOf(runId), tenant.owner.key)).headers.get("etag") ?? "";
    const cases: [string, string, number, number, Record<string, string>?][] = [
      [runId, tenant.owner.key, 200, 1],
      [runId, tenant.owner.key, 304, 1, { "If-None-Match": etag }],
      [runId, "wr_made_up", 401, 1],
      [runId, tenant.user.key, 404, 1],
      ["42", tenant.owner.key, 422, 0],
    ];
    for (const [id, key, status, requests, headers] of cases) {
      const [response, count] = await service.counted(() => service.get(pathOf(id), key, headers));
      expect([response.status, count]).toEqual([status, requests]);
    }
  });

  it("answers 304 without a body while the run has not changed, and 200 once it has", async () => {
    const ownTenant = await createTenant(service.database);
    const runId = await insertRun(service.database, ownTenant);
    const first = await service.get(pathOf(runId), ownTenant.owner.key);
    const etag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("private, no-cache");

    const second = await service.get(pathOf(runId), ownTenant.owner.key, { "If-None-Match": `"other", W/${etag}` });
    expect([second.status, await second.text()]).toEqual([304, ""]);
    expect(second.headers.get("etag")).toBe(etag);

    await service.database.sql`
      update workflow_runs set status = 'COMPLETED', slot_no = null, completed_at = statement_timestamp(), ended_by = 'CALLBACK'
      where id = ${runId}`;
    const third = await service.get(pathOf(runId), ownTenant.owner.key, { "If-None-Match": etag });
    expect(third.status).toBe(200);
  });

  it("has another ETag when any of its fields changes", async () => {
    const ownTenant = await createTenant(service.database);
    const runId = await insertRun(service.database, ownTenant, { status: "FAILED", error: "No column." });
    const { sql } = service.database;
    const read = async () => {
      const response = await service.get(pathOf(runId), ownTenant.owner.key);
      const { id: _, ...fields } = await response.json<Record<string, unknown>>();
      return { etag: response.headers.get("etag"), fields };
    };
    const later = sql`interval '1 millisecond'`;
    // One statement for each field that can change while the others stay as they are.
    const changes = {
      error: sql`update workflow_runs set error = 'Another.' where id = ${runId}`,
      completed_at: sql`update workflow_runs set completed_at = completed_at + ${later} where id = ${runId}`,
      updated_at: sql`update workflow_runs set updated_at = updated_at + ${later} where id = ${runId}`,
      started_at: sql`update workflow_runs set started_at = started_at + ${later} where id = ${runId}`,
      created_at: sql`update workflow_runs set created_at = created_at - ${later} where id = ${runId}`,
      user_id: sql`update workflow_runs set user_id = ${ownTenant.user.id} where id = ${runId}`,
      run_snapshot: sql`
        update workflow_runs set run_snapshot = jsonb_set(run_snapshot, '{workflow_name}', '"Other"') where id = ${runId}`,
    };
    for (const [field, change] of Object.entries(changes)) {
      const before = await read();
      await change;
      const after = await read();
      const changed = Object.keys(after.fields).filter(
        (name) => JSON.stringify(after.fields[name]) !== JSON.stringify(before.fields[name]),
      );
      expect([field, changed]).toEqual([field, [field]]);
      expect([field, after.etag === before.etag]).toEqual([field, false]);
    }
  });

  it("is FAILED from its deadline on, and reads the same to the byte before and after the sweep", async () => {
    const ownTenant = await createTenant(service.database);
    const runId = await insertRun(service.database, ownTenant, { overdueSeconds: 1 });
    const read = async () => {
      const response = await service.get(pathOf(runId), ownTenant.owner.key);
      return { etag: response.headers.get("etag"), body: await response.text() };
    };
    const [row] = await service.database.sql`select status, deadline_at from workflow_runs where id = ${runId}`;
    expect(row?.status).toBe("RUNNING");

    const before = await read();
    await service.sweep();
    const [swept] = await service.database.sql`select status from workflow_runs where id = ${runId}`;
    const after = await read();

    expect(swept?.status).toBe("FAILED");
    expect(after).toEqual(before);
    const deadline = new Date(row?.deadline_at).toISOString();
    expect(JSON.parse(before.body)).toMatchObject({
      status: "FAILED",
      completed_at: deadline,
      updated_at: deadline,
      error: "Timed out: no result arrived within 300 seconds of the start.",
    });
  });

  it("answers HEAD as GET, without the body", async () => {
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const response = await service.fetch(pathOf(runId), {
      method: "HEAD",
      headers: { Authorization: `Bearer ${tenant.owner.key}` },
    });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });
});
