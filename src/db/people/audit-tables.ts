/** The table of the audit log: who changed what, when. */
import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "../columns.ts";
import { tenants } from "./tenant-tables.ts";

/**
 * A row for each call by which a person or a key has changed something: `audit_change` and `audit_act` in SQL. It has the names of its
 * time, since what it names may be renamed or deleted. Rows are never changed.
 */
export const auditEvents = pgTable(
  "audit_events",
  {
    id: uuid("id").notNull(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    at: instant("at").notNull(),
    /** The user, and the credential that they used: see `actor_of` in SQL. */
    actorId: uuid("actor_id").notNull(),
    actorName: text("actor_name"),
    credentialKind: text("credential_kind").notNull(),
    credentialId: uuid("credential_id"),
    credentialName: text("credential_name"),
    /** The kind of the object and what happened to it, such as `workflow_definition.paused`. */
    action: text("action").notNull(),
    /** The object. Its id is null when there are many. */
    objectKind: text("object_kind").notNull(),
    objectId: uuid("object_id"),
    objectName: text("object_name"),
    /** Another object that the event concerns, such as the workflow of a trigger. */
    aboutKind: text("about_kind"),
    aboutId: uuid("about_id"),
    aboutName: text("about_name"),
    /** The fields that have changed, as they were and as they are. Null for a new object, and for one that is gone. */
    before: jsonb("before").$type<Record<string, unknown>>(),
    after: jsonb("after").$type<Record<string, unknown>>(),
    /** The names of further fields that have changed, whose values are not shown. */
    hidden: text("hidden").array().notNull(),
    detail: jsonb("detail").$type<Record<string, unknown>>(),
    requestId: text("request_id"),
  },
  (t) => [
    // In the order of the log: of the tenant, and with one filter each: `audit_rows`.
    primaryKey({ name: "audit_events_pkey", columns: [t.tenantId, t.at, t.id] }),
    index("audit_events_actor_index").on(t.tenantId, t.actorId, t.at, t.id),
    index("audit_events_object_index").on(t.tenantId, t.objectId, t.at, t.id),
    index("audit_events_about_index").on(t.tenantId, t.aboutId, t.at, t.id).where(sql`about_id is not null`),
    index("audit_events_action_index").on(t.tenantId, t.action, t.at, t.id),
    // Old rows, of all tenants: `remove_audit_events`.
    index("audit_events_at_index").on(t.at),
  ],
);
