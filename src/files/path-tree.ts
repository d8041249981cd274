/**
 * Changes of a tenant's tree. Each is one batch, which begins by locking the tree of the caller's tenant: shared
 * by those who create, for one alone of those who rename, move or delete. A path is made of the names above it,
 * so whoever adds a node must not see these names change, and two moves at once could each put a folder below
 * the other. The lock is a statement of its own because each statement of a batch takes a fresh snapshot: what
 * comes after sees all that the lock's last holder did. It is an advisory lock, whose queue is fair: a move is
 * not held up for ever by those who keep creating.
 */
import { type SQL, sql } from "drizzle-orm";
import { type Credential, mayRead, mayWrite, principal } from "../db/access.ts";
import { isAtOrBelow } from "../db/path-conditions.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";
import { MAX_PATH_BYTES, NO_PATH_PART } from "./path.ts";
import { isSystemManaged } from "./path-parts.ts";

/** Locks the tree of the caller's tenant until the batch ends. */
export const lockTree = (credential: Credential, mode: "shared" | "exclusive") => sql`
  with ${principal(credential)}
  select ${sql.raw(mode === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock")}(
    hashtextextended('path_parts of ' || p.tenant_id, 0))
  from principal p`;

/**
 * Locks a part that the caller may write, and all below it, until those who are just making a definition that
 * refers to one of them are done. In id order, as they do, so that nobody waits for each other.
 */
export const lockSubtree = (credential: Credential, id: string) => sql`
  with ${principal(credential)}
  select count(*) from (
    select part.id
    from principal p
    join path_parts top on top.tenant_id = p.tenant_id and top.id = ${id} and ${mayWrite(sql`top.materialized_path`)}
    join path_parts part on part.tenant_id = top.tenant_id
      and ${isAtOrBelow(sql`part.materialized_path`, sql`top.materialized_path`)}
    order by part.id
    for update of part
  ) locked`;

/** What a change came to. All but "done" left everything as it was. */
export type Verdict =
  | "done"
  | "part_not_found"
  | "part_not_writable"
  | "part_is_managed"
  | "parent_not_found"
  | "parent_not_writable"
  | "parent_is_managed"
  | "parent_has_wrong_type"
  | "parent_is_below_part"
  | "path_too_long"
  | "name_taken";

/** Cases of a verdict on the part `part` itself, and on what is below it: its `subtree`. */
export const judgePart = sql`
  when part.id is null then 'part_not_found'
  when not ${mayWrite(sql`part.materialized_path`)} then 'part_not_writable'
  when subtree.is_managed then 'part_is_managed'`;

/** Cases of a verdict on the `parent` below which a part of that type is to be put; a null id is the root. */
export const judgeParent = (isPut: SQL, parentId: SQL, partType: SQL) => sql`
  when ${isPut} and ${parentId} is not null and (parent.id is null or not ${mayRead(sql`parent.materialized_path`)})
    then 'parent_not_found'
  when ${isPut} and not ${mayWrite(sql`parent.materialized_path`)} then 'parent_not_writable'
  when ${isPut} and ${isSystemManaged(sql`parent`)} then 'parent_is_managed'
  when ${isPut} and case ${partType}
    when 'DOCUMENT_VERSION' then parent.part_type is distinct from 'DOCUMENT' else parent.part_type <> 'FOLDER' end
    then 'parent_has_wrong_type'`;

/** Joins the part with this id that the principal `p` may read, if any, and what is known of its `subtree`. */
export const joinPart = (id: string) => sql`
  left join path_parts part on part.tenant_id = p.tenant_id and part.id = ${id} and ${mayRead(sql`part.materialized_path`)}
  cross join lateral (
    select array_agg(node.id) as ids, max(octet_length(node.materialized_path)) as longest,
      bool_or(${isSystemManaged(sql`node`)}) as is_managed
    from path_parts node
    where node.tenant_id = part.tenant_id and ${isAtOrBelow(sql`node.materialized_path`, sql`part.materialized_path`)}
  ) subtree`;

const WRITE_ON_PARENT = "You need write on the folder or document below which the part is put.";

/** Why nothing was done, as the error to throw. */
export function refusal(
  verdict: Exclude<Verdict, "done">,
  { name, parentId }: { name?: string | undefined; parentId?: string | null | undefined },
): Problem | ValidationFailed {
  const parentFault = (msg: string) =>
    new ValidationFailed([{ loc: ["body", "parent_path_id"], type: "value_error", msg, input: parentId }]);
  const tooLong = `The whole path, and every path below it, must have at most ${MAX_PATH_BYTES} bytes.`;
  switch (verdict) {
    case "part_not_found":
      return new Problem("not_found", NO_PATH_PART);
    case "part_not_writable":
      return new Problem("forbidden", "You need write on this path part.");
    case "part_is_managed":
      return new Problem(
        "conflict",
        "The service keeps this part, or one below it, for its workflow definitions. Change these instead.",
      );
    case "parent_not_found":
      return parentFault(NO_PATH_PART);
    case "parent_not_writable":
      return new Problem(
        "forbidden",
        parentId ? WRITE_ON_PARENT : "Only an OWNER or ADMIN may put a part at the root.",
      );
    case "parent_is_managed":
      return new Problem(
        "conflict",
        "The service keeps what is below that parent for its workflow definitions. Choose another parent.",
      );
    case "parent_has_wrong_type":
      return parentFault("A DOCUMENT_VERSION goes below a DOCUMENT; everything else below a FOLDER or at the root.");
    case "parent_is_below_part":
      return parentFault("A part cannot be moved below itself.");
    case "path_too_long":
      if (name === undefined) return parentFault(tooLong);
      return new ValidationFailed([{ loc: ["body", "name"], type: "string_too_long", msg: tooLong, input: name }]);
    case "name_taken":
      return new Problem("conflict", "There is a part of that name in that place already. Choose another name.");
  }
}
