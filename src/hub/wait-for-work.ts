import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import type { NotListening, WaitingRunner, WorkListener } from "../http/live/live.ts";
import { connectTo, openHubSocket } from "./hub-socket.ts";

/**
 * The hub keeps both with the socket, which has room for 2,048 bytes. A runner whose tags do not fit is woken for work of all tags, and the
 * database decides.
 */
const MOST_CHARACTERS = 1_900;

const messageSchema = z.object({ version: z.string() });

/** Waits at a hub for runs to lease. The hub must answer within `limitMs`. See `Live.waitForWork`. */
export async function waitForWork(
  hub: Pick<Fetcher, "fetch">,
  { tenantId, sessionId, definitionIds, tags }: WaitingRunner,
  limitMs: number,
): Promise<WorkListener | NotListening> {
  const url = new URL("https://hub/");
  url.searchParams.set("session", sessionId);
  const lease = definitionIds === null ? "" : definitionIds.join(" ");
  url.searchParams.set("lease", lease);
  const tagged = tags.join(" ");
  if (lease.length + tagged.length <= MOST_CHARACTERS) url.searchParams.set("tags", tagged);
  try {
    const connected = await connectTo(hub, url, limitMs);
    if (typeof connected === "string") return connected;
    const listener = listenOn(connected.webSocket);
    if ((await listener.next(limitMs)) === "woken") return listener;
    listener.close();
  } catch (error) {
    log("error", "hub", { tenant_id: tenantId, ...describeError(error) });
  }
  return "unavailable";
}

/** The first message has the version. Each later message means that there may be work. */
function listenOn(webSocket: WebSocket): WorkListener {
  let version = "";
  let isWoken = false;
  const socket = openHubSocket(webSocket, (message) => {
    version = messageSchema.parse(message).version;
    isWoken = true;
  });
  return {
    get version() {
      return version;
    },
    async next(timeoutMs) {
      if (!isWoken) await socket.wait(timeoutMs);
      if (!isWoken) return socket.isLost ? "lost" : "time is up";
      isWoken = false;
      return "woken";
    },
    close: socket.close,
  };
}
