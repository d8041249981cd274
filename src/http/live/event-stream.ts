/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { crowd } from "./crowd.ts";
import type { Listener } from "./live.ts";

/** One event. Without `event` its type is "message". Without `id`, a client that reconnects does not say where it was. */
export type Frame = { id?: number | string; event?: string; data: unknown };

export type EventSink = {
  /** True once the client has left. */
  readonly isClosed: boolean;
  send(frames: readonly Frame[]): void;
  /** Resolves when the client has taken all but {@link MOST_UNREAD_BYTES} of what was sent, or has left. */
  ready(): Promise<void>;
  /** Sends a comment, so that proxies do not close the connection as idle. `at` is the id after which a client that reconnects shall go on. */
  keepAlive(at?: string): void;
};

/** What may wait in memory for a client that reads more slowly than the database answers, besides the last page. */
const MOST_UNREAD_BYTES = 64 * 1024;

/**
 * Answers with a stream of events. `produce` sends them; the stream ends when it returns or throws. `listener` is closed when
 * the client disconnects. The request's `signal` reports that at once, while the stream itself is cancelled only when something
 * is sent into it afterwards. `beginsAt` is the id after which the stream begins: a client that is disconnected before the first
 * event resumes there. At its beginning, with each comment and at its end, the stream says after how many milliseconds the client
 * shall reconnect.
 */
export function eventStream(
  signal: AbortSignal,
  produce: (sink: EventSink) => Promise<void>,
  listener: Pick<Listener, "close" | "streams">,
  beginsAt?: string,
): Response {
  const encoder = new TextEncoder();
  const leaveCrowd = crowd.enter();
  let isClosed = false;
  let wake = () => {};
  const leave = () => {
    isClosed = true;
    wake();
    leaveCrowd();
    listener.close();
  };
  const retry = () => `retry: ${crowd.retryMs(listener.streams)}\n`;
  const position = (at?: string) => (at === undefined ? "" : `id: ${at}\n`);
  signal.addEventListener("abort", leave);
  const source: UnderlyingSource<Uint8Array> = {
    start(controller) {
      const write = (text: string) => {
        if (!isClosed) controller.enqueue(encoder.encode(text));
      };
      const sink: EventSink = {
        get isClosed() {
          return isClosed;
        },
        send: (frames) => {
          if (frames.length > 0) write(frames.map(format).join(""));
        },
        async ready() {
          while (!isClosed && (controller.desiredSize ?? 0) <= 0)
            await new Promise<void>((resolve) => (wake = resolve));
        },
        keepAlive: (at) => write(`:\n${retry()}${position(at)}\n`),
      };
      write(`${retry()}${position(beginsAt)}\n`);
      const close = () => {
        write(`${retry()}\n`);
        if (!isClosed) controller.close();
        isClosed = true;
        leaveCrowd();
      };
      // Not awaited, since the stream is read only after this function has returned it.
      produce(sink).then(close, close);
    },
    // The client has read on, and there is room again.
    pull: () => wake(),
    cancel: leave,
  };
  const body = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_BYTES }));
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" },
  });
}

/** JSON on one line has no line breaks, so one line of data is enough. */
function format({ id, event, data }: Frame): string {
  const lines = [...(id === undefined ? [] : [`id: ${id}`]), ...(event === undefined ? [] : [`event: ${event}`])];
  return `${[...lines, `data: ${JSON.stringify(data)}`].join("\n")}\n\n`;
}
