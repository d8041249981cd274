import { DurableObject } from "cloudflare:workers";
import type { Change, ChangedRun } from "../db/changes.ts";
import { describeError, log } from "../log.ts";
import type { TenantSweep } from "../sweep/sweep-tenant.ts";
import { isWaiting, WaitingRunners } from "./waiting-runners.ts";
import { withinTime } from "./within-time.ts";

/** The least time between two sweeps. */
const LEAST_GAP_MS = 250;

/** Between two sweeps when something is due that the sweep can't do, or when it fails: doubled each time, up to the second. */
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 30_000;

/** When the alarm fires again, should this object end in the middle of a sweep. */
const FALLBACK_MS = 30_000;

/** How long a sweep may take. */
const SWEEP_LIMIT_MS = 25_000;

/** How much later than the due instant an alarm is set: one that fires a moment too early would find nothing due. */
const SLACK_MS = 10;

/** How long nudges are kept for those who read before they subscribe. */
const RECENT_MS = 30_000;
const RECENT_COUNT = 1_000;

/** Open streams of one caller. */
const STREAMS_OF_A_CALLER = 20;

/** The answer in place of a sweep that has failed: what was due is still due. */
const FAILED: TenantSweep = { dueInMs: 0, hasMoved: false };

/** What a socket wants to hear of. Null: of any run. */
type Filter = { runId: string | null; definitionId: string | null; withOthers: boolean; withLog: boolean };

/**
 * One object a tenant. Its alarm fires at the tenant's next due instant, and it then has a Worker sweep the tenant. It also sends
 * whoever listens a nudge when a run has changed. It holds no fact that the database does not: losing one loses time, never a run.
 */
export class Hub extends DurableObject<object> {
  #isSweeping = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #recent: { at: number; run: ChangedRun }[] = [];
  readonly #runners = new WaitingRunners(this.ctx);

  get #kv(): SyncKvStorage {
    return this.ctx.storage.kv;
  }

  /** Something of the tenant was changed: `change.due_in_ms` is what is due next, as of about now. */
  async changed({ tenant_id: tenantId, due_in_ms: dueInMs, runs, work = [] }: Change): Promise<void> {
    const now = Date.now();
    this.#remember(now, runs);
    for (const socket of this.ctx.getWebSockets()) {
      const filter: Filter = socket.deserializeAttachment();
      if (isWaiting(filter)) continue;
      send(
        socket,
        runs.filter((run) => passes(filter, run)),
      );
    }
    this.#runners.hear(work);
    if (this.#kv.get<string>("tenantId") !== tenantId) this.#kv.put("tenantId", tenantId);
    if (dueInMs !== null) await this.#expect(now + Math.max(dueInMs, 0) + SLACK_MS);
  }

  /** Has the alarm fire at `at` at the latest. What arrives during a sweep is looked at when the sweep has ended. */
  async #expect(at: number): Promise<void> {
    const known = this.#kv.get<number>("dueAt");
    if (known !== undefined && known <= at && (this.#isSweeping || (await this.ctx.storage.getAlarm()) !== null))
      return;
    this.#kv.put("dueAt", at);
    if (!this.#isSweeping) await this.ctx.storage.setAlarm(Math.max(at, this.#sweptAt() + LEAST_GAP_MS));
  }

  #sweptAt(): number {
    return this.#kv.get<number>("sweptAt") ?? 0;
  }

  /** Sweeps what is due. Never throws, since it sets a fallback alarm and backs off by itself. */
  override async alarm(): Promise<void> {
    const tenantId = this.#kv.get<string>("tenantId");
    if (tenantId === undefined || this.#isSweeping) return;
    const beganAt = Date.now();
    const lateMs = Math.max(beganAt - (this.#kv.get<number>("dueAt") ?? beganAt), 0);
    this.#isSweeping = true;
    // From here on `dueAt` is what arrives during the sweep.
    this.#kv.delete("dueAt");
    this.#kv.put("sweptAt", beganAt);
    await this.ctx.storage.setAlarm(beganAt + FALLBACK_MS);
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
    const arrived = this.#kv.get<number>("dueAt");
    if (arrived !== undefined) nextAt = Math.min(nextAt, Math.max(arrived, beganAt + LEAST_GAP_MS));
    if (nextAt === Number.POSITIVE_INFINITY) return this.ctx.storage.deleteAlarm();
    this.#kv.put("dueAt", nextAt);
    await this.ctx.storage.setAlarm(nextAt);
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
   * Subscribes a Worker, by a WebSocket that does not keep this object awake. Query: `run` or `definition` (only these), `others`
   * (also what is not a run), `log` (also new entries of the run's log), `since` (milliseconds: first the nudges that are not
   * older), `caller` and `user` (whose stream it is: 429 when the caller has too many), `page` (its name among the caller's
   * pages), `left` (the page that was left for it).
   * Or `lease`, for a runner that waits for runs of these definitions, joined by blanks; empty for all.
   */
  override fetch(request: Request): Response {
    if (request.headers.get("Upgrade") !== "websocket") return new Response(null, { status: 426 });
    const query = new URL(request.url).searchParams;
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const lease = query.get("lease");
    if (lease !== null) {
      this.#runners.add(ours, lease === "" ? null : lease);
      return new Response(null, { status: 101, webSocket: theirs });
    }
    const caller = query.get("caller");
    const tagOf = (name: string) => (query.has(name) ? [`${caller} ${query.get(name)}`] : []);
    // Nobody may have noticed yet that the browser has left a page. Its stream would count against the limit.
    for (const tag of [...tagOf("page"), ...tagOf("left")]) {
      for (const socket of this.#openSockets(tag)) socket.close();
    }
    if (caller !== null && this.#openSockets(caller).length >= STREAMS_OF_A_CALLER) {
      return new Response(null, { status: 429 });
    }
    const filter: Filter = {
      runId: query.get("run"),
      definitionId: query.get("definition"),
      withOthers: query.has("others"),
      withLog: query.has("log"),
    };
    const user = query.get("user");
    const userTags = user === null ? [] : [ofUser(user)];
    this.ctx.acceptWebSocket(ours, caller === null ? [] : [caller, ...userTags, ...tagOf("page")]);
    ours.serializeAttachment(filter);
    const since = Date.now() - Number(query.get("since") ?? 0);
    const missed = this.#recent.filter(({ at, run }) => at >= since && passes(filter, run));
    send(
      ours,
      missed.map(({ run }) => run),
    );
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** Ends the streams of a user, one of whose credentials has ended. Who may still listen connects again. */
  endStreams(userId: string): void {
    for (const socket of this.#openSockets(ofUser(userId))) socket.close();
    this.#runners.wakeAll();
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  #openSockets(tag: string): WebSocket[] {
    return this.ctx.getWebSockets(tag).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  #remember(at: number, runs: readonly ChangedRun[]): void {
    // A stream reads after it has subscribed, and nobody else listens to a log.
    const news = runs.filter(({ is_log: isLog }) => !isLog);
    const kept = this.#recent.filter((recent) => at - recent.at < RECENT_MS);
    this.#recent = [...kept, ...news.map((run) => ({ at, run }))].slice(-RECENT_COUNT);
  }
}

function passes({ runId, definitionId, withOthers, withLog }: Filter, run: ChangedRun): boolean {
  if (run.is_log) return withLog && run.run_id === runId;
  if (run.run_id === null && !run.has_ended) return withOthers;
  const isSame = (wanted: string | null, changed: string | null) =>
    wanted === null || changed === null || wanted === changed;
  return isSame(runId, run.run_id) && isSame(definitionId, run.workflow_definition_id);
}

/** The tag of a user's sockets. A caller's tag is the user's id as well when they came with a session. */
const ofUser = (userId: string): string => `user ${userId}`;

/** One message: a JSON array of nudges. A socket that is closing can't be sent anything. */
function send(socket: WebSocket, runs: readonly ChangedRun[]): void {
  if (runs.length === 0 || socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(runs.map(({ run_id, has_ended }) => ({ run_id, has_ended }))));
}
