/** The tables of triggers: what triggers runs by itself, and what became of each occasion. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  smallint,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instant, oneOf, plainText, updatedAt } from "./columns.ts";
import {
  FIRING_CAUSES,
  FIRING_OUTCOMES,
  type FiringCause,
  type FiringOutcome,
  MAX_PRIORITY,
  TRIGGER_KINDS,
  type TriggerKind,
  WHEN_BUSY,
  type WhenBusy,
} from "./enums.ts";
import { users, workflowDefinitions } from "./tables.ts";

export const triggers = pgTable(
  "triggers",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    /** Who made the trigger or changed it last. It fires with the rights that this user has at that moment. */
    userId: uuid("user_id").notNull(),
    name: text("name").notNull(),
    kind: text("kind").$type<TriggerKind>().notNull(),
    /**
     * What depends on the kind: see src/triggers/schedule/schedule.ts, src/triggers/inbound/receiver.ts for a webhook, and
     * src/triggers/run-trigger.ts.
     */
    config: jsonb("config").notNull(),
    /** Of a webhook: with what its sender signs. The previous secret also counts until `previous_secret_until`. */
    secretEncrypted: text("secret_encrypted"),
    previousSecretEncrypted: text("previous_secret_encrypted"),
    previousSecretUntil: instant("previous_secret_until"),
    /**
     * The definition whose runs make it fire when they end. It has no foreign key: whoever inserts the row would lock that definition
     * besides the trigger's own, and two transactions could wait for each other. When it is deleted, the trigger pauses itself.
     */
    ofDefinitionId: uuid("of_definition_id").generatedAlwaysAs(sql`(config ->> 'of')::uuid`),
    /** What each run gets, as with an invoke. */
    input: json("input"),
    labels: jsonb("labels").$type<Record<string, string>>(),
    concurrencyKey: text("concurrency_key"),
    priority: smallint("priority").notNull().default(0),
    /** Goes before the `when_busy` of the definition's policy. Null: what the policy says. */
    whenBusy: text("when_busy").$type<WhenBusy>(),
    /** Since when it is paused, and why. Null for an active trigger. */
    pausedAt: instant("paused_at"),
    pauseNote: text("pause_note"),
    /** Who has paused it; null when it has paused itself. */
    pausedByUserId: uuid("paused_by_user_id"),
    /** Raised with each change. What was computed for an earlier version is not carried out. */
    version: integer("version").notNull().default(1),
    /** The next instant of the schedule. Null when there is none, when it is not computed yet, and while the trigger is paused. */
    nextAt: instant("next_at"),
    /** When something has to be done: the next instant with its jitter, or at once to compute it. Null when nothing is planned. */
    dueAt: instant("due_at"),
    /** All instants up to this one were handled. */
    afterAt: instant("after_at").notNull(),
    /** After a pause, until its instants are recorded: those up to this one were missed. `catchesUp`: the last of them fires. */
    missedUntil: instant("missed_until"),
    catchesUp: boolean("catches_up").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    foreignKey({
      name: "triggers_definition_fkey",
      columns: [t.tenantId, t.workflowDefinitionId],
      foreignColumns: [workflowDefinitions.tenantId, workflowDefinitions.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "triggers_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
    // The triggers of a definition, newest first: their list, and the foreign key.
    index("triggers_definition_index").on(t.workflowDefinitionId, t.createdAt, t.id),
    // The triggers of a tenant, those that fire next first: the page of all triggers. And by words of their names.
    index("triggers_tenant_next_index").on(t.tenantId, t.nextAt, t.id),
    index("triggers_words_index").using("gin", sql`public.search_words(${t.tenantId}, ${t.name})`),
    // What is due in the deployment, and in a tenant: `list_due_triggers`, `triggers_due_at`.
    index("triggers_due_index").on(t.dueAt).where(sql`due_at is not null`),
    index("triggers_tenant_due_index").on(t.tenantId, t.dueAt).where(sql`due_at is not null`),
    // The triggers that fire when a run of a definition ends: `note_ends`. Most definitions have none.
    index("triggers_of_definition_index").on(t.ofDefinitionId).where(sql`of_definition_id is not null`),
    // Those that have paused themselves: the page Health, and the doctor.
    index("triggers_self_paused_index")
      .on(t.tenantId, t.pausedAt)
      .where(sql`paused_at is not null and paused_by_user_id is null`),
    check("triggers_kind_check", oneOf(sql`${t.kind}`, TRIGGER_KINDS)),
    check("triggers_name_check", sql`char_length(${t.name}) between 1 and 100`),
    check("triggers_when_busy_check", oneOf(sql`${t.whenBusy}`, WHEN_BUSY)),
    check("triggers_concurrency_key_check", sql`char_length(${t.concurrencyKey}) between 1 and 128`),
    check("triggers_priority_check", sql`${t.priority} between 0 and ${sql.raw(String(MAX_PRIORITY))}`),
    check("triggers_secret_check", sql`(${t.secretEncrypted} is not null) = (${t.kind} = 'webhook')`),
    check(
      "triggers_previous_secret_check",
      sql`(${t.previousSecretEncrypted} is null) = (${t.previousSecretUntil} is null)`,
    ),
    check("triggers_paused_check", sql`${t.pausedAt} is null or num_nonnulls(${t.nextAt}, ${t.dueAt}) = 0`),
    check("triggers_pause_note_check", sql`${t.pauseNote} is null or ${t.pausedAt} is not null`),
    check("triggers_paused_by_check", sql`${t.pausedByUserId} is null or ${t.pausedAt} is not null`),
    check("triggers_of_definition_check", sql`(${t.ofDefinitionId} is not null) = (${t.kind} = 'run')`),
  ],
);

/**
 * Occasions of triggers that fire after another run, and what follows for a parent and its children (`children.sql`), until they are
 * handled: the transaction that ends the run inserts them. It holds the
 * lock of the run's definition and must not wait for that of the trigger's: two definitions that start each other would deadlock. So
 * there is no foreign key, which would lock the trigger's row. `fire_due` deletes the rows of triggers that are gone.
 */
export const dueFirings = pgTable(
  "due_firings",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: uuid("tenant_id").notNull(),
    /** The trigger that fires. Null for a row about a parent and its children, for which no trigger fires. */
    triggerId: uuid("trigger_id"),
    /** The run of which a child has ended. Without a `runId`, it has ended itself, and its children have to stop. */
    parentRunId: uuid("parent_run_id"),
    dueAt: instant("due_at").notNull(),
    /** The attempt that has ended. Null when the definition was deleted. */
    runId: uuid("run_id"),
    attempt: integer("attempt"),
    /** How many runs stand before the new one in its chain. */
    depth: integer("depth").notNull(),
    /** The run with which the chain has begun. Null when the definition was deleted, and in rows of the release before. */
    firstRunId: uuid("first_run_id"),
    /** Why it will not fire, when that is known already. */
    reason: text("reason"),
    /** What the new run gets. */
    input: json("input"),
    labels: jsonb("labels").$type<Record<string, string>>(),
  },
  (t) => [
    unique("due_firings_end_key").on(t.triggerId, t.runId, t.attempt),
    // What is due in the deployment, and in a tenant: `list_due_triggers`, `triggers_due_at`.
    index("due_firings_due_index").on(t.dueAt),
    index("due_firings_tenant_due_index").on(t.tenantId, t.dueAt),
    // What follows for one parent: `follow_children`.
    index("due_firings_parent_index").on(t.parentRunId).where(sql`parent_run_id is not null`),
    check("due_firings_run_check", sql`(${t.runId} is null) = (${t.attempt} is null)`),
    check("due_firings_of_check", sql`num_nonnulls(${t.triggerId}, ${t.parentRunId}) = 1`),
  ],
);

/** What became of an occasion on which a trigger could have fired. A stretch of missed instants is one row. */
export const triggerFirings = pgTable(
  "trigger_firings",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /**
     * The trigger, which may have been deleted: the sweep then deletes its firings (`deletedTriggers`). There is no foreign key, since it
     * would delete all of them at once. Whoever inserts a firing holds the lock of the trigger's definition, as its deletion does.
     */
    triggerId: uuid("trigger_id").notNull(),
    at: instant("at").notNull(),
    outcome: text("outcome").$type<FiringOutcome>().notNull(),
    cause: text("cause").$type<FiringCause>().notNull(),
    /**
     * Names the occasion, which fires once: of a schedule, the instant in the format of the API; of a webhook, the id of the message and
     * what else `receive_webhook` says; of a run, `run:attempt`. Null for one by hand, and for a message without an id.
     */
    occasion: plainText("occasion"),
    /**
     * The instant of the schedule; of a stretch, the first, the last, and how many they are. Of a stretch of messages, when they came, and of
     * ended runs, when they ended.
     */
    scheduledAt: instant("scheduled_at"),
    scheduledUntil: instant("scheduled_until"),
    count: integer("count").notNull().default(1),
    /** Of a stretch: the last occasion that was counted, so that a repeated call does not count it again. */
    lastCountedId: uuid("last_counted_id"),
    /** How long after the due instant it fired. */
    lateMs: bigint("late_ms", { mode: "number" }),
    /** FIRED: its run, or the one that got its signal, once one did. SKIPPED: the run in the way. The run may have been deleted since. */
    runId: uuid("run_id"),
    /** The run that has ended, and its attempt; of a stretch, the last one. It may have been deleted since. */
    ofRunId: uuid("of_run_id"),
    ofAttempt: integer("of_attempt"),
    /** Why it did not fire, in one word. */
    reason: text("reason"),
    /** What else explains it, such as the path parts that are gone. */
    detail: jsonb("detail").$type<Record<string, unknown>>(),
    /** Who fired it by hand. */
    userId: uuid("user_id"),
  },
  (t) => [
    // An occasion fires once: if a verb tries it a second time, it fails. It also finds the run that a trigger fired before another.
    uniqueIndex("trigger_firings_occasion_key").on(t.triggerId, t.occasion).where(sql`outcome = 'FIRED'`),
    // The firings of a trigger, newest first: `list_firings`, and those beyond the newest 1,000.
    index("trigger_firings_newest_index").on(t.triggerId, t.at, t.id),
    // Old ones: `delete_old_firings`.
    index("trigger_firings_at_index").on(t.at),
    check("trigger_firings_outcome_check", oneOf(sql`${t.outcome}`, FIRING_OUTCOMES)),
    check("trigger_firings_cause_check", oneOf(sql`${t.cause}`, FIRING_CAUSES)),
    check(
      "trigger_firings_run_check",
      sql`(${t.runId} is not null) = (${t.outcome} in ('FIRED', 'SKIPPED')) or ${t.outcome} = 'FIRED' and ${t.cause} = 'webhook'`,
    ),
    check("trigger_firings_reason_check", sql`(${t.reason} is not null) = (${t.outcome} in ('MISSED', 'REFUSED'))`),
  ],
);
