/**
 * How a run gets to a runner without a URL, `POST /v1/leases`:
 *
 * 1. `lease_runs` takes the next runs of all definitions from which the runner may have some. Leases of one tenant take turns.
 * 2. When there is none and the runner wants to wait, the Worker listens at the tenant's hub: `src/hub/waiting-runners.ts`.
 * 3. When there may be new work, the hub wakes as many waiting runners as there are runs to lease. While the work is not taken, it wakes as many
 *    others each second.
 * 4. The runner sends heartbeats (`record_heartbeat`) until it sends the callback, or gives the run back (`release_run`).
 *
 * When the `after` of a request is still the current version of the hub, nothing has changed, and the database is not asked at all.
 */
import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { pauseAfterLoss } from "../../http/live/crowd.ts";
import { MOST_SESSION_WAITS, MOST_TENANT_WAITS, tooManyInTenant, type WorkListener } from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import { type Lease, leaseRuns } from "./lease-runs.ts";

/** A runner at its capacity is checked again after this time, since no nudge says that it has finished a run. */
const FULL_MS = 1_000;

export type LeaseQuestion = {
  requestId: string;
  max: number;
  waitSeconds: number;
  /** The `after` of the previous answer, or null. */
  after: string | null;
};

/**
 * `after`: the version of the hub when the database had no run for this runner. Null when the next request must ask the
 * database in any case.
 */
export type Leased = { leases: Lease[]; after: string | null };

/**
 * Leases runs to the session of the request. With `waitSeconds` it waits for runs, and it asks the database only
 * - at the beginning, unless `after` shows that nothing has changed since the last answer,
 * - and whenever the hub says that there may be a run.
 * @throws Unauthenticated when the session is no longer valid
 * @throws Problem `streams_unavailable` for a request that wants to wait when there is no hub, or when it does not answer, and
 * `too_many_requests` when too many requests of the session or of the tenant wait already
 */
export async function leaseOrWait(c: Context<AppEnv>, question: LeaseQuestion): Promise<Leased> {
  const { sessionId, tenantId, definitionIds, tags, expiresAt } = c.var.runner;
  const ask = async () => (await perform(c.var.services, leaseRuns, question)).result;
  if (question.waitSeconds === 0) return { leases: (await ask()).leases, after: null };
  const listener = await c.env.live.waitForWork({ tenantId, sessionId, definitionIds, tags });
  if (listener === "unavailable") throw new Problem("streams_unavailable", NOBODY_CAN_WAIT);
  if (listener === "too_many") throw new Problem("too_many_requests", TOO_MANY);
  if (listener === "too_many_in_tenant") {
    throw new Problem("too_many_requests", tooManyInTenant("runners that wait for runs", MOST_TENANT_WAITS));
  }
  const { signal } = c.req.raw;
  signal.addEventListener("abort", () => listener.close());
  try {
    const isCurrent = question.after === listener.version && Date.now() < Date.parse(expiresAt);
    return await wait(listener, { ask, isCurrent, waitMs: question.waitSeconds * 1000, signal });
  } finally {
    listener.close();
  }
}

const NOBODY_CAN_WAIT =
  "Waiting is not available at the moment. Ask every few seconds with `wait_seconds: 0` instead, or try later.";

const TOO_MANY =
  `${MOST_SESSION_WAITS} requests of this session wait for runs, and more are not allowed. One is enough for a runner: wait ` +
  "for its answer before the next one.";

type Wait = {
  ask(): Promise<{ leases: Lease[]; is_full: boolean }>;
  /** True when the database has nothing new for this runner. */
  isCurrent: boolean;
  waitMs: number;
  /** Aborted when the client has disconnected. From then on nothing is leased to it. */
  signal: AbortSignal;
};

async function wait(listener: WorkListener, { ask, isCurrent, waitMs, signal }: Wait): Promise<Leased> {
  const until = Date.now() + waitMs;
  let mustAsk = !isCurrent;
  let isFull = false;
  // Read before the database is asked, so that a change in the meantime has a different version.
  let after: string | null = listener.version;
  for (;;) {
    if (mustAsk) {
      const { version } = listener;
      const asked = await ask();
      if (asked.leases.length > 0) return { leases: asked.leases, after: null };
      isFull = asked.is_full;
      after = isFull ? null : version;
    }
    const leftMs = until - Date.now();
    if (leftMs <= 0) return { leases: [], after };
    const heard = await listener.next(isFull ? Math.min(leftMs, FULL_MS) : leftMs);
    if (signal.aborted) return { leases: [], after: null };
    if (heard === "lost") {
      await pauseAfterLoss(leftMs);
      return { leases: signal.aborted ? [] : (await ask()).leases, after: null };
    }
    mustAsk = heard === "woken" || isFull;
  }
}
