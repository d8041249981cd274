/** Conditions on materialized paths. By whole segments: `/a` does not cover `/ab`. */
import { type SQL, sql } from "drizzle-orm";

/** True when a path is the top's or lies below it. For a path at hand: see {@link isAtOrBelow} for a search. */
export const covers = (top: SQL, path: SQL) => sql`public.path_covers(${top}, ${path})`;

/** True when a path lies below another. '0' is what comes after '/', so this is one range of the index. */
export const isBelow = (path: SQL, top: SQL) => sql`(${path} > ${top} || '/' and ${path} < ${top} || '0')`;

/** True when a path is another or lies below it: one range of the index, less `/a-b` in the one of `/a`. */
export const isAtOrBelow = (path: SQL, top: SQL) => sql`(
  ${path} >= ${top} and ${path} < ${top} || '0' and ${covers(top, path)})`;
