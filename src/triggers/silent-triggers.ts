/** For the doctor: the triggers that do not fire although nobody wanted that. */
import { and, count, eq, exists, isNotNull, lt, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Database } from "../db/client.ts";
import { triggerFirings as f, triggers as t } from "../db/trigger-tables.ts";

/**
 * - "overdue": it should have fired more than two minutes ago. The cron fires within a minute.
 * - "paused itself": its user has lost rights, or is no longer active. The firing that found this out paused it.
 */
export type SilentReason = "overdue" | "paused itself";

/** `oldest` is in seconds. */
export type SilentTriggers = { reason: SilentReason; count: number; oldest: number; examples: string[] };

const OVERDUE_AFTER = sql`interval '2 minutes'`;

const MAX_EXAMPLES = 3;

export function selectSilentTriggers(db: Database) {
  const pausing = db
    .select({ id: f.id })
    .from(f)
    .where(and(eq(f.triggerId, t.id), eq(f.at, t.pausedAt), eq(f.outcome, "REFUSED")));
  const silent = unionAll(
    db
      .select({
        id: t.id,
        since: sql<string>`${t.dueAt}`.as("since"),
        reason: sql<SilentReason>`'overdue'`.as("reason"),
      })
      .from(t)
      .where(lt(t.dueAt, sql`statement_timestamp() - ${OVERDUE_AFTER}`)),
    db
      .select({
        id: t.id,
        since: sql<string>`${t.pausedAt}`.as("since"),
        reason: sql<SilentReason>`'paused itself'`.as("reason"),
      })
      .from(t)
      .where(and(isNotNull(t.pausedAt), exists(pausing))),
  ).as("silent");
  return db
    .select({
      reason: silent.reason,
      count: count(),
      oldest: sql<number>`max(extract(epoch from statement_timestamp() - ${silent.since})::float8)`,
      examples: sql<string[]>`(array_agg(${silent.id} order by ${silent.since}))[1:${sql.raw(String(MAX_EXAMPLES))}]`,
    })
    .from(silent)
    .groupBy(silent.reason)
    .orderBy(silent.reason);
}
