/**
 * Changes of a user's grants. Each is one batch, which begins by locking, in statements of their own, the tree
 * (shared: no part is moved or deleted meanwhile) and then the user: what comes after sees all grants that the
 * locks' last holders made, so that two at once cannot exceed the number or grant the same twice.
 */
import { type SQL, sql } from "drizzle-orm";
import { authenticated, type Credential, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { Capability } from "../db/enums.ts";
import { covers } from "../db/path-conditions.ts";
import { lockTree } from "../files/path-tree.ts";
import { type Fault, Problem, ValidationFailed } from "../http/problems.ts";
import { type Admission, administers, admission, admitAdministrator } from "./admission.ts";
import {
  grantColumns,
  isVisible,
  joinPart,
  MAX_GRANTS,
  NO_PERMISSION,
  type PermissionRow,
} from "./user-permissions.ts";

/** What a change came to. All but "done" left everything as it was. */
type Verdict = "done" | "not_found" | "not_admitted" | "unknown" | "clash" | "too_many";

type Outcome = Admission & {
  verdict: Verdict;
  user_is_known: boolean;
  part_is_known: boolean;
  /** Another grant of the user that covers this one already, or is on the very part. */
  clash: { path: string; capability: Capability; is_on_part: boolean } | null;
};

export type NewPermission = {
  id: string;
  tenantId: string;
  userId: string;
  pathPartId: string;
  capability: Capability;
};

/**
 * Grants a user a right on a path part and all below it.
 * @throws Problem `unauthenticated`, `not_found` for another tenant, `forbidden`, or `conflict` when another grant
 *   of the user covers it already and when they have as many as they may
 * @throws ValidationFailed for a user or a part that is not in the tenant
 */
export async function createPermission(
  db: Database,
  credential: Credential,
  grant: NewPermission,
): Promise<PermissionRow> {
  const { id, tenantId, userId, pathPartId, capability } = grant;
  return changePermission(db, credential, {
    id,
    tenantId,
    user: sql`${userId}::uuid`,
    wish: sql`
      select null::uuid as id, ${userId}::uuid as user_id, ${pathPartId}::uuid as path_part_id,
        ${capability}::text as capability`,
    change: sql`
      insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
      select ${id}, tenant_id, user_id, path_part_id, capability from judged where verdict = 'done'`,
  });
}

/** What is to be another: the part, the capability, or both. */
export type PermissionChange = {
  id: string;
  tenantId: string;
  pathPartId: string | null;
  capability: Capability | null;
};

/**
 * Changes a grant.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden` for a USER's own, or `conflict` when another grant of
 *   the user covers what it would be already
 * @throws ValidationFailed for a part that is not in the tenant
 */
export async function updatePermission(
  db: Database,
  credential: Credential,
  { id, tenantId, pathPartId, capability }: PermissionChange,
): Promise<PermissionRow> {
  return changePermission(db, credential, {
    id,
    tenantId,
    user: sql`(select g.user_id from user_permissions g where g.id = ${id})`,
    wish: sql`
      select g.id, g.user_id, coalesce(${pathPartId}::uuid, g.path_part_id) as path_part_id,
        coalesce(${capability}::text, g.capability) as capability
      from user_permissions g where g.id = ${id} and ${isVisible(tenantId)}`,
    change: sql`
      update user_permissions g
      set path_part_id = judged.path_part_id, capability = judged.capability, updated_at = statement_timestamp()
      from judged
      where judged.verdict = 'done' and g.id = judged.id
        and (g.path_part_id, g.capability) is distinct from (judged.path_part_id, judged.capability)`,
  });
}

type Change = {
  id: string;
  tenantId: string;
  /** Whose grants change, as an expression for the principal `p`. */
  user: SQL;
  /** What the grant is to be: `(id, user_id, path_part_id, capability)`, the id null for a new one. */
  wish: SQL;
  /** Writes what the arm `judged` finds to be "done". */
  change: SQL;
};

async function changePermission(
  db: Database,
  credential: Credential,
  { id, tenantId, user, wish, change }: Change,
): Promise<PermissionRow> {
  // Guarantees: no grant of a user is covered by another when it is made, and there are at most so many.
  // Closes the race with who changes the user's grants, or moves or deletes a part: tree and user are locked before.
  const [, , { rows }, { rows: permissions }] = await db.batch([
    db.execute(lockTree(credential, "shared")),
    db.execute(sql`
      with ${principal(credential)}
      select u.id from principal p join users u on u.tenant_id = p.tenant_id and u.id = ${user}
      where ${administers(tenantId)}
      for no key update of u`),
    db.execute<Outcome>(sql`
      with ${principal(credential)}, judged as (${judge(tenantId, wish)}), changed as (${change})
      select ${admission(tenantId)}, judged.verdict, judged.user_is_known, judged.part_is_known, judged.clash,
        ${ofTenant}
      from principal p cross join judged`),
    db.execute<PermissionRow>(sql`
      with ${principal(credential)}
      select ${grantColumns} from principal p join user_permissions g on g.id = ${id} and ${isVisible(tenantId)} ${joinPart}`),
  ]);
  const outcome = authenticated(rows);
  const [permission] = permissions;
  // Missing from the second although done: somebody took it back at the same moment.
  if (outcome.verdict === "not_found" || (outcome.verdict === "done" && !permission)) {
    throw new Problem("not_found", NO_PERMISSION);
  }
  admitAdministrator(outcome);
  if (!permission || outcome.verdict !== "done") throw refusal(outcome);
  return permission;
}

/** The query of the arm `judged`: the wish, and whether it may be. */
const judge = (tenantId: string, wish: SQL) => sql`
  select wish.*, p.tenant_id, clash.found as clash,
    u.id is not null as user_is_known, part.id is not null as part_is_known,
    case
      when wish.user_id is null then 'not_found'
      when not ${administers(tenantId)} then 'not_admitted'
      when u.id is null or part.id is null then 'unknown'
      when clash.found is not null then 'clash'
      when wish.id is null and ${MAX_GRANTS} <= (
        select count(*) from user_permissions o where o.tenant_id = u.tenant_id and o.user_id = u.id) then 'too_many'
      else 'done'
    end as verdict
  from principal p
  left join lateral (${wish}) wish on true
  left join users u on u.tenant_id = p.tenant_id and u.id = wish.user_id
  left join path_parts part on part.tenant_id = p.tenant_id and part.id = wish.path_part_id
  left join lateral (
    select jsonb_build_object(
      'path', top.materialized_path, 'capability', o.capability, 'is_on_part', top.id = part.id) as found
    from user_permissions o
    join path_parts top on top.tenant_id = o.tenant_id and top.id = o.path_part_id
    where o.tenant_id = u.tenant_id and o.user_id = u.id and o.id is distinct from wish.id
      and ${covers(sql`top.materialized_path`, sql`part.materialized_path`)}
      and (top.id = part.id or o.capability in ('READ_WRITE', wish.capability))
    order by top.materialized_path
    limit 1
  ) clash on true`;

function refusal({ verdict, clash, user_is_known, part_is_known }: Outcome): Problem | ValidationFailed {
  if (verdict === "too_many") {
    return new Problem("conflict", `The user has ${MAX_GRANTS} grants already. Grant a folder above instead.`);
  }
  if (clash !== null) {
    const { capability, path, is_on_part } = clash;
    return new Problem(
      "conflict",
      is_on_part
        ? `The user has a ${capability} grant on ${path} already. Change that one.`
        : `The user's ${capability} grant on ${path} covers that already.`,
    );
  }
  const fault = (field: string, msg: string): Fault => ({ loc: ["body", field], type: "value_error", msg });
  return new ValidationFailed([
    ...(user_is_known ? [] : [fault("user_id", "There is no such user in the tenant.")]),
    ...(part_is_known ? [] : [fault("path_part_id", "There is no such path part in the tenant.")]),
  ]);
}
