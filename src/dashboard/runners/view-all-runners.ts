import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import { callerBy } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { instant, instantOrNull } from "../../db/rows.ts";
import { workflowDefinitions as d, apiKeys as k, users } from "../../db/tables.ts";
import { keyWorks } from "../../people/api-keys.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";
import { type SessionRow, selectRunners, selectUrlRunners, type UrlRunner } from "./kit/view-runners.ts";

export type LeasedWorkflow = { id: string; name: string };

/** A key of runners that works. `definition_ids` is null when they may lease the runs of all workflows. */
export type RunnerKey = {
  id: string;
  name: string;
  suffix: string;
  definition_ids: string[] | null;
  created_at: string;
  expires_at: string | null;
  /** The open sessions of runners with it, counted up to one more than {@link MAX_SESSIONS}. */
  sessions: number;
  /** Only the OWNER may revoke the OWNER's keys. */
  may_revoke: boolean;
};

/** Everything is empty for a USER. */
export type RunnersView = {
  caller: Caller;
  now: string;
  runners: SessionRow[];
  url_runners: UrlRunner[];
  keys: RunnerKey[];
  /** The newest workflows whose runners ask for runs, sorted by name. */
  workflows: LeasedWorkflow[];
};

/** How many keys and workflows are shown at most. */
const MAX_SHOWN = 200;

/** How many open sessions of a key are told exactly. */
export const MAX_SESSIONS = 10;

/**
 * The tenant's runners of both kinds, and the keys of those without a URL.
 * @throws Unauthenticated
 */
export async function viewAllRunners(db: Database, credential: Credential): Promise<RunnersView> {
  const caller = callerBy(db, credential);
  const leased = db
    .select({ id: sql<string>`${d.id}`.as("leased_id"), name: sql<string>`${d.name}`.as("leased_name") })
    .from(d)
    .where(and(sql`${caller.isAdministrator}`, eq(d.tenantId, caller.tenantId), eq(d.handover, "lease")))
    .orderBy(desc(d.id))
    .limit(MAX_SHOWN)
    .as("leased");
  const { callers, runners, urlRunners, keys, workflows } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    runners: selectRunners(db, caller),
    urlRunners: selectUrlRunners(db, caller),
    keys: db
      .with(caller)
      .select({
        id: k.id,
        name: k.name,
        suffix: k.keySuffix,
        definition_ids: k.workflowDefinitionIds,
        created_at: instant(k.createdAt),
        expires_at: instantOrNull(k.expiresAt),
        sessions: sql<number>`public.count_open_sessions(${k.id}, statement_timestamp(), ${MAX_SESSIONS + 1}::int)`,
        may_revoke: sql<boolean>`(${users.role} <> 'OWNER' or ${users.id} = ${caller.userId})`,
      })
      .from(caller)
      .innerJoin(
        k,
        and(sql`${caller.isAdministrator}`, eq(k.tenantId, caller.tenantId), eq(k.kind, "RUNNER"), keyWorks),
      )
      .innerJoin(users, and(eq(users.tenantId, caller.tenantId), eq(users.id, k.userId)))
      .orderBy(desc(k.createdAt), desc(k.id))
      .limit(MAX_SHOWN),
    workflows: db
      .with(caller)
      .select({ id: leased.id, name: leased.name })
      .from(caller)
      .crossJoinLateral(leased)
      .orderBy(asc(leased.name), asc(leased.id)),
  });
  return { ...requirePageCaller(callers), runners, url_runners: urlRunners, keys, workflows };
}
