/**
 * API keys: `wr_`, the cell and `_`, 256 random bits in base62 (43 characters), and a checksum of these, of 6 characters. The
 * checksum distinguishes a mistyped key from an unknown one, and lets secret scanners recognise a leaked key.
 *
 * A key with scopes has the letters of these and `_` after the cell. So a route can refuse it before the database is asked. Whoever
 * changes the letters has another key, since the hash that is stored is that of the whole text; and the database compares them, too.
 */
import { Buffer } from "node:buffer";
import { sha256 } from "../../base/sha256.ts";
import { SCOPES, type Scope } from "../../db/enums.ts";

const PREFIX = "wr_";
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** How many keys that are neither revoked nor expired a user may have. */
export const MAX_ACTIVE_API_KEYS = 20;

const LETTERS: Record<Scope, string> = { read: "r", run: "u", manage: "m", metrics: "x" };

/** Formats 32 random bytes as an API key of a cell, with these scopes in their order, or without any. */
export async function formatApiKey(
  cell: string,
  random: Uint8Array<ArrayBuffer>,
  scopes: readonly Scope[] = [],
): Promise<string> {
  const secret = base62(random, SECRET_LENGTH);
  const letters = scopes.map((scope) => LETTERS[scope]).join("");
  return `${PREFIX}${cell}_${letters && `${letters}_`}${secret}${await checksum(secret)}`;
}

/** Makes a new key of a cell. Only `hash` and `suffix` are stored. */
export async function generateApiKey(
  cell: string,
  scopes?: readonly Scope[],
): Promise<{ key: string; hash: string; suffix: string }> {
  const key = await formatApiKey(cell, crypto.getRandomValues(new Uint8Array(32)), scopes);
  return { key, hash: await hashApiKey(key), suffix: suffixOfApiKey(key) };
}

/** The SHA-256 of a key, as 64 hex digits. It is stored and looked up instead of the key. */
export async function hashApiKey(key: string): Promise<string> {
  return Buffer.from(await sha256(key)).toString("hex");
}

/** The last 4 characters of a key, by which its user recognises it. */
export const suffixOfApiKey = (key: string): string => key.slice(-4);

/** The scopes that the text of a key names; undefined for a key without scopes. */
export function scopesOfKey(key: string): Scope[] | undefined {
  const letters = /^wr_[a-z0-9]{3}_([a-z]{1,8})_/.exec(key)?.[1];
  return letters === undefined ? undefined : SCOPES.filter((scope) => letters.includes(LETTERS[scope]));
}

/** True for a text with the prefix of API keys. */
export const isApiKey = (text: string): boolean => text.startsWith(PREFIX);

/** False for a text that is not a key of this service, because its length, its characters or its checksum are wrong. */
export async function isWellFormedApiKey(key: string): Promise<boolean> {
  const [, secret, sum] = /^wr_[a-z0-9]{3}_(?:[a-z]{1,8}_)?([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(key) ?? [];
  return secret !== undefined && sum === (await checksum(secret));
}

async function checksum(secret: string): Promise<string> {
  return base62((await sha256(secret)).subarray(0, 4), CHECKSUM_LENGTH);
}

/** Big-endian bytes as base62, padded to `length`. */
function base62(bytes: Uint8Array, length: number): string {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = "";
  while (value > 0n) {
    text = DIGITS.charAt(Number(value % 62n)) + text;
    value /= 62n;
  }
  return text.padStart(length, "0");
}
