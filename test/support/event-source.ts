/** Reads a stream of server-sent events as it comes. */
export type StreamedEvent<Data = { run: { id: string; status: string }; event: { id: number } }> = {
  id: string;
  event: string;
  data: Data;
};

export type EventReader<Data = StreamedEvent["data"]> = {
  /** All text so far. */
  text(): string;
  /** The next event, or null when the stream has ended. */
  next(): Promise<StreamedEvent<Data> | null>;
  /** The events up to the one of this type. Fails when the stream ends before. */
  until(type: string): Promise<StreamedEvent<Data>[]>;
  /** All events until the stream ends. */
  drain(): Promise<StreamedEvent<Data>[]>;
  /** The client leaves. */
  close(): Promise<void>;
};

export function readEvents<Data = StreamedEvent["data"]>(response: Response): EventReader<Data> {
  if (response.body === null) throw new Error(`${response.status} without a body`);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let all = "";
  let rest = "";

  async function next(): Promise<StreamedEvent<Data> | null> {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        const fields = new Map(
          block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
        );
        const data = fields.get("data");
        if (data === undefined) continue;
        return { id: fields.get("id") ?? "", event: fields.get("event") ?? "", data: JSON.parse(data) };
      }
      const { done, value } = await reader.read();
      if (done) return null;
      const text = decoder.decode(value, { stream: true });
      all += text;
      rest += text;
    }
  }

  return {
    text: () => all,
    next,
    async until(type) {
      const events: StreamedEvent<Data>[] = [];
      for (;;) {
        const event = await next();
        if (event === null) throw new Error(`The stream has ended before ${type}: ${all}`);
        events.push(event);
        if (event.event === type) return events;
      }
    },
    async drain() {
      const events: StreamedEvent<Data>[] = [];
      for (let event = await next(); event !== null; event = await next()) events.push(event);
      return events;
    },
    close: () => reader.cancel(),
  };
}

export const typesOf = (events: { event: string }[]) => events.map(({ event }) => event);
