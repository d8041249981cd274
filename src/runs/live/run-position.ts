import { z } from "@hono/zod-openapi";

/**
 * The position of a stream of a run: after the event `eventId`, and before the log entry `nextEntry` of the attempt `attempt`.
 * A null attempt means the run's current one.
 */
export type RunPosition = { eventId: number; attempt: number | null; nextEntry: number };

/** The position before the first event and the first log entry. */
export const BEGINNING: RunPosition = { eventId: 0, attempt: null, nextEntry: 0 };

/** The id of an event, or the `id` of a message in a stream with the log: `<event>.<attempt>.<next entry>`. */
export const runPosition = () =>
  z
    .string()
    .regex(/^\d{1,15}(\.\d{1,9}\.\d{1,10})?$/, "Must be an `id` of this stream, such as 4711 or 4711.1.3.")
    .transform((id): RunPosition => {
      const [eventId = 0, attempt = null, nextEntry = 0] = id.split(".").map(Number);
      return { eventId, attempt, nextEntry };
    });

/** The `id` of a message in a stream with the log. */
export const idOf = ({ eventId, attempt, nextEntry }: RunPosition): string => `${eventId}.${attempt}.${nextEntry}`;
