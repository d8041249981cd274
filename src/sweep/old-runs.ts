import { sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { chooseInTurn, holdChosen } from "./in-turn.ts";

/**
 * Deletes up to `limit` runs that ended more than `days` ago, with their events, and returns how many. The tenants take
 * turns. A run stays as long as its idempotency key may be sent again.
 */
export async function deleteOldRuns(db: Database, options: { days: number; limit: number }): Promise<number> {
  const { days, limit } = options;
  const isOld = sql`(r.completed_at < statement_timestamp() - make_interval(days => ${days}::int)
    and r.created_at < statement_timestamp() - interval '24 hours')`;
  const indexed = sql`r.completed_at is not null`;
  // Guarantees: a run goes with all its events.
  // Closes the race with a retry: a run that somebody holds is passed over, and one that was retried has not ended.
  const { rows } = await db.execute<{ count: number }>(sql`
    with recursive ${chooseInTurn({ indexed, wanted: isOld, since: sql`r.completed_at`, limit })}, old as (${holdChosen({ wanted: isOld, limit })}), deleted as (
      delete from workflow_runs r using old where r.id = old.id returning r.id
    )
    select count(*)::int as count from deleted`);
  return rows[0]?.count ?? 0;
}
