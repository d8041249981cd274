import { sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  mayRead,
  mayWrite,
  ofTenant,
  principal,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import { isBelow } from "../db/path-conditions.ts";
import { type Fault, Problem, ValidationFailed } from "../http/problems.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { NO_DEFINITION } from "../workflows/workflow-definitions.ts";
import { may, type RunRow } from "./run-rows.ts";
import { answeredRun, keepAnswer, lockDefinitions, type Promotion, promoteLocked, timeOutLocked } from "./slots.ts";

export type NewRun = {
  id: string;
  definitionId: string;
  idempotencyKey: string | null;
};

/** The run, and whether an earlier call with its key had triggered it. */
export type TriggeredRun = { run: RunRow; isReplay: boolean };

type ReferenceFault = {
  group: string;
  id: string;
  kind: "missing" | "unreadable" | "unwritable" | "empty";
  path: string;
};

type Outcome = {
  definition_id: string | null;
  is_active: boolean;
  has_runner: boolean;
  faults: ReferenceFault[] | null;
};

/**
 * Triggers a run of a definition: RUNNING when the slot is free, PENDING behind the others when it is not.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a definition that is paused
 *   or has no runner
 * @throws ValidationFailed when the definition refers to what is gone, or to sources without a document
 */
export async function triggerRun(db: Database, credential: Credential, run: NewRun & Promotion): Promise<TriggeredRun> {
  const [, , { rows }, { rows: dispatches }, { rows: runs }] = await repeatable(db).batch([
    db.execute(
      lockDefinitions(sql`
        with ${principal(credential)}
        select d.id from principal p join workflow_definitions d on d.id = ${run.definitionId} and ${definitionIsVisible}`),
    ),
    db.execute(timeOutLocked),
    db.execute<Outcome>(insertRun(credential, run)),
    db.execute<DispatchRow>(promoteLocked(run)),
    db.execute<RunRow>(answeredRun),
  ]);
  run.onPromoted(dispatches);
  const outcome = authenticated(rows);
  const [answer] = runs;
  if (answer) return { run: answer, isReplay: answer.id !== run.id };
  throw refusal(outcome);
}

/**
 * Guarantees: a run is inserted whole, with its frozen snapshot and its events, or not at all; a key that is
 * still in use answers the run it triggered first. Asked twice with one id, it triggers one run.
 * Closes the race between two invokes with one key: the definition is locked since the batch's first statement.
 */
function insertRun(credential: Credential, run: NewRun) {
  return sql`
    with ${principal(credential)}, definition as (
      select d.* from principal p join workflow_definitions d on d.id = ${run.definitionId} and ${definitionIsVisible}
    ), replay as (
      select r.id
      from definition d
      join workflow_runs r on r.workflow_definition_id = d.id and r.idempotency_key = ${run.idempotencyKey}
      where ${may("stop")} or r.created_at > statement_timestamp() - interval '24 hours'
      order by r.created_at desc
      limit 1
    ), reference as (
      select named.field, given.id, given.position, part.materialized_path as path, part.part_type,
        case
          when part.id is null then 'missing'
          when named.field <> 'outputs' and not ${mayRead(sql`part.materialized_path`)} then 'unreadable'
          when named.field = 'outputs' and not ${mayWrite(sql`part.materialized_path`)} then 'unwritable'
          when named.field = 'sources' and part.part_type = 'FOLDER' and not exists (
            select from path_parts document
            where document.tenant_id = d.tenant_id and document.part_type = 'DOCUMENT'
              and ${isBelow(sql`document.materialized_path`, sql`part.materialized_path`)}
          ) then 'empty'
        end as fault
      from principal p
      join definition d on d.tenant_id = p.tenant_id
      cross join lateral (values
        ('sources', d.source_path_part_ids), ('instructions', d.instruction_path_part_ids),
        ('outputs', d.output_path_part_ids), ('template', array_remove(array[d.template_path_part_id], null))
      ) named (field, ids)
      cross join lateral unnest(named.ids) with ordinality as given (id, position)
      left join path_parts part on part.tenant_id = d.tenant_id and part.id = given.id
    ), frozen as (
      select field, jsonb_agg(jsonb_build_object(
        'path_part_id', id, 'materialized_path', path, 'part_type', part_type) order by position) as parts
      from reference group by field
    ), inserted as (
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, idempotency_key,
        run_snapshot)
      select ${run.id}, d.tenant_id, d.id, p.user_id, d.runner_type, 'PENDING', ${run.idempotencyKey},
        jsonb_build_object(
          'workflow_definition_id', d.id, 'workflow_name', d.name, 'runner_type', d.runner_type,
          'user_id', p.user_id, 'max_run_duration_seconds', d.max_run_duration_seconds,
          'sources', (select parts from frozen where field = 'sources'),
          'instructions', (select parts from frozen where field = 'instructions'),
          'outputs', (select parts from frozen where field = 'outputs'),
          'template', (select parts -> 0 from frozen where field = 'template'))
      from principal p join definition d on d.tenant_id = p.tenant_id
      where d.is_active and d.runner_url is not null
        and not exists (select from replay) and not exists (select from reference where fault is not null)
      on conflict (id) do nothing
      returning id, tenant_id, workflow_definition_id, attempt
    ), recorded as (
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select i.tenant_id, i.id, i.attempt, e.type
      from inserted i
      cross join lateral (values (1, 'TRIGGERED'), (2, case when exists (
        select from workflow_runs r where r.workflow_definition_id = i.workflow_definition_id and ${may("stop")}
      ) then 'QUEUED' end)) e (step, type)
      where e.type is not null
      order by e.step
    )
    select d.id as definition_id, d.is_active, d.runner_url is not null as has_runner,
      (select jsonb_agg(jsonb_build_object('group', field, 'id', id, 'kind', fault, 'path', path) order by field, position)
       from reference where fault is not null) as faults,
      -- Nobody else knows the new id: a run that has it was inserted now, or when this was asked before.
      ${keepAnswer(sql`coalesce(replay.id, ${run.id})`)}, ${ofTenant}
    from principal p
    left join definition d on true
    left join replay on true`;
}

function refusal({ definition_id, is_active, has_runner, faults }: Outcome): Problem | ValidationFailed {
  if (definition_id === null) return new Problem("not_found", NO_DEFINITION);
  if (!is_active) return new Problem("conflict", "The workflow is paused. Set `is_active` to true to invoke it.");
  if (!has_runner) return new Problem("conflict", "The workflow has no runner. Set `runner_config` to invoke it.");
  const forbidden = (faults ?? []).filter(({ kind }) => kind === "unreadable" || kind === "unwritable");
  if (forbidden.length > 0) {
    const rights = forbidden.map(({ kind, id }) => `${kind === "unreadable" ? "read" : "write"} on ${id}`);
    return new Problem("forbidden", `To invoke this workflow you also need: ${rights.join(", ")}.`);
  }
  return new ValidationFailed((faults ?? []).map(toFault));
}

function toFault({ group, id, kind, path }: ReferenceFault): Fault {
  const msg =
    kind === "missing"
      ? `The workflow's ${group} name the path part ${id}, which no longer exists.`
      : `The workflow's ${group} name the folder ${path}, which has no document below it.`;
  return { loc: ["path", "definition_id"], type: "value_error", msg };
}
