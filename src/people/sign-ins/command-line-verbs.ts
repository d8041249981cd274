/** The verbs by which the command line gets an API key of a person who is signed in on the dashboard. */
import { Buffer } from "node:buffer";
import { v7 as newId } from "uuid";
import { z } from "zod";
import { sha256 } from "../../base/sha256.ts";
import { hashApiKey, MAX_ACTIVE_API_KEYS } from "../../http/credentials/api-key.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { apiKeySchema } from "../api-key-verbs.ts";
import { apiKeyProblem } from "../refusals.ts";

/** How long a code is valid. The browser sends it to the command line at once, which uses it at once. */
const CODE_SECONDS = 60;

/** Makes a code. Only its hash is stored. */
export function generateCode(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

/** The PKCE challenge of a verifier: the method S256 of RFC 7636, section 4.2. */
export async function challengeOf(verifier: string): Promise<string> {
  return Buffer.from(await sha256(verifier)).toString("base64url");
}

/** What a person agrees to: a key with this name, for the command line that can show the verifier of this challenge. */
export type Agreement = { codeHash: string; codeChallenge: string; keyName: string };

/** Lets the command line have an API key of the caller, who needs a session of the dashboard. */
export const agreeToCommandLine = defineVerb({
  name: "agree_to_command_line",
  args: ({ codeHash, codeChallenge, keyName }: Agreement) => ({
    code_hash: codeHash,
    code_challenge: codeChallenge,
    key_name: keyName,
    seconds: CODE_SECONDS,
  }),
  result: z.unknown(),
});

export type KeyByCode = { codeHash: string; codeChallenge: string; hash: string; suffix: string };

/**
 * Creates the API key to which a person has agreed. The code works once, whatever comes of it.
 * Refused with Unauthenticated, or with Problem `conflict` when the person has the most keys that are allowed.
 */
export const createApiKeyByCode = defineVerb({
  name: "create_api_key_by_code",
  args: ({ codeHash, codeChallenge, hash, suffix }: KeyByCode) => ({
    code_hash: codeHash,
    code_challenge: codeChallenge,
    api_key_id: newId(),
    key_hash: hash,
    key_suffix: suffix,
    max_keys: MAX_ACTIVE_API_KEYS,
  }),
  result: z.object({ api_key: apiKeySchema }),
  refusals: z.object({ refused: z.literal("too_many") }),
  refuse: ({ refused }) => apiKeyProblem(refused),
});

/** The hash of a code, as 64 hex digits. It is stored and looked up instead of the code. */
export const hashCode = (code: string): Promise<string> => hashApiKey(code);
