/**
 * Changes of the users of a tenant. Each change is one batch, whose first statement locks the tenant's row. The later
 * statements have fresh snapshots and see all that the last holder of the lock did. So when two users demote or deactivate each
 * other, or pass the ownership on at the same time, the tenant still has exactly one OWNER.
 */
import { and, eq, inArray, ne, or, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy } from "../db/caller.ts";
import { batch, type Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { apiKeys, tenants, userPermissions, users } from "../db/tables.ts";
import { admitAdministrator, userProblem } from "./refusals.ts";
import { type Admission, administers, admission, isOfTenant, type User, userColumns } from "./users.ts";

/** The user to change. */
export type ChosenUser = { credential: Credential; tenantId: string; userId: string };

/** The outcome of a change. Unless it is "done", nothing was changed. */
type Verdict = "done" | "not_found" | "self" | "owner" | "only_owner_may" | "deactivated";

/**
 * Gives a user another role. When an OWNER makes another user the OWNER, they become an ADMIN themselves: a tenant has exactly
 * one OWNER.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a deactivated user who would become the OWNER
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
 * Deactivates a user, whose credentials all stop working at once; or activates the user again, with the same credentials and
 * permissions.
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
 * Deletes a user. Their keys, sessions and permissions end at once. The row is kept for the runs that refer to it, but is not
 * listed any more, and the email can be used for a new user.
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
    // The last statement, because the ones before it only find users who are not deleted.
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
 * The parts of a change: the lock of the tenant's row; the common table expression `judged` with the verdict, and the query
 * that returns it; and the user after the change. `cases` are refusals of this change alone.
 */
function prepareChange(db: Database, request: ChosenUser, cases: (caller: Caller) => SQL[] = () => []) {
  const { credential, tenantId, userId } = request;
  const caller = callerBy(db, credential);
  // Guarantees: a tenant has exactly one OWNER, and only the OWNER changes the OWNER.
  // Closes the race between two changes: the second one is judged by the result of the first.
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
  // A caller who does not administer the tenant is refused, whatever the verdict.
  const { verdict } = admitAdministrator(verdicts);
  if (verdict !== "done") throw userProblem(verdict);
}

/** The user after a change that was made. */
function requireUser(verdicts: readonly (Admission & { verdict: Verdict })[], user: User | undefined): User {
  requireDone(verdicts);
  if (!user) throw new Error("A user who was just changed is not found.");
  return user;
}
