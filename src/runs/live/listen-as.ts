import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Listener, OpenPage, Topic } from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";

/**
 * Listens for a stream of the caller, which counts against their limit on open streams. It ends when a credential of the user
 * `userId` ends.
 * @throws Problem `streams_unavailable`, or `too_many_requests` when the caller has too many streams
 */
export async function listenAs(c: Context<AppEnv>, userId: string, topic: Topic, page?: OpenPage): Promise<Listener> {
  const { credential } = c.var;
  const caller = "session" in credential ? credential.session.userId : credential.apiKeyHash;
  const listener = await c.env.live.listen(topic, { sinceMs: 0, stream: { caller, userId, page } });
  if (listener === "unavailable") throw new Problem("streams_unavailable");
  if (listener === "too_many") {
    throw new Problem("too_many_requests", "You have 20 open streams, and more are not allowed. Close one.");
  }
  return listener;
}
