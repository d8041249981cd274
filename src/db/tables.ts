/**
 * The tables of users, files and workflows, from which drizzle-kit generates `migrations/`. The tables of runs are in
 * `run-tables.ts`.
 *
 * Every row belongs to a tenant, and every foreign key includes the tenant. So a row can never refer to a row of another
 * tenant.
 */
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, createdAt, instant, oneOf, plainText, policyColumns, updatedAt } from "./columns.ts";
import {
  CAPABILITIES,
  type Capability,
  HANDOVERS,
  IDP_TYPES,
  type IdpType,
  KEY_KINDS,
  type KeyKind,
  PART_TYPES,
  type PartType,
  RETRYABLE_FAILURES,
  type Role,
  RUN_NEEDS,
  RUNNER_TYPES,
  type RunnerType,
  type RunStatus,
  WHEN_BUSY,
} from "./enums.ts";
import { tenants } from "./people/tenant-tables.ts";

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
    idpType: text("idp_type").$type<IdpType>().notNull().default("PASSWORD"),
    role: text("role").$type<Role>().notNull(),
    deactivatedAt: instant("deactivated_at"),
    /** True when the retention has deleted a key of the user: they have had one, also if none is left. */
    hadApiKey: boolean("had_api_key").notNull().default(false),
    /** Set for a deleted user, who is also deactivated. The row is kept because runs refer to it. */
    deletedAt: instant("deleted_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    unique("users_tenant_id_id_key").on(t.tenantId, t.id),
    uniqueIndex("users_tenant_id_email_key").on(t.tenantId, sql`lower(${t.email})`).where(sql`deleted_at is null`),
    // The users of all tenants who have a verified email: `sign_in_by_login`.
    index("users_email_index").on(sql`lower(${t.email})`).where(sql`deleted_at is null`),
    // Words of names and emails: the search, and the search in the list of people.
    index("users_words_index")
      .using(
        "gin",
        sql`public.search_words(${t.tenantId},
          coalesce(${t.firstName}, '') || ' ' || coalesce(${t.lastName}, '') || ' ' || coalesce(${t.email}, ''))`,
      )
      .where(sql`deleted_at is null`),
    check("users_deleted_check", sql`${t.deletedAt} is null or ${t.deactivatedAt} is not null`),
    check("users_role_check", oneOf(sql`${t.role}`, ["OWNER", "ADMIN", "USER"] satisfies Role[])),
    check("users_idp_type_check", oneOf(sql`${t.idpType}`, IDP_TYPES)),
  ],
);

export const apiKeys = pgTable(
  "api_keys",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    name: text("name").notNull(),
    /** SHA-256 of the whole key. The key itself is shown once and not stored. */
    keyHash: bytes("key_hash").notNull(),
    keySuffix: text("key_suffix").notNull(),
    kind: text("kind").$type<KeyKind>().notNull().default("USER"),
    /** What it may at most do, such as `read,run`, in the order of `SCOPES`. Null: all that its user may. */
    scopes: text("scopes"),
    /** For a RUNNER key: the definitions whose runs it may lease; null for all of the tenant. */
    workflowDefinitionIds: uuid("workflow_definition_ids").array(),
    createdAt: createdAt(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    /** The hour in which it was last used. Isolates tell it once an hour, so it may be too early: `note_uses`. */
    lastUsedAt: instant("last_used_at"),
  },
  (t) => [
    unique("api_keys_key_hash_key").on(t.keyHash),
    foreignKey({
      name: "api_keys_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    index("api_keys_user_index").on(t.tenantId, t.userId, t.createdAt),
    // Keys that have ended: `delete_old_runs`.
    index("api_keys_end_index").on(sql`least(${t.revokedAt}, ${t.expiresAt})`),
    check("api_keys_name_check", sql`char_length(${t.name}) between 1 and 100`),
    check("api_keys_key_hash_check", sql`octet_length(${t.keyHash}) = 32`),
    check("api_keys_kind_check", oneOf(sql`${t.kind}`, KEY_KINDS)),
    check("api_keys_scopes_check", sql`${t.kind} = 'USER' and ${t.scopes} <> '' or ${t.scopes} is null`),
    check("api_keys_workflow_definitions_check", sql`${t.kind} = 'RUNNER' or ${t.workflowDefinitionIds} is null`),
  ],
);

/** An invitation to a tenant. It is accepted by a link with a secret, or with an email that a login service has verified. */
export const invites = pgTable(
  "invites",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    /** In lower case. */
    email: text("email").notNull(),
    role: text("role").$type<Role>().notNull(),
    /** SHA-256 of the link's secret. The secret itself is shown once and not stored. */
    secretHash: bytes("secret_hash").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    expiresAt: instant("expires_at").notNull(),
    acceptedAt: instant("accepted_at"),
  },
  (t) => [
    // An email has at most one open invite. A new one replaces it, and the old link stops working.
    uniqueIndex("invites_open_email_key").on(t.tenantId, t.email).where(sql`accepted_at is null`),
    index("invites_newest_index").on(t.tenantId, t.createdAt, t.id),
    check("invites_email_check", sql`${t.email} = lower(${t.email})`),
    check("invites_role_check", oneOf(sql`${t.role}`, ["ADMIN", "USER"] satisfies Role[])),
    check("invites_secret_hash_check", sql`octet_length(${t.secretHash}) = 32`),
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
    partType: text("part_type").$type<PartType>().notNull(),
    metadataObjId: uuid("metadata_obj_id"),
    materializedPath: plainText("materialized_path").notNull(),
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
    // The definitions below a path. Every list of a USER searches them, once for each of their permissions.
    index("path_parts_definitions_index")
      .on(t.tenantId, t.materializedPath)
      .where(sql`part_type = 'WORKFLOW_DEFINITION'`),
    // Words of names: the search. Workflows are searched by the names of the definitions instead.
    index("path_parts_words_index")
      .using("gin", sql`public.search_words(${t.tenantId}, ${t.name})`)
      .where(sql`part_type <> 'WORKFLOW_DEFINITION'`),
    check("path_parts_name_check", sql`char_length(${t.name}) between 1 and 255 and position('/' in ${t.name}) = 0`),
    // The path is indexed, and an entry of a btree index has at most about 2,700 bytes.
    check("path_parts_materialized_path_check", sql`octet_length(${t.materializedPath}) <= 2048`),
    check("path_parts_part_type_check", oneOf(sql`${t.partType}`, PART_TYPES)),
  ],
);

/** A permission: a USER may read, or read and write, a path part and everything below it. */
export const userPermissions = pgTable(
  "user_permissions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    pathPartId: uuid("path_part_id").notNull(),
    capability: text("capability").$type<Capability>().notNull(),
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
    check("user_permissions_capability_check", oneOf(sql`${t.capability}`, CAPABILITIES)),
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
    runnerType: text("runner_type").$type<RunnerType>().notNull(),
    runnerUrl: text("runner_url"),
    /** AES-GCM: `<key id>.<iv>.<ciphertext>`, each part base64url. */
    webhookSecretEncrypted: text("webhook_secret_encrypted"),
    maxRunDurationSeconds: integer("max_run_duration_seconds").notNull().default(300),
    sourcePathPartIds: uuid("source_path_part_ids").array().notNull(),
    instructionPathPartIds: uuid("instruction_path_part_ids").array().notNull(),
    outputPathPartIds: uuid("output_path_part_ids").array().notNull(),
    templatePathPartId: uuid("template_path_part_id"),
    isActive: boolean("is_active").notNull().default(true),
    ...policyColumns(),
    /** The concurrency key of the run that started last, while keys take turns: `next_run` in SQL. Null before the first. */
    lastKey: plainText("last_key"),
    /** COMPLETED or FAILED, as the last of its runs has ended, without retries by the policy: `note_turns` in SQL. Null before that. */
    lastEnd: text("last_end").$type<RunStatus>(),
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
    // Definitions whose runs are leased. Each lease request reads the queues of all of its tenant's.
    index("workflow_definitions_lease_index").on(t.tenantId).where(sql`handover = 'lease'`),
    // Definitions that name a path part. They are looked up before the part is deleted.
    index("workflow_definitions_path_parts_index").using(
      "gin",
      sql`(${t.sourcePathPartIds} || ${t.instructionPathPartIds} || ${t.outputPathPartIds} || ${t.templatePathPartId})`,
    ),
    // Words of names: the search, and the search in the list of workflows, which can be sorted by name.
    index("workflow_definitions_words_index").using("gin", sql`public.search_words(${t.tenantId}, ${t.name})`),
    index("workflow_definitions_name_index").on(t.tenantId, t.name, t.id),
    check("workflow_definitions_name_check", sql`char_length(${t.name}) <= 255`),
    check("workflow_definitions_runner_type_check", oneOf(sql`${t.runnerType}`, RUNNER_TYPES)),
    check("workflow_definitions_runner_check", sql`(${t.runnerUrl} is null) = (${t.webhookSecretEncrypted} is null)`),
    check("workflow_definitions_handover_check", oneOf(sql`${t.handover}`, HANDOVERS)),
    check("workflow_definitions_lease_seconds_check", sql`${t.leaseSeconds} between 1 and 3600`),
    check("workflow_definitions_max_attempts_check", sql`${t.maxAttempts} between 1 and 10`),
    check(
      "workflow_definitions_retry_on_check",
      sql`${t.retryOn} <@ ${sql.raw(`array['${RETRYABLE_FAILURES.join("', '")}']::text[]`)}`,
    ),
    check("workflow_definitions_max_running_check", sql`${t.maxRunning} between 1 and 100`),
    check("workflow_definitions_max_running_per_key_check", sql`${t.maxRunningPerKey} between 1 and ${t.maxRunning}`),
    check("workflow_definitions_key_from_check", sql`char_length(${t.keyFrom}) between 1 and 256`),
    // A run can only take the place of a RUNNING one where one slot is all that its group has.
    check(
      "workflow_definitions_when_busy_check",
      sql`${oneOf(sql`${t.whenBusy}`, WHEN_BUSY)} and (${t.whenBusy} <> 'replace_running' or ${t.maxRunning} = 1
        or (${t.maxRunningPerKey} = 1 and ${t.keyFrom} is not null) is true)
        and ${t.replaceGraceSeconds} between 0 and 300 and coalesce(${t.maxQueued} between 1 and 1000, true)`,
    ),
    check("workflow_definitions_run_needs_check", oneOf(sql`${t.runNeeds}`, RUN_NEEDS)),
    check("workflow_definitions_runner_tags_check", sql`cardinality(${t.runnerTags}) <= 20`),
    check("workflow_definitions_may_trigger_check", sql`cardinality(${t.mayTrigger}) <= 20`),
    check("workflow_definitions_input_schema_check", sql`(${t.inputSchema} is null) = (${t.inputSchemaHash} is null)`),
    check("workflow_definitions_max_run_duration_check", sql`${t.maxRunDurationSeconds} between 60 and 86400`),
    check(
      "workflow_definitions_path_parts_check",
      sql`cardinality(${t.sourcePathPartIds}) between 0 and 20
        and cardinality(${t.instructionPathPartIds}) between 0 and 20
        and cardinality(${t.outputPathPartIds}) between 0 and 20`,
    ),
  ],
);
