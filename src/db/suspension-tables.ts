/**
 * What belongs to suspended runs: `suspensions.sql` has the walk. These tables have no foreign keys: the trigger
 * `workflow_runs_delete_events` deletes the rows of deleted runs. A run that never suspends itself has none.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, instant, oneOf } from "./columns.ts";
import { ON_TIMEOUT, WAIT_KINDS } from "./enums.ts";

/** One row for each attempt that has suspended its run. */
export const runSuspensions = pgTable(
  "run_suspensions",
  {
    runId: uuid("run_id").notNull(),
    /** The attempt that has ended by it. The run goes on with the next one. */
    attempt: integer("attempt").notNull(),
    tenantId: uuid("tenant_id").notNull(),
    /** The keys of the waits, all of which must come. */
    keys: text("keys").array().notNull(),
    /** The SHA-256 of the request, so that it can be repeated. */
    bodyHash: bytes("body_hash").notNull(),
    /** When the time is over. Then the run fails, or goes on: `on_timeout`. */
    endsAt: instant("ends_at").notNull(),
    onTimeout: text("on_timeout").notNull(),
    note: text("note"),
    /** The place in the queue that the run had, and gets again. */
    queuePosition: bigint("queue_position", { mode: "number" }),
  },
  (t) => [
    primaryKey({ name: "run_suspensions_pkey", columns: [t.runId, t.attempt] }),
    check("run_suspensions_on_timeout_check", oneOf(sql`${t.onTimeout}`, ON_TIMEOUT)),
  ],
);

/** What a run waits for, or has waited for. A key identifies it for good in its run. */
export const runWaits = pgTable(
  "run_waits",
  {
    runId: uuid("run_id").notNull(),
    key: text("key").notNull(),
    /** Its place in lists, with `asked_at`. */
    id: uuid("id").notNull().defaultRandom(),
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    kind: text("kind").notNull(),
    askedAt: instant("asked_at").notNull(),
    /** False once nobody can answer it any more: it was answered, or its run has resumed or ended. */
    isOpen: boolean("is_open").notNull().default(true),
    /** When it has come without an answer, since the time of its suspension is over. Null when the run fails then. */
    timesOutAt: instant("times_out_at"),
    /** Of a timer: when it elapses. Of children: when they had ended; null until then. */
    dueAt: instant("due_at"),
    /** Of children: which runs, and whether one of them that has failed is enough. */
    childRunIds: uuid("child_run_ids").array(),
    failFast: boolean("fail_fast").notNull().default(false),
    /** Of a question. Without choices, the answer is a text. */
    prompt: text("prompt"),
    choices: text("choices").array(),
    /** Who may answer, among those who may invoke the workflow: `may_answer` in SQL. */
    answerBy: jsonb("answer_by").notNull().default({}),
    peopleOnly: boolean("people_only").notNull().default(true),
    /** The answer; null until there is one. */
    value: text("value"),
    comment: text("comment"),
    userId: uuid("user_id"),
    answeredAt: instant("answered_at"),
    /** Of a signal: what it waits for. */
    name: text("name"),
    correlation: text("correlation"),
    /** The signal that it got; null until there is one. The payload is any JSON, of the type `json` like the input of a run. */
    signalId: text("signal_id"),
    payload: json("payload"),
    receivedAt: instant("received_at"),
  },
  (t) => [
    primaryKey({ name: "run_waits_pkey", columns: [t.runId, t.key] }),
    // The open questions of a tenant, and of a definition, newest first: `list_waits`.
    index("run_waits_open_index").on(t.tenantId, t.askedAt, t.id).where(sql`kind = 'question' and is_open`),
    index("run_waits_definition_index")
      .on(t.workflowDefinitionId, t.askedAt, t.id)
      .where(sql`kind = 'question' and is_open`),
    // The oldest run that waits for a signal: `receive_signal`.
    index("run_waits_signal_index")
      .on(t.workflowDefinitionId, t.name, t.correlation, t.askedAt, t.id)
      .where(sql`kind = 'signal' and is_open`),
    check("run_waits_kind_check", oneOf(sql`${t.kind}`, WAIT_KINDS)),
    check(
      "run_waits_check",
      sql`(${t.kind} = 'question') = (${t.prompt} is not null) and case ${t.kind}
          when 'timer' then ${t.dueAt} is not null when 'children' then true else ${t.dueAt} is null end
        and (${t.kind} = 'children') = (${t.childRunIds} is not null)
        and num_nulls(${t.value}, ${t.userId}, ${t.answeredAt}) in (0, 3)
        and num_nulls(${t.name}, ${t.correlation}) = case when ${t.kind} = 'signal' then 0 else 2 end
        and (${t.signalId} is null) = (${t.receivedAt} is null)`,
    ),
  ],
);

/** What an attempt keeps under a key for the attempts after it: `checkpoints.sql`. */
export const runCheckpoints = pgTable(
  "run_checkpoints",
  {
    runId: uuid("run_id").notNull(),
    key: text("key").notNull(),
    tenantId: uuid("tenant_id").notNull(),
    attempt: integer("attempt").notNull(),
    /** Any JSON. The type is `json`, as for the input of a run. */
    value: json("value").notNull(),
    bytes: integer("bytes").notNull(),
    keptAt: instant("kept_at").notNull(),
  },
  (t) => [primaryKey({ name: "run_checkpoints_pkey", columns: [t.runId, t.key] })],
);

/** One row for each run that another run has triggered: `children.sql`. It is deleted with the child. */
export const runChildren = pgTable(
  "run_children",
  {
    runId: uuid("run_id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /** The parent, which may have been deleted since. */
    parentRunId: uuid("parent_run_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    key: text("key").notNull(),
    /** False once its key can be used again: it has failed, and a person has retried its parent. */
    isLive: boolean("is_live").notNull().default(true),
    /** How many runs stand before it in its chain: its parent, and what has triggered that. */
    depth: integer("depth").notNull(),
    /**
     * Null while the row of the parent is there. Once that is deleted, the sweep writes an instant before which the child has not ended: its
     * end, or now if it goes on.
     */
    endedAfter: instant("ended_after"),
  },
  (t) => [
    // The child that a handler gets that asks again: `trigger_children`.
    uniqueIndex("run_children_key").on(t.parentRunId, t.workflowDefinitionId, t.key).where(sql`is_live`),
    // The children of a run: `list_children`, `stop_children`.
    index("run_children_parent_index").on(t.parentRunId, t.runId),
    // Old ones whose parents were deleted: `old_runs`.
    index("run_children_ended_index").on(t.tenantId, t.endedAfter).where(sql`ended_after is not null`),
  ],
);

/**
 * The signals of the last seven days, of each definition: those that are kept for the next run that asks, and those that a run got, so that
 * one that is sent again is known. There is no foreign key: the sweep deletes what is older (`finish_deletions`), and
 * whoever deletes the definition what is kept.
 */
export const keptSignals = pgTable(
  "kept_signals",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    /** The id that its sender has given it. */
    signalId: text("signal_id").notNull(),
    name: text("name").notNull(),
    correlation: text("correlation").notNull(),
    /** The SHA-256 of the name, the correlation and the payload. */
    hash: bytes("hash").notNull(),
    /** Only as long as it is kept. */
    payload: json("payload"),
    /** Who has sent it, or the user of the trigger that has. */
    userId: uuid("user_id").notNull(),
    /** The trigger that has sent it, with its firing: `fire`. */
    trigger: jsonb("trigger"),
    receivedAt: instant("received_at").notNull(),
    /** The run that got it at once; null when it was kept. */
    runId: uuid("run_id"),
    /** When a run got it. Null as long as it is kept. */
    takenAt: instant("taken_at"),
  },
  (t) => [
    uniqueIndex("kept_signals_signal_key").on(t.workflowDefinitionId, t.signalId),
    // Those that are kept, the oldest first: `take_kept_signals`.
    index("kept_signals_kept_index")
      .on(t.workflowDefinitionId, t.name, t.correlation, t.receivedAt, t.id)
      .where(sql`taken_at is null`),
    // Old ones: `finish_deletions`.
    index("kept_signals_received_index").on(t.receivedAt),
    check(
      "kept_signals_check",
      sql`(${t.takenAt} is not null or ${t.runId} is null) and (${t.takenAt} is null or ${t.payload} is null)`,
    ),
  ],
);
