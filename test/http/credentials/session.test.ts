import { describe, expect, it } from "vitest";
import { formatApiKey } from "../../../src/http/credentials/api-key.ts";
import { base64Url, claimsOf, inSeconds, SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../../support/callers.ts";
import { insertRun, invokePath } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { startService } from "../../support/service.ts";
import { SETTINGS } from "../../support/settings.ts";
import { createTenant, runToken } from "../../support/tenant.ts";

const LIST = "/v1/workflow-runs";

const service = await startService({ settings: { SESSION_SECRET } });
const tenant = tenantOfEachTest(service);

const sessionOf = (claims: Record<string, unknown>) => signSymmetric(claims, SESSION_KEYS.k2, "k2");

const statusFor = async (token: string) => (await service.get(LIST, token)).status;

describe("a session token", () => {
  it("lets its user in, as a bearer token and as the cookie, in one database request", async () => {
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const token = await sessionOf(claimsOf(tenant));
    for (const headers of [{ Authorization: `Bearer ${token}` }, { Cookie: `theme=dark; ks_uat=${token}` }]) {
      const [response, requests] = await service.counted(() => service.fetch(`${LIST}/${runId}`, { headers }));
      expect([response.status, requests]).toEqual([200, 1]);
      expect(response.headers.get("vary")).toBe("Authorization, Cookie");
    }
  });

  it("has the role that is in the database, whatever its own claim says", async () => {
    const runId = await insertRun(service.database, tenant);
    const claims = { ...claimsOf(tenant), sub: tenant.user.id, role: "OWNER" };
    expect((await service.get(`${LIST}/${runId}`, await sessionOf(claims))).status).toBe(404);

    await service.database.sql`update users set role = 'ADMIN' where id = ${tenant.user.id}`;
    expect((await service.get(`${LIST}/${runId}`, await sessionOf(claims))).status).toBe(200);
  });

  it("is not valid from the moment at which its user is deactivated", async () => {
    const token = await sessionOf(claimsOf(tenant));
    expect(await statusFor(token)).toBe(200);
    await service.database.sql`update users set deactivated_at = statement_timestamp() where id = ${tenant.owner.id}`;
    expect(await statusFor(token)).toBe(401);
  });

  it("may be signed with any key of the ring, and without a key id with the newest", async () => {
    const claims = claimsOf(tenant);
    expect(await statusFor(await signSymmetric(claims, SESSION_KEYS.k1, "k1"))).toBe(200);
    expect(await statusFor(await signSymmetric(claims, SESSION_KEYS.k2))).toBe(200);
    expect(await statusFor(await signSymmetric(claims, SESSION_KEYS.k1, "k2"))).toBe(401);
    expect(await statusFor(await signSymmetric(claims, SESSION_KEYS.k1, "k9"))).toBe(401);
    // An unknown key id is refused even when the newest key made the signature.
    expect(await statusFor(await signSymmetric(claims, SESSION_KEYS.k2, "k9"))).toBe(401);
  });

  it("is checked by the database's clock, with 30 seconds of leeway", async () => {
    const status = async (times: Record<string, unknown>) =>
      statusFor(await sessionOf({ ...claimsOf(tenant), ...times }));
    expect(await status({ exp: inSeconds(-20) })).toBe(200);
    expect(await status({ exp: inSeconds(-60) })).toBe(401);
    expect(await status({ nbf: inSeconds(20) })).toBe(200);
    expect(await status({ nbf: inSeconds(60) })).toBe(401);
    expect(await status({ iat: inSeconds(600) })).toBe(200);
  });

  it.each([
    ["sub", undefined, "The session token has no claim `sub`. It must be the id of a user of this service, a UUID."],
    ["sub", "auth0|5f7c8ec7c33c6c004bbafe82", "The session token has a wrong claim `sub`"],
    [
      "tenant_id",
      undefined,
      "The session token has no claim `tenant_id`. It must be the id of the user's tenant, a UUID.",
    ],
    ["tenant_id", "acme", "The session token has a wrong claim `tenant_id`"],
    [
      "exp",
      undefined,
      "The session token has no claim `exp`. It must be when the token expires, in seconds since 1970.",
    ],
    ["exp", "never", "The session token has a wrong claim `exp`"],
    ["exp", 1e300, "The session token has a wrong claim `exp`"],
  ])("is refused by a 401 that names the claim when `%s` is %s", async (name, value, detail) => {
    const token = await sessionOf({ ...claimsOf(tenant), [name]: value });
    const [response, requests] = await service.counted(() => service.get(LIST, token));
    expect([response.status, requests]).toEqual([401, 0]);
    const body = await response.text();
    expect(body).toContain(detail);
    // The claims of a token are not repeated, since answers may be logged.
    if (value !== undefined) expect(body).not.toContain(String(value));
    const page = await service.fetch("/docs", { headers: { Cookie: `ks_uat=${token}` } });
    expect(page.status).toBe(200);
  });

  it("is refused without the name of a claim when its signature is wrong", async () => {
    const forged = await signSymmetric(
      { ...claimsOf(tenant), sub: "me" },
      "another-secret-that-nobody-knows-0123",
      "k2",
    );
    const response = await service.get(LIST, forged);
    expect([response.status, await response.text()]).toEqual([401, expect.not.stringContaining("`sub`")]);
  });

  it("is refused when its tenant is not known", async () => {
    expect(await statusFor(await sessionOf({ ...claimsOf(tenant), tenant_id: tenant.owner.id }))).toBe(401);
  });

  it("is refused when its user belongs to another tenant", async () => {
    const other = await createTenant(service.database);
    expect(await statusFor(await sessionOf({ ...claimsOf(tenant), tenant_id: other.id }))).toBe(401);
  });

  it("is refused when it is forged: unsigned, changed, or no token at all", async () => {
    const token = await sessionOf(claimsOf(tenant));
    const [header = "", , signature = ""] = token.split(".");
    const payload = base64Url({ ...claimsOf(tenant), sub: tenant.admin.id });
    const forged = [
      `${base64Url({ alg: "none", typ: "JWT" })}.${payload}.`,
      `${base64Url({ alg: "none", typ: "JWT" })}.${payload}.${signature}`,
      `${base64Url({ alg: "HS512", typ: "JWT", kid: "k2" })}.${payload}.${signature}`,
      `${header}.${payload}.${signature}`,
      `${header}.${payload}`,
      "a.b.c",
      "garbage",
    ];
    for (const text of forged) expect([text, await statusFor(text)]).toEqual([text, 401]);
  });

  it("is no run token, and a run token is no session token, even when both secrets are the same", async () => {
    const same = await startService({ settings: { SESSION_SECRET: SETTINGS.RUN_TOKEN_SECRET } });
    const owner = await createTenant(same.database);
    const [kid = "", secret = ""] = SETTINGS.RUN_TOKEN_SECRET.split(":");
    const runId = await insertRun(same.database, owner);
    const session = await signSymmetric({ ...claimsOf(owner), att: 1 }, secret, kid);
    expect((await same.get(LIST, session)).status).toBe(200);
    expect((await same.get(LIST, await runToken(owner, runId))).status).toBe(401);
    const callback = await same.send("POST", `${LIST}/${runId}/callback`, session, { status: "COMPLETED" });
    expect(callback.status).toBe(401);
  });

  it("is unknown to a service without SESSION_SECRET", async () => {
    const without = await startService();
    const owner = await createTenant(without.database);
    expect((await without.get(LIST, await sessionOf(claimsOf(owner)))).status).toBe(401);
  });
});

describe("a change with the session's cookie", () => {
  const change = async (headers: Record<string, string>) => {
    const Cookie = `ks_uat=${await sessionOf(claimsOf(tenant))}`;
    return service.fetch(invokePath(tenant), { method: "POST", headers: { Cookie, ...headers } });
  };
  // The definition has no runner, so a known caller gets 409 from the database.
  const TAKEN = 409;

  it("is accepted from the service's own origin", async () => {
    expect((await change({ Origin: "https://service.test" })).status).toBe(TAKEN);
    expect((await change({ "Sec-Fetch-Site": "same-origin" })).status).toBe(TAKEN);
  });

  it("is refused with 403 from any other origin, however similar", async () => {
    const elsewhere: Record<string, string>[] = [
      {},
      { Origin: "https://evil.test" },
      { Origin: "null" },
      { Origin: "http://service.test" },
      { Origin: "https://service.test.evil.test" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site", Origin: "https://app.service.test" },
      { "Sec-Fetch-Site": "none" },
      { "Content-Type": "application/json" },
    ];
    for (const headers of elsewhere) {
      const [response, requests] = await service.counted(() => change(headers));
      expect([headers, response.status, requests]).toEqual([headers, 403, 0]);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining("same origin") });
    }
  });

  it("needs no origin when a bearer token comes with it", async () => {
    const Authorization = `Bearer ${await sessionOf(claimsOf(tenant))}`;
    expect((await change({ Authorization, Origin: "https://evil.test" })).status).toBe(TAKEN);
  });

  it("is not accepted by the cookie when the bearer token is not valid", async () => {
    expect((await change({ Authorization: "Bearer wr_wrong", Origin: "https://service.test" })).status).toBe(401);
    expect((await change({ Authorization: "Basic eA==", Origin: "https://service.test" })).status).toBe(401);
  });
});

describe("an API key that is not known", () => {
  it("is distinguished from one that was mistyped, each in one database request", async () => {
    const key = await formatApiKey("one", crypto.getRandomValues(new Uint8Array(32)));
    const detail = async (text: string) => {
      const [response, requests] = await service.counted(() => service.get(LIST, text));
      expect([response.status, requests]).toEqual([401, 1]);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      return (await response.json<{ detail: string }>()).detail;
    };
    expect(await detail(key)).toContain("Send a valid credential");
    expect(await detail("wr_demo_owner")).not.toContain("mistyped");
    expect(await detail(key.slice(0, -1))).toContain("mistyped");
    expect(await detail(`${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`)).toContain("mistyped");
  });
});
