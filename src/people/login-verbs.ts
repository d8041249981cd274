/** The verbs of signing in by the login service. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { ROLES, type Role } from "../db/enums.ts";
import type { NewSession } from "../http/credentials/session-token.ts";
import { defineVerb } from "../verbs/verb.ts";
import { ADMINISTRATOR_REFUSALS, accountProblem, loginProblem } from "./refusals.ts";
import { sessionName } from "./sign-ins/sign-in-verbs.ts";
import type { ChosenUser } from "./user-verbs.ts";

/** The account of a person, as an ID token of the login service describes it. Instants are in seconds since 1970. */
export type Account = {
  issuer: string;
  subject: string;
  /** Null unless it is verified. Its letters A to Z are in lower case. */
  email: string | null;
  expiresAt: number;
  notBefore: number;
};

const accountArgument = ({ issuer, subject, email, expiresAt, notBefore }: Account) => ({
  json: { iss: issuer, sub: subject, email, expires_at: expiresAt, not_before: notBefore },
});

/** The session that begins by a sign-in, how many tenants the account can enter, and into how many more it was added by its email. */
export type SignedIn = { session: NewSession; tenants: number; offers: number };

const tenantSchema = z.object({
  tenant_id: z.string(),
  tenant_name: z.string(),
  user_id: z.string(),
  login_id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
});

/** `sessions_of_account` in SQL. The session begins in the first tenant. */
const signedInSchema = z
  .object({
    began_at: z.number(),
    expires_at: z.number(),
    session_id: z.string(),
    tenants: z.tuple([tenantSchema], tenantSchema),
    offers: z.int().default(0),
  })
  .transform(({ began_at: beganAt, expires_at: expiresAt, session_id: signInSessionId, tenants, offers }): SignedIn => {
    const [{ tenant_id: tenantId, user_id: userId, login_id: loginId, name, tenant_name: tenantName, role }] = tenants;
    const person = { userId, tenantId, apiKeyId: null, loginId, name: sessionName({ name, tenantName, role }) };
    return { session: { ...person, signInSessionId, beganAt, expiresAt }, tenants: tenants.length, offers };
  });

/** A tenant to which a person was added by their email, and who they are there. */
export type AskedTenant = { tenantId: string; tenantName: string; name: string; role: Role };

const asksSchema = z.object({
  asks: z.array(
    z
      .object({ tenant_id: z.string(), tenant_name: z.string(), name: z.string(), role: z.enum(ROLES) })
      .transform(
        ({ tenant_id: tenantId, tenant_name: tenantName, ...who }): AskedTenant => ({ tenantId, tenantName, ...who }),
      ),
  ),
});

type SignIn = { account: Account; sessionSeconds: number; tenantId: string | null };

/**
 * Signs a person in by their account. The result has the session in the tenant in which the account was last. Somebody whose account is tied
 * to nobody yet is asked which tenant they join, and has chosen `tenantId`: until then, the result has the tenants that they may choose.
 * Refused with Unauthenticated when the ID token has expired, and with Problem `forbidden` when the account belongs to nobody.
 */
export const signInByLogin = defineVerb({
  name: "sign_in_by_login",
  args: ({ account, sessionSeconds, tenantId }: SignIn) => ({
    account: accountArgument(account),
    session_seconds: sessionSeconds,
    session_id: newId(),
    asks: true,
    tenant_id: tenantId,
  }),
  result: z.union([asksSchema, signedInSchema]),
  refusals: z.object({ refused: z.literal("unknown_account") }),
  refuse: ({ refused }) => accountProblem(refused),
});

/** `secretHash` is that of the invite's link, in hex. */
export type RedemptionByLogin = { inviteId: string; secretHash: string; account: Account; sessionSeconds: number };

/**
 * Accepts an invite for the holder of its link: ties their account to the invited user. The result has the session.
 * Refused with Problem `not_found` when the link is wrong, used, withdrawn or expired, and with `conflict` when another user of the
 * tenant signs in by this account.
 */
export const redeemInviteByLogin = defineVerb({
  name: "redeem_invite_by_login",
  args: ({ inviteId, secretHash, account, sessionSeconds }: RedemptionByLogin) => ({
    invite_id: inviteId,
    secret_hash: secretHash,
    account: accountArgument(account),
    user_id: newId(),
    login_id: newId(),
    session_seconds: sessionSeconds,
    session_id: newId(),
  }),
  result: signedInSchema,
  refusals: z.object({ refused: z.enum(["not_found", "account_taken"]) }),
  refuse: ({ refused }) => accountProblem(refused),
});

/**
 * Unties a user from their account, and ends the sessions that began with it.
 * Refused with Problem `not_found`, or `forbidden` for the OWNER and for oneself.
 */
export const untieLogin = defineVerb({
  name: "untie_login",
  args: ({ tenantId, userId }: ChosenUser) => ({ tenant_id: tenantId, user_id: userId }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum([...ADMINISTRATOR_REFUSALS, "not_found", "self", "owner"]) }),
  refuse: ({ refused }) => loginProblem(refused),
});
