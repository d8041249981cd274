import { eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Caller as CallerExpression, requireCaller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { tenants } from "../db/people/tenant-tables.ts";
import { instant } from "../db/rows.ts";
import { users } from "../db/tables.ts";

/** The signed-in user who views a page, as the header shows them. */
export type Caller = {
  user_id: string;
  tenant_id: string;
  tenant_name: string;
  name: string;
  role: Role;
  is_administrator: boolean;
  /** True when the session began with a login. Only then, questions that are for people may be answered. */
  is_person: boolean;
  /** How many open questions the user may answer: at most 100, for more. */
  questions: number;
};

/** The columns of a user from which the displayed name is made. */
type Named = Record<"firstName" | "lastName" | "email" | "id", SQLWrapper>;

/** The displayed name of a user. */
export const nameOf = ({ firstName, lastName, email, id }: Named): SQL<string> =>
  sql<string>`public.display_name(${firstName}, ${lastName}, ${email}, ${id})`;

/** The displayed name of the user with this id. */
export const nameOfUser = (db: Database, id: SQLWrapper): SQL<string> =>
  sql<string>`(${db
    .select({ name: nameOf(users) })
    .from(users)
    .where(sql`${users.id} = ${id}`)})`;

/** Selects the caller of a page, as part of a batch of drizzle's query builder. */
export const selectCaller = (db: Database, expression: CallerExpression) =>
  db
    .with(expression)
    .select({
      user_id: expression.userId,
      tenant_id: expression.tenantId,
      tenantId: expression.tenantId,
      tenant_name: tenants.name,
      name: nameOf(users),
      role: expression.role,
      is_administrator: expression.isAdministrator,
      is_person: expression.isPerson,
      questions: sql<number>`public.count_questions(
        ${expression.role}, ${expression.tenantId}, ${expression.userId}, ${expression.isPerson})`,
      now: instant(sql`statement_timestamp()`),
    })
    .from(expression)
    .innerJoin(users, eq(users.id, expression.userId))
    .innerJoin(tenants, eq(tenants.id, expression.tenantId));

/**
 * The caller of a page, and the database's clock, from the row of {@link selectCaller}.
 * @throws Unauthenticated when there is no row, and so no caller
 */
export function requirePageCaller(rows: Awaited<ReturnType<typeof selectCaller>>): { caller: Caller; now: string } {
  const { now, ...caller } = requireCaller(rows);
  return { caller, now };
}
