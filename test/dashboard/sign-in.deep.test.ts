import { describe, expect, it, vi } from "vitest";
import { pages } from "../../src/dashboard/routes.ts";
import { PAGE_SETTINGS, signIn, toForm } from "../support/browser.ts";
import { inSeconds, SESSION_KEYS, signSymmetric } from "../support/callers.ts";
import { insertRun } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addSignInSession } from "../support/sign-in-session.ts";
import { createTenant } from "../support/tenant.ts";

const HOUR = 3600;

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service);

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  service.fetch(path, {
    method: "POST",
    headers: { "Sec-Fetch-Site": "same-origin", ...headers },
    body: toForm(fields),
    redirect: "manual",
  });

/** The cookie that somebody gets who signs in with this key. */
const cookieOf = async (key: string): Promise<string> =>
  (await post("/app/sign-in", { key })).headers.get("Set-Cookie")?.split(";")[0] ?? "";

describe("signing in", () => {
  it("begins a session of twelve hours with an API key, in one database request, and does not store the key", async () => {
    const [response, requests] = await service.counted(() =>
      post("/app/sign-in", { key: tenant.owner.key, next: "/app/people?offset=0" }),
    );
    expect([response.status, response.headers.get("Location"), requests]).toEqual([303, "/app/people?offset=0", 1]);
    const cookie = response.headers.get("Set-Cookie") ?? "";
    expect(cookie).toMatch(/^__Host-ks_uat=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    expect(cookie).not.toContain(tenant.owner.key);
    const seconds = (Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? "") - Date.now()) / 1000;
    expect(Math.abs(seconds - 12 * HOUR)).toBeLessThan(100);
  });

  it("sets a cookie that browsers keep, however long the names of the person and the tenant are", async () => {
    const name = "宽".repeat(1_000);
    await service.database.sql`
      update users set first_name = left(${name}, 100), last_name = left(${name}, 100) where id = ${tenant.owner.id}`;
    await service.database.sql`update tenants set name = ${name} where id = ${tenant.id}`;
    const cookie = await cookieOf(tenant.owner.key);
    // With a name and a value of more than 4,096 bytes, they would drop it.
    expect([cookie.startsWith("__Host-ks_uat="), cookie.length <= 4096]).toEqual([true, true]);
  });

  it("lasts no longer than its key", async () => {
    await service.database.sql`
      update api_keys set expires_at = statement_timestamp() + interval '5 minutes' where user_id = ${tenant.owner.id}`;
    const response = await post("/app/sign-in", { key: tenant.owner.key });
    const expires = /Expires=([^;]+)/.exec(response.headers.get("Set-Cookie") ?? "")?.[1] ?? "";
    expect((Date.parse(expires) - Date.now()) / 1000).toBeLessThan(400);
  });

  it("ends when its key is revoked, and not when another one is", async () => {
    const browser = await signIn(service, tenant.owner.key);
    const other = await (await signIn(service, tenant.owner.key)).post(`/app/people/${tenant.owner.id}/keys`, {
      name: "Other",
    });
    const otherKey = /data-copy="(wr_[0-9A-Za-z_]+)"/.exec(await other.text())?.[1] ?? "";
    const otherBrowser = await signIn(service, otherKey);
    const revoke = (key: string) => service.database.sql`
      update api_keys set revoked_at = statement_timestamp() where key_hash = sha256(${key}::bytea)`;
    await revoke(otherKey);
    expect([(await browser.get("/app/runs")).status, (await otherBrowser.get("/app/runs")).status]).toEqual([200, 303]);
    const run = `/v1/workflow-runs/${await insertRun(service.database, tenant, { status: "COMPLETED" })}`;
    expect([(await browser.get(run)).status, (await otherBrowser.get(run)).status]).toEqual([200, 401]);
    await revoke(tenant.owner.key);
    expect([(await browser.get("/app/runs")).status, (await browser.get(run)).status]).toEqual([303, 401]);
  });

  it.each(["wr_wrong", "no key at all", ""])("says beside the field that %j does not work", async (key) => {
    const response = await post("/app/sign-in", { key });
    expect([response.status, response.headers.get("Set-Cookie")]).toEqual([401, null]);
    expect(await response.text()).toMatch(/aria-invalid="true".*class="fault"/s);
  });

  it("refuses the key of a deactivated user", async () => {
    await service.database.sql`update users set deactivated_at = statement_timestamp() where id = ${tenant.user.id}`;
    expect((await post("/app/sign-in", { key: tenant.user.key })).status).toBe(401);
  });

  it.each(["https://elsewhere.example/app/", "//elsewhere.example/app/x", "/v1/users/me", "javascript:alert(1)", ""])(
    "leads to a page of ours, not to %j",
    async (next) => {
      const response = await post("/app/sign-in", { key: tenant.owner.key, next });
      expect(response.headers.get("Location")).toBe("/app/runs");
    },
  );

  it("is accepted only from pages of this service", async () => {
    const headers = { "Sec-Fetch-Site": "cross-site", Origin: "https://elsewhere.example" };
    const response = await post("/app/sign-in", { key: tenant.owner.key }, headers);
    expect([response.status, response.headers.get("Set-Cookie")]).toEqual([403, null]);
  });

  it("says when to try again while the database does not answer", async () => {
    await service.database.inflict({ kind: "refused" });
    const response = await post("/app/sign-in", { key: tenant.owner.key });
    await service.database.mend();
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, expect.stringMatching(/^[3-8]$/)]);
    expect(response.headers.get("Content-Type")).toContain("text/html");
  });

  it("says so when it is not configured", async () => {
    const bare = await startService();
    const response = await bare.fetch("/app/sign-in");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Sign-in is not configured");
    const attempt = await bare.fetch("/app/sign-in", {
      method: "POST",
      headers: { "Sec-Fetch-Site": "same-origin" },
      body: toForm({ key: (await createTenant(bare.database)).owner.key }),
      redirect: "manual",
    });
    expect(attempt.headers.get("Set-Cookie")).toBeNull();
  });
});

describe("without a session", () => {
  it.each(["/app/runs?status=FAILED", "/app/workflows", "/app/files", "/app/people", "/app/health"])(
    "%s asks to sign in, and comes back to it",
    async (path) => {
      const [response, requests] = await service.counted(() => service.fetch(path, { redirect: "manual" }));
      expect([response.status, requests]).toEqual([303, 0]);
      expect(response.headers.get("Location")).toBe(`/app/sign-in?next=${encodeURIComponent(path)}`);
    },
  );

  it("no page and no form can be used, but for the sign-in with its scripts and an invite's link", async () => {
    const routes = pages.routes.filter(({ method }) => method === "GET" || method === "POST");
    const tried = new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
    const open: string[] = [];
    for (const [name, { method, path }] of tried) {
      const response = await service.fetch(path.replaceAll(/:\w+/g, "01920000-0000-7000-8000-00000000dead"), {
        method,
        redirect: "manual",
        ...(method === "POST" && { body: toForm({ name: "x" }), headers: { "Sec-Fetch-Site": "same-origin" } }),
      });
      const asks = response.status === 401 || response.headers.get("Location")?.startsWith("/app/sign-in?next=");
      if (!asks) open.push(name);
    }
    expect(tried.size).toBeGreaterThan(35);
    expect(open.toSorted()).toEqual([
      "GET /app",
      "GET /app/assets/:folder/:name{.+}",
      "GET /app/invites/:id",
      "GET /app/sign-in",
      "GET /app/sign-in/oidc",
      "GET /app/sign-in/oidc/callback",
      "GET /app/signed-out",
      "POST /app/invites/:id",
      "POST /app/sign-in/oidc/join",
      "POST /app/sign-out",
      "POST /app/theme",
    ]);
  });

  it("an API key opens no page: a session is needed", async () => {
    const response = await service.fetch("/app/runs", {
      headers: { Authorization: `Bearer ${tenant.owner.key}` },
      redirect: "manual",
    });
    expect(response.status).toBe(303);
  });

  it("a request for a live part makes htmx open the sign-in", async () => {
    const response = await service.fetch("/app/runs", { headers: { "HX-Request": "true" }, redirect: "manual" });
    expect([response.status, response.headers.get("HX-Redirect")]).toEqual([401, "/app/sign-in?next=%2Fapp%2Fruns"]);
  });

  it("a user who was deactivated meanwhile is asked to sign in", async () => {
    const browser = await signIn(service, tenant.user.key);
    expect((await browser.get("/app/runs")).status).toBe(200);
    await service.database.sql`update users set deactivated_at = statement_timestamp() where id = ${tenant.user.id}`;
    expect((await browser.get("/app/runs")).status).toBe(303);
  });
});

describe("a session", () => {
  /**
   * Requests a page with a session that was issued an hour ago. Returns for how many seconds the new cookie is valid, if one
   * was set.
   */
  async function renew(claims: Record<string, unknown>, options: { cookie?: string; headers?: object } = {}) {
    const session = await addSignInSession(service.database, tenant.owner.id);
    const times = { iat: inSeconds(-HOUR), auth_time: inSeconds(-HOUR), exp: inSeconds(11 * HOUR) };
    const all = { sub: tenant.owner.id, tenant_id: tenant.id, ...session, ...times, ...claims };
    const cookie = `${options.cookie ?? "__Host-ks_uat"}=${await signSymmetric(all, SESSION_KEYS.k2, "k2")}`;
    const [response, requests] = await service.counted(() =>
      service.fetch("/app/people", {
        headers: { Cookie: cookie, ...options.headers },
        redirect: "manual",
      }),
    );
    expect(requests).toBe(1);
    const [set, expires] =
      /__Host-ks_uat=[^;]+; Path=\/; Expires=([^;]+)/.exec(response.headers.get("Set-Cookie") ?? "") ?? [];
    return set && expires ? (Date.parse(expires) - Date.now()) / 1000 : null;
  }

  it("is prolonged to twelve hours from each use", async () => {
    expect(Math.abs(((await renew({})) ?? 0) - 12 * HOUR)).toBeLessThan(100);
    expect(await renew({ iat: inSeconds(-60) })).toBeNull();
  });

  it("ends seven days after the sign-in, however much it is used, as its row in the database does", async () => {
    const [row] = await service.database.sql`
      select extract(epoch from public.longest_sign_in_session())::float8 as seconds`;
    expect(row?.seconds).toBe(7 * 24 * HOUR);
    const left = await renew({ auth_time: inSeconds(-row?.seconds + 11.5 * HOUR) });
    expect(Math.abs((left ?? 0) - 11.5 * HOUR)).toBeLessThan(100);
    expect(await renew({ auth_time: inSeconds(-row?.seconds + 11 * HOUR) })).toBeNull();
  });

  it("is prolonged by the time since its last renewal, even when the clocks of the Workers are 30 days ahead", async () => {
    const times = { exp: inSeconds(11 * HOUR), auth_time: inSeconds(-HOUR) };
    const ahead = Date.now() + 1000 * 30 * 24 * HOUR;
    const clock = vi.spyOn(Date, "now").mockReturnValue(ahead);
    const left = await renew({ ...times, iat: ahead / 1000 - HOUR }).finally(() => clock.mockRestore());
    expect(Math.abs((left ?? 0) + 30 * 24 * HOUR - 12 * HOUR)).toBeLessThan(100);
  });

  it("is not prolonged by automatic requests of an open page, nor after it has ended", async () => {
    expect(await renew({}, { headers: { "HX-Request": "true" } })).toBeNull();
    expect(await renew({ exp: inSeconds(-60) })).toBeNull();
  });

  it("is not prolonged when its cookie is one that another host of the domain can plant", async () => {
    expect(await renew({}, { cookie: "ks_uat" })).toBeNull();
  });

  it("is taken from no other cookie than the one it was signed for, by pages and by the API", async () => {
    const own = await cookieOf(tenant.owner.key);
    for (const [Cookie, page, api] of [
      [own, 200, 200],
      [own.replace("__Host-", ""), 303, 401],
    ] as const) {
      const answers = ["/app/runs", "/v1/users/me"].map((path) =>
        service.fetch(path, { headers: { Cookie }, redirect: "manual" }),
      );
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([page, api]);
    }
  });

  it("is not changed when it is of a login service", async () => {
    expect(await renew({ api_key_id: null })).toBeNull();
    expect(await renew({ auth_time: undefined })).toBeNull();
  });
});

describe("signing out", () => {
  it("drops the cookie", async () => {
    const browser = await signIn(service, tenant.owner.key);
    const response = await browser.post("/app/sign-out");
    expect([response.status, response.headers.get("Location")]).toEqual([303, "/app/sign-in"]);
    expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-ks_uat=; Max-Age=0; Path=\/; /);
  });

  it("also drops the cookie of a session that began before the service used the prefix __Host-", async () => {
    const session = await addSignInSession(service.database, tenant.owner.id);
    const times = { iat: inSeconds(0), auth_time: inSeconds(0), exp: inSeconds(HOUR) };
    const claims = { sub: tenant.owner.id, tenant_id: tenant.id, ...session, ...times };
    const old = { Cookie: `ks_uat=${await signSymmetric(claims, SESSION_KEYS.k2, "k2")}` };
    expect((await service.fetch("/app/runs", { headers: old })).status).toBe(200);
    const response = await post("/app/sign-out", {}, old);
    expect([response.status, response.headers.get("Set-Cookie")]).toEqual([
      303,
      expect.stringMatching(/^ks_uat=; Max-Age=0; Path=\/; /),
    ]);
  });

  it("cannot be forced by another host of the domain, whose cookie comes after that of this host", async () => {
    const planted = { Cookie: `ks_uat=planted; ${await cookieOf(tenant.owner.key)}` };
    expect((await service.fetch("/app/runs", { headers: planted })).status).toBe(200);
  });

  it("is not done by another site", async () => {
    const browser = await signIn(service, tenant.owner.key);
    const response = await browser.post("/app/sign-out", {}, { Origin: "https://elsewhere.example" });
    expect([response.status, response.headers.get("Set-Cookie")]).toEqual([403, null]);
  });
});
