import { sql } from "drizzle-orm";
import { authenticated, type Credential, ofTenant, principal, runIsVisible } from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { RunEventType } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { isOverdue } from "./run-rows.ts";

/** Something that happened to a run. What `detail` holds depends on the type. */
export type RunEventRow = {
  type: RunEventType;
  attempt: number;
  at: string;
  detail: Record<string, unknown> | null;
};

/**
 * One page of what happened to a run, oldest first, and how much there is; null when there is no such run that
 * the caller may see. An overdue run has timed out, whether or not a sweep has come by.
 * @throws Problem `unauthenticated`
 */
export async function listRunEvents(
  db: Database,
  credential: Credential,
  request: { runId: string; limit: number; offset: number },
): Promise<{ events: RunEventRow[]; total: number } | null> {
  const { rows } = await repeatable(db).execute<{ id: string | null; total: number; events: RunEventRow[] }>(sql`
    with ${principal(credential)}, run as (
      select r.* from principal p join workflow_runs r on r.id = ${request.runId} and ${runIsVisible}
    ), happened as (
      select e.id, e.type, e.attempt, e.at, e.detail from run join workflow_run_events e on e.run_id = run.id
      union all
      select null, 'TIMED_OUT', r.attempt, r.deadline_at, null from run r where ${isOverdue}
    )
    select run.id, (select count(*)::int from happened) as total,
      (select coalesce(jsonb_agg(to_jsonb(page) - 'id' order by page.id nulls last), '[]') from (
        select id, type, attempt, ${instant(sql`at`)} as at, detail from happened
        order by id nulls last limit ${request.limit} offset ${request.offset}
      ) page) as events, ${ofTenant}
    from principal p left join run on true`);
  const row = authenticated(rows);
  return row.id === null ? null : { events: row.events, total: row.total };
}
