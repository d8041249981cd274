/**
 * Changes of the users of a tenant. Each is one batch, which begins by locking the tenant's row in a statement of
 * its own: the statements after it see all that the lock's last holder did. So two who demote or deactivate each
 * other, or pass ownership on at once, cannot leave the tenant without an OWNER or with two.
 */
import { and, eq, inArray, ne, or, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy } from "../db/caller.ts";
import { batch, type Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { apiKeys, tenants, userPermissions, users } from "../db/tables.ts";
import { admitAdministrator, userProblem } from "./refusals.ts";
import { type Admission, administers, admission, isOfTenant, type User, userColumns } from "./users.ts";

/** Whom to change. */
export type ChosenUser = { credential: Credential; tenantId: string; userId: string };

/** What a change came to. All but "done" left everything as it was. */
type Verdict = "done" | "not_found" | "self" | "owner" | "only_owner_may" | "deactivated";

/**
 * Gives a user another role. An OWNER may make somebody else the OWNER, and is an ADMIN from then on: a tenant has
 * exactly one.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a deactivated user who would be OWNER
 */
export async function changeRole(db: Database, request: ChosenUser, role: Role): Promise<User> {
  const isPassedOn = sql`${role === "OWNER"}::boolean`;
  const { lock, judged, judge, read } = prepareChange(db, request, (caller) => [
    sql`when ${isPassedOn} and ${caller.role} <> 'OWNER' then 'only_owner_may'`,
    sql`when ${isPassedOn} and ${users.deactivatedAt} is not null then 'deactivated'`,
  ]);
  const isChosen = eq(users.id, judged.userId);
  const {
    verdicts,
    users: [user],
  } = await batch(db, {
    tenantLock: lock,
    verdicts: judge,
    updated: db
      .with(judged)
      .update(users)
      .set({
        role: sql`case when ${isChosen} then ${role} else 'ADMIN' end`,
        updatedAt: sql`statement_timestamp()`,
      })
      .from(judged)
      .where(
        and(
          eq(judged.verdict, "done"),
          eq(users.tenantId, request.tenantId),
          or(and(isChosen, ne(users.role, role)), and(isPassedOn, eq(users.role, "OWNER"))),
        ),
      ),
    users: read,
  });
  return requireUser(verdicts, user);
}

/**
 * Deactivates a user at once, with every credential they have, or activates them again with what they had.
 * @throws Unauthenticated
 * @throws Problem `not_found` or `forbidden`
 */
export async function changeActivation(db: Database, request: ChosenUser, isActive: boolean): Promise<User> {
  const { lock, judged, judge, read } = prepareChange(db, request);
  const {
    verdicts,
    users: [user],
  } = await batch(db, {
    tenantLock: lock,
    verdicts: judge,
    updated: db
      .with(judged)
      .update(users)
      .set({
        deactivatedAt: isActive ? null : sql`statement_timestamp()`,
        updatedAt: sql`statement_timestamp()`,
      })
      .from(judged)
      .where(
        and(
          eq(judged.verdict, "done"),
          eq(users.id, judged.userId),
          sql`(${users.deactivatedAt} is null) <> ${isActive}::boolean`,
        ),
      ),
    users: read,
  });
  return requireUser(verdicts, user);
}

/**
 * Deletes a user: their keys, sessions and permissions end at once. The row stays for the runs that refer to it, and
 * is listed no more; the email is free for somebody new.
 * @throws Unauthenticated
 * @throws Problem `not_found` or `forbidden`
 */
export async function deleteUser(db: Database, request: ChosenUser): Promise<void> {
  const { lock, judged, judge } = prepareChange(db, request);
  const chosen = db.select({ id: judged.userId }).from(judged).where(eq(judged.verdict, "done"));
  const { verdicts } = await batch(db, {
    tenantLock: lock,
    verdicts: judge,
    deletedKeys: db
      .with(judged)
      .delete(apiKeys)
      .where(and(eq(apiKeys.tenantId, request.tenantId), inArray(apiKeys.userId, chosen))),
    deletedPermissions: db
      .with(judged)
      .delete(userPermissions)
      .where(and(eq(userPermissions.tenantId, request.tenantId), inArray(userPermissions.userId, chosen))),
    // Last, because the statements before it find the user as one who is not deleted.
    updated: db
      .with(judged)
      .update(users)
      .set({
        deactivatedAt: sql`coalesce(${users.deactivatedAt}, statement_timestamp())`,
        deletedAt: sql`statement_timestamp()`,
        updatedAt: sql`statement_timestamp()`,
      })
      .where(inArray(users.id, chosen)),
  });
  requireDone(verdicts);
}

/**
 * The parts of a change: the tenant's lock, the judgement on it (the common table expression `judged`, and the query
 * that answers it), and the user as they stand after it. `cases` are refusals of this change alone.
 */
function prepareChange(db: Database, request: ChosenUser, cases: (caller: Caller) => SQL[] = () => []) {
  const { credential, tenantId, userId } = request;
  const caller = callerBy(db, credential);
  // Guarantees: a tenant has exactly one OWNER, and nobody but the OWNER changes the OWNER.
  // Closes the race between two changes: the second is judged by what the first has left.
  const lock = db
    .with(caller)
    .select({ id: tenants.id })
    .from(caller)
    .innerJoin(tenants, and(eq(tenants.id, caller.tenantId), administers(caller, tenantId)))
    .for("no key update", { of: tenants });
  const verdict = sql<Verdict>`case
    when ${users.id} is null or not ${administers(caller, tenantId)} then 'not_found'
    when ${users.id} = ${caller.userId} then 'self'
    when ${users.role} = 'OWNER' then 'owner'
    ${sql.join(cases(caller), sql` `)}
    else 'done'
  end`;
  const isAsked = and(isOfTenant(caller), eq(users.id, userId));
  const judge = db
    .with(caller)
    .select({
      ...admission(caller, tenantId),
      verdict: verdict.as("verdict"),
      userId: sql<string>`${users.id}`.as("chosen_id"),
    })
    .from(caller)
    .leftJoin(users, isAsked);
  const judged = db.$with("judged").as(judge);
  const read = db
    .with(caller)
    .select(userColumns)
    .from(caller)
    .innerJoin(users, and(isAsked, administers(caller, tenantId)));
  return { lock, judge, judged, read };
}

function requireDone(verdicts: readonly (Admission & { verdict: Verdict })[]): void {
  // Whoever is no administrator of the tenant is refused before the verdict counts.
  const { verdict } = admitAdministrator(verdicts);
  if (verdict !== "done") throw userProblem(verdict);
}

/** The user after a change that was done. */
function requireUser(verdicts: readonly (Admission & { verdict: Verdict })[], user: User | undefined): User {
  requireDone(verdicts);
  if (!user) throw new Error("A user who was just changed is not found.");
  return user;
}
