import { and, asc, desc, eq, isNotNull, type SQL, sql } from "drizzle-orm";
import type { Caller } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { instant, instantOrNull } from "../../../db/rows.ts";
import { workflowDefinitions as d } from "../../../db/tables.ts";
import type { RunnerSession } from "../../../runs/leases/presence.ts";
import { r } from "../../../runs/run-rows.ts";

/** A runner that has opened a session and may lease runs. Instants are RFC 3339. */
export type SessionRow = RunnerSession & {
  name: string;
  capacity: number;
  tags: string[];
  /** The runs that it holds, the oldest lease first. */
  holds: { run_id: string; workflow_definition_id: string }[];
  /** True when it holds a run whose lease is about to end, since it has sent no heartbeat for so long. */
  is_late: boolean;
};

/** The runners that may lease runs of a workflow. */
export function selectRunnersOf(db: Database, caller: Caller, isAsked: SQL | undefined) {
  const runner = openSessions(db, sql`${d.tenantId}`, sql`${d.id}`);
  return db
    .with(caller)
    .select(runnerFields(runner))
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(runner)
    .orderBy(asc(runner.name), asc(runner.id));
}

/** The runners that may lease a PENDING run. None when its runs are not leased. */
export function selectRunnersFor(db: Database, caller: Caller, isAsked: SQL | undefined) {
  const runner = openSessions(db, sql`${d.tenantId}`, sql`${d.id}`);
  return db
    .with(caller)
    .select(runnerFields(runner))
    .from(caller)
    .innerJoin(r, and(isAsked, eq(r.status, "PENDING")))
    .innerJoin(d, and(eq(d.id, r.workflowDefinitionId), eq(d.handover, "lease")))
    .crossJoinLateral(runner);
}

/** All runners of the tenant, for an OWNER or ADMIN; none for anybody else. */
export function selectRunners(db: Database, caller: Caller) {
  const runner = openSessions(db, sql`${caller.tenantId}`, sql`null::uuid`);
  return db
    .with(caller)
    .select(runnerFields(runner))
    .from(caller)
    .crossJoinLateral(runner)
    .where(sql`${caller.isAdministrator}`)
    .orderBy(asc(runner.name), asc(runner.id));
}

/** A runner with a URL, to which the runs of a workflow are sent. */
export type UrlRunner = {
  workflow_id: string;
  workflow_name: string;
  /** Its server, such as `https://runner.example.com`. */
  server: string;
  /** When it last took one of the newest runs, sent a heartbeat for one, or said how one ended. RFC 3339; null when it did none of that. */
  last_seen_at: string | null;
};

/** How many runners with a URL a page shows: those of the newest workflows. */
const MAX_URL_RUNNERS = 50;

/** How many of its newest runs say when a runner was last seen. */
const NEWEST_RUNS = 20;

/** The runners with a URL, for an OWNER or ADMIN; none for anybody else. */
export function selectUrlRunners(db: Database, caller: Caller) {
  const asked = db
    .select({
      id: sql<string>`${d.id}`.as("asked_id"),
      name: sql<string>`${d.name}`.as("asked_name"),
      url: sql<string>`${d.runnerUrl}`.as("asked_url"),
    })
    .from(d)
    .where(and(eq(d.tenantId, caller.tenantId), eq(d.handover, "webhook"), isNotNull(d.runnerUrl)))
    .orderBy(desc(d.createdAt), desc(d.id))
    .limit(MAX_URL_RUNNERS)
    .as("asked");
  const newest = db
    .select({ heardAt: sql<string | null>`public.heard_of_runner_at(${r})`.as("newest_heard_at") })
    .from(r)
    .where(eq(r.workflowDefinitionId, asked.id))
    .orderBy(desc(r.createdAt), desc(r.id))
    .limit(NEWEST_RUNS)
    .as("newest");
  const heard = db
    .select({ at: sql<string | null>`max(${newest.heardAt})`.as("heard_at") })
    .from(newest)
    .as("heard");
  return db
    .with(caller)
    .select({
      workflow_id: asked.id,
      workflow_name: asked.name,
      server: sql<string>`public.runner_origin(${asked.url})`,
      last_seen_at: instantOrNull(heard.at),
    })
    .from(caller)
    .crossJoinLateral(asked)
    .crossJoinLateral(heard)
    .where(sql`${caller.isAdministrator}`)
    .orderBy(asc(asked.name), asc(asked.id));
}

/** The lateral subquery `runner`. */
const openSessions = (db: Database, tenantId: SQL, definitionId: SQL) =>
  db
    .select({
      id: sql<string>`runner.id`.as("runner_id"),
      name: sql<string>`runner.name`.as("runner_name"),
      capacity: sql<number>`runner.capacity`.as("runner_capacity"),
      lastSeenAt: sql<string>`runner.last_seen_at`.as("runner_last_seen_at"),
      holds: sql<SessionRow["holds"]>`runner.holds`.as("runner_holds"),
      isWorking: sql<boolean>`runner.is_working`.as("runner_is_working"),
      isLate: sql<boolean>`runner.is_late`.as("runner_is_late"),
      tags: sql<string[]>`runner.tags`.as("runner_has_tags"),
    })
    .from(sql`public.open_sessions(${tenantId}, ${definitionId}, statement_timestamp()) runner`)
    .where(sql`runner.lacks = '{}'`)
    .as("runner");

const runnerFields = (runner: ReturnType<typeof openSessions>) => ({
  id: runner.id,
  name: runner.name,
  capacity: runner.capacity,
  last_seen_at: instant(runner.lastSeenAt).as("last_seen_at"),
  holds: runner.holds,
  is_working: runner.isWorking,
  is_late: runner.isLate,
  tags: runner.tags,
});
