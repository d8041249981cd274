import type { NeonQueryPromise } from "@neondatabase/serverless";
import type { TestDatabase } from "./database.ts";

type Statement = NeonQueryPromise<false, false>;

/**
 * Executes statements in a transaction that stays open for `seconds` after them. Resolves when the transaction has a number,
 * which is when its first row is locked or written. It has been committed when `committed` resolves.
 */
export async function holdTransaction(
  { sql }: Pick<TestDatabase, "sql">,
  statements: Statement[],
  seconds: number,
): Promise<{ committed: Promise<unknown> }> {
  const committed = sql.transaction([...statements, sql`select pg_sleep(${seconds})`]);
  for (let open = 0; open === 0; ) {
    const [running] = await sql`
      select count(*)::int as number from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()`;
    open = Number(running?.number);
  }
  return { committed };
}
