/** Invites, with which a person without any credential becomes a user of a tenant. An invite is open for seven days. */

import { and, count, desc, eq, gt, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import { encodeBase64Url } from "hono/utils/encode";
import type { Config } from "../config.ts";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { tenants } from "../db/people/tenant-tables.ts";
import { invites, users } from "../db/tables.ts";
import { hashApiKey } from "../http/credentials/api-key.ts";
import { admission, admitAdministrator } from "./users.ts";

export const INVITE_DAYS = 7;

export const INVITE_STATUSES = ["pending", "accepted", "expired"] as const;
export type InviteStatus = (typeof INVITE_STATUSES)[number];

/** The columns of {@link Invite}. */
export const inviteColumns = {
  id: invites.id,
  tenantId: invites.tenantId,
  email: invites.email,
  role: invites.role,
  createdAt: invites.createdAt,
  updatedAt: invites.updatedAt,
  expiresAt: invites.expiresAt,
  acceptedAt: invites.acceptedAt,
};

/** An invite without its secret. `email` is in lower case. */
export type Invite = Pick<typeof invites.$inferSelect, keyof typeof inviteColumns>;

/** True for a user whom an invite may sign in. */
export const mayBeInvited: SQL<boolean> = sql<boolean>`public.may_be_invited(${users.id})`;

const isOpen = and(isNull(invites.acceptedAt), gt(invites.expiresAt, sql`statement_timestamp()`));

const IS_OF_STATUS: Record<InviteStatus, SQL | undefined> = {
  pending: isOpen,
  accepted: isNotNull(invites.acceptedAt),
  expired: and(isNull(invites.acceptedAt), lte(invites.expiresAt, sql`statement_timestamp()`)),
};

export type InvitesQuery = { email: string | null; status: InviteStatus | null; limit: number; offset: number };

/**
 * One page of the invites of the caller's tenant, newest first, and the number of all of them.
 * @throws Unauthenticated
 * @throws Problem `forbidden`
 */
export async function listInvites(
  db: Database,
  credential: Credential,
  query: InvitesQuery,
): Promise<{ invites: Invite[]; total: number }> {
  const { email, status, limit, offset } = query;
  const caller = callerBy(db, credential);
  const isListed = and(
    isOfAdministrator(caller),
    email === null ? undefined : eq(invites.email, email.toLowerCase()),
    status === null ? undefined : IS_OF_STATUS[status],
  );
  const {
    admissions,
    counts: [counted],
    page,
  } = await repeatable(db).batch({
    admissions: db.with(caller).select(admission(caller)).from(caller),
    counts: db.with(caller).select({ total: count() }).from(caller).innerJoin(invites, isListed),
    page: db
      .with(caller)
      .select(inviteColumns)
      .from(caller)
      .innerJoin(invites, isListed)
      .orderBy(desc(invites.createdAt), desc(invites.id))
      .limit(limit)
      .offset(offset),
  });
  admitAdministrator(admissions);
  return { invites: page, total: counted?.total ?? 0 };
}

/** True for an invite of a tenant that the caller administers. */
export const isOfAdministrator = (caller: Caller): SQL | undefined =>
  and(eq(invites.tenantId, caller.tenantId), eq(caller.isAdministrator, true));

/** An open invite as the page behind its link shows it. */
export type OpenInvite = Pick<Invite, "id" | "email" | "role" | "expiresAt"> & { tenantName: string };

/** The open invite with this id and secret; null when the link is wrong, used, withdrawn or expired. */
export async function findOpenInvite(db: Database, id: string, secretHash: string): Promise<OpenInvite | null> {
  const query = db
    .select({
      id: invites.id,
      email: invites.email,
      role: invites.role,
      expiresAt: invites.expiresAt,
      tenantName: tenants.name,
    })
    .from(invites)
    .innerJoin(tenants, eq(tenants.id, invites.tenantId))
    .where(and(eq(invites.id, id), eq(invites.secretHash, sql`decode(${secretHash}, 'hex')`), isOpen));
  const [invite = null] = await repeatable(db).select(query);
  return invite;
}

/** Generates the secret of an invite, 256 random bits, and its hash, which is stored. */
export async function generateInviteSecret(): Promise<{ secret: string; secretHash: string }> {
  const secret = encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)).buffer).replaceAll("=", "");
  return { secret, secretHash: await hashApiKey(secret) };
}

/** The SHA-256 of a secret as 64 hex digits. It is stored and looked up instead of the secret. */
export const hashInviteSecret = (secret: string): Promise<string> => hashApiKey(secret);

/** The link with which an invite is accepted. It names the cell. Without `secret`, it only names the invite. */
export const inviteLink = (
  { publicUrl, cell }: Pick<Config, "publicUrl" | "cell">,
  id: string,
  secret?: string,
): string => `${publicUrl}/app/invites/${id}?cell=${cell}${secret === undefined ? "" : `&secret=${secret}`}`;
