import type { Context } from "hono";
import { countedAs } from "../../db/access.ts";
import type { AppEnv } from "../../http/env.ts";
import {
  type Listener,
  MOST_STREAMS,
  MOST_TENANT_STREAMS,
  type OpenPage,
  type Topic,
  tooManyInTenant,
} from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";

/**
 * Listens for a stream of the caller, which counts against their limit on open streams. It ends when a credential of the user
 * `userId` ends. A stream for a page also hears of the changes since `since`, in milliseconds since 1970.
 * @throws Problem `streams_unavailable`, or `too_many_requests` when the caller or the tenant has too many streams
 */
export async function listenAs(
  c: Context<AppEnv>,
  userId: string,
  topic: Topic,
  page?: OpenPage,
  since?: number,
): Promise<Listener> {
  const listener = await c.env.live.listen(topic, {
    since,
    caller: countedAs(c.var.credential),
    stream: { userId, page },
  });
  if (listener === "unavailable") throw new Problem("streams_unavailable");
  if (listener === "too_many") {
    throw new Problem(
      "too_many_requests",
      `You have ${MOST_STREAMS} open streams, and more are not allowed. Close one.`,
    );
  }
  if (listener === "too_many_in_tenant") {
    throw new Problem("too_many_requests", tooManyInTenant("open streams", MOST_TENANT_STREAMS));
  }
  return listener;
}
