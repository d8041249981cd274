import { describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { contractFaults } from "../support/contract.ts";
import { insertRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { addUser, createTenant, type TestTenant, type TestUser } from "../support/tenant.ts";

type User = { user_id: string; email: string; role: string; deactivated_on: string | null; updated_at: string };

const service = await startService({ settings: SESSION_SETTINGS });

const usersPath = (tenant: TestTenant) => `/v1/tenants/${tenant.id}/users`;

const setRole = (tenant: TestTenant, key: string, user: TestUser, role: string) =>
  service.send("PATCH", `${usersPath(tenant)}/${user.id}`, key, { role });

const setActive = (tenant: TestTenant, key: string, user: TestUser, isActive: boolean) =>
  service.send("POST", `${usersPath(tenant)}/${user.id}/${isActive ? "activate" : "deactivate"}`, key);

/** The status, and the detail of a problem. */
async function outcome(response: Promise<Response>): Promise<[number, string?]> {
  const { status } = await response;
  if (status < 400) return [status];
  return [status, (await (await response).json<{ detail: string }>()).detail];
}

async function ownersOf(tenant: TestTenant): Promise<string[]> {
  const rows = await service.database.sql`
    select id from users where tenant_id = ${tenant.id} and role = 'OWNER' and deactivated_at is null`;
  return rows.map((row) => String(row.id));
}

const meStatus = async ({ key }: TestUser) => (await service.get("/v1/users/me", key)).status;

describe("GET /v1/tenants/{tenant_id}/users", () => {
  it("lists the tenant's users to OWNER and ADMIN, by email, in pages with an exact total", async () => {
    const tenant = await createTenant(service.database);
    await createTenant(service.database);
    const { sql } = service.database;
    await sql`update users set email = 'Anna@test.example', deactivated_at = now() where id = ${tenant.user.id}`;
    await sql`update users set email = null where id = ${tenant.admin.id}`;
    await sql`update users set email = 'bob@test.example' where id = ${tenant.owner.id}`;
    for (const { key } of [tenant.owner, tenant.admin]) {
      const response = await service.get(usersPath(tenant), key);
      const page = await response.json<{ items: User[]; total: number }>();
      expect(response.status).toBe(200);
      expect(page).toMatchObject({ total: 3, limit: 20, offset: 0 });
      expect(contractFaults("list_tenant_users", 200, page)).toEqual([]);
      expect(page.items.map((item) => [item.user_id, item.role, item.deactivated_on])).toEqual([
        [tenant.user.id, "USER", expect.any(String)],
        [tenant.owner.id, "OWNER", null],
        [tenant.admin.id, "ADMIN", null],
      ]);
    }
    const response = await service.get(`${usersPath(tenant)}?limit=1&offset=1`, tenant.owner.key);
    expect(await response.json()).toMatchObject({
      items: [{ user_id: tenant.owner.id }],
      total: 3,
      limit: 1,
      offset: 1,
    });
  });
});

describe("POST /v1/tenants/{tenant_id}/users", () => {
  it("adds a USER or an ADMIN", async () => {
    const tenant = await createTenant(service.database);
    const response = await service.send("POST", usersPath(tenant), tenant.admin.key, {
      email: "Uma@example.com",
      first_name: "Uma",
      role: "ADMIN",
    });
    expect(response.status).toBe(201);
    const user = await response.json<User>();
    expect(user).toEqual({
      user_id: expect.any(String),
      email: "Uma@example.com",
      first_name: "Uma",
      last_name: null,
      role: "ADMIN",
      deactivated_on: null,
      is_tenant_idp_managed: false,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
  });

  it("answers 409 for an email that somebody in the tenant has, also to one of two at once", async () => {
    const [tenant, other] = [await createTenant(service.database), await createTenant(service.database)];
    const add = async ({ owner, ...place }: TestTenant, email: string) =>
      (await service.send("POST", usersPath({ owner, ...place }), owner.key, { email, role: "USER" })).status;
    const statuses = await Promise.all([add(tenant, "uma@example.com"), add(tenant, "UMA@example.com")]);
    expect(statuses.sort()).toEqual([201, 409]);
    expect(await add(other, "uma@example.com")).toBe(201);
  });

  it("answers 422 for an invalid email, a second OWNER and an invalid name, and adds nobody", async () => {
    const tenant = await createTenant(service.database);
    for (const [field, value, type] of [
      ["email", "uma", "value_error"],
      ["email", undefined, "value_error"],
      ["role", "OWNER", "enum"],
      ["first_name", "a\nb", "value_error"],
      ["last_name", "x".repeat(101), "string_too_long"],
      ["idp_type", "GOOGLE", "extra_forbidden"],
    ] as const) {
      const body = { email: "uma@example.com", role: "USER", [field]: value };
      const response = await service.send("POST", usersPath(tenant), tenant.owner.key, body);
      const { detail } = await response.json<{ detail: { loc: string[]; type: string }[] }>();
      expect([response.status, ...detail.map((fault) => [fault.loc, fault.type])]).toEqual([
        422,
        [["body", field], type],
      ]);
    }
    const users = await service.get(usersPath(tenant), tenant.owner.key);
    expect(await users.json()).toMatchObject({ total: 3 });
  });
});

describe("PATCH /v1/tenants/{tenant_id}/users/{user_id}", () => {
  it("gives a user another role, which is valid from the next request on", async () => {
    const tenant = await createTenant(service.database);
    expect((await service.get(usersPath(tenant), tenant.user.key)).status).toBe(403);

    const response = await setRole(tenant, tenant.admin.key, tenant.user, "ADMIN");
    const body = await response.json();
    expect([response.status, body]).toMatchObject([200, { user_id: tenant.user.id, role: "ADMIN" }]);
    expect(contractFaults("update_tenant_user", 200, body)).toEqual([]);
    expect((await service.get(usersPath(tenant), tenant.user.key)).status).toBe(200);

    expect((await setRole(tenant, tenant.user.key, tenant.admin, "USER")).status).toBe(200);
    expect((await service.get(usersPath(tenant), tenant.admin.key)).status).toBe(403);
  });

  it("changes nothing, not even `updated_at`, for the role that they have", async () => {
    const tenant = await createTenant(service.database);
    await service.database.sql`
      update users set updated_at = '2026-01-01T00:00:00Z' where tenant_id = ${tenant.id}`;
    const response = await setRole(tenant, tenant.owner.key, tenant.user, "USER");
    expect(await response.json()).toMatchObject({ role: "USER", updated_at: "2026-01-01T00:00:00.000Z" });
  });

  it("lets the OWNER pass the ownership on, who then becomes an ADMIN", async () => {
    const tenant = await createTenant(service.database);
    const response = await setRole(tenant, tenant.owner.key, tenant.user, "OWNER");
    expect([response.status, await response.json()]).toMatchObject([200, { user_id: tenant.user.id, role: "OWNER" }]);
    expect(await ownersOf(tenant)).toEqual([tenant.user.id]);
    const me = await service.get("/v1/users/me", tenant.owner.key);
    expect(await me.json()).toMatchObject({ current_tenant_role: "ADMIN" });
    expect((await setRole(tenant, tenant.user.key, tenant.owner, "USER")).status).toBe(200);
  });

  it("answers 403 to a change of one's own role or the OWNER's, and to an ADMIN who names an OWNER", async () => {
    const tenant = await createTenant(service.database);
    const own = [403, expect.stringContaining("own role")];
    expect(await outcome(setRole(tenant, tenant.owner.key, tenant.owner, "USER"))).toEqual(own);
    expect(await outcome(setRole(tenant, tenant.owner.key, tenant.owner, "OWNER"))).toEqual(own);
    expect(await outcome(setRole(tenant, tenant.admin.key, tenant.admin, "OWNER"))).toEqual(own);
    expect(await outcome(setRole(tenant, tenant.admin.key, tenant.owner, "ADMIN"))).toEqual([
      403,
      expect.stringContaining("Only the OWNER"),
    ]);
    expect(await outcome(setRole(tenant, tenant.admin.key, tenant.user, "OWNER"))).toEqual([
      403,
      expect.stringContaining("You need the role OWNER"),
    ]);
    expect(await ownersOf(tenant)).toEqual([tenant.owner.id]);
  });

  it("answers 409 to an OWNER who names a deactivated user", async () => {
    const tenant = await createTenant(service.database);
    await setActive(tenant, tenant.owner.key, tenant.user, false);
    expect((await setRole(tenant, tenant.owner.key, tenant.user, "OWNER")).status).toBe(409);
    expect(await ownersOf(tenant)).toEqual([tenant.owner.id]);
  });
});

describe("POST /v1/tenants/{tenant_id}/users/{user_id}/deactivate and /activate", () => {
  it("makes a user's credentials invalid at once, and valid again", async () => {
    const tenant = await createTenant(service.database);
    expect(await meStatus(tenant.user)).toBe(200);
    for (let time = 0; time < 2; time++) {
      const response = await setActive(tenant, tenant.admin.key, tenant.user, false);
      const body = await response.json();
      expect([response.status, body]).toMatchObject([
        200,
        { user_id: tenant.user.id, deactivated_on: expect.any(String) },
      ]);
      expect(contractFaults("deactivate_tenant_user", 200, body)).toEqual([]);
      expect(await meStatus(tenant.user)).toBe(401);
    }
    const response = await setActive(tenant, tenant.admin.key, tenant.user, true);
    const body = await response.json();
    expect([response.status, body]).toMatchObject([200, { user_id: tenant.user.id, deactivated_on: null }]);
    expect(contractFaults("activate_tenant_user", 200, body)).toEqual([]);
    expect(await meStatus(tenant.user)).toBe(200);
  });

  it("refuses with 403 to do it to oneself or the OWNER", async () => {
    const tenant = await createTenant(service.database);
    for (const isActive of [false, true]) {
      expect(await outcome(setActive(tenant, tenant.owner.key, tenant.owner, isActive))).toEqual([
        403,
        expect.stringContaining("themselves"),
      ]);
      expect(await outcome(setActive(tenant, tenant.admin.key, tenant.owner, isActive))).toEqual([
        403,
        expect.stringContaining("Only the OWNER"),
      ]);
    }
    expect(await meStatus(tenant.owner)).toBe(200);
  });
});

describe("DELETE /v1/tenants/{tenant_id}/users/{user_id}", () => {
  const remove = (tenant: TestTenant, key: string, user: TestUser) =>
    service.send("DELETE", `${usersPath(tenant)}/${user.id}`, key);

  it("ends the user's keys, sessions and permissions at once, and no longer lists the user, whom their runs still name", async () => {
    const stage = await createStage(service, "deleted");
    const { tenant, reader, colleague } = stage;
    const session = await sessionToken(stage, reader.id);
    const runId = await insertRun(service.database, tenant, { userId: reader.id });
    expect([await meStatus(reader), await meStatus({ ...reader, key: session })]).toEqual([200, 200]);

    expect((await remove(tenant, tenant.admin.key, reader)).status).toBe(204);

    expect([await meStatus(reader), await meStatus({ ...reader, key: session })]).toEqual([401, 401]);
    const [left] = await service.database.sql`
      select (select count(*)::int from api_keys where user_id = ${reader.id}) as keys,
        (select count(*)::int from user_permissions where user_id = ${reader.id}) as permissions,
        (select count(*)::int from user_permissions where tenant_id = ${tenant.id}) as others`;
    expect(left).toMatchObject({ keys: 0, permissions: 0 });
    expect(left?.others).toBeGreaterThan(0);
    expect(await meStatus(colleague)).toBe(200);
    const users = await (await service.get(usersPath(tenant), tenant.owner.key)).json<{
      items: User[];
      total: number;
    }>();
    expect(users.total).toBe(5);
    expect(users.items.map(({ user_id }) => user_id)).not.toContain(reader.id);
    const run = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect(await run.json()).toMatchObject({ user_id: reader.id });
  });

  it("answers 404 for the deleted user to every request", async () => {
    const tenant = await createTenant(service.database);
    expect((await remove(tenant, tenant.owner.key, tenant.user)).status).toBe(204);
    expect((await remove(tenant, tenant.owner.key, tenant.user)).status).toBe(404);
    expect((await setRole(tenant, tenant.owner.key, tenant.user, "ADMIN")).status).toBe(404);
    expect((await setActive(tenant, tenant.owner.key, tenant.user, true)).status).toBe(404);
    const query = `tenant_id=${tenant.id}&user_id=${tenant.user.id}`;
    expect((await service.get(`/v1/user-permissions?${query}`, tenant.owner.key)).status).toBe(404);
    const permission = { tenant_id: tenant.id, user_id: tenant.user.id, path_part_id: tenant.sourcesId };
    const body = { ...permission, capability: "READ_ONLY" };
    expect((await service.send("POST", "/v1/user-permissions", tenant.owner.key, body)).status).toBe(422);
  });

  it("frees the email for somebody new", async () => {
    const tenant = await createTenant(service.database);
    const body = { email: `${tenant.user.id}@test.example`, role: "USER" };
    expect((await service.send("POST", usersPath(tenant), tenant.owner.key, body)).status).toBe(409);
    await remove(tenant, tenant.owner.key, tenant.user);
    expect((await service.send("POST", usersPath(tenant), tenant.owner.key, body)).status).toBe(201);
  });

  it("refuses with 403 to do it to oneself or to the OWNER, and deletes nothing of theirs", async () => {
    const tenant = await createTenant(service.database);
    expect(await outcome(remove(tenant, tenant.owner.key, tenant.owner))).toEqual([
      403,
      expect.stringContaining("themselves"),
    ]);
    expect(await outcome(remove(tenant, tenant.admin.key, tenant.owner))).toEqual([
      403,
      expect.stringContaining("Only the OWNER"),
    ]);
    expect(await meStatus(tenant.owner)).toBe(200);
  });
});

describe("two who change a tenant's users at once", () => {
  /** So often that a race which is open would be lost sooner or later. */
  const TIMES = Array.from({ length: 5 }, (_, n) => n);

  it.each(TIMES)("pass ownership on to one person only (%i)", async () => {
    const tenant = await createTenant(service.database);
    const responses = await Promise.all(
      [tenant.admin, tenant.user].map((heir) => setRole(tenant, tenant.owner.key, heir, "OWNER")),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 403]);
    expect(await ownersOf(tenant)).toHaveLength(1);
  });

  it.each(TIMES)("never make a user the OWNER who is being deactivated (%i)", async () => {
    const tenant = await createTenant(service.database);
    const responses = await Promise.all([
      setRole(tenant, tenant.owner.key, tenant.user, "OWNER"),
      setActive(tenant, tenant.admin.key, tenant.user, false),
    ]);
    expect([
      [200, 403],
      [409, 200],
    ]).toContainEqual(responses.map(({ status }) => status));
    expect(await ownersOf(tenant)).toHaveLength(1);
  });

  it.each(TIMES)("cannot both demote, or both deactivate, each other (%i)", async () => {
    const tenant = await createTenant(service.database);
    const second = await addUser(service.database, tenant, "ADMIN");
    const pairs = [
      [tenant.admin, second],
      [second, tenant.admin],
    ] as const;
    const demoted = await Promise.all(pairs.map(([by, whom]) => setRole(tenant, by.key, whom, "USER")));
    expect(demoted.map(({ status }) => status).sort()).toEqual([200, 403]);
    await service.database.sql`update users set role = 'ADMIN' where tenant_id = ${tenant.id} and role = 'USER'`;
    const putOut = await Promise.all(pairs.map(([by, whom]) => setActive(tenant, by.key, whom, false)));
    expect(putOut.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

describe("the operations on a tenant's users", () => {
  it("are 404 for another tenant and for its users, 403 for a USER, 401 for nobody, in one database request", async () => {
    const tenant = await createTenant(service.database);
    const other = await createTenant(service.database);
    const operations: [string, string, unknown?][] = [
      ["GET", ""],
      ["POST", "", { email: "uma@example.com", role: "USER" }],
      ["PATCH", `/${other.user.id}`, { role: "ADMIN" }],
      ["POST", `/${other.user.id}/deactivate`],
      ["POST", `/${other.user.id}/activate`],
      ["DELETE", `/${other.user.id}`],
    ];
    for (const [method, path, body] of operations) {
      const send = async (place: TestTenant, key: string) => {
        const url = `${usersPath(place)}${path}`;
        const [response, count] = await service.counted(() => service.send(method, url, key, body));
        expect([method, path, count]).toEqual([method, path, 1]);
        return response;
      };
      const elsewhere = await send(other, tenant.owner.key);
      const nowhere = await send({ ...other, id: crypto.randomUUID() }, tenant.owner.key);
      const withoutId = async (response: Response) => ({ ...(await response.json<object>()), request_id: "" });
      expect([method, path, elsewhere.status]).toEqual([method, path, 404]);
      expect(await withoutId(elsewhere)).toEqual(await withoutId(nowhere));
      expect(await outcome(send(tenant, tenant.user.key))).toEqual([403, "You need the role OWNER or ADMIN."]);
      expect((await send(tenant, "wr_made_up")).status).toBe(401);
      if (path.startsWith("/")) expect((await send(tenant, tenant.owner.key)).status).toBe(404);
    }
    expect(await meStatus(other.user)).toBe(200);
  });
});

describe("a service user", () => {
  /** A service user of the tenant. Returns its id. */
  async function add(tenant: TestTenant, key = tenant.admin.key): Promise<string> {
    const response = await service.send("POST", usersPath(tenant), key, { first_name: "Nightly", role: "USER" });
    expect(response.status).toBe(201);
    return (await response.json<User>()).user_id;
  }

  const makeKey = (id: string, key: string, body: object = { name: "On the server" }) =>
    service.send("POST", `/v1/users/${id}/api-keys`, key, body);

  it("is a USER without an email, and its keys are made by an OWNER or ADMIN and do what its permissions allow", async () => {
    const tenant = await createTenant(service.database);
    const id = await add(tenant);
    const made = await makeKey(id, tenant.admin.key, { name: "On the server", scopes: ["read"] });
    expect(made.status).toBe(201);
    const { key } = await made.json<{ key: string }>();
    const me = await service.get("/v1/users/me", key);
    expect(await me.json()).toMatchObject({ id, email: null, current_tenant_role: "USER" });
    const definition = `/v1/workflow-definitions/${tenant.definitionId}`;
    expect((await service.get(definition, key)).status).toBe(404);
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE", { id, key });
    expect((await service.get(`/v1/path-parts/${tenant.outputsId}`, key)).status).toBe(200);

    const listed = await service.get(`/v1/users/${id}/api-keys`, tenant.owner.key);
    expect(await listed.json()).toMatchObject({ items: [{ name: "On the server", scopes: ["read"] }] });
    const hidden = await service.get(`/v1/users/${id}/api-keys`, tenant.user.key);
    expect(await hidden.json()).toEqual({ items: [] });
  });

  it("needs a first name and the role USER", async () => {
    const tenant = await createTenant(service.database);
    for (const body of [{ role: "USER" }, { first_name: "Nightly", role: "ADMIN" }]) {
      const refused = await service.send("POST", usersPath(tenant), tenant.owner.key, body);
      expect([refused.status, await refused.json()]).toMatchObject([422, { detail: [{ loc: ["body", "email"] }] }]);
    }
  });

  it("is the only one whose keys others make: not a person, not an ADMIN, and nobody of another tenant", async () => {
    const [tenant, other] = [await createTenant(service.database), await createTenant(service.database)];
    const id = await add(tenant);
    const statuses = [
      (await makeKey(tenant.user.id, tenant.owner.key)).status,
      (await makeKey(tenant.admin.id, tenant.owner.key)).status,
      (await makeKey(id, tenant.user.key)).status,
      (await makeKey(id, other.owner.key)).status,
    ];
    expect(statuses).toEqual([403, 403, 404, 404]);
    const { sql } = service.database;
    await sql`update users set email = null, role = 'ADMIN' where id = ${tenant.admin.id}`;
    expect((await makeKey(tenant.admin.id, tenant.owner.key)).status).toBe(403);
    await sql`insert into logins (id, tenant_id, user_id, iss, sub) values (${crypto.randomUUID()}, ${tenant.id}, ${id}, 'https://x', 's')`;
    expect((await makeKey(id, tenant.owner.key)).status).toBe(403);
  });

  it("has at most as many keys as any user, which its makers revoke", async () => {
    const tenant = await createTenant(service.database);
    const id = await add(tenant);
    const { id: keyId, key } = await (await makeKey(id, tenant.admin.key)).json<{ id: string; key: string }>();
    expect((await service.send("DELETE", `/v1/api-keys/${keyId}`, tenant.admin.key)).status).toBe(204);
    expect((await service.get("/v1/users/me", key)).status).toBe(401);
  });
});
