import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/** An instant in the format of the API, `2026-01-31T12:00:00.000Z`; null for null. */
export const instant = (at: SQLWrapper): SQL<string> => sql<string>`public.wire_instant(${at})`;
