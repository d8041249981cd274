import { DurableObject } from "cloudflare:workers";
import { describeError, log } from "../base/log.ts";
import { type HubLoad, MOST_SESSION_WAITS, MOST_TENANT_WAITS } from "../http/live/live.ts";
import type { TenantSweep } from "../sweep/sweep-tenant.ts";
import { NO_RUN, type TenantEffects } from "../verbs/effects.ts";
import { CallRate } from "./call-rate.ts";
import { STREAMS_HEADER } from "./hub-socket.ts";
import { Listeners } from "./listeners.ts";
import { WaitingRunners } from "./waiting-runners.ts";
import { withinTime } from "./within-time.ts";

/** The least time between two sweeps. */
const LEAST_GAP_MS = 250;

/** The pause after a sweep that failed or did nothing although something is due. It is doubled each time, up to the last one. */
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 30_000;

/** How long a sweep may take. */
const SWEEP_LIMIT_MS = 25_000;

/** How much later than the due instant an alarm is set. An alarm that fires a moment too early would find nothing due. */
const SLACK_MS = 10;

/** Two announcements of the same instant may differ by this much, and the alarm is not set again for so little. */
const SAME_INSTANT_MS = 100;

/** Stands for the result of a failed sweep: what was due is still due. */
const FAILED: TenantSweep = { dueInMs: 0, hasMoved: false };

/**
 * The Durable Object of a tenant. Its alarm fires when something of the tenant is due, and it then lets a Worker sweep the
 * tenant. It also sends a nudge to all listeners when a run has changed. It holds no fact that the database does not have: when
 * it is lost, work is late, but no run is lost.
 *
 * - It stores nothing of what is due but its alarm, since each write of a row is billed. It sets no second alarm for the case that it is
 *   stopped in the middle of one: Cloudflare fires an alarm again that has not ended, and the cron sweeps in any case.
 * - Its methods only grow, and so do its query parameters and messages: during a deployment, a Worker may call an object of the version before
 *   or after its own. A method keeps its name and the meaning of its arguments; a new argument is optional; an answer gains fields and loses
 *   none; what an object does not know, it ignores. So a new meaning gets a new name: a waiting request sends `waiter`, since an older hub
 *   would count its `caller` as that of a stream. `test/hub/released-objects.test.ts` compares with the recorded release.
 */
export class Hub extends DurableObject<object> {
  #isSweeping = false;
  /** When the last sweep began. After a restart it is 0, so the next sweep need not wait. */
  #sweptAt = 0;
  /** The earliest due time that arrived during a sweep. */
  #arrivedAt = Number.POSITIVE_INFINITY;
  #backoffMs = FIRST_BACKOFF_MS;
  /** A copy of the tenant's id in the storage, so that only the first change after a start reads the storage. */
  #tenantId: string | undefined;
  readonly #listeners = new Listeners(this.ctx);
  readonly #runners = new WaitingRunners(this.ctx, () => this.#listeners.tell([NO_RUN]));
  readonly #calls = new CallRate();

  get #kv(): SyncKvStorage {
    return this.ctx.storage.kv;
  }

  /** Called after a change in the tenant. `change.due_in_ms` is when something is due next, from about now. */
  async changed({ tenant_id: tenantId, due_in_ms: dueInMs, runs, work = [] }: TenantEffects): Promise<void> {
    const now = Date.now();
    this.#calls.note();
    this.#listeners.tell(runs);
    this.#runners.hear(work);
    if (this.#tenantId === undefined) {
      // Each write to the storage is billed. An object that was evicted and started again finds its tenant's id in the storage, so
      // it does not write the id again.
      if (this.#kv.get<string>("tenantId") !== tenantId) this.#kv.put("tenantId", tenantId);
      this.#tenantId = tenantId;
    }
    if (dueInMs !== null) await this.#expect(now + Math.max(dueInMs, 0) + SLACK_MS);
  }

  /**
   * Makes sure that the alarm fires no later than `at`. During a sweep there is no alarm; the end of the sweep sets it. Nothing but the
   * alarm is stored about what is due, since each write of a row is billed.
   */
  async #expect(at: number): Promise<void> {
    if (this.#isSweeping) {
      this.#arrivedAt = Math.min(this.#arrivedAt, at);
      return;
    }
    const alarmAt = Math.max(at, this.#sweptAt + LEAST_GAP_MS);
    const known = await this.ctx.storage.getAlarm();
    if (known === null || known > alarmAt + SAME_INSTANT_MS) await this.ctx.storage.setAlarm(alarmAt);
  }

  /**
   * Sweeps what is due. Never throws, since it does its own back-off. When this object ends before it returns, the alarm has not been
   * handled, so Cloudflare fires it again: https://developers.cloudflare.com/durable-objects/api/alarms/
   */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const tenantId = this.#tenantId ?? this.#kv.get<string>("tenantId");
    if (tenantId === undefined || this.#isSweeping) return;
    const beganAt = Date.now();
    const lateMs = Math.max(beganAt - (info?.scheduledTime ?? beganAt), 0);
    this.#isSweeping = true;
    this.#arrivedAt = Number.POSITIVE_INFINITY;
    this.#sweptAt = beganAt;
    let nextAt: number;
    try {
      const sweeping = this.ctx.exports.TenantSweeper.sweepTenant(tenantId, lateMs);
      const { dueInMs, hasMoved } = (await withinTime(SWEEP_LIMIT_MS, sweeping)) ?? FAILED;
      const isStuck = dueInMs !== null && dueInMs <= 0 && !hasMoved;
      nextAt =
        dueInMs === null ? Number.POSITIVE_INFINITY : Date.now() + Math.max(dueInMs + SLACK_MS, this.#gap(isStuck));
    } catch (error) {
      log("error", "tenant sweep", { tenant_id: tenantId, ...describeError(error) });
      nextAt = Date.now() + this.#gap(true);
    }
    this.#isSweeping = false;
    nextAt = Math.min(nextAt, Math.max(this.#arrivedAt, beganAt + LEAST_GAP_MS));
    if (nextAt < Number.POSITIVE_INFINITY) await this.ctx.storage.setAlarm(nextAt);
  }

  #gap(isStuck: boolean): number {
    if (!isStuck) {
      this.#backoffMs = FIRST_BACKOFF_MS;
      return LEAST_GAP_MS;
    }
    const gapMs = this.#backoffMs;
    this.#backoffMs = Math.min(2 * gapMs, LAST_BACKOFF_MS);
    return gapMs;
  }

  /**
   * Subscribes a Worker by a WebSocket, which does not keep this object awake. Query parameters of a stream or of a request
   * that waits:
   * - `run` or `definition`: only changes of this run, or of this definition's runs.
   * - `others`: also changes of what is not a run.
   * - `progress`: also new progress of the run.
   * - `log`: also new progress of the run, and new entries of its log.
   * - `since`: also the nudges of the last so many milliseconds.
   * - `caller` and `user`: the owner of a stream. The answer is 429 when the caller has too many.
   * - `waiter`: the owner of a request that waits. The answer is 429 when the owner has too many.
   * - `page`: the name of the page among the caller's pages. `left`: the name of the page before it, whose stream ends.
   *
   * Query parameters of a runner that waits for runs:
   * - `lease`: the ids of definitions, separated by spaces; empty for all.
   * - `tags`: what the runner has, separated in the same way. Without it, it is woken for work of all tags.
   * - `session`: the id of the runner's session. The answer is 429 when too many of its requests wait.
   *
   * The text of a 429 says whose limit it is: `caller`, or `tenant` when all callers together have too many.
   */
  override fetch(request: Request): Response {
    this.#calls.note();
    if (request.headers.get("Upgrade") !== "websocket") return new Response(null, { status: 426 });
    const query = new URL(request.url).searchParams;
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const lease = query.get("lease");
    if (lease !== null) {
      const session = query.get("session") ?? "";
      if (this.#runners.countOf(session) >= MOST_SESSION_WAITS) return new Response("caller", { status: 429 });
      if (this.#runners.count() >= MOST_TENANT_WAITS) return new Response("tenant", { status: 429 });
      const tags = query.get("tags");
      this.#runners.add(ours, { session, lease: lease === "" ? null : lease, ...(tags !== null && { tags }) });
      return new Response(null, { status: 101, webSocket: theirs });
    }
    const refusal = this.#listeners.add(ours, query);
    if (refusal !== null) return new Response(refusal, { status: 429 });
    const headers = { [STREAMS_HEADER]: String(this.#listeners.count().streams) };
    return new Response(null, { status: 101, webSocket: theirs, headers });
  }

  /**
   * Ends the streams of a user after one of their credentials has ended. Clients that still have access reconnect. Wakes all
   * waiting runners, too: they ask the database again, which knows whose session has ended.
   */
  endStreams(userId: string): void {
    this.#calls.note();
    this.#listeners.endStreamsOf(userId);
    this.#runners.wakeAll();
  }

  /** True while somebody follows the progress or the log of a run. */
  isFollowed(runId: string): boolean {
    this.#calls.note();
    return this.#listeners.isFollowed(runId);
  }

  /** When the sessions of runners were last heard of here: see `Live`. */
  heardOfRunners(): Record<string, number> {
    return this.#runners.heardOf();
  }

  /** How much the hub is used: see `Live`. */
  readLoad(): HubLoad {
    return { callsPerSecond: this.#calls.perSecond(), ...this.#listeners.count(), runners: this.#runners.count() };
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
    this.#runners.remove(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#runners.remove(socket);
  }
}
