/** Streams of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { type Connection, request } from "./connection.ts";
import { pause } from "./pause.ts";
import { ApiProblem } from "./problem.ts";

export type StreamMessage = {
  /** Where to go on after this message; null for one that does not say. */
  id: string | null;
  event: string;
  data: unknown;
};

export type StreamOptions = {
  signal?: AbortSignal;
  /** The id of the last message that is known: only later ones come. */
  after?: string;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The messages of a stream, without gaps: when the connection is lost, the next one goes on after the last message. Ends when
 * the service says that nothing more comes (204), or when `isLast` says so of a message and the stream ends.
 * @throws ApiProblem for an answer that no retry mends, such as 401 or 404
 */
export async function* followStream(
  connection: Connection,
  path: string,
  options: StreamOptions & { isLast?(message: StreamMessage): boolean },
): AsyncGenerator<StreamMessage, void, undefined> {
  const { signal, isLast = () => false } = options;
  let lastId = options.after;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const headers = { Accept: "text/event-stream", ...(lastId !== undefined && { "Last-Event-ID": lastId }) };
      const response = await request(connection, path, { headers, ...(signal && { signal }) });
      if (response.status === 204 || response.body === null) return;
      let isOver = false;
      for await (const message of parse(response.body)) {
        lastId = message.id ?? lastId;
        isOver = isLast(message);
        pauseMs = FIRST_PAUSE_MS;
        yield message;
      }
      if (isOver) return;
    } catch (error) {
      // An abort and what the caller did wrong end the stream. A lost connection and a service that is away do not.
      if (signal?.aborted || (error instanceof ApiProblem && error.status < 500)) throw error;
    }
    await pause(pauseMs * (1 - Math.random() / 2), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function* parse(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<StreamMessage, void, undefined> {
  const reader = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const data: unknown = JSON.parse(value.data);
      yield { id: value.id ?? null, event: value.event ?? "message", data };
    }
  } finally {
    // Who leaves the loop early closes the connection.
    await reader.cancel().catch(() => {});
  }
}
