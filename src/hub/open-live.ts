import type { Change } from "../db/changes.ts";
import { type Live, type LiveStatus, notLive } from "../http/live.ts";
import { describeError, log } from "../log.ts";
import type { Objects } from "./bindings.ts";
import type { Hub } from "./hub.ts";
import { listenTo } from "./listen.ts";
import type { Register } from "./register.ts";
import { withinTime } from "./within-time.ts";

/** How often an isolate marks at most. See `MARK_COVERS_MS` in register.ts. */
const MARK_EVERY_MS = 20_000;

/** How long one call to an object may take. */
const CALL_LIMIT_MS = 3_000;

/** How many hubs are told at a time. */
const HUBS_AT_ONCE = 20;

/**
 * What the Durable Objects give to the rest, for one isolate. `location` is where they are put when they are first used: near
 * the database.
 */
export function openLive(
  { hubs, register }: Objects,
  location: DurableObjectLocationHint | undefined,
): Live & { register: DurableObjectStub<Register> | undefined } {
  const options = location === undefined ? {} : { locationHint: location };
  const theRegister = register?.get(register.idFromName("register"), options);
  const hubOf = (tenantId: string) => hubs?.get(hubs.idFromName(tenantId), options);
  const mark = theRegister ? throttled(() => theRegister.mark()) : notLive.mark;
  const noteAlarm = theRegister ? throttled((lateMs: number) => theRegister.noteAlarm(lateMs)) : notLive.noteAlarm;
  return {
    register: theRegister,
    mark,
    noteAlarm,
    async announce(changes) {
      const queue = [...changes];
      const lane = async () => {
        for (let change = queue.shift(); change; change = queue.shift()) await tell(hubOf(change.tenant_id), change);
      };
      await Promise.all(Array.from({ length: Math.min(HUBS_AT_ONCE, queue.length) }, lane));
    },
    async listen(topic, listening) {
      const hub = hubOf(topic.tenantId);
      return hub ? listenTo(hub, topic, listening, CALL_LIMIT_MS) : "unavailable";
    },
    async readStatus(): Promise<LiveStatus | null> {
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

async function tell(hub: DurableObjectStub<Hub> | undefined, change: Change): Promise<void> {
  try {
    if (hub) await withinTime(CALL_LIMIT_MS, hub.changed(change));
  } catch (error) {
    log("error", "hub", { tenant_id: change.tenant_id, ...describeError(error) });
  }
}

/** Calls at most once in {@link MARK_EVERY_MS}. A call that fails does not count, so that the next one tries again. */
function throttled<Args extends unknown[]>(call: (...args: Args) => Promise<void>): (...args: Args) => Promise<void> {
  let calledAt = Number.NEGATIVE_INFINITY;
  let calling: Promise<void> = Promise.resolve();
  return (...args) => {
    const now = Date.now();
    // Whoever comes meanwhile waits for the call that is under way, so that it is not cut off with the one who made it.
    if (now - calledAt < MARK_EVERY_MS) return calling;
    calledAt = now;
    calling = withinTime(CALL_LIMIT_MS, call(...args)).catch((error: unknown) => {
      calledAt = Number.NEGATIVE_INFINITY;
      log("error", "register", describeError(error));
    });
    return calling;
  };
}
