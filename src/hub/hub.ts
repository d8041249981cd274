import { DurableObject } from "cloudflare:workers";
import { MOST_SESSION_WAITS, MOST_STREAMS, MOST_WAITS } from "../http/live/live.ts";
import { describeError, log } from "../log.ts";
import type { TenantSweep } from "../sweep/sweep-tenant.ts";
import { type ChangedRun, NO_RUN, type TenantEffects } from "../verbs/effects.ts";
import { isWaiting, WaitingRunners } from "./waiting-runners.ts";
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

/** An alarm is not set anew for so little, which two announcements of the same instant may differ by. */
const SAME_INSTANT_MS = 100;

/** How long nudges are kept, for listeners that read before they subscribe. */
const RECENT_MS = 30_000;
const RECENT_COUNT = 1_000;

/** Stands for the result of a failed sweep: what was due is still due. */
const FAILED: TenantSweep = { dueInMs: 0, hasMoved: false };

/** What a socket wants to hear of. A null id means any run or definition. */
type Filter = {
  runId: string | null;
  definitionId: string | null;
  withOthers: boolean;
  withProgress?: boolean;
  withLog: boolean;
};

/**
 * The Durable Object of a tenant. Its alarm fires when something of the tenant is due, and it then lets a Worker sweep the
 * tenant. It also sends a nudge to all listeners when a run has changed. It holds no fact that the database does not have: when
 * it is lost, work is late, but no run is lost.
 */
export class Hub extends DurableObject<object> {
  #isSweeping = false;
  /** When the last sweep began. After a restart it is long ago enough. */
  #sweptAt = 0;
  /** The earliest due time that arrived during a sweep. */
  #arrivedAt = Number.POSITIVE_INFINITY;
  #backoffMs = FIRST_BACKOFF_MS;
  /** A copy of the tenant's id in the storage, so that only the first change after a start reads the storage. */
  #tenantId: string | undefined;
  readonly #recent: { at: number; run: ChangedRun }[] = [];
  readonly #runners = new WaitingRunners(this.ctx, () => this.#nudge([NO_RUN]));

  get #kv(): SyncKvStorage {
    return this.ctx.storage.kv;
  }

  /** Called after a change in the tenant. `change.due_in_ms` is when something is due next, from about now. */
  async changed({ tenant_id: tenantId, due_in_ms: dueInMs, runs, work = [] }: TenantEffects): Promise<void> {
    const now = Date.now();
    this.#remember(now, runs);
    this.#nudge(runs);
    this.#runners.hear(work);
    if (this.#tenantId === undefined) {
      // Each write to the storage is billed. An object that was evicted and started again finds its tenant's id in the storage, so
      // it does not write the id again.
      if (this.#kv.get<string>("tenantId") !== tenantId) this.#kv.put("tenantId", tenantId);
      this.#tenantId = tenantId;
    }
    if (dueInMs !== null) await this.#expect(now + Math.max(dueInMs, 0) + SLACK_MS);
  }

  #nudge(runs: readonly ChangedRun[]): void {
    for (const socket of this.ctx.getWebSockets()) {
      const filter: Filter = socket.deserializeAttachment();
      if (isWaiting(filter)) continue;
      send(
        socket,
        runs.filter((run) => passes(filter, run)),
      );
    }
  }

  /**
   * Makes sure that the alarm fires no later than `at`. During a sweep there is no alarm; the end of the sweep sets it. The alarm is all
   * that is stored of what is due, since each write of a row is billed.
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
   * - `session`: the id of the runner's session. The answer is 429 when too many of its requests wait.
   */
  override fetch(request: Request): Response {
    if (request.headers.get("Upgrade") !== "websocket") return new Response(null, { status: 426 });
    const query = new URL(request.url).searchParams;
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const lease = query.get("lease");
    if (lease !== null) {
      const session = query.get("session") ?? "";
      if (this.#runners.countOf(session) >= MOST_SESSION_WAITS) return new Response(null, { status: 429 });
      this.#runners.add(ours, { session, lease: lease === "" ? null : lease });
      return new Response(null, { status: 101, webSocket: theirs });
    }
    const caller = query.get("caller");
    const waiter = query.get("waiter");
    const tagOf = (name: string) => (query.has(name) ? [`${caller} ${query.get(name)}`] : []);
    // The service may not have noticed yet that the browser left a page. The stream of that page would count against the limit.
    for (const tag of [...tagOf("page"), ...tagOf("left")]) {
      for (const socket of this.#openSockets(tag)) socket.close();
    }
    const isFull = (tag: string, most: number) => this.#openSockets(tag).length >= most;
    if (
      (caller !== null && isFull(caller, MOST_STREAMS)) ||
      (waiter !== null && isFull(ofWaiter(waiter), MOST_WAITS))
    ) {
      return new Response(null, { status: 429 });
    }
    const filter: Filter = {
      runId: query.get("run"),
      definitionId: query.get("definition"),
      withOthers: query.has("others"),
      withProgress: query.has("progress"),
      withLog: query.has("log"),
    };
    const user = query.get("user");
    const userTags = user === null ? [] : [ofUser(user)];
    const waiterTags = waiter === null ? [] : [ofWaiter(waiter)];
    this.ctx.acceptWebSocket(ours, caller === null ? waiterTags : [caller, ...userTags, ...tagOf("page")]);
    ours.serializeAttachment(filter);
    const since = Date.now() - Number(query.get("since") ?? 0);
    const missed = this.#recent.filter(({ at, run }) => at >= since && passes(filter, run));
    send(
      ours,
      missed.map(({ run }) => run),
    );
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /**
   * Ends the streams of a user after one of their credentials has ended. Clients that still have access reconnect. Wakes all
   * waiting runners, too: they ask the database again, which knows whose session has ended.
   */
  endStreams(userId: string): void {
    for (const socket of this.#openSockets(ofUser(userId))) socket.close();
    this.#runners.wakeAll();
  }

  /** When the sessions of runners were last heard of here: see `Live`. */
  heardOfRunners(): Record<string, number> {
    return this.#runners.heardOf();
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
    this.#runners.remove(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#runners.remove(socket);
  }

  #openSockets(tag: string): WebSocket[] {
    return this.ctx.getWebSockets(tag).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  #remember(at: number, runs: readonly ChangedRun[]): void {
    // Changes of a log are not kept: a stream reads after it has subscribed, and only streams listen to logs.
    for (const run of runs) {
      if (!run.is_log) this.#recent.push({ at, run });
    }
    // They are in the order of their times. So only the first ones may be too old.
    const firstKept = this.#recent.findIndex((recent) => at - recent.at < RECENT_MS);
    const tooOld = firstKept === -1 ? this.#recent.length : firstKept;
    this.#recent.splice(0, Math.max(tooOld, this.#recent.length - RECENT_COUNT));
  }
}

function passes({ runId, definitionId, withOthers, withProgress, withLog }: Filter, run: ChangedRun): boolean {
  if (run.is_log) return run.run_id === runId && (withLog || (withProgress === true && run.is_progress === true));
  if (run.run_id === null && !run.has_ended) return withOthers;
  const isSame = (wanted: string | null, changed: string | null) =>
    wanted === null || changed === null || wanted === changed;
  return isSame(runId, run.run_id) && isSame(definitionId, run.workflow_definition_id);
}

/** The tag of a user's sockets. With a session, `caller` is the user's id, so the caller's tag is the same. */
const ofUser = (userId: string): string => `user ${userId}`;

/** The tag of the sockets of a caller's waiting requests. */
const ofWaiter = (caller: string): string => `wait ${caller}`;

/** Sends one message: a JSON array of nudges. Sending fails when the socket is closing, and that is ignored. */
function send(socket: WebSocket, runs: readonly ChangedRun[]): void {
  if (runs.length === 0 || socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(runs.map(({ run_id, has_ended, is_log }) => ({ run_id, has_ended, is_log }))));
}
