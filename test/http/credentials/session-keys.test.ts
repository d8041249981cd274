import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { base64Url, claimsOf, SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../../support/callers.ts";
import { createDatabase } from "../../support/database.ts";
import { type FakeRunner, startFakeRunner } from "../../support/fake-runner.ts";
import type { ScriptedAnswer } from "../../support/harness-protocol.ts";
import { createIssuer, type Issuer } from "../../support/issuer.ts";
import { type Service, startService } from "../../support/service.ts";
import { SETTINGS } from "../../support/settings.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";

const ISSUER = "https://login.test/";
const AUDIENCE = "workflow-runs";

const [issuer, next] = await Promise.all([createIssuer("first"), createIssuer("next", "RS256")]);
const database = await createDatabase();

/** What the issuer publishes. */
const publish = (...issuers: Issuer[]): ScriptedAnswer[] => [
  {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ keys: issuers.map(({ publicKey }) => publicKey) }),
  },
];

let keyServer: FakeRunner;
let service: Service;
let tenant: TestTenant;

// What was fetched is kept as long as the service lives, so each test has one of its own.
beforeEach(async () => {
  keyServer = await startFakeRunner(publish(issuer));
  service = await startService({
    database,
    settings: {
      SESSION_JWKS_URL: `${keyServer.url}/jwks.json`,
      SESSION_ISSUER: ISSUER,
      SESSION_AUDIENCE: AUDIENCE,
      SESSION_SECRET,
    },
  });
  tenant = await createTenant(service.database);
});

afterEach(async () => {
  vi.useRealTimers();
  await keyServer.close();
});

const claims = () => ({ ...claimsOf(tenant), iss: ISSUER, aud: [AUDIENCE, "another"] });

const get = (token: string) => service.get("/v1/workflow-runs", token);

const statusFor = async (token: string) => (await get(token)).status;

const countFetches = async () => (await keyServer.requests()).length;

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

describe("a session token of an OIDC issuer", () => {
  it("lets its user in, and its key is fetched once", async () => {
    const token = await issuer.sign(claims());
    const [statuses, requests] = await service.counted(() => Promise.all([1, 2, 3, 4, 5].map(() => statusFor(token))));
    expect([statuses, requests]).toEqual([[200, 200, 200, 200, 200], 5]);
    expect(await statusFor(token)).toBe(200);
    expect(await countFetches()).toBe(1);
  });

  it("is refused from another issuer, or for another audience", async () => {
    const others = [{ iss: "https://evil.test/" }, { iss: undefined }, { aud: "another" }, { aud: undefined }];
    for (const other of others) {
      expect([other, await statusFor(await issuer.sign({ ...claims(), ...other }))]).toEqual([other, 401]);
    }
  });

  it("is refused when it is signed with a key that only has the same id", async () => {
    const impostor = await createIssuer("first");
    expect(await statusFor(await impostor.sign(claims()))).toBe(401);
  });

  it("is refused when it uses the published key as the secret of HS256", async () => {
    const secret = JSON.stringify(issuer.publicKey);
    expect(await statusFor(await signSymmetric(claims(), secret, "first"))).toBe(401);
  });

  it("must have the issuer and the audience even when it is signed with SESSION_SECRET", async () => {
    expect(await statusFor(await signSymmetric(claims(), SESSION_KEYS.k1, "k1"))).toBe(200);
    expect(await statusFor(await signSymmetric(claimsOf(tenant), SESSION_KEYS.k1, "k1"))).toBe(401);
  });
});

describe("the configuration of an OIDC issuer", () => {
  const read = (vars: object) => () =>
    readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused", ...vars });

  it("is complete, or the service does not start", () => {
    const jwks = { SESSION_JWKS_URL: "https://login.test/jwks.json" };
    expect(read(jwks)).toThrow("SESSION_ISSUER");
    expect(read({ ...jwks, SESSION_ISSUER: ISSUER })).toThrow("SESSION_AUDIENCE");
    expect(read({ ...jwks, SESSION_ISSUER: ISSUER, SESSION_AUDIENCE: AUDIENCE })).not.toThrow();
    expect(read({ SESSION_SECRET: "k1:short" })).toThrow("SESSION_SECRET");
  });

  it("accepts keys over plain http from this machine only", () => {
    const whole = { SESSION_ISSUER: ISSUER, SESSION_AUDIENCE: AUDIENCE };
    expect(read({ ...whole, SESSION_JWKS_URL: "http://localhost:9000/jwks" })).not.toThrow();
    for (const url of [
      "http://login.test/jwks",
      "http://localhost.evil.test/",
      "http://localhost@evil.test/",
      "nowhere",
      "http://localhost:9@evil.test/",
      "ftp://login.test/",
    ]) {
      expect(read({ ...whole, SESSION_JWKS_URL: url })).toThrow("SESSION_JWKS_URL");
    }
  });
});

describe("the keys of an OIDC issuer", () => {
  it("are fetched again for an unknown key id, at most once a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    expect(await statusFor(await issuer.sign(claims()))).toBe(200);
    await keyServer.script(publish(issuer, next));

    const token = await next.sign(claims());
    expect(await statusFor(token)).toBe(401);
    passSeconds(59);
    expect([await statusFor(token), await countFetches()]).toEqual([401, 1]);
    passSeconds(2);
    expect([await statusFor(token), await countFetches()]).toEqual([200, 2]);

    const unknown = await createIssuer("unknown");
    const forged = await unknown.sign(claims());
    expect(await Promise.all([1, 2, 3, 4].map(() => statusFor(forged)))).toEqual([401, 401, 401, 401]);
    expect(await countFetches()).toBe(2);
  });

  it("are fetched again when the clock was set back, instead of being kept for longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const [known, rotated] = [await issuer.sign(claims()), await next.sign(claims())];
    expect(await statusFor(known)).toBe(200);
    await keyServer.script(publish(next));
    passSeconds(-600);
    expect([await statusFor(rotated), await statusFor(known), await countFetches()]).toEqual([200, 401, 2]);
  });

  it("are not fetched for a token that they could not verify anyway", async () => {
    const unsigned = `${base64Url({ alg: "none", typ: "JWT", kid: "first" })}.${base64Url(claims())}.`;
    expect([await statusFor(unsigned), await statusFor("garbage"), await countFetches()]).toEqual([401, 401, 0]);
  });

  it("are not valid any more 10 minutes after they were withdrawn", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const token = await issuer.sign(claims());
    expect(await statusFor(token)).toBe(200);
    await keyServer.script(publish(next));
    passSeconds(601);
    expect(await statusFor(token)).toBe(401);
  });

  it("stay in use while the issuer does not answer, while an unknown key is 503 and not 401", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const known = await issuer.sign(claims());
    const unknown = await next.sign(claims());
    expect(await statusFor(known)).toBe(200);
    await keyServer.script([{ status: 502 }]);
    passSeconds(601);
    expect(await statusFor(known)).toBe(200);

    const [response, requests] = await service.counted(() => get(unknown));
    expect([response.status, response.headers.get("retry-after"), requests]).toEqual([
      503,
      expect.stringMatching(/^[3-8]$/),
      0,
    ]);
    expect(await response.json()).toMatchObject({ title: "Session keys unavailable" });
  });

  it("make tokens 503 at first when the issuer refuses, disconnects or answers nonsense, and are used as soon as it works", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const token = await issuer.sign(claims());
    const answers: ScriptedAnswer[] = [
      { status: 500 },
      { ending: "cut" },
      { status: 200, body: "<html>" },
      { status: 200, body: '{"keys":"none"}' },
    ];
    for (const answer of answers) {
      await keyServer.script([answer]);
      expect([answer, await statusFor(token)]).toEqual([answer, 503]);
      passSeconds(6);
    }
    await keyServer.script(publish(issuer));
    expect(await statusFor(token)).toBe(200);
  });
});
