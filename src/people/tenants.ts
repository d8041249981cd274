import { sql } from "drizzle-orm";
import { type Database, repeatable } from "../db/client.ts";
import { apiKeys, pathParts, tenants, users } from "../db/tables.ts";
import { ROOT_FOLDER, WORKFLOWS_FOLDER } from "../files/path.ts";

export type NewTenant = {
  id: string;
  name: string;
  workflowsFolderId: string;
  rootFolderId: string;
  owner: { id: string; email: string };
  apiKey: { id: string; name: string; hash: string; suffix: string };
};

/** The ids of the tenants of this name, in whatever case it is written. */
export async function listTenantsNamed(db: Database, name: string): Promise<string[]> {
  const isNamed = sql`lower(${tenants.name}) = lower(${name})`;
  const rows = await repeatable(db).select(db.select({ id: tenants.id }).from(tenants).where(isNamed));
  return rows.map(({ id }) => id);
}

/**
 * Creates a tenant with its OWNER, the OWNER's first API key, the folder of its definitions and a root folder for its files.
 * All of this is created, or nothing. The root folder is needed because clients of the wire contract cannot add parts to the
 * root.
 */
export async function createTenant(db: Database, tenant: NewTenant): Promise<void> {
  const { id: tenantId, owner, apiKey } = tenant;
  await db.batch([
    db.insert(tenants).values({ id: tenantId, name: tenant.name }),
    db.insert(users).values({ id: owner.id, tenantId, email: owner.email, role: "OWNER" }),
    db.insert(apiKeys).values({
      id: apiKey.id,
      tenantId,
      userId: owner.id,
      name: apiKey.name,
      keyHash: `\\x${apiKey.hash}`,
      keySuffix: apiKey.suffix,
    }),
    db.insert(pathParts).values([
      {
        id: tenant.workflowsFolderId,
        tenantId,
        name: WORKFLOWS_FOLDER,
        partType: "FOLDER",
        materializedPath: `/${WORKFLOWS_FOLDER}`,
        systemManaged: true,
      },
      { id: tenant.rootFolderId, tenantId, name: ROOT_FOLDER, partType: "FOLDER", materializedPath: `/${ROOT_FOLDER}` },
    ]),
  ]);
}
