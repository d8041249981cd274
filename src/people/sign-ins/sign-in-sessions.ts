import { and, desc, eq, type SQL, sql } from "drizzle-orm";
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

/**
 * True for a session that has not ended, and that the caller may see: their own; for an OWNER or ADMIN, each of the tenant. Those whose
 * key or login has ended are not found: see `session_holds` in SQL.
 */
export const isOpenSession = (caller: Caller): SQL | undefined =>
  and(
    eq(signInSessions.tenantId, caller.tenantId),
    maySeeUser(caller, signInSessions.userId),
    sql`public.sign_in_session_is_open(${signInSessions.endedAt}, ${signInSessions.endsAt})`,
    sql`public.sign_in_still_works(${signInSessions.tenantId}, ${signInSessions.userId}, ${signInSessions.loginId}, ${signInSessions.apiKeyId})`,
  );

/** The open sessions of a user, those that began last first. By default those of the caller. */
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
      .innerJoin(signInSessions, and(isOpenSession(caller), eq(signInSessions.userId, userId ?? caller.userId)))
      .orderBy(desc(signInSessions.beganAt), desc(signInSessions.id))
      .limit(limit)
      .offset(offset),
  });
  requireCaller(callers);
  return sessions;
}
