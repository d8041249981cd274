import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { authenticated, type Credential, principal, runIsVisible } from "./principal.ts";
import { type RunRow, runColumns } from "./rows.ts";

/** Nothing was found: a left join's columns are all null. */
type Missing = { id: null };

/**
 * The run as it stands now, or null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function findRun(db: Database, credential: Credential, runId: string): Promise<RunRow | null> {
  const { rows } = await db.execute<RunRow | Missing>(sql`
    with ${principal(credential)}
    select found.*
    from principal p
    left join lateral (
      select ${runColumns} from workflow_runs r where r.id = ${runId} and ${runIsVisible}
    ) found on true`);
  const row = authenticated(rows);
  return row.id === null ? null : row;
}
