/** The triggers that ought to fire and do not: `silent_triggers` in SQL. */
import { and, eq, sql } from "drizzle-orm";
import { type Caller as CallerExpression, maySeeDefinition } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { secondsSince } from "../../db/rows.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import { triggers as t } from "../../db/trigger-tables.ts";
import { Name } from "../components.tsx";
import { Trouble } from "./trouble.tsx";

/** `seconds`: since when it has paused itself, should have fired, or has handled no instant. */
export type SilentTrigger = {
  id: string;
  name: string;
  workflow_name: string;
  seconds: number;
  /** Why it has paused itself. Null for the others. */
  reason: string | null;
  /** True when its schedule cannot be computed. */
  is_postponed: boolean;
};

/** How many a page shows. */
const MAX_SHOWN = 20;

/** The triggers of workflows that the caller may see, the longest silent first. */
export const selectSilentTriggers = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select({
      id: t.id,
      name: t.name,
      workflow_name: d.name,
      seconds: secondsSince<number>(sql`silent.since`),
      reason: sql<string | null>`case when ${t.pausedByUserId} is null then ${t.pauseNote} end`,
      is_postponed: sql<boolean>`public.is_postponed(${t.nextAt}, ${t.dueAt}) is true`,
    })
    .from(caller)
    .innerJoin(sql`lateral public.silent_triggers(${caller.tenantId}) silent`, sql`true`)
    .innerJoin(t, and(eq(t.tenantId, caller.tenantId), eq(t.id, sql`silent.id`)))
    .innerJoin(d, and(eq(d.id, t.workflowDefinitionId), maySeeDefinition(caller, d.id)))
    .orderBy(sql`silent.since`, t.id)
    .limit(MAX_SHOWN);

function whatOf({ reason, is_postponed }: SilentTrigger, age: string): string {
  if (is_postponed) return `has a schedule that cannot be computed any more, and has handled no instant for ${age}`;
  return reason === null ? `should have fired ${age} ago` : `paused itself ${age} ago`;
}

type Props = { triggers: SilentTrigger[]; formatAge: (seconds: number) => string };

export const SilentTriggers = ({ triggers, formatAge }: Props) => (
  <section class="card">
    <h2>Triggers that do not fire</h2>
    <ul class="items">
      {triggers.map((trigger) => (
        <Trouble
          what={
            <>
              of <bdi>{trigger.workflow_name}</bdi>: {whatOf(trigger, formatAge(trigger.seconds))}
            </>
          }
          reason={trigger.reason}
        >
          <a href={`/app/triggers/${trigger.id}`}>
            <Name>{trigger.name}</Name>
          </a>
        </Trouble>
      ))}
    </ul>
  </section>
);
