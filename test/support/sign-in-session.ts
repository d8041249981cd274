import type { NeonQueryFunction } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { challengeOf, generateCode, hashCode } from "../../src/people/sign-ins/command-line-verbs.ts";

type Sql = NeonQueryFunction<false, false>;

/** Begins a session of a user by their first key, without the service. Returns the claims of a token that names it. */
export async function addSignInSession(
  { sql }: { sql: Sql },
  userId: string,
): Promise<{ sid: string; api_key_id: string }> {
  const sid = uuid();
  const [row] = await sql`
    insert into sign_in_sessions (id, tenant_id, user_id, api_key_id, began_at, last_used_at, ends_at)
    select ${sid}, k.tenant_id, k.user_id, k.id, statement_timestamp(), date_trunc('hour', statement_timestamp()),
      statement_timestamp() + interval '7 days'
    from api_keys k where k.user_id = ${userId} order by k.created_at limit 1
    returning api_key_id`;
  if (row === undefined) throw new Error("The user has no key.");
  return { sid, api_key_id: String(row.api_key_id) };
}

/** The same for a session that began with a login. */
export async function addLoginSession(
  database: { sql: Sql },
  userId: string,
): Promise<{ sid: string; login_id: string }> {
  const { sid } = await addSignInSession(database, userId);
  const [login] = await database.sql`
    insert into logins (id, tenant_id, user_id, iss, sub)
    select gen_random_uuid(), u.tenant_id, u.id, 'https://login.test', u.id from users u where u.id = ${userId}
    returning id`;
  const id = String(login?.id);
  await database.sql`update sign_in_sessions set api_key_id = null, login_id = ${id} where id = ${sid}`;
  return { sid, login_id: id };
}

/** The PKCE verifier of the codes of the tests. */
export const VERIFIER = "verifier-of-the-command-line-of-the-tests-0123456789";

/** A code to which a user has agreed in this session. */
export async function addCommandLineCode({ sql }: { sql: Sql }, sessionId: string, name: string): Promise<string> {
  const code = generateCode();
  await sql`
    insert into command_line_codes (code_hash, tenant_id, sign_in_session_id, code_challenge, key_name, expires_at)
    select decode(${await hashCode(code)}, 'hex'), s.tenant_id, s.id, ${await challengeOf(VERIFIER)}, ${name},
      statement_timestamp() + interval '1 minute'
    from sign_in_sessions s where s.id = ${sessionId}`;
  return code;
}

/** An agent that has access on behalf of a user. Returns the id of its grant. */
export async function addAgentGrant({ sql }: { sql: Sql }, tenant: { id: string }, userId: string): Promise<string> {
  const id = uuid();
  await sql`
    insert into agent_grants (id, tenant_id, user_id, client_name, redirect_host, scopes, generation, renewed_at)
    values (${id}, ${tenant.id}, ${userId}, 'Test', '127.0.0.1', '{read,run}', 1, statement_timestamp())`;
  return id;
}
