import { sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  isAdministrator,
  mayRead,
  ofTenant,
  principal,
} from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { namedParts } from "../../files/named-parts.ts";
import { ORDERS, type PathPartRow, partColumns } from "../../files/path-parts.ts";
import { type Caller, caller } from "../caller.ts";

/** A workflow that names a part, or a folder above it, and as what: `A`, `B`, `C` or `D`. */
export type Use = { id: string; name: string; letter: string; path: string };

export type FolderView = {
  caller: Caller;
  /** Null for the tops of what the caller sees. */
  part: PathPartRow | null;
  /** From the root on, as far as the caller sees them, without the part itself. */
  above: { id: string; name: string }[];
  children: (PathPartRow & { workflow_name: string | null })[];
  total: number;
  uses: Use[];
  /** The part that is about to be moved here, if one was asked for and the caller may see it. */
  moved: { id: string; name: string } | null;
};

const MAX_USES = 50;

/**
 * A part of the tree with what is in it, by kind and name, and which workflows use it; without an id the tops of what
 * the caller sees. Null when there is no such part that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function viewFolder(
  db: Database,
  credential: Credential,
  request: { id: string | null; limit: number; offset: number; movedId?: string },
): Promise<FolderView | null> {
  const id = sql`${request.id}::uuid`;
  const movedId = sql`${request.movedId ?? null}::uuid`;
  const { rows } = await repeatable(db).execute<FolderView>(sql`
    with ${principal(credential)}, part as (
      select part.* from principal p
      join path_parts part on part.tenant_id = p.tenant_id and part.id = ${id} and ${mayRead(sql`part.materialized_path`)}
    ), above as (
      select top.id, top.name, top.materialized_path
      from principal p
      -- As one array, so that they are looked up by their index however many the planner expects.
      join path_parts top on top.tenant_id = p.tenant_id and top.materialized_path = any (array(
        select '/' || array_to_string(path.names[1:depth], '/')
        from part
        cross join lateral (select string_to_array(substr(part.materialized_path, 2), '/') as names) path
        cross join lateral generate_series(1, cardinality(path.names) - 1) depth))
      where ${mayRead(sql`top.materialized_path`)}
    ), tops as (
      select g.path from grants g
      where not exists (select from grants wider where starts_with(g.path, wider.path || '/'))
    ), children as (
      select child.* from part join path_parts child on child.tenant_id = part.tenant_id and child.parent_id = part.id
      union all
      select child.* from principal p
      join path_parts child on child.tenant_id = p.tenant_id and child.parent_id is null
      where ${id} is null and ${isAdministrator}
      union all
      select child.* from principal p
      join path_parts child on child.tenant_id = p.tenant_id
        and child.materialized_path = any (array(select path from tops))
      where ${id} is null and not ${isAdministrator}
    ), used as (
      select id, materialized_path as path from part union all select id, materialized_path from above
    ), uses as (
      select d.id, d.name, named.letter, used.path
      from principal p
      join workflow_definitions d on ${definitionIsVisible} and ${namedParts} && array(select id from used)
      cross join lateral (values ('A', d.source_path_part_ids), ('B', d.instruction_path_part_ids),
        ('C', d.output_path_part_ids), ('D', array_remove(array[d.template_path_part_id], null))) named (letter, ids)
      join used on used.id = any (named.ids)
    )
    select ${caller}, (select to_jsonb(shown) from (select ${partColumns} from part) shown) as part,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name) order by length(materialized_path)), '[]')
        from above) as above,
      (select count(*)::int from children) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${partColumns}, (select d.name from workflow_definitions d
            where d.tenant_id = part.tenant_id and d.path_part_id = part.id) as workflow_name
        from children part order by ${ORDERS.LOGICAL} limit ${request.limit} offset ${request.offset}
      ) page) as children,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select * from uses order by name, letter, id limit ${MAX_USES}) page) as uses,
      (select jsonb_build_object('id', moved.id, 'name', moved.name) from path_parts moved
        where moved.tenant_id = p.tenant_id and moved.id = ${movedId} and ${mayRead(sql`moved.materialized_path`)}) as moved,
      ${ofTenant}
    from principal p`);
  const view = authenticated(rows);
  return request.id !== null && view.part === null ? null : view;
}
