import { asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Credential } from "../../../db/access.ts";
import { callerBy } from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import { workflowDefinitions as d } from "../../../db/tables.ts";
import { triggerFirings as f, triggers as t } from "../../../db/trigger-tables.ts";
import { firingSchema, triggerRowSchema } from "../../../triggers/triggers.ts";
import { type Caller, requirePageCaller, selectCaller } from "../../caller.ts";
import { matchesWords } from "../../search/kit/words.ts";
import { triggersSeen } from "../kit/triggers-seen.ts";
import { ofName } from "../view-triggers.ts";

const listedSchema = z.object({
  trigger: triggerRowSchema,
  workflow_name: z.string(),
  of_name: z.string().nullable(),
  /** What it did last. Null when it had no occasion to fire yet. */
  last: firingSchema.nullable(),
});

/** A trigger with its workflow, what it did last, and the name of the workflow after whose runs it fires: see `ViewedTrigger`. */
export type ListedTrigger = z.infer<typeof listedSchema>;

type Page = { words: string; limit: number; offset: number };

/**
 * One page of all triggers that the caller may see, those that fire next first; with `words`, those whose names have words that begin with
 * them.
 * @throws Unauthenticated
 */
export async function viewAllTriggers(
  db: Database,
  credential: Credential,
  { words, limit, offset }: Page,
): Promise<{ caller: Caller; now: string; triggers: ListedTrigger[]; total: number }> {
  const caller = callerBy(db, credential);
  const isFound = words === "" ? undefined : matchesWords(caller, t.tenantId, t.name, words);
  const { readable, found } = triggersSeen(db, caller, isFound);
  const last = sql<unknown>`(select public.firing_response(${f}) from ${f} where ${f.triggerId} = ${t.id}
    order by ${f.at} desc, ${f.id} desc limit 1)`;
  const { callers, listed, counted } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    listed: db
      .with(caller, readable)
      .select({
        trigger: sql<unknown>`public.trigger_response(${t.id})`,
        workflow_name: d.name,
        of_name: ofName(db, caller),
        last,
      })
      .from(caller)
      .crossJoin(found)
      .innerJoin(t, eq(t.id, found.id))
      .innerJoin(d, eq(d.id, t.workflowDefinitionId))
      .orderBy(asc(found.nextAt), asc(found.name), asc(found.id))
      .limit(limit)
      .offset(offset),
    counted: db.with(caller, readable).select({ total: sql<number>`count(*)::int` }).from(caller).crossJoin(found),
  });
  const triggers = listed.map((row) => listedSchema.parse(row));
  return { ...requirePageCaller(callers), triggers, total: counted[0]?.total ?? 0 };
}
