import { type SQL, sql } from "drizzle-orm";
import type { RunStatus } from "../core/run.ts";
import { type Database, repeatable } from "./client.ts";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  isAdministrator,
  ofTenant,
  principal,
  readableDefinitions,
} from "./principal.ts";
import { isOverdue, type RunRow, runColumns } from "./rows.ts";

/**
 * One page of a definition's runs, newest first, and how many there are; null when there is no such definition
 * that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function listRunsOfDefinition(
  db: Database,
  credential: Credential,
  request: { definitionId: string; limit: number; offset: number },
): Promise<{ runs: RunRow[]; total: number } | null> {
  const { rows } = await repeatable(db).execute<{ id: string | null; total: number; runs: RunRow[] }>(sql`
    with ${principal(credential)}
    select d.id,
      (select count(*)::int from workflow_runs r where r.workflow_definition_id = d.id) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${runColumns} from workflow_runs r
        where r.workflow_definition_id = d.id
        order by r.created_at desc, r.id desc
        limit ${request.limit} offset ${request.offset}
      ) page) as runs, ${ofTenant}
    from principal p
    left join workflow_definitions d on d.id = ${request.definitionId} and ${definitionIsVisible}`);
  const row = authenticated(rows);
  return row.id === null ? null : { runs: row.runs, total: row.total };
}

/** Where a page of the tenant's runs begins: after the run that was created then and has this id. */
export type RunCursor = { createdAt: string; id: string };

export type RunFilter = {
  statuses: readonly RunStatus[];
  definitionId: string | undefined;
  userId: string | undefined;
  createdAfter: string | undefined;
  createdBefore: string | undefined;
};

/**
 * The tenant's runs that the caller may see, newest first: `limit` of them, and where the next page begins, if
 * there is one.
 * @throws Problem `unauthenticated`
 */
export async function listRuns(
  db: Database,
  credential: Credential,
  request: { filter: RunFilter; cursor: RunCursor | undefined; limit: number },
): Promise<{ runs: RunRow[]; next: RunCursor | null }> {
  const { filter, cursor, limit } = request;
  const conditions = [
    filter.definitionId && sql`r.workflow_definition_id = ${filter.definitionId}`,
    filter.userId && sql`r.user_id = ${filter.userId}`,
    filter.createdAfter && sql`r.created_at > ${filter.createdAfter}::timestamptz`,
    filter.createdBefore && sql`r.created_at < ${filter.createdBefore}::timestamptz`,
    cursor && sql`(r.created_at, r.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`,
  ].filter((condition) => condition !== undefined && condition !== "");
  const newest = sql`order by r.created_at desc, r.id desc limit ${limit + 1}`;
  // A definition has one RUNNING run at most. Asked for an order, the planner reads its history to find it.
  const pageOf = (state: State, ofOneDefinition: boolean, ...more: SQL[]) => sql`
    (select r.* from workflow_runs r
    where ${sql.join([...conditions, ...more, state.condition], sql` and `)}
    ${ofOneDefinition && state.isRunning ? sql`` : newest})`;

  const states = filter.statuses.length === 0 ? [ANY_STATE] : filter.statuses.flatMap((status) => STORED_AS[status]);
  const isInTenant = sql`r.tenant_id = p.tenant_id`;
  const ofOne = filter.definitionId !== undefined;
  // Each of these pages comes from an index; the newest runs of them all are the page. The last says nothing of the
  // tenant, since the definition does, and the planner would look the tenant's runs up for each of them.
  const pages = states.flatMap((state) => [
    pageOf(state, ofOne, isAdministrator, isInTenant),
    pageOf(state, ofOne, sql`not ${isAdministrator}`, isInTenant, sql`r.user_id = p.user_id`),
    sql`(select r.* from readable_definitions d cross join lateral
      ${pageOf(state, true, sql`r.workflow_definition_id = d.id`, sql`r.user_id <> p.user_id`)} r)`,
  ]);
  const { rows } = await repeatable(db).execute<{ runs: RunRow[] }>(sql`
    with ${principal(credential)}, ${readableDefinitions}
    select coalesce((
      select jsonb_agg(to_jsonb(page)) from (
        select ${runColumns} from (${sql.join(pages, sql` union all `)}) r
        order by r.created_at desc, r.id desc limit ${limit + 1}
      ) page), '[]') as runs, ${ofTenant}
    from principal p`);
  const { runs } = authenticated(rows);
  const page = runs.slice(0, limit);
  const last = page.at(-1);
  return { runs: page, next: runs.length > limit && last ? { createdAt: last.created_at, id: last.id } : null };
}

/** Rows of one state, as an index has them. */
type State = { condition: SQL; isRunning: boolean };

const stored = (condition: SQL, isRunning = false): State => ({ condition, isRunning });

const ANY_STATE = stored(sql`true`);

/** The rows that show a state: a run that is overdue is stored as RUNNING and shows as FAILED. */
const STORED_AS: Record<RunStatus, State[]> = {
  PENDING: [stored(sql`r.status = 'PENDING'`)],
  RUNNING: [stored(sql`r.status = 'RUNNING' and r.deadline_at > statement_timestamp()`, true)],
  COMPLETED: [stored(sql`r.status = 'COMPLETED'`)],
  FAILED: [stored(sql`r.status = 'FAILED'`), stored(isOverdue, true)],
};
