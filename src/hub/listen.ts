import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import type { Listener, Listening, NotListening, Nudge, Topic } from "../http/live/live.ts";
import { connectTo, openHubSocket } from "./hub-socket.ts";

const messageSchema = z.array(z.object({ has_ended: z.boolean(), is_log: z.boolean().default(false) }));

/** Subscribes to a hub, which must answer within `limitMs`. See `Live.listen`. */
export async function listenTo(
  hub: Pick<Fetcher, "fetch">,
  topic: Topic,
  { since, caller, stream }: Listening,
  limitMs: number,
): Promise<Listener | NotListening> {
  const url = new URL("https://hub/");
  if (topic.runId !== undefined) url.searchParams.set("run", topic.runId);
  if (topic.definitionId !== undefined) url.searchParams.set("definition", topic.definitionId);
  if (topic.withOthers) url.searchParams.set("others", "1");
  if (topic.withProgress) url.searchParams.set("progress", "1");
  if (topic.withLog) url.searchParams.set("log", "1");
  if (topic.withAllRuns) url.searchParams.set("all", "1");
  if (stream === undefined) {
    url.searchParams.set("waiter", caller);
  } else {
    url.searchParams.set("caller", caller);
    url.searchParams.set("user", stream.userId);
    if (stream.page !== undefined) url.searchParams.set("page", stream.page.id);
    if (stream.page?.left !== undefined) url.searchParams.set("left", stream.page.left);
  }
  if (since !== undefined) url.searchParams.set("since", String(since));
  try {
    const connected = await connectTo(hub, url, limitMs);
    return typeof connected === "string" ? connected : listenOn(connected);
  } catch (error) {
    log("error", "hub", { tenant_id: topic.tenantId, ...describeError(error) });
    return "unavailable";
  }
}

function listenOn({ webSocket, streams }: { webSocket: WebSocket; streams: number }): Listener {
  // Equal nudges are kept once. Otherwise they would pile up while a client does not read its stream.
  const nudges = new Map<string, Nudge>();
  const socket = openHubSocket(webSocket, (message) => {
    for (const nudge of messageSchema.parse(message)) nudges.set(JSON.stringify(nudge), nudge);
  });
  return {
    async next(timeoutMs) {
      if (nudges.size === 0) await socket.wait(timeoutMs);
      if (nudges.size === 0 && socket.isLost) return null;
      const arrived = [...nudges.values()];
      nudges.clear();
      return arrived;
    },
    streams,
    close: socket.close,
  };
}
