/** The tables of notifications: who wants to hear of events, and what they were sent. */
import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, updatedAt } from "./columns.ts";
import { tenants } from "./tables.ts";

/** Somebody who wants to be notified of events by a signed webhook. */
export const notificationEndpoints = pgTable(
  "notification_endpoints",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    url: text("url").notNull(),
    description: text("description"),
    /** Names of events: `NOTIFIED_EVENTS`. */
    eventTypes: text("event_types").array().notNull(),
    /** Only events of these definitions. Null: of all. */
    workflowDefinitionIds: uuid("workflow_definition_ids").array(),
    /** AES-GCM, as the secrets of definitions. */
    secretEncrypted: text("secret_encrypted").notNull(),
    /** The secret before the last rotation, with which is also signed until `previousSecretUntil`. */
    previousSecretEncrypted: text("previous_secret_encrypted"),
    previousSecretUntil: instant("previous_secret_until"),
    /** Failed tries since the last one that succeeded, and when the first of them was. */
    failures: integer("failures").notNull().default(0),
    failingSince: instant("failing_since"),
    /** After five failures in a row: when the next single try is due, and how many of these have failed. */
    probeAt: instant("probe_at"),
    failedProbes: integer("failed_probes").notNull().default(0),
    disabledAt: instant("disabled_at"),
    /** Why it was disabled, for a person. */
    disabledReason: text("disabled_reason"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    // The endpoints of a tenant: `insert_notifications` for each event, and the list.
    index("notification_endpoints_tenant_index").on(t.tenantId, t.createdAt, t.id),
    check("notification_endpoints_disabled_check", sql`(${t.disabledAt} is null) = (${t.disabledReason} is null)`),
    check(
      "notification_endpoints_previous_secret_check",
      sql`(${t.previousSecretEncrypted} is null) = (${t.previousSecretUntil} is null)`,
    ),
  ],
);

/** One try to send a notification. `status` is that of the answer; null when there was none. */
export type NotificationTry = { at: string; status: number | null; duration_ms: number; reason: string | null };

/**
 * What an endpoint is told of one event. It holds all that is sent, so that it outlives the event and the run.
 *
 * There are no foreign keys: checking one would lock the endpoint's row in each transaction of a run, and make the run's verb
 * fail when the endpoint is deleted at that moment. What is left of an endpoint that is gone is never due, and is deleted
 * after 30 days.
 */
export const notifications = pgTable(
  "notifications",
  {
    id: uuid("id").primaryKey().default(sql`gen_random_uuid()`),
    tenantId: uuid("tenant_id").notNull(),
    endpointId: uuid("endpoint_id").notNull(),
    /** The id of the event, which is the `webhook-id`. */
    eventId: text("event_id").notNull(),
    eventName: text("event_name").notNull(),
    eventAt: instant("event_at").notNull(),
    /** What is sent as `data`, without the link. */
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    /** When it is tried next. Null when it was delivered, or given up. While it is being sent: when others may send it. */
    nextTryAt: instant("next_try_at"),
    /** Tries since it was inserted, or since somebody asked to send it again; one that is under way counts. */
    tryCount: integer("try_count").notNull().default(0),
    /** When a person asked for it: a test, or one that is sent again. Such a one is tried before others. */
    askedAt: instant("asked_at"),
    deliveredAt: instant("delivered_at"),
    /** The last tries, oldest first. */
    tries: jsonb("tries").$type<NotificationTry[]>().notNull().default(sql`'[]'::jsonb`),
    createdAt: createdAt(),
  },
  (t) => [
    // What is due for an endpoint: `claim_notifications`, `due_in_ms`.
    index("notifications_due_index").on(t.endpointId, t.nextTryAt).where(sql`next_try_at is not null`),
    // What an endpoint was sent, newest first: `list_deliveries`.
    index("notifications_endpoint_index").on(t.endpointId, t.createdAt, t.id),
    // `delete_old_notifications`.
    index("notifications_created_index").on(t.createdAt),
  ],
);
