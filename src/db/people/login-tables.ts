/** The tables of logins, who signs in by which account of the login service, of the sessions after a sign-in, and of agents' access. */
import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { bytes, createdAt, instant } from "../columns.ts";
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
    /** The verified email that the account had when it last signed in. Null when it had none. */
    email: text("email"),
    createdAt: createdAt(),
    /** When a session last began with it. */
    enteredAt: instant("entered_at"),
    /** The hour in which a session that began with it was last used. Isolates tell it once an hour, so it may be too early: `note_uses`. */
    lastUsedAt: instant("last_used_at"),
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

/**
 * A person's time on the dashboard after a sign-in. The session's cookie names it, and `find_caller` accepts the cookie only while the
 * session has not ended.
 */
export const signInSessions = pgTable(
  "sign_in_sessions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    /** The session began with a login or with an API key, and ends when that ends. That row may have been deleted since. */
    loginId: uuid("login_id"),
    apiKeyId: uuid("api_key_id"),
    beganAt: instant("began_at").notNull(),
    /** The hour in which it was last used. Isolates tell it once an hour, so it may be too early: `note_uses`. */
    lastUsedAt: instant("last_used_at").notNull(),
    /** When it ends at the latest, however often it is used. */
    endsAt: instant("ends_at").notNull(),
    /** When somebody ended it. */
    endedAt: instant("ended_at"),
  },
  (t) => [
    unique("sign_in_sessions_tenant_id_id_key").on(t.tenantId, t.id),
    foreignKey({
      name: "sign_in_sessions_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    index("sign_in_sessions_user_index").on(t.tenantId, t.userId, t.beganAt),
    // Sessions that have ended: `delete_old_runs`.
    index("sign_in_sessions_end_index").on(sql`least(${t.endedAt}, ${t.endsAt})`),
    check("sign_in_sessions_begun_check", sql`(${t.loginId} is null) <> (${t.apiKeyId} is null)`),
  ],
);

/**
 * A code by which the command line gets an API key, after a signed-in person has agreed. Making the key deletes the code, and the code
 * ends with the session in which the person agreed.
 */
export const commandLineCodes = pgTable(
  "command_line_codes",
  {
    /** SHA-256 of the code. The code itself goes through the person's browser, and is not stored. */
    codeHash: bytes("code_hash").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    signInSessionId: uuid("sign_in_session_id").notNull(),
    /** The PKCE challenge of the command line that asked (RFC 7636): only this one can use the code. */
    codeChallenge: text("code_challenge").notNull(),
    /** The name of the key that will be made. */
    keyName: text("key_name").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    foreignKey({
      name: "command_line_codes_session_fkey",
      columns: [t.tenantId, t.signInSessionId],
      foreignColumns: [signInSessions.tenantId, signInSessions.id],
    }).onDelete("cascade"),
    index("command_line_codes_session_index").on(t.tenantId, t.signInSessionId),
    check("command_line_codes_code_hash_check", sql`octet_length(${t.codeHash}) = 32`),
    check("command_line_codes_code_challenge_check", sql`char_length(${t.codeChallenge}) = 43`),
    check("command_line_codes_key_name_check", sql`char_length(${t.keyName}) between 1 and 100`),
  ],
);

/**
 * That a person lets an agent use the service on their behalf, by OAuth. Its tokens are signed and name the grant, and are accepted only
 * while it is there. Nothing of them is stored but `generation`, the number of the newest refresh token: 0 until the agent has exchanged
 * the code that it got first.
 */
export const agentGrants = pgTable(
  "agent_grants",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    userId: uuid("user_id").notNull(),
    /** As the agent calls itself. Nobody checks that. */
    clientName: text("client_name").notNull(),
    /** Where the code went. */
    redirectHost: text("redirect_host").notNull(),
    scopes: text("scopes").array().notNull(),
    generation: integer("generation").notNull().default(0),
    createdAt: createdAt(),
    /** When the agent last got a token, which works for an hour. */
    renewedAt: instant("renewed_at").notNull(),
  },
  (t) => [
    foreignKey({
      name: "agent_grants_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    index("agent_grants_user_index").on(t.tenantId, t.userId),
    check(
      "agent_grants_texts_check",
      sql`char_length(${t.clientName}) between 1 and 100 and char_length(${t.redirectHost}) between 1 and 300`,
    ),
    check("agent_grants_scopes_check", sql`${t.scopes} in ('{read}', '{read,run}')`),
    check("agent_grants_generation_check", sql`${t.generation} >= 0`),
  ],
);
