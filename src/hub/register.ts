import { DurableObject } from "cloudflare:workers";
import type { DatabaseUse } from "../db/meter.ts";
import type { LiveStatus, RefusedSignIns } from "../http/live/live.ts";
import { sumOf } from "./refused-sign-ins.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

/** Each write of a row is billed. So a mark is not stored when the stored one is younger than this. */
const MARK_STORED_EVERY_MS = 10 * SECOND_MS;

/**
 * A mark counts as newer than a sweep when it was stored up to this long before the sweep. The reason: an isolate marks at most
 * once in 20 s, and then waits up to 60 s for the database (`DATABASE_TIMEOUT_SECONDS`; when it stops waiting, Neon's proxy
 * cancels the statement). The stored mark may be {@link MARK_STORED_EVERY_MS} older than that of the isolate. So a change that
 * the sweep did not see has a stored mark of at most 90 s before the sweep.
 */
const MARK_COVERS_MS = 100 * SECOND_MS;

/** Whether a cron has to sweep. Pass `at` to `endSweep`. `database` is its use since the last cron; a register of an older release lacks it. */
export type SweepPlan = { mustSweep: boolean; at: number; database?: DatabaseUse };

/**
 * One Durable Object for the deployment. It knows when an isolate last announced a change, and when something is due next. So
 * it can tell a cron that it need not ask the database. It holds no fact that the database does not have: without it, every
 * cron sweeps. All instants are from its own clock, in milliseconds since 1970.
 */
export class Register extends DurableObject<object> {
  get #kv(): SyncKvStorage {
    return this.ctx.storage.kv;
  }

  /** Called when an isolate is about to change something. */
  mark(): void {
    const at = Date.now();
    const storedAt = this.#kv.get<number>("markedAt") ?? Number.NEGATIVE_INFINITY;
    if (at - storedAt >= MARK_STORED_EVERY_MS) this.#kv.put("markedAt", at);
  }

  /**
   * Called by each cron before it sweeps. The cron can skip its sweep when all of this is true:
   * - Nobody has marked since shortly before the last full sweep began.
   * - According to that sweep, nothing is due within the next hour.
   * - That sweep began less than an hour ago. So a change that nobody announced, such as one by hand, is found within the hour.
   */
  beginSweep(): SweepPlan {
    const at = Date.now();
    const sweptAt = this.#kv.get<number>("sweptAt");
    const markedAt = this.#kv.get<number>("markedAt") ?? 0;
    const dueAt = this.#kv.get<number>("dueAt") ?? Number.POSITIVE_INFINITY;
    const isIdle =
      sweptAt !== undefined && at - sweptAt < HOUR_MS && markedAt < sweptAt - MARK_COVERS_MS && dueAt - at > HOUR_MS;
    if (isIdle) this.#kv.put("skippedAt", at);
    return { mustSweep: !isIdle, at, database: this.#takeDatabaseUse() };
  }

  /** Called when a full sweep that began `at` has ended. `dueInMs` is in how many milliseconds something is due next. */
  endSweep(at: number, dueInMs: number | null): void {
    this.#kv.put("sweptAt", at);
    if (dueInMs === null) this.#kv.delete("dueAt");
    else this.#kv.put("dueAt", Date.now() + dueInMs);
  }

  noteAlarm(lateMs: number): void {
    this.#kv.put("alarmedAt", Date.now());
    this.#kv.put("alarmLateMs", lateMs);
  }

  /** Adds refused sign-ins to those that were counted before. */
  noteRefusedSignIns(counts: RefusedSignIns): void {
    this.#kv.put("refusedSignIns", sumOf(this.#refusedSignIns, counts));
  }

  /** Adds requests to the database, and those that its proxy has refused. A database that refuses could not count them. */
  noteDatabaseUse({ requests, refused }: DatabaseUse): void {
    const before = this.#databaseUse;
    this.#kv.put("databaseUse", { requests: before.requests + requests, refused: before.refused + refused });
  }

  get #databaseUse(): DatabaseUse {
    return this.#kv.get<DatabaseUse>("databaseUse") ?? { requests: 0, refused: 0 };
  }

  /** What was noted since the last call. */
  #takeDatabaseUse(): DatabaseUse {
    const now = this.#databaseUse;
    const before = this.#kv.get<DatabaseUse>("databaseUseTaken") ?? { requests: 0, refused: 0 };
    if (now.requests !== before.requests) this.#kv.put("databaseUseTaken", now);
    return { requests: now.requests - before.requests, refused: now.refused - before.refused };
  }

  get #refusedSignIns(): RefusedSignIns {
    return this.#kv.get<RefusedSignIns>("refusedSignIns") ?? {};
  }

  readStatus(): LiveStatus {
    const since = (name: string) => {
      const at = this.#kv.get<number>(name);
      return at === undefined ? null : (Date.now() - at) / SECOND_MS;
    };
    const sinceAlarm = since("alarmedAt");
    return {
      sinceSkipped: since("skippedAt"),
      lastAlarm: sinceAlarm === null ? null : { since: sinceAlarm, lateMs: this.#kv.get<number>("alarmLateMs") ?? 0 },
      refusedSignIns: this.#refusedSignIns,
      databaseUse: this.#databaseUse,
    };
  }
}
