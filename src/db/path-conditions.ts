/** Conditions on materialized paths, compared by whole names: `/a` does not cover `/ab`. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/** True when a path is `top` or lies below it. It cannot use the index: to search for such paths, use {@link isAtOrBelow}. */
const covers = (top: SQLWrapper, path: SQLWrapper): SQL<boolean> => sql<boolean>`public.path_covers(${top}, ${path})`;

/** True when a path lies below `top`. It is one range of the index, since '0' is the character after '/'. */
export const isBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} > ${top} || '/' and ${path} < ${top} || '0')`;

/** True when a path is `top` or lies below it: one range of the index, from which `covers` removes `/a-b` when `top` is `/a`. */
export const isAtOrBelow = (path: SQLWrapper, top: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(${path} >= ${top} and ${path} < ${top} || '0' and ${covers(top, path)})`;
