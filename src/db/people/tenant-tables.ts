/** The table of tenants. Every row of the other tables belongs to one of them. */
import { sql } from "drizzle-orm";
import { bigint, check, index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, oneOf } from "../columns.ts";
import { CAPS, type Cap, LIMITS, type Limits } from "../enums.ts";

export const tenants = pgTable(
  "tenants",
  {
    id: uuid("id").primaryKey(),
    name: text("name").notNull(),
    /** The class of its rate limits and of its caps: see `set_limits` in SQL. */
    limits: text("limits").$type<Limits>().notNull().default("default"),
    /** Caps of its own, which go before those of the class. */
    caps: jsonb("caps").$type<Partial<Record<Cap, number>>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [
    // The few tenants with other limits than most: `note_uses`.
    index("tenants_limits_index").on(t.id).where(sql`limits <> 'default'`),
    check("tenants_limits_check", oneOf(sql`${t.limits}`, LIMITS)),
  ],
);

/** How much of a cap a tenant used when it was last counted, so that not each request counts: `judge_cap` in SQL. */
export const tenantCounts = pgTable(
  "tenant_counts",
  {
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    cap: text("cap").$type<Cap>().notNull(),
    amount: bigint("amount", { mode: "number" }).notNull(),
    /** How many rows were read for that. */
    countedRows: bigint("counted_rows", { mode: "number" }).notNull(),
    /** The id of the last event at that time. */
    eventId: bigint("event_id", { mode: "number" }).notNull(),
    countedAt: instant("counted_at").notNull(),
  },
  (t) => [
    primaryKey({ name: "tenant_counts_pkey", columns: [t.tenantId, t.cap] }),
    check("tenant_counts_cap_check", oneOf(sql`${t.cap}`, CAPS)),
  ],
);
