/** What the search finds by words of names besides workflows, people and files: triggers, runners, and endpoints of notifications. */
import { and, asc, eq, or, type SQLWrapper, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Caller } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { notificationEndpoints as e } from "../../db/notify-and-metric-tables.ts";
import { workflowDefinitions as d, apiKeys as k } from "../../db/tables.ts";
import { triggers as t } from "../../db/trigger-tables.ts";
import { keyWorks } from "../../people/api-keys.ts";
import { triggersSeen } from "../triggers/kit/triggers-seen.ts";
import { isExactly, matchesWords } from "./kit/words.ts";

export function selectTriggers(db: Database, caller: Caller, text: string) {
  const { readable, found } = triggersSeen(db, caller, matchesWords(caller, t.tenantId, t.name, text));
  return db
    .with(caller, readable)
    .select({ id: t.id, name: t.name, workflow_name: d.name })
    .from(caller)
    .crossJoin(found)
    .innerJoin(t, eq(t.id, found.id))
    .innerJoin(d, eq(d.id, t.workflowDefinitionId))
    .orderBy(...isExactly(t.name, text), asc(t.name), asc(t.id));
}

/** True when a name has words that begin with the typed ones, among the few names of a tenant that need no index. */
const hasWords = (caller: Caller, name: SQLWrapper, text: string) =>
  sql<boolean>`public.search_words(${caller.tenantId}, ${name}) @@ public.search_query(${caller.tenantId}, ${text})`;

/** What a runner is called: by its session, or by its key. Only an OWNER or ADMIN sees runners. */
export function selectRunners(db: Database, caller: Caller, text: string) {
  const session = sql`public.open_sessions(${caller.tenantId}, null::uuid, statement_timestamp()) session`;
  const named = unionAll(
    db
      .select({ id: sql<string>`session.id`.as("named_id"), name: sql<string>`session.name`.as("named_name") })
      .from(caller)
      .crossJoinLateral(session)
      .where(sql`${caller.isAdministrator}`),
    db
      .select({ id: sql<string>`${k.id}`.as("named_id"), name: sql<string>`${k.name}`.as("named_name") })
      .from(caller)
      .innerJoin(
        k,
        and(sql`${caller.isAdministrator}`, eq(k.tenantId, caller.tenantId), eq(k.kind, "RUNNER"), keyWorks),
      ),
  ).as("named");
  return db
    .with(caller)
    .select({ id: named.id, name: named.name })
    .from(caller)
    .innerJoin(named, hasWords(caller, named.name, text))
    .orderBy(asc(named.name), asc(named.id));
}

/** Finds endpoints of notifications by words of their descriptions or URLs. Only an OWNER or ADMIN finds any. */
export function selectEndpoints(db: Database, caller: Caller, text: string) {
  const name = sql<string>`coalesce(${e.description}, ${e.url})`;
  return db
    .with(caller)
    .select({ id: e.id, name })
    .from(caller)
    .innerJoin(e, and(sql`${caller.isAdministrator}`, eq(e.tenantId, caller.tenantId)))
    .where(or(hasWords(caller, name, text), sql`strpos(lower(${e.url}), lower(${text})) > 0`))
    .orderBy(asc(name), asc(e.id));
}
