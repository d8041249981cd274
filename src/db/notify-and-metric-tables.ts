/**
 * The tables of what is made of the feed of events: notifications, with the endpoints to which they are sent, the counters of a
 * tenant's metrics, which never decrease, and the sums of ended runs.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instant, oneOf, transactionId, updatedAt } from "./columns.ts";
import { ENDPOINT_FORMATS, type EndpointFormat, type NotificationTurn } from "./enums.ts";
import { tenants } from "./people/tenant-tables.ts";

/** A subscriber that is notified of events, by signed webhooks or by chat messages. */
export const notificationEndpoints = pgTable(
  "notification_endpoints",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    /** What is sent. It never changes. */
    format: text("format").$type<EndpointFormat>().notNull().default("standard"),
    /** Where the webhooks are sent. Of the address of a chat, which is a secret, only the scheme and the host. */
    url: text("url").notNull(),
    /** The SHA-256 of a chat's address in hex, by which two endpoints with the same address are known. */
    addressHash: text("address_hash"),
    description: text("description"),
    /** Names of events: `NOTIFIED_EVENTS`. */
    eventTypes: text("event_types").array().notNull(),
    /** Only events of these definitions are sent. Null: events of all definitions. */
    workflowDefinitionIds: uuid("workflow_definition_ids").array(),
    /** Only events of runs with all of these labels (`key:value`) are sent. Null: events of all runs, and of what is not a run. */
    labels: text("labels").array(),
    /** Ends of runs are only sent if they are one of these turns: see `note_turns.sql`. Null: all ends are sent. */
    turns: text("turns").$type<NotificationTurn>().array(),
    /** Encrypted by AES-GCM, like the secrets of definitions: what signs the webhooks, or the address of a chat. */
    secretEncrypted: text("secret_encrypted").notNull(),
    /** The secret before the last rotation. Until `previousSecretUntil`, messages are also signed with it. */
    previousSecretEncrypted: text("previous_secret_encrypted"),
    previousSecretUntil: instant("previous_secret_until"),
    /** The number of failed tries since the last successful one, and when the first of them was. */
    failures: integer("failures").notNull().default(0),
    failingSince: instant("failing_since"),
    /** Set after five failures in a row: when the next single try (a probe) is due, and how many probes have failed. */
    probeAt: instant("probe_at"),
    failedProbes: integer("failed_probes").notNull().default(0),
    /** Nothing is sent before: a chat takes one message a second. */
    pacedUntil: instant("paced_until"),
    disabledAt: instant("disabled_at"),
    /** Why the endpoint was disabled, as a text for people. */
    disabledReason: text("disabled_reason"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    // For the endpoints of a tenant: `notify_endpoints` for each event, and the list.
    index("notification_endpoints_tenant_index").on(t.tenantId, t.createdAt, t.id),
    check("notification_endpoints_format_check", oneOf(sql`${t.format}`, ENDPOINT_FORMATS)),
    check("notification_endpoints_address_check", sql`(${t.format} = 'standard') = (${t.addressHash} is null)`),
    check("notification_endpoints_disabled_check", sql`(${t.disabledAt} is null) = (${t.disabledReason} is null)`),
    check(
      "notification_endpoints_previous_secret_check",
      sql`(${t.previousSecretEncrypted} is null) = (${t.previousSecretUntil} is null)`,
    ),
  ],
);

/** One try to send a notification. `status` is the HTTP status of the answer; null when there was none. */
export type NotificationTry = { at: string; status: number | null; duration_ms: number; reason: string | null };

/**
 * A notification: one event that is sent to one endpoint. It holds all data that is sent, so it does not depend on the event or
 * the run, which may be deleted.
 *
 * There are no foreign keys. Checking one would lock the endpoint's row in every transaction that changes a run, and the run's
 * verb would fail when the endpoint is deleted at that moment. Notifications of a deleted endpoint are never due. The sweep
 * deletes them (`deletedEndpoints`), and after 30 days those that were added later.
 */
export const notifications = pgTable(
  "notifications",
  {
    id: uuid("id").primaryKey().default(sql`gen_random_uuid()`),
    tenantId: uuid("tenant_id").notNull(),
    endpointId: uuid("endpoint_id").notNull(),
    /** The id of the event. It is sent as the `webhook-id`. */
    eventId: text("event_id").notNull(),
    eventName: text("event_name").notNull(),
    eventAt: instant("event_at").notNull(),
    /** The field `data` of what is sent, without the link. */
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    /**
     * When the next try is due; null when it was delivered or given up. While it is being sent, this is when another Worker may
     * send it.
     */
    nextTryAt: instant("next_try_at"),
    /**
     * The number of tries since it was inserted, or since somebody asked to send it again. A try that is under way is included.
     */
    tryCount: integer("try_count").notNull().default(0),
    /** When a person asked to send it, as a test or again. Such a notification is sent before others. */
    askedAt: instant("asked_at"),
    deliveredAt: instant("delivered_at"),
    /** The last tries, oldest first. */
    tries: jsonb("tries").$type<NotificationTry[]>().notNull().default(sql`'[]'::jsonb`),
    createdAt: createdAt(),
  },
  (t) => [
    // For the due notifications of an endpoint: `due_notifications`, `endpoint_due_at`.
    index("notifications_due_index").on(t.endpointId, t.nextTryAt).where(sql`next_try_at is not null`),
    // Those of them that a person asked for, the last one first: `due_notifications`.
    index("notifications_asked_index")
      .on(t.endpointId, t.askedAt)
      .where(sql`asked_at is not null and next_try_at is not null`)
      .concurrently(),
    // For the deliveries of an endpoint, newest first: `list_deliveries`.
    index("notifications_endpoint_index").on(t.endpointId, t.createdAt, t.id),
    // For `delete_old_notifications`.
    index("notifications_created_index").on(t.createdAt),
  ],
);

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

/**
 * What `count_metrics` has counted of each workflow, of which the metrics show those with the most runs. What it has counted of the others is
 * in `metric_counters`. There is no foreign key to the definition, since checking it would wait for a verb that has locked it; rows of
 * deleted ones go when they come among those that are shown.
 */
export const workflowMetrics = pgTable(
  "workflow_metrics",
  {
    workflowDefinitionId: uuid("workflow_definition_id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => metricPositions.tenantId, { onDelete: "cascade" }),
    /** Runs that were triggered. */
    runs: bigint("runs", { mode: "number" }).notNull(),
    /** Attempts that ended FAILED, but were not stopped. */
    failures: bigint("failures", { mode: "number" }).notNull(),
    /** How long all attempts took together. */
    seconds: doublePrecision("seconds").notNull(),
    /** For each bound of the histogram, and for infinity: how many attempts took no longer. */
    buckets: bigint("buckets", { mode: "number" }).array().notNull(),
  },
  // Those with the most runs: `count_metrics`, `workflow_metrics_json`.
  (t) => [index("workflow_metrics_runs_index").on(t.tenantId, t.runs.desc().nullsFirst(), t.workflowDefinitionId)],
);

/**
 * One row: the epoch of new events, which is also the default of their column, and how far `notice_new_events` has read them. After a database
 * was restored, its transaction numbers begin at lower values again. `raise_event_epoch` then raises both epochs, so that new events still come
 * after the old ones.
 */
export const eventEpoch = pgTable(
  "event_epoch",
  {
    id: integer("id").primaryKey().default(1),
    epoch: integer("epoch").notNull(),
    /** All events up to this id were read, and their tenants marked. None with a lower id can be committed any more. */
    noticedId: bigint("noticed_id", { mode: "number" }).notNull().default(0),
    /** The newest event that was read. Events with lower ids may still be committed until all transactions before `seen_xid` have ended. */
    seenId: bigint("seen_id", { mode: "number" }).notNull().default(0),
    seenTransactionId: transactionId("seen_xid").notNull().default("0"),
  },
  (t) => [check("event_epoch_single_row_check", sql`${t.id} = 1`)],
);

/** The last event of the feed that is included in a tenant's sums of ended runs: `sum_ends` in SQL. */
export const runSumPositions = pgTable(
  "run_sum_positions",
  {
    tenantId: uuid("tenant_id")
      .primaryKey()
      .references(() => tenants.id, { onDelete: "cascade" }),
    epoch: integer("epoch").notNull().default(0),
    transactionId: transactionId("xid").notNull().default("0"),
    eventId: bigint("event_id", { mode: "number" }).notNull().default(0),
    /** When it was last looked at: the next one is that which was looked at longest ago. */
    lookedAt: instant("looked_at").notNull(),
    /** True when the tenant may have events after it: `notice_new_events` in SQL. */
    isBehind: boolean("is_behind").notNull().default(true),
  },
  (t) => [index("run_sum_positions_behind_index").on(t.lookedAt, t.tenantId).where(sql`is_behind`)],
);

/** How many runs ended in an hour or a day (UTC), and how long they waited and took: run_sums.sql has the walk. */
export const runSums = pgTable(
  "run_sums",
  {
    /** The definition, or the tenant for the sum of all its definitions. Sums of deleted ones stay. */
    ofId: uuid("of_id").notNull(),
    per: text("per").$type<"hour" | "day">().notNull(),
    beginsAt: instant("begins_at").notNull(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => runSumPositions.tenantId, { onDelete: "cascade" }),
    completed: integer("completed").notNull(),
    failed: integer("failed").notNull(),
    /** The histogram of how long they waited for their first start, and that of the run times of COMPLETED ones: histograms.sql. */
    waits: numeric("waits").notNull(),
    runTimes: numeric("run_times").notNull(),
  },
  (t) => [
    primaryKey({ name: "run_sums_pkey", columns: [t.ofId, t.per, t.beginsAt] }),
    // The definitions of a tenant: `sum_statistics`. Those that are too old: `sum_ends`.
    index("run_sums_tenant_index").on(t.tenantId, t.per, t.beginsAt),
    check("run_sums_per_check", sql`${t.per} in ('hour', 'day')`),
  ],
);
