import { type SQL, sql } from "drizzle-orm";
import { authenticated, type Credential, definitionIsVisible, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { PartType } from "../db/enums.ts";
import { isAtOrBelow } from "../db/path-conditions.ts";
import type { Missing } from "../db/rows.ts";
import { Problem } from "../http/problems.ts";
import { namedParts } from "./named-parts.ts";
import { MAX_PATH_BYTES } from "./path.ts";
import { type PathPartRow, selectPathPart } from "./path-parts.ts";
import { joinPart, judgeParent, judgePart, lockSubtree, lockTree, refusal, type Verdict } from "./path-tree.ts";

export type NewPathPart = { id: string; name: string; partType: PartType; parentId: string | null };

/**
 * Adds a node to the tree.
 * @throws Problem `unauthenticated`, `forbidden`, or `conflict` for a name that is taken or a parent that the
 *   service keeps
 * @throws ValidationFailed for a parent that is not there or of the wrong kind, and for a path that gets too long
 */
export async function createPathPart(db: Database, credential: Credential, part: NewPathPart): Promise<PathPartRow> {
  const [, { rows }, { rows: parts }] = await db.batch([
    db.execute(lockTree(credential, "shared")),
    db.execute<{ verdict: Verdict }>(insertPart(credential, part)),
    db.execute<PathPartRow | Missing>(selectPathPart(credential, part.id)),
  ]);
  return answer(authenticated(rows).verdict, parts, part);
}

/**
 * Guarantees: a part's path is its parent's with its name, and no two siblings have one name.
 * Closes the race between two who create one name: the second waits for the first, and inserts nothing.
 */
function insertPart(credential: Credential, part: NewPathPart): SQL {
  const parentId = sql`${part.parentId}::uuid`;
  return sql`
    with ${principal(credential)}, place as (
      select p.tenant_id, parent.id as parent_id, whole.path,
        case
          ${judgeParent(sql`true`, parentId, sql`${part.partType}::text`)}
          when octet_length(whole.path) > ${MAX_PATH_BYTES} then 'path_too_long'
          else 'done'
        end as verdict
      from principal p
      left join path_parts parent on parent.tenant_id = p.tenant_id and parent.id = ${parentId}
      cross join lateral (select coalesce(parent.materialized_path, '') || '/' || ${part.name} as path) whole
    ), inserted as (
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
      select ${part.id}, tenant_id, parent_id, ${part.name}, ${part.partType}, path from place where verdict = 'done'
      on conflict do nothing
      returning id
    )
    select case when verdict = 'done' and not exists (select from inserted) then 'name_taken' else verdict end as verdict,
      ${ofTenant}
    from place`;
}

/** What is to be another: the name, the parent (null for the root), or both. */
export type PathPartChange = { id: string; name?: string | undefined; parentId?: string | null | undefined };

/**
 * Renames or moves a part, or both. The paths of all below it follow; their `updated_at` stays.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a name that is taken and for what
 *   the service keeps
 * @throws ValidationFailed for a parent that is not there, of the wrong kind, or the part itself or below it, and
 *   for a path that gets too long
 */
export async function movePathPart(db: Database, credential: Credential, change: PathPartChange): Promise<PathPartRow> {
  const [, , { rows }, { rows: parts }] = await db.batch([
    db.execute(lockTree(credential, "exclusive")),
    db.execute(lockSubtree(credential, change.id)),
    db.execute<{ verdict: Verdict }>(updatePart(credential, change)),
    db.execute<PathPartRow | Missing>(selectPathPart(credential, change.id)),
  ]);
  return answer(authenticated(rows).verdict, parts, change);
}

/**
 * Guarantees: every path below is rewritten with the part's own, however many there are, and no cycle is made.
 * Closes the race with who moves, creates or deletes nearby: the tree is locked since the batch's first statement.
 */
function updatePart(credential: Credential, change: PathPartChange): SQL {
  const isPut = sql`put.is_put`;
  const parentId = sql`${change.parentId ?? null}::uuid`;
  return sql`
    with ${principal(credential)}, place as (
      select part.tenant_id, part.id, part.materialized_path as old_path, parent.id as parent_id, whole.name, whole.path,
        case
          ${judgePart}
          ${judgeParent(isPut, parentId, sql`part.part_type`)}
          when ${isPut} and ${isAtOrBelow(sql`parent.materialized_path`, sql`part.materialized_path`)}
            then 'parent_is_below_part'
          when octet_length(whole.path) + subtree.longest - octet_length(part.materialized_path) > ${MAX_PATH_BYTES}
            then 'path_too_long'
          when exists (
            select from path_parts other
            where other.tenant_id = part.tenant_id and other.materialized_path = whole.path and other.id <> part.id
          ) then 'name_taken'
          else 'done'
        end as verdict
      from principal p
      ${joinPart(change.id)}
      -- To its own parent is no move, and needs no right there.
      cross join lateral (
        select ${change.parentId !== undefined}::boolean and ${parentId} is distinct from part.parent_id as is_put
      ) put
      left join path_parts parent on parent.tenant_id = p.tenant_id
        and parent.id = case when ${isPut} then ${parentId} else part.parent_id end
      cross join lateral (select coalesce(${change.name ?? null}::text, part.name) as name) new
      cross join lateral (
        select new.name, coalesce(parent.materialized_path, '') || '/' || new.name as path
      ) whole
    ), moved as (
      update path_parts part
      set name = case when part.id = place.id then place.name else part.name end,
          parent_id = case when part.id = place.id then place.parent_id else part.parent_id end,
          materialized_path = place.path || substr(part.materialized_path, length(place.old_path) + 1),
          updated_at = case when part.id = place.id then statement_timestamp() else part.updated_at end
      from place
      where place.verdict = 'done' and part.tenant_id = place.tenant_id
        and ${isAtOrBelow(sql`part.materialized_path`, sql`place.old_path`)}
    )
    select verdict, ${ofTenant} from place`;
}

/** How many definitions a refusal names. */
const MAX_NAMED_DEFINITIONS = 5;

type Deletion = { verdict: Verdict; referring: number; named: { id: string; name: string }[] };

/**
 * Deletes a part, all below it, and the grants on them.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for what the service keeps and for
 *   what a definition refers to, which it names as far as the caller may see it
 */
export async function deletePathPart(db: Database, credential: Credential, id: string): Promise<void> {
  const [, , { rows }] = await db.batch([
    db.execute(lockTree(credential, "exclusive")),
    db.execute(lockSubtree(credential, id)),
    db.execute<Deletion>(deletePart(credential, id)),
  ]);
  const { verdict, referring, named } = authenticated(rows);
  if (verdict !== "done") throw refusal(verdict, {});
  if (referring === 0) return;
  throw new Problem(
    "conflict",
    `Workflow definitions refer to this part or to something below it: ${describeReferring(referring, named)}. ` +
      "Change or delete them first.",
  );
}

function describeReferring(total: number, named: Deletion["named"]): string {
  if (named.length === 0) return `${total} that you may not see`;
  const names = named.map(({ name, id }) => `“${name}” (${id})`).join(", ");
  return total > named.length ? `${names} and ${total - named.length} more` : names;
}

/**
 * Guarantees: nothing is deleted that a definition refers to. The foreign keys delete what is below, and grants.
 * Closes the race with who creates a definition: both lock the parts before they look, so one sees the other.
 */
function deletePart(credential: Credential, id: string): SQL {
  return sql`
    with ${principal(credential)}, doomed as (
      select part.tenant_id, part.id, subtree.ids, case ${judgePart} else 'done' end as verdict
      from principal p
      ${joinPart(id)}
    ), referring as (
      select d.id, d.name, ${definitionIsVisible} as is_visible
      from principal p
      cross join doomed
      join workflow_definitions d on d.tenant_id = doomed.tenant_id
        and ${namedParts} && doomed.ids
      where doomed.verdict = 'done'
    ), deleted as (
      delete from path_parts part
      using doomed
      where part.id = doomed.id and doomed.verdict = 'done' and not exists (select from referring)
    )
    select verdict, (select count(*)::int from referring) as referring,
      (select coalesce(jsonb_agg(to_jsonb(named)), '[]') from (
        select id, name from referring where is_visible order by name, id limit ${MAX_NAMED_DEFINITIONS}
      ) named) as named, ${ofTenant}
    from doomed`;
}

function answer(
  verdict: Verdict,
  [part]: readonly (PathPartRow | Missing)[],
  asked: { name?: string | undefined; parentId?: string | null | undefined },
): PathPartRow {
  if (verdict !== "done") throw refusal(verdict, asked);
  if (part === undefined || part.id === null) throw new Error("A part that was just written is not to be seen.");
  return part;
}
