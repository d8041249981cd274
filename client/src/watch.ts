/** Streams of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { type Connection, request } from "./connection.ts";
import { pause } from "./pause.ts";
import { ApiProblem } from "./problem.ts";
import { reasonOf } from "./reason.ts";
import { pauseBeforeRetry } from "./retry.ts";

export type StreamMessage = {
  /** The position after this message, from which to resume; null when the message has none. */
  id: string | null;
  event: string;
  data: unknown;
};

export type StreamOptions = {
  signal?: AbortSignal;
  /** The id of the last known message: only later ones are returned. */
  after?: string;
  /** Called with the position at which the stream begins, if it says so: before its first message, and after each reconnection. */
  onBegin?(position: string): void;
  /** Called when the connection was lost or could not be made, and will be made again. */
  onRetry?(reason: string): void;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * The messages of a stream, without gaps: after a lost connection, it continues after the last message. It ends when the service
 * answers that nothing more comes (204), or when the stream closes after a message for which `isLast` returned true.
 * @throws ApiProblem for an answer that a retry would not change, such as 401 or 404
 */
export async function* followStream(
  connection: Connection,
  path: string,
  options: StreamOptions & { isLast?(message: StreamMessage): boolean },
): AsyncGenerator<StreamMessage, void, undefined> {
  const { signal, onRetry, isLast = () => false } = options;
  let lastId = options.after;
  let pauseMs = FIRST_PAUSE_MS;
  /** After how many milliseconds the service wants this client back. It names another time to each, so that not all come at once. */
  let retryMs: number | undefined;
  for (;;) {
    /** What the service asks for when it refuses the stream. */
    let leastMs: number | null = null;
    signal?.throwIfAborted();
    try {
      const headers = { Accept: "text/event-stream", ...(lastId !== undefined && { "Last-Event-ID": lastId }) };
      const response = await request(connection, path, { headers, ...(signal && { signal }) });
      if (response.status === 204 || response.body === null) return;
      let [isOver, hasBegun] = [false, false];
      const onRetryField = (ms: number) => {
        retryMs = Math.min(ms, LONGEST_PAUSE_MS);
      };
      for await (const message of parse(response.body, onRetryField)) {
        lastId = message.id ?? lastId;
        if (message.event !== POSITION) {
          isOver = isLast(message);
          pauseMs = FIRST_PAUSE_MS;
          yield message;
        } else if (!hasBegun && message.id !== null) options.onBegin?.(message.id);
        hasBegun = true;
      }
      if (isOver) return;
    } catch (error) {
      // An abort, or an error that the caller caused, ends the iteration. A lost connection and a busy or unavailable service do not.
      if (signal?.aborted || (error instanceof ApiProblem && !error.isTemporary)) throw error;
      onRetry?.(reasonOf(error));
      if (error instanceof ApiProblem) leastMs = error.retryAfterMs;
    }
    await pause(retryMs ?? pauseBeforeRetry(leastMs, pauseMs), signal);
    if (retryMs === undefined) pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    retryMs = undefined;
  }
}

async function* parse(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onRetry: (ms: number) => void,
): AsyncGenerator<StreamMessage, void, undefined> {
  const reader = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(withPositions())
    .pipeThrough(new EventSourceParserStream({ onRetry }))
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const data: unknown = JSON.parse(value.data);
      yield { id: value.id ?? null, event: value.event ?? "message", data };
    }
  } finally {
    // When the caller leaves the loop early, the connection is closed.
    await reader.cancel().catch(() => {});
  }
}

/** The event that {@link withPositions} makes. The service has none with such a name. */
const POSITION = "\0position";

/**
 * Makes an event of each id without a message. Such an id says where the stream begins, or how far it has read without finding a message.
 * `EventSource` keeps it, but the parser leaves it out. The event keeps its place among the messages: a client that resumes after the id
 * must have those before it.
 */
function withPositions(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      const blocks = (rest + text).split(/\n\n|\r\n\r\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const isPosition = /^id:/m.test(block) && !/^data:/m.test(block);
        controller.enqueue(`${block}${isPosition ? `\nevent: ${POSITION}\ndata: null` : ""}\n\n`);
      }
    },
  });
}
