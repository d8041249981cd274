import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/** An instant in the format of the API, `2026-01-31T12:00:00.000Z`. */
export const instant = (at: SQLWrapper): SQL<string> => sql<string>`public.wire_instant(${at})`;

/** The same for an instant that may be null. */
export const instantOrNull = (at: SQLWrapper): SQL<string | null> => instant(at);

/** Seconds since an instant; null for null. */
export const secondsSince = <Seconds extends number | null = number | null>(at: SQLWrapper): SQL<Seconds> =>
  sql<Seconds>`extract(epoch from statement_timestamp() - ${at})::float8`;
