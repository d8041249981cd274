/** For the doctor: the triggers of all tenants that ought to fire and do not. For one tenant: `silent_triggers` in SQL. */
import { and, count, isNotNull, type SQLWrapper, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Database } from "../db/client.ts";
import { secondsSince } from "../db/rows.ts";
import { dueFirings, triggers as t } from "../db/trigger-tables.ts";

/**
 * - "overdue": it should have fired more than two minutes ago, by its schedule or after another run. The cron fires within a minute.
 * - "not computed": its schedule could not be computed when it was due, for example since its time zone does not exist any more.
 * - "paused itself": its user has lost rights, or is no longer active. The firing that found this out paused it.
 */
export type SilentReason = "overdue" | "not computed" | "paused itself";

/** `oldest` is in seconds. */
export type SilentTriggers = { reason: SilentReason; count: number; oldest: number; examples: string[] };

const isOverdue = (dueAt: SQLWrapper) => sql`public.is_overdue_firing(${dueAt})`;

const MAX_EXAMPLES = 3;

export function selectSilentTriggers(db: Database) {
  const silent = unionAll(
    db
      .select({
        id: t.id,
        since: sql<string>`${t.dueAt}`.as("since"),
        reason: sql<SilentReason>`'overdue'`.as("reason"),
      })
      .from(t)
      .where(isOverdue(t.dueAt)),
    db
      .select({
        id: sql<string>`${dueFirings.triggerId}`.as("id"),
        since: sql<string>`min(${dueFirings.dueAt})`.as("since"),
        reason: sql<SilentReason>`'overdue'`.as("reason"),
      })
      .from(dueFirings)
      .where(and(isNotNull(dueFirings.triggerId), isOverdue(dueFirings.dueAt)))
      .groupBy(dueFirings.triggerId),
    db
      .select({
        id: t.id,
        since: sql<string>`${t.afterAt}`.as("since"),
        reason: sql<SilentReason>`'not computed'`.as("reason"),
      })
      .from(t)
      .where(sql`public.is_postponed(${t.nextAt}, ${t.dueAt})`),
    db
      .select({
        id: t.id,
        since: sql<string>`${t.pausedAt}`.as("since"),
        reason: sql<SilentReason>`'paused itself'`.as("reason"),
      })
      .from(t)
      .where(sql`public.has_paused_itself(${t.pausedAt}, ${t.pausedByUserId})`),
  ).as("silent");
  return db
    .select({
      reason: silent.reason,
      count: count(),
      oldest: secondsSince<number>(sql`min(${silent.since})`),
      examples: sql<string[]>`(array_agg(${silent.id} order by ${silent.since}))[1:${sql.raw(String(MAX_EXAMPLES))}]`,
    })
    .from(silent)
    .groupBy(silent.reason)
    .orderBy(silent.reason);
}
