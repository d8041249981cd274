/** Column types that several tables use, the columns of a policy, and conditions on paths. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { customType, integer, json, text, timestamp, uuid } from "drizzle-orm/pg-core";
import type { Handover, RetryableFailure, RunNeeds, WhenBusy } from "./enums.ts";

/** An instant with millisecond precision. Many JSON clients keep no more digits, so the database keeps no more either. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const bytes = customType<{ data: string }>({ dataType: () => "bytea" });

/** The number of a transaction. It grows with each transaction of the database cluster, and never wraps around. */
export const transactionId = customType<{ data: string }>({ dataType: () => "xid8" });

/** Text that is compared byte by byte, whatever the locale of the database. So all paths below a prefix are one range of an index. */
export const plainText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

export const oneOf = (column: SQL, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`;

export const createdAt = () => instant("created_at").notNull().default(sql`statement_timestamp()`);
export const updatedAt = () => instant("updated_at").notNull().default(sql`statement_timestamp()`);

/** The policy of a definition: settings that the wire contract does not have. */
export const policyColumns = () => ({
  handover: text("handover").$type<Handover>().notNull().default("webhook"),
  /** How long a runner may be silent before its run fails as LOST. */
  leaseSeconds: integer("lease_seconds").notNull().default(300),
  /** How many attempts a run has at most, including the first. */
  maxAttempts: integer("max_attempts").notNull().default(1),
  /** The failures after which a run is retried automatically. */
  retryOn: text("retry_on").$type<RetryableFailure>().array().notNull().default(sql`'{}'`),
  /** At most so many of its runs are RUNNING at the same time: its number of slots. */
  maxRunning: integer("max_running").notNull().default(1),
  /** How many of these have the same concurrency key, at most. Null: any number, and runs start first in, first out. */
  maxRunningPerKey: integer("max_running_per_key"),
  /** A JSON Pointer: where the input of a run has its concurrency key. Null: only an invoke can give a run a key. */
  keyFrom: text("key_from"),
  /** What an invoke does when the group of its run is busy: `make_room` in SQL. */
  whenBusy: text("when_busy").$type<WhenBusy>().notNull().default("queue"),
  /** How long a RUNNING run that a newer one replaces has to end its work. */
  replaceGraceSeconds: integer("replace_grace_seconds").notNull().default(0),
  /** How many of its runs wait, at most: a further invoke is refused. Null: any number. */
  maxQueued: integer("max_queued"),
  /** What a USER needs to run it, if it has no outputs: `needs_write_to_run` in SQL. */
  runNeeds: text("run_needs").$type<RunNeeds>().notNull().default("write"),
  /** Only runners with all of these tags lease its runs. */
  runnerTags: text("runner_tags").array().notNull().default(sql`'{}'`),
  /** The definitions whose runs its runs may trigger: `children.sql`. One may have been deleted since. */
  mayTrigger: uuid("may_trigger").array().notNull().default(sql`'{}'`),
  /** The JSON Schema of the runs' inputs, and the SHA-256 of its text in hex. Null: any input fits. */
  inputSchema: json("input_schema"),
  inputSchemaHash: text("input_schema_hash"),
});

// Materialized paths are compared by whole names: `/a` does not cover `/ab`.

/** True when `path` is `top` or lies below it. It cannot use an index: to search for such paths, use {@link isAtOrBelow}. */
const covers = (top: SQLWrapper, path: SQLWrapper): SQL<boolean> => sql<boolean>`public.path_covers(${top}, ${path})`;

/** True when a path lies below `top`. It is one range of the index, since '0' is the character after '/'. */
export const isBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} > ${top} || '/' and ${path} < ${top} || '0')`;

/**
 * True when a path is `top` or lies below it. It reads one range of the index, from which `covers` removes paths such as `/a-b`
 * when `top` is `/a`.
 */
export const isAtOrBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} >= ${top} and ${path} < ${top} || '0' and ${covers(top, path)})`;
