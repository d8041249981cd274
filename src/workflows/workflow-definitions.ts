import { and, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callerBy, countDefinitions, maySeeDefinition, newestDefinitions, requireJoinedCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { RUNNER_TYPES } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { workflowDefinitions } from "../db/tables.ts";

/** A workflow definition: `definition_response` in SQL. Its webhook secret stays in the database. Instants are RFC 3339. */
export const definitionRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  runner_type: z.enum(RUNNER_TYPES),
  runner_url: z.string().nullable(),
  max_run_duration_seconds: z.int(),
  source_path_part_ids: z.array(z.string()),
  instruction_path_part_ids: z.array(z.string()),
  output_path_part_ids: z.array(z.string()),
  template_path_part_id: z.string().nullable(),
  is_active: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type DefinitionRow = z.infer<typeof definitionRowSchema>;

export const NO_DEFINITION = "There is no such workflow definition, or it is not yours to see.";

export const NO_WRITE_ON_DEFINITION = "You need write on this workflow definition.";

export const NO_CREATION_OF_DEFINITIONS = "Only an OWNER or ADMIN may create a workflow definition.";

const d = workflowDefinitions;

/** The columns of {@link DefinitionRow}. */
export const definitionFields = {
  id: d.id,
  name: d.name,
  description: d.description,
  runner_type: d.runnerType,
  runner_url: d.runnerUrl,
  max_run_duration_seconds: d.maxRunDurationSeconds,
  source_path_part_ids: d.sourcePathPartIds,
  instruction_path_part_ids: d.instructionPathPartIds,
  output_path_part_ids: d.outputPathPartIds,
  template_path_part_id: d.templatePathPartId,
  is_active: d.isActive,
  created_at: instant(d.createdAt).as("created_at"),
  updated_at: instant(d.updatedAt).as("updated_at"),
};

/** Why a definition starts no run and takes no new one; null when it can: `start_obstacle` in SQL. */
export type StartObstacle = "paused" | "no_runner";
export const startObstacle = sql<StartObstacle | null>`public.start_obstacle(${d.isActive}, ${d.runnerUrl}, ${d.handover})`;

/** The ETags of a definition and of its policy: `definition_tag` and `policy_tag` in SQL. */
export const definitionTag = sql<string>`public.definition_tag(${d.id})`;
export const policyTag = sql<string>`public.policy_tag(${d.id})`;

/**
 * The definition, and its ETag. Null when it does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function findDefinition(db: Database, credential: Credential, id: string) {
  const caller = callerBy(db, credential);
  const found = db
    .select({ ...definitionFields, etag: definitionTag.as("etag") })
    .from(d)
    .where(and(eq(d.tenantId, caller.tenantId), eq(d.id, id), maySeeDefinition(caller, d.id)))
    .as("found");
  const query = db.with(caller).select().from(caller).leftJoinLateral(found, sql`true`);
  return requireJoinedCaller(await repeatable(db).select(query)).found;
}

/**
 * One page of the definitions that the caller may see, newest first, and the number of all of them.
 * @throws Unauthenticated
 */
export async function listDefinitions(
  db: Database,
  credential: Credential,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ definitions: DefinitionRow[]; total: number }> {
  const caller = callerBy(db, credential);
  const counted = countDefinitions(db, caller);
  const newest = newestDefinitions(db, caller, { limit, offset });
  const page = db.select(definitionFields).from(newest).innerJoin(d, eq(d.id, newest.id)).as("page");
  const rows = await repeatable(db).select(
    db
      .with(caller)
      .select()
      .from(caller)
      .crossJoinLateral(counted)
      .leftJoinLateral(page, sql`true`)
      .orderBy(desc(page.created_at), desc(page.id)),
  );
  const { total } = requireJoinedCaller(rows).counted;
  return { definitions: rows.flatMap((row) => row.page ?? []), total };
}
