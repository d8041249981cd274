/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */

export type Frame = { id: number; event: string; data: unknown };

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
 * when the client leaves.
 */
export function eventStream(produce: (sink: EventSink) => Promise<void>, onClosed: () => void): Response {
  const encoder = new TextEncoder();
  let isClosed = false;
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
    cancel() {
      isClosed = true;
      onClosed();
    },
  });
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" },
  });
}

/** JSON has no line breaks, so one line of data is enough. */
const format = ({ id, event, data }: Frame) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
