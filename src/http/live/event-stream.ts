/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** One event. Without an `event` it is a "message", and without an `id` a client that was cut off does not say where it was. */
export type Frame = { id?: number | string; event?: string; data: unknown };

export type EventSink = {
  /** True once the client has left. */
  readonly isClosed: boolean;
  send(frames: readonly Frame[]): void;
  /** A comment, so that nobody on the way takes the connection for dead. */
  keepAlive(): void;
};

/** After how many milliseconds a client that was cut off connects again. */
const RETRY_MS = 3_000;

/**
 * A stream of events. `produce` sends them until it returns, which ends the stream, as an error does. `onClosed` is called
 * when the client leaves, which `signal`, that of the request, tells at once. (The stream itself is only cancelled when
 * something is sent into it after that.)
 */
export function eventStream(
  signal: AbortSignal,
  produce: (sink: EventSink) => Promise<void>,
  onClosed: () => void,
): Response {
  const encoder = new TextEncoder();
  let isClosed = false;
  const leave = () => {
    isClosed = true;
    onClosed();
  };
  signal.addEventListener("abort", leave);
  const body = new ReadableStream<Uint8Array>({
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
        keepAlive: () => write(":\n\n"),
      };
      write(`retry: ${RETRY_MS}\n\n`);
      const close = () => {
        if (!isClosed) controller.close();
        isClosed = true;
      };
      // Not awaited: nothing is read of a stream before it has started.
      produce(sink).then(close, close);
    },
    cancel: leave,
  });
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" },
  });
}

/** JSON has no line breaks, so one line of data is enough. */
function format({ id, event, data }: Frame): string {
  const lines = [...(id === undefined ? [] : [`id: ${id}`]), ...(event === undefined ? [] : [`event: ${event}`])];
  return `${[...lines, `data: ${JSON.stringify(data)}`].join("\n")}\n\n`;
}
