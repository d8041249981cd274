import { asc, type SQL, sql } from "drizzle-orm";
import type { Caller } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";

/** A runner that has opened a session and may lease runs. Instants are RFC 3339. */
export type ConnectedRunner = {
  id: string;
  name: string;
  capacity: number;
  /** When the database was last asked for work for this runner. An idle runner waits at the hub, so this can be long ago. */
  last_seen_at: string;
  /** The runs that it holds, the oldest lease first. */
  holds: { run_id: string; workflow_definition_id: string }[];
};

/** The runners that may lease runs of a workflow. */
export function selectRunnersOf(db: Database, caller: Caller, isAsked: SQL | undefined) {
  const runner = connectedRunners(db, sql`${d.tenantId}`, sql`${d.id}`);
  return db
    .with(caller)
    .select(runnerFields(runner))
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(runner)
    .orderBy(asc(runner.name), asc(runner.id));
}

/** All runners of the tenant, for an OWNER or ADMIN; none for anybody else. */
export function selectRunners(db: Database, caller: Caller) {
  const runner = connectedRunners(db, sql`${caller.tenantId}`, sql`null::uuid`);
  return db
    .with(caller)
    .select(runnerFields(runner))
    .from(caller)
    .crossJoinLateral(runner)
    .where(sql`${caller.isAdministrator}`)
    .orderBy(asc(runner.name), asc(runner.id));
}

/** The lateral subquery `runner`. */
const connectedRunners = (db: Database, tenantId: SQL, definitionId: SQL) =>
  db
    .select({
      id: sql<string>`runner.id`.as("runner_id"),
      name: sql<string>`runner.name`.as("runner_name"),
      capacity: sql<number>`runner.capacity`.as("runner_capacity"),
      lastSeenAt: sql<string>`runner.last_seen_at`.as("runner_last_seen_at"),
      holds: sql<ConnectedRunner["holds"]>`runner.holds`.as("runner_holds"),
    })
    .from(sql`public.connected_runners(${tenantId}, ${definitionId}, statement_timestamp()) runner`)
    .as("runner");

const runnerFields = (runner: ReturnType<typeof connectedRunners>) => ({
  id: runner.id,
  name: runner.name,
  capacity: runner.capacity,
  last_seen_at: instant(runner.lastSeenAt).as("last_seen_at"),
  holds: runner.holds,
});
