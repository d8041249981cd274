import { desc, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Caller } from "../../../db/caller.ts";
import { users } from "../../../db/tables.ts";
import { toStorable } from "../../../http/text.ts";

/** In characters. */
export const MAX_LENGTH = 200;

/** The searched text of a URL's query parameter, in a form that Postgres can handle. */
export const readWords = (text: string | undefined): string => toStorable((text ?? "").slice(0, MAX_LENGTH)).trim();

/**
 * True when `text` is of the caller's tenant and has words that begin with each of the first eight of `words`, which somebody
 * typed. It uses the GIN indexes of `public.search_words`. Their entries begin with the tenant, so it reads no entry of another.
 */
export const matchesWords = (caller: Caller, tenantId: SQLWrapper, text: SQLWrapper, words: string): SQL<boolean> =>
  // `is true` keeps the planner from using the indexes by tenant: for a large tenant, it would read all of its entries.
  sql<boolean>`((${tenantId} = ${caller.tenantId}) is true
    and public.search_words(${tenantId}, ${text}) @@ public.search_query(${caller.tenantId}, ${words}))`;

/** The text in which a user is searched. It must be the same expression as in the index. */
const textOfUser = sql`
  coalesce(${users.firstName}, '') || ' ' || coalesce(${users.lastName}, '') || ' ' || coalesce(${users.email}, '')`;

/** True for a user of the caller's tenant whose name or email has words that begin with each of these. */
export const userMatches = (caller: Caller, words: string): SQL<boolean> =>
  sql<boolean>`(${users.deletedAt} is null and ${matchesWords(caller, users.tenantId, textOfUser, words)})`;

/** Orders first what has exactly this name. */
export const isExactly = (name: SQLWrapper, text: string): SQL[] => [
  desc(sql`coalesce(lower(${name}) = lower(${text}), false)`),
];
