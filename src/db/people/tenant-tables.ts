/** The table of tenants. Every row of the other tables belongs to one of them. */
import { sql } from "drizzle-orm";
import { check, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, oneOf } from "../columns.ts";
import { LIMITS, type Limits } from "../enums.ts";

export const tenants = pgTable(
  "tenants",
  {
    id: uuid("id").primaryKey(),
    name: text("name").notNull(),
    /** Which rate limits its requests have: see `set_limits` in SQL. */
    limits: text("limits").$type<Limits>().notNull().default("default"),
    createdAt: createdAt(),
  },
  (t) => [
    // The few tenants with other limits than most: `note_uses`.
    index("tenants_limits_index").on(t.id).where(sql`limits <> 'default'`),
    check("tenants_limits_check", oneOf(sql`${t.limits}`, LIMITS)),
  ],
);
