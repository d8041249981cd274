import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { signWebhook } from "../../src/webhooks/webhook.ts";
import { checkWebhookSecret } from "../../src/webhooks/webhook-secret.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The signature as the specification describes it, with nothing of ours or the library's. */
async function hmac(key: Uint8Array, content: string): Promise<string> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8(content))).toBase64();
}

const BODY = '{"type":"test","data":{"path":"/résumés/🗝"}}';

describe("a signed message", () => {
  it.each([
    [
      "a key in base64",
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      Uint8Array.fromBase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ],
    ["raw text", "not base64!", utf8("not base64!")],
    [
      "raw text that happens to be base64",
      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      utf8("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ],
    ["raw text beyond ASCII", "hörse ☂ 🗝", utf8("hörse ☂ 🗝")],
    ["raw text with the prefix in capitals", "WHSEC_x", utf8("WHSEC_x")],
    ["a single character", "x", utf8("x")],
  ])("is the HMAC of id, time and body: with %s", async (_, secret, key) => {
    const at = new Date().toISOString();
    const seconds = String(Math.floor(Date.parse(at) / 1000));
    const headers = signWebhook(secret, { id: "run.1", at, body: BODY });
    expect(headers).toEqual({
      "webhook-id": "run.1",
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${await hmac(key, `run.1.${seconds}.${BODY}`)}`,
    });
    expect(new Webhook(key, { format: "raw" }).verify(BODY, headers)).toEqual(JSON.parse(BODY));
  });

  it("has a different signature for a different secret, id, second or body", () => {
    const at = "2026-01-31T12:00:00.123Z";
    const sign = (secret: string, message: object = {}) =>
      signWebhook(secret, { id: "run.1", at, body: BODY, ...message })["webhook-signature"];
    const signatures = [
      sign("secret"),
      sign("secre"),
      sign("secret", { id: "run.2" }),
      sign("secret", { at: "2026-01-31T12:00:01.123Z" }),
      sign("secret", { body: `${BODY} ` }),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
    expect(sign("secret", { at: "2026-01-31T12:00:00.999Z" })).toBe(sign("secret"));
  });
});

describe("a webhook secret", () => {
  it.each([
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_MTIzNDU2Nzg5MDEyMzQ1Ng==",
    "any text of that length",
    "sixteen bytes: ö",
    " ".repeat(16),
    "whsec-0123456789",
    "x".repeat(10_000),
  ])("may be %j", (secret) => {
    expect(checkWebhookSecret(secret)).toBeNull();
    expect(() => signWebhook(secret, { id: "1", at: "2026-01-31T12:00:00.000Z", body: "" })).not.toThrow();
  });

  it.each([
    "whsec_",
    "whsec_!!!",
    "whsec_eA",
    "whsec_e",
    "whsec_MfKQ9r8G KYqr",
    "whsec_-_-_",
    "whsec_hörse",
    "whsec_eA==!",
  ])("may not be %j, and is refused with a sentence", (secret) => {
    expect(checkWebhookSecret(secret)).toMatch(/^After `whsec_` there must be .+\.$/);
    expect(() => signWebhook(secret, { id: "1", at: "2026-01-31T12:00:00.000Z", body: "" })).toThrow();
  });

  it.each(["", " ", "whsec", "whsec_eA==", "whsec_MTIzNDU2Nzg5MDEyMzQ1", "x".repeat(15)])(
    "may not be %j, which has less than 16 bytes, and is refused with a hint how to make one",
    (secret) => {
      expect(checkWebhookSecret(secret)).toMatch(/^Must have at least 16 bytes.+openssl rand -base64 32/);
    },
  );
});
