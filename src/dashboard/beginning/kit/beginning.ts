import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { type Caller, isOfSomebody } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { workflowRuns } from "../../../db/run-tables.ts";
import { workflowDefinitions } from "../../../db/tables.ts";
import { startObstacle } from "../../../workflows/workflow-definitions.ts";

/**
 * Which first steps an administrator has taken, in a tenant that has no run yet. The ids are those of any such workflow, or
 * null.
 */
export type Beginning = {
  workflowId: string | null;
  /** A workflow of which a run can be triggered now. */
  readyWorkflowId: string | null;
};

/** Selects the row of {@link Beginning}, as part of a batch. There is no row for a USER, nor once the tenant has a run. */
export function selectBeginning(db: Database, caller: Caller) {
  const workflow = (...which: (SQL | undefined)[]) =>
    sql<string | null>`${db
      .select({ id: workflowDefinitions.id })
      .from(workflowDefinitions)
      .where(and(eq(workflowDefinitions.tenantId, caller.tenantId), ...which))
      .limit(1)}`;
  return db
    .with(caller)
    .select({
      workflowId: workflow(),
      readyWorkflowId: workflow(isNull(startObstacle)),
    })
    .from(caller)
    .where(
      and(
        caller.isAdministrator,
        sql`not exists ${db
          .select({ one: sql`1` })
          .from(workflowRuns)
          .where(and(eq(workflowRuns.tenantId, caller.tenantId), isOfSomebody(workflowRuns)))}`,
      ),
    );
}
