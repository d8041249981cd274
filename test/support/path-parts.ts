import type { NeonQueryFunction } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import type { PartType } from "../../src/db/enums.ts";

/** The part of a database that these need. */
type Database = { sql: NeonQueryFunction<false, false> };

import type { TestTenant, TestUser } from "./tenant.ts";

export type TestTree = { idOf(path: string): string };

/** Inserts parts into a tenant's tree, parents first. A name that ends in `.md` is a DOCUMENT, and what is below it a version. */
export async function insertParts({ sql }: Database, tenant: TestTenant, paths: string[]): Promise<TestTree> {
  const typeOf = (path: string): PartType =>
    path.includes(".md/") ? "DOCUMENT_VERSION" : path.endsWith(".md") ? "DOCUMENT" : "FOLDER";
  const ids = new Map(paths.map((path) => [path, uuid()]));
  await sql.transaction(
    [...ids].map(([path, id]) => {
      const cut = path.lastIndexOf("/");
      return sql`
        insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
        select ${id}, ${tenant.id}, (
          select id from path_parts where tenant_id = ${tenant.id} and materialized_path = ${path.slice(0, cut)}
        ), ${path.slice(cut + 1)}, ${typeOf(path)}, ${path}`;
    }),
  );
  return {
    idOf(path) {
      const id = ids.get(path);
      if (id === undefined) throw new Error(`The test has put no part at ${path}.`);
      return id;
    },
  };
}

/** Gives a user a permission on a part and everything below it; by default, the tenant's USER. Returns its id. */
export async function permit(
  { sql }: Database,
  tenant: TestTenant,
  pathPartId: string,
  capability: "READ_ONLY" | "READ_WRITE",
  user: TestUser = tenant.user,
): Promise<string> {
  const id = uuid();
  await sql`
    insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
    values (${id}, ${tenant.id}, ${user.id}, ${pathPartId}, ${capability})`;
  return id;
}

/** The paths of the tenant's parts as the database has them now. */
export async function readPaths({ sql }: Database, tenant: TestTenant): Promise<string[]> {
  const rows = await sql`
    select materialized_path from path_parts where tenant_id = ${tenant.id} order by materialized_path`;
  return rows.map((row) => String(row.materialized_path));
}
