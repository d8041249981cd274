/** Which messages are signed: the documented examples of the schemes, and what differs from them by as little as possible. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Scheme } from "../../src/triggers/inbound/receiver.ts";
import { verifyMessage } from "../../src/triggers/inbound/signatures.ts";

type Example = {
  scheme: Scheme;
  secret: string;
  body: string;
  headers: Record<string, string>;
  /** When it was sent, in seconds; null when the scheme does not say. */
  at: number | null;
  id: string | null;
};

const GITHUB = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const STRIPE = "c2f890decbc5ede7c5060bb9a6d31e0626a4342bacb9aeae2adb1bcea72f9812";

const EXAMPLES: Record<string, Example> = {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  github: {
    scheme: "github",
    secret: "It's a Secret to Everybody",
    body: "Hello, World!",
    headers: { "x-hub-signature-256": `sha256=${GITHUB}`, "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
    at: null,
    id: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  },
  // The header of https://docs.stripe.com/webhooks#verify-manually, and the event of Stripe's own libraries; signed with openssl.
  stripe: {
    scheme: "stripe",
    secret: "whsec_test_secret",
    body: '{\n  "id": "evt_test_webhook",\n  "object": "event"\n}',
    headers: { "stripe-signature": `t=1492774577,v1=${"ab".repeat(32)},v1=${STRIPE},v0=${"cd".repeat(32)}` },
    at: 1_492_774_577,
    id: null,
  },
  // The example of the libraries of https://www.standardwebhooks.com.
  "standard-webhooks": {
    scheme: "standard-webhooks",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    body: '{"test": 2432232314}',
    headers: {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature":
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    at: 1_614_265_330,
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  },
  // https://docs.slack.dev/authentication/verifying-requests-from-slack#validating-a-request
  slack: {
    scheme: "slack",
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    // cspell:disable
    body:
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&" +
      "user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2F" +
      "commands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121." +
      "803a0bc887a14d10d2c447fce8b6703c",
    // cspell:enable
    headers: {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
    at: 1_531_420_618,
    id: null,
  },
  "hmac-sha256": {
    scheme: "hmac-sha256",
    secret: "It's a Secret to Everybody",
    body: "Hello, World!",
    headers: { "x-signature": GITHUB },
    at: null,
    id: null,
  },
};

const UTF8 = new TextEncoder();

/** Verifies an example that was changed, by a clock that is so many seconds after it was sent. */
function verify(example: Example, changed: { body?: Uint8Array; secrets?: string[] } = {}, secondsLater = 0) {
  const config = { scheme: example.scheme, signature_header: "x-signature", signature_encoding: "hex" as const };
  const body = changed.body ?? UTF8.encode(example.body);
  const header = (name: string) => example.headers[name];
  const at = ((example.at ?? 0) + secondsLater) * 1000;
  const message = { header, body: new Uint8Array(body).buffer, token: null };
  return verifyMessage(config, changed.secrets ?? [example.secret], message, at);
}

const flipped = (bytes: Uint8Array, bit: number) => {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe.each(Object.entries(EXAMPLES).filter(([, { at }]) => at !== null))(
  "a message of the scheme %s, which tells its time",
  (_, example) => {
    it("is not verified when it is more than five minutes older or newer than now", async () => {
      expect(await verify(example, {}, 300)).not.toBeNull();
      expect(await verify(example, {}, -300)).not.toBeNull();
      expect(await verify(example, {}, 301)).toBeNull();
      expect(await verify(example, {}, -301)).toBeNull();
    });
  },
);

describe.each(Object.entries(EXAMPLES))("a message of the scheme %s", (_, example) => {
  const body = UTF8.encode(example.body);

  it("is verified with its secret, and with an old one", async () => {
    expect(await verify(example)).toMatchObject({ id: example.id });
    expect(await verify(example, { secrets: ["another secret, sixteen", example.secret] })).not.toBeNull();
  });

  it("is not, when any bit of its body is another, or it is longer or shorter", async () => {
    for (let bit = 0; bit < body.length * 8; bit++) {
      expect([bit, await verify(example, { body: flipped(body, bit) })]).toEqual([bit, null]);
    }
    expect(await verify(example, { body: body.slice(1) })).toBeNull();
    expect(await verify(example, { body: new Uint8Array([...body, 10]) })).toBeNull();
  });

  it("is not with another secret, or one that differs by a bit", async () => {
    expect(await verify(example, { secrets: [] })).toBeNull();
    expect(await verify(example, { secrets: ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] })).toBeNull();
    const near = new TextDecoder().decode(flipped(UTF8.encode(example.secret), 8 * (example.secret.length - 4)));
    expect(await verify(example, { secrets: [near] })).toBeNull();
  });

  it("is not when a header is missing, or any of its characters is another", async () => {
    for (const name of Object.keys(example.headers).filter((header) => header !== "x-github-delivery")) {
      const { [name]: value = "", ...others } = example.headers;
      expect(await verify({ ...example, headers: others })).toBeNull();
      // Also the parts of a header that are not needed may differ.
      const needed = value.lastIndexOf("v1") + 1;
      for (let at = name.includes("signature") ? needed : 0; at < value.length; at++) {
        if (value.slice(at).startsWith(",v0")) break;
        const changed = value.slice(0, at) + (value[at] === "1" ? "2" : "1") + value.slice(at + 1);
        expect([changed, await verify({ ...example, headers: { ...others, [name]: changed } })]).toEqual([
          changed,
          null,
        ]);
      }
    }
  });

  it("is refused with whatever headers", async () => {
    const header = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "v1,",
        "sha256=",
        "t=,v1=",
        `t=${example.at},v1=`,
        "v1",
        "t=1",
        ",",
        "=",
        "v1,v1,v1",
        "sha256=zz",
      ),
    );
    const headers = fc.record(Object.fromEntries(Object.keys(example.headers).map((name) => [name, header])));
    await fc.assert(
      fc.asyncProperty(headers, async (changed) => (await verify({ ...example, headers: changed })) === null),
      { numRuns: 50 },
    );
  });
});

it("of Standard Webhooks may have the names that Svix gives its headers", async () => {
  const example = EXAMPLES["standard-webhooks"];
  if (example === undefined) throw new Error("There is no such example.");
  const ofSvix = Object.entries(example.headers).map(([name, value]) => [name.replace("webhook-", "svix-"), value]);
  const headers = Object.fromEntries(ofSvix);
  expect(await verify({ ...example, headers })).toMatchObject({ id: example.id });
  expect(await verify({ ...example, headers: { ...headers, "svix-id": "another" } })).toBeNull();
  // Both together are not mixed.
  expect(await verify({ ...example, headers: { ...headers, "webhook-id": "another" } })).toBeNull();
});

it("costs one HMAC of its body for each secret, however many signatures it claims, and none when it claims none", async () => {
  const example = EXAMPLES["standard-webhooks"];
  if (example === undefined) throw new Error("There is no such example.");
  const signatures = Array.from({ length: 30 }, () => `v1,${"A".repeat(43)}=`).join(" ");
  const [sign, check] = [vi.spyOn(crypto.subtle, "sign"), vi.spyOn(crypto.subtle, "verify")];
  const claim = (given: string) =>
    verify(
      { ...example, headers: { ...example.headers, "webhook-signature": given } },
      { secrets: ["one secret", "another"] },
    );
  expect(await claim(signatures)).toBeNull();
  expect([sign.mock.calls.length, check.mock.calls.length]).toEqual([2, 0]);
  expect(await claim("v1,short")).toBeNull();
  expect([sign.mock.calls.length, check.mock.calls.length]).toEqual([2, 0]);
});

describe("a message with a token", () => {
  const config = { scheme: "token", signature_header: null, signature_encoding: null } as const;
  const ofToken = (token: string | null, secrets = ["the token of the test"]) =>
    verifyMessage(config, secrets, { header: () => undefined, body: new ArrayBuffer(0), token }, 0);

  it("needs exactly this token", async () => {
    expect(await ofToken("the token of the test")).not.toBeNull();
    for (const wrong of [null, "", "the token of the tesT", "the token of the test\0", "the token of the tes"]) {
      expect(await ofToken(wrong)).toBeNull();
    }
    expect(await ofToken("anything", [])).toBeNull();
  });

  it("is nothing for a trigger with another scheme", async () => {
    const message = { header: () => undefined, body: new ArrayBuffer(0), token: "the token of the test" };
    expect(await verifyMessage({ ...config, scheme: "github" }, ["the token of the test"], message, 0)).toBeNull();
  });
});
