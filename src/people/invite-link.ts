import { encodeBase64Url } from "hono/utils/encode";
import { hashApiKey } from "../http/credentials/api-key.ts";

/** A new secret of an invite, 256 random bits, and what is stored of it. */
export async function generateInviteSecret(): Promise<{ secret: string; secretHash: string }> {
  const secret = encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)).buffer).replaceAll("=", "");
  return { secret, secretHash: await hashApiKey(secret) };
}

/** What is stored and looked up instead of the secret: its SHA-256, as 64 hex digits. */
export const hashInviteSecret = (secret: string): Promise<string> => hashApiKey(secret);

/** The link that an invite is accepted by; without the secret one that only names the invite. */
export const inviteLink = (publicUrl: string, id: string, secret?: string): string =>
  `${publicUrl}/app/invites/${id}${secret === undefined ? "" : `?secret=${secret}`}`;
