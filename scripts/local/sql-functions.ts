/** The SQL functions of `migrations/functions/`. When one of them has changed, all of them are applied. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NeonQueryFunction } from "@neondatabase/serverless";

const FOLDER = "migrations/functions";

/** All statements, in the order of the file names, and a hash that changes when any of them does. */
function readSqlFunctions(): { statements: string[]; hash: string } {
  const statements = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .flatMap((name) => splitStatements(readFileSync(join(FOLDER, name), "utf8")));
  return { statements, hash: createHash("sha256").update(statements.join("\n")).digest("hex") };
}

/** Each statement creates a function, whose body is between two `$$`. It ends with a line that ends in `$$;`. */
function splitStatements(text: string): string[] {
  const statements = text.split(/(?<=\$\$;)\n/).map((statement) => statement.trim());
  return statements.filter((statement) => statement !== "");
}

/** True when the database has exactly these functions. A database without the table has none. */
export async function hasSqlFunctions(sql: NeonQueryFunction<false, false>): Promise<boolean> {
  const [table] = await sql`select to_regclass('drizzle.sql_functions') is not null as exists`;
  if (!table?.exists) return false;
  const [applied] = await sql`select hash from drizzle.sql_functions`;
  return applied?.hash === readSqlFunctions().hash;
}

/** Applies all functions and records their hash, in one transaction. */
export async function applySqlFunctions(sql: NeonQueryFunction<false, false>): Promise<void> {
  const { statements, hash } = readSqlFunctions();
  await sql.transaction([
    sql`select pg_advisory_xact_lock(hashtext('workflow_runs_migrations'))`,
    sql`create table if not exists drizzle.sql_functions (id integer primary key default 1 check (id = 1), hash text not null)`,
    // A function may call another one that is created after it.
    sql`set local check_function_bodies = off`,
    ...statements.map((statement) => sql.query(statement)),
    sql`insert into drizzle.sql_functions (hash) values (${hash}) on conflict (id) do update set hash = excluded.hash`,
  ]);
}
