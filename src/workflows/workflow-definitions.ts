import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  isAdministrator,
  ofTenant,
  principal,
  readableDefinitions,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import { RUNNER_TYPES } from "../db/enums.ts";
import { instant, type Missing } from "../db/rows.ts";

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

/** The columns of {@link DefinitionRow} for a definition `d`. */
export const definitionColumns = sql`
  d.id, d.name, d.description, d.runner_type, d.runner_url, d.max_run_duration_seconds,
  d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids, d.template_path_part_id, d.is_active,
  ${instant(sql`d.created_at`)} as created_at, ${instant(sql`d.updated_at`)} as updated_at`;

/** One row for the principal: the definition with this id ({@link DefinitionRow}), or {@link Missing}. */
const selectDefinition = (credential: Credential, id: string): SQL => sql`
  with ${principal(credential)}
  select found.*, ${ofTenant}
  from principal p
  left join lateral (
    select ${definitionColumns} from workflow_definitions d where d.id = ${id} and ${definitionIsVisible}
  ) found on true`;

/**
 * The definition, or null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function findDefinition(db: Database, credential: Credential, id: string): Promise<DefinitionRow | null> {
  const { rows } = await repeatable(db).execute<DefinitionRow | Missing>(selectDefinition(credential, id));
  const row = authenticated(rows);
  return row.id === null ? null : row;
}

/**
 * One page of the definitions that the caller may see, newest first, and how many there are.
 * @throws Problem `unauthenticated`
 */
export async function listDefinitions(
  db: Database,
  credential: Credential,
  page: { limit: number; offset: number },
): Promise<{ definitions: DefinitionRow[]; total: number }> {
  const { limit, offset } = page;
  const newestFirst = sql`order by d.created_at desc, d.id desc`;
  const { rows } = await repeatable(db).execute<{ total: number; definitions: DefinitionRow[] }>(sql`
    with ${principal(credential)}, ${readableDefinitions}
    select
      (select count(*)::int from workflow_definitions d where ${isAdministrator} and d.tenant_id = p.tenant_id)
        + (select count(*)::int from readable_definitions) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${definitionColumns} from (
          (select d.* from workflow_definitions d where ${isAdministrator} and d.tenant_id = p.tenant_id
          ${newestFirst} limit ${limit + offset})
          union all
          (select d.* from readable_definitions readable join workflow_definitions d on d.id = readable.id)
        ) d
        ${newestFirst} limit ${limit} offset ${offset}
      ) page) as definitions, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}
