import { afterEach, describe, expect, it, vi } from "vitest";
import { telling } from "../../src/http/middleware/note-use.ts";
import { type Browser, PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addCommandLineCode, VERIFIER } from "../support/sign-in-session.ts";
import { createTenant } from "../support/tenant.ts";

const SESSIONS = "/v1/sign-in-sessions";

type Session = { id: string; user_id: string; began_at: string; last_used_at: string; is_current: boolean };

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service);

/** Makes the only session of a user one that began with a login. Returns its id. */
async function tieLogin(userId: string): Promise<string> {
  const [row] = await service.database.sql`
    with login as (
      insert into logins (id, tenant_id, user_id, iss, sub)
      values (gen_random_uuid(), ${tenant.id}, ${userId}, 'https://login.example', ${userId})
      returning id
    )
    update sign_in_sessions s set login_id = login.id, api_key_id = null from login where s.user_id = ${userId} returning s.id`;
  return String(row?.id);
}

/** The sessions of a user, as the holder of `key` sees them. */
async function sessionsOf(userId: string, key: string): Promise<Session[]> {
  const response = await service.get(`${SESSIONS}?user_id=${userId}`, key);
  return (await response.json<{ items: Session[] }>()).items;
}

const isSignedIn = async (browser: Browser) => {
  const statuses = [(await browser.get("/v1/users/me")).status, (await browser.get("/app/runs")).status];
  if (statuses.join() === "200,200") return true;
  expect(statuses).toEqual([401, 303]);
  return false;
};

const endAll = (key: string, userId?: string) =>
  service.send("POST", `${SESSIONS}/end`, key, userId === undefined ? undefined : { user_id: userId });

describe("a session of the dashboard", () => {
  it("begins with each sign-in, and is listed with how and when it began", async () => {
    await signIn(service, tenant.user.key);
    const browser = await signIn(service, tenant.user.key);
    const { items } = await (await browser.get(SESSIONS)).json<{ items: Session[] }>();
    // Although it is noted to the hour.
    for (const session of items) expect(session.last_used_at >= session.began_at).toBe(true);
    expect(items).toEqual([
      {
        id: expect.any(String),
        user_id: tenant.user.id,
        began_with: "api_key",
        began_at: expect.any(String),
        last_used_at: expect.any(String),
        ends_at: expect.any(String),
        is_current: true,
      },
      expect.objectContaining({ user_id: tenant.user.id, is_current: false }),
    ]);
    expect(await sessionsOf(tenant.user.id, tenant.admin.key)).toHaveLength(2);
    expect(await sessionsOf(tenant.user.id, tenant.user.key)).toHaveLength(2);
    // A USER sees none of others, and nobody those of another tenant.
    expect(await sessionsOf(tenant.owner.id, tenant.user.key)).toEqual([]);
    expect(await sessionsOf(tenant.user.id, (await createTenant(service.database)).owner.key)).toEqual([]);
  });

  it("ends by a sign-out, and no other does", async () => {
    const [first, second] = [await signIn(service, tenant.user.key), await signIn(service, tenant.user.key)];
    const [response, requests] = await service.counted(() => first.post("/app/sign-out"));
    expect([response.status, requests]).toEqual([303, 1]);
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true]);
    // The cookie of a browser that did not forget it lets nobody in, and can be signed out again.
    expect((await first.post("/app/sign-out")).headers.get("Location")).toBe("/app/sign-in");
  });

  it("ends when its user ends it, with the next request, and is not listed any more", async () => {
    const [first, second] = [await signIn(service, tenant.user.key), await signIn(service, tenant.user.key)];
    const other = (await sessionsOf(tenant.user.id, tenant.user.key)).at(-1)?.id;
    expect((await service.send("DELETE", `${SESSIONS}/${other}`, tenant.user.key)).status).toBe(204);
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true]);
    expect(await sessionsOf(tenant.user.id, tenant.user.key)).toHaveLength(1);
    expect((await service.send("DELETE", `${SESSIONS}/${other}`, tenant.user.key)).status).toBe(404);
  });

  it("ends with its key, and seven days after it began, whatever its cookie says", async () => {
    const { sql } = service.database;
    const browser = await signIn(service, tenant.user.key);
    const setEnd = (at: string) => sql`
      update sign_in_sessions set ends_at = statement_timestamp() + ${at}::interval where user_id = ${tenant.user.id}`;
    await setEnd("-1 second");
    expect(await isSignedIn(browser)).toBe(false);
    expect(await sessionsOf(tenant.user.id, tenant.user.key)).toEqual([]);
    await setEnd("1 day");
    expect(await isSignedIn(browser)).toBe(true);
    await sql`update api_keys set revoked_at = statement_timestamp() where user_id = ${tenant.user.id}`;
    expect(await isSignedIn(browser)).toBe(false);
    expect(await sessionsOf(tenant.user.id, tenant.owner.key)).toEqual([]);
  });

  it("ends for good when its login is untied, also once another account is tied", async () => {
    const [browser, admin] = [await signIn(service, tenant.user.key), await signIn(service, tenant.admin.key)];
    const sessionId = await tieLogin(tenant.user.id);
    const code = await addCommandLineCode(service.database, sessionId, "Test");
    expect(await isSignedIn(browser)).toBe(true);
    expect((await admin.post(`/app/people/${tenant.user.id}/untie`)).status).toBe(303);
    const isOver = async () => {
      expect(await isSignedIn(browser)).toBe(false);
      expect(await sessionsOf(tenant.user.id, tenant.admin.key)).toEqual([]);
    };
    await isOver();
    await service.database.sql`
      insert into logins (id, tenant_id, user_id, iss, sub)
      values (gen_random_uuid(), ${tenant.id}, ${tenant.user.id}, 'https://login.example', 'another')`;
    await isOver();
    const made = await service.send("POST", "/v1/command-line-keys", code, { code_verifier: VERIFIER });
    expect(made.status).toBe(401);
  });

  it("does not last longer than its key", async () => {
    await service.database.sql`
      update api_keys set expires_at = statement_timestamp() + interval '1 hour' where user_id = ${tenant.user.id}`;
    await signIn(service, tenant.user.key);
    const rows = await service.database.sql`
      select ends_at < statement_timestamp() + interval '61 minutes' as is_soon from sign_in_sessions where user_id = ${tenant.user.id}`;
    expect(rows).toEqual([{ is_soon: true }]);
  });
});

describe("signing out everywhere", () => {
  it("ends all sessions of oneself, also those in other browsers, and no key", async () => {
    const browsers = await Promise.all([1, 2, 3].map(() => signIn(service, tenant.user.key)));
    const [first, ...others] = browsers;
    const response = await first?.post(`/app/people/${tenant.user.id}/sign-out`);
    expect([response?.status, response?.headers.get("Location")]).toEqual([303, "/app/sign-in"]);
    expect(response?.headers.get("Set-Cookie")).toMatch(/^__Host-ks_uat=; Max-Age=0;/);
    for (const browser of browsers) expect(await isSignedIn(browser)).toBe(false);
    expect(others).toHaveLength(2);
    expect((await service.get("/v1/users/me", tenant.user.key)).status).toBe(200);
    expect(await isSignedIn(await signIn(service, tenant.user.key))).toBe(true);
  });

  it("is done to others by OWNER and ADMIN, never by an ADMIN to the OWNER, and by no USER", async () => {
    const [owner, admin, user] = await Promise.all(
      [tenant.owner, tenant.admin, tenant.user].map(({ key }) => signIn(service, key)),
    );
    if (!owner || !admin || !user) throw new Error("Three have signed in.");
    expect((await endAll(tenant.user.key, tenant.admin.id)).status).toBe(404);
    expect((await endAll(tenant.admin.key, tenant.owner.id)).status).toBe(403);
    const stranger = (await createTenant(service.database)).owner.key;
    expect((await endAll(stranger, tenant.user.id)).status).toBe(404);
    expect([await isSignedIn(owner), await isSignedIn(admin), await isSignedIn(user)]).toEqual([true, true, true]);
    expect(await (await endAll(tenant.admin.key, tenant.user.id)).json()).toEqual({ ended: 1 });
    expect((await owner.post(`/app/people/${tenant.admin.id}/sign-out`)).status).toBe(303);
    expect([await isSignedIn(owner), await isSignedIn(admin), await isSignedIn(user)]).toEqual([true, false, false]);
    expect(await (await endAll(tenant.owner.key)).json()).toEqual({ ended: 1 });
    expect(await isSignedIn(owner)).toBe(false);
    expect(await (await endAll(tenant.owner.key)).json()).toEqual({ ended: 0 });
  });
});

describe("the last use", () => {
  afterEach(() => {
    telling.at = performance.now();
  });

  const lastUses = async (userId: string) => {
    const [row] = await service.database.sql`
      select (
          select jsonb_agg(k.last_used_at = greatest(date_trunc('hour', statement_timestamp()), k.created_at))
          from api_keys k where k.user_id = ${userId}) as keys,
        (select jsonb_agg(s.last_used_at = greatest(date_trunc('hour', statement_timestamp()), s.began_at))
          from sign_in_sessions s where s.user_id = ${userId}) as sessions`;
    return row;
  };

  /** Moves the isolate's own time on, so that it tells what it has seen after the next answer. */
  const passAnHour = () => {
    telling.at = performance.now() - 3_600_001;
  };

  it("of keys and sessions is told at most once an hour, after an answer, in one request to the database", async () => {
    const browser = await signIn(service, tenant.admin.key);
    await service.database.sql`update sign_in_sessions set last_used_at = 'epoch' where user_id = ${tenant.admin.id}`;
    const use = () => service.counted(() => service.get("/v1/users/me", tenant.user.key));
    expect((await use())[1]).toBe(1);
    await browser.get("/app/people");
    expect(await lastUses(tenant.user.id)).toEqual({ keys: [null], sessions: null });
    passAnHour();
    expect((await use())[1]).toBe(2);
    expect(await lastUses(tenant.user.id)).toEqual({ keys: [true], sessions: null });
    expect(await lastUses(tenant.admin.id)).toEqual({ keys: [null], sessions: [true] });
    expect((await use())[1]).toBe(1);
    const listed = await service.get("/v1/users/me/api-keys", tenant.user.key);
    const [key] = (await listed.json<{ items: { created_at: string; last_used_at: string }[] }>()).items;
    expect(key && key.last_used_at >= key.created_at).toBe(true);
  });

  it("of a login is that of its sessions, also on the page of its user", async () => {
    const browser = await signIn(service, tenant.admin.key);
    await tieLogin(tenant.admin.id);
    await service.database.sql`
      update logins set last_used_at = statement_timestamp() - interval '3 days' where user_id = ${tenant.admin.id}`;
    await browser.get("/app/people");
    passAnHour();
    await service.get("/v1/users/me", tenant.user.key);
    const logins = await service.database.sql`
      select last_used_at = greatest(date_trunc('hour', statement_timestamp()), created_at) as is_now from logins where user_id = ${tenant.admin.id}`;
    expect(logins).toEqual([{ is_now: true }]);
  });

  it("is written once an hour, whichever isolate tells it, and is not that of a refused request", async () => {
    passAnHour();
    await service.get("/v1/users/me", tenant.user.key);
    const version = async () => {
      const [row] = await service.database.sql`select xmin::text from api_keys where user_id = ${tenant.user.id}`;
      return row?.xmin;
    };
    const written = await version();
    passAnHour();
    await service.get("/v1/users/me", tenant.user.key);
    expect(await version()).toBe(written);
    await service.get(`/v1/tenants/${tenant.id}/users`, tenant.user.key);
    await service.database.sql`update api_keys set last_used_at = null where user_id = ${tenant.user.id}`;
    passAnHour();
    expect((await service.get(`/v1/tenants/${tenant.id}/users`, tenant.user.key)).status).toBe(403);
    expect(await lastUses(tenant.user.id)).toEqual({ keys: [null], sessions: null });
  });

  it("that cannot be told changes no answer", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    passAnHour();
    await service.database.sql`alter function note_uses rename to note_uses_later`;
    expect((await service.get("/v1/users/me", tenant.user.key)).status).toBe(200);
    await service.database.sql`alter function note_uses_later rename to note_uses`;
  });
});
