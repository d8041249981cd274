/** The SQL functions of `migrations/functions/`. When one of them has changed, all of them are applied. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

/** `create or replace` cannot change the result or the names of the parameters of a function. */
const INVALID_FUNCTION_DEFINITION = "42P13";

/** The files of a folder in the order of their paths, which are relative to it, and the statements of each. */
export const readSqlFiles = (folder: string): { file: string; statements: string[] }[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((file) => ({ file, statements: splitStatements(readFileSync(join(folder, file), "utf8")) }));

/** All statements of a folder, in the order of the paths, and a hash that changes when any of them does. */
export function readSqlFunctions(folder: string): { statements: string[]; hash: string } {
  const statements = readSqlFiles(folder).flatMap((file) => file.statements);
  return { statements, hash: createHash("sha256").update(statements.join("\n")).digest("hex") };
}

/** Each statement creates a function, whose body is between two `$$`. It ends with a line that ends in `$$;`. */
function splitStatements(text: string): string[] {
  const statements = text.split(/(?<=\$\$;)\n/).map((statement) => statement.trim());
  return statements.filter((statement) => statement !== "");
}

/** The name of the function that a statement creates, without its schema. */
export const nameOf = (statement: string) =>
  /^create or replace function (?:public\.)?(\w+)/m.exec(statement)?.[1] ?? "";

/** True when the database has exactly these functions. A database without the table has none. */
export async function hasSqlFunctions(client: pg.ClientBase, hash: string): Promise<boolean> {
  const { rows: tables } = await client.query("select to_regclass('drizzle.sql_functions') is not null as exists");
  if (!tables[0]?.exists) return false;
  const { rows } = await client.query("select hash from drizzle.sql_functions");
  return rows[0]?.hash === hash;
}

/**
 * Creates all functions within the transaction that is open, drops those that an earlier call has created and this one has not,
 * and records which there are. Functions that somebody else has created are left alone.
 */
export async function applySqlFunctions(
  client: pg.ClientBase,
  { statements, hash }: ReturnType<typeof readSqlFunctions>,
): Promise<void> {
  await client.query(`
    create table if not exists drizzle.sql_functions (id integer primary key default 1 check (id = 1), hash text not null);
    alter table drizzle.sql_functions add column if not exists signatures text[]`);
  const before = await listFunctions(client);
  const { rows } = await client.query<{ signatures: string[] | null }>("select signatures from drizzle.sql_functions");
  const recorded = rows[0]?.signatures;
  const names = new Set(statements.map(nameOf));
  // Before signatures were recorded, all functions of these names were ours.
  const ours = before.filter(({ signature, name }) => recorded?.includes(signature) ?? names.has(name));

  await createFunctions(client, statements, ours);
  const versions = new Set(before.map(({ version }) => version));
  const created = (await listFunctions(client)).filter(({ version }) => !versions.has(version));
  const signatures = created.map(({ signature }) => signature);
  for (const { signature } of ours) {
    if (!signatures.includes(signature)) await client.query(`drop function if exists ${signature}`);
  }
  await client.query(
    `insert into drizzle.sql_functions (hash, signatures) values ($1, $2)
    on conflict (id) do update set hash = excluded.hash, signatures = excluded.signatures`,
    [hash, signatures],
  );
}

type DatabaseFunction = { name: string; signature: string; version: string };

/** The functions of the schema `public`. The version of a function changes whenever it is created or replaced. */
async function listFunctions(client: pg.ClientBase): Promise<DatabaseFunction[]> {
  const { rows } = await client.query<DatabaseFunction>(`
    select p.proname as name, p.oid || ' ' || p.ctid as version,
      format('public.%I(%s)', p.proname, oidvectortypes(p.proargtypes)) as signature
    from pg_proc p where p.pronamespace = 'public'::regnamespace`);
  return rows;
}

/**
 * Creates the functions in one request. When `create or replace` cannot replace one of `ours`, they are created one by one, and
 * such a function is dropped first. A function that keeps its identity is never dropped, since statements that run at the same
 * time, and sessions that have planned a call of it, would fail.
 */
async function createFunctions(
  client: pg.ClientBase,
  statements: readonly string[],
  ours: readonly DatabaseFunction[],
): Promise<void> {
  // A function may call another one that is created after it.
  await client.query("set local check_function_bodies = off");
  if (await tryTo(client, statements.join("\n"))) return;
  for (const statement of statements) {
    if (await tryTo(client, statement)) continue;
    for (const { name, signature } of ours) {
      if (name === nameOf(statement)) await client.query(`drop function if exists ${signature}`);
    }
    await client.query(statement);
  }
}

/** False, and nothing has changed, when a function cannot be replaced. */
async function tryTo(client: pg.ClientBase, statement: string): Promise<boolean> {
  await client.query("savepoint functions");
  try {
    await client.query(statement);
    await client.query("release savepoint functions");
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === INVALID_FUNCTION_DEFINITION)) throw error;
    await client.query("rollback to savepoint functions");
    return false;
  }
}
