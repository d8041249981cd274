/** The verbs of the sessions that people have on the dashboard after a sign-in. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { ROLES, type Role } from "../../db/enums.ts";
import type { NewSession, SessionName } from "../../http/credentials/session-token.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { accountProblem, signInSessionProblem } from "../refusals.ts";

/** How many characters of a name the session token has. Browsers only keep cookies of up to 4096 bytes. */
const MAX_NAME = 80;

/** What the session token says about a user. */
export const sessionName = (user: { name: string; tenantName: string; role: Role }): SessionName => ({
  name: user.name.slice(0, MAX_NAME),
  tenant_name: user.tenantName.slice(0, MAX_NAME),
  role: user.role,
});

const personSchema = z.object({
  tenant_id: z.string(),
  tenant_name: z.string(),
  user_id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  session_id: z.string(),
});

/** The fields of {@link NewSession} that say who the user is. */
const personOf = ({ tenant_id, tenant_name, user_id, name, role, session_id }: z.infer<typeof personSchema>) => ({
  userId: user_id,
  tenantId: tenant_id,
  signInSessionId: session_id,
  name: sessionName({ name, tenantName: tenant_name, role }),
});

/**
 * Begins a session for the caller's API key. It ends `sessionSeconds` from now by the database's clock, or when the key ends if that is
 * earlier.
 */
export const signInByKey = defineVerb({
  name: "sign_in_by_key",
  args: (sessionSeconds: number) => ({ session_id: newId(), session_seconds: sessionSeconds }),
  result: personSchema.extend({ api_key_id: z.string(), began_at: z.number(), expires_at: z.number() }).transform(
    ({ api_key_id: apiKeyId, began_at: beganAt, expires_at: expiresAt, ...person }): NewSession => ({
      ...personOf(person),
      ...{ apiKeyId, loginId: null, beganAt, expiresAt },
    }),
  ),
});

/**
 * Ends the caller's session, which began with a login, and begins one of the same account in another tenant. If the person was added there by
 * their email, they agree by this: the account is tied to that user.
 * Refused with Problem `not_found` when the account cannot enter that tenant.
 */
export const enterTenant = defineVerb({
  name: "enter_tenant",
  args: (tenantId: string) => ({ tenant_id: tenantId, session_id: newId() }),
  result: personSchema
    .extend({ login_id: z.string() })
    .transform(({ login_id: loginId, ...person }) => ({ ...personOf(person), loginId })),
  refusals: z.object({ refused: z.literal("not_found") }),
  refuse: () => accountProblem("no_such_tenant"),
});

/**
 * Ends one session: from the next request on it is refused, and the streams of its user end.
 * Refused with Problem `not_found`, or `forbidden` for a session of the OWNER, which only the OWNER may end.
 */
export const endSignInSession = defineVerb({
  name: "end_sign_in_session",
  args: (id: string) => ({ session_id: id }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(["not_found", "of_owner"]) }),
  refuse: ({ refused }) => signInSessionProblem(refused),
});

/**
 * Ends all sessions of a user; null for the caller. `ended` is how many were open.
 * Refused with Problem `not_found`, or `forbidden` for the OWNER's.
 */
export const endSignInSessions = defineVerb({
  name: "end_sign_in_sessions",
  args: (userId: string | null) => ({ user_id: userId }),
  result: z.object({ ended: z.int() }),
  refusals: z.object({ refused: z.enum(["not_found", "of_owner"]) }),
  refuse: ({ refused }) => signInSessionProblem(refused === "not_found" ? "no_such_user" : refused),
});
