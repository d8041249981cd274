import { and, desc, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import { type Caller, callerBy, maySeeUser, requireCaller } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { signInSessions } from "../../db/people/login-tables.ts";

/** The columns of {@link SignInSession}. */
export const signInSessionColumns = {
  id: signInSessions.id,
  userId: signInSessions.userId,
  loginId: signInSessions.loginId,
  apiKeyId: signInSessions.apiKeyId,
  beganAt: signInSessions.beganAt,
  lastUsedAt: signInSessions.lastUsedAt,
  endsAt: signInSessions.endsAt,
};

/** An open session of the dashboard. `lastUsedAt` is the hour in which it was last used. */
export type SignInSession = Pick<typeof signInSessions.$inferSelect, keyof typeof signInSessionColumns>;

/** True for an open session of this user, if the caller may see it: a USER only their own; an OWNER or ADMIN, each of the tenant. */
export const isOpenSession = (caller: Caller, userId: SQLWrapper): SQL | undefined =>
  and(
    maySeeUser(caller, userId),
    sql`${signInSessions.id} in (select s.id from public.open_sign_in_sessions(${caller.tenantId}, ${userId}) s)`,
  );

/** How many sessions a page of the list has at most. */
export const MAX_LISTED_SESSIONS = 100;

/**
 * The open sessions of one user that the caller may see, newest first. When no user is named, these are the caller's own.
 * @throws Unauthenticated
 */
export async function listSignInSessions(
  db: Database,
  credential: Credential,
  { userId, limit, offset }: { userId: string | undefined; limit: number; offset: number },
): Promise<SignInSession[]> {
  const caller = callerBy(db, credential);
  const { callers, sessions } = await repeatable(db).batch({
    callers: db.with(caller).select({ tenantId: caller.tenantId }).from(caller),
    sessions: db
      .with(caller)
      .select(signInSessionColumns)
      .from(caller)
      .innerJoin(signInSessions, isOpenSession(caller, userId === undefined ? caller.userId : sql`${userId}::uuid`))
      .orderBy(desc(signInSessions.beganAt), desc(signInSessions.id))
      .limit(limit)
      .offset(offset),
  });
  requireCaller(callers);
  return sessions;
}
