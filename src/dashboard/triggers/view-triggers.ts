import { and, asc, eq, ne, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { z } from "zod";
import type { AuditEvent } from "../../audit/audit-events.ts";
import { type Credential, credentialJson } from "../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  maySeeDefinition,
  mayWrite,
  newestDefinitions,
} from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { workflowDefinitions as d, pathParts, users } from "../../db/tables.ts";
import { triggerFirings as f, triggers as t } from "../../db/trigger-tables.ts";
import { checkUnchecked } from "../../inputs/input-checks.ts";
import { type Firing, firingSchema, type TriggerRow, triggerRowSchema } from "../../triggers/triggers.ts";
import type { Policy } from "../../workflows/policy.ts";
import { lastChanges } from "../activity/kit/changes.tsx";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";
import type { Choice } from "../forms.tsx";
import { MAX_CHOICES, MAX_COUNTED } from "../runs/kit/view-runs.ts";

/** The workflow of triggers. `may_write`: the caller may change the workflow, and so its triggers. */
export type WorkflowOfTriggers = {
  id: string;
  name: string;
  may_write: boolean;
  /** What the inputs of its runs must fit, and the hash of that. */
  input_schema: Policy["input_schema"];
  input_schema_hash: string | null;
};

/**
 * A trigger, the name of the user with whose rights it fires, and that of the workflow after whose runs it fires; null when that is gone or
 * the caller may not see it. `is_unfit`: each run would get the same input, which does not fit the workflow's schema any more.
 */
export type ViewedTrigger = TriggerRow & { user_name: string; of_name: string | null; is_unfit: boolean };

const of = alias(d, "of");

/** The most triggers that a workflow may have. */
const MAX_TRIGGERS = 100;

/** How many firings a page shows. */
const FIRINGS = 20;

const listSchema = z.object({ items: z.array(triggerRowSchema) });
const foundSchema = z.object({ trigger: triggerRowSchema });
const firingsSchema = z.object({
  items: z.array(firingSchema),
  next: z.string().nullable(),
  /** The names of the users who fired it by hand, by their ids. */
  people: z.record(z.string(), z.string()).nullable(),
});

const workflowFields = (db: Database, caller: CallerExpression) => ({
  id: d.id,
  name: d.name,
  input_schema: sql<Policy["input_schema"]>`${d.inputSchema}`,
  input_schema_hash: d.inputSchemaHash,
  may_write: sql<boolean>`(${db
    .select({ isPermitted: mayWrite(caller, pathParts.materializedPath) })
    .from(pathParts)
    .where(and(eq(pathParts.tenantId, d.tenantId), eq(pathParts.id, d.pathPartId)))})`,
});

/** The name of the workflow after whose runs a trigger fires. */
export const ofName = (db: Database, caller: CallerExpression) =>
  sql<string | null>`(${db
    .select({ name: of.name })
    .from(of)
    .where(and(eq(of.tenantId, t.tenantId), eq(of.id, t.ofDefinitionId), maySeeDefinition(caller, of.id)))
    .limit(1)})`;

/** The ids of those triggers that are REFUSED when they fire, since their input does not fit: see `check_trigger_input` in SQL. */
async function findUnfit(workflow: WorkflowOfTriggers, triggers: readonly TriggerRow[]): Promise<Set<string>> {
  const { input_schema: schema, input_schema_hash: hash } = workflow;
  const inputs = triggers
    .filter(({ kind, run }) => kind === "schedule" || run?.input_from === "fixed")
    .map(({ id, input }) => ({ hash: id, input: JSON.stringify(input ?? {}) }));
  if (schema === null || hash === null || inputs.length === 0) return new Set();
  const checked = await checkUnchecked({}, [{ schema_hash: hash, schema: JSON.stringify(schema), inputs }], null);
  return new Set(inputs.map((input) => input.hash).filter((id) => checked[hash]?.[id]?.length !== 0));
}

/**
 * A workflow with its triggers, newest first. Null when it does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function viewTriggers(
  db: Database,
  credential: Credential,
  definitionId: string,
): Promise<{ caller: Caller; now: string; workflow: WorkflowOfTriggers; triggers: ViewedTrigger[] } | null> {
  const caller = callerBy(db, credential);
  const isAsked = and(eq(d.tenantId, caller.tenantId), eq(d.id, definitionId), maySeeDefinition(caller, d.id));
  const {
    callers,
    workflows: [workflow],
    listed: [listed],
    people,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    workflows: db.with(caller).select(workflowFields(db, caller)).from(caller).innerJoin(d, isAsked),
    listed: db
      .with(caller)
      .select({
        answer: sql<unknown>`public.list_triggers(${credentialJson(credential)}::jsonb, ${definitionId}::uuid, ${MAX_TRIGGERS}, 0)`,
      })
      .from(caller),
    people: db
      .with(caller)
      .select({ id: t.id, name: nameOf(users), of_name: ofName(db, caller) })
      .from(caller)
      .innerJoin(d, isAsked)
      .innerJoin(t, eq(t.workflowDefinitionId, d.id))
      .innerJoin(users, eq(users.id, t.userId)),
  });
  const viewer = requirePageCaller(callers);
  if (workflow === undefined) return null;
  const named = new Map(people.map((names) => [names.id, names]));
  const { items } = listSchema.parse(listed?.answer);
  const unfit = await findUnfit(workflow, items);
  const triggers = items.map((trigger) => {
    const { name: user_name = "", of_name = null } = named.get(trigger.id) ?? {};
    return { ...trigger, user_name, of_name, is_unfit: unfit.has(trigger.id) };
  });
  return { ...viewer, workflow, triggers };
}

export type TriggerView = {
  caller: Caller;
  now: string;
  workflow: WorkflowOfTriggers;
  trigger: ViewedTrigger;
  firings: (Firing & { user_name: string | null })[];
  /** The position of the next page of firings; null on the last one. */
  next: string | null;
  /** How many firings are kept, counted up to one more than `MAX_COUNTED`. */
  kept: number;
  /** What an OWNER or ADMIN sees of the audit log: its last changes. */
  changes: AuditEvent[];
};

/**
 * A trigger and a page of its firings, newest first, after the position `before`. Null when it does not exist or the caller may not
 * see it.
 * @throws Unauthenticated
 */
export async function viewTrigger(
  db: Database,
  credential: Credential,
  id: string,
  before: string | null = null,
): Promise<TriggerView | null> {
  const caller = callerBy(db, credential);
  const given = sql`${credentialJson(credential)}::jsonb`;
  const { callers, workflows, found, fired } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    workflows: db
      .with(caller)
      .select({
        ...workflowFields(db, caller),
        user_name: nameOf(users),
        of_name: ofName(db, caller),
        kept: sql<number>`(select count(*)::int from (${db
          .select({ id: f.id })
          .from(f)
          .where(eq(f.triggerId, t.id))
          .limit(MAX_COUNTED + 1)}) counted)`,
        changes: lastChanges(caller, t.id),
      })
      .from(caller)
      .innerJoin(t, and(eq(t.tenantId, caller.tenantId), eq(t.id, id)))
      .innerJoin(d, and(eq(d.id, t.workflowDefinitionId), maySeeDefinition(caller, d.id)))
      .innerJoin(users, eq(users.id, t.userId)),
    found: db
      .with(caller)
      .select({ answer: sql<unknown>`public.find_trigger(${given}, ${id}::uuid)` })
      .from(caller),
    fired: db
      .with(caller)
      .select({
        answer: sql<unknown>`(
          select page.answer || jsonb_build_object('people', (
            select jsonb_object_agg(${users.id}, ${nameOf(users)})
            from ${users}
            where ${users.tenantId} = ${caller.tenantId}
              and ${users.id} in (select (item ->> 'user_id')::uuid from jsonb_array_elements(page.answer -> 'items') item)))
          from (select public.list_firings(${given}, ${id}::uuid, ${before}, ${FIRINGS}) as answer offset 0) page)`,
      })
      .from(caller),
  });
  const viewer = requirePageCaller(callers);
  const [about] = workflows;
  const trigger = foundSchema.safeParse(found[0]?.answer).data?.trigger;
  if (about === undefined || trigger === undefined) return null;
  const { items, next, people } = firingsSchema.parse(fired[0]?.answer);
  const { user_name, of_name, kept, changes, ...workflow } = about;
  const firings = items.map((firing) => ({
    ...firing,
    user_name: firing.user_id === null ? null : (people?.[firing.user_id] ?? null),
  }));
  const is_unfit = (await findUnfit(workflow, [trigger])).has(trigger.id);
  return { ...viewer, workflow, trigger: { ...trigger, user_name, of_name, is_unfit }, firings, next, kept, changes };
}

/**
 * A workflow for which a trigger is to be made, and the newest other workflows after whose runs it may fire, sorted by name. Null when it
 * does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function viewNewTrigger(
  db: Database,
  credential: Credential,
  definitionId: string,
): Promise<{ caller: Caller; workflow: WorkflowOfTriggers; choices: Choice[] } | null> {
  const caller = callerBy(db, credential);
  const newest = newestDefinitions(db, caller, { limit: MAX_CHOICES, offset: 0 });
  const {
    callers,
    workflows: [workflow],
    choices,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    workflows: db
      .with(caller)
      .select(workflowFields(db, caller))
      .from(caller)
      .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, definitionId), maySeeDefinition(caller, d.id))),
    choices: db
      .with(caller)
      .select({ id: d.id, name: d.name })
      .from(caller)
      .crossJoinLateral(newest)
      .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, newest.id), ne(d.id, definitionId)))
      .orderBy(asc(d.name), asc(d.id)),
  });
  const viewer = requirePageCaller(callers);
  return workflow === undefined ? null : { ...viewer, workflow, choices };
}
