import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

type Part = Record<string, unknown> & { path_part_id: string; materialized_path: string };
type Page = { items: Part[]; total: number; limit: number; offset: number };

const service = await startService();

/** What `createTenant` puts at the root, folders first. */
const ROOTS = ["/outputs", "/sources", "/workflows", "/instructions.md"];

async function list(key: string, query: Record<string, string> = {}): Promise<Page> {
  const response = await service.get(`/v1/path-parts?${new URLSearchParams(query)}`, key);
  expect(response.status).toBe(200);
  const page = await response.json<Page>();
  expect(contractFaults("list_path_parts", 200, page)).toEqual([]);
  return page;
}

const pathsOf = (page: Page) => page.items.map((part) => part.materialized_path);

async function tenantWith(paths: string[]) {
  const tenant = await createTenant(service.database);
  return { tenant, tree: await insertParts(service.database, tenant, paths) };
}

describe("GET /v1/path-parts/{path_part_id}", () => {
  it("answers a part as the contract has it, and what the caller may do with it", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/a/b", "/c"]);
    await permit(service.database, tenant, tree.idOf("/a"), "READ_ONLY");
    await permit(service.database, tenant, tree.idOf("/c"), "READ_WRITE");
    const read = async (path: string, key: string) => {
      const response = await service.get(`/v1/path-parts/${tree.idOf(path)}`, key);
      expect(response.status).toBe(200);
      const part = await response.json<Part>();
      expect(contractFaults("get_path_part", 200, part)).toEqual([]);
      return part;
    };

    const part = await read("/a/b", tenant.user.key);
    expect(part).toEqual({
      path_part_id: tree.idOf("/a/b"),
      name: "b",
      part_type: "FOLDER",
      parent_path_id: tree.idOf("/a"),
      metadata_obj_id: null,
      materialized_path: "/a/b",
      system_managed: false,
      can_read: true,
      can_write: false,
      created_at: expect.any(String),
      updated_at: part.created_at,
    });
    expect(await read("/c", tenant.user.key)).toMatchObject({ can_read: true, can_write: true, parent_path_id: null });
    expect(await read("/a/b", tenant.admin.key)).toMatchObject({ can_read: true, can_write: true });
  });

  it("answers 404 with the same text for parts without a permission, matching whole names, and for parts of another tenant", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/ab", "/a-b", "/b", "/b/a"]);
    const other = await tenantWith(["/a"]);
    await permit(service.database, tenant, tree.idOf("/a"), "READ_WRITE");
    const read = async (id: string, key: string) => {
      const response = await service.get(`/v1/path-parts/${id}`, key);
      const { request_id: _, ...body } = await response.json<Record<string, unknown>>();
      return [response.status, body.status === 404 && body];
    };
    const unknown = await read("00000000-0000-0000-0000-000000000000", tenant.user.key);

    expect(unknown[0]).toBe(404);
    expect((await read(tree.idOf("/a"), tenant.user.key))[0]).toBe(200);
    for (const path of ["/ab", "/a-b", "/b", "/b/a"]) {
      expect([path, ...(await read(tree.idOf(path), tenant.user.key))]).toEqual([path, ...unknown]);
    }
    expect(await read(other.tree.idOf("/a"), tenant.owner.key)).toEqual(unknown);
  });

  it("marks the parts that only the service changes", async () => {
    const { tenant, tree } = await tenantWith(["/a"]);
    const { sql } = service.database;
    const [node] = await sql`select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    const read = async (id: string) => (await service.get(`/v1/path-parts/${id}`, tenant.owner.key)).json<Part>();
    expect(await read(tree.idOf("/a"))).toMatchObject({ system_managed: false });
    expect(await read(node?.path_part_id)).toMatchObject({ system_managed: true, part_type: "WORKFLOW_DEFINITION" });
  });

  it("costs one database request, answers 304 while nothing changes, and 401 and 422 as everywhere", async () => {
    const { tenant, tree } = await tenantWith(["/a"]);
    const path = `/v1/path-parts/${tree.idOf("/a")}`;
    const etag = (await service.get(path, tenant.owner.key)).headers.get("etag") ?? "";
    const cases: [string, string, number, number, Record<string, string>?][] = [
      [path, tenant.owner.key, 200, 1],
      [path, tenant.owner.key, 304, 1, { "If-None-Match": etag }],
      [path, tenant.user.key, 404, 1],
      [path, "wr_made_up", 401, 1],
      ["/v1/path-parts/42", tenant.owner.key, 422, 0],
    ];
    for (const [url, key, status, requests, headers] of cases) {
      const [response, count] = await service.counted(() => service.get(url, key, headers));
      expect([response.status, count]).toEqual([status, requests]);
    }
    await service.database
      .sql`update path_parts set name = 'z', materialized_path = '/z' where id = ${tree.idOf("/a")}`;
    expect((await service.get(path, tenant.owner.key, { "If-None-Match": etag })).status).toBe(200);
  });
});

describe("GET /v1/path-parts", () => {
  it("lists the tenant's roots to OWNER and ADMIN, folders first, and nothing of another tenant", async () => {
    const { tenant } = await tenantWith(["/b", "/b/c", "/a.md"]);
    await tenantWith(["/d"]);
    for (const { key } of [tenant.owner, tenant.admin]) {
      const page = await list(key);
      expect(pathsOf(page)).toEqual(["/b", "/outputs", "/sources", "/workflows", "/a.md", "/instructions.md"]);
      expect(page).toMatchObject({ total: 6, limit: 20, offset: 0 });
      expect(page.items.every((part) => part.can_write === true)).toBe(true);
    }
    for (const parent of ["", "null"]) expect((await list(tenant.owner.key, { parent_path_id: parent })).total).toBe(6);
  });

  it("lists to a USER the topmost parts that they have a permission on, wherever they lie, and what is below by depth", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/a/b", "/a/b/c", "/a/b/c/d", "/ab", "/x", "/x/y", "/x/y.md"]);
    expect(await list(tenant.user.key)).toEqual({ items: [], total: 0, limit: 20, offset: 0 });

    await permit(service.database, tenant, tree.idOf("/a/b"), "READ_ONLY");
    await permit(service.database, tenant, tree.idOf("/a/b/c"), "READ_WRITE");
    await permit(service.database, tenant, tree.idOf("/x"), "READ_ONLY");

    const tops = await list(tenant.user.key);
    expect(pathsOf(tops)).toEqual(["/x", "/a/b"]);
    expect(tops.total).toBe(2);
    const deep = await list(tenant.user.key, { max_depth: "2" });
    expect(pathsOf(deep)).toEqual(["/x", "/a/b", "/x/y", "/x/y.md", "/a/b/c"]);
    expect(deep.total).toBe(5);
    expect(deep.items.map((part) => part.can_write)).toEqual([false, false, false, false, true]);
  });

  it("lists what is below a parent down to max_depth, but not a sibling with the same beginning of its name", async () => {
    const { tenant, tree } = await tenantWith([
      ...["/a", "/a-b", "/a-b/x", "/a.md", "/ab", "/ab/x", "/a/c.md", "/a/b", "/a/c.md/v1", "/a/b/d", "/a/b/d/e"],
    ]);
    const below = async (query: Record<string, string>, key = tenant.owner.key) =>
      pathsOf(await list(key, { parent_path_id: tree.idOf("/a"), ...query }));

    expect(await below({})).toEqual(["/a/b", "/a/c.md"]);
    expect(await below({ max_depth: "2" })).toEqual(["/a/b", "/a/c.md", "/a/b/d", "/a/c.md/v1"]);
    const all = ["/a/b", "/a/c.md", "/a/b/d", "/a/c.md/v1", "/a/b/d/e"];
    expect(await below({ max_depth: "3" })).toEqual(all);
    expect(await below({ max_depth: String(Number.MAX_SAFE_INTEGER) })).toEqual(all);
    expect(await below({ parent_path_id: tree.idOf("/a/b/d/e") })).toEqual([]);
    expect(pathsOf(await list(tenant.owner.key, { max_depth: "2" }))).toEqual(
      expect.arrayContaining([...ROOTS, "/a", "/a/b", "/a-b/x"]),
    );

    await permit(service.database, tenant, tree.idOf("/a"), "READ_ONLY");
    expect(await below({ max_depth: "9" }, tenant.user.key)).toEqual(all);
  });

  it("sorts by the requested order, and by the id when all else is equal", async () => {
    const { tenant, tree } = await tenantWith(["/p", "/p/b", "/p/a.md", "/p/c", "/p/b/a"]);
    const { sql } = service.database;
    const age = (path: string, created: number, updated: number) => sql`
      update path_parts set created_at = '2026-01-01'::timestamptz + make_interval(secs => ${created}),
        updated_at = '2026-02-01'::timestamptz + make_interval(secs => ${updated})
      where id = ${tree.idOf(path)}`;
    await Promise.all([age("/p/b", 3, 1), age("/p/a.md", 1, 3), age("/p/c", 2, 2), age("/p/b/a", 2, 2)]);
    const sorted = async (order: string) =>
      pathsOf(await list(tenant.owner.key, { parent_path_id: tree.idOf("/p"), max_depth: "2", sort_order: order })).map(
        (path) => path.slice("/p/".length),
      );

    expect(await sorted("LOGICAL")).toEqual(["b", "c", "a.md", "b/a"]);
    expect(await sorted("NAME")).toEqual(["b/a", "a.md", "b", "c"]);
    expect(await sorted("UPDATED_AT")).toEqual(["a.md", "b/a", "c", "b"]);
    expect(await sorted("CREATED_AT")).toEqual(["b", "b/a", "c", "a.md"]);
  });

  it("pages with an exact total, also beyond the end", async () => {
    const names = Array.from({ length: 25 }, (_, n) => `/p/${String(n).padStart(2, "0")}`);
    const { tenant, tree } = await tenantWith(["/p", ...names]);
    const query = { parent_path_id: tree.idOf("/p"), sort_order: "NAME" };

    const pages = await Promise.all(
      ["0", "10", "20", "30"].map((offset) => list(tenant.owner.key, { ...query, limit: "10", offset })),
    );

    expect(pages.flatMap(pathsOf)).toEqual(names);
    expect(pages.map((page) => [page.items.length, page.total, page.limit, page.offset])).toEqual([
      [10, 25, 10, 0],
      [10, 25, 10, 10],
      [5, 25, 10, 20],
      [0, 25, 10, 30],
    ]);
  });

  it("answers 404 for a parent that does not exist, may not be seen, or is of another tenant", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/ab"]);
    const other = await tenantWith(["/a"]);
    await permit(service.database, tenant, tree.idOf("/a"), "READ_ONLY");
    const cases: [string, string, number][] = [
      [tree.idOf("/a"), tenant.user.key, 200],
      [tree.idOf("/ab"), tenant.user.key, 404],
      [tree.idOf("/ab"), tenant.owner.key, 200],
      [other.tree.idOf("/a"), tenant.owner.key, 404],
      ["00000000-0000-0000-0000-000000000000", tenant.owner.key, 404],
    ];
    for (const [parent, key, status] of cases) {
      for (const depth of [1, 2]) {
        const response = await service.get(`/v1/path-parts?parent_path_id=${parent}&max_depth=${depth}`, key);
        expect([parent, response.status]).toEqual([parent, status]);
      }
    }
  });

  it("answers 422 that lists every wrong parameter", async () => {
    const { tenant } = await tenantWith([]);
    const response = await service.get(
      "/v1/path-parts?parent_path_id=42&max_depth=0&sort_order=SIZE&limit=101&offset=-1",
      tenant.owner.key,
    );
    expect(response.status).toBe(422);
    const body = await response.json<{ detail: { loc: string[]; type: string }[] }>();
    expect(contractFaults("list_path_parts", 422, body)).toEqual([]);
    expect(Object.fromEntries(body.detail.map(({ loc, type }) => [loc.join("."), type]))).toEqual({
      "query.parent_path_id": "uuid_parsing",
      "query.max_depth": "greater_than_equal",
      "query.sort_order": "enum",
      "query.limit": "less_than_equal",
      "query.offset": "greater_than_equal",
    });
  });

  it("costs one database request whatever it answers, for a USER with 50 permissions too", async () => {
    const folders = Array.from({ length: 50 }, (_, n) => `/g${n}`);
    const { tenant, tree } = await tenantWith(folders);
    await Promise.all(folders.map((path) => permit(service.database, tenant, tree.idOf(path), "READ_WRITE")));
    const etag = (await service.get("/v1/path-parts", tenant.owner.key)).headers.get("etag") ?? "";
    const cases: [string, string, number, Record<string, string>?][] = [
      ["", tenant.owner.key, 200],
      ["", tenant.owner.key, 304, { "If-None-Match": etag }],
      ["", tenant.user.key, 200],
      ["?max_depth=3", tenant.user.key, 200],
      [`?parent_path_id=${tree.idOf("/g7")}`, tenant.user.key, 200],
      [`?parent_path_id=${tenant.id}`, tenant.user.key, 404],
      ["", "wr_made_up", 401],
    ];
    for (const [query, key, status, headers] of cases) {
      const [response, count] = await service.counted(() => service.get(`/v1/path-parts${query}`, key, headers));
      expect([query, response.status, count]).toEqual([query, status, 1]);
    }
    expect((await list(tenant.user.key)).total).toBe(50);
  });
});
