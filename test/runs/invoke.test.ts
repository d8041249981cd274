import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, invokePath, makeOverdue, readRun } from "../support/lifecycle.ts";
import { insertParts } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });
const pathOf = (runId: string) => `/v1/workflow-runs/${runId}`;

describe("POST /v1/workflow-definitions/{definition_id}/invoke", () => {
  it("starts a run at once when the slot is free, and queues it when it is not", async () => {
    const tenant = await newTenant();
    const first = await service.send("POST", invokePath(tenant), tenant.owner.key, {});
    expect(first.status).toBe(202);
    const run = await first.json<{ id: string; status: string }>();
    expect(contractFaults("invoke_workflow", 202, run)).toEqual([]);
    expect(run.status).toBe("RUNNING");
    expect(first.headers.get("location")).toBe(pathOf(run.id));

    const second = await invoke(service, tenant);
    const third = await invoke(service, tenant);
    const positions = await Promise.all(
      [run.id, second, third].map(async (id) => {
        const { headers } = await service.get(pathOf(id), tenant.owner.key);
        return [headers.get("x-queue-position"), headers.get("x-blocked-by-run")];
      }),
    );
    expect(positions).toEqual([
      [null, null],
      ["1", run.id],
      ["2", run.id],
    ]);
    expect((await eventTypes(service, tenant, run.id)).slice(0, 2)).toEqual(["TRIGGERED", "STARTED"]);
    expect(await eventTypes(service, tenant, second)).toEqual(["TRIGGERED", "QUEUED"]);
  });

  it("freezes the run's parameters: later changes of the workflow or the tree do not affect it", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const before = await readRun(service, tenant, runId);
    expect(before.run_snapshot).toMatchObject({
      workflow_definition_id: tenant.definitionId,
      workflow_name: "Test",
      user_id: tenant.owner.id,
      max_run_duration_seconds: 300,
      sources: [{ path_part_id: tenant.sourcesId, materialized_path: "/sources", part_type: "FOLDER" }],
      template: null,
    });

    const { sql } = service.database;
    await sql`update workflow_definitions set name = 'Renamed', max_run_duration_seconds = 60 where id = ${tenant.definitionId}`;
    await sql`update path_parts set name = 'moved', materialized_path = '/moved' where id = ${tenant.sourcesId}`;
    expect((await readRun(service, tenant, runId)).run_snapshot).toEqual(before.run_snapshot);
  });

  it("sets the deadline by the database's clock, once", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const [row] = await service.database.sql`
      select extract(epoch from deadline_at - started_at)::int as seconds,
        abs(extract(epoch from statement_timestamp() - started_at)) < 60 as is_now
      from workflow_runs where id = ${runId}`;
    expect(row).toEqual({ seconds: 300, is_now: true });
  });

  it("takes no body, an empty one and `{}` for the same", async () => {
    const tenant = await newTenant();
    const headers = { Authorization: `Bearer ${tenant.owner.key}` };
    const json = { ...headers, "Content-Type": "application/json" };
    const requests = [{ headers }, { headers: json }, { headers: json, body: "" }, { headers: json, body: "{}" }];
    for (const request of requests) {
      const response = await service.fetch(invokePath(tenant), { method: "POST", ...request });
      expect(response.status).toBe(202);
    }
  });

  it("answers a key that is in use with the run it triggered first, from the body or the header", async () => {
    const tenant = await newTenant();
    const first = await service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "k" });
    const again = await service.send("POST", invokePath(tenant), tenant.owner.key, {}, { "Idempotency-Key": "k" });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect([first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([
      null,
      "true",
    ]);
    const run = await first.json<{ id: string }>();
    const replayed = await again.json<{ id: string }>();
    expect(replayed.id).toBe(run.id);
    expect(contractFaults("invoke_workflow", 202, replayed)).toEqual([]);
    expect(again.headers.get("location")).toBe(`/v1/workflow-runs/${run.id}`);

    const other = await service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "other" });
    expect(other.status).toBe(202);
    const elsewhere = await newTenant();
    const foreign = await service.send("POST", invokePath(elsewhere), elsewhere.owner.key, { idempotency_key: "k" });
    expect(foreign.status).toBe(202);
  });

  it("keeps the keys of two users of one workflow apart", async () => {
    const tenant = await newTenant();
    const idOf = async (key: string) => {
      const response = await service.send("POST", invokePath(tenant), key, { idempotency_key: "k" });
      return (await response.json<{ id: string }>()).id;
    };
    const [owners, admins] = [await idOf(tenant.owner.key), await idOf(tenant.admin.key)];
    expect(owners).not.toBe(admins);
    expect([await idOf(tenant.owner.key), await idOf(tenant.admin.key)]).toEqual([owners, admins]);
  });

  it("answers 422 when the paths of all parts would make a snapshot of more than 64 KiB", async () => {
    const tenant = await newTenant();
    const folders = Array.from({ length: 7 }, (_, depth) => `/${"x".repeat(250)}`.repeat(depth + 1));
    const paths = Array.from({ length: 38 }, (_, i) => `${folders.at(-1)}/${i}.md`);
    const { idOf } = await insertParts(service.database, tenant, [...folders, ...paths]);
    const name = (count: number) => service.database.sql`
      update workflow_definitions set source_path_part_ids = ${paths.slice(0, count).map(idOf)}::uuid[]
      where id = ${tenant.definitionId}`;
    // The columns hold 20 at most, so the rest goes to the instructions.
    await name(20);
    await service.database.sql`
      update workflow_definitions set instruction_path_part_ids = ${paths.slice(20).map(idOf)}::uuid[]
      where id = ${tenant.definitionId}`;
    const response = await service.send("POST", invokePath(tenant), tenant.owner.key, {});
    const { detail } = await response.json<{ detail: { loc: string[]; msg: string }[] }>();
    expect([response.status, detail[0]?.loc]).toEqual([422, ["path", "definition_id"]]);
    expect(detail[0]?.msg).toMatch(/would have \d{5} bytes, of at most 65536/);
    await name(2);
    expect((await service.send("POST", invokePath(tenant), tenant.owner.key, {})).status).toBe(202);
  });

  it("keeps a key for 24 hours after its run was triggered, and longer while the run is not over", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const post = () => service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "k" });
    const run = await (await post()).json<{ id: string }>();
    const age = (interval: string) => sql`
      update workflow_runs set created_at = statement_timestamp() - ${interval}::interval where id = ${run.id}`;

    const repeated = async () => (await post()).headers.get("idempotency-replayed");
    await age("25 hours");
    expect(await repeated()).toBe("true");
    expect((await callBack(service, tenant, run.id, { status: "COMPLETED" })).status).toBe(200);
    await age("23 hours");
    expect(await repeated()).toBe("true");
    await age("25 hours");
    const fresh = await post();
    expect(fresh.status).toBe(202);
    expect((await fresh.json<{ id: string }>()).id).not.toBe(run.id);
  });

  it("triggers one run when the same key comes 20 times at once", async () => {
    const tenant = await newTenant();
    const responses = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "once" }),
      ),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(responses.filter(({ headers }) => headers.has("idempotency-replayed"))).toHaveLength(19);
    const ids = await Promise.all(responses.map(async (response) => (await response.json<{ id: string }>()).id));
    expect(new Set(ids).size).toBe(1);
  });

  it("answers 422 for two different keys, a key too long or unfit, and fields that do not exist", async () => {
    const tenant = await newTenant();
    const post = async (body: unknown, headers?: Record<string, string>) => {
      const response = await service.send("POST", invokePath(tenant), tenant.owner.key, body, headers);
      const answer = await response.json<{ detail: { loc: unknown; type: string }[] }>();
      expect(contractFaults("invoke_workflow", 422, answer)).toEqual([]);
      return [response.status, ...answer.detail.map(({ loc, type }) => [loc, type])];
    };
    expect(await post({ idempotency_key: "a" }, { "Idempotency-Key": "b" })).toEqual([
      422,
      [["header", "Idempotency-Key"], "value_error"],
    ]);
    expect(await post({ idempotency_key: "x".repeat(256), more: 1 })).toEqual([
      422,
      [["body", "idempotency_key"], "string_too_long"],
      [["body", "more"], "extra_forbidden"],
    ]);
    expect(await post({ idempotency_key: "a\u0000" })).toEqual([422, [["body", "idempotency_key"], "value_error"]]);
    expect(await post({ idempotency_key: "" })).toEqual([422, [["body", "idempotency_key"], "value_error"]]);
    expect(await post({}, { "Idempotency-Key": "" })).toEqual([422, [["header", "Idempotency-Key"], "value_error"]]);
    expect(await post([])).toEqual([422, [["body"], "value_error"]]);
  });

  it("answers 422 for what is not JSON, and 415 for what does not claim to be", async () => {
    const tenant = await newTenant();
    const post = (type: string, body: string) =>
      service.fetch(invokePath(tenant), {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": type },
        body,
      });
    const malformed = await post("application/json", "{");
    expect(malformed.status).toBe(422);
    expect(await malformed.json()).toMatchObject({ detail: [{ loc: ["body"], type: "json_invalid" }] });
    expect((await post("text/plain", "{}")).status).toBe(415);
  });

  it("answers 409 for a paused workflow and for one without a runner, and triggers nothing", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const withoutRunner = await createTenant(service.database);
    for (const [owner, word] of [
      [tenant, "paused"],
      [withoutRunner, "no runner"],
    ] as const) {
      const response = await service.send("POST", invokePath(owner), owner.owner.key, {});
      expect(response.status).toBe(409);
      expect((await response.json<{ detail: string }>()).detail).toContain(word);
      expect(await sql`select id from workflow_runs where tenant_id = ${owner.id}`).toEqual([]);
    }
  });

  it("answers 422 that names missing parts, and a source folder without a document", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const gone = crypto.randomUUID();
    await sql`update workflow_definitions set template_path_part_id = ${gone} where id = ${tenant.definitionId}`;
    await sql`delete from path_parts where tenant_id = ${tenant.id} and part_type = 'DOCUMENT' and parent_id is not null`;
    const response = await service.send("POST", invokePath(tenant), tenant.owner.key, {});
    expect(response.status).toBe(422);
    const { detail } = await response.json<{ detail: { msg: string }[] }>();
    expect(detail.map(({ msg }) => msg)).toEqual([
      expect.stringContaining("/sources, which has no document"),
      expect.stringContaining(gone),
    ]);
  });

  it("requires of a USER read on the workflow, A, B and D, and write on C", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const permit = (path: string, capability: string) => sql`
      insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
      select gen_random_uuid(), tenant_id, ${tenant.user.id}, id, ${capability}
      from path_parts where tenant_id = ${tenant.id} and materialized_path = ${path}`;
    const status = async () => (await service.send("POST", invokePath(tenant), tenant.user.key, {})).status;

    expect(await status()).toBe(404);
    await permit("/workflows", "READ_ONLY");
    const refused = await service.send("POST", invokePath(tenant), tenant.user.key, {});
    expect(refused.status).toBe(403);
    expect((await refused.json<{ detail: string }>()).detail).toContain(
      `read on a source that you may not see (${tenant.sourcesId})`,
    );
    await permit("/sources", "READ_ONLY");
    await permit("/instructions.md", "READ_ONLY");
    await permit("/outputs", "READ_ONLY");
    expect(await status()).toBe(403);
    await sql`update user_permissions set capability = 'READ_WRITE' where user_id = ${tenant.user.id}`;
    expect(await status()).toBe(202);
  });

  it("takes the slot of a run that is overdue, without waiting for a sweep", async () => {
    const tenant = await newTenant();
    const overdue = await invoke(service, tenant);
    await makeOverdue(service, overdue);
    const next = await invoke(service, tenant);
    expect((await readRun(service, tenant, next)).status).toBe("RUNNING");
    expect((await readRun(service, tenant, overdue)).status).toBe("FAILED");
    expect((await eventTypes(service, tenant, overdue)).at(-1)).toBe("TIMED_OUT");
  });

  it("costs one database request before the answer", async () => {
    const tenant = await newTenant();
    await invoke(service, tenant);
    // The run is queued, so nothing is dispatched after the answer, which would be counted as well.
    const [response, requests] = await service.counted(() =>
      service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "k" }),
    );
    expect([response.status, requests]).toEqual([202, 1]);
    const [replay, again] = await service.counted(() =>
      service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "k" }),
    );
    expect([replay.status, replay.headers.get("idempotency-replayed"), again]).toEqual([202, "true", 1]);
  });
});
