/** Whether the runners that have opened a session are there. */
import { z } from "zod";
import type { Live } from "../../http/live/live.ts";

/** One of the sessions that the SQL function `open_sessions_json` answers. */
export const runnerSessionSchema = z.object({
  id: z.string(),
  /** When it last asked the database for work, to five seconds. A runner that waits at the hub does not ask it. */
  last_seen_at: z.string(),
  /** True when it holds a run and the lease has not ended. */
  is_working: z.boolean(),
  /** The tags that the runs in question need and that it does not have: with some, it may not lease them. */
  lacks: z.array(z.string()).optional(),
});

/** A session that may lease runs, as the database knows it. */
export type RunnerSession = z.infer<typeof runnerSessionSchema>;

/** True for a session that has all tags that the runs need. */
export const hasTags = ({ lacks }: Pick<RunnerSession, "lacks">): boolean => lacks === undefined || lacks.length === 0;

/**
 * The tags of a workflow that keep all of these runners from its runs; empty when one of them may lease them. Those that nobody has come
 * without the others.
 */
export function missingTags(tags: readonly string[], runners: readonly Pick<RunnerSession, "lacks">[]): string[] {
  if (runners.some(hasTags)) return [];
  const ofNobody = tags.filter((tag) => runners.every(({ lacks = [] }) => lacks.includes(tag)));
  return ofNobody.length > 0 ? ofNobody : [...tags];
}

/**
 * - `working`: it holds a run, and the lease has not ended.
 * - `idle`: it waits for work now, or asked for work in the last minute.
 * - `silent`: it was not heard of for longer than a minute. It may be dead.
 * - `unknown`: the database has not heard of it for longer than a minute, and the hub, where it may wait, does not answer.
 */
export type Presence = "working" | "idle" | "silent" | "unknown";

/** How long ago an idle runner may have been heard of. */
const IDLE_MS = 60_000;

/** True unless the runner is known to be silent. */
export const isConnected = ({ presence }: { presence: Presence }): boolean => presence !== "silent";

/** True when the runner is known to be silent. Without hubs, a runner cannot wait, so the database knows all of its requests. */
export const isSilent = ({ presence }: { presence: Presence }, { hasHubs }: Pick<Live, "hasHubs">): boolean =>
  presence === "silent" || (presence === "unknown" && !hasHubs);

/**
 * Says of each session whether its runner is there. `now` is the database's time at which the sessions were read. Asks the hub,
 * which knows who waits, unless there is no session. `last_seen_at` of the result has what the hub has heard, too.
 */
export async function findPresence<Session extends RunnerSession>(
  live: Live,
  tenantId: string,
  sessions: readonly Session[],
  now: string,
): Promise<(Session & { presence: Presence })[]> {
  if (sessions.length === 0) return [];
  const heardOf = await live.heardOfRunners(tenantId);
  return sessions.map((session) => {
    const heardMs = heardOf?.get(session.id) ?? Number.POSITIVE_INFINITY;
    const silentMs = Math.min(Date.parse(now) - Date.parse(session.last_seen_at), heardMs);
    const last_seen_at = new Date(Date.parse(now) - silentMs).toISOString();
    return { ...session, last_seen_at, presence: presenceOf(session.is_working, silentMs, heardOf !== null) };
  });
}

function presenceOf(isWorking: boolean, silentMs: number, hasAnswer: boolean): Presence {
  if (isWorking) return "working";
  if (silentMs <= IDLE_MS) return "idle";
  return hasAnswer ? "silent" : "unknown";
}
