/** The table of logins: who signs in by which account of the login service. */
import { sql } from "drizzle-orm";
import { check, foreignKey, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt } from "../columns.ts";
import { users } from "../tables.ts";

/**
 * An account of the login service (OpenID Connect) that is tied to a user. In a tenant, an account is tied to at most one user, and a
 * user to at most one account.
 */
export const logins = pgTable(
  "logins",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    /** The claims that identify the account: its issuer, and the subject, which the issuer never gives to another account. */
    iss: text("iss").notNull(),
    sub: text("sub").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("logins_user_key").on(t.tenantId, t.userId),
    // Begins with the account, since a sign-in looks for its users in all tenants.
    unique("logins_account_key").on(t.iss, t.sub, t.tenantId),
    foreignKey({
      name: "logins_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    check(
      "logins_account_check",
      sql`char_length(${t.iss}) between 1 and 500 and char_length(${t.sub}) between 1 and 255`,
    ),
  ],
);
