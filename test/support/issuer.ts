import { sign } from "hono/jwt";
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import type { Payload } from "./callers.ts";

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
