import { sign } from "hono/jwt";
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import type { TestTenant } from "./tenant.ts";

/** SESSION_SECRET of the tests, newest first. */
export const SESSION_KEYS = {
  k2: "session-secret-of-the-tests-newest-0123456789",
  k1: "session-secret-of-the-tests-older-0123456789",
};

export const SESSION_SECRET = Object.entries(SESSION_KEYS)
  .map(([kid, secret]) => `${kid}:${secret}`)
  .join(",");

type Payload = Record<string, unknown>;

export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** What a login service would say of a tenant's owner. */
export const claimsOf = (tenant: TestTenant): Payload => ({
  sub: tenant.owner.id,
  tenant_id: tenant.id,
  exp: inSeconds(300),
});

/** A JWT of HS256 with this secret. */
export const signSymmetric = (claims: Payload, secret: string, kid?: string) =>
  sign(claims, { kty: "oct", k: base64Url(secret), alg: "HS256", ...(kid !== undefined && { kid }) }, "HS256");

/** Base64url of a text, or of the JSON of anything else. */
export const base64Url = (value: unknown) =>
  btoa(typeof value === "string" ? value : JSON.stringify(value))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

export type Issuer = { kid: string; publicKey: HonoJsonWebKey; sign(claims: Payload): Promise<string> };

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
};

/** An issuer with a key pair of its own. */
export async function createIssuer(kid: string, alg: keyof typeof ALGORITHMS = "ES256"): Promise<Issuer> {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[alg], true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("An asymmetric algorithm makes a pair.");
  const [privateKey, publicKey] = await Promise.all([exportKey(pair.privateKey), exportKey(pair.publicKey)]);
  return {
    kid,
    publicKey: { ...publicKey, kid, alg },
    sign: (claims) => sign(claims, { ...privateKey, kid, alg }, alg),
  };
}

async function exportKey(key: CryptoKey): Promise<HonoJsonWebKey> {
  const jwk = await crypto.subtle.exportKey("jwk", key);
  if (jwk instanceof ArrayBuffer) throw new Error("A JWK is an object.");
  return jwk;
}
