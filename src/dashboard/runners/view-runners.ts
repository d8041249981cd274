import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Caller } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import type { RunnerSession } from "../../runs/leases/presence.ts";
import { r } from "../../runs/run-rows.ts";

/** A runner that has opened a session and may lease runs. Instants are RFC 3339. */
export type SessionRow = RunnerSession & {
  name: string;
  capacity: number;
  /** The runs that it holds, the oldest lease first. */
  holds: { run_id: string; workflow_definition_id: string }[];
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
    })
    .from(sql`public.open_sessions(${tenantId}, ${definitionId}, statement_timestamp()) runner`)
    .as("runner");

const runnerFields = (runner: ReturnType<typeof openSessions>) => ({
  id: runner.id,
  name: runner.name,
  capacity: runner.capacity,
  last_seen_at: instant(runner.lastSeenAt).as("last_seen_at"),
  holds: runner.holds,
  is_working: runner.isWorking,
});
