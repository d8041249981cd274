import { z } from "@hono/zod-openapi";

/**
 * Where the stream of a run stands: behind the event `eventId`, and before the entry `nextEntry` of the log of the attempt
 * `attempt`, which is null for the run's own.
 */
export type RunPosition = { eventId: number; attempt: number | null; nextEntry: number };

/** Before the first event and the first entry. */
export const BEGINNING: RunPosition = { eventId: 0, attempt: null, nextEntry: 0 };

/** An event's id, or one of a stream with the log: `<event>.<attempt>.<next entry>`. */
export const runPosition = () =>
  z
    .string()
    .regex(/^\d{1,15}(\.\d{1,9}\.\d{1,10})?$/, "Must be an `id` of this stream, such as 4711 or 4711.1.3.")
    .transform((id): RunPosition => {
      const [eventId = 0, attempt = null, nextEntry = 0] = id.split(".").map(Number);
      return { eventId, attempt, nextEntry };
    });

/** The `id` of a message of a stream with the log. */
export const idOf = ({ eventId, attempt, nextEntry }: RunPosition): string => `${eventId}.${attempt}.${nextEntry}`;
