import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import page from "../../docs/runner-protocol.md?raw";
import { exampleRequest } from "../../test/support/example-request.ts";
import { InvalidWebhook, verifyWebhook } from "../src/index.ts";

const SECRET = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";
const BODY = JSON.stringify({ type: "t", timestamp: "2026-01-31T12:00:00Z", data: { a: 1 } });

function signed(secret: string | Uint8Array, body = BODY, at = new Date()) {
  const webhook = typeof secret === "string" ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
  return {
    "Webhook-Id": "m.1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": webhook.sign("m.1", at, body),
  };
}

describe("verifyWebhook", () => {
  it("returns the message that is signed, by any kind of secret and of headers", () => {
    const expected = { id: "m.1", type: "t", timestamp: "2026-01-31T12:00:00Z", data: { a: 1 } };
    expect(verifyWebhook({ secret: SECRET, headers: signed(SECRET), body: BODY })).toEqual(expected);
    const raw = "correct hörse battery staple";
    const headers = new Headers(signed(new TextEncoder().encode(raw)));
    expect(verifyWebhook({ secret: raw, headers, body: BODY })).toEqual(expected);
    expect(verifyWebhook({ secret: ["another", SECRET], headers: signed(SECRET), body: BODY })).toEqual(expected);
  });

  it("accepts the documented request, but only at the time of its timestamp", () => {
    const { headers, body } = exampleRequest(page);
    expect(() => verifyWebhook({ secret: SECRET, headers, body })).toThrow("too old");
  });

  it.each([
    ["another secret", { secret: "whsec_bm90IHRoaXMgb25l" }],
    ["another body", { body: `${BODY} ` }],
    ["an old timestamp", { headers: signed(SECRET, BODY, new Date(Date.now() - 301_000)) }],
    ["no headers", { headers: {} }],
    ["no JSON", { body: "x", headers: signed(SECRET, "x") }],
    ["no message", { body: "[1]", headers: signed(SECRET, "[1]") }],
  ])("refuses %s", (_, wrong) => {
    expect(() => verifyWebhook({ secret: SECRET, headers: signed(SECRET), body: BODY, ...wrong })).toThrow(
      InvalidWebhook,
    );
  });

  it("refuses to work without a secret", () => {
    for (const secret of ["", []]) {
      expect(() => verifyWebhook({ secret, headers: {}, body: "" })).toThrow(TypeError);
    }
  });
});
