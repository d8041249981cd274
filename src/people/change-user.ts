/**
 * Changes of the users of a tenant. Each is one batch, which begins by locking the tenant's row in a statement of
 * its own: what comes after sees all that the lock's last holder did, so that two who demote or deactivate each
 * other, or pass ownership on at once, cannot leave the tenant without an OWNER or with two.
 */
import { type SQL, sql } from "drizzle-orm";
import { authenticated, type Credential, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { Problem } from "../http/problems.ts";
import { type Admission, administers, admission, admitAdministrator } from "./admission.ts";
import { type UserRow, userColumns } from "./users.ts";

/** Whom to change. */
export type ChosenUser = { credential: Credential; tenantId: string; userId: string };

/** What a change came to. All but "done" left everything as it was. */
type Verdict = "done" | "not_admitted" | "not_found" | "self" | "owner" | "only_owner_may" | "deactivated";

/**
 * Gives a user another role. An OWNER may make somebody else the OWNER, and is an ADMIN from then on: a tenant has
 * exactly one.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a deactivated user who would be OWNER
 */
export async function changeRole(db: Database, request: ChosenUser, role: Role): Promise<UserRow> {
  const isPassedOn = role === "OWNER";
  return changeUser(
    db,
    request,
    sql`
      when ${isPassedOn}::boolean and p.role <> 'OWNER' then 'only_owner_may'
      when ${isPassedOn}::boolean and u.deactivated_at is not null then 'deactivated'`,
    sql`
      update users u
      set role = case when u.id = chosen.id then ${role} else 'ADMIN' end, updated_at = statement_timestamp()
      from chosen
      where chosen.verdict = 'done' and u.tenant_id = chosen.tenant_id
        and (u.id = chosen.id and u.role <> ${role} or ${isPassedOn}::boolean and u.role = 'OWNER')`,
  );
}

/**
 * Puts a user out at once, with every credential they have, or lets them in again with what they had.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 */
export async function changeActivation(db: Database, request: ChosenUser, isActive: boolean): Promise<UserRow> {
  return changeUser(
    db,
    request,
    sql``,
    sql`
      update users u
      set deactivated_at = case when not ${isActive}::boolean then statement_timestamp() end,
          updated_at = statement_timestamp()
      from chosen
      where chosen.verdict = 'done' and u.id = chosen.id and (u.deactivated_at is null) <> ${isActive}::boolean`,
  );
}

/** The batch of a change: the tenant's lock, the change itself for who is `chosen`, the user as they stand then. */
async function changeUser(db: Database, request: ChosenUser, cases: SQL, change: SQL): Promise<UserRow> {
  const { credential, tenantId, userId } = request;
  // Guarantees: a tenant has exactly one OWNER, and nobody but the OWNER touches the OWNER.
  // Closes the race between two changes: the second is judged by what the first has left.
  const [, { rows }, { rows: users }] = await db.batch([
    db.execute(sql`
      with ${principal(credential)}
      select t.id from principal p join tenants t on t.id = p.tenant_id
      where ${administers(tenantId)}
      for no key update of t`),
    db.execute<Admission & { verdict: Verdict }>(sql`
      with ${principal(credential)}, chosen as (
        select p.tenant_id, u.id,
          case
            when not ${administers(tenantId)} then 'not_admitted'
            when u.id is null then 'not_found'
            when u.id = p.user_id then 'self'
            when u.role = 'OWNER' then 'owner'
            ${cases}
            else 'done'
          end as verdict
        from principal p left join users u on u.tenant_id = p.tenant_id and u.id = ${userId}
      ), changed as (${change})
      select ${admission(tenantId)}, chosen.verdict, ${ofTenant} from principal p cross join chosen`),
    db.execute<UserRow>(sql`
      with ${principal(credential)}
      select ${userColumns} from principal p join users u on u.tenant_id = p.tenant_id and u.id = ${userId}
      where ${administers(tenantId)}`),
  ]);
  const { verdict, ...admitted } = authenticated(rows);
  admitAdministrator(admitted);
  if (verdict !== "done") throw refusal(verdict);
  const [user] = users;
  if (!user) throw new Error("A user who was just changed is not to be seen.");
  return user;
}

function refusal(verdict: Exclude<Verdict, "done">): Problem {
  switch (verdict) {
    case "self":
      return new Problem("forbidden", "Nobody changes their own role or deactivates themselves. Ask somebody else.");
    case "owner":
      return new Problem("forbidden", "Only the OWNER may change that, by making somebody else the OWNER.");
    case "only_owner_may":
      return new Problem("forbidden", "You need the role OWNER to pass it on.");
    case "deactivated":
      return new Problem("conflict", "The user is deactivated. Activate them first.");
    default:
      return new Problem("not_found", "There is no such user in the tenant.");
  }
}
