/** Creating, renaming and moving parts of the tree. Each refusal is reached in test/db/outcomes.deep.test.ts. */
import { describe, expect, it } from "vitest";
import { insertParts, permit, readPaths } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();

const ROOTS = ["/instructions.md", "/outputs", "/sources", "/workflows"];

async function tenantWith(paths: string[]) {
  const tenant = await createTenant(service.database);
  const tree = await insertParts(service.database, tenant, paths);
  const change = (path: string, body: object, key = tenant.owner.key) =>
    service.send("PATCH", `/v1/path-parts/${tree.idOf(path)}`, key, body);
  const pathsNow = async () =>
    (await readPaths(service.database, tenant)).filter((path) => !ROOTS.some((root) => path.startsWith(root)));
  return { tenant, tree, change, readPaths: pathsNow };
}

const problemOf = async (response: Response) => {
  const { detail } = await response.json<{ detail: unknown }>();
  return [response.status, detail];
};

describe("PATCH /v1/path-parts/{path_part_id}", () => {
  it("changes the paths of everything below, but not those of siblings with the same beginning", async () => {
    const { tree, change, readPaths } = await tenantWith([
      ...["/a", "/a-b", "/a-b/x", "/a0", "/a.md", "/a/b", "/a/b/c.md", "/a/b/c.md/v1", "/d"],
    ]);
    expect((await change("/a", { name: "z", parent_path_id: tree.idOf("/d") })).status).toBe(200);
    expect(await readPaths()).toEqual([
      ...["/a-b", "/a-b/x", "/a.md", "/a0", "/d", "/d/z", "/d/z/b", "/d/z/b/c.md", "/d/z/b/c.md/v1"],
    ]);
  });

  it("dates the part itself only, and answers it as it is now", async () => {
    const { tenant, tree, change } = await tenantWith(["/a", "/a/b"]);
    await service.database.sql`
      update path_parts set created_at = '2026-01-01', updated_at = '2026-01-01' where tenant_id = ${tenant.id}`;
    const answer = await (await change("/a", { name: "z" })).json<Record<string, string>>();
    expect(answer).toMatchObject({ name: "z", materialized_path: "/z", created_at: "2026-01-01T00:00:00.000Z" });
    expect(answer.updated_at).not.toBe(answer.created_at);
    const read = async (path: string) =>
      (await service.get(`/v1/path-parts/${tree.idOf(path)}`, tenant.owner.key)).json();
    expect(await read("/a")).toEqual(answer);
    expect(await read("/a/b")).toMatchObject({ updated_at: "2026-01-01T00:00:00.000Z" });
  });

  it("lets a USER rename what they may write, and move it only where they may write", async () => {
    const { tenant, tree, change, readPaths } = await tenantWith(["/a", "/a/b", "/c"]);
    await permit(service.database, tenant, tree.idOf("/a/b"), "READ_WRITE");
    await permit(service.database, tenant, tree.idOf("/c"), "READ_ONLY");
    const byUser = (body: object) => change("/a/b", body, tenant.user.key);
    // The parent, which the user may not see, stays the same.
    expect((await byUser({ name: "z", parent_path_id: tree.idOf("/a") })).status).toBe(200);
    expect(await problemOf(await byUser({ parent_path_id: tree.idOf("/c") }))).toEqual([
      403,
      "You need write on the folder or document below which the part is put.",
    ]);
    expect(await problemOf(await byUser({ parent_path_id: null }))).toEqual([
      403,
      "Only an OWNER or ADMIN may put a part at the root.",
    ]);
    await service.database.sql`update user_permissions set capability = 'READ_WRITE' where tenant_id = ${tenant.id}`;
    expect((await byUser({ parent_path_id: tree.idOf("/c") })).status).toBe(200);
    expect(await readPaths()).toEqual(["/a", "/c", "/c/z"]);
  });

  it("refuses what would make a path below it too long, or put it below itself, and says at which field", async () => {
    // The longest path has 2,010 bytes.
    const chain = Array.from({ length: 9 }, (_, depth) => `/a${`/${"n".repeat(250)}`.repeat(depth)}`);
    const { tree, change } = await tenantWith([...chain, "/b"]);
    const faults = async (body: object) => {
      const response = await change("/a", body);
      const { detail = [] } = await response.json<{ detail?: { loc: string[]; type: string }[] }>();
      return [response.status, ...detail.map(({ loc, type }) => [loc.join("."), type])];
    };
    expect(await faults({ name: "a".repeat(40) })).toEqual([422, ["body.name", "string_too_long"]]);
    expect(await faults({ name: "a".repeat(39) })).toEqual([200]);
    expect(await faults({ parent_path_id: tree.idOf("/b") })).toEqual([422, ["body.parent_path_id", "value_error"]]);
    expect(await faults({ parent_path_id: tree.idOf(chain[2] ?? "") })).toEqual([
      422,
      ["body.parent_path_id", "value_error"],
    ]);
  });

  it("of two folders that are moved below each other at once moves only one", async () => {
    for (let round = 0; round < 5; round++) {
      const { tree, change, readPaths } = await tenantWith(["/a", "/b"]);
      const responses = await Promise.all([
        change("/a", { parent_path_id: tree.idOf("/b") }),
        change("/b", { parent_path_id: tree.idOf("/a") }),
      ]);
      expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 422]);
      expect([["/a", "/a/b"].join(), ["/b", "/b/a"].join()]).toContain((await readPaths()).join());
    }
  });
});

describe("POST /v1/path-parts", () => {
  it("creates a name once when several callers create it at once", async () => {
    const { tenant, readPaths } = await tenantWith([]);
    const body = { name: "new", part_type: "FOLDER", parent_path_id: null };
    const responses = await Promise.all(
      Array.from({ length: 5 }, () => service.send("POST", "/v1/path-parts", tenant.owner.key, body)),
    );
    expect(responses.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409]);
    expect(await readPaths()).toEqual(["/new"]);
  });
});
