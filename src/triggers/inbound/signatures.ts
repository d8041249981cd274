/**
 * Verifies that a message was sent by whoever knows the secret of its trigger. All is computed over the bytes of the body as they came, once
 * for each secret, however many signatures are claimed. The comparisons take as long for each wrong signature.
 */
import { decodeBase64 } from "hono/utils/encode";
import { KEY_PREFIX } from "../../webhooks/webhook-secret.ts";
import type { Scheme, WebhookConfig } from "./receiver.ts";

/** A message as it came. `token` is what stands behind the id of the trigger in the URL. */
export type Message = { header: (name: string) => string | undefined; body: ArrayBuffer; token: string | null };

/**
 * What a signature has proved. `id` is the sender's id of the message; `mark` is what else names it if it has no id that is signed: a
 * hash of what was signed, and not the signature. With several secrets, as while they are rotated, a message has one with each.
 */
export type Verified = { id: string | null; mark: string | null };

/** How much older or newer than now a message may be whose scheme signs the time. */
const MOST_AGE_SECONDS = 300;

/** While a sender rotates its secrets, a header has several signatures. */
const MOST_SIGNATURES = 10;

const UTF8 = new TextEncoder();

/** One claim to be checked: that `signature` is the HMAC-SHA-256 of the content. */
type Claim = { signatures: readonly Uint8Array<ArrayBuffer>[]; prefix: string; id: string | null };

/**
 * Verifies a message with each of these secrets, by the clock `nowMs`. Null when none of them has signed it, or when it is too old.
 */
export async function verifyMessage(
  config: Pick<WebhookConfig, "scheme" | "signature_header" | "signature_encoding">,
  secrets: readonly string[],
  message: Message,
  nowMs: number,
): Promise<Verified | null> {
  if (config.scheme === "token" || config.scheme === "gitlab") {
    const token = config.scheme === "token" ? message.token : ofHeader(message, "x-gitlab-token");
    // GitLab gives a message the same key whenever it is sent again. Whoever knows the secret could send any.
    const id = config.scheme === "gitlab" ? (message.header("idempotency-key") ?? null) : null;
    for (const secret of secrets) if (await isToken(secret, token)) return { id, mark: null };
    return null;
  }
  const claim = message.token === null ? readClaim(config, message, nowMs / 1000) : null;
  if (claim === null || claim.signatures.length === 0) return null;
  const content = await new Blob([claim.prefix, message.body]).arrayBuffer();
  for (const secret of secrets) {
    const key = await openKey(keyOf(config.scheme, secret));
    const computed = await crypto.subtle.sign("HMAC", key, content);
    for (const signature of claim.signatures.slice(0, MOST_SIGNATURES)) {
      if (!crypto.subtle.timingSafeEqual(computed, signature)) continue;
      // Of a message without an id, what was signed is only its own if it has the time, too.
      const isItsOwn = config.signature_encoding === "timestamped" || (config.scheme === "github" && claim.id !== null);
      return { id: claim.id, mark: isItsOwn ? markOf(await crypto.subtle.digest("SHA-256", content)) : null };
    }
  }
  return null;
}

const markOf = (hash: ArrayBuffer): string => new Uint8Array(hash).toHex().slice(0, 32);

/** Null for a message that does not claim to be signed in this way, or that claims to be of another time. */
function readClaim(
  { scheme, signature_header: headerName, signature_encoding: encoding }: Parameters<typeof verifyMessage>[0],
  { header }: Message,
  nowSeconds: number,
): Claim | null {
  switch (scheme) {
    case "standard-webhooks": {
      // Svix, from which the standard comes, sends its headers under its own name.
      const name = header("webhook-id") === undefined ? "svix" : "webhook";
      const [id = "", at = ""] = [header(`${name}-id`), header(`${name}-timestamp`)];
      if (id === "" || !isRecent(at, nowSeconds)) return null;
      const signatures = (header(`${name}-signature`) ?? "").split(" ").flatMap((text) => {
        const [version, signature = ""] = text.split(",", 2);
        return version === "v1" ? bytesOf(signature, "base64") : [];
      });
      return { id, signatures, prefix: `${id}.${at}.` };
    }
    case "github":
      return {
        id: header("x-github-delivery") ?? null,
        signatures: bytesOf(withoutName(header("x-hub-signature-256")), "hex"),
        prefix: "",
      };
    case "stripe": {
      // The id is in the body, which is not parsed yet.
      return timestamped(header("stripe-signature"), nowSeconds);
    }
    case "slack": {
      const at = header("x-slack-request-timestamp") ?? "";
      if (!isRecent(at, nowSeconds)) return null;
      const [version, signature = ""] = (header("x-slack-signature") ?? "").split("=", 2);
      return { id: null, signatures: version === "v0" ? bytesOf(signature, "hex") : [], prefix: `v0:${at}:` };
    }
    default: {
      const value = headerName === null ? undefined : header(headerName);
      if (encoding === "timestamped") return timestamped(value, nowSeconds);
      return { id: null, signatures: bytesOf(withoutName(value), encoding ?? "hex"), prefix: "" };
    }
  }
}

/** Reads `t=…,v1=…`: the time, and HMACs of the time, a dot and the body. */
function timestamped(value: string | undefined, nowSeconds: number): Claim | null {
  const parts = (value ?? "").split(",").map((part) => part.trim().split("=", 2));
  const at = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!isRecent(at, nowSeconds)) return null;
  const signatures = parts.flatMap(([name, text = ""]) => (name === "v1" ? bytesOf(text, "hex") : []));
  return { id: null, signatures, prefix: `${at}.` };
}

/** A header of a message that has no token in its URL. */
const ofHeader = ({ header, token }: Message, name: string): string | null =>
  token === null ? (header(name) ?? null) : null;

/** Some senders write the name of the hash before the signature. */
const withoutName = (value = "") => value.trim().replace(/^sha256=/, "");

const isRecent = (seconds: string, nowSeconds: number) =>
  /^\d{1,12}$/.test(seconds) && Math.abs(nowSeconds - Number(seconds)) <= MOST_AGE_SECONDS;

const ENCODED = { hex: /^[0-9a-f]{64}$/i, base64: /^[A-Za-z0-9+/]{43}=$/ };

/** The 32 bytes of a signature; none for a text that has not exactly these. */
function bytesOf(text: string, encoding: "hex" | "base64"): Uint8Array<ArrayBuffer>[] {
  if (!ENCODED[encoding].test(text)) return [];
  return [encoding === "hex" ? Uint8Array.fromHex(text) : Uint8Array.fromBase64(text)];
}

/** Standard Webhooks writes a key in base64 after `whsec_`. In the other schemes, the text itself is the key, whatever it begins with. */
const keyOf = (scheme: Scheme, secret: string) =>
  scheme === "standard-webhooks" && secret.startsWith(KEY_PREFIX)
    ? decodeBase64(secret.slice(KEY_PREFIX.length))
    : UTF8.encode(secret);

const openKey = (key: BufferSource): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);

/** Compares the HMACs of the two texts with a key that nobody knows. */
async function isToken(secret: string, token: string | null): Promise<boolean> {
  if (token === null) return false;
  const key = await openKey(crypto.getRandomValues(new Uint8Array(32)));
  return crypto.subtle.verify(
    "HMAC",
    key,
    await crypto.subtle.sign("HMAC", key, UTF8.encode(token)),
    UTF8.encode(secret),
  );
}
