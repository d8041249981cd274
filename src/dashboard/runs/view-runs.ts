import { type SQL, sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  callerTables,
  definitionIsVisible,
  ofTenant,
  principal,
  readableDefinitions,
} from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { RunStatus } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { cutPage, type RunCursor, type RunsPage, selectRuns } from "../../runs/list-runs.ts";
import { joinSeen, runColumns } from "../../runs/run-rows.ts";
import { type Caller, caller, nameOf, newestVisible } from "../caller.ts";

/** A run in a list. `begun_at` is null until it starts. Instants are RFC 3339. */
export type ListedRun = {
  id: string;
  status: RunStatus;
  attempt: number;
  error: string | null;
  workflow_definition_id: string;
  workflow_name: string;
  workflow_is_visible: boolean;
  user_id: string;
  user_name: string;
  created_at: string;
  begun_at: string | null;
  deadline_at: string | null;
  completed_at: string | null;
};

/** The columns of {@link ListedRun} for a run `r` and the principal `p`. */
const listedColumns = sql`
  shown.id, shown.status, r.attempt, shown.error, r.workflow_definition_id,
  r.run_snapshot ->> 'workflow_name' as workflow_name,
  exists (select from workflow_definitions d where d.id = r.workflow_definition_id and ${definitionIsVisible})
    as workflow_is_visible, r.user_id, ${nameOf(sql`u`)} as user_name,
  shown.created_at, ${instant(sql`r.started_at`)} as begun_at, ${instant(sql`r.deadline_at`)} as deadline_at,
  shown.completed_at`;

/** The orders in which runs are listed: the newest first, or the one that is next in its queue. */
const ORDERS = { newestFirst: sql`page.created_at desc, page.id desc`, queue: sql`page.queue_position` };

/** The runs that a query answers, as a JSON array of {@link ListedRun} in this order. */
export const listed = (runs: SQL, order: keyof typeof ORDERS = "newestFirst") => sql`(
  select coalesce(jsonb_agg(to_jsonb(page) - 'queue_position' order by ${ORDERS[order]}), '[]') from (
    select ${listedColumns}, r.queue_position
    from (${runs}) r
    cross join lateral (select ${runColumns} from (select r.*) r ${joinSeen}) shown
    join users u on u.id = r.user_id
  ) page)`;

export type RunsView = {
  caller: Caller;
  now: string;
  runs: ListedRun[];
  next: RunCursor | null;
  /** The newest workflows, in the order of their names, to filter by. One that `is_ready` can be invoked. */
  workflows: { id: string; name: string; is_ready: boolean }[];
};

/** How many workflows the filter offers at most. */
const MAX_CHOICES = 200;

/**
 * A page of the runs that the caller may see, newest first, and the workflows by which the caller can filter them.
 * @throws Problem `unauthenticated`
 */
export async function viewRuns(db: Database, credential: Credential, page: RunsPage): Promise<RunsView> {
  const { rows } = await repeatable(db).execute<Omit<RunsView, "next">>(sql`
    with ${principal(credential)}, ${readableDefinitions}, ${callerTables}, ${newestVisible(MAX_CHOICES)}
    select ${caller}, ${instant(sql`statement_timestamp()`)} as now, ${listed(selectRuns(db, credential, page))} as runs,
      (select coalesce(jsonb_agg(to_jsonb(choice)), '[]') from (
        select id, name, is_active and runner_url is not null as is_ready
        from (select * from visible order by created_at desc, id desc limit ${MAX_CHOICES}) newest order by name, id
      ) choice) as workflows, ${ofTenant}
    from principal p`);
  const row = authenticated(rows);
  return { ...row, ...cutPage(row.runs, page.limit) };
}
