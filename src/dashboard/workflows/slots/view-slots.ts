import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Caller as CallerExpression } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { instant } from "../../../db/rows.ts";
import { workflowDefinitions as d, users } from "../../../db/tables.ts";
import { isPending, isRunning, r } from "../../../runs/run-rows.ts";
import { nameOf } from "../../caller.ts";

/** A slot that a RUNNING run holds. `key` is its concurrency key, empty for a run without one. */
export type HeldSlot = {
  slot: number;
  id: string;
  user_name: string;
  key: string;
  begun_at: string;
  deadline_at: string;
};

/** How many runs with a concurrency key run and wait; the empty key stands for runs without one. */
export type KeyCount = { key: string; running: number; waiting: number };

/** How many keys are listed: those with the most waiting runs. */
const MAX_KEYS = 20;

/** Selects the slots of a workflow that are held, by number. */
export function selectSlots(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  return db
    .with(caller)
    .select({
      slot: sql<number>`${r.slotNo}`,
      id: r.id,
      user_name: nameOf(users),
      key: r.concurrencyKey,
      begun_at: instant(r.startedAt),
      deadline_at: instant(r.deadlineAt),
    })
    .from(caller)
    .innerJoin(d, isAsked)
    .innerJoin(r, and(eq(r.workflowDefinitionId, d.id), isRunning))
    .innerJoin(users, eq(users.id, r.userId))
    .orderBy(asc(r.slotNo));
}

/** Selects the keys of a workflow's unfinished runs. Each state has an index of its own, so each is counted by itself. */
export function selectKeys(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const count = (condition: SQL, running: 0 | 1) =>
    db
      .select({
        key: r.concurrencyKey,
        running: sql<number>`count(*) * ${sql.raw(String(running))}`.as("running"),
        waiting: sql<number>`count(*) * ${sql.raw(String(1 - running))}`.as("waiting"),
      })
      .from(r)
      .where(and(eq(r.workflowDefinitionId, d.id), condition))
      .groupBy(r.concurrencyKey);
  const counted = unionAll(count(isRunning, 1), count(isPending, 0)).as("counted");
  const waiting = sql<number>`sum(${counted.waiting})::int`;
  return db
    .with(caller)
    .select({ key: counted.key, running: sql<number>`sum(${counted.running})::int`, waiting })
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(counted)
    .groupBy(counted.key)
    .orderBy(sql`${waiting} desc`, asc(counted.key))
    .limit(MAX_KEYS);
}
