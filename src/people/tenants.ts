import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import { type Database, repeatable } from "../db/client.ts";
import { CAPS, type Cap, type Limits } from "../db/enums.ts";
import { tenants } from "../db/people/tenant-tables.ts";
import { ROOT_FOLDER, WORKFLOWS_FOLDER } from "../files/path.ts";
import { defineVerb } from "../verbs/verb.ts";
import { administratorProblem } from "./refusals.ts";

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

type NewLimits = { tenantId: string; limits: Limits | null; caps: Partial<Record<Cap, number | null>> };

/** Gives a tenant a class of limits, or caps of its own; null removes such a cap. `before` is the class that it had. */
export const setLimits = defineVerb({
  name: "set_limits",
  args: ({ tenantId, limits, caps }: NewLimits) => ({ tenant_id: tenantId, limits, caps: { json: caps } }),
  result: z.object({
    name: z.string(),
    before: z.string(),
    limits: z.string(),
    caps: z.record(z.string(), z.number()),
  }),
  refusals: z.object({ refused: z.literal("not_found") }),
  refuse: (_, { tenantId }) => new Error(`There is no tenant ${tenantId}.`),
});

/** What a tenant has of each cap: `tenant_use` in SQL. */
export const tenantUseSchema = z.object({
  limits: z.string(),
  caps: z.array(z.object({ cap: z.enum(CAPS), used: z.number(), limit: z.number() })),
});
export type TenantUse = z.infer<typeof tenantUseSchema>;

const readSchema = z.union([tenantUseSchema, z.object({ refused: z.enum(["tenant_not_found", "forbidden"]) })]);

/**
 * What a tenant has of each cap, and how much it may have.
 * @throws Unauthenticated
 * @throws Problem `not_found` for another tenant than the caller's, `forbidden` for a USER
 */
export async function findTenantUse(db: Database, credential: Credential, tenantId: string): Promise<TenantUse> {
  const args = { credential: credentialArgument(credential), tenant_id: tenantId };
  const answer = await callFunction(db, "tenant_use", args, readSchema, { isRepeatable: true });
  if ("refused" in answer) throw administratorProblem(answer.refused);
  return answer;
}
