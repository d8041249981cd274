/** The tables of a tenant's metrics: counters that never decrease, computed from the feed of events. */
import { bigint, doublePrecision, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { transactionId } from "./columns.ts";
import { tenants } from "./tables.ts";

/** The last event of the feed that is included in a tenant's counters: see `count_metrics` in SQL. */
export const metricPositions = pgTable("metric_positions", {
  tenantId: uuid("tenant_id")
    .primaryKey()
    .references(() => tenants.id, { onDelete: "cascade" }),
  epoch: integer("epoch").notNull(),
  transactionId: transactionId("xid").notNull(),
  eventId: bigint("event_id", { mode: "number" }).notNull(),
});

export const metricCounters = pgTable(
  "metric_counters",
  {
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => metricPositions.tenantId, { onDelete: "cascade" }),
    /**
     * The name as in `COUNTERS` of src/metrics/metrics.ts. A histogram has three counters, with the suffixes `_bucket`
     * (cumulative), `_sum` and `_count`.
     */
    name: text("name").notNull(),
    /** The value of the counter's only label; empty for a counter without a label. */
    label: text("label").notNull(),
    value: doublePrecision("value").notNull(),
  },
  (t) => [primaryKey({ name: "metric_counters_pkey", columns: [t.tenantId, t.name, t.label] })],
);
