import type { NeonQueryPromise } from "@neondatabase/serverless";
import type { TestDatabase } from "./database.ts";

/** The first key of the advisory locks of held transactions. */
const HELD = 7_411;

/**
 * Executes statements in a transaction that stays open after them, until another transaction waits for one of its locks, at most about 10
 * seconds. It then executes `afterwards`, and commits. Resolves when all of `statements` have been executed, so that their locks are held.
 * `committed` resolves when it has been committed. `letGo` waits for it, so it ends a transaction for which nothing else waits.
 */
export async function holdTransaction(
  { sql }: Pick<TestDatabase, "sql">,
  statements: NeonQueryPromise<false, false>[],
  afterwards: NeonQueryPromise<false, false>[] = [],
): Promise<{ committed: Promise<unknown>; letGo: () => Promise<unknown> }> {
  // The transaction takes this lock after all statements: then the locks of these are held, too.
  const [key = 0] = crypto.getRandomValues(new Int32Array(1));
  const lock = () => sql`select pg_advisory_xact_lock(${HELD}::integer, ${key}::integer)`;
  const hold = sql`
    do $$ begin
      for i in 1..1000 loop
        perform pg_stat_clear_snapshot();
        exit when exists (select from pg_stat_activity a where pg_backend_pid() = any (pg_blocking_pids(a.pid)));
        perform pg_sleep(0.01);
      end loop;
    end $$`;
  const committed = sql.transaction([...statements, lock(), hold, ...afterwards]);
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  committed.then(end, end);
  for (let isHeld = false; !isHeld && !isOver; ) {
    const found = await sql`
      select from pg_locks
      where locktype = 'advisory' and granted and classid::bigint = ${HELD} and objid = ${key}::integer::oid and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())`;
    isHeld = found.length > 0;
  }
  const letGo = async () => {
    await lock();
    await committed;
  };
  return { committed, letGo };
}
