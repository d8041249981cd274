import { beforeEach, describe, expect, it } from "vitest";
import { parseKeyRing } from "../../../src/base/key-ring.ts";
import { signRunToken, verifyRunToken } from "../../../src/http/credentials/run-token.ts";
import { signRunnerToken, verifyRunnerToken } from "../../../src/http/credentials/runner-token.ts";
import { invoke } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { insertSessions, startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { addDefinition, createStage } from "../../support/stage.ts";
import { addUser, createTenant } from "../../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);

beforeEach(async () => {
  await useLeases(service, tenant);
});

type RunnerKey = { id: string; key: string; workflow_definition_ids: string[] | null };

async function makeKey(body: object = {}, maker = tenant.admin.key): Promise<RunnerKey> {
  const response = await service.send("POST", "/v1/runner-keys", maker, { name: "Office", ...body });
  expect(response.status).toBe(201);
  return response.json<RunnerKey>();
}

const open = (key: string, body: object = {}) =>
  service.send("POST", "/v1/runner-sessions", key, { name: "office-1", capacity: 2, ...body });

describe("a runner key", () => {
  it("opens a session, and is refused everywhere else, also for a sign-in", async () => {
    const { key } = await makeKey();
    expect((await open(key)).status).toBe(201);
    for (const path of ["/v1/users/me", "/v1/workflow-runs", "/v1/workflow-definitions"]) {
      expect((await service.get(path, key)).status).toBe(401);
    }
    const signIn = await service.fetch("/app/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams({ api_key: key }),
    });
    expect(signIn.headers.get("Set-Cookie")).toBeNull();
  });

  it("is listed and revoked like any other key, and its sessions are then 401", async () => {
    const { id, key } = await makeKey();
    const runner = await startRunner(service, tenant, { key });
    expect((await runner.ask()).status).toBe(200);
    const listed = await service.get("/v1/api-keys", tenant.admin.key);
    expect(await listed.json()).toContainEqual(expect.objectContaining({ id, name: "Office" }));
    expect((await service.send("DELETE", `/v1/api-keys/${id}`, tenant.admin.key)).status).toBe(204);
    expect((await runner.ask()).status).toBe(401);
    expect((await open(key)).status).toBe(401);
  });

  it.each([
    ["deactivated", "deactivated_at = statement_timestamp()"],
    ["no OWNER or ADMIN any more", "role = 'USER'"],
  ])("ends together with its sessions when its user is %s", async (_, change) => {
    const maker = await addUser(service.database, tenant, "ADMIN");
    const { key } = await makeKey({}, maker.key);
    const runner = await startRunner(service, tenant, { key });
    await service.database.sql.query(`update users set ${change} where id = $1`, [maker.id]);
    expect([(await runner.ask()).status, (await open(key)).status]).toEqual([401, 401]);
  });

  it("leases only runs of its definitions, whatever the session asks for", async () => {
    const stage = await createStage(service, "keys");
    const other = await addDefinition(stage);
    await service.database.sql`
      update workflow_definitions set tenant_id = ${tenant.id}, path_part_id = (
        select id from path_parts where tenant_id = ${tenant.id} and part_type = 'FOLDER' limit 1) where id = ${other}`;
    await invoke(service, tenant);
    const { key, workflow_definition_ids: ids } = await makeKey({ workflow_definition_ids: [other] });
    expect(ids).toEqual([other]);
    const refused = await open(key, { workflow_definition_ids: [tenant.definitionId] });
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { detail: [{ loc: ["body", "workflow_definition_ids"] }] },
    ]);
    const runner = await startRunner(service, tenant, { key });
    expect((await runner.lease()).leases).toEqual([]);
  });

  it("cannot be made for a definition of another tenant, nor by a USER", async () => {
    const other = await createTenant(service.database);
    const body = { name: "Office", workflow_definition_ids: [other.definitionId] };
    expect((await service.send("POST", "/v1/runner-keys", tenant.owner.key, body)).status).toBe(422);
    expect((await service.send("POST", "/v1/runner-keys", tenant.user.key, { name: "Office" })).status).toBe(403);
  });
});

describe("a session", () => {
  it("lasts 24 hours, and is 401 after that", async () => {
    const response = await open(tenant.owner.key);
    const { id, expires_at } = await response.json<{ id: string; expires_at: string }>();
    const hours = (Date.parse(expires_at) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
    const runner = await startRunner(service, tenant);
    const { sql } = service.database;
    await sql`update runner_sessions set expires_at = statement_timestamp() - interval '2 days' where tenant_id = ${tenant.id}`;
    const refused = await runner.ask();
    expect([refused.status, (await refused.json<{ detail: string }>()).detail]).toEqual([
      401,
      "Send the token of an open session: `Authorization: Bearer <token>`. Open one at `/v1/runner-sessions`.",
    ]);
    await open(tenant.owner.key);
    expect(await sql`select from runner_sessions where id = ${id}`).toEqual([]);
  });

  it("is not deleted while it holds a run, however long ago it expired", async () => {
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    await runner.lease();
    const { sql } = service.database;
    await sql`update runner_sessions set expires_at = statement_timestamp() - interval '2 days' where id = ${runner.id}`;
    await open(tenant.owner.key);
    expect(await sql`select session_id from running_attempts where run_id = ${runId}`).toEqual([
      { session_id: runner.id },
    ]);
  });

  it("that an ADMIN opened with their own key leases nothing once they are a USER", async () => {
    await invoke(service, tenant);
    const maker = await addUser(service.database, tenant, "ADMIN");
    const runner = await startRunner(service, tenant, { key: maker.key });
    await service.database.sql`update users set role = 'USER' where id = ${maker.id}`;
    expect((await runner.ask()).status).toBe(401);
    expect(await service.database.sql`select from running_attempts where session_id = ${runner.id}`).toEqual([]);
  });

  describe("beyond the hundredth of a key", () => {
    const isOpen = async (ids: string[]) => {
      const rows = await service.database.sql`select id from runner_sessions where tenant_id = ${tenant.id}`;
      const open = rows.map(({ id }) => id);
      return ids.map((id) => open.includes(id));
    };
    const count = async () => {
      const [row] = await service.database
        .sql`select count(*)::int from runner_sessions where tenant_id = ${tenant.id}`;
      return row?.count;
    };

    it("closes the oldest that holds no run and was not heard of for a minute", async () => {
      const [working = "", heard = "", silent = "", younger = ""] = await insertSessions(service, tenant, 100, 90);
      const runId = await invoke(service, tenant);
      await service.database.sql`
        insert into running_attempts (run_id, tenant_id, attempt, session_id) values (${runId}, ${tenant.id}, 1, ${working})`;
      await service.database.sql`update runner_sessions set last_seen_at = statement_timestamp() where id = ${heard}`;
      const [response, requests] = await service.counted(() => open(tenant.owner.key));
      const { id } = await response.json<{ id: string }>();
      // One request finds the sessions, and another one closes the silent one.
      expect([response.status, requests]).toEqual([201, 2]);
      expect(await isOpen([working, heard, silent, younger, id])).toEqual([true, true, false, true, true]);
    });

    it("is 429 when each was heard of, which says so, and other keys open theirs", async () => {
      await insertSessions(service, tenant, 100);
      const [refused, requests] = await service.counted(() => open(tenant.owner.key));
      expect([refused.status, requests, refused.headers.get("Retry-After"), await refused.json()]).toMatchObject([
        429,
        1,
        "60",
        { detail: expect.stringContaining("100 open sessions") },
      ]);
      expect(await count()).toBe(100);
      expect((await open(tenant.admin.key)).status).toBe(201);
    });

    it("is refused when many are opened at the same time", async () => {
      await insertSessions(service, tenant, 97);
      const answers = await Promise.all(Array.from({ length: 8 }, () => open(tenant.owner.key)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429, 429, 429, 429, 429]);
      expect(await count()).toBe(100);
    });
  });

  it("has a token that is not accepted as a run token, and vice versa", async () => {
    const keys = parseKeyRing("k1:run-token-secret-of-the-tests-0123456789");
    if (!keys) throw new Error("It is a key ring.");
    const expiresAt = "2030-01-01T00:00:00.000Z";
    const ofRun = { runId: crypto.randomUUID(), attempt: 1, tenantId: tenant.id };
    const ofSession = {
      sessionId: crypto.randomUUID(),
      tenantId: tenant.id,
      definitionIds: [tenant.definitionId],
      tags: ["gpu"],
      expiresAt,
    };
    const [runToken, sessionToken] = [
      await signRunToken(keys, { ...ofRun, cell: "one", expiresAt }),
      await signRunnerToken(keys, { ...ofSession, cell: "one" }),
    ];
    expect(await verifyRunnerToken(keys, sessionToken)).toEqual(ofSession);
    expect(await verifyRunToken(keys, runToken)).toEqual(ofRun);
    expect(await verifyRunnerToken(keys, runToken)).toBeNull();
    expect(await verifyRunToken(keys, sessionToken)).toBeNull();
  });
});
