/** Column types that several tables use, and conditions on paths. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { customType, timestamp } from "drizzle-orm/pg-core";

/** An instant with millisecond precision. Many JSON clients keep no more digits, so the database keeps no more either. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const bytes = customType<{ data: string }>({ dataType: () => "bytea" });

/** The number of a transaction. It grows with each transaction of the database cluster, and never wraps around. */
export const transactionId = customType<{ data: string }>({ dataType: () => "xid8" });

/** Text that is compared byte by byte, whatever the locale of the database. So all paths below a prefix are one range of an index. */
export const plainText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

export const oneOf = (column: SQL, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`;

export const createdAt = () => instant("created_at").notNull().default(sql`statement_timestamp()`);
export const updatedAt = () => instant("updated_at").notNull().default(sql`statement_timestamp()`);

// Materialized paths are compared by whole names: `/a` does not cover `/ab`.

/** True when `path` is `top` or lies below it. It cannot use an index: to search for such paths, use {@link isAtOrBelow}. */
const covers = (top: SQLWrapper, path: SQLWrapper): SQL<boolean> => sql<boolean>`public.path_covers(${top}, ${path})`;

/** True when a path lies below `top`. It is one range of the index, since '0' is the character after '/'. */
export const isBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} > ${top} || '/' and ${path} < ${top} || '0')`;

/**
 * True when a path is `top` or lies below it. It reads one range of the index, from which `covers` removes paths such as `/a-b`
 * when `top` is `/a`.
 */
export const isAtOrBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} >= ${top} and ${path} < ${top} || '0' and ${covers(top, path)})`;
