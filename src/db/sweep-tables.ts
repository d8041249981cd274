/** The tables of the sweep. */
import { sql } from "drizzle-orm";
import { bigint, check, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns.ts";

/** One row: what the last sweep did. `began_at > ended_at` means that a sweep is under way, or that it died. */
export const sweepState = pgTable(
  "sweep_state",
  {
    id: integer("id").primaryKey().default(1),
    beganAt: instant("began_at"),
    endedAt: instant("ended_at"),
    /** When an operator paused the sweep (`npm run pause-sweep`); null when it is not paused. */
    pausedAt: instant("paused_at"),
    timedOut: integer("timed_out").notNull().default(0),
    lagP50Ms: bigint("lag_p50_ms", { mode: "number" }),
    lagMaxMs: bigint("lag_max_ms", { mode: "number" }),
    /** How many dispatches it tried. The column has the name of an earlier version. */
    dispatched: integer("delivered").notNull().default(0),
    deleted: integer("deleted").notNull().default(0),
    /** How many runs were still overdue, and how many dispatches still due, when it ended. Counted up to 10,000. */
    overdueLeft: integer("overdue_left").notNull().default(0),
    dueLeft: integer("due_left").notNull().default(0),
    /** Where the rounds go on in the next sweep, by the kinds of `next_in_round` in SQL. */
    positions: jsonb("positions").$type<Record<string, string | null>>().notNull().default(sql`'{}'::jsonb`),
  },
  (t) => [check("sweep_state_single_row_check", sql`${t.id} = 1`)],
);

/** What has failed in a sweep, and when it is tried again: rows, and steps as a whole, which have the nil UUID. See `set_aside_failures` in SQL. */
export const setAside = pgTable(
  "set_aside",
  {
    /** One of `SWEEP_STEPS`. */
    step: text("step").notNull(),
    rowId: uuid("row_id").notNull(),
    /** Null for a step as a whole. */
    tenantId: uuid("tenant_id"),
    /** How often in a row. */
    failures: integer("failures").notNull(),
    failedAt: instant("failed_at").notNull(),
    until: instant("until").notNull(),
    /** Null when the error did not come from the database. */
    sqlstate: text("sqlstate"),
    /** Without values of the row. */
    message: text("message").notNull(),
  },
  (t) => [primaryKey({ name: "set_aside_pkey", columns: [t.step, t.rowId] })],
);
