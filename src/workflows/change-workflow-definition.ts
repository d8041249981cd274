import { type SQL, sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  isAdministrator,
  mayRead,
  mayWrite,
  ofTenant,
  principal,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { RunnerType } from "../db/enums.ts";
import type { Missing } from "../db/rows.ts";
import { WORKFLOWS_FOLDER } from "../files/path.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { lockDefinitions, type Promotion, promoteLocked, timeOutLocked } from "../runs/slots.ts";
import { type Abcd, listReferences, type PartReference, type ReferenceFinding, toReferenceFault } from "./abcd.ts";
import {
  type DefinitionRow,
  NO_CREATION_OF_DEFINITIONS,
  NO_DEFINITION,
  NO_WRITE_ON_DEFINITION,
  selectDefinition,
} from "./workflow-definitions.ts";

/** All that a definition says, as it is written. */
export type DefinitionContent = Abcd & {
  id: string;
  name: string;
  description: string | null;
  runnerType: RunnerType;
  /** Null for a definition that no runner takes runs of. A null secret is the one that it has for this URL already. */
  runner: { url: string; webhookSecretEncrypted: string | null } | null;
  maxRunDurationSeconds: number;
  isActive: boolean;
};

const uuids = (ids: readonly string[]) => sql`${sql.param(ids)}::uuid[]`;

/**
 * Locks the parts that a definition is to refer to until the batch ends: who deletes one of them comes before, and
 * it is missing, or after, and sees the definition. In id order, as a deletion does, so that nobody waits for each other.
 */
const lockParts = (credential: Credential, references: readonly PartReference[]) => sql`
  with ${principal(credential)}
  select count(*) from (
    select part.id
    from principal p join path_parts part on part.tenant_id = p.tenant_id
      and part.id = any (${uuids(references.map(({ id }) => id))})
    order by part.id
    for key share of part
  ) locked`;

/** `finding`: what is wrong with the references, as {@link ReferenceFinding}. To be put behind `principal`. */
const findings = (references: readonly PartReference[]) => sql`
  given as (
    select g.at, g.allowed, part.materialized_path as path, part.part_type
    from principal p
    cross join jsonb_to_recordset(${JSON.stringify(references.map(({ id, allowed }, at) => ({ at, id, allowed })))}::jsonb)
      as g (at int, id uuid, allowed text[])
    left join lateral (
      select part.materialized_path, part.part_type from path_parts part
      where part.tenant_id = p.tenant_id and part.id = g.id and ${mayRead(sql`part.materialized_path`)}
      -- One by one: the planner takes the list for so long that it would rather read the whole table.
      limit 1
    ) part on true
  ), finding as (
    select given.at, above.at as above, given.part_type, case
      when given.path is null then 'missing'
      when given.part_type <> all (given.allowed) then 'wrong_type'
      when above.at is not null then 'below'
    end as kind
    from given
    left join lateral (
      select above.at from given above where starts_with(given.path, above.path || '/')
      order by length(above.path) desc
      limit 1
    ) above on true
  )`;

const hasNoFindings = sql`not exists (select from finding where kind is not null)`;

const listFindings = sql`(
  select jsonb_agg(to_jsonb(finding) order by at) from finding where kind is not null) as findings`;

/**
 * Creates a definition, and its node in the tenant's tree.
 * @throws Problem `unauthenticated` or `forbidden`
 * @throws ValidationFailed for path parts that are missing, of the wrong kind or below one another
 */
export async function createDefinition(
  db: Database,
  credential: Credential,
  content: DefinitionContent,
): Promise<DefinitionRow> {
  const references = listReferences(content);
  const [, { rows }, { rows: definitions }] = await db.batch([
    db.execute(lockParts(credential, references)),
    db.execute<{ is_allowed: boolean; findings: ReferenceFinding[] | null }>(
      insertDefinition(credential, content, references),
    ),
    db.execute<DefinitionRow | Missing>(selectDefinition(credential, content.id)),
  ]);
  const { is_allowed, findings } = authenticated(rows);
  if (!is_allowed) throw new Problem("forbidden", NO_CREATION_OF_DEFINITIONS);
  return answer(definitions, references, findings);
}

/**
 * Guarantees: a definition and its node come into being together, and refer to parts that are there.
 * Closes the race with who deletes such a part: the parts are locked since the batch's first statement.
 */
function insertDefinition(credential: Credential, content: DefinitionContent, references: PartReference[]): SQL {
  return sql`
    with ${principal(credential)}, ${findings(references)}, node as (
      insert into path_parts (id, tenant_id, parent_id, name, part_type, metadata_obj_id, materialized_path, system_managed)
      select gen_random_uuid(), folder.tenant_id, folder.id, ${content.id}, 'WORKFLOW_DEFINITION', ${content.id}::uuid,
        folder.materialized_path || '/' || ${content.id}, true
      from principal p
      join path_parts folder on folder.tenant_id = p.tenant_id and folder.materialized_path = ${`/${WORKFLOWS_FOLDER}`}
      where ${isAdministrator} and ${hasNoFindings}
      returning id, tenant_id
    ), inserted as (
      insert into workflow_definitions (id, tenant_id, path_part_id, name, description, runner_type, runner_url,
        webhook_secret_encrypted, max_run_duration_seconds, source_path_part_ids, instruction_path_part_ids,
        output_path_part_ids, template_path_part_id, is_active)
      select ${content.id}, tenant_id, id, ${content.name}, ${content.description}, ${content.runnerType},
        ${content.runner?.url ?? null}, ${content.runner?.webhookSecretEncrypted ?? null},
        ${content.maxRunDurationSeconds}, ${uuids(content.source_path_part_ids)},
        ${uuids(content.instruction_path_part_ids)}, ${uuids(content.output_path_part_ids)},
        ${content.template_path_part_id}, ${content.isActive}
      from node
    )
    select ${isAdministrator} as is_allowed, ${listFindings}, ${ofTenant} from principal p`;
}

/** The visible definition that a change is about, locked, and what is overdue in it. */
export const lockDefinition = (credential: Credential, id: string) =>
  lockDefinitions(sql`
    with ${principal(credential)}
    select d.id from principal p join workflow_definitions d on d.id = ${id} and ${definitionIsVisible}`);

/**
 * Replaces all that a definition says. When that lets runs go on which wait for it, because it is active again
 * or has a runner now, the first of them starts.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 * @throws ValidationFailed for path parts that are missing, of the wrong kind or below one another
 */
export async function replaceDefinition(
  db: Database,
  credential: Credential,
  content: DefinitionContent & Promotion,
): Promise<DefinitionRow> {
  const references = listReferences(content);
  const [, , , { rows }, { rows: dispatches }, { rows: definitions }] = await repeatable(db).batch([
    db.execute(lockDefinition(credential, content.id)),
    db.execute(timeOutLocked),
    db.execute(lockParts(credential, references)),
    db.execute<{
      id: string | null;
      is_allowed: boolean;
      lacks_secret: boolean;
      findings: ReferenceFinding[] | null;
    }>(updateDefinition(credential, content, references)),
    db.execute<DispatchRow>(promoteLocked(content)),
    db.execute<DefinitionRow | Missing>(selectDefinition(credential, content.id)),
  ]);
  content.onPromoted(dispatches);
  const { id, is_allowed, lacks_secret, findings } = authenticated(rows);
  if (id === null) throw new Problem("not_found", NO_DEFINITION);
  if (!is_allowed) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
  if (lacks_secret) {
    const msg = "Another URL needs its secret, too.";
    throw new ValidationFailed([{ loc: ["body", "runner_config", "webhook_secret"], type: "missing", msg }]);
  }
  return answer(definitions, references, findings);
}

/**
 * Guarantees: a definition is replaced whole or not at all, and refers to parts that are there.
 * Closes the race with an invoke and with who deletes such a part: definition and parts are locked already.
 */
function updateDefinition(credential: Credential, content: DefinitionContent, references: PartReference[]): SQL {
  const url = sql`${content.runner?.url ?? null}::text`;
  const secret = sql`${content.runner?.webhookSecretEncrypted ?? null}::text`;
  return sql`
    with ${principal(credential)}, ${findings(references)}, found as (
      select d.id, d.tenant_id, ${mayWrite(sql`node.materialized_path`)} as is_allowed,
        -- Who may not read a secret must not have it used for another runner, either.
        ${url} is not null and ${secret} is null and d.runner_url is distinct from ${url} as lacks_secret
      from principal p
      join workflow_definitions d on d.id = ${content.id} and ${definitionIsVisible}
      join path_parts node on node.tenant_id = d.tenant_id and node.id = d.path_part_id
    ), updated as (
      update workflow_definitions d
      set name = ${content.name}, description = ${content.description}, runner_type = ${content.runnerType},
          runner_url = ${url},
          webhook_secret_encrypted = coalesce(${secret}, case when ${url} is not null then d.webhook_secret_encrypted end),
          max_run_duration_seconds = ${content.maxRunDurationSeconds},
          source_path_part_ids = ${uuids(content.source_path_part_ids)},
          instruction_path_part_ids = ${uuids(content.instruction_path_part_ids)},
          output_path_part_ids = ${uuids(content.output_path_part_ids)},
          template_path_part_id = ${content.template_path_part_id},
          is_active = ${content.isActive}, updated_at = statement_timestamp()
      from found
      where d.id = found.id and d.tenant_id = found.tenant_id and found.is_allowed and not found.lacks_secret
        and ${hasNoFindings}
    )
    select found.id, found.is_allowed, found.lacks_secret, ${listFindings}, ${ofTenant}
    from principal p left join found on true`;
}

/**
 * Deletes a definition with its runs, their events, its node in the tree and the grants on it.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` while one of its runs is RUNNING
 */
export async function deleteDefinition(
  db: Database,
  credential: Credential,
  request: { id: string } & Promotion,
): Promise<void> {
  // Guarantees: a definition goes with all that belongs to it, and never from under a run that is RUNNING.
  // Closes the race with an invoke: both hold the definition's lock before they look at its runs.
  const [, , { rows }, { rows: dispatches }] = await db.batch([
    db.execute(lockDefinition(credential, request.id)),
    db.execute(timeOutLocked),
    db.execute<{ id: string | null; is_allowed: boolean; running_id: string | null }>(sql`
      with ${principal(credential)}, found as (
        select d.id, d.tenant_id, ${isAdministrator} as is_allowed, (
          select r.id from workflow_runs r where r.workflow_definition_id = d.id and r.status = 'RUNNING'
        ) as running_id
        from principal p join workflow_definitions d on d.id = ${request.id} and ${definitionIsVisible}
      ), deleted as (
        delete from workflow_definitions d
        using found
        where d.id = found.id and d.tenant_id = found.tenant_id and found.is_allowed and found.running_id is null
        returning d.tenant_id, d.path_part_id
      ), deleted_node as (
        delete from path_parts node using deleted where node.tenant_id = deleted.tenant_id and node.id = deleted.path_part_id
      )
      select found.id, found.is_allowed, found.running_id, ${ofTenant} from principal p left join found on true`),
    db.execute<DispatchRow>(promoteLocked(request)),
  ]);
  request.onPromoted(dispatches);
  const { id, is_allowed, running_id } = authenticated(rows);
  if (id === null) throw new Problem("not_found", NO_DEFINITION);
  if (!is_allowed) throw new Problem("forbidden", "Only an OWNER or ADMIN may delete a workflow definition.");
  if (running_id !== null) {
    throw new Problem("conflict", `Its run ${running_id} is RUNNING. Stop it first, or wait until it has ended.`);
  }
}

function answer(
  [definition]: readonly (DefinitionRow | Missing)[],
  references: readonly PartReference[],
  findings: readonly ReferenceFinding[] | null,
): DefinitionRow {
  if (findings !== null) throw new ValidationFailed(findings.map((finding) => toReferenceFault(references, finding)));
  if (definition === undefined || definition.id === null) {
    throw new Error("A definition that was just written is not to be seen.");
  }
  return definition;
}
