import type { NeonQueryPromise } from "@neondatabase/serverless";
import type { TestDatabase } from "./database.ts";

/**
 * Executes statements in a transaction that stays open after them: for so many seconds, or until another transaction waits for
 * one of its locks, at most 10 seconds. It then executes `afterwards`, and commits. Resolves when the transaction has a number,
 * which is when its first row is locked or written. It has been committed when `committed` resolves.
 */
export async function holdTransaction(
  { sql }: Pick<TestDatabase, "sql">,
  statements: NeonQueryPromise<false, false>[],
  end: { seconds: number } | "when it is waited for",
  afterwards: NeonQueryPromise<false, false>[] = [],
): Promise<{ committed: Promise<unknown> }> {
  const hold =
    typeof end === "object"
      ? sql`select pg_sleep(${end.seconds})`
      : sql`
        do $$ begin
          for i in 1..1000 loop
            perform pg_stat_clear_snapshot();
            exit when exists (select from pg_stat_activity a where pg_backend_pid() = any (pg_blocking_pids(a.pid)));
            perform pg_sleep(0.01);
          end loop;
        end $$`;
  const committed = sql.transaction([...statements, hold, ...afterwards]);
  for (let open = 0; open === 0; ) {
    const [running] = await sql`
      select count(*)::int as number from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()`;
    open = Number(running?.number);
  }
  return { committed };
}
