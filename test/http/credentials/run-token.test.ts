import { sign } from "hono/jwt";
import { describe, expect, it } from "vitest";
import { type KeyRing, parseKeyRing } from "../../../src/base/key-ring.ts";
import { signRunToken, verifyRunToken } from "../../../src/http/credentials/run-token.ts";

const OLD_SECRET = "old-secret-of-the-token-tests-0123456789";
const OLD = `old:${OLD_SECRET}`;
const NEW = "new:new-secret-of-the-token-tests-0123456789";

const TOKEN = {
  runId: "01920000-0000-7000-8000-000000000401",
  attempt: 2,
  tenantId: "01920000-0000-7000-8000-000000000001",
};
const CLAIMS = { sub: TOKEN.runId, att: TOKEN.attempt, tid: TOKEN.tenantId };

function ring(...entries: string[]): KeyRing {
  const parsed = parseKeyRing(entries.join(","));
  if (!parsed) throw new Error("The test's keys are no key ring.");
  return parsed;
}

const newToken = (keys: KeyRing, expiresAt = "2026-01-31T12:05:00.999Z") =>
  signRunToken(keys, { ...TOKEN, cell: "one", expiresAt });

const encode = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });

const decode = (part = "") =>
  JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(part, { alphabet: "base64url" })));

/** A token with this header and these claims, signed by hand with the old key. */
async function forge(header: object, claims: object): Promise<string> {
  const content = `${encode(header)}.${encode(claims)}`;
  const key = new TextEncoder().encode(OLD_SECRET);
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(content)));
  return `${content}.${signature.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

const HEADER = { alg: "HS256", typ: "JWT", kid: "old" };

describe("a run token", () => {
  it("proves which attempt of which run the request is from", async () => {
    expect(await verifyRunToken(ring(OLD), await newToken(ring(OLD)))).toEqual(TOKEN);
  });

  it("is a JWT: HS256, the key's id, run, attempt, tenant, cell and deadline", async () => {
    const [header, claims] = (await newToken(ring(OLD))).split(".");
    expect(decode(header)).toEqual(HEADER);
    expect(decode(claims)).toEqual({ ...CLAIMS, cel: "one", exp: Date.parse("2026-01-31T12:05:00Z") / 1000 });
    expect(await verifyRunToken(ring(OLD), await forge(HEADER, CLAIMS))).toEqual(TOKEN);
  });

  it("is signed with the newest key, and verified with the key that it names", async () => {
    const before = await newToken(ring(OLD));
    const rotated = ring(NEW, OLD);
    const after = await newToken(rotated);
    expect(decode(after.split(".")[0])).toMatchObject({ kid: "new" });
    expect(await verifyRunToken(rotated, before)).toEqual(TOKEN);
    expect(await verifyRunToken(rotated, after)).toEqual(TOKEN);
    expect(await verifyRunToken(ring(NEW), before)).toBeNull();
    expect(await verifyRunToken(ring(OLD), after)).toBeNull();
  });

  it("is not valid under another key with the same id", async () => {
    const impostor = ring(NEW.replace("new:", "old:"));
    expect(await verifyRunToken(ring(OLD), await newToken(impostor))).toBeNull();
  });

  it("is not checked for expiry here, since the database does that by its own clock", async () => {
    expect(await verifyRunToken(ring(OLD), await newToken(ring(OLD), "2001-01-01T00:00:00.000Z"))).toEqual(TOKEN);
  });

  it("is not valid when a character of it was changed", async () => {
    const token = await newToken(ring(OLD));
    const flip = (text: string, index: number) =>
      text.slice(0, index) + (text[index] === "A" ? "B" : "A") + text.slice(index + 1);
    for (const index of [0, 20, token.indexOf(".") + 5, token.lastIndexOf(".") + 1]) {
      expect(await verifyRunToken(ring(OLD), flip(token, index))).toBeNull();
    }
  });

  it("is not valid without a signature, or with another algorithm than HS256", async () => {
    const [, claims, signature] = (await newToken(ring(OLD))).split(".");
    const none = encode({ ...HEADER, alg: "none" });
    for (const token of [`${none}.${claims}.`, `${none}.${claims}.${signature}`, `${encode(HEADER)}.${claims}.`]) {
      expect(await verifyRunToken(ring(OLD), token)).toBeNull();
    }
    for (const alg of ["none", "None", "HS512", "RS256", ""]) {
      expect(await verifyRunToken(ring(OLD), await forge({ ...HEADER, alg }, CLAIMS))).toBeNull();
    }
    const stronger = await sign(CLAIMS, OLD_SECRET, "HS512");
    expect(await verifyRunToken(ring(OLD), stronger)).toBeNull();
  });

  it("is not valid without the id of a key in the key ring", async () => {
    const { kid: _, ...nameless } = HEADER;
    for (const header of [
      nameless,
      { ...HEADER, kid: "unknown" },
      { ...HEADER, kid: 1 },
      { ...HEADER, kid: "__proto__" },
    ]) {
      expect(await verifyRunToken(ring(OLD), await forge(header, CLAIMS))).toBeNull();
    }
  });

  it.each<object>([
    {},
    { ...CLAIMS, sub: undefined },
    { ...CLAIMS, sub: "42" },
    { ...CLAIMS, att: 0 },
    { ...CLAIMS, att: 1.5 },
    { ...CLAIMS, att: "1" },
    { ...CLAIMS, att: undefined },
    { ...CLAIMS, tid: undefined },
    { ...CLAIMS, tid: "' or true --" },
  ])("is not valid with the claims %j, even when it is signed", async (claims) => {
    expect(await verifyRunToken(ring(OLD), await forge(HEADER, claims))).toBeNull();
  });

  it.each(["", ".", "..", "a.b.c", "a.b", "wr_demo_owner", "💥.💥.💥", "x".repeat(10_000)])(
    "is not %j",
    async (text) => {
      expect(await verifyRunToken(ring(OLD), text)).toBeNull();
    },
  );
});
