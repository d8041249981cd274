import { type SQL, sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  isAdministrator,
  ofTenant,
  principal,
  readableDefinitions,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { RunStatus } from "../db/enums.ts";
import { isOverdue, isRunning, joinSeen, type RunRow, runColumns } from "./run-rows.ts";

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
        select ${runColumns} from workflow_runs r ${joinSeen}
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

/** Which runs of the tenant a page of them holds. */
export type RunsPage = { filter: RunFilter; cursor: RunCursor | undefined; limit: number };

/** Before every other id. */
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * A query of the tenant's runs that the principal `p` may see, newest first: one more than the page's limit, which says
 * whether there is a next page. It needs {@link readableDefinitions}.
 */
export function selectRuns({ filter, cursor, limit }: RunsPage): SQL {
  const conditions = [
    filter.definitionId && sql`r.workflow_definition_id = ${filter.definitionId}`,
    filter.userId && sql`r.user_id = ${filter.userId}`,
    filter.createdAfter && sql`r.created_at > ${filter.createdAfter}::timestamptz`,
    filter.createdBefore && sql`r.created_at < ${filter.createdBefore}::timestamptz`,
    cursor && sql`(r.created_at, r.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`,
  ].filter((condition) => condition !== undefined && condition !== "");
  const isInTenant = sql`r.tenant_id = p.tenant_id`;
  const ofOne = filter.definitionId !== undefined;
  const newest = (by = sql``) => sql`order by ${by} r.created_at desc, r.id desc limit ${limit + 1}`;
  const select = (end: SQL, ...more: SQL[]) =>
    sql`(select r.* from workflow_runs r where ${sql.join([...conditions, ...more], sql` and `)} ${end})`;

  // A definition has one RUNNING run at most. Asked for an order, the planner reads its history to find it.
  const pageOf = (state: State, ofOneDefinition: boolean, ...more: SQL[]) =>
    select(ofOneDefinition && state.kept === "in the slot" ? sql`` : newest(), ...more, state.condition);

  // Of one user or one workflow there may be hardly an ended run or nearly all, and the planner takes the average. So they
  // are asked for as a range, in an order that only an index of theirs has, and read no further than the page.
  const pageWithin = (column: SQL, value: SQL, state: State, ofOneDefinition: boolean, ...more: SQL[]) =>
    state.kept !== "for ever"
      ? pageOf(state, ofOneDefinition, sql`${column} = ${value}`, ...more)
      : select(
          newest(sql`${column} desc,`),
          ...more,
          state.condition,
          sql`(${column}, r.created_at) > (${value}, ${filter.createdAfter ?? "-infinity"}::timestamptz)`,
          sql`(${column}, r.created_at, r.id)
            < (${value}, ${cursor?.createdAt ?? filter.createdBefore ?? "infinity"}::timestamptz, ${cursor?.id ?? FIRST_ID}::uuid)`,
        );

  const states = filter.statuses.length === 0 ? [ANY_STATE] : filter.statuses.flatMap((status) => STORED_AS[status]);
  // Each of these pages comes from an index; the newest runs of them all are the page. The last says nothing of the
  // tenant, since the definition does, and the planner would look the tenant's runs up for each of them. Nor does it
  // leave out one's own, which may be all that there are: a run that is in two pages is taken once.
  const pages = states.flatMap((state) => [
    pageOf(state, ofOne, isAdministrator, isInTenant),
    pageWithin(sql`r.user_id`, sql`p.user_id`, state, ofOne, sql`not ${isAdministrator}`, isInTenant),
    sql`(select r.* from readable_definitions d cross join lateral
      ${pageWithin(sql`r.workflow_definition_id`, sql`d.id`, state, true)} r)`,
  ]);
  return sql`
    select distinct on (r.created_at, r.id) r.* from (${sql.join(pages, sql` union all `)}) r
    order by r.created_at desc, r.id desc
    limit ${limit + 1}`;
}

/** The page among the rows of {@link selectRuns}, and where the next one begins, if there is one. */
export function cutPage<Row extends { created_at: string; id: string }>(
  rows: readonly Row[],
  limit: number,
): { runs: Row[]; next: RunCursor | null } {
  const runs = rows.slice(0, limit);
  const last = runs.at(-1);
  return { runs, next: rows.length > limit && last ? { createdAt: last.created_at, id: last.id } : null };
}

/**
 * The tenant's runs that the caller may see, newest first: `limit` of them, and where the next page begins, if
 * there is one.
 * @throws Problem `unauthenticated`
 */
export async function listRuns(
  db: Database,
  credential: Credential,
  page: RunsPage,
): Promise<{ runs: RunRow[]; next: RunCursor | null }> {
  const { rows } = await repeatable(db).execute<{ runs: RunRow[] }>(sql`
    with ${principal(credential)}, ${readableDefinitions}
    select coalesce((
      select jsonb_agg(to_jsonb(page)) from (
        select ${runColumns} from (${selectRuns(page)}) r ${joinSeen} order by r.created_at desc, r.id desc
      ) page), '[]') as runs, ${ofTenant}
    from principal p`);
  return cutPage(authenticated(rows).runs, page.limit);
}

/** Rows of one state. Those that have not ended are few, and have indexes of their own. */
type State = { condition: SQL; kept: "in the slot" | "in the queue" | "for ever" };

const ANY_STATE: State = { condition: sql`true`, kept: "for ever" };

/** The rows that show a state: a run that is overdue is stored as RUNNING and shows as FAILED. */
const STORED_AS: Record<RunStatus, State[]> = {
  PENDING: [{ condition: sql`r.status = 'PENDING'`, kept: "in the queue" }],
  RUNNING: [{ condition: isRunning, kept: "in the slot" }],
  COMPLETED: [{ condition: sql`r.status = 'COMPLETED'`, kept: "for ever" }],
  FAILED: [
    { condition: sql`r.status = 'FAILED'`, kept: "for ever" },
    { condition: isOverdue, kept: "in the slot" },
  ],
};
