import { sql } from "drizzle-orm";
import { type Database, repeatable } from "./client.ts";
import { authenticated, type Credential, ofTenant, principal, runIsVisible } from "./principal.ts";
import { type Missing, placeInQueue, type RunRow, runColumns } from "./rows.ts";

export const NO_RUN = "There is no such run, or it is not yours to see.";

/** A run, and for a PENDING one what it waits for. */
export type QueuedRunRow = RunRow & {
  /** 1 for the run that is next. Null unless PENDING. */
  queue_position: number | null;
  /** The run that holds the slot. Null unless PENDING behind one that the caller may see. */
  blocked_by: string | null;
};

/**
 * The run as it stands now, or null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function findRun(db: Database, credential: Credential, runId: string): Promise<QueuedRunRow | null> {
  const { rows } = await repeatable(db).execute<QueuedRunRow | Missing>(sql`
    with ${principal(credential)}
    select found.*, ${ofTenant}
    from principal p
    left join lateral (
      select ${runColumns},
        ${placeInQueue} as queue_position,
        case when r.status = 'PENDING' then (
          select r.id from workflow_runs r
          where r.workflow_definition_id = definition.id
            and r.status = 'RUNNING' and r.deadline_at > statement_timestamp() and ${runIsVisible}
        ) end as blocked_by
      from workflow_runs r
      cross join lateral (select r.workflow_definition_id as id) definition
      where r.id = ${runId} and ${runIsVisible}
    ) found on true`);
  const row = authenticated(rows);
  return row.id === null ? null : row;
}
