import { and, desc, eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Caller, maySeeDefinition, maySeeRunAmong, type ReadableDefinitions } from "../../db/caller.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import { r } from "../../runs/run-rows.ts";
import type { ChartRange } from "./range.ts";

/** The first instant of a range, and its end, which is excluded. A period begins at a whole minute and ends now. */
export function boundsOf({ period, given }: ChartRange): { begin: SQL; end: SQL } {
  if (given) return { begin: sql`${given.begin}::timestamptz`, end: sql`${given.end}::timestamptz` };
  const unit = period?.endsWith("d") ? "days" : "hours";
  // The start of the transaction, so that all statements of a page have the same steps.
  return {
    begin: sql`(date_trunc('minute', now()) - ${`${Number.parseInt(period ?? "24h", 10)} ${unit}`}::interval)`,
    end: sql`now()`,
  };
}

/** The beginning of the step in which an instant lies, which is never before the range. */
export const stepAt = (range: ChartRange, at: SQLWrapper): SQL => sql`greatest(${boundsOf(range).begin},
  to_timestamp(floor(extract(epoch from ${at}) / ${range.stepSeconds}::int) * ${range.stepSeconds}::int))`;

/** A column of an index, and the value that the runs have in it. */
type Key = readonly [SQLWrapper, SQLWrapper];

/** What is selected of the runs: columns of `r`, besides `source`, `status` and `created_at`. */
type Wanted = {
  range: ChartRange;
  workflowId: string | undefined;
  /** How many runs of each source are read: those that were triggered last, and one more, which shows that there are others. */
  limit: number;
  /** Further columns of `r`, each after a comma. */
  columns?: SQL;
};

/**
 * The runs that have ended, and that were triggered within a range: of one workflow, or all that the caller may see. It is a SELECT
 * with the columns `source`, `status` and `created_at`, and the wanted ones.
 *
 * Each source reads one range of an index, from its end on, so that it reads no more rows than its limit: the COMPLETED and
 * the FAILED runs of an administrator's tenant; those that a USER has triggered; and those of other people that a USER may see. The
 * runs that have ended by time and that no sweep has recorded yet are read, too. They are few.
 */
export function endedRuns(
  caller: Caller,
  readable: ReadableDefinitions,
  { range, workflowId, limit, columns }: Wanted,
) {
  const { begin, end } = boundsOf(range);
  const selected = (status: SQL) => sql`${status} as status, r.created_at ${columns ?? sql``}`;
  const hasEnded = sql`r.status in ('COMPLETED', 'FAILED')`;

  // The columns of the index are compared as one row, and also sorted by. So the planner reads the index in its order, whatever
  // it assumes about the number of runs.
  const newest = (keys: readonly Key[], condition: SQL, status = sql`r.status`) => {
    const names = sql.join([...keys.map(([name]) => name), r.createdAt], sql`, `);
    const before = (last: SQL) => sql.join([...keys.map(([, value]) => value), last], sql`, `);
    const backwards = sql.join([...keys.map(([name]) => name), r.createdAt].map(desc), sql`, `);
    return sql`(
      select ${selected(status)}
      from public.workflow_runs r
      where ${condition} and (${names}) >= (${before(begin)}) and (${names}) < (${before(end)})
      order by ${backwards}
      limit ${limit + 1}::int) ended`;
  };
  const ofSource = (source: string, from: SQL) => sql`select ${source}::text as source, ended.* from ${from}`;

  const isVisible = and(
    eq(r.tenantId, caller.tenantId),
    maySeeRunAmong(caller, readable, r),
    workflowId === undefined ? undefined : eq(r.workflowDefinitionId, workflowId),
  );
  const overdue = sql`(
    select ${selected(sql`'FAILED'`)}
    from (select distinct id from public.overdue_runs(${caller.tenantId}, now(), ${limit + 1}::int)) overdue
    join public.workflow_runs r on r.id = overdue.id
    where ${isVisible} and r.created_at >= ${begin} and r.created_at < ${end}) ended`;

  if (workflowId !== undefined) {
    const isAsked = and(eq(d.tenantId, caller.tenantId), eq(d.id, workflowId), maySeeDefinition(caller, d.id));
    const ofWorkflow = newest([[r.workflowDefinitionId, d.id]], hasEnded);
    return sql.join(
      [
        ofSource("workflow", sql`${caller} join ${d} on ${isAsked} cross join lateral ${ofWorkflow}`),
        ofSource("overdue", sql`${caller} cross join lateral ${overdue}`),
      ],
      sql` union all `,
    );
  }

  const inState = (state: "COMPLETED" | "FAILED") => {
    const status = sql.raw(`'${state}'`);
    const tenant: Key = [r.tenantId, caller.tenantId];
    const user: Key = [r.userId, caller.userId];
    const stored: Key = [r.status, status];
    const ofTenant = newest([tenant, stored], sql`${caller.isAdministrator}`, status);
    const ofUser = newest(
      [user, stored],
      sql`not ${caller.isAdministrator} and ${r.tenantId} = ${caller.tenantId}`,
      status,
    );
    return [
      ofSource(`tenant ${state}`, sql`${caller} cross join lateral ${ofTenant}`),
      ofSource(`user ${state}`, sql`${caller} cross join lateral ${ofUser}`),
    ];
  };
  const isOthers = sql`${hasEnded} and r.user_id <> ${caller.userId}`;
  const ofDefinition = newest([[r.workflowDefinitionId, readable.id]], isOthers);
  const ofReadable = sql`(
    select ended.* from ${readable} cross join lateral ${ofDefinition}
    order by ended.created_at desc limit ${limit + 1}::int) ended`;
  return sql.join(
    [
      ...inState("COMPLETED"),
      ...inState("FAILED"),
      ofSource("readable", sql`${caller} cross join lateral ${ofReadable}`),
      ofSource("overdue", sql`${caller} cross join lateral ${overdue}`),
    ],
    sql` union all `,
  );
}
