import { inLanes } from "../base/lanes.ts";
import { describeError, log } from "../base/log.ts";
import { remember } from "../base/memo.ts";
import { withSpan } from "../base/trace.ts";
import { type DatabaseUse, returnDatabaseUse, takeDatabaseUse } from "../db/meter.ts";
import type { Live, LiveStatus } from "../http/live/live.ts";
import type { TenantEffects } from "../verbs/effects.ts";
import type { Objects } from "./bindings.ts";
import type { Hub } from "./hub.ts";
import { collectRefusedSignIns } from "./refused-sign-ins.ts";
import type { Register } from "./register.ts";
import { CALL_LIMIT_MS, STREAM_LIMIT_MS, withinTime } from "./within-time.ts";

/** An isolate marks at most once in this time. See `MARK_COVERS_MS` in register.ts. */
const MARK_EVERY_MS = 20_000;

/** An isolate tells at most once in this time how it has used the database, since each write of the register is billed. */
const TELL_USE_EVERY_MS = 60_000;

/** How long the answer to a runner may wait to know whether somebody follows its run. */
const FOLLOWED_LIMIT_MS = 500;

/** How many hubs are called at the same time. */
const HUBS_AT_ONCE = 20;

/** How many ids of hubs an isolate keeps in memory, so that it need not compute them again. */
const MAX_IDS = 1_000;

/**
 * How many invocations send notifications after one change. A request may start 32 invocations of Workers. As long as there are
 * not more endpoints than this, each gets its own invocation.
 */
const MOST_NOTIFIERS = 16;

/** Starts an invocation that sends the due notifications of these endpoints. */
export type StartNotifier = (endpointIds: string[]) => Promise<void>;

/**
 * Implements `Live` with the Durable Objects, for one isolate. `location` is where an object is created at its first use: near
 * the database.
 */
export function openLive(
  { hubs, register }: Objects,
  location: DurableObjectLocationHint | undefined,
  startNotifier: StartNotifier,
): Live & { openRegister(): DurableObjectStub<Register> | undefined } {
  const options = location === undefined ? {} : { locationHint: location };
  // A stub belongs to the request that made it, so each call makes a new one.
  const openRegister = () => register?.get(register.idFromName("register"), options);
  /** The ids of hubs, by tenant. An id is a hash of the tenant's id, and computing it takes time. */
  const ids = new Map<string, DurableObjectId>();
  function hubOf(tenantId: string): DurableObjectStub<Hub> | undefined {
    if (!hubs) return undefined;
    const known = ids.get(tenantId);
    const id = known ?? hubs.idFromName(tenantId);
    if (!known) remember(ids, tenantId, id, MAX_IDS);
    return hubs.get(id, options);
  }
  /** Calls the tenant's hub. Null without a hub, or when it does not answer. */
  async function callHub<Answer>(
    tenantId: string,
    call: (hub: DurableObjectStub<Hub>) => Promise<Answer>,
  ): Promise<Answer | null> {
    const hub = hubOf(tenantId);
    if (!hub) return null;
    try {
      return await withSpan("hub", () => withinTime(CALL_LIMIT_MS, call(hub)));
    } catch (error) {
      log("error", "hub", { tenant_id: tenantId, ...describeError(error) });
      return null;
    }
  }
  async function tellHubs(changes: readonly TenantEffects[]): Promise<void> {
    const queue = changes.filter(({ due_in_ms, runs, work }) => due_in_ms !== null || runs.length + work.length > 0);
    await inLanes(queue, HUBS_AT_ONCE, (change) => callHub(change.tenant_id, (hub) => hub.changed(change)));
    for (const { tenant_id: tenantId, ended_user_ids = [] } of changes) {
      for (const userId of ended_user_ids) await callHub(tenantId, (hub) => hub.endStreams(userId));
    }
  }
  async function notify(endpointIds: readonly string[]): Promise<void> {
    const count = Math.min(MOST_NOTIFIERS, endpointIds.length);
    const groups = Array.from({ length: count }, (_, i) => endpointIds.filter((_, index) => index % count === i));
    try {
      await Promise.all(groups.map(startNotifier));
    } catch (error) {
      log("error", "notify", describeError(error));
    }
  }
  const countRefused = collectRefusedSignIns(async (counts) =>
    withSpan("register", () => withinTime(CALL_LIMIT_MS, Promise.resolve(openRegister()?.noteRefusedSignIns(counts)))),
  );
  return {
    openRegister,
    hasHubs: hubs !== undefined,
    mark: throttled(async () => openRegister()?.mark()),
    async noteRefusedSignIn(way) {
      // Without a register there is nowhere to count them, so nobody needs to wait for more of them.
      if (register === undefined) return;
      await countRefused(way).catch((error: unknown) => log("error", "register", describeError(error)));
    },
    tellDatabaseUse: tellingUse(async (use) => {
      // Without a register there is nobody to tell.
      await withinTime(CALL_LIMIT_MS, Promise.resolve(openRegister()?.noteDatabaseUse(use)));
    }),
    noteAlarm: throttled(async (lateMs: number) => openRegister()?.noteAlarm(lateMs)),
    async announce(changes) {
      const endpointIds = changes.flatMap(({ endpoint_ids = [] }) => endpoint_ids);
      await Promise.all([hubs && tellHubs(changes), endpointIds.length > 0 && notify(endpointIds)]);
    },
    notify,
    // Most requests do not listen. So the modules for listening are loaded by the first request that does.
    async listen(topic, listening) {
      const hub = hubOf(topic.tenantId);
      if (!hub) return "unavailable";
      const { listenTo } = await import("./listen.ts");
      const limitMs = listening.stream === undefined ? CALL_LIMIT_MS : STREAM_LIMIT_MS;
      return withSpan("hub", () => listenTo(hub, topic, listening, limitMs));
    },
    async waitForWork(runner) {
      const hub = hubOf(runner.tenantId);
      if (!hub) return "unavailable";
      const { waitForWork } = await import("./wait-for-work.ts");
      return waitForWork(hub, runner, CALL_LIMIT_MS);
    },
    async isFollowed(tenantId, runId) {
      const hub = hubOf(tenantId);
      if (!hub) return true;
      // A hub that does not answer is logged by the calls that matter.
      return withSpan("hub", () => withinTime(FOLLOWED_LIMIT_MS, hub.isFollowed(runId))).catch(() => true);
    },
    async heardOfRunners(tenantId) {
      const heardOf = await callHub(tenantId, (hub) => hub.heardOfRunners());
      return heardOf && new Map(Object.entries(heardOf));
    },
    readHubLoad: (tenantId) => callHub(tenantId, (hub) => hub.readLoad()),
    async readStatus(): Promise<LiveStatus | null> {
      const theRegister = openRegister();
      if (!theRegister) return null;
      try {
        return await withinTime(CALL_LIMIT_MS, theRegister.readStatus());
      } catch (error) {
        log("error", "register", describeError(error));
        return null;
      }
    },
  };
}

/**
 * Tells what was not told yet, at most once in {@link TELL_USE_EVERY_MS}. A failure is not logged: the counts are told the next time, and the
 * register of an older release, which may run for some minutes after a deployment, does not know the call.
 */
function tellingUse(tell: (use: DatabaseUse) => Promise<void>): () => Promise<void> | undefined {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (Date.now() - toldAt < TELL_USE_EVERY_MS) return undefined;
    const use = takeDatabaseUse();
    if (use.requests === 0) return undefined;
    toldAt = Date.now();
    return tell(use).catch(() => returnDatabaseUse(use));
  };
}

/**
 * Calls `call` at most once in {@link MARK_EVERY_MS}. Only a call that has succeeded counts: until then, other requests call as
 * well, so that none of them depends on a request that may end too early.
 */
function throttled<Args extends unknown[]>(call: (...args: Args) => Promise<void>): (...args: Args) => Promise<void> {
  let calledAt = Number.NEGATIVE_INFINITY;
  return async (...args) => {
    const now = Date.now();
    if (now - calledAt < MARK_EVERY_MS) return;
    try {
      await withSpan("register", () => withinTime(CALL_LIMIT_MS, call(...args)));
      calledAt = now;
    } catch (error) {
      log("error", "register", describeError(error));
    }
  };
}
