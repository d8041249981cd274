import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Database, repeatable } from "../db/client.ts";
import type { Limits } from "../db/enums.ts";
import { tenants } from "../db/people/tenant-tables.ts";
import { ROOT_FOLDER, WORKFLOWS_FOLDER } from "../files/path.ts";
import { defineVerb } from "../verbs/verb.ts";

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

/** Creates a tenant with its OWNER, the OWNER's first API key, the folder of its definitions and a root folder for its files. */
export const createTenant = defineVerb({
  name: "create_tenant",
  args: ({ id, name, workflowsFolderId, rootFolderId, owner, apiKey }: NewTenant) => ({
    ...{ tenant_id: id, name },
    ...{ owner_id: owner.id, email: owner.email },
    ...{ key_id: apiKey.id, key_name: apiKey.name, key_hash: apiKey.hash, key_suffix: apiKey.suffix },
    ...{ workflows_folder_id: workflowsFolderId, workflows_folder_name: WORKFLOWS_FOLDER },
    ...{ root_folder_id: rootFolderId, root_folder_name: ROOT_FOLDER },
  }),
  result: z.unknown(),
});

/** Gives a tenant a class of rate limits. `before` is the class that it had. */
export const setLimits = defineVerb({
  name: "set_limits",
  args: ({ tenantId, limits }: { tenantId: string; limits: Limits }) => ({ tenant_id: tenantId, limits }),
  result: z.object({ name: z.string(), before: z.string() }),
  refusals: z.object({ refused: z.literal("not_found") }),
  refuse: (_, { tenantId }) => new Error(`There is no tenant ${tenantId}.`),
});
