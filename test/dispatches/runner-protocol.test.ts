import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import page from "../../docs/runner-protocol.md?raw";
import { signWebhook } from "../../src/webhooks/webhook.ts";
import { exampleRequest } from "../support/example-request.ts";

const { headers, body } = exampleRequest(page);
const id = headers["webhook-id"] ?? "";
const seconds = Number(headers["webhook-timestamp"]);

/** The page's table of secrets and the signatures that they make. */
const signatures = [...page.matchAll(/^\| `([^`]+)` +\| `(v1,[^`]+)` +\|$/gm)].map(
  ([, secret = "", signature = ""]) => ({
    secret,
    signature,
  }),
);

/** The key of a secret, as the page says it is to be read. */
const keyOf = (secret: string) =>
  secret.startsWith("whsec_") ? Uint8Array.fromBase64(secret.slice(6)) : new TextEncoder().encode(secret);

afterEach(() => {
  vi.useRealTimers();
});

describe("the worked example of docs/runner-protocol.md", () => {
  it("has a secret of either form, and a request that is signed with the first", () => {
    expect(signatures.map(({ secret }) => secret.startsWith("whsec_"))).toEqual([true, false]);
    expect(headers["webhook-signature"]).toBe(signatures[0]?.signature);
    expect(headers["Content-Length"]).toBe(String(new TextEncoder().encode(body).length));
    expect(id).toBe(`${JSON.parse(body).data.run_id}.1`);
  });

  it.each(signatures)("is what the service sends, with the secret $secret", ({ secret, signature }) => {
    const at = JSON.parse(body).timestamp;
    expect(signWebhook(secret, { id, at, body })).toEqual({
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": signature,
    });
  });

  it.each(signatures)(
    "is verified by the standardwebhooks library, with the secret $secret",
    ({ secret, signature }) => {
      vi.useFakeTimers({ now: seconds * 1000, toFake: ["Date"] });
      const webhook = new Webhook(keyOf(secret), { format: "raw" });
      const signed = { ...headers, "webhook-signature": signature };
      expect(webhook.verify(body, signed)).toEqual(JSON.parse(body));
      expect(() => webhook.verify(`${body} `, signed)).toThrow("No matching signature");
    },
  );

  it.each(signatures)("is an HMAC that anybody can compute, with the secret $secret", async ({ secret, signature }) => {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", keyOf(secret), algorithm, false, ["sign"]);
    const content = new TextEncoder().encode(`${id}.${seconds}.${body}`);
    expect(`v1,${new Uint8Array(await crypto.subtle.sign("HMAC", key, content)).toBase64()}`).toBe(signature);
  });
});

it("shows the stopping message as the service sends it, signed with the first secret", () => {
  const stopping = exampleRequest(page, 1);
  const { timestamp: at, data } = JSON.parse(stopping.body);
  const id = `${data.run_id}.${data.attempt}.stopping.${Date.parse(data.ends_at)}`;
  expect(stopping.headers).toMatchObject(signWebhook(signatures[0]?.secret ?? "", { id, at, body: stopping.body }));
  expect(stopping.headers["Content-Length"]).toBe(String(new TextEncoder().encode(stopping.body).length));
});
