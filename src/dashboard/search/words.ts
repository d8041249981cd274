import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Caller } from "../../db/caller.ts";
import { users } from "../../db/tables.ts";
import { toStorable } from "../../http/text.ts";

/** In characters. */
export const MAX_LENGTH = 200;

/** What somebody searches for, as the query of an address has it. */
export const readWords = (text: string | undefined): string => toStorable((text ?? "").slice(0, MAX_LENGTH)).trim();

/**
 * True when a text of the caller's tenant has words that begin with each of these. It is found by the GIN indexes of
 * `public.search_words`, which hold the tenant as a word of its own. `words` is what somebody typed.
 */
export const matchesWords = (caller: Caller, tenantId: SQLWrapper, text: SQLWrapper, words: string): SQL<boolean> =>
  // `is true` keeps the planner from the indexes by tenant, of which it would read all entries of a large one.
  sql<boolean>`((${tenantId} = ${caller.tenantId}) is true
    and public.search_words(${tenantId}, ${text}) @@ public.search_query(${caller.tenantId}, ${words}))`;

/** The text by which a user is found: the same as in the index. */
const textOfUser = sql`
  coalesce(${users.firstName}, '') || ' ' || coalesce(${users.lastName}, '') || ' ' || coalesce(${users.email}, '')`;

/** True for a user of the caller's tenant whose name or email has words that begin with each of these. */
export const userMatches = (caller: Caller, words: string): SQL<boolean> =>
  sql<boolean>`(${users.deletedAt} is null and ${matchesWords(caller, users.tenantId, textOfUser, words)})`;
