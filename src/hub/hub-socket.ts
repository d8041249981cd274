import type { NotListening } from "../http/live/live.ts";
import { withinTime } from "./within-time.ts";

/** The header by which a hub says how many streams its tenant has now. */
export const STREAMS_HEADER = "streams";

/**
 * Opens a WebSocket to a hub, which must answer within `limitMs`. The parameters of the URL are those of `Hub.fetch`.
 * @throws Error when the hub does not answer in time
 */
export async function connectTo(
  hub: Pick<Fetcher, "fetch">,
  url: URL,
  limitMs: number,
): Promise<{ webSocket: WebSocket; streams: number } | NotListening> {
  const response = await withinTime(limitMs, hub.fetch(url.href, { headers: { Upgrade: "websocket" } }));
  if (response.status === 429) return (await response.text()) === "tenant" ? "too_many_in_tenant" : "too_many";
  // A hub of an older version does not tell it.
  const streams = Number(response.headers.get(STREAMS_HEADER) ?? 1);
  return response.webSocket ? { webSocket: response.webSocket, streams } : "unavailable";
}

/** The Worker's end of a WebSocket to a hub, on which code can wait for messages. */
export type HubSocket = {
  /** True once the connection is lost or was closed by this side. */
  readonly isLost: boolean;
  /** Resolves at the next message, when the connection is lost, or after `timeoutMs`, whichever comes first. */
  wait(timeoutMs: number): Promise<void>;
  close(): void;
};

/** Accepts the socket, and calls `onMessage` with each message. */
export function openHubSocket(socket: WebSocket, onMessage: (message: unknown) => void): HubSocket {
  let isLost = false;
  let wake = () => {};
  const lose = () => {
    isLost = true;
    wake();
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") return;
    onMessage(JSON.parse(data));
    wake();
  });
  socket.addEventListener("close", lose);
  socket.addEventListener("error", lose);
  socket.accept();
  return {
    get isLost() {
      return isLost;
    },
    async wait(timeoutMs) {
      if (isLost) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
    },
    close() {
      lose();
      socket.close();
    },
  };
}
