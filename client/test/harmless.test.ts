import { describe, expect, it } from "vitest";
import { explainError } from "../src/cli/exit.ts";
import { harmless } from "../src/cli/output.ts";

describe("text for a terminal", () => {
  it("shows what would move the cursor, change colours or turn text round", () => {
    const C1 = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0x80 + index)).join("");
    const bidirectional = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
    for (const char of `\u0000\u0007\b\u000b\f\u001b\u007f${C1}\u2028\u2029${bidirectional}`) {
      const code = char.charCodeAt(0).toString(16).padStart(4, "0");
      expect(harmless(`a${char}b`)).toBe(`a\\u${code}b`);
    }
  });

  it("keeps letters of every script, tabs and line breaks, and drops carriage returns", () => {
    const text = "Zürich\t日本語 \u05d0\u05d1 👩‍💻\n";
    expect(harmless(text)).toBe(text);
    expect(harmless("one\r\ntwo")).toBe("one\ntwo");
  });

  it("is still the same JSON, if it was JSON", () => {
    const value = { name: "report\u202egpj.\u009b2J" };
    expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(value);
  });
});

describe("an unexpected error", () => {
  it("is printed without the headers of the request, and without keys and tokens", () => {
    const secrets = ["wr_Zm9v\nYmFy", "wr_anotherKey", "eyJhbGciOi.eyJzdWIiOi.c2ln", "whsec_c2VjcmV0"];
    const errors = [
      () => new Headers({ Authorization: `Bearer ${secrets[0]}` }),
      () => new Headers().set("Idempotency-Key", String(secrets[0])),
      ...secrets.slice(1).map((secret) => () => {
        throw new Error(`Could not read Bearer ${secret} and ${secret}.`);
      }),
    ].map((fail) => {
      try {
        return fail();
      } catch (error) {
        return error;
      }
    });
    for (const error of errors) {
      const { text, exitCode } = explainError(error);
      expect([exitCode, text]).toEqual([1, expect.stringMatching(/^This is a fault of the command line itself/)]);
      for (const secret of secrets.flatMap((one) => one.split("\n"))) {
        expect(text).not.toContain(secret.replace(/^(wr_|whsec_|eyJ)/, ""));
      }
    }
  });
});

describe("a fault of TLS", () => {
  it.each([
    ["CERT_HAS_EXPIRED", "its certificate has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "should the URL begin with http://?"],
  ])("is told in words: %s", (code, words) => {
    const cause = Object.assign(new Error("C09267A2387F0000:error:0A00010B:SSL routines"), { code });
    const { text, exitCode } = explainError(new TypeError("fetch failed", { cause }));
    expect([exitCode, text]).toEqual([1, expect.stringContaining(words)]);
    expect(text).toMatch(new RegExp(`^The service could not be reached: the server .*\\(${code}\\)$`));
    expect(text).not.toContain("SSL routines");
  });
});
