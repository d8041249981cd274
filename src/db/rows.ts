import { type SQL, sql } from "drizzle-orm";

/** An instant as the wire has it, `2026-01-31T12:00:00.000Z`, whatever the session's time zone. */
export const instant = (expression: SQL) =>
  sql`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Nothing was found: a left join's columns are all null. */
export type Missing = { id: null };
