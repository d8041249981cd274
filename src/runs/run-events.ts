import { and, count, eq, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeRun, requireJoinedCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { RunEventType } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { workflowRunEvents as e } from "../db/run-tables.ts";
import { r, seenNow } from "./run-rows.ts";

/** An event of a run. The content of `detail` depends on the type. */
export type RunEventRow = {
  /** Null for the end of an overdue run that no sweep has recorded yet. */
  id: number | null;
  type: RunEventType;
  attempt: number;
  at: string;
  detail: Record<string, unknown> | null;
};

/**
 * The common table expressions `run`, the named run if the caller may see it, and `happened`, its events. If the run has ended
 * and no sweep has recorded that yet, its end is the last event, without an id.
 */
export function eventsOf(db: Database, caller: Caller, isNamed: SQL | undefined) {
  const seen = seenNow(db);
  const run = db.$with("run").as(
    db
      .select({
        id: r.id,
        attempt: r.attempt,
        isOverdue: seen.isOverdue,
        endedAt: seen.completedAt,
        overdueEvent: seen.overdueEvent,
        failureCode: seen.failureCode,
      })
      .from(caller)
      .innerJoin(r, and(isNamed, maySeeRun(caller, r)))
      .crossJoinLateral(seen),
  );
  const happened = db.$with("happened").as(
    unionAll(
      db
        .select({
          eventId: sql<number | null>`${e.id}`.as("event_id"),
          type: sql<RunEventType>`${e.type}`.as("event_type"),
          // The column is null only for an event that is not about a run.
          attempt: sql<number>`${e.attempt}`.as("event_attempt"),
          at: sql<string>`${e.at}`.as("event_at"),
          detail: sql<RunEventRow["detail"]>`${e.detail}`.as("event_detail"),
        })
        .from(run)
        .innerJoin(e, eq(e.runId, run.id)),
      db
        .select({
          eventId: sql<number | null>`null::bigint`.as("event_id"),
          type: sql<RunEventType>`${run.overdueEvent}`.as("event_type"),
          attempt: sql<number>`${run.attempt}`.as("event_attempt"),
          at: sql<string>`${run.endedAt}`.as("event_at"),
          detail: sql<RunEventRow["detail"]>`jsonb_build_object('failure_code', ${run.failureCode})`.as("event_detail"),
        })
        .from(run)
        .where(sql`${run.isOverdue}`),
    ),
  );
  return { run, happened };
}

/**
 * One page of a run's events, oldest first, and the number of all of them. Null when the run does not exist or the caller may
 * not see it. An overdue run has a TIMED_OUT event even before a sweep has recorded it.
 * @throws Unauthenticated
 */
export async function listRunEvents(
  db: Database,
  credential: Credential,
  request: { runId: string; limit: number; offset: number },
): Promise<{ events: RunEventRow[]; total: number } | null> {
  const caller = callerBy(db, credential);
  const isNamed = and(eq(r.tenantId, caller.tenantId), eq(r.id, request.runId));
  const { run, happened } = eventsOf(db, caller, isNamed);
  const counted = db
    .select({ total: count().as("total") })
    .from(happened)
    .as("counted");
  const inOrder = sql`${happened.eventId} asc nulls last`;
  const page = db
    .select({
      attempt: happened.attempt,
      at: instant(happened.at).as("happened_at"),
      type: happened.type,
      detail: happened.detail,
      eventId: happened.eventId,
    })
    .from(happened)
    .orderBy(inOrder)
    .limit(request.limit)
    .offset(request.offset)
    .as("page");
  const rows = await repeatable(db).select(
    db
      .with(caller, run, happened)
      .select()
      .from(caller)
      .leftJoin(run, sql`true`)
      .crossJoin(counted)
      .leftJoin(page, sql`true`)
      .orderBy(inOrder),
  );
  const first = requireJoinedCaller(rows);
  if (first.run === null) return null;
  const events = rows.flatMap(({ page }) => {
    // A page without events still has one row, which has the number of all events. The other fields of that row are null. They
    // are expressions, so drizzle does not turn them into one null.
    if (page === null || page.at === null) return [];
    const { eventId, at, type, detail, attempt } = page;
    // The driver returns a bigint of Postgres as text.
    return [{ id: eventId === null ? null : Number(eventId), at, type, detail, attempt }];
  });
  return { events, total: first.counted.total };
}
