import { type Connection, openConnection, request } from "../connection.ts";
import type { components } from "../openapi.ts";
import { pause } from "../pause.ts";
import { ApiProblem } from "../problem.ts";
import { reasonOf } from "../reason.ts";
import { pauseBeforeRetry } from "../retry.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import { aheadMsAt } from "./clock.ts";
import { type Assignment, type Outcome, WorkEnded } from "./types.ts";

export type LeaseOptions = {
  /** The URL of the service. */
  url: string;
  /** A runner key, or the API key of an OWNER or ADMIN. */
  key: string;
  /** The name that people see for this runner; by default "runner". */
  name?: string;
  /** The workflows whose runs it takes; by default, all that its key may lease. */
  workflowIds?: readonly string[];
  /** How many runs it works on at the same time, 1 to 100; by default 1. */
  capacity?: number;
  /** What the runner has, such as `gpu`. It gets the runs of workflows whose `runner_tags` are all among these. */
  tags?: readonly string[];
  /** Called for each run when its work begins. */
  onStart?(run: Assignment): void;
  /** Called for each run whose work has ended. */
  onEnd?(run: Assignment, outcome: Outcome): void;
  /** Called when a request for work failed and will be repeated. */
  onRetry?(reason: string): void;
};

type Lease = components["schemas"]["Lease"] & Assignment;

/**
 * How long a request for work may wait. A pending request is not aborted when the runner stops: not every proxy passes an abort
 * on, and then the service would lease a run that nobody works on. So `stop` may take this long as well, and many programs that
 * manage processes wait only 10 seconds before they kill.
 */
const WAIT_SECONDS = 6;
const MOST_LEASES = 10;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** How long `stop` waits for the answer that the session is closed, before it ends the work. */
const CLOSING_MS = 1_000;
/** The pause between two requests when the service cannot hold a request open until there is work. */
const POLL_MS = 5_000;

type Ask = { request_id: string; wait_seconds: number; max: number; after?: unknown };

/** A runner without a URL. It asks for work, and extends the lease of each run by heartbeats until the work is done. */
export class LeaseRunner {
  readonly #lease: LeaseOptions;
  readonly #options: AttemptOptions;
  readonly #connection: Connection;
  readonly #working = new Map<Attempt, Promise<unknown>>();
  readonly #stopping = new AbortController();
  #token: string | null = null;
  #after: unknown;
  /** How many milliseconds the service's clock is ahead of this machine's, by the `Date` of its last answer. */
  #aheadMs = 0;
  #taken = 0;
  /** How often a session was refused since the last answer with leases. */
  #refusedSessions = 0;
  /** Called whenever a run has ended. */
  #onFree: () => void = () => {};

  constructor(lease: LeaseOptions, options: AttemptOptions) {
    this.#lease = lease;
    this.#options = options;
    const { fetch } = options;
    // The connection does not retry, since each call is retried here with its own pauses.
    this.#connection = openConnection({ url: lease.url, retry: { tries: 1 }, fetch: (one) => fetch(one) });
  }

  /**
   * Works until `stop` is called, or until `most` runs were taken and have ended.
   * @throws ApiProblem when the service refuses the runner: its key, or its workflows
   */
  async run({ most = Number.POSITIVE_INFINITY }: { most?: number } = {}): Promise<void> {
    const { signal } = this.#stopping;
    const capacity = this.#lease.capacity ?? 1;
    try {
      while (!signal.aborted && this.#taken < most) {
        const free = Math.min(capacity - this.#working.size, most - this.#taken, MOST_LEASES);
        // Neither `Promise.race` nor a listener of `signal`: each would leave something behind on what lives longer than this run.
        if (free <= 0)
          await new Promise<void>((resolve) => {
            this.#onFree = resolve;
          });
        else for (const lease of await this.#ask(free)) this.#begin(lease);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await Promise.all(this.#working.values());
    }
  }

  /** Takes no more runs, ends all work, and gives its runs back to the service. When that is done, `run` resolves. */
  async stop(): Promise<void> {
    this.#stopping.abort(new WorkEnded("shut_down", "The runner was shut down."));
    // First, since a request for work may still be waiting, and would get the runs that are given back.
    await this.#close();
    for (const attempt of this.#working.keys()) attempt.end(this.#stopping.signal.reason);
    await Promise.all(this.#working.values());
  }

  #begin(lease: Lease): void {
    this.#taken++;
    const heartbeatSeconds = lease.heartbeat_interval_seconds;
    const attempt = new Attempt(lease, { ...this.#options, heartbeatSeconds, aheadMs: this.#aheadMs });
    if (this.#stopping.signal.aborted) attempt.end(this.#stopping.signal.reason);
    else this.#lease.onStart?.(lease);
    const done = attempt.execute().then((outcome) => {
      this.#working.delete(attempt);
      this.#onFree();
      this.#lease.onEnd?.(lease, outcome);
    });
    this.#working.set(attempt, done);
  }

  /** Asks for work, and retries until there is an answer. A retry has the same `request_id`, so it gets the same leases. */
  async #ask(max: number): Promise<Lease[]> {
    const { signal } = this.#stopping;
    const ask: Ask = { request_id: crypto.randomUUID(), wait_seconds: WAIT_SECONDS, max };
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const leases = await this.#askOnce({ ...ask, ...(this.#after !== undefined && { after: this.#after }) });
        this.#refusedSessions = 0;
        if (leases.length === 0 && ask.wait_seconds === 0) await pause(POLL_MS, signal);
        return leases;
      } catch (error) {
        if (signal.aborted) return this.#askForLost(ask);
        if (error instanceof ApiProblem && !error.isTemporary && error.status !== 401) throw error;
        if (error instanceof ApiProblem && error.status === 401) {
          // The session has ended, so a new one is opened. If there was no session, the key itself was refused, and retrying
          // does not help.
          if (this.#token === null) throw error;
          this.#token = null;
          // When the new session is refused, too, something else is wrong. Then the next ones are opened after pauses.
          if (this.#refusedSessions++ === 0) continue;
        }
        if (error instanceof ApiProblem && error.code === "streams_unavailable") {
          ask.wait_seconds = 0;
          continue;
        }
        this.#lease.onRetry?.(reasonOf(error));
        const leastMs = error instanceof ApiProblem ? error.retryAfterMs : null;
        await pause(pauseBeforeRetry(leastMs, pauseMs), signal).catch(() => {});
      }
    }
  }

  /**
   * Called when the runner stops and an answer was lost. The answer may have had leases, so the request is repeated and they
   * are given back.
   */
  async #askForLost(ask: Ask): Promise<Lease[]> {
    if (this.#token === null) return [];
    try {
      return await this.#askOnce({ ...ask, wait_seconds: 0 });
    } catch {
      return [];
    }
  }

  async #askOnce(ask: Ask): Promise<Lease[]> {
    this.#token ??= await this.#openSession();
    const answer = await this.#post("/v1/leases", ask, this.#token);
    const { leases, after } = answer;
    if (!Array.isArray(leases) || !leases.every(isLease))
      throw new TypeError("The service has answered something that is no lease of a run.");
    this.#after = after ?? undefined;
    return leases;
  }

  /** Closes the session. When that is not possible, the request that waits may still get runs, which are then given back, too. */
  async #close(): Promise<void> {
    if (this.#token === null) return;
    const closing = this.#send("/v1/runner-sessions/close", undefined, this.#token, CLOSING_MS);
    await closing.then((response) => response.body?.cancel()).catch(() => {});
  }

  async #openSession(): Promise<string> {
    const { name = "runner", workflowIds, tags, capacity = 1, key } = this.#lease;
    const body = {
      name,
      capacity,
      ...(workflowIds && { workflow_definition_ids: workflowIds }),
      ...(tags && { tags }),
    };
    const { token } = await this.#post("/v1/runner-sessions", body, key);
    if (typeof token !== "string") throw new TypeError("The service did not open a session for the runner.");
    return token;
  }

  async #post(path: string, body: unknown, token: string): Promise<Record<string, unknown>> {
    const response = await this.#send(path, body, token, (WAIT_SECONDS + 10) * 1000);
    const answer: unknown = await response.json();
    const aheadMs = aheadMsAt(Date.parse(response.headers.get("Date") ?? ""));
    if (!Number.isNaN(aheadMs)) this.#aheadMs = aheadMs;
    return isRecord(answer) ? answer : {};
  }

  #send(path: string, body: unknown, token: string, timeoutMs: number): Promise<Response> {
    return request(this.#connection, path, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { "Content-Type": "application/json" }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isLease = (value: unknown): value is Lease =>
  isRecord(value) &&
  ["run_id", "deadline_at", "callback_url", "callback_token", "lease_expires_at"].every(
    (name) => typeof value[name] === "string",
  ) &&
  typeof value.attempt === "number" &&
  typeof value.heartbeat_interval_seconds === "number";
