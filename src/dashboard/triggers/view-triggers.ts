import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { AuditEvent } from "../../audit/audit-events.ts";
import { type Credential, credentialJson } from "../../db/access.ts";
import { type Caller as CallerExpression, callerBy, maySeeDefinition, mayWrite } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { workflowDefinitions as d, pathParts, users } from "../../db/tables.ts";
import { triggerFirings as f, triggers as t } from "../../db/trigger-tables.ts";
import { type Firing, firingSchema, type TriggerRow, triggerRowSchema } from "../../triggers/triggers.ts";
import { lastChangeOf, lastChanges } from "../activity/changes.tsx";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";
import { MAX_COUNTED } from "../runs/view-runs.ts";

/** The workflow of triggers. `may_write`: the caller may change the workflow, and so its triggers. */
export type WorkflowOfTriggers = { id: string; name: string; may_write: boolean };

/** A trigger, and the name of the user with whose rights it fires. */
export type ViewedTrigger = TriggerRow & { user_name: string };

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
  may_write: sql<boolean>`(${db
    .select({ isPermitted: mayWrite(caller, pathParts.materializedPath) })
    .from(pathParts)
    .where(and(eq(pathParts.tenantId, d.tenantId), eq(pathParts.id, d.pathPartId)))})`,
});

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
      .select({ id: t.id, name: nameOf(users) })
      .from(caller)
      .innerJoin(d, isAsked)
      .innerJoin(t, eq(t.workflowDefinitionId, d.id))
      .innerJoin(users, eq(users.id, t.userId)),
  });
  const viewer = requirePageCaller(callers);
  if (workflow === undefined) return null;
  const names = new Map(people.map(({ id, name }) => [id, name]));
  const triggers = listSchema
    .parse(listed?.answer)
    .items.map((trigger) => ({ ...trigger, user_name: names.get(trigger.id) ?? "" }));
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
  /** What an OWNER or ADMIN sees of the audit log: its last changes, and who has paused or resumed it. */
  changes: AuditEvent[];
  activity_by: AuditEvent | null;
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
        kept: sql<number>`(select count(*)::int from (${db
          .select({ id: f.id })
          .from(f)
          .where(eq(f.triggerId, t.id))
          .limit(MAX_COUNTED + 1)}) counted)`,
        changes: lastChanges(caller, t.id),
        activity_by: lastChangeOf(caller, t.id, "is_active"),
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
  const { user_name, kept, changes, activity_by, ...workflow } = about;
  const firings = items.map((firing) => ({
    ...firing,
    user_name: firing.user_id === null ? null : (people?.[firing.user_id] ?? null),
  }));
  return { ...viewer, workflow, trigger: { ...trigger, user_name }, firings, next, kept, changes, activity_by };
}
