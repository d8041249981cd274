import { describe, expect, it } from "vitest";
import { type KeyRing, parseKeyRing } from "../../src/base/key-ring.ts";
import { decryptWebhookSecret, encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";

const OLD = `old:${btoa("0123456789abcdef0123456789abcdef")}`;
const NEW = `new:${btoa("fedcba9876543210fedcba9876543210")}`;

const DEFINITION = "01920000-0000-7000-8000-0000000003aa";
const OTHER_DEFINITION = "01920000-0000-7000-8000-0000000003ab";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function ring(...entries: string[]): KeyRing {
  const parsed = parseKeyRing(entries.join(","));
  if (!parsed) throw new Error("The test's keys are no key ring.");
  return parsed;
}

describe("a webhook secret at rest", () => {
  it.each([SECRET, "x", "", "päss wörd \u0000 \ufeff 🗝", "\ufeffbegins with a byte order mark", "y".repeat(60_000)])(
    "comes back as it was (%#)",
    async (secret) => {
      const encrypted = await encryptWebhookSecret(ring(OLD), DEFINITION, secret);
      expect(await decryptWebhookSecret(ring(OLD), DEFINITION, encrypted)).toBe(secret);
    },
  );

  it("is `<key id>.<iv>.<ciphertext>` in base64url: an iv of 96 bits, and the tag behind the ciphertext", async () => {
    const encrypted = await encryptWebhookSecret(ring(OLD), DEFINITION, SECRET);
    expect(encrypted).toMatch(/^old\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/);
    const ciphertext = Uint8Array.fromBase64(encrypted.split(".")[2] ?? "", { alphabet: "base64url" });
    expect(ciphertext).toHaveLength(SECRET.length + 16);
    expect(encrypted).not.toContain(SECRET);
  });

  it("has another ciphertext each time", async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, () => encryptWebhookSecret(ring(OLD), DEFINITION, SECRET)),
    );
    expect(new Set(texts.map((text) => text.split(".")[1])).size).toBe(20);
  });

  it("is encrypted with the newest key, and decrypted with the key that encrypted it", async () => {
    const before = await encryptWebhookSecret(ring(OLD), DEFINITION, SECRET);
    const rotated = ring(NEW, OLD);
    const after = await encryptWebhookSecret(rotated, DEFINITION, SECRET);
    expect([before.split(".")[0], after.split(".")[0]]).toEqual(["old", "new"]);
    expect(await decryptWebhookSecret(rotated, DEFINITION, before)).toBe(SECRET);
    expect(await decryptWebhookSecret(rotated, DEFINITION, after)).toBe(SECRET);
    await expect(decryptWebhookSecret(ring(OLD), DEFINITION, after)).rejects.toThrow('ENCRYPTION_KEY has no key "new"');
  });

  it("comes back as it was when many others have been decrypted since", async () => {
    const keys = ring(OLD);
    const secrets = Array.from({ length: 300 }, (_, n) => `secret ${n}`);
    const encrypted = await Promise.all(secrets.map((secret) => encryptWebhookSecret(keys, DEFINITION, secret)));
    for (const _ of ["first", "again"]) {
      const found = [];
      for (const text of encrypted) found.push(await decryptWebhookSecret(keys, DEFINITION, text));
      expect(found).toEqual(secrets);
    }
  });

  it("cannot be decrypted in another definition's row, also after it was decrypted in its own", async () => {
    const keys = ring(OLD);
    const encrypted = await encryptWebhookSecret(keys, DEFINITION, SECRET);
    expect(await decryptWebhookSecret(keys, DEFINITION, encrypted)).toBe(SECRET);
    await expect(decryptWebhookSecret(keys, OTHER_DEFINITION, encrypted)).rejects.toThrow();
  });

  it("cannot be decrypted in another definition's row", async () => {
    const encrypted = await encryptWebhookSecret(ring(OLD), DEFINITION, SECRET);
    await expect(decryptWebhookSecret(ring(OLD), OTHER_DEFINITION, encrypted)).rejects.toThrow();
    expect(await decryptWebhookSecret(ring(OLD), DEFINITION.toUpperCase(), encrypted)).toBe(SECRET);
  });

  it("cannot be decrypted when a bit of it was changed, nor with another key of the same id", async () => {
    const [keyId = "", iv = "", ciphertext = ""] = (await encryptWebhookSecret(ring(OLD), DEFINITION, SECRET)).split(
      ".",
    );
    const flip = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
    const changed = [
      [keyId, flip(iv), ciphertext],
      [keyId, iv, flip(ciphertext)],
      [keyId, iv, ""],
      [keyId, iv],
      [keyId],
    ];
    for (const parts of changed) {
      await expect(decryptWebhookSecret(ring(OLD), DEFINITION, parts.join("."))).rejects.toThrow();
    }
    const impostor = ring(NEW.replace("new:", "old:"));
    await expect(decryptWebhookSecret(impostor, DEFINITION, [keyId, iv, ciphertext].join("."))).rejects.toThrow();
  });
});
