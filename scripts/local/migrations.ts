/** The migrations of `migrations/`, which drizzle-kit writes, and the two kinds of them. */
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import type pg from "pg";

export type Migration = MigrationMeta & {
  /** When it was written, which is how messages name it. */
  name: string;
  /**
   * True when its statements create or drop indexes CONCURRENTLY, which Postgres does only outside of a transaction, or validate constraints,
   * which must not be done while the transaction that has added them still locks the table. Such a migration is applied after all others and
   * after the functions, one statement after the other.
   */
  isConcurrent: boolean;
};

type IndexStatement = { does: "create" | "drop"; index: string };

const INDEX_STATEMENT =
  /^(create|drop)\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+(?:not\s+)?exists\s+)?((?:"(?:[^"]|"")+"|[\w$.])+)/i;

const UNDEFINED_OBJECT = "42704";

/** To validate a valid constraint changes nothing, so it may be done again. */
const VALIDATION = /^alter\s+table\s+\S+\s+validate\s+constraint\s/i;

const isValidation = (statement: string): boolean => VALIDATION.test(withoutComments(statement));

const withoutComments = (statement: string): string => statement.replaceAll(/^\s*--.*$/gm, "").trim();

/** All migrations, oldest first. Throws when one mixes the two kinds. */
export function readMigrations(folder = "migrations"): Migration[] {
  return readMigrationFiles({ migrationsFolder: folder }).map((migration) => {
    const name = new Date(migration.folderMillis).toISOString();
    const concurrent = migration.sql.filter(
      (statement) => parseIndexStatement(statement) !== null || isValidation(statement),
    ).length;
    if (concurrent > 0 && concurrent < migration.sql.length) {
      throw new Error(
        `The migration of ${name} creates or drops an index CONCURRENTLY and does something else, too, or validates a constraint. ` +
          "Put the two into separate migrations: the one is done outside of a transaction, the other belongs into one.",
      );
    }
    return { ...migration, name, isConcurrent: concurrent > 0 };
  });
}

function parseIndexStatement(statement: string): IndexStatement | null {
  const [, does = "", index = ""] = INDEX_STATEMENT.exec(withoutComments(statement)) ?? [];
  if (index === "") return null;
  return { does: does.toLowerCase() === "create" ? "create" : "drop", index };
}

/**
 * Executes a statement of a concurrent migration, of which an earlier run may have done a part before it was killed: then an
 * index is invalid, built, or dropped already.
 */
export async function applyConcurrently(
  client: pg.ClientBase,
  statement: string,
  log: (line: string) => void,
): Promise<void> {
  if (isValidation(statement)) {
    await client.query(statement).catch((error: unknown) => {
      // A later migration, which was applied before this one, has dropped the constraint.
      if (Object(error).code !== UNDEFINED_OBJECT) throw error;
    });
    return;
  }
  const parsed = parseIndexStatement(statement);
  if (parsed === null) throw new Error("This is no statement of a concurrent migration.");
  const { does, index } = parsed;
  const { rows } = await client.query<{ is_valid: boolean }>(
    "select i.indisvalid and i.indisready as is_valid from pg_index i where i.indexrelid = to_regclass($1)",
    [index],
  );
  const [found] = rows;
  if (does === "drop" ? !found : found?.is_valid) return;
  if (does === "create" && found) {
    log(`The index ${index} was left unfinished. It is dropped and built again.`);
    await client.query(`drop index concurrently ${index}`);
  }
  await client.query(statement);
}
