import { and, asc, eq, notExists, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeDefinition, requireCaller } from "../db/caller.ts";
import { batch, type Database } from "../db/client.ts";
import type { PartType } from "../db/enums.ts";
import { pathParts, workflowDefinitions } from "../db/tables.ts";
import { namedParts } from "./named-parts.ts";
import { isReadablePart } from "./path-parts.ts";
import { judgePart, keptIn, lockSubtree, lockTree, subtreeOf, type Verdict } from "./path-tree.ts";
import { MAX_NAMED_DEFINITIONS, referredProblem, treeProblem } from "./refusals.ts";

/**
 * Deletes a part, all parts below it, and the permissions on them. With `type`, only a part of that type.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for parts that only the service changes and for parts that
 * definitions name; the conflict lists those definitions that the caller may see
 */
export async function deletePathPart(db: Database, credential: Credential, id: string, type?: PartType): Promise<void> {
  const caller = callerBy(db, credential);
  const doomed = doomedPart(db, caller, id, type);
  // Because of `is true`, the planner cannot use the index by tenant, which would make it read all definitions of a large tenant.
  // It uses the index on the named parts instead, which finds the few definitions that name one of these parts.
  const isReferring = and(
    sql`(${workflowDefinitions.tenantId} = ${doomed.tenantId}) is true`,
    sql`${namedParts} && ${doomed.ids}`,
    eq(doomed.verdict, "done"),
  );
  const isVisible = maySeeDefinition(caller, workflowDefinitions.id);
  const kept = keptIn(db, caller, doomed);
  const { verdicts, referring, named, obstacles } = await batch(db, {
    treeLock: lockTree(db, caller, "exclusive"),
    subtreeLock: lockSubtree(db, caller, id),
    verdicts: db.with(caller, doomed).select({ tenantId: doomed.tenantId, verdict: doomed.verdict }).from(doomed),
    referring: db
      .with(caller, doomed)
      .select({ id: workflowDefinitions.id })
      .from(doomed)
      .innerJoin(workflowDefinitions, isReferring)
      .limit(1),
    named: db
      .with(caller, doomed)
      .select({ id: workflowDefinitions.id, name: workflowDefinitions.name })
      .from(caller)
      .crossJoin(doomed)
      .innerJoin(workflowDefinitions, and(isReferring, isVisible))
      .orderBy(asc(workflowDefinitions.name), asc(workflowDefinitions.id))
      .limit(MAX_NAMED_DEFINITIONS + 1),
    obstacles: db
      .with(caller, doomed)
      .select({ kind: kept.kind, id: kept.id, name: kept.name })
      .from(caller)
      .crossJoin(doomed)
      .innerJoinLateral(kept, sql`true`),
    // Guarantees: no part is deleted that a definition names. The foreign keys delete the parts below and the permissions.
    // Closes the race with a caller who creates a definition: both lock the parts before they look, so one sees the other.
    deleted: db
      .with(caller, doomed)
      .delete(pathParts)
      .where(
        and(
          sql`${pathParts.id} = ${db.select({ id: doomed.id }).from(doomed).where(eq(doomed.verdict, "done"))}`,
          notExists(db.select({ id: workflowDefinitions.id }).from(doomed).innerJoin(workflowDefinitions, isReferring)),
        ),
      ),
  });
  const { verdict } = requireCaller(verdicts);
  if (verdict !== "done") throw treeProblem(verdict, { obstacles });
  if (referring.length > 0) throw referredProblem(named);
}

const doomedPart = (db: Database, caller: Caller, id: string, type: PartType | undefined) => {
  const subtree = subtreeOf(db);
  return db.$with("doomed").as(
    db
      .select({
        // The alias differs from the column in `caller`, since the two are joined.
        tenantId: sql<string>`${caller.tenantId}`.as("doomed_tenant_id"),
        id: sql<string>`${pathParts.id}`.as("doomed_id"),
        path: sql<string>`${pathParts.materializedPath}`.as("doomed_path"),
        ids: subtree.ids,
        verdict: sql<Verdict>`case ${judgePart(caller, subtree)} else 'done' end`.as("verdict"),
      })
      .from(caller)
      .leftJoin(pathParts, isReadablePart(caller, id, type))
      .crossJoinLateral(subtree)
      .limit(1),
  );
};
