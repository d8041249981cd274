/**
 * The tables, as drizzle-kit reads them to write `migrations/`.
 *
 * Every row belongs to a tenant, and every foreign key carries the tenant, so that a row cannot point
 * across tenants even by mistake. CHECKs hold what must be true of a run in each state.
 */
import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** Milliseconds are what JSON clients keep, so the database keeps no more. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

const bytes = customType<{ data: string }>({ dataType: () => "bytea" });

/** Byte order whatever the database's locale, so that a path prefix is an index range. */
const path = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

const oneOf = (column: SQL, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`;

const createdAt = () => instant("created_at").notNull().default(sql`statement_timestamp()`);
const updatedAt = () => instant("updated_at").notNull().default(sql`statement_timestamp()`);

export const tenants = pgTable("tenants", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  createdAt: createdAt(),
});

export const users = pgTable(
  "users",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    email: text("email"),
    firstName: text("first_name"),
    lastName: text("last_name"),
    idpType: text("idp_type").notNull().default("PASSWORD"),
    role: text("role").notNull(),
    deactivatedAt: instant("deactivated_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique("users_tenant_id_id_key").on(t.tenantId, t.id),
    uniqueIndex("users_tenant_id_email_key").on(t.tenantId, sql`lower(${t.email})`),
    check("users_role_check", oneOf(sql`${t.role}`, ["OWNER", "ADMIN", "USER"])),
    check("users_idp_type_check", oneOf(sql`${t.idpType}`, ["PASSWORD", "GOOGLE", "TENANT"])),
  ],
);

export const apiKeys = pgTable(
  "api_keys",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    name: text("name").notNull(),
    /** SHA-256 of the whole key. The key itself is shown once and kept nowhere. */
    keyHash: bytes("key_hash").notNull(),
    keySuffix: text("key_suffix").notNull(),
    createdAt: createdAt(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
  },
  (t) => [
    unique("api_keys_key_hash_key").on(t.keyHash),
    foreignKey({
      name: "api_keys_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    index("api_keys_user_index").on(t.tenantId, t.userId, t.createdAt),
    check("api_keys_name_check", sql`char_length(${t.name}) between 1 and 100`),
    check("api_keys_key_hash_check", sql`octet_length(${t.keyHash}) = 32`),
  ],
);

export const pathParts = pgTable(
  "path_parts",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    parentId: uuid("parent_id"),
    name: text("name").notNull(),
    partType: text("part_type").notNull(),
    metadataObjId: uuid("metadata_obj_id"),
    materializedPath: path("materialized_path").notNull(),
    systemManaged: boolean("system_managed").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique("path_parts_tenant_id_id_key").on(t.tenantId, t.id),
    unique("path_parts_materialized_path_key").on(t.tenantId, t.materializedPath),
    foreignKey({
      name: "path_parts_parent_fkey",
      columns: [t.tenantId, t.parentId],
      foreignColumns: [t.tenantId, t.id],
    }).onDelete("cascade"),
    unique("path_parts_parent_name_key").on(t.tenantId, t.parentId, t.name).nullsNotDistinct(),
    // Which definitions may a USER see? Asked for each of their grants by every list.
    index("path_parts_definitions_index")
      .on(t.tenantId, t.materializedPath)
      .where(sql`part_type = 'WORKFLOW_DEFINITION'`),
    check("path_parts_name_check", sql`char_length(${t.name}) between 1 and 255 and position('/' in ${t.name}) = 0`),
    // A btree entry holds about 2,700 bytes; the path is indexed.
    check("path_parts_materialized_path_check", sql`octet_length(${t.materializedPath}) <= 2048`),
    check(
      "path_parts_part_type_check",
      oneOf(sql`${t.partType}`, [
        "FOLDER",
        "DOCUMENT",
        "DOCUMENT_VERSION",
        "SECTION",
        "CHUNK",
        "THREAD",
        "THREAD_MESSAGE",
        "WORKFLOW_DEFINITION",
        "WORKFLOW_RUN",
      ]),
    ),
  ],
);

/** A grant: a USER may read, or read and write, a path part and everything below it. */
export const userPermissions = pgTable(
  "user_permissions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    pathPartId: uuid("path_part_id").notNull(),
    capability: text("capability").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    foreignKey({
      name: "user_permissions_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "user_permissions_path_part_fkey",
      columns: [t.tenantId, t.pathPartId],
      foreignColumns: [pathParts.tenantId, pathParts.id],
    }).onDelete("cascade"),
    unique("user_permissions_user_path_part_key").on(t.tenantId, t.userId, t.pathPartId),
    index("user_permissions_path_part_index").on(t.tenantId, t.pathPartId),
    check("user_permissions_capability_check", oneOf(sql`${t.capability}`, ["READ_ONLY", "READ_WRITE"])),
  ],
);

export const workflowDefinitions = pgTable(
  "workflow_definitions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    /** The definition's own node in the tenant's tree, below `/workflows`. */
    pathPartId: uuid("path_part_id").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    runnerType: text("runner_type").notNull(),
    runnerUrl: text("runner_url"),
    /** AES-GCM: `<key id>.<iv>.<ciphertext>`, each part base64url. */
    webhookSecretEncrypted: text("webhook_secret_encrypted"),
    maxRunDurationSeconds: integer("max_run_duration_seconds").notNull().default(300),
    sourcePathPartIds: uuid("source_path_part_ids").array().notNull(),
    instructionPathPartIds: uuid("instruction_path_part_ids").array().notNull(),
    outputPathPartIds: uuid("output_path_part_ids").array().notNull(),
    templatePathPartId: uuid("template_path_part_id"),
    isActive: boolean("is_active").notNull().default(true),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique("workflow_definitions_tenant_id_id_key").on(t.tenantId, t.id),
    unique("workflow_definitions_path_part_key").on(t.tenantId, t.pathPartId),
    foreignKey({
      name: "workflow_definitions_path_part_fkey",
      columns: [t.tenantId, t.pathPartId],
      foreignColumns: [pathParts.tenantId, pathParts.id],
    }),
    index("workflow_definitions_newest_index").on(t.tenantId, t.createdAt, t.id),
    // Which definitions refer to a path part? Asked before it is deleted.
    index("workflow_definitions_path_parts_index").using(
      "gin",
      sql`(${t.sourcePathPartIds} || ${t.instructionPathPartIds} || ${t.outputPathPartIds} || ${t.templatePathPartId})`,
    ),
    check("workflow_definitions_name_check", sql`char_length(${t.name}) <= 255`),
    check("workflow_definitions_runner_type_check", oneOf(sql`${t.runnerType}`, ["SELF_HOSTED"])),
    check("workflow_definitions_runner_check", sql`(${t.runnerUrl} is null) = (${t.webhookSecretEncrypted} is null)`),
    check("workflow_definitions_max_run_duration_check", sql`${t.maxRunDurationSeconds} between 60 and 86400`),
    check(
      "workflow_definitions_path_parts_check",
      sql`cardinality(${t.sourcePathPartIds}) between 1 and 20
        and cardinality(${t.instructionPathPartIds}) between 1 and 20
        and cardinality(${t.outputPathPartIds}) between 1 and 20`,
    ),
  ],
);

/** A run's place in its definition's queue. Drawn under the definition's lock, so it is the order of arrival. */
export const workflowRunQueue = pgSequence("workflow_run_queue");

export const workflowRuns = pgTable(
  "workflow_runs",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    userId: uuid("user_id").notNull(),
    runnerType: text("runner_type").notNull(),
    status: text("status").notNull(),
    attempt: integer("attempt").notNull().default(1),
    runSnapshot: jsonb("run_snapshot").notNull(),
    idempotencyKey: text("idempotency_key"),
    queuePosition: bigint("queue_position", { mode: "number" }).notNull().default(sql`nextval('workflow_run_queue')`),
    startedAt: instant("started_at"),
    deadlineAt: instant("deadline_at"),
    completedAt: instant("completed_at"),
    error: text("error"),
    /** What ended the run: a repeated callback is told from one that comes too late. */
    endedBy: text("ended_by"),
    /** Set while the runner still has to be told: due from this instant on. */
    nextDispatchAt: instant("next_dispatch_at"),
    dispatchCount: integer("dispatch_count").notNull().default(0),
    dispatchedAt: instant("dispatched_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique("workflow_runs_tenant_id_id_key").on(t.tenantId, t.id),
    foreignKey({
      name: "workflow_runs_definition_fkey",
      columns: [t.tenantId, t.workflowDefinitionId],
      foreignColumns: [workflowDefinitions.tenantId, workflowDefinitions.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "workflow_runs_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
    // The slot: a mistake in locking becomes an error here rather than two runs.
    uniqueIndex("workflow_runs_slot_key").on(t.workflowDefinitionId).where(sql`status = 'RUNNING'`),
    index("workflow_runs_queue_index").on(t.workflowDefinitionId, t.queuePosition).where(sql`status = 'PENDING'`),
    index("workflow_runs_deadline_index").on(t.deadlineAt).where(sql`status = 'RUNNING'`),
    // These two begin with the tenant, so that a sweep can serve the tenants in turn.
    index("workflow_runs_tenant_deadline_index").on(t.tenantId, t.deadlineAt).where(sql`status = 'RUNNING'`),
    index("workflow_runs_dispatch_index").on(t.tenantId, t.nextDispatchAt).where(sql`next_dispatch_at is not null`),
    index("workflow_runs_idempotency_index")
      .on(t.workflowDefinitionId, t.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    index("workflow_runs_definition_newest_index").on(t.workflowDefinitionId, t.createdAt, t.id),
    index("workflow_runs_tenant_newest_index").on(t.tenantId, t.createdAt, t.id),
    index("workflow_runs_tenant_status_newest_index").on(t.tenantId, t.status, t.createdAt, t.id),
    index("workflow_runs_user_newest_index").on(t.tenantId, t.userId, t.createdAt, t.id),
    // The state that somebody looks for among many runs of the other: they need not be passed over one by one.
    index("workflow_runs_definition_failed_index")
      .on(t.workflowDefinitionId, t.createdAt, t.id)
      .where(sql`status = 'FAILED'`),
    index("workflow_runs_user_failed_index").on(t.tenantId, t.userId, t.createdAt, t.id).where(sql`status = 'FAILED'`),
    index("workflow_runs_ended_index").on(t.tenantId, t.completedAt).where(sql`completed_at is not null`),
    check("workflow_runs_status_check", oneOf(sql`${t.status}`, ["PENDING", "RUNNING", "COMPLETED", "FAILED"])),
    check("workflow_runs_runner_type_check", oneOf(sql`${t.runnerType}`, ["SELF_HOSTED"])),
    check("workflow_runs_attempt_check", sql`${t.attempt} >= 1`),
    check(
      "workflow_runs_pending_check",
      sql`${t.status} <> 'PENDING' or (${t.startedAt} is null and ${t.deadlineAt} is null)`,
    ),
    check(
      "workflow_runs_running_check",
      sql`${t.status} <> 'RUNNING' or (${t.startedAt} is not null and ${t.deadlineAt} > ${t.startedAt})`,
    ),
    check(
      "workflow_runs_active_check",
      sql`${t.status} in ('COMPLETED', 'FAILED')
        or (${t.completedAt} is null and ${t.error} is null and ${t.endedBy} is null)`,
    ),
    check(
      "workflow_runs_terminal_check",
      sql`${t.status} in ('PENDING', 'RUNNING') or (${t.completedAt} is not null and ${t.endedBy} is not null)`,
    ),
    check(
      "workflow_runs_completed_check",
      sql`${t.status} <> 'COMPLETED' or (${t.startedAt} is not null and ${t.error} is null)`,
    ),
    check("workflow_runs_ended_by_check", oneOf(sql`${t.endedBy}`, ["CALLBACK", "STOP", "DEADLINE", "DISPATCH"])),
    check("workflow_runs_dispatch_check", sql`${t.nextDispatchAt} is null or ${t.status} = 'RUNNING'`),
  ],
);

export const workflowRunEvents = pgTable(
  "workflow_run_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: uuid("tenant_id").notNull(),
    runId: uuid("run_id").notNull(),
    attempt: integer("attempt").notNull(),
    type: text("type").notNull(),
    at: instant("at").notNull().default(sql`statement_timestamp()`),
    detail: jsonb("detail"),
  },
  (t) => [
    foreignKey({
      name: "workflow_run_events_run_fkey",
      columns: [t.tenantId, t.runId],
      foreignColumns: [workflowRuns.tenantId, workflowRuns.id],
    }).onDelete("cascade"),
    index("workflow_run_events_run_index").on(t.runId, t.id),
    index("workflow_run_events_timed_out_index").on(t.tenantId, t.at).where(sql`type = 'TIMED_OUT'`),
    check(
      "workflow_run_events_type_check",
      oneOf(sql`${t.type}`, [
        "TRIGGERED",
        "QUEUED",
        "STARTED",
        "DISPATCHED",
        "DISPATCH_FAILED",
        "COMPLETED",
        "FAILED",
        "TIMED_OUT",
        "STOPPED",
        "RETRIED",
        "LATE_RESULT",
      ]),
    ),
  ],
);

/** One row: what the last sweep did. `began_at > ended_at` means that one is under way, or that it died. */
export const sweepState = pgTable(
  "sweep_state",
  {
    id: integer("id").primaryKey().default(1),
    beganAt: instant("began_at"),
    endedAt: instant("ended_at"),
    timedOut: integer("timed_out").notNull().default(0),
    lagP50Ms: bigint("lag_p50_ms", { mode: "number" }),
    lagMaxMs: bigint("lag_max_ms", { mode: "number" }),
    delivered: integer("delivered").notNull().default(0),
    deleted: integer("deleted").notNull().default(0),
    /** What was still overdue, and still due to be delivered, when it ended. Counted up to 10,000. */
    overdueLeft: integer("overdue_left").notNull().default(0),
    dueLeft: integer("due_left").notNull().default(0),
  },
  (t) => [check("sweep_state_single_row_check", sql`${t.id} = 1`)],
);
