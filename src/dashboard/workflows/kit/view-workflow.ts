import { and, eq, type SQL, sql } from "drizzle-orm";
import type { AuditEvent } from "../../../audit/audit-events.ts";
import type { Credential } from "../../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  mayRead,
  maySeeDefinition,
  mayWriteAmong,
  permittedPathsOf,
} from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import { workflowDefinitions as d, pathParts } from "../../../db/tables.ts";
import { triggers as t } from "../../../db/trigger-tables.ts";
import { r } from "../../../runs/run-rows.ts";
import type { Policy } from "../../../workflows/policy.ts";
import {
  type DefinitionRow,
  definitionFields,
  definitionTag,
  policyTag,
  type StartObstacle,
  startObstacle,
} from "../../../workflows/workflow-definitions.ts";
import { lastChangeOf, lastChanges } from "../../activity/kit/changes.tsx";
import { type Caller, requirePageCaller, selectCaller } from "../../caller.ts";
import { type SessionRow, selectRunnersOf } from "../../runners/kit/view-runners.ts";
import { MAX_COUNTED } from "../../runs/kit/view-runs.ts";
import type { ChartRange } from "../../statistics/kit/range.ts";
import { type Statistics, selectStatistics, toStatistics } from "../../statistics/kit/view-statistics.ts";
import {
  type LastInput,
  type Shown,
  type ShownRuns,
  selectLastInput,
  selectLists,
  toLists,
} from "../runs/view-its-runs.ts";
import { type HeldSlot, type KeyCount, selectKeys, selectSlots } from "../slots/view-slots.ts";
import { type ListedWorkflow, type Outcomes, outcomesOf, standingOf } from "../view-workflows.ts";

/** A path part that a definition names. `path` and `type` are null when the caller may not see it. */
export type NamedPart = { id: string; path: string | null; type: string | null };

export type ViewedWorkflow = DefinitionRow &
  Outcomes & {
    may_write: boolean;
    /** Whether the caller's permissions suffice. The workflow may still be paused or have no runner. */
    may_invoke: boolean;
    may_delete: boolean;
    /** The number of its runs, counted up to one more than `MAX_COUNTED`. */
    runs: number;
    triggers: { total: number; paused: number };
    queued: number;
    running: number;
    max_running: number;
    slots: HeldSlot[];
    keys: KeyCount[];
    holder: ListedWorkflow["holder"];
    queue: ShownRuns;
    last_input: LastInput | null;
    latest: ShownRuns;
    statistics: Statistics;
    etag: string;
    policy: Policy;
    policy_etag: string;
    obstacle: StartObstacle | null;
    /** The runners that have a session and may lease its runs. */
    runners: SessionRow[];
    sources: NamedPart[];
    instructions: NamedPart[];
    outputs: NamedPart[];
    templates: NamedPart[];
    /** What an OWNER or ADMIN sees of the audit log: its last changes, and who has paused or resumed it, and changed its policy. */
    changes: AuditEvent[];
    activity_by: AuditEvent | null;
    policy_by: AuditEvent | null;
  };

/**
 * A workflow with its queue, its latest runs and their durations. Null when it does not exist or the caller may not see it. With
 * `shown`, the lists have those runs as they are now, instead of those that belong to them now.
 * @throws Unauthenticated
 */
export async function viewWorkflow(
  db: Database,
  credential: Credential,
  id: string,
  range: ChartRange,
  shown: Shown,
): Promise<{ caller: Caller; now: string; workflow: ViewedWorkflow | null }> {
  const caller = callerBy(db, credential);
  const isAsked = and(eq(d.tenantId, caller.tenantId), eq(d.id, id), maySeeDefinition(caller, d.id));
  const {
    callers,
    workflows: [workflow],
    lastInputs: [lastInput = null],
    named,
    runners,
    slots,
    keys,
    statistics,
    ...lists
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    workflows: selectWorkflow(db, caller, isAsked),
    ...selectLists(db, caller, isAsked, shown),
    lastInputs: selectLastInput(db, caller, isAsked),
    named: selectParts(db, caller, isAsked),
    runners: selectRunnersOf(db, caller, isAsked),
    slots: selectSlots(db, caller, isAsked),
    keys: selectKeys(db, caller, isAsked),
    statistics: selectStatistics(db, caller, range, id),
  });
  const partsOf = (letter: string) => named.filter((part) => part.letter === letter);
  const found = workflow && {
    ...workflow,
    ...toLists(lists, shown),
    last_input: lastInput,
    statistics: toStatistics(range, statistics),
    runners,
    slots,
    keys,
    sources: partsOf("A"),
    instructions: partsOf("B"),
    outputs: partsOf("C"),
    templates: partsOf("D"),
  };
  return { ...requirePageCaller(callers), workflow: found ?? null };
}

function selectWorkflow(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const permitted = permittedPathsOf(db, caller);
  const outcomes = outcomesOf(db);
  const mayWrite = sql<boolean>`(${db
    .select({ isPermitted: mayWriteAmong(caller, permitted, pathParts.materializedPath) })
    .from(pathParts)
    .where(and(eq(pathParts.tenantId, d.tenantId), eq(pathParts.id, d.pathPartId)))})`;
  return db
    .with(caller, permitted)
    .select({
      ...definitionFields,
      etag: definitionTag,
      policy_etag: policyTag,
      policy: {
        handover: d.handover,
        lease_seconds: d.leaseSeconds,
        max_attempts: d.maxAttempts,
        retry_on: sql<Policy["retry_on"]>`${d.retryOn}`,
        max_running: d.maxRunning,
        max_running_per_key: d.maxRunningPerKey,
        key_from: d.keyFrom,
        when_busy: d.whenBusy,
        replace_grace_seconds: d.replaceGraceSeconds,
        max_queued: d.maxQueued,
        run_needs: d.runNeeds,
        runner_tags: d.runnerTags,
        may_trigger: d.mayTrigger,
        input_schema: sql<Policy["input_schema"]>`${d.inputSchema}`,
      },
      obstacle: startObstacle,
      may_delete: caller.isAdministrator,
      may_write: mayWrite,
      may_invoke: sql<boolean>`(not public.needs_write_to_run(${caller.role}, cardinality(${d.outputPathPartIds}), ${d.runNeeds})
        or ${mayWrite}) and not exists (
        select from public.path_parts_of_run(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${d.sourcePathPartIds},
          ${d.instructionPathPartIds}, ${d.outputPathPartIds}, ${d.templatePathPartId}) part
        where part.fault <> 'empty')`,
      runs: sql<number>`(select count(*)::int from (${db
        .select({ id: r.id })
        .from(r)
        .where(eq(r.workflowDefinitionId, d.id))
        .limit(MAX_COUNTED + 1)}) counted)`,
      triggers: sql<ViewedWorkflow["triggers"]>`(${db
        .select({ counted: sql`jsonb_build_object('total', count(*), 'paused', count(${t.pausedAt}))` })
        .from(t)
        .where(eq(t.workflowDefinitionId, d.id))})`,
      changes: lastChanges(caller, d.id),
      activity_by: lastChangeOf(caller, d.id, "is_active"),
      policy_by: sql<AuditEvent | null>`${lastChanges(caller, d.id, "workflow_definition.policy_replaced")} -> 0`,
      ...standingOf(db, outcomes),
    })
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(outcomes);
}

/** Selects the parts that the workflow names, in its order, grouped by parameter. */
function selectParts(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const named = db
    .select({
      letter: sql<string>`letter`.as("letter"),
      id: sql<string>`id`.as("named_id"),
      position: sql<number>`"position"`.as("named_position"),
    })
    .from(sql`(values ('A', ${d.sourcePathPartIds}), ('B', ${d.instructionPathPartIds}), ('C', ${d.outputPathPartIds}),
      ('D', array_remove(array[${d.templatePathPartId}], null))) letters (letter, ids),
      unnest(letters.ids) with ordinality given (id, "position")`)
    .as("named");
  // Each part is looked up by its id. With a join, the planner might read all parts of the tenant.
  const part = db
    .select({
      path: sql<string | null>`${pathParts.materializedPath}`.as("named_path"),
      type: sql<string | null>`${pathParts.partType}`.as("named_type"),
    })
    .from(pathParts)
    .where(
      and(eq(pathParts.tenantId, d.tenantId), eq(pathParts.id, named.id), mayRead(caller, pathParts.materializedPath)),
    )
    .limit(1)
    .as("part");
  return db
    .with(caller)
    .select({
      letter: named.letter,
      id: named.id,
      path: part.path,
      type: part.type,
    })
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(named)
    .leftJoinLateral(part, sql`true`)
    .orderBy(named.letter, named.position);
}
