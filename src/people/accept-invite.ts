/** The two ways to accept an invite: with its link, or with a session of the login service. */
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { ROLES, type Role } from "../db/enums.ts";
import type { NewSession } from "../http/credentials/session-token.ts";
import { acceptProblem } from "./refusals.ts";

/** Hashes are hex SHA-256. `userId` is the id of the new user, who is created if nobody in the tenant has the email. */
export type Redemption = {
  inviteId: string;
  secretHash: string;
  userId: string;
  key: { id: string; hash: string; suffix: string };
  sessionSeconds: number;
};

const redeemedSchema = z.union([
  z.object({ refused: z.literal("not_found") }),
  z.object({
    tenant_id: z.string(),
    tenant_name: z.string(),
    user_id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    expires_at: z.number(),
  }),
]);

export type Redeemed = { session: NewSession; tenantName: string };

/**
 * Accepts an invite for the holder of its link: creates the user with a first API key, and begins a session. Null when the link
 * is wrong, used, withdrawn or expired.
 */
export async function redeemInvite(db: Database, redemption: Redemption): Promise<Redeemed | null> {
  const { inviteId, secretHash, userId, key, sessionSeconds } = redemption;
  const answer = await callFunction(
    db,
    "redeem_invite",
    {
      invite_id: inviteId,
      secret_hash: secretHash,
      user_id: userId,
      key_id: key.id,
      key_hash: key.hash,
      key_suffix: key.suffix,
      session_seconds: sessionSeconds,
    },
    redeemedSchema,
  );
  if ("refused" in answer) return null;
  const { tenant_id: tenantId, tenant_name, user_id, expires_at: expiresAt, name, role } = answer;
  const beganAt = expiresAt - sessionSeconds;
  const session = {
    userId: user_id,
    tenantId,
    apiKeyId: key.id,
    beganAt,
    expiresAt,
    name: { name, tenant_name, role },
  };
  return { session, tenantName: tenant_name };
}

const acceptedSchema = z.union([
  z.object({ refused: z.enum(["not_found", "other_tenant", "email_taken"]) }),
  z.object({ tenant_id: z.string(), role: z.enum(ROLES) }),
]);

/**
 * Accepts an invite for the caller, who has a session of the login service. The verified email of that session must be the
 * invited one.
 * @throws Problem `unauthenticated`; `not_found` when the email differs; `conflict` when the user belongs to another tenant, or
 * when another user of the tenant has the email
 */
export async function acceptInvite(
  db: Database,
  credential: Credential,
  inviteId: string,
): Promise<{ tenantId: string; role: Role }> {
  const args = { credential: credentialArgument(credential), invite_id: inviteId };
  const answer = await callFunction(db, "accept_invite", args, acceptedSchema);
  if ("refused" in answer) throw acceptProblem(answer.refused);
  return { tenantId: answer.tenant_id, role: answer.role };
}
