/**
 * `npm run migrate`: applies the migrations that a database does not have yet, and the SQL functions when one of them has
 * changed, over a direct connection to Postgres.
 *
 * 1. One transaction applies the missing migrations and all functions, and records both. So the functions always fit the tables,
 *    and a run that fails or dies has changed nothing.
 * 2. After it, the migrations follow that create or drop indexes CONCURRENTLY. If such a one dies, the next run continues it.
 *
 * A database that a newer version has migrated is left as it is.
 */

import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import type pg from "pg";
import { CELL_HELP, CELL_OPTIONS, inEachCell } from "./local/cells.ts";
import { connectDirectly, describeTarget, readDirectUrl } from "./local/direct-connection.ts";
import {
  adviseOn,
  describeBlockers,
  isLockFailure,
  PATIENCE,
  type Patience,
  watchBlockers,
} from "./local/lock-patience.ts";
import { applyConcurrently, type Migration, readMigrations } from "./local/migrations.ts";
import { type DatabaseOptions, fail, isStarted, offerHelp } from "./local/options.ts";
import { applySqlFunctions, hasSqlFunctions, nameOf, readSqlFunctions } from "./local/sql-functions.ts";
import { isFromBefore, takeOver } from "./local/take-over.ts";
import { withDatabase } from "./local/with-database.ts";

const UNDEFINED_TABLE = "42P01";
const LOCK = "hashtext('workflow_runs_migrations')";
const LOCK_POLL_MS = 500;

const HELP = `Applies the migrations that a database does not have yet, and the SQL functions if one has changed. Safe to run again, and beside itself.

  npm run migrate [-- --cell NAME | --all]

${CELL_HELP}. It ends at the first that fails

  DATABASE_URL          the connection string of the database. Of a pooled one, "-pooler" is left out
  DIRECT_DATABASE_URL   the connection string that leads to Postgres itself, if it is another one`;

/**
 * How many migrations of `migrations/` the database lacks, and how many others it has; whether its SQL functions are those of
 * `migrations/functions/`. A new database lacks all of them.
 */
export type Comparison = { missing: number; unknown: number; hasFunctions: boolean };

export async function compareMigrations(options: DatabaseOptions): Promise<Comparison> {
  if (options.neonFetchEndpoint) neonConfig.fetchEndpoint = options.neonFetchEndpoint;
  const sql = neon(options.databaseUrl);
  const noneWithoutTable = (error: unknown) => {
    if (error instanceof NeonDbError && error.code === UNDEFINED_TABLE) return [];
    throw error;
  };
  const [applied, functions] = await Promise.all([
    sql`select hash from drizzle.__drizzle_migrations`.catch(noneWithoutTable),
    sql`select hash from drizzle.sql_functions`.catch(noneWithoutTable),
  ]);
  const hashes = new Set(readMigrations().map(({ hash }) => hash));
  const known = applied.filter((row) => hashes.has(row.hash)).length;
  const hasFunctions = functions[0]?.hash === readSqlFunctions("migrations/functions").hash;
  return { missing: hashes.size - known, unknown: applied.length - known, hasFunctions };
}

/**
 * What a database lacks that the Worker of this folder needs. Null when it lacks nothing: a newer version, whose migrations are unknown
 * here, may have other functions.
 */
export function describeLack({ missing, unknown, hasFunctions }: Comparison): string | null {
  if (missing > 0) return `${missing} to be applied.`;
  return unknown === 0 && !hasFunctions ? "The SQL functions are those of another version." : null;
}

/** @throws Error when the database of `vars`, which is `whose`, lacks what the Worker of this folder needs */
export async function requireMigrated(whose: string, vars: NodeJS.Dict<string>): Promise<void> {
  const lack = await withDatabase(async (database) => describeLack(await compareMigrations(database)), vars);
  if (lack !== null)
    throw new Error(`The database of ${whose} is behind, so it is not deployed to. Migrations: ${lack}`);
}

export type MigrateOptions = {
  /** Leads to Postgres itself. */
  directUrl: string;
  log: (line: string) => void;
  /** Where the migrations are, and in its `functions/` the functions. */
  folder?: string;
  patience?: Patience;
};

/** Two connections: one that changes the database, and one that looks who blocks it. */
type Session = Required<Omit<MigrateOptions, "directUrl">> & { client: pg.Client; watcher: pg.Client; pid: number };

/** Applies what is missing, and returns the number of migrations. It is safe to run it twice at the same time. */
export async function migrate({
  directUrl,
  log,
  folder = "migrations",
  patience = PATIENCE,
}: MigrateOptions): Promise<number> {
  const client = await connectDirectly(directUrl);
  let watcher: pg.Client | undefined;
  try {
    await lockOut(client, log);
    const migrations = readMigrations(folder);
    const [initial] = migrations;
    const applied = await findApplied(client);
    const pending = migrations.filter(({ hash }) => !applied.has(hash));
    const takesOver = isFromBefore(applied, initial);
    const isFirst = applied.size === 0;
    const functions = readSqlFunctions(`${folder}/functions`);
    const together = pending.filter(({ isConcurrent }) => !isConcurrent);
    // As after going back, or when the old version starts again in the middle of an update. Its functions may not fit the newer tables.
    const isNewer = together.length === 0 && applied.size > migrations.length - pending.length;
    if (isNewer)
      log("The database has migrations of a newer version, so its tables and functions are left as they are.");
    const isWhole = isNewer || (together.length === 0 && (await hasSqlFunctions(client, functions.hash)));
    if (pending.length === 0 && isWhole) return 0;
    watcher = await connectDirectly(directUrl);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const session = { client, watcher, pid: rows[0]?.pid ?? 0, log, folder, patience };

    if (!isWhole) {
      await inTransaction(session, async () => {
        for (const migration of together) {
          await apply(client, migration, async () => {
            if (takesOver && migration === initial) await takeOver(client, migration, functions.statements.map(nameOf));
            else for (const statement of migration.sql) await client.query(statement);
          });
        }
        await applySqlFunctions(client, functions);
      });
      if (takesOver) log("The tables are those of the initial migration already, so they were taken over as they are.");
      if (!isFirst) tell(log, together);
      log("Applied the SQL functions.");
    }
    for (const migration of pending) {
      if (!migration.isConcurrent) continue;
      await outOfTransaction(session, migration);
      if (!isFirst) tell(log, [migration]);
    }
    // The indexes of an empty database are built at once, so they need no line each.
    if (isFirst) tell(log, pending);
    return pending.length;
  } finally {
    await Promise.all([client.end(), watcher?.end()]);
  }
}

function tell(log: MigrateOptions["log"], applied: readonly Migration[]): void {
  const [first, last] = [applied[0]?.name, applied.at(-1)?.name];
  if (applied.length > 1) log(`Applied ${applied.length} migrations, from ${first} to ${last}.`);
  else if (first !== undefined) log(`Applied the migration of ${first}.`);
}

/** Migrates the database of these settings, and prints what it has done. */
export async function migrateDatabase(vars: NodeJS.Dict<string>): Promise<void> {
  const directUrl = readDirectUrl(vars);
  console.log(`The database ${describeTarget(directUrl)}:`);
  const count = await migrate({ directUrl, log: console.log });
  console.log(count === 0 ? "The database is up to date." : `Done: ${count} applied.`);
}

/**
 * Holds the lock of all that migrate, until the connection ends. It does not wait for it in Postgres: there, whoever waits has a
 * snapshot, and an index that is built CONCURRENTLY by the holder of the lock waits for the end of all older snapshots.
 */
async function lockOut(client: pg.Client, log: (line: string) => void): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ got: boolean }>(`select pg_try_advisory_lock(${LOCK}) as got`);
    if (rows[0]?.got) return;
    if (tries === 0) log("Waiting for another `npm run migrate` of this database to end.");
    await delay(LOCK_POLL_MS);
  }
}

/** The hashes of the migrations that the database has. */
async function findApplied(client: pg.Client): Promise<Set<string>> {
  await client.query(`
    create schema if not exists drizzle;
    create table if not exists drizzle.__drizzle_migrations (
      id serial primary key, hash text not null unique, created_at bigint
    )`);
  const { rows } = await client.query<{ hash: string }>("select hash from drizzle.__drizzle_migrations");
  return new Set(rows.map(({ hash }) => hash));
}

async function apply(client: pg.Client, migration: Migration, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    await record(client, migration);
  } catch (error) {
    if (isLockFailure(error) || !(error instanceof Error)) throw error;
    throw new Error(`The migration of ${migration.name} failed, so nothing was changed: ${error.message}`);
  }
}

async function record(client: pg.Client, { hash, folderMillis }: Migration): Promise<void> {
  await client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)", [
    hash,
    folderMillis,
  ]);
}

/** Does the work in a transaction. When it would wait too long for a lock, all is undone, and after a pause done again. */
async function inTransaction({ client, watcher, pid, log, patience }: Session, work: () => Promise<void>) {
  const { lockTimeoutMs, pausesMs } = patience;
  for (const pauseMs of [...pausesMs, null]) {
    const watch = watchBlockers(watcher, { pid, lockTimeoutMs });
    try {
      await client.query(`begin; set local lock_timeout = ${lockTimeoutMs}`);
      await work();
      await client.query("commit");
      return;
    } catch (error) {
      await client.query("rollback").catch(() => {});
      if (!isLockFailure(error)) throw error;
      const blockers = await watch.stop();
      const who = describeBlockers(blockers);
      if (pauseMs === null) {
        throw new Error(
          `Nothing was changed: in each of ${pausesMs.length + 1} tries, ${who} held a lock that the migration needs. ` +
            adviseOn(blockers),
        );
      }
      log(`${who} held a lock for ${lockTimeoutMs / 1000} s. Trying again in ${pauseMs / 1000} s.`);
      await delay(pauseMs);
    } finally {
      await watch.stop();
    }
  }
}

/** Applies a migration that cannot be undone as a whole. It is recorded after its last statement. */
async function outOfTransaction({ client, watcher, pid, log, patience }: Session, migration: Migration) {
  const lockTimeoutMs = patience.concurrentLockTimeoutMs;
  const watch = watchBlockers(watcher, { pid, lockTimeoutMs, onBlocked: (who) => log(`Waiting for ${who}.`) });
  try {
    await client.query(`set lock_timeout = ${lockTimeoutMs}`);
    for (const statement of migration.sql) await applyConcurrently(client, statement, log);
    await record(client, migration);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failed = `The migration of ${migration.name} is not complete, the others are.`;
    if (!isLockFailure(error)) throw new Error(`${failed} Run it again to continue. ${reason}`);
    const blockers = await watch.stop();
    throw new Error(`${failed} It waited for ${describeBlockers(blockers)}. ${adviseOn(blockers)}`);
  } finally {
    await watch.stop();
  }
}

if (isStarted("migrate.ts")) {
  offerHelp(HELP);
  try {
    const { values } = parseArgs({ options: CELL_OPTIONS });
    await inEachCell(values, { secrets: ["DATABASE_URL"], done: "migrated" }, migrateDatabase);
  } catch (error) {
    fail(error);
  }
}
