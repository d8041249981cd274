/** Signing in by the login service: whom it lets in, and the attacks that it refuses. */
import { decode, sign } from "hono/jwt";
import { v7 as uuid } from "uuid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { base64Url, inSeconds, SESSION_KEYS, signSymmetric } from "../support/callers.ts";
import { createIssuer } from "../support/issuer.ts";
import {
  type FakeLogin,
  joinFields,
  LOGIN_SETTINGS,
  type LoginBrowser,
  openLoginBrowser,
  startFakeLogin,
} from "../support/login-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant, type TestTenant } from "../support/tenant.ts";

const ORIGIN = "https://service.test";

const service = await startService({ settings: { ...PAGE_SETTINGS, ...LOGIN_SETTINGS, PUBLIC_URL: ORIGIN } });
const login = await startFakeLogin();
const tenant = tenantOfEachTest(service);
let browser: LoginBrowser;

beforeEach(async () => {
  login.reset();
  browser = openLoginBrowser(service, login);
});

const emailOf = (user: { id: string }) => `${user.id}@test.example`;

/** The claims of an account whose email the login service has verified. */
const verified = (email: string) => ({ sub: uuid(), email, email_verified: true });

const me = async (of = browser) => {
  const response = await of.get("/v1/users/me");
  return response.status === 200 ? (await response.json<{ id: string }>()).id : response.status;
};

const loginsOf = async (user: { id: string }) => {
  const rows = await service.database.sql`select sub from logins where user_id = ${user.id}`;
  return rows.map(({ sub }) => sub);
};

const answerOf = async (response: Response) => [response.status, await response.text()] as const;

describe("signing in by the login service", () => {
  it("is a link on the sign-in page, which leads there with PKCE, a state and a nonce, without the database", async () => {
    expect(await (await browser.get("/app/sign-in?next=/app/files")).text()).toMatch(
      /<a class="button primary" href="\/app\/sign-in\/oidc\?next=%2Fapp%2Ffiles">Sign in with the test login</,
    );
    const [url, requests] = await service.counted(() => browser.begin());
    expect(requests).toBe(0);
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      client_id: LOGIN_SETTINGS.OIDC_CLIENT_ID,
      redirect_uri: `${ORIGIN}/app/sign-in/oidc/callback`,
      response_type: "code",
      scope: "openid email profile",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [cookie = "", ...others] = browser.cookies.keys();
    expect([cookie, others]).toEqual([`__Host-sign-in-${new URL(url).searchParams.get("state")}`, []]);
    expect(browser.cookies.get(cookie)).not.toContain(new URL(url).searchParams.get("nonce"));
  });

  it("ties the account to the user with its verified email once the person joins, and goes where they wanted", async () => {
    login.account = verified(emailOf(tenant.user).toUpperCase());
    const callback = login.authorize(await browser.begin({ next: "/app/people?q=x" }));
    const [question, asked] = await service.counted(() => browser.get(callback));
    const [fields] = joinFields(await question.text());
    expect([question.status, question.headers.get("Cache-Control"), asked]).toEqual([200, "no-store", 1]);
    expect([await me(), await loginsOf(tenant.user)]).toEqual([401, []]);
    const [response, requests] = await service.counted(() => browser.post("/app/sign-in/oidc/join", fields));
    expect([response.status, response.headers.get("Location"), requests]).toEqual([303, "/app/people?q=x", 1]);
    expect([...browser.cookies.keys()]).toEqual(["__Host-ks_uat"]);
    expect(await me()).toBe(tenant.user.id);
    expect(await (await browser.get(`/app/people/${tenant.user.id}`)).text()).toContain("login.test");
    expect(await loginsOf(tenant.user)).toEqual([login.account.sub]);
  });

  it("knows a tied account by its subject, whatever its email is then", async () => {
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    for (const claims of [{}, { email: "other@test.example" }, verified(emailOf(tenant.admin))]) {
      login.account = { ...claims, sub: (await loginsOf(tenant.user))[0] };
      const again = openLoginBrowser(service, login);
      expect((await again.signIn()).status).toBe(303);
      expect(await me(again)).toBe(tenant.user.id);
    }
    expect(await loginsOf(tenant.admin)).toEqual([]);
  });

  it("reads the email from userinfo when the token has none, and only of the same subject", async () => {
    const account = verified(emailOf(tenant.user));
    login.account = { sub: account.sub };
    login.userinfo = { ...account, sub: uuid() };
    expect((await browser.signIn()).status).toBe(401);
    login.userinfo = account;
    expect((await browser.signIn()).status).toBe(303);
    expect(await me()).toBe(tenant.user.id);
  });

  it.each([
    ["verified, there", { email_verified: true }, 303],
    ["not verified, there", { email_verified: false }, 403],
    ["not said to be verified, nowhere", {}, 403],
  ])("asks userinfo when the token has an email without saying whether it is verified: %s", async (_, more, status) => {
    const email = emailOf(tenant.user);
    login.account = { sub: uuid(), email };
    login.userinfo = { email, ...more };
    expect((await browser.signIn()).status).toBe(status);
  });

  it("does not ask userinfo about an email that the token says is not verified", async () => {
    const email = emailOf(tenant.user);
    login.account = { sub: uuid(), email, email_verified: false };
    login.userinfo = { email, email_verified: true };
    expect((await browser.signIn()).status).toBe(403);
  });

  it("goes on without userinfo for an account that is tied, when it is only asked whether the email is verified", async () => {
    const account = verified(emailOf(tenant.user));
    login.account = account;
    await browser.signIn();
    login.account = { sub: account.sub, email: account.email };
    login.userinfo = { sub: uuid() };
    vi.spyOn(console, "error").mockImplementation(() => {});
    const again = openLoginBrowser(service, login);
    expect([(await again.signIn()).status, await me(again)]).toEqual([303, tenant.user.id]);
  });

  it("tells somebody unknown whom to ask, and makes no account", async () => {
    login.account = verified("nobody@test.example");
    const [status, page] = await answerOf(await browser.signIn());
    expect([status, page]).toEqual([403, expect.stringContaining("Ask the OWNER or an ADMIN of your team")]);
    expect(page).toContain("nobody@test.example");
    expect(await me()).toBe(401);
    const rows = await service.database.sql`select from users where email = 'nobody@test.example'`;
    expect(rows).toEqual([]);
  });

  it("lets nobody in as a deactivated or deleted user", async () => {
    const { user, admin } = tenant;
    login.account = verified(emailOf(user));
    await browser.signIn();
    await service.database.sql`update users set deactivated_at = now() where id = ${user.id}`;
    expect(await me()).toBe(401);
    expect((await browser.signIn()).status).toBe(403);
    const owner = await signIn(service, tenant.owner.key);
    expect((await owner.post(`/app/people/${admin.id}/delete`)).status).toBe(303);
    login.account = verified(emailOf(admin));
    expect((await browser.signIn()).status).toBe(403);
    expect(await loginsOf(admin)).toEqual([]);
  });

  it.each([-30, 30])("is judged by the database's clock, when that of the Worker is %d days off", async (days) => {
    const times = { iat: inSeconds(0), exp: inSeconds(300) };
    login.account = verified(emailOf(tenant.user));
    login.claims = (claims) => ({ ...claims, ...times });
    vi.setSystemTime(Date.now() + days * 86_400_000);
    const response = await browser.signIn();
    vi.useRealTimers();
    expect([response.status, await me()]).toEqual([303, tenant.user.id]);
  });

  it("lasts twelve hours from each use, as with a key", async () => {
    login.account = verified(emailOf(tenant.user));
    const response = await browser.signIn();
    const expires = /__Host-ks_uat=[^;]+; Path=\/; Expires=([^;]+); HttpOnly; Secure; SameSite=Lax/.exec(
      response.headers.getSetCookie().join("\n"),
    )?.[1];
    expect(Math.abs((Date.parse(expires ?? "") - Date.now()) / 1000 - 12 * 3600)).toBeLessThan(100);
  });

  it("keeps a form whose session has ended on the page, while its sender signs in in another tab", async () => {
    const response = await browser.post("/app/people/new", { email: "x@test.example" });
    const [status, page] = await answerOf(response);
    expect([status, page]).toEqual([401, expect.stringMatching(/target="_blank"[^>]*>Sign in with the test login</)]);
    expect(page).toMatch(
      /<form method="post" action="\/app\/people\/new".*value="x@test.example".*I am signed in again/s,
    );
  });

  it("keeps the request of an agent on the page that is too long to take along, while its person signs in in another tab", async () => {
    const addresses = Array.from({ length: 10 }, (_, n) => `https://agent.example/${n}/${"a".repeat(200)}`);
    const body = JSON.stringify({ redirect_uris: addresses });
    const registered = await service.fetch("/oauth/register", { method: "POST", body });
    const request = `/app/agent?${new URLSearchParams({
      ...{ response_type: "code", redirect_uri: addresses[0] ?? "" },
      ...{ code_challenge: "c".repeat(43), code_challenge_method: "S256" },
      client_id: (await registered.json<{ client_id: string }>()).client_id,
    })}`;
    const asked = await browser.get((await browser.get(request)).headers.get("Location") ?? "");
    const [, begin, back] =
      /href="([^"]+)" target="_blank"[^>]*>Sign in with the test login<.*href="([^"]+)">I am signed in</s.exec(
        await asked.text(),
      ) ?? [];
    expect([begin, back?.replaceAll("&amp;", "&")]).toEqual(["/app/sign-in/oidc?next=%2Fapp%2Fruns", request]);
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    expect((await browser.get(request)).status).toBe(200);
  });
});

describe("an attack is refused", () => {
  beforeEach(() => {
    login.account = verified(emailOf(tenant.owner));
  });

  /** Signs in, and expects that nobody is signed in afterwards. */
  async function expectRefused(answer: Promise<Response>, status = 401) {
    expect((await answer).status).toBe(status);
    expect(await me()).toBe(401);
    expect(await loginsOf(tenant.owner)).toEqual([]);
  }

  it("a code that is used twice, also by somebody who kept the cookie", async () => {
    const callback = login.authorize(await browser.begin());
    const kept = new Map(browser.cookies);
    expect((await browser.get(callback)).status).toBe(200);
    expect((await browser.get(callback)).status).toBe(400);
    const thief = openLoginBrowser(service, login);
    for (const [name, value] of kept) thief.cookies.set(name, value);
    expect((await thief.get(callback)).status).toBe(401);
    expect(await me(thief)).toBe(401);
  });

  it("a sign-in that is forced on somebody else: its state is not in their browser", async () => {
    const attacker = openLoginBrowser(service, login);
    await expectRefused(browser.get(login.authorize(await attacker.begin())), 400);
    // Nor does it help that they are signing in, too.
    await browser.begin();
    await expectRefused(browser.get(login.authorize(await attacker.begin())), 400);
  });

  it("the code of another sign-in with one's own state", async () => {
    const attacker = openLoginBrowser(service, login);
    const stolen = new URLSearchParams(login.authorize(await attacker.begin()).split("?")[1]).get("code");
    const own = new URLSearchParams(login.authorize(await browser.begin()).split("?")[1]).get("state");
    await expectRefused(browser.get(`/app/sign-in/oidc/callback?code=${stolen}&state=${own}`));
  });

  it("a cookie that was changed, or that is of another sign-in", async () => {
    const [first, second] = [await browser.begin(), await browser.begin()];
    const [one = "", two = ""] = browser.cookies.keys();
    browser.cookies.set(one, browser.cookies.get(two) ?? "");
    browser.cookies.set(two, "k1.AAAA.AAAA");
    await expectRefused(browser.get(login.authorize(first)), 400);
    await expectRefused(browser.get(login.authorize(second)), 400);
  });

  it("a sign-in that began more than ten minutes ago", async () => {
    const callback = login.authorize(await browser.begin());
    vi.setSystemTime(Date.now() + 11 * 60_000);
    const answer = browser.get(callback);
    await answer;
    vi.useRealTimers();
    await expectRefused(answer, 400);
  });

  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ["the nonce of another sign-in", (claims) => ({ ...claims, nonce: "another" })],
    ["no nonce", ({ nonce: _, ...claims }) => claims],
    ["another issuer", (claims) => ({ ...claims, iss: "https://elsewhere.test" })],
    ["another audience", (claims) => ({ ...claims, aud: "another-service" })],
    ["several audiences, and another authorized party", (claims) => ({ ...claims, aud: [claims.aud, "b"], azp: "b" })],
    ["a time that is over", (claims) => ({ ...claims, exp: inSeconds(-120) })],
    ["a time that has not come", (claims) => ({ ...claims, nbf: inSeconds(120) })],
    ["no subject", ({ sub: _, ...claims }) => claims],
    ["a subject that is no text of ASCII", (claims) => ({ ...claims, sub: "a\u0000b" })],
  ])("a token with %s", async (_, claims) => {
    login.claims = claims;
    await expectRefused(browser.signIn());
  });

  it.each<[string, (claims: Record<string, unknown>) => Promise<string> | string]>([
    ["`alg: none`", (claims) => `${base64Url({ alg: "none" })}.${base64Url(claims)}.`],
    ["the client's secret", (claims) => sign(claims, LOGIN_SETTINGS.OIDC_CLIENT_SECRET, "HS256")],
    ["a key of somebody else", async (claims) => (await createIssuer("first", "RS256")).sign(claims)],
    ["an unknown key", async (claims) => (await createIssuer("other", "RS256")).sign(claims)],
  ])("a token that is signed with %s", async (_, token) => {
    login.token = token;
    await expectRefused(browser.signIn());
  });

  it("an answer of another login service", async () => {
    const callback = login.authorize(await browser.begin());
    await expectRefused(browser.get(`${callback}&iss=${encodeURIComponent("https://elsewhere.test")}`));
  });

  it("a login service that calls itself by another issuer, such as one for all organisations", async () => {
    login.metadata = { issuer: "https://login.test/{tenantid}/v2.0" };
    expect(await browser.begin()).toBe("status 503");
  });

  it.each([
    ["is not verified", { email_verified: false }],
    ["is not said to be verified", {}],
    ["is said to be verified by a claim of Microsoft, at another login service", { xms_edov: true }],
  ])("an email that %s", async (_, claims) => {
    login.account = { sub: uuid(), email: emailOf(tenant.owner), ...claims };
    await expectRefused(browser.signIn(), 403);
  });

  it("an email that moved to another account", async () => {
    const [first, second] = [verified(emailOf(tenant.user)), verified(emailOf(tenant.user))];
    login.account = first;
    await browser.signIn();
    login.account = second;
    const other = openLoginBrowser(service, login);
    expect((await other.signIn()).status).toBe(403);
    expect([await me(other), await loginsOf(tenant.user)]).toEqual([401, [first.sub]]);
  });

  it.each(["https://elsewhere.test/app/", "//elsewhere.test/app/x", "/v1/users/me", `/app/${"x".repeat(2000)}`])(
    "an open redirect after the sign-in: %j",
    async (next) => {
      expect((await browser.signIn({ next })).headers.get("Location")).toBe("/app/runs");
    },
  );

  it("the link of an invite that another site opens: the person sees the invite first", async () => {
    const { id, secret, link } = await invite("forced@test.example");
    const query = new URLSearchParams({ invite: id, secret });
    for (const site of ["cross-site", "same-site", "none"]) {
      const response = await browser.get(`/app/sign-in/oidc?${query}`, { "Sec-Fetch-Site": site });
      expect([response.status, response.headers.get("Location"), browser.cookies.size]).toEqual([303, link, 0]);
    }
  });
});

describe("a login service that takes the secret of its client in one way only", () => {
  const [BASIC, POST] = ["client_secret_basic", "client_secret_post"] as const;

  /** A service that has not met the login service yet, and two sign-ins there. Returns how its requests have sent the secret. */
  async function methodsOf(settings: Record<string, string> = {}): Promise<string[][]> {
    const own = await startService({
      database: service.database,
      settings: { ...PAGE_SETTINGS, ...LOGIN_SETTINGS, PUBLIC_URL: ORIGIN, ...settings },
    });
    login.account = { ...verified(emailOf(tenant.user)), sub: tenant.user.id };
    const methods: string[][] = [];
    for (let signIns = 1; signIns <= 2; signIns++) {
      const response = await openLoginBrowser(own, login).signIn();
      expect([response.status, response.headers.get("Location")]).toEqual([303, "/app/runs"]);
      methods.push(login.methods.splice(0));
    }
    return methods;
  }

  it.each([
    [BASIC, [POST, BASIC], [[POST, BASIC], [BASIC]]],
    [POST, [BASIC], [[BASIC, POST], [POST]]],
    [BASIC, undefined, [[BASIC], [BASIC]]],
    [POST, [POST], [[POST], [POST]]],
  ])("lets people in with %s, of what it names %j", async (method, named, expected) => {
    login.clientAuthMethod = method;
    login.metadata = { token_endpoint_auth_methods_supported: named };
    expect(await methodsOf()).toEqual(expected);
  });

  it("lets people in with the method of the setting, and also when the setting is wrong", async () => {
    login.clientAuthMethod = BASIC;
    expect(await methodsOf({ OIDC_CLIENT_AUTH_METHOD: BASIC })).toEqual([[BASIC], [BASIC]]);
    expect(await methodsOf({ OIDC_CLIENT_AUTH_METHOD: POST })).toEqual([[POST, BASIC], [BASIC]]);
  });

  it("is sent a code again only after it has refused the client, and never a third time", async () => {
    const own = await startService({
      database: service.database,
      settings: { ...PAGE_SETTINGS, ...LOGIN_SETTINGS, PUBLIC_URL: ORIGIN, OIDC_CLIENT_SECRET: "a wrong one" },
    });
    login.account = verified(emailOf(tenant.user));
    expect((await openLoginBrowser(own, login).signIn()).status).toBe(401);
    expect(login.methods.splice(0)).toEqual([POST, BASIC]);
    const wrongCode = login.authorize(await browser.begin()).replace(/code=[^&]*/, "code=another");
    expect((await browser.get(wrongCode)).status).toBe(401);
    expect(login.methods).toEqual([POST]);
  });
});

describe("when the login service", () => {
  const expectKeyToWork = async () => expect(await signIn(service, tenant.user.key)).toBeDefined();

  it.each<[string, FakeLogin["instead"]]>([
    ["is down", () => Promise.reject(new TypeError("Network connection lost."))],
    ["answers 500", async () => new Response("Oops", { status: 500 })],
    ["answers no JSON", async () => new Response("<html>")],
  ])("%s, the page says so, and the key works", async (_, instead) => {
    login.account = verified(emailOf(tenant.user));
    const callback = login.authorize(await browser.begin());
    login.instead = instead;
    const [status, page] = await answerOf(await browser.get("/app/sign-in/oidc"));
    expect([status, page]).toEqual([503, expect.stringContaining("the test login does not answer as it should")]);
    expect(page).not.toMatch(/Oops|Network/);
    expect([401, 503]).toContain((await browser.get(callback)).status);
    expect(await me()).toBe(401);
    await expectKeyToWork();
  });

  it("is slow, the page says so after five seconds", async () => {
    login.instead = (init) =>
      new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answer = browser.get("/app/sign-in/oidc");
    await vi.waitUntil(() => vi.getTimerCount() > 0, { timeout: 20_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await answer).status).toBe(503);
    vi.useRealTimers();
    await expectKeyToWork();
  });

  it("does not let the person in, the page says so, and shows nothing that the address says", async () => {
    const state = new URL(await browser.begin()).searchParams.get("state");
    const response = await browser.get(
      `/app/sign-in/oidc/callback?error=access_denied&error_description=Call+0900&state=${state}`,
    );
    const [status, page] = await answerOf(response);
    expect([status, page]).toEqual([401, expect.stringContaining("You have not signed in at the test login")]);
    expect(page).not.toContain("0900");
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Invites somebody to the tenant. */
async function invite(email: string, of = tenant): Promise<{ id: string; secret: string; link: string }> {
  const response = await service.send("POST", "/v1/invites", of.owner.key, { tenant_id: of.id, email });
  const { id, invite_link: link } = await response.json<{ id: string; invite_link: string }>();
  return { id, link, secret: new URL(link).searchParams.get("secret") ?? "" };
}

describe("an invite", () => {
  it("is accepted by signing in, with whatever account, once", async () => {
    const { id, secret, link } = await invite("ida@test.example");
    const page = await (await browser.get(link.slice(ORIGIN.length))).text();
    expect(page).toContain(`href="/app/sign-in/oidc?invite=${id}&amp;secret=${secret}"`);
    login.account = { sub: uuid(), email: "quite.another@test.example" };
    const callback = login.authorize(await browser.begin({ invite: id, secret }));
    const [response, requests] = await service.counted(() => browser.get(callback));
    expect([response.status, response.headers.get("Location"), requests]).toEqual([303, "/app/runs", 1]);
    const [row] = await service.database.sql`
      select u.id, u.role, u.idp_type, l.sub from users u join logins l on l.user_id = u.id
      where u.tenant_id = ${tenant.id} and u.email = 'ida@test.example'`;
    expect(row).toMatchObject({ id: await me(), role: "USER", idp_type: "TENANT", sub: login.account.sub });

    const late = openLoginBrowser(service, login);
    login.account = { sub: uuid() };
    expect((await late.signIn({ invite: id, secret })).status).toBe(404);
    expect(await me(late)).toBe(401);
    // Nobody can be invited in the place of somebody who signs in, also when they were untied meanwhile.
    await service.database.sql`delete from logins where user_id = ${row?.id}`;
    const again = { tenant_id: tenant.id, email: "ida@test.example" };
    expect((await service.send("POST", "/v1/invites", tenant.owner.key, again)).status).toBe(409);
  });

  it("is not accepted with a wrong secret, nor with the account of another user of the tenant", async () => {
    const { id, secret } = await invite("ida@test.example");
    login.account = verified(emailOf(tenant.user));
    expect((await browser.signIn({ invite: id, secret: "wrong" })).status).toBe(404);
    await browser.signIn();
    const [status, page] = await answerOf(await browser.signIn({ invite: id, secret }));
    expect([status, page]).toEqual([409, expect.stringContaining("This account is taken")]);
    const rows = await service.database.sql`
      select from users where tenant_id = ${tenant.id} and email = 'ida@test.example'`;
    expect(rows).toEqual([]);
  });

  it("gives a person another tenant", async () => {
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    const other = await createTenant(service.database);
    const { id, secret } = await invite("ida@test.example", other);
    await browser.signIn({ invite: id, secret });
    const [row] = await service.database.sql`select id from users where tenant_id = ${other.id} and email like 'ida@%'`;
    expect(await me()).toBe(row?.id);
    expect((await browser.signIn()).headers.get("Location")).toBe("/app/tenants?next=%2Fapp%2Fruns");
  });
});

describe("an account that is tied to nobody yet", () => {
  it("is tied in the tenant that the person chooses, and not in one into which somebody else has added its email", async () => {
    const { sql } = service.database;
    const other = await createTenant(service.database);
    await sql`update users set email = ${emailOf(tenant.user)}, created_at = '2020-01-01' where id = ${other.admin.id}`;
    await sql`update tenants set name = case id when ${other.id} then 'A trap' else 'Our team' end where id in (${other.id}, ${tenant.id})`;
    login.account = verified(emailOf(tenant.user));
    const html = await (await browser.arrive()).text();
    expect(html.indexOf("Join A trap")).toBeLessThan(html.indexOf("Join Our team"));
    const own = joinFields(html).find((fields) => fields.tenant === tenant.id);
    expect((await browser.post("/app/sign-in/oidc/join", own)).headers.get("Location")).toBe("/app/runs");
    expect([await me(), await loginsOf(other.admin)]).toEqual([tenant.user.id, []]);
    expect((await browser.signIn()).headers.get("Location")).toBe("/app/tenants?next=%2Fapp%2Fruns");
    expect(await loginsOf(other.admin)).toEqual([]);
  });

  it("joins only where it was added, once, and from the browser and the page in which it was asked", async () => {
    const stranger = await createTenant(service.database);
    login.account = verified(emailOf(tenant.user));
    const joinedIn = async (from: LoginBrowser, fields: Record<string, string>) =>
      (await from.post("/app/sign-in/oidc/join", fields)).status;
    const ask = async () => joinFields(await (await browser.arrive()).text())[0] ?? { tenant: "", state: "" };
    const fields = await ask();
    expect(await joinedIn(openLoginBrowser(service, login), fields)).toBe(400);
    const elsewhere = await service.fetch("/app/sign-in/oidc/join", {
      method: "POST",
      headers: {
        Origin: "https://elsewhere.test",
        Cookie: [...browser.cookies].map((one) => one.join("=")).join("; "),
      },
      body: new URLSearchParams(fields),
    });
    expect(elsewhere.status).toBe(403);
    // What is kept while the person is at the login service proves no account, and what is kept for the question is no answer of it.
    const state = new URL(await browser.begin()).searchParams.get("state") ?? "";
    expect(await joinedIn(browser, { ...fields, state })).toBe(400);
    expect((await browser.get(`/app/sign-in/oidc/callback?code=x&state=${(await ask()).state}`)).status).toBe(400);
    expect(await joinedIn(browser, { ...(await ask()), tenant: stranger.id })).toBe(403);
    expect(await loginsOf(tenant.user)).toEqual([]);
    expect([await joinedIn(browser, fields), await joinedIn(browser, fields)]).toEqual([303, 400]);
    expect([await me(), await loginsOf(tenant.user)]).toEqual([tenant.user.id, [login.account.sub]]);
  });

  it("may answer for ten minutes", async () => {
    login.account = verified(emailOf(tenant.user));
    const [fields] = joinFields(await (await browser.arrive()).text());
    vi.setSystemTime(Date.now() + 11 * 60_000);
    expect((await browser.post("/app/sign-in/oidc/join", fields)).status).toBe(400);
    expect(await loginsOf(tenant.user)).toEqual([]);
  });
});

describe("an account of several tenants", () => {
  it("chooses one, and another one later, in one session", async () => {
    const other = await createTenant(service.database);
    const email = emailOf(tenant.user);
    await service.database.sql`update users set email = ${email} where id = ${other.admin.id}`;
    login.account = verified(email);
    expect((await browser.signIn({ next: "/app/files" })).headers.get("Location")).toBe("/app/files");
    const location = "/app/tenants?next=%2Fapp%2Ffiles";
    expect((await browser.signIn({ next: "/app/files" })).headers.get("Location")).toBe(location);
    const [page, requests] = await service.counted(async () => (await browser.get(location)).text());
    expect([requests, page]).toEqual([1, expect.stringContaining(`name="tenant"`)]);

    for (const [entered, id] of [
      [tenant.id, tenant.user.id],
      [other.id, other.admin.id],
      [tenant.id, tenant.user.id],
    ]) {
      const response = await browser.post("/app/tenants", { tenant: entered ?? "", next: "/app/files" });
      expect([response.status, response.headers.get("Location"), await me()]).toEqual([303, "/app/files", id]);
    }
    const third = await createTenant(service.database);
    expect((await browser.post("/app/tenants", { tenant: third.id })).status).toBe(404);
    await service.database.sql`update users set deactivated_at = now() where id = ${other.admin.id}`;
    expect((await browser.post("/app/tenants", { tenant: other.id })).status).toBe(404);
    expect(await me()).toBe(tenant.user.id);
  });

  it("leaves no session in the tenant that it leaves, and stays signed in no longer by changing", async () => {
    const { sql } = service.database;
    const other = await createTenant(service.database);
    await sql`update users set email = ${emailOf(tenant.user)} where id = ${other.admin.id}`;
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    const sessions = () => sql`
      select s.tenant_id, s.ended_at is null as is_open, s.began_at::text, s.ends_at::text from sign_in_sessions s
      where s.tenant_id in (${tenant.id}, ${other.id}) order by is_open`;
    const [first] = await sessions();
    const [from, to] = first?.tenant_id === tenant.id ? [tenant, other] : [other, tenant];
    const left = new Map(browser.cookies);
    const [response, requests] = await service.counted(() => browser.post("/app/tenants", { tenant: to.id }));
    expect([response.status, requests]).toEqual([303, 1]);
    const { began_at, ends_at } = first ?? {};
    expect(await sessions()).toEqual([
      { tenant_id: from.id, is_open: false, began_at, ends_at },
      { tenant_id: to.id, is_open: true, began_at, ends_at },
    ]);
    // The cookie that was left opens nothing, and cannot enter again.
    const thief = openLoginBrowser(service, login);
    for (const [name, value] of left) thief.cookies.set(name, value);
    expect(await me(thief)).toBe(401);
    expect((await thief.post("/app/tenants", { tenant: to.id })).status).toBe(401);
  });

  it("is tied in no tenant into which somebody else adds its email, until the person joins it", async () => {
    const { sql } = service.database;
    const account = verified(emailOf(tenant.user));
    login.account = account;
    expect((await browser.signIn()).headers.get("Location")).toBe("/app/runs");
    const other = await createTenant(service.database);
    await sql`update users set email = ${emailOf(tenant.user)} where id = ${other.admin.id}`;
    await sql`update tenants set name = 'Elsewhere' where id = ${other.id}`;

    expect((await browser.signIn({ next: "/app/files" })).headers.get("Location")).toBe(
      "/app/tenants?next=%2Fapp%2Ffiles",
    );
    expect([await me(), await loginsOf(other.admin)]).toEqual([tenant.user.id, []]);
    const [page, requests] = await service.counted(async () => (await browser.get("/app/tenants")).text());
    expect([requests, page]).toEqual([1, expect.stringContaining("Join Elsewhere")]);
    const [response, joining] = await service.counted(() => browser.post("/app/tenants", { tenant: other.id }));
    expect([response.status, joining, await me()]).toEqual([303, 1, other.admin.id]);
    expect(await loginsOf(other.admin)).toEqual([account.sub]);
    expect(await (await browser.get("/app/tenants")).text()).not.toContain("Join Elsewhere");
    const tied = await sql`select from audit_events where tenant_id = ${other.id} and action = 'user.login_tied'`;
    expect(tied).toHaveLength(1);
  });

  it.each([
    ["its email has moved to another account", (email: string) => ({ email: `other-${email}`, email_verified: true })],
    ["its email is not verified any more", (email: string) => ({ email, email_verified: false })],
  ])("joins no tenant by an email when %s", async (_, claims) => {
    const { sql } = service.database;
    const email = emailOf(tenant.user);
    login.account = verified(email);
    await browser.signIn();
    const other = await createTenant(service.database);
    await sql`update users set email = ${email} where id = ${other.admin.id}`;
    login.account = { sub: login.account.sub, ...claims(email) };
    expect((await browser.signIn()).headers.get("Location")).toBe("/app/runs");
    expect((await browser.post("/app/tenants", { tenant: other.id })).status).toBe(404);
    expect(await loginsOf(other.admin)).toEqual([]);
  });

  it.each([
    ["has noted the new one everywhere", false],
    ["was accepted when that left the old one in older logins", true],
  ])("joins no tenant by an email that changed before an invite, which %s", async (_, isLeft) => {
    const { sql } = service.database;
    const [before, now] = [emailOf(tenant.user), `${uuid()}@test.example`];
    login.account = verified(before);
    await browser.signIn();
    login.account = { ...login.account, email: now };
    const { id, secret } = await invite("ida@test.example", await createTenant(service.database));
    await browser.signIn({ invite: id, secret });
    if (isLeft) await sql`update logins set email = ${before} where user_id = ${tenant.user.id}`;
    const [former, both] = [await createTenant(service.database), await createTenant(service.database)];
    await sql`update users set email = ${before} where id in (${former.admin.id}, ${both.admin.id})`;
    await sql`update users set email = ${now} where id = ${both.user.id}`;
    const join = async (to: TestTenant) => (await browser.post("/app/tenants", { tenant: to.id })).status;
    expect([await join(former), await join(both), await me()]).toEqual([404, 303, both.user.id]);
    expect(await loginsOf(both.admin)).toEqual([]);
  });

  it("does not join as a user who is tied to somebody else, deactivated, or deleted", async () => {
    const { sql } = service.database;
    const email = emailOf(tenant.user);
    const other = await createTenant(service.database);
    await sql`update users set email = ${email} where id = ${other.admin.id}`;
    login.account = verified(email);
    await browser.signIn();
    const join = async () => (await browser.post("/app/tenants", { tenant: other.id })).status;
    await sql`update users set deactivated_at = now() where id = ${other.admin.id}`;
    expect(await join()).toBe(404);
    await sql`update users set deactivated_at = null where id = ${other.admin.id}`;
    await sql`
      insert into logins (id, tenant_id, user_id, iss, sub)
      values (gen_random_uuid(), ${other.id}, ${other.admin.id}, 'https://login.test', ${uuid()})`;
    expect([await join(), await me()]).toEqual([404, tenant.user.id]);
  });

  it("is asked to sign in again before it enters one from a session whose cookie another host can plant", async () => {
    const other = await createTenant(service.database);
    await service.database.sql`update users set email = ${emailOf(tenant.user)} where id = ${other.admin.id}`;
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    const { host_cookie: _, ...claims } = decode(browser.cookies.get("__Host-ks_uat") ?? "").payload;
    const old = openLoginBrowser(service, login);
    old.cookies.set("ks_uat", await signSymmetric(claims, SESSION_KEYS.k2, "k2"));
    expect(await me(old)).toBe(tenant.user.id);
    expect((await old.post("/app/tenants", { tenant: other.id })).status).toBe(401);
    expect([[...old.cookies.keys()], await me(old)]).toEqual([["ks_uat"], tenant.user.id]);
  });

  it("begins its session in the tenant that it entered last", async () => {
    const other = await createTenant(service.database);
    await service.database.sql`update users set email = ${emailOf(tenant.user)} where id = ${other.admin.id}`;
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    for (const [entered, id] of [
      [other.id, other.admin.id],
      [tenant.id, tenant.user.id],
      [other.id, other.admin.id],
    ]) {
      expect((await browser.post("/app/tenants", { tenant: entered ?? "" })).status).toBe(303);
      const again = openLoginBrowser(service, login);
      await again.signIn();
      expect(await me(again)).toBe(id);
    }
  });

  it("is not open to an API key of one of its users", async () => {
    const other = await createTenant(service.database);
    await service.database.sql`update users set email = ${emailOf(tenant.user)} where id = ${other.admin.id}`;
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    const byKey = await signIn(service, tenant.user.key);
    expect(await byKey.read("/app/tenants")).toContain("You have signed in with an API key");
    expect((await byKey.post("/app/tenants", { tenant: other.id })).status).toBe(404);
  });
});

describe("signing out", () => {
  beforeEach(async () => {
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
  });

  const signedOutPage = async () => {
    const response = await browser.post("/app/sign-out");
    expect([response.headers.get("Location"), await me()]).toEqual(["/app/signed-out", 401]);
    const [page, requests] = await service.counted(async () => (await browser.get("/app/signed-out")).text());
    expect([requests, page]).toEqual([0, expect.stringContaining("You are signed out")]);
    return page;
  };

  it("links to the login service's own page for it, if it publishes one", async () => {
    expect(await signedOutPage()).not.toContain("Sign out of the test login, too");
    vi.setSystemTime(Date.now() + 3_600_000);
    login.metadata = { end_session_endpoint: "https://login.test/out?x=1" };
    await browser.signIn();
    expect(await signedOutPage()).toContain(
      `href="https://login.test/out?x=1&amp;client_id=${LOGIN_SETTINGS.OIDC_CLIENT_ID}"`,
    );
    login.metadata = { end_session_endpoint: "javascript:alert(1)" };
    vi.setSystemTime(Date.now() + 7_200_000);
    await browser.signIn();
    expect(await signedOutPage()).not.toContain("alert");
    vi.useRealTimers();
  });

  it("works while the login service is away", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    vi.setSystemTime(Date.now() + 3_600_000);
    login.instead = async () => new Response(null, { status: 503 });
    expect(await signedOutPage()).not.toContain("Sign out of the test login, too");
    vi.useRealTimers();
  });
});

describe("untying", () => {
  it("ends the sessions of that login, and lets the verified email tie another account", async () => {
    login.account = verified(emailOf(tenant.user));
    await browser.signIn();
    const admin = await signIn(service, tenant.admin.key);
    expect(await admin.read(`/app/people/${tenant.user.id}`)).toContain("Untie the login of");
    expect((await admin.post(`/app/people/${tenant.user.id}/untie`)).status).toBe(303);
    expect(await me()).toBe(401);
    expect((await admin.post(`/app/people/${tenant.user.id}/untie`)).status).toBe(303);
    const another = verified(emailOf(tenant.user));
    login.account = another;
    await browser.signIn();
    expect([await me(), await loginsOf(tenant.user)]).toEqual([tenant.user.id, [another.sub]]);
  });

  it("is for an OWNER or ADMIN, not for oneself, and never of the OWNER", async () => {
    const people = [tenant.owner, tenant.admin, await addUser(service.database, tenant)] as const;
    for (const person of people) {
      login.account = verified(emailOf(person));
      await openLoginBrowser(service, login).signIn();
    }
    const [owner, admin, user] = people;
    const untie = async (key: string, { id }: { id: string }) =>
      (await (await signIn(service, key)).post(`/app/people/${id}/untie`)).status;
    expect(await untie(user.key, admin)).toBe(403);
    expect(await untie(admin.key, owner)).toBe(403);
    expect(await untie(admin.key, admin)).toBe(403);
    expect(await untie(owner.key, owner)).toBe(403);
    const stranger = await createTenant(service.database);
    expect(await untie(stranger.owner.key, user)).toBe(404);
    expect(await untie(owner.key, admin)).toBe(303);
    expect([await loginsOf(owner), await loginsOf(admin), await loginsOf(user)].map(({ length }) => length)).toEqual([
      1, 0, 1,
    ]);
  });
});

describe("a service without a login service", () => {
  it("has no link to one, and answers its addresses with 404", async () => {
    const bare = await startService({ settings: PAGE_SETTINGS, database: service.database });
    expect(await (await bare.fetch("/app/sign-in")).text()).not.toContain("oidc");
    for (const path of ["/app/sign-in/oidc", "/app/sign-in/oidc/callback?code=a&state=b", "/app/signed-out"]) {
      expect((await bare.fetch(path)).status).toBe(404);
    }
  });
});
