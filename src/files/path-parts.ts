import { type SQL, sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  isAdministrator,
  mayRead,
  mayWrite,
  ofTenant,
  principal,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { PartType } from "../db/enums.ts";
import { isAtOrBelow, isBelow } from "../db/path-conditions.ts";
import { instant, type Missing } from "../db/rows.ts";
import type { PathOrder } from "./path.ts";

/** A path part as the caller sees it. Instants are RFC 3339. */
export type PathPartRow = {
  id: string;
  name: string;
  part_type: PartType;
  parent_id: string | null;
  metadata_obj_id: string | null;
  materialized_path: string;
  system_managed: boolean;
  can_read: boolean;
  can_write: boolean;
  created_at: string;
  updated_at: string;
};

/** True for a part that the service itself keeps: the folder of the definitions, and what is in it. */
export const isSystemManaged = (part: SQL) =>
  sql`(${part}.system_managed or ${part}.part_type = 'WORKFLOW_DEFINITION')`;

/** How many segments a path has. */
const depth = (path: SQL) => sql`(length(${path}) - length(replace(${path}, '/', '')))`;

/** The columns of {@link PathPartRow} for a part `part` and the principal `p`. */
export const partColumns = sql`
  part.id, part.name, part.part_type, part.parent_id, part.metadata_obj_id, part.materialized_path,
  ${isSystemManaged(sql`part`)} as system_managed,
  ${mayRead(sql`part.materialized_path`)} as can_read, ${mayWrite(sql`part.materialized_path`)} as can_write,
  ${instant(sql`part.created_at`)} as created_at, ${instant(sql`part.updated_at`)} as updated_at`;

/** One row for the principal: the part with this id ({@link PathPartRow}), or {@link Missing}. */
export const selectPathPart = (credential: Credential, id: string) => sql`
  with ${principal(credential)}
  select found.*, ${ofTenant}
  from principal p
  left join lateral (
    select ${partColumns}
    from path_parts part
    where part.tenant_id = p.tenant_id and part.id = ${id} and ${mayRead(sql`part.materialized_path`)}
  ) found on true`;

/**
 * The path part, or null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function findPathPart(db: Database, credential: Credential, id: string): Promise<PathPartRow | null> {
  const { rows } = await repeatable(db).execute<PathPartRow | Missing>(selectPathPart(credential, id));
  const row = authenticated(rows);
  return row.id === null ? null : row;
}

export type PathPartsQuery = {
  /** Null for the tops of what the caller may see. */
  parentId: string | null;
  /** How many levels: 1 for the children alone. */
  maxDepth: number;
  order: PathOrder;
  limit: number;
  offset: number;
};

export const ORDERS: Record<PathOrder, SQL> = {
  LOGICAL: sql`${depth(sql`part.materialized_path`)}, part.part_type <> 'FOLDER', part.name, part.id`,
  NAME: sql`part.name, part.id`,
  UPDATED_AT: sql`part.updated_at desc, part.id desc`,
  CREATED_AT: sql`part.created_at desc, part.id desc`,
};

/**
 * One page of what lies below a part, or, without one, of the tree from its tops on; and how many there are in
 * all. Null when there is no such parent that the caller may see. The tops are the tenant's roots; for a USER
 * they are the granted parts that lie below no other granted part.
 * @throws Problem `unauthenticated`
 */
export async function listPathParts(
  db: Database,
  credential: Credential,
  query: PathPartsQuery,
): Promise<{ parts: PathPartRow[]; total: number } | null> {
  const { parentId, maxDepth, order, limit, offset } = query;
  const { rows } = await repeatable(db).execute<{ is_found: boolean; total: number; parts: PathPartRow[] }>(sql`
    with ${principal(credential)}, ${parentId === null ? fromTheTops(maxDepth) : fromParent(parentId, maxDepth)}
    select exists (select from origin) as is_found, (select count(*)::int from listed) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${partColumns} from listed part order by ${ORDERS[order]} limit ${limit} offset ${offset}
      ) page) as parts, ${ofTenant}
    from principal p`);
  const { is_found, total, parts } = authenticated(rows);
  return is_found ? { parts, total } : null;
}

/** Who may read the parent may read everything below it, so nothing but the parent is checked. */
function fromParent(parentId: string, maxDepth: number): SQL {
  const [path, top] = [sql`part.materialized_path`, sql`origin.materialized_path`];
  // The children have an index of their own, which spares looking at all that lies below them.
  const isListed =
    maxDepth === 1
      ? sql`part.parent_id = origin.id`
      : sql`${isBelow(path, top)} and ${depth(path)} <= ${depth(top)} + ${maxDepth}::bigint`;
  return sql`origin as (
    select part.* from principal p
    join path_parts part on part.tenant_id = p.tenant_id and part.id = ${parentId}
    where ${mayRead(path)}
  ), listed as (
    select part.* from origin join path_parts part on part.tenant_id = origin.tenant_id and ${isListed}
  )`;
}

function fromTheTops(maxDepth: number): SQL {
  const path = sql`part.materialized_path`;
  const isRootward = maxDepth === 1 ? sql`part.parent_id is null` : sql`${depth(path)} <= ${maxDepth}::bigint`;
  // The tops as one array, so that they are looked up by their index however many parts the planner expects.
  const joinPermitted =
    maxDepth === 1
      ? sql`join path_parts part on part.tenant_id = p.tenant_id and ${path} = any (array(select path from top))`
      : sql`cross join top join path_parts part on part.tenant_id = p.tenant_id
          and ${isAtOrBelow(path, sql`top.path`)} and ${depth(path)} < ${depth(sql`top.path`)} + ${maxDepth}::bigint`;
  return sql`origin as (
    select from principal
  ), top as (
    select g.path from grants g
    where not exists (select from grants wider where starts_with(g.path, wider.path || '/'))
  ), listed as (
    select part.* from principal p
    join path_parts part on part.tenant_id = p.tenant_id and ${isRootward}
    where ${isAdministrator}
    union all
    select part.* from principal p
    ${joinPermitted}
    where not ${isAdministrator}
  )`;
}
