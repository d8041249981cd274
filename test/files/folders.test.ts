import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/client.ts";
import { generateApiKey } from "../../src/http/credentials/api-key.ts";
import { createTenant as createRealTenant } from "../../src/people/tenants.ts";
import { performAsOperator } from "../../src/verbs/perform.ts";
import { contractFaults } from "../support/contract.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

type Folder = { id: string; path_part_id: string; materialized_path: string; parent_path_part_id: string | null };
type Page = { items: Folder[]; total: number; limit: number; offset: number };

const service = await startService();

async function list(key: string, query: Record<string, string> = {}): Promise<Page> {
  const response = await service.get(`/v1/folders?${new URLSearchParams(query)}`, key);
  expect(response.status).toBe(200);
  const page = await response.json<Page>();
  expect(contractFaults("list_folders", 200, page)).toEqual([]);
  return page;
}

const pathsOf = ({ items }: Page) => items.map(({ materialized_path }) => materialized_path);

async function tenantWith(paths: string[]) {
  const tenant = await createTenant(service.database);
  return { tenant, tree: await insertParts(service.database, tenant, paths) };
}

describe("GET /v1/folders", () => {
  it("lists the folders at the top, and those in a folder, and no other kind of part", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/a/z", "/a/b", "/a/c.md", "/a/b/d"]);
    const tops = await list(tenant.owner.key);
    expect(pathsOf(tops)).toEqual(["/a", "/outputs", "/sources", "/workflows"]);
    expect(tops).toMatchObject({ total: 4, limit: 20, offset: 0 });
    expect(pathsOf(await list(tenant.owner.key, { parent_path_part_id: "" }))).toEqual(pathsOf(tops));
    const below = { parent_path_part_id: tree.idOf("/a") };
    expect(pathsOf(await list(tenant.owner.key, below))).toEqual(["/a/b", "/a/z"]);
    expect(pathsOf(await list(tenant.owner.key, { ...below, sort_order: "NAME", limit: "1", offset: "1" }))).toEqual([
      "/a/z",
    ]);
  });

  it("lists to a USER the topmost folders that they have a permission on, and answers 404 for other parents", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/a/b", "/a/b/c", "/a/d.md", "/e"]);
    await permit(service.database, tenant, tree.idOf("/a/b"), "READ_ONLY");
    await permit(service.database, tenant, tree.idOf("/a/d.md"), "READ_ONLY");
    expect(pathsOf(await list(tenant.user.key))).toEqual(["/a/b"]);
    expect(pathsOf(await list(tenant.user.key, { parent_path_part_id: tree.idOf("/a/b") }))).toEqual(["/a/b/c"]);
    for (const path of ["/a", "/e", "/a/d.md"]) {
      const response = await service.get(`/v1/folders?parent_path_part_id=${tree.idOf(path)}`, tenant.user.key);
      expect([path, response.status]).toEqual([path, 404]);
    }
  });

  it("begins, in a tenant that create-tenant has made, with a folder in which a client can build a tree", async () => {
    const { key, hash, suffix } = await generateApiKey("one");
    const db = openDatabase({
      databaseUrl: service.database.url,
      neonFetchEndpoint: service.database.sqlEndpoint,
      databaseTimeoutSeconds: 30,
    });
    await performAsOperator(db, createRealTenant, {
      id: uuid(),
      name: "Acme",
      workflowsFolderId: uuid(),
      rootFolderId: uuid(),
      owner: { id: uuid(), email: "owner@acme.example" },
      apiKey: { id: uuid(), name: "First key", hash, suffix },
    });
    const [root] = (await list(key)).items;
    expect(root).toMatchObject({ materialized_path: "/shared", system_managed: false });
    const body = { name: "reports", parent_path_part_id: root?.id };
    expect((await service.send("POST", "/v1/folders", key, body)).status).toBe(201);
  });
});

describe("a folder", () => {
  it("is created, read, renamed, moved and deleted, as the contract has it", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/b"]);
    const send = (method: string, path: string, body?: unknown) => service.send(method, path, tenant.owner.key, body);
    const created = await send("POST", "/v1/folders", { name: "new", parent_path_part_id: tree.idOf("/a") });
    const folder = await created.json<Folder>();
    expect(created.status).toBe(201);
    expect(contractFaults("create_folder", 201, folder)).toEqual([]);
    expect(folder).toMatchObject({
      part_type: "FOLDER",
      path_part_id: folder.id,
      name: "new",
      parent_path_part_id: tree.idOf("/a"),
      materialized_path: "/a/new",
      system_managed: false,
      tenant_id: tenant.id,
    });

    const path = `/v1/folders/${folder.id}`;
    const read = await (await send("GET", path)).json();
    expect(contractFaults("get_folder", 200, read)).toEqual([]);
    expect(read).toEqual(folder);
    expect(await (await send("GET", `/v1/path-parts/${folder.id}`)).json()).toMatchObject({
      materialized_path: "/a/new",
    });

    const renamed = await send("PATCH", path, { name: "old", parent_path_part_id: null });
    const body = await renamed.json();
    expect(contractFaults("update_folder", 200, body)).toEqual([]);
    expect(body).toMatchObject({ materialized_path: "/a/old" });
    const moved = await send("PATCH", path, { name: null, parent_path_part_id: tree.idOf("/b") });
    expect(await moved.json()).toMatchObject({ materialized_path: "/b/old", parent_path_part_id: tree.idOf("/b") });
    expect(await (await send("PATCH", path, {})).json()).toMatchObject({ materialized_path: "/b/old" });

    expect([(await send("DELETE", path)).status, (await send("GET", path)).status]).toEqual([204, 404]);
  });

  it("is not a document: a document's id is 404 for reading, changing and deleting, and 422 as the parent", async () => {
    const { tenant, tree } = await tenantWith(["/a", "/a/b.md"]);
    const path = `/v1/folders/${tree.idOf("/a/b.md")}`;
    for (const [method, body] of [["GET"], ["PATCH", { name: "c" }], ["DELETE"]] as const) {
      expect([method, (await service.send(method, path, tenant.owner.key, body)).status]).toEqual([method, 404]);
    }
    const body = { name: "new", parent_path_part_id: tree.idOf("/a/b.md") };
    const response = await service.send("POST", "/v1/folders", tenant.owner.key, body);
    const { detail } = await response.json<{ detail: { loc: string[] }[] }>();
    expect([response.status, detail.map(({ loc }) => loc)]).toEqual([422, [["body", "parent_path_part_id"]]]);
    expect((await service.get(`/v1/path-parts/${tree.idOf("/a/b.md")}`, tenant.owner.key)).status).toBe(200);
  });
});
