import { beforeEach, describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { invokePath } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);
let href: string;

beforeEach(async () => {
  href = `/app/workflows/${tenant.definitionId}/people`;
});

const invokeAs = async (key: string) => (await service.send("POST", invokePath(tenant), key, {})).status;

const permissions = async (): Promise<string[]> => {
  const rows = await service.database.sql`
    select part.materialized_path || ' ' || held.capability as text
    from user_permissions held join path_parts part on part.id = held.path_part_id
    where held.user_id = ${tenant.user.id} order by text`;
  return rows.map(({ text }) => String(text));
};

describe("letting somebody run a workflow", () => {
  it("gives exactly the needed permissions, with one click and in one database request", async () => {
    expect(await invokeAs(tenant.user.key)).toBe(404);
    expect(await owner.read(href)).toContain("lacks 4 permissions");
    const [given, requests] = await service.counted(() => owner.post(`${href}/${tenant.user.id}`));
    expect([given.status, given.headers.get("Location"), requests]).toEqual([303, href, 1]);
    expect(await owner.read(href)).toContain("may run it</span>");
    expect((await permissions()).map((text) => text.split(" ")[1]).toSorted()).toEqual([
      "READ_ONLY",
      "READ_ONLY",
      "READ_ONLY",
      "READ_WRITE",
    ]);
    expect(await invokeAs(tenant.user.key)).toBe(202);
  });

  it("gives write on the workflow itself when it has no outputs, or only read when its policy says so", async () => {
    const { sql } = service.database;
    const strip = (needs: string) => sql`
      update workflow_definitions set source_path_part_ids = '{}', instruction_path_part_ids = '{}', output_path_part_ids = '{}',
        run_needs = ${needs} where id = ${tenant.definitionId}`;
    await strip("read");
    await owner.post(`${href}/${tenant.user.id}`);
    expect(await permissions()).toEqual([`/workflows/${tenant.definitionId} READ_ONLY`]);
    const page = () => user.read(`/app/workflows/${tenant.definitionId}`);
    expect(await page()).not.toContain("You cannot invoke it");
    await strip("write");
    expect(await page()).toContain("You cannot invoke it");
    await owner.post(`${href}/${tenant.user.id}`);
    expect(await permissions()).toEqual([`/workflows/${tenant.definitionId} READ_WRITE`]);
    expect(await invokeAs(tenant.user.key)).toBe(202);
  });

  it("gives nothing twice, turns a permission to read into one to write, and keeps permissions on folders above", async () => {
    const { idOf } = await insertParts(service.database, tenant, [
      "/all",
      "/all/in",
      "/all/in/a.md",
      "/all/how.md",
      "/all/out",
    ]);
    await service.database.sql`
      update workflow_definitions
      set source_path_part_ids = ${[idOf("/all/in")]}, instruction_path_part_ids = ${[idOf("/all/how.md")]},
        output_path_part_ids = ${[idOf("/all/out")]}
      where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, idOf("/all"), "READ_ONLY");
    await permit(service.database, tenant, idOf("/all/out"), "READ_ONLY");
    for (let n = 0; n < 2; n++) await owner.post(`${href}/${tenant.user.id}`);
    const node = `/workflows/${tenant.definitionId} READ_ONLY`;
    expect(await permissions()).toEqual(["/all READ_ONLY", "/all/out READ_WRITE", node]);
    expect(await invokeAs(tenant.user.key)).toBe(202);
  });

  it("is for administrators: a USER gives nobody anything", async () => {
    expect((await user.get(href)).status).toBe(404);
    expect((await user.post(`${href}/${tenant.user.id}`)).status).toBe(404);
    await owner.post(`${href}/${tenant.user.id}`);
    expect((await user.get(href)).status).toBe(403);
    expect((await user.post(`${href}/${tenant.user.id}`)).status).toBe(403);
  });

  it("finds people by name or email, and nobody of another tenant", async () => {
    const other = await createTenant(service.database);
    const [{ email } = { email: "" }] = await service.database
      .sql`select email from users where id = ${tenant.user.id}`;
    expect(await owner.read(`${href}?q=${encodeURIComponent(String(email).toUpperCase())}`)).toContain(tenant.user.id);
    expect(await owner.read(`${href}?q=nobody-is-called-so%00`)).toContain("Nobody matches.");
    expect(await owner.read(href)).not.toContain(other.user.id);
    expect((await owner.post(`${href}/${other.user.id}`)).status).toBe(404);
    expect((await owner.get(`/app/workflows/${other.definitionId}/people`)).status).toBe(404);
  });
});
