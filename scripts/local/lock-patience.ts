/**
 * How `npm run migrate` waits for locks. While a statement waits for the lock of a table, all later requests for that table wait
 * behind it. So it gives up soon, lets them pass, and tries again.
 */
import pg from "pg";

export type Patience = {
  /** How long a statement of a transaction waits for a lock. */
  lockTimeoutMs: number;
  /** After each try but the last. */
  pausesMs: readonly number[];
  /** How long a statement outside of a transaction waits. Nothing waits behind it. */
  concurrentLockTimeoutMs: number;
};

export const PATIENCE: Patience = {
  lockTimeoutMs: 5_000,
  pausesMs: [1, 2, 4, 8, 15, 15, 15, 15].map((seconds) => seconds * 1000),
  concurrentLockTimeoutMs: 300_000,
};

const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK_DETECTED = "40P01";
const MOST_NAMED = 3;
/** How often it is looked who blocks, within the time that a statement waits. */
const LOOKS = 5;

/** One session or prepared transaction that holds, or waits before us for, a lock that we need. */
type Blocker = {
  pid: number;
  role: string | null;
  program: string | null;
  state: string | null;
  seconds: number | null;
  /** The names of the prepared transactions of the database, when the lock belongs to one: which, Postgres does not say. */
  prepared: string[];
};

export const isLockFailure = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === LOCK_NOT_AVAILABLE || error.code === DEADLOCK_DETECTED);

/**
 * Looks through another connection who blocks the session `pid`. Postgres only knows that while the session waits, so it looks
 * again and again. `onBlocked` gets each new set of blockers.
 */
export function watchBlockers(
  watcher: pg.Client,
  { pid, lockTimeoutMs, onBlocked }: { pid: number; lockTimeoutMs: number; onBlocked?: (who: string) => void },
): { stop(): Promise<Blocker[]> } {
  let last: Blocker[] = [];
  let looking = Promise.resolve();
  const look = async () => {
    const found = await findBlockers(watcher, pid);
    if (found.length === 0) return;
    const isNew = found.some((one) => !last.some((other) => other.pid === one.pid));
    last = found;
    if (isNew) onBlocked?.(describeBlockers(found));
  };
  const timer = setInterval(
    () => {
      // Without this connection the migration goes on, and only the names of those who block it are missing.
      looking = looking.then(look).catch(() => {});
    },
    Math.min(1000, lockTimeoutMs / LOOKS),
  );
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      return last;
    },
  };
}

async function findBlockers(watcher: pg.Client, pid: number): Promise<Blocker[]> {
  const { rows } = await watcher.query<Blocker>(
    `select distinct b.pid, a.usename as role, nullif(a.application_name, '') as program,
      case when a.backend_type = 'client backend' then a.state else a.backend_type end as state,
      extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
      case when b.pid = 0
        then array(select p.gid from pg_prepared_xacts p where p.database = current_database())
        else '{}' end as prepared
    from unnest(pg_blocking_pids($1)) b (pid) left join pg_stat_activity a on a.pid = b.pid
    order by b.pid`,
    [pid],
  );
  return rows;
}

/** The blockers without the text of their statements, which may contain anything. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return "somebody who had gone when we looked";
  const named = blockers.slice(0, MOST_NAMED).map(({ pid, role, program, state, seconds, prepared }) => {
    if (pid === 0) return `a prepared transaction (${prepared.join(", ")})`;
    const since = seconds === null ? "" : ` for ${Math.round(seconds)} s`;
    const parts = [role && `role ${role}`, program, state && `${state}${since}`].filter(Boolean);
    return `process ${pid} (${parts.join(", ")})`;
  });
  const others = blockers.length - named.length;
  return named.join(", ") + (others > 0 ? `, and ${others} more` : "");
}

/** What to do about them, as a sentence. */
export function adviseOn(blockers: readonly Blocker[]): string {
  const commands = blockers.slice(0, MOST_NAMED).flatMap(({ pid, prepared }) => {
    if (pid === 0) return prepared.map((gid) => `rollback prepared '${gid}'`);
    return [`select pg_terminate_backend(${pid})`];
  });
  const ending = commands.length === 0 ? "" : `, or end that in psql (${commands.join("; ")})`;
  return `Wait until it has ended${ending}. Then run \`npm run migrate\` again.`;
}
