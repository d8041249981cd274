import { describe, expect, it } from "vitest";
import { MAX_PERMISSIONS } from "../../src/people/refusals.ts";
import { contractFaults } from "../support/contract.ts";
import { insertParts } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant, type TestUser } from "../support/tenant.ts";

type Capability = "READ_ONLY" | "READ_WRITE";
type Permission = { id: string; materialized_path: string; capability: Capability; path_part_id: string };
type Page = { items: Permission[]; total: number; limit: number; offset: number };

const service = await startService();

async function tenantWith(paths: string[]) {
  const tenant = await createTenant(service.database);
  const tree = await insertParts(service.database, tenant, paths);
  const post = (path: string, capability: Capability, by: TestUser = tenant.owner, to: TestUser = tenant.user) =>
    service.send("POST", "/v1/user-permissions", by.key, {
      tenant_id: tenant.id,
      user_id: to.id,
      path_part_id: tree.idOf(path),
      capability,
    });
  const give = async (path: string, capability: Capability, by?: TestUser, to?: TestUser): Promise<Permission> => {
    const response = await post(path, capability, by, to);
    expect([path, response.status]).toEqual([path, 201]);
    return response.json<Permission>();
  };
  /** The status of a change of a permission, and the detail of a problem. */
  const patch = async (id: string, change: Record<string, unknown>, by: TestUser = tenant.owner) => {
    const response = await service.send("PATCH", `/v1/user-permissions/${id}?tenant_id=${tenant.id}`, by.key, change);
    return { status: response.status, ...(await response.json<Partial<Permission> & { detail?: unknown }>()) };
  };
  const remove = async (id: string, by: TestUser = tenant.owner, tenantId = tenant.id) =>
    (await service.send("DELETE", `/v1/user-permissions/${id}?tenant_id=${tenantId}`, by.key)).status;
  const canRead = async (path: string) =>
    (await service.get(`/v1/path-parts/${tree.idOf(path)}`, tenant.user.key)).status === 200;
  return { tenant, tree, post, give, patch, remove, canRead };
}

const listPath = (tenant: TestTenant, user: TestUser, more = "") =>
  `/v1/user-permissions?tenant_id=${tenant.id}&user_id=${user.id}${more}`;

async function list(tenant: TestTenant, user: TestUser, by: TestUser, more = ""): Promise<Page> {
  const response = await service.get(listPath(tenant, user, more), by.key);
  expect(response.status).toBe(200);
  const page = await response.json<Page>();
  expect(contractFaults("list_user_permissions", 200, page)).toEqual([]);
  return page;
}

const detailOf = async (response: Response) => [response.status, (await response.json<{ detail: unknown }>()).detail];

describe("GET /v1/user-permissions", () => {
  it("lists a user's permissions by path, in pages with an exact total, to OWNER, ADMIN and the user", async () => {
    const { tenant, give } = await tenantWith(["/b", "/a", "/a/c"]);
    await give("/b", "READ_WRITE");
    await give("/a/c", "READ_ONLY");
    await give("/a", "READ_ONLY");
    await give("/b", "READ_ONLY", tenant.owner, tenant.admin);
    for (const by of [tenant.owner, tenant.admin, tenant.user]) {
      const page = await list(tenant, tenant.user, by);
      expect(page).toMatchObject({ total: 3, limit: 20, offset: 0 });
      expect(page.items.map(({ materialized_path, capability }) => [materialized_path, capability])).toEqual([
        ["/a", "READ_ONLY"],
        ["/a/c", "READ_ONLY"],
        ["/b", "READ_WRITE"],
      ]);
    }
    const second = await list(tenant, tenant.user, tenant.user, "&limit=1&offset=1");
    expect(second).toMatchObject({ items: [{ materialized_path: "/a/c" }], total: 3, limit: 1, offset: 1 });
  });

  it("answers 404 for a USER's colleague, an unknown user and another tenant, in the same words", async () => {
    const { tenant } = await tenantWith([]);
    const other = await createTenant(service.database);
    const problem = async (path: string, by: TestUser) => {
      const response = await service.get(path, by.key);
      return { ...(await response.json<Record<string, unknown>>()), request_id: "" };
    };
    const unknown = await problem(listPath(tenant, { ...tenant.user, id: crypto.randomUUID() }), tenant.owner);
    expect(unknown).toMatchObject({ status: 404 });
    expect(await problem(listPath(tenant, tenant.admin), tenant.user)).toEqual(unknown);
    expect(await problem(listPath(tenant, other.user), tenant.owner)).toEqual(unknown);
    expect(await problem(listPath(other, other.user), tenant.owner)).toEqual(unknown);
    expect(await problem(listPath(other, tenant.user), tenant.owner)).toEqual(unknown);
  });

  it("needs a user id", async () => {
    const { tenant } = await tenantWith([]);
    const response = await service.get("/v1/user-permissions?tenant_id=7", tenant.owner.key);
    const body = await response.json<{ detail: { loc: string[]; type: string }[] }>();
    expect(contractFaults("list_user_permissions", 422, body)).toEqual([]);
    expect(body.detail.map(({ loc, type }) => [loc.join("."), type])).toEqual([
      ["query.tenant_id", "uuid_parsing"],
      ["query.user_id", "missing"],
    ]);
  });
});

describe("POST /v1/user-permissions", () => {
  it("gives access to a part and everything below it, at once, matching whole names", async () => {
    const { tenant, tree, post, give, canRead } = await tenantWith(["/a", "/a/b", "/a/b/c", "/ab", "/a-b"]);
    expect(await canRead("/a/b")).toBe(false);

    const response = await post("/a", "READ_ONLY", tenant.admin);
    expect(response.status).toBe(201);
    const body = await response.json<Permission>();
    expect(contractFaults("create_user_permission", 201, body)).toEqual([]);
    expect(body).toMatchObject({
      tenant_id: tenant.id,
      user_id: tenant.user.id,
      path_part_id: tree.idOf("/a"),
      materialized_path: "/a",
      capability: "READ_ONLY",
    });

    for (const path of ["/a", "/a/b", "/a/b/c"]) expect([path, await canRead(path)]).toEqual([path, true]);
    for (const path of ["/ab", "/a-b"]) expect([path, await canRead(path)]).toEqual([path, false]);
    const rename = async (path: string) =>
      (await service.send("PATCH", `/v1/path-parts/${tree.idOf(path)}`, tenant.user.key, { name: "z" })).status;
    expect(await rename("/a/b/c")).toBe(403);
    await give("/a/b", "READ_WRITE");
    expect(await rename("/a/b/c")).toBe(200);
  });

  it("refuses a permission that another one on the part or above already covers, and names that one", async () => {
    const { post, give, tenant } = await tenantWith(["/a", "/a/b", "/a/b/c", "/ab", "/w", "/w/x"]);
    await give("/a/b", "READ_ONLY");
    await give("/w", "READ_WRITE");
    const covered = (path: string) => [409, `The user's ${path} covers that already.`];

    expect(await detailOf(await post("/a/b/c", "READ_ONLY"))).toEqual(covered("READ_ONLY permission on /a/b"));
    expect(await detailOf(await post("/w/x", "READ_ONLY"))).toEqual(covered("READ_WRITE permission on /w"));
    expect(await detailOf(await post("/w/x", "READ_WRITE"))).toEqual(covered("READ_WRITE permission on /w"));
    const onPart = "The user has a READ_ONLY permission on /a/b already. Change that one.";
    expect(await detailOf(await post("/a/b", "READ_ONLY"))).toEqual([409, onPart]);
    expect(await detailOf(await post("/a/b", "READ_WRITE"))).toEqual([409, onPart]);

    // More than what is above, wider than what is below, beside it, or for somebody else: no permission covers these.
    await give("/a/b/c", "READ_WRITE");
    await give("/a", "READ_ONLY");
    await give("/ab", "READ_ONLY");
    await give("/w/x", "READ_ONLY", tenant.owner, tenant.admin);
  });

  it("answers 422 for a user and a part that are not in the tenant, both at once", async () => {
    const { tenant } = await tenantWith([]);
    const other = await createTenant(service.database);
    const response = await service.send("POST", "/v1/user-permissions", tenant.owner.key, {
      tenant_id: tenant.id,
      user_id: other.user.id,
      path_part_id: other.sourcesId,
      capability: "READ_ONLY",
    });
    const body = await response.json<{ detail: { loc: string[] }[] }>();
    expect(response.status).toBe(422);
    expect(contractFaults("create_user_permission", 422, body)).toEqual([]);
    expect(body.detail.map(({ loc }) => loc)).toEqual([
      ["body", "user_id"],
      ["body", "path_part_id"],
    ]);
  });

  it("creates one permission when the same one is requested twice at once", async () => {
    const { post } = await tenantWith(["/a", "/a/b"]);
    const responses = await Promise.all([post("/a", "READ_WRITE"), post("/a", "READ_WRITE")]);
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409]);
    const below = await Promise.all([post("/a/b", "READ_ONLY"), post("/a/b", "READ_ONLY")]);
    expect(below.map(({ status }) => status)).toEqual([409, 409]);
  });

  it(`gives a user at most ${MAX_PERMISSIONS} permissions, however many are asked for at once`, async () => {
    const paths = Array.from({ length: MAX_PERMISSIONS + 3 }, (_, n) => `/g${n}`);
    const { tenant, post, patch, remove } = await tenantWith(paths);
    const responses = await Promise.all(paths.map((path) => post(path, "READ_ONLY")));
    const made = responses.filter(({ status }) => status === 201);
    expect(made).toHaveLength(MAX_PERMISSIONS);
    for (const response of responses.filter(({ status }) => status !== 201)) {
      expect(await detailOf(response)).toEqual([409, expect.stringContaining("50 permissions already")]);
    }
    const first = await made[0]?.json<Permission>();
    expect(await patch(first?.id ?? "", { capability: "READ_WRITE" })).toMatchObject({ status: 200 });
    expect((await post("/g0", "READ_ONLY", tenant.owner, tenant.admin)).status).toBe(201);
    expect(await remove(first?.id ?? "")).toBe(204);
    const { total } = await list(tenant, tenant.user, tenant.user);
    expect(total).toBe(MAX_PERMISSIONS - 1);
  });

  it("never fails with 500 for a part that is deleted at the same moment", async () => {
    for (let time = 0; time < 5; time++) {
      const { tenant, tree, post } = await tenantWith(["/a"]);
      const [given, deleted] = await Promise.all([
        post("/a", "READ_ONLY"),
        service.send("DELETE", `/v1/path-parts/${tree.idOf("/a")}`, tenant.owner.key),
      ]);
      expect(deleted.status).toBe(204);
      expect([201, 404, 422]).toContain(given.status);
      expect((await list(tenant, tenant.user, tenant.user)).total).toBe(0);
    }
  });
});

describe("a permission", () => {
  it("follows its part when that is moved or renamed, or moved away from under another", async () => {
    const { tenant, tree, give, canRead } = await tenantWith(["/a", "/a/b", "/a/b/c", "/z"]);
    const { id } = await give("/a/b", "READ_ONLY");
    const move = (path: string, change: Record<string, unknown>) =>
      service.send("PATCH", `/v1/path-parts/${tree.idOf(path)}`, tenant.owner.key, change);

    expect((await move("/a/b", { parent_path_id: tree.idOf("/z"), name: "moved" })).status).toBe(200);
    expect(await canRead("/a/b/c")).toBe(true);
    expect((await list(tenant, tenant.user, tenant.user)).items).toMatchObject([
      { id, materialized_path: "/z/moved", path_part_id: tree.idOf("/a/b") },
    ]);

    expect((await move("/a/b/c", { parent_path_id: tree.idOf("/a") })).status).toBe(200);
    expect(await canRead("/a/b/c")).toBe(false);
  });
});

describe("PATCH /v1/user-permissions/{permission_id}", () => {
  it("changes the capability, the part or both; values that are missing, null or equal change nothing", async () => {
    const { tree, give, patch, canRead } = await tenantWith(["/a", "/b"]);
    const { id } = await give("/a", "READ_ONLY");

    const { status, ...changed } = await patch(id, { capability: "READ_WRITE" });
    expect([status, contractFaults("update_user_permission", 200, changed)]).toEqual([200, []]);
    expect(changed).toMatchObject({ materialized_path: "/a", capability: "READ_WRITE" });
    for (const same of [{}, { path_part_id: null, capability: null }, { capability: "READ_WRITE" }]) {
      expect(await patch(id, same)).toEqual({ status: 200, ...changed });
    }
    expect(await patch(id, { path_part_id: tree.idOf("/b"), capability: "READ_ONLY" })).toMatchObject({
      status: 200,
      materialized_path: "/b",
      capability: "READ_ONLY",
    });
    expect([await canRead("/a"), await canRead("/b")]).toEqual([false, true]);
  });

  it("refuses what another permission covers, and a part that is not in the tenant", async () => {
    const { tenant, tree, give, patch } = await tenantWith(["/a", "/a/b", "/c"]);
    const other = await createTenant(service.database);
    await give("/a", "READ_ONLY");
    const below = await give("/a/b", "READ_WRITE");
    const beside = await give("/c", "READ_ONLY");
    expect(await patch(below.id, { capability: "READ_ONLY" })).toMatchObject({
      status: 409,
      detail: "The user's READ_ONLY permission on /a covers that already.",
    });
    expect(await patch(beside.id, { path_part_id: tree.idOf("/a/b") })).toMatchObject({ status: 409 });
    expect(await patch(beside.id, { path_part_id: other.sourcesId })).toMatchObject({
      status: 422,
      detail: [{ loc: ["body", "path_part_id"] }],
    });
    expect((await list(tenant, tenant.user, tenant.user)).items).toMatchObject([
      { materialized_path: "/a", capability: "READ_ONLY" },
      { materialized_path: "/a/b", capability: "READ_WRITE" },
      { materialized_path: "/c", capability: "READ_ONLY" },
    ]);
  });
});

describe("DELETE /v1/user-permissions/{permission_id}", () => {
  it("ends the permission at once", async () => {
    const { give, remove, canRead } = await tenantWith(["/a"]);
    const { id } = await give("/a", "READ_WRITE");
    expect(await canRead("/a")).toBe(true);
    expect(await remove(id)).toBe(204);
    expect(await canRead("/a")).toBe(false);
    expect(await remove(id)).toBe(404);
  });
});

describe("the operations on permissions", () => {
  it("are 403 to a USER on their own, 404 on others' and other tenants'", async () => {
    const { tenant, post, give, patch, remove } = await tenantWith(["/a"]);
    const other = await tenantWith(["/a"]);
    const own = await give("/a", "READ_ONLY");
    const admins = await give("/a", "READ_ONLY", tenant.owner, tenant.admin);
    const foreign = await other.give("/a", "READ_ONLY");

    const needed = "You need the role OWNER or ADMIN.";
    expect(await detailOf(await post("/a", "READ_WRITE", tenant.user))).toEqual([403, needed]);
    expect(await patch(own.id, { capability: "READ_WRITE" }, tenant.user)).toMatchObject({
      status: 403,
      detail: needed,
    });
    expect(await remove(own.id, tenant.user)).toBe(403);
    expect(await patch(admins.id, {}, tenant.user)).toMatchObject({ status: 404 });
    expect(await remove(admins.id, tenant.user)).toBe(404);

    expect((await other.post("/a", "READ_ONLY", tenant.owner)).status).toBe(404);
    for (const id of [foreign.id, crypto.randomUUID()]) {
      expect(await patch(id, { capability: "READ_WRITE" })).toMatchObject({ status: 404 });
      expect(await other.patch(id, {}, tenant.owner)).toMatchObject({ status: 404 });
      expect(await remove(id)).toBe(404);
      expect(await remove(id, tenant.owner, other.tenant.id)).toBe(404);
    }
    expect(await remove(own.id, tenant.owner, other.tenant.id)).toBe(404);
    expect((await list(other.tenant, other.tenant.user, other.tenant.user)).total).toBe(1);
    expect((await list(tenant, tenant.user, tenant.user)).items).toMatchObject([{ capability: "READ_ONLY" }]);
  });
});
