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
  readableDefinitions,
} from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { RunStatus } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { endsAt, isOverdue, isRunning } from "../../runs/run-rows.ts";
import { type DefinitionRow, definitionColumns } from "../../workflows/workflow-definitions.ts";
import { type Caller, caller, nameOf, newestVisible } from "../caller.ts";
import { type ListedRun, listed } from "../runs/view-runs.ts";

/** How the latest runs of a workflow ended. */
export type Outcomes = {
  /** The last {@link STRIP} runs, newest first: the state, and the seconds from start to end, null if it never started. */
  strip: [RunStatus, number | null][];
  /** How many of the last {@link SAMPLE} runs have ended. */
  ended: number;
  completed: number;
  median_seconds: number | null;
};

const STRIP = 20;
const SAMPLE = 100;

/** {@link Outcomes} of a definition `d`, for a lateral join as `outcomes`. Reads at most {@link SAMPLE} rows by an index. */
const outcomesOf = sql`(
  select coalesce(jsonb_agg(jsonb_build_array(status, seconds) order by created_at desc, id desc)
      filter (where place <= ${STRIP}), '[]') as strip,
    count(*)::int as ended, count(*) filter (where status = 'COMPLETED')::int as completed,
    percentile_cont(0.5) within group (order by seconds) filter (where status = 'COMPLETED') as median_seconds
  from (
    select r.id, r.created_at, row_number() over (order by r.created_at desc, r.id desc) as place,
      case when r.status = 'COMPLETED' then r.status else 'FAILED' end as status,
      extract(epoch from case when ${isOverdue} then ${endsAt} else r.completed_at end - r.started_at)::float8 as seconds
    from workflow_runs r
    where r.workflow_definition_id = d.id and (r.status in ('COMPLETED', 'FAILED') or ${isOverdue})
    order by r.created_at desc, r.id desc
    limit ${SAMPLE}
  ) latest
)`;

const queuedOf = sql`(
  select count(*)::int from workflow_runs r where r.workflow_definition_id = d.id and r.status = 'PENDING')`;

/** The run that holds the slot of a definition `d`; null when it is free. */
const holderOf = sql`(
  select jsonb_build_object('id', r.id, 'user_name', ${nameOf(sql`u`)}, 'begun_at', ${instant(sql`r.started_at`)},
    'deadline_at', ${instant(sql`r.deadline_at`)})
  from workflow_runs r join users u on u.id = r.user_id
  where r.workflow_definition_id = d.id and ${isRunning})`;

export type ListedWorkflow = Outcomes & {
  id: string;
  name: string;
  description: string | null;
  is_active: boolean;
  has_runner: boolean;
  queued: number;
  holder: { id: string; user_name: string; begun_at: string; deadline_at: string } | null;
};

export type WorkflowsView = { caller: Caller; now: string; total: number; workflows: ListedWorkflow[] };

/**
 * A page of the workflows that the caller may see, newest first, each with its slot, its queue and its outcomes.
 * @throws Problem `unauthenticated`
 */
export async function viewWorkflows(
  db: Database,
  credential: Credential,
  { limit, offset }: { limit: number; offset: number },
): Promise<WorkflowsView> {
  const { rows } = await repeatable(db).execute<WorkflowsView>(sql`
    with ${principal(credential)}, ${readableDefinitions}, ${newestVisible(limit + offset)}
    select ${caller}, ${instant(sql`statement_timestamp()`)} as now, 
      (select count(*)::int from workflow_definitions d where ${isAdministrator} and d.tenant_id = p.tenant_id)
        + (select count(*)::int from readable_definitions) as total,
      (select coalesce(jsonb_agg(to_jsonb(page) - 'created_at' order by page.created_at desc, page.id desc), '[]') from (
        select d.id, d.created_at, d.name, d.description, d.is_active, d.runner_url is not null as has_runner,
          ${queuedOf} as queued, ${holderOf} as holder, outcomes.*
        from (select * from visible order by created_at desc, id desc limit ${limit} offset ${offset}) d
        cross join lateral ${outcomesOf} outcomes
      ) page) as workflows, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}

/** A path part that a definition names. `path` and `type` are null when the caller may not see it. */
export type NamedPart = { id: string; path: string | null; type: string | null };

export type ViewedWorkflow = DefinitionRow &
  Outcomes & {
    may_write: boolean;
    /** Whether the caller's permissions suffice. The workflow may still be paused or have no runner. */
    may_invoke: boolean;
    may_delete: boolean;
    queued: number;
    holder: ListedWorkflow["holder"];
    /** The first {@link QUEUE} PENDING runs; the one that is next comes first. */
    queue: ListedRun[];
    /** The last {@link LATEST} runs, newest first. */
    latest: ListedRun[];
    /** How long the COMPLETED ones of the last {@link RECENT} runs took, in seconds and in no particular order. */
    durations: number[];
    sources: NamedPart[];
    instructions: NamedPart[];
    outputs: NamedPart[];
    templates: NamedPart[];
  };

const QUEUE = 20;
const LATEST = 10;
const RECENT = 500;

/** The parts with the ids of an array, in the order of the array, as {@link NamedPart}. */
const partsOf = (ids: SQL) => sql`(
  select coalesce(jsonb_agg(jsonb_build_object('id', named.id, 'path', part.materialized_path, 'type', part.part_type)
    order by named.position), '[]')
  from unnest(${ids}) with ordinality as named (id, position)
  left join path_parts part on part.tenant_id = d.tenant_id and part.id = named.id and ${mayRead(sql`part.materialized_path`)})`;

/** True when the principal `p` may read all that a definition `d` reads, and write where it writes. */
const mayInvoke = sql`not exists (
  select from public.path_parts_of_run(p.role, p.tenant_id, p.user_id, d.source_path_part_ids,
    d.instruction_path_part_ids, d.output_path_part_ids, d.template_path_part_id) part
  where part.fault <> 'empty')`;

/**
 * A workflow with its queue, its latest runs and how long they took; null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function viewWorkflow(
  db: Database,
  credential: Credential,
  id: string,
): Promise<{ caller: Caller; now: string; workflow: ViewedWorkflow | null }> {
  const { rows } = await repeatable(db).execute<{ caller: Caller; now: string; workflow: ViewedWorkflow | null }>(sql`
    with ${principal(credential)}
    select ${caller}, ${instant(sql`statement_timestamp()`)} as now, (
      select to_jsonb(viewed) from (
        select ${definitionColumns}, ${isAdministrator} as may_delete, (
            select ${mayWrite(sql`node.materialized_path`)} from path_parts node
            where node.tenant_id = d.tenant_id and node.id = d.path_part_id) as may_write,
          ${mayInvoke} as may_invoke, ${queuedOf} as queued, ${holderOf} as holder, outcomes.*,
          ${listed(
            sql`
            select r.* from workflow_runs r where r.workflow_definition_id = d.id and r.status = 'PENDING'
            order by r.queue_position limit ${QUEUE}`,
            "queue",
          )} as queue,
          ${listed(sql`
            select r.* from workflow_runs r where r.workflow_definition_id = d.id
            order by r.created_at desc, r.id desc limit ${LATEST}`)} as latest,
          (select coalesce(jsonb_agg(seconds), '[]') from (
            select extract(epoch from r.completed_at - r.started_at)::float8 as seconds
            from (
              select r.* from workflow_runs r where r.workflow_definition_id = d.id
              order by r.created_at desc, r.id desc limit ${RECENT}
            ) r
            where r.status = 'COMPLETED') took) as durations,
          ${partsOf(sql`d.source_path_part_ids`)} as sources,
          ${partsOf(sql`d.instruction_path_part_ids`)} as instructions,
          ${partsOf(sql`d.output_path_part_ids`)} as outputs,
          ${partsOf(sql`array_remove(array[d.template_path_part_id], null)`)} as templates
        from workflow_definitions d
        cross join lateral ${outcomesOf} outcomes
        where d.id = ${id} and ${definitionIsVisible}
      ) viewed
    ) as workflow, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}
