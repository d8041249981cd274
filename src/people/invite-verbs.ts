/** The verbs that create, withdraw and accept invites. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { ROLES, type Role } from "../db/enums.ts";
import { defineVerb } from "../verbs/verb.ts";
import { INVITE_DAYS, type Invite } from "./invites.ts";
import { ADMINISTRATOR_REFUSALS, acceptProblem, inviteProblem } from "./refusals.ts";

const inviteSchema = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    email: z.string(),
    role: z.enum(ROLES),
    created_at: z.coerce.date(),
    updated_at: z.coerce.date(),
    expires_at: z.coerce.date(),
    accepted_at: z.coerce.date().nullable(),
  })
  .transform(
    ({ id, tenant_id: tenantId, email, role, created_at: createdAt, ...invite }): Invite => ({
      ...{ id, tenantId, email, role, createdAt, updatedAt: invite.updated_at },
      ...{ expiresAt: invite.expires_at, acceptedAt: invite.accepted_at },
    }),
  );

export type NewInvite = {
  /** By default a new id. A call with the id of an earlier one answers what that one has created. */
  id?: string;
  tenantId: string;
  email: string;
  role: Role;
  /** Hex SHA-256 of the link's secret. */
  secretHash: string;
};

/**
 * Invites a person to the tenant. An open invite for the same email is replaced, and its link stops working.
 * Refused with Problem `not_found` for another tenant, `forbidden`, or `conflict` for the role OWNER and for the email of a user who
 * can already sign in.
 */
export const createInvite = defineVerb({
  name: "create_invite",
  args: ({ id = newId(), tenantId, email, role, secretHash }: NewInvite) => ({
    tenant_id: tenantId,
    invite_id: id,
    email,
    role,
    secret_hash: secretHash,
    days: INVITE_DAYS,
  }),
  result: z.object({ invite: inviteSchema, is_new: z.boolean() }),
  refusals: z.object({ refused: z.enum([...ADMINISTRATOR_REFUSALS, "of_owner", "email_taken", "id_taken"]) }),
  refuse: ({ refused }) => inviteProblem(refused),
});

/**
 * Withdraws an invite: its link stops working.
 * Refused with Problem `forbidden`, `not_found`, or `conflict` for an accepted invite.
 */
export const withdrawInvite = defineVerb({
  name: "withdraw_invite",
  args: (id: string) => ({ invite_id: id }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(["forbidden", "not_found", "accepted"]) }),
  refuse: ({ refused }) => inviteProblem(refused),
});

/**
 * Accepts an invite for the caller, who has a session of the login service. The verified email of that session must be the
 * invited one.
 * Refused with Problem `not_found` when the email differs; `conflict` when the user belongs to another tenant, or when another user
 * of the tenant has the email.
 */
export const acceptInvite = defineVerb({
  name: "accept_invite",
  args: (id: string) => ({ invite_id: id }),
  result: z.object({ tenant_id: z.string(), role: z.enum(ROLES) }),
  refusals: z.object({ refused: z.enum(["not_found", "other_tenant", "email_taken"]) }),
  refuse: ({ refused }) => acceptProblem(refused),
});

/** Hashes are hex SHA-256. `key` becomes the first API key of the user, and `signInSessionId` the id of their session. */
export type Redemption = {
  inviteId: string;
  secretHash: string;
  key: { id: string; hash: string; suffix: string };
  signInSessionId: string;
  sessionSeconds: number;
};

/**
 * Accepts an invite for the holder of its link: creates the user, if nobody in the tenant has the email, and a first API key. The
 * result describes a session that begins now; `expires_at` is in seconds since 1970.
 * Refused with Problem `not_found` when the link is wrong, used, withdrawn or expired.
 */
export const redeemInvite = defineVerb({
  name: "redeem_invite",
  args: ({ inviteId, secretHash, key, signInSessionId, sessionSeconds }: Redemption) => ({
    invite_id: inviteId,
    secret_hash: secretHash,
    user_id: newId(),
    key_id: key.id,
    key_hash: key.hash,
    key_suffix: key.suffix,
    session_seconds: sessionSeconds,
    session_id: signInSessionId,
  }),
  result: z.object({
    tenant_id: z.string(),
    tenant_name: z.string(),
    user_id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    expires_at: z.number(),
  }),
  refusals: z.object({ refused: z.literal("not_found") }),
  refuse: ({ refused }) => acceptProblem(refused),
});
