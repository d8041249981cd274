import { and, eq, sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import { callerBy, maySeeDefinition, maySeeRun } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import type { Labels } from "../../runs/labels.ts";
import { r } from "../../runs/run-rows.ts";
import type { Policy } from "../../workflows/policy.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";

/** What the form of an invoke takes over from an earlier run, and its workflow as it is today. */
type FormerRun = {
  id: string;
  /** The whole input, as JSON. */
  input: string | null;
  labels: Labels;
  /** Empty for a run without one. */
  concurrency_key: string;
  priority: number;
  workflow: { id: string; name: string; input_schema: Policy["input_schema"] };
};

/**
 * A run with its whole input. The run is null when it does not exist, or the caller may not see it or its workflow.
 * @throws Unauthenticated
 */
export async function viewFormerRun(
  db: Database,
  credential: Credential,
  id: string,
): Promise<{ caller: Caller; run: FormerRun | null }> {
  const caller = callerBy(db, credential);
  const {
    callers,
    runs: [run = null],
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    runs: db
      .with(caller)
      .select({
        id: r.id,
        input: sql<string | null>`${r.input}::text`,
        labels: sql<Labels>`public.labels_of(${r.id})`,
        concurrency_key: r.concurrencyKey,
        priority: r.priority,
        workflow: { id: d.id, name: d.name, input_schema: sql<Policy["input_schema"]>`${d.inputSchema}` },
      })
      .from(caller)
      .innerJoin(r, and(eq(r.tenantId, caller.tenantId), eq(r.id, id), maySeeRun(caller, r)))
      .innerJoin(d, and(eq(d.id, r.workflowDefinitionId), maySeeDefinition(caller, d.id))),
  });
  return { ...requirePageCaller(callers), run };
}
