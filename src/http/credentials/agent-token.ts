/**
 * What agents sign in with (OAuth 2.1, as the Model Context Protocol of 2026-07-28 has it): JWTs (RFC 7519, HS256) that are signed with the keys
 * of run tokens. Nothing of them is stored: they name a grant (`agent_grants`), and work only while it is there.
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { KeyRing } from "../../base/key-ring.ts";
import { sha256 } from "../../base/sha256.ts";
import { signClaims, verifyClaims } from "./jwt-keys.ts";

/** `read` is for the tools that only read, `run` for all. */
export const AGENT_SCOPES = ["read", "run"] as const;
export type AgentScope = (typeof AGENT_SCOPES)[number];

/** On whose behalf an agent asks, and what for. `expiresAt` is in seconds since 1970. */
export type AgentAccess = {
  grantId: string;
  tenantId: string;
  userId: string;
  scopes: readonly AgentScope[];
  expiresAt: number;
};

/** What an agent exchanges for tokens. `clientHash` and the rest bind it to the client that it was made for: see {@link hashOf}. */
export type AgentCode = { grantId: string; clientHash: string; redirectHash: string; codeChallenge: string };
export type RefreshToken = { grantId: string; clientHash: string; generation: number };

/** What a client that registers says of itself. */
export type RegisteredClient = { name: string; redirectUris: readonly string[] };

const PREFIX = "wro_";
const CODE = "agent code";
const REFRESH = "agent refresh";
const CLIENT = "agent client";

/** The resource that access tokens are for. */
export const resourceOf = ({ publicUrl }: { publicUrl: string }): string => `${publicUrl}/mcp`;

/** True for a text with the prefix of access tokens. */
export const isAgentToken = (text: string): boolean => text.startsWith(PREFIX);

/** The JWT of an access token. */
export const jwtOfAgentToken = (token: string): string => token.slice(PREFIX.length);

/** What a code and a refresh token have of a text that may be long. */
export const hashOf = async (text: string): Promise<string> => Buffer.from(await sha256(text)).toString("base64url");

const accessSchema = z.object({
  gid: z.guid(),
  tid: z.guid(),
  sub: z.guid(),
  scp: z.array(z.enum(AGENT_SCOPES)),
  exp: z.int().min(0).max(253_402_300_799),
});

/** Makes an access token for one resource, the URL of `/mcp`. */
export async function signAgentAccess(
  keys: KeyRing,
  { grantId, tenantId, userId, scopes, expiresAt }: AgentAccess,
  { cell, resource }: { cell: string; resource: string },
): Promise<string> {
  const claims = { gid: grantId, tid: tenantId, sub: userId, scp: scopes, exp: expiresAt, cel: cell, aud: resource };
  return `${PREFIX}${await signClaims(keys, claims)}`;
}

/** Verifies an access token for a resource; null when it is not valid. Its end is not checked here. */
export async function verifyAgentAccess(keys: KeyRing, token: string, resource: string): Promise<AgentAccess | null> {
  const claims = await verifyClaims(keys, jwtOfAgentToken(token), accessSchema, resource);
  return (
    claims && {
      ...{ grantId: claims.gid, tenantId: claims.tid, userId: claims.sub },
      ...{ scopes: claims.scp, expiresAt: claims.exp },
    }
  );
}

const codeSchema = z.object({
  grantId: z.guid(),
  clientHash: z.string(),
  redirectHash: z.string(),
  codeChallenge: z.string(),
});
const refreshSchema = z.object({ grantId: z.guid(), clientHash: z.string(), generation: z.int().min(1) });
const clientSchema = z.object({ name: z.string(), redirectUris: z.array(z.string()) });

export const signAgentCode = (keys: KeyRing, code: AgentCode, cell: string): Promise<string> =>
  signClaims(keys, { ...code, cel: cell, aud: CODE });
export const verifyAgentCode = (keys: KeyRing, token: string): Promise<AgentCode | null> =>
  verifyClaims(keys, token, codeSchema, CODE);

export const signRefreshToken = (keys: KeyRing, token: RefreshToken, cell: string): Promise<string> =>
  signClaims(keys, { ...token, cel: cell, aud: REFRESH });
export const verifyRefreshToken = (keys: KeyRing, token: string): Promise<RefreshToken | null> =>
  verifyClaims(keys, token, refreshSchema, REFRESH);

/** Makes the `client_id` of a client that registers. It has all that the service needs to know, so no client is stored. */
export const signClientId = (keys: KeyRing, client: RegisteredClient): Promise<string> =>
  signClaims(keys, { ...client, aud: CLIENT });
export const verifyClientId = (keys: KeyRing, clientId: string): Promise<RegisteredClient | null> =>
  verifyClaims(keys, clientId, clientSchema, CLIENT);
