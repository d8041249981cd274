/**
 * `npm run migrate`: applies the migrations that a database does not have yet, and the SQL functions when one of them has
 * changed, over Neon's HTTP protocol, like the Worker. Each migration is one transaction, which also records it. So a run that
 * dies leaves only complete migrations behind, and running it again continues from there.
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { type DatabaseOptions, fail, offerHelp, readDatabaseOptions } from "./local/options.ts";
import { applySqlFunctions, hasSqlFunctions } from "./local/sql-functions.ts";

const UNIQUE_VIOLATION = "23505";
const UNDEFINED_TABLE = "42P01";

const HELP = `Applies the migrations that a database does not have yet, and the SQL functions if one has changed. Safe to run again, and beside itself.

  npm run migrate

  DATABASE_URL   the connection string of the database`;

/**
 * How many migrations the database lacks, and how many it has that are not in `migrations/`. A new database lacks all of them.
 */
export async function compareMigrations(options: DatabaseOptions): Promise<{ missing: number; unknown: number }> {
  if (options.neonFetchEndpoint) neonConfig.fetchEndpoint = options.neonFetchEndpoint;
  const sql = neon(options.databaseUrl);
  const applied = await sql`select hash from drizzle.__drizzle_migrations`.catch((error: unknown) => {
    if (error instanceof NeonDbError && error.code === UNDEFINED_TABLE) return [];
    throw error;
  });
  const hashes = new Set(readMigrationFiles({ migrationsFolder: "migrations" }).map(({ hash }) => hash));
  const known = applied.filter((row) => hashes.has(row.hash)).length;
  return { missing: hashes.size - known, unknown: applied.length - known };
}

/** Applies the missing migrations, oldest first, and returns their number. It is safe to run it twice at the same time. */
export async function migrate(options: DatabaseOptions & { log: (line: string) => void }): Promise<number> {
  if (options.neonFetchEndpoint) neonConfig.fetchEndpoint = options.neonFetchEndpoint;
  const sql = neon(options.databaseUrl);
  await sql.transaction([
    // Two processes that migrate at the same time would both create it. The lock is held until the transaction ends.
    sql`select pg_advisory_xact_lock(hashtext('workflow_runs_migrations'))`,
    sql`create schema if not exists drizzle`,
    sql`create table if not exists drizzle.__drizzle_migrations (
      id serial primary key, hash text not null unique, created_at bigint
    )`,
  ]);
  const applied = await sql`select hash from drizzle.__drizzle_migrations`;
  const known = new Set(applied.map((row) => row.hash));

  let count = 0;
  for (const migration of readMigrationFiles({ migrationsFolder: "migrations" })) {
    if (known.has(migration.hash)) continue;
    const at = new Date(migration.folderMillis).toISOString();
    try {
      await sql.transaction([
        // This unique row is inserted first: when two processes migrate at the same time, the second waits here, and then fails
        // as a whole.
        sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})`,
        ...migration.sql.map((statement) => sql.query(statement)),
      ]);
      count += 1;
      options.log(`Applied the migration of ${at}.`);
    } catch (error) {
      if (!(error instanceof NeonDbError && error.code === UNIQUE_VIOLATION)) throw error;
      options.log(`The migration of ${at} was applied by another process at the same time.`);
    }
  }
  if (count > 0 || !(await hasSqlFunctions(sql))) {
    await applySqlFunctions(sql);
    options.log("Applied the SQL functions.");
  }
  return count;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  offerHelp(HELP);
  try {
    parseArgs({ options: {} });
    const count = await migrate({ ...readDatabaseOptions(), log: console.log });
    console.log(count === 0 ? "The database is up to date." : `Done: ${count} applied.`);
  } catch (error) {
    fail(error);
  }
}
