import { describe, expect, it } from "vitest";
import { verifiedEmail } from "../../src/dashboard/sign-in/login/verified-email.ts";

const ENTRA = "https://login.microsoftonline.com/01234567-89ab-cdef-0123-456789abcdef/v2.0";

const emailIn = (claims: unknown, { issuer = "https://login.test", trusted = [] as string[] } = {}) =>
  verifiedEmail(
    {
      issuer: new URL(issuer),
      clientId: "id",
      clientSecret: undefined,
      clientAuthMethod: undefined,
      name: "Test",
      trustedEmailDomains: trusted,
    },
    claims,
  );

const email = "Kim@Test.example";

describe("the email of an account is verified", () => {
  it.each([true, "true", 1, "1"])("by `email_verified: %j`", (email_verified) => {
    expect(emailIn({ email, email_verified })).toBe("kim@test.example");
  });

  it.each([undefined, false, "false", 0, "yes", null])("not by `email_verified: %j`", (email_verified) => {
    expect(emailIn({ email, email_verified })).toBeNull();
  });

  it("by `xms_edov`, at Microsoft Entra only", () => {
    for (const xms_edov of [true, "1", 1]) {
      expect(emailIn({ email, xms_edov }, { issuer: ENTRA })).toBe("kim@test.example");
      expect(emailIn({ email, xms_edov })).toBeNull();
    }
    expect(emailIn({ email, xms_edov: false }, { issuer: ENTRA })).toBeNull();
    expect(emailIn({ email }, { issuer: ENTRA })).toBeNull();
  });

  it("by its domain if that is trusted, unless the login service says that it is not verified", () => {
    const trusted = ["test.example"];
    expect(emailIn({ email }, { trusted })).toBe("kim@test.example");
    expect(emailIn({ email, email_verified: false }, { trusted })).toBeNull();
    for (const other of ["kim@sub.test.example", "kim@test.example.elsewhere.test", "kim@atest.example"]) {
      expect(emailIn({ email: other }, { trusted })).toBeNull();
    }
  });

  it.each(["", "kim", "@test.example", "a@b@test.example", "k im@test.example", "kim\u0000@test.example", 4711, null])(
    "not when it is no email: %j",
    (wrong) => {
      expect(emailIn({ email: wrong, email_verified: true }, { trusted: ["test.example"] })).toBeNull();
    },
  );

  it("of a sign that only looks like another letter stays another email", () => {
    expect(emailIn({ email: "\u212Aim@test.example", email_verified: true })).toBe("\u212Aim@test.example");
  });

  it("not in claims that are none", () => {
    for (const claims of [undefined, null, "text", []]) expect(emailIn(claims)).toBeNull();
  });
});
