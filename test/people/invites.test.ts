import { describe, expect, it } from "vitest";
import { hashInviteSecret } from "../../src/people/invites.ts";
import { toForm } from "../support/browser.ts";
import { inSeconds, loginToken, SESSION_SETTINGS } from "../support/callers.ts";
import { contractFaults } from "../support/contract.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant, type TestTenant } from "../support/tenant.ts";

type Invite = { id: string; email: string; role: string; invite_link: string; accepted_at: string | null };
type Page = { items: Invite[]; total: number; limit: number; offset: number };

const ORIGIN = "https://service.test";

const service = await startService({ settings: { ...SESSION_SETTINGS, PUBLIC_URL: ORIGIN } });

const post = (tenant: TestTenant, body: object, key = tenant.owner.key) =>
  service.send("POST", "/v1/invites", key, { tenant_id: tenant.id, ...body });

async function invite(tenant: TestTenant, email = "ida@test.example", role?: string): Promise<Invite> {
  const response = await post(tenant, { email, ...(role && { role }) });
  expect(response.status).toBe(201);
  return response.json<Invite>();
}

async function list(tenant: TestTenant, query = ""): Promise<Page> {
  const response = await service.get(`/v1/invites${query}`, tenant.owner.key);
  expect(response.status).toBe(200);
  const page = await response.json<Page>();
  expect(contractFaults("list_invites", 200, page)).toEqual([]);
  return page;
}

const emailsOf = ({ items }: Page) => items.map(({ email }) => email);

/** Presses the button of the page that a link opens. */
function redeem(link: string, headers: Record<string, string> = { Origin: ORIGIN }): Promise<Response> {
  const url = new URL(link);
  return service.fetch(url.pathname, {
    method: "POST",
    headers,
    body: toForm({ secret: url.searchParams.get("secret") ?? "" }),
    redirect: "manual",
  });
}

const look = (link: string) => service.fetch(link.slice(ORIGIN.length), { redirect: "manual" });

const keyIn = (html: string) => /wr_one_[0-9A-Za-z]{49}/.exec(html)?.[0] ?? "";

const meOf = async (key: string) => (await service.get("/v1/users/me", key)).json<Record<string, unknown>>();

const verified = (tenant: TestTenant, email: string, claims: Record<string, unknown> = {}) =>
  loginToken(tenant, { email, email_verified: true, ...claims });

const accept = (id: string, token: string) => service.send("POST", `/v1/invites/${id}/accept`, token);

const expire = ({ id }: Invite) =>
  service.database.sql`update invites set expires_at = statement_timestamp() where id = ${id}`;

describe("POST /v1/invites", () => {
  it("invites a USER by default, for seven days, and stores only the hash of the link's secret", async () => {
    const tenant = await createTenant(service.database);
    const response = await post(tenant, { email: "Ida@Test.example" }, tenant.admin.key);
    const created = await response.json<Invite & { created_at: string; expires_at: string }>();
    expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(contractFaults("create_invite", 201, created)).toEqual([]);
    expect(created).toMatchObject({ tenant_id: tenant.id, email: "ida@test.example", role: "USER", accepted_at: null });
    expect(Date.parse(created.expires_at) - Date.parse(created.created_at)).toBe(7 * 24 * 60 * 60 * 1000);

    const secret = new URL(created.invite_link).searchParams.get("secret") ?? "";
    expect(secret).toMatch(/^[\w-]{43}$/);
    const [row] = await service.database.sql`
      select encode(secret_hash, 'hex') as hash, to_jsonb(i)::text as whole from invites i where id = ${created.id}`;
    expect(row?.hash).toBe(await hashInviteSecret(secret));
    expect(row?.whole).not.toContain(secret);
  });

  it("replaces an open invite for the same email: the old link stops working", async () => {
    const tenant = await createTenant(service.database);
    const old = await invite(tenant);
    const fresh = await invite(tenant, "IDA@test.example", "ADMIN");
    expect(await list(tenant)).toMatchObject({ total: 1, items: [{ id: fresh.id, role: "ADMIN" }] });
    expect([(await redeem(old.invite_link)).status, (await redeem(fresh.invite_link)).status]).toEqual([404, 201]);
  });

  it("answers 409 for a user who can already sign in or is deactivated, and for the role OWNER", async () => {
    const tenant = await createTenant(service.database);
    const gone = await addUser(service.database, tenant);
    await service.database.sql`delete from api_keys where user_id = ${gone.id}`;
    await service.database.sql`update users set deactivated_at = now() where id = ${gone.id}`;
    await service.database.sql`update api_keys set revoked_at = now() where user_id = ${tenant.user.id}`;
    for (const { id } of [tenant.owner, tenant.admin, tenant.user, gone]) {
      expect((await post(tenant, { email: `${id}@TEST.example` })).status).toBe(409);
    }
    expect((await post(tenant, { email: "ida@test.example", role: "OWNER" })).status).toBe(409);
    expect(
      (await post(tenant, { email: `${"x".repeat(64)}@${"y".repeat(60)}.${"z".repeat(180)}.example` })).status,
    ).toBe(422);
    expect((await list(tenant, "?status=null")).total).toBe(0);
  });
});

describe("GET /v1/invites", () => {
  it("lists the pending invites, newest first, without their secrets, and others by status and email", async () => {
    const tenant = await createTenant(service.database);
    const [accepted, expired] = [await invite(tenant, "a@test.example"), await invite(tenant, "b@test.example")];
    await invite(tenant, "c@test.example");
    await invite(tenant, "d@test.example");
    expect((await redeem(accepted.invite_link)).status).toBe(201);
    await expire(expired);

    const page = await list(tenant);
    expect(emailsOf(page)).toEqual(["d@test.example", "c@test.example"]);
    expect(page).toMatchObject({ total: 2, limit: 20, offset: 0 });
    for (const { id, invite_link } of page.items) expect(invite_link).toBe(`${ORIGIN}/app/invites/${id}?cell=one`);
    expect(emailsOf(await list(tenant, "?status=accepted"))).toEqual(["a@test.example"]);
    expect(emailsOf(await list(tenant, "?status=expired"))).toEqual(["b@test.example"]);
    for (const all of ["null", ""]) expect((await list(tenant, `?status=${all}`)).total).toBe(4);
    // No text in the database can hold a zero byte.
    expect((await service.get("/v1/invites?email=%00", tenant.admin.key)).status).toBe(422);
    expect(emailsOf(await list(tenant, "?email=C@test.example"))).toEqual(["c@test.example"]);
    expect(emailsOf(await list(tenant, "?limit=1&offset=1"))).toEqual(["c@test.example"]);
    expect(await list(await createTenant(service.database))).toMatchObject({ items: [], total: 0 });
  });
});

describe("DELETE /v1/invites/{invite_id}", () => {
  it("withdraws an open invite, and answers 409 for an accepted one", async () => {
    const tenant = await createTenant(service.database);
    const { id, invite_link: link } = await invite(tenant);
    const remove = async (which: string) =>
      (await service.send("DELETE", `/v1/invites/${which}`, tenant.admin.key)).status;
    expect([await remove(id), await remove(id)]).toEqual([204, 404]);
    expect([(await look(link)).status, (await redeem(link)).status]).toEqual([404, 404]);

    const accepted = await invite(tenant);
    await redeem(accepted.invite_link);
    expect(await remove(accepted.id)).toBe(409);
  });
});

describe("the link of an invite", () => {
  it("opens a page whose button creates the user, signs them in and shows their first key once; viewing it accepts nothing", async () => {
    const tenant = await createTenant(service.database);
    await service.database.sql`update tenants set name = ${"宽".repeat(1_000)} where id = ${tenant.id}`;
    const { invite_link: link } = await invite(tenant, "ida@test.example", "ADMIN");
    for (let time = 0; time < 2; time++) {
      const [page, requests] = await service.counted(() => look(link));
      expect([page.status, page.headers.get("cache-control"), requests]).toEqual([200, "no-store", 1]);
      expect(page.headers.get("set-cookie")).toBeNull();
      const html = await page.text();
      expect(html).toContain("ida@test.example");
      expect(html).toContain("Accept the invite");
    }

    const [response, requests] = await service.counted(() => redeem(link));
    expect([response.status, response.headers.get("cache-control"), requests]).toEqual([201, "no-store", 1]);
    const key = keyIn(await response.text());
    expect(await meOf(key)).toMatchObject({
      email: "ida@test.example",
      current_tenant_id: tenant.id,
      current_tenant_role: "ADMIN",
    });
    const cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    // Browsers drop a larger one.
    expect(cookie.length).toBeLessThanOrEqual(4096);
    expect((await service.fetch("/app/runs", { headers: { Cookie: cookie }, redirect: "manual" })).status).toBe(200);

    const again = await redeem(link);
    expect([again.status, keyIn(await again.text())]).toEqual([404, ""]);
    expect((await look(link)).status).toBe(404);
  });

  it("is accepted once when two people use it at once", async () => {
    const tenant = await createTenant(service.database);
    const { invite_link: link } = await invite(tenant);
    const responses = await Promise.all([redeem(link), redeem(link), redeem(link)]);
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 404, 404]);
    const [row] = await service.database.sql`
      select count(*)::int as keys from api_keys k join users u on u.id = k.user_id
      where u.tenant_id = ${tenant.id} and u.email = 'ida@test.example'`;
    expect(row?.keys).toBe(1);
  });

  it("does nothing without its secret, with another's, after seven days, and from another origin", async () => {
    const tenant = await createTenant(service.database);
    const one = await invite(tenant, "one@test.example");
    const other = await invite(tenant, "other@test.example");
    const swapped = one.invite_link.replace(one.id, other.id);
    const [{ invite_link: listed = "" } = {}] = (await list(tenant)).items;
    for (const link of [swapped, listed, `${one.invite_link.slice(0, -1)}~`]) {
      expect([(await look(link)).status, (await redeem(link)).status]).toEqual([404, 404]);
    }
    expect((await redeem(one.invite_link, { Origin: "https://elsewhere.example" })).status).toBe(403);
    await expire(one);
    expect([(await look(one.invite_link)).status, (await redeem(one.invite_link)).status]).toEqual([404, 404]);
    expect((await redeem(other.invite_link)).status).toBe(201);
  });

  it("signs in the user who was added with that email, with the permissions that they have", async () => {
    const tenant = await createTenant(service.database);
    const path = `/v1/tenants/${tenant.id}/users`;
    const body = { email: "Uma@test.example", first_name: "Uma", role: "USER" };
    const added = await service.send("POST", path, tenant.owner.key, body);
    const { user_id: userId } = await added.json<{ user_id: string }>();
    const permission = {
      tenant_id: tenant.id,
      user_id: userId,
      path_part_id: tenant.sourcesId,
      capability: "READ_ONLY",
    };
    await service.send("POST", "/v1/user-permissions", tenant.owner.key, permission);

    const { invite_link: link } = await invite(tenant, "uma@test.example");
    const key = keyIn(await (await redeem(link)).text());
    expect(await meOf(key)).toMatchObject({ id: userId, first_name: "Uma" });
    expect((await service.get(`/v1/path-parts/${tenant.sourcesId}`, key)).status).toBe(200);
  });

  it("cannot be used to act as a user who has created a key meanwhile", async () => {
    const tenant = await createTenant(service.database);
    const { invite_link: link } = await invite(tenant);
    const user = await addUser(service.database, tenant);
    await service.database.sql`update users set email = 'ida@test.example' where id = ${user.id}`;
    const response = await redeem(link);
    expect([response.status, keyIn(await response.text())]).toEqual([404, ""]);
  });
});

describe("POST /v1/invites/{invite_id}/accept", () => {
  it("creates a user for a session whose verified email is the invited one, with the id of the login service", async () => {
    const tenant = await createTenant(service.database);
    const { id } = await invite(tenant, "ida@test.example", "ADMIN");
    const sub = crypto.randomUUID();
    const token = await verified(tenant, "Ida@Test.example", { sub });
    expect((await service.get("/v1/users/me", token)).status).toBe(401);

    const [response, requests] = await service.counted(() => accept(id, token));
    const body = await response.json();
    expect([response.status, body, requests]).toEqual([200, { tenant_id: tenant.id, role: "ADMIN" }, 1]);
    expect(contractFaults("accept_invite", 200, body)).toEqual([]);
    expect(await meOf(token)).toMatchObject({ id: sub, email: "ida@test.example", current_tenant_role: "ADMIN" });
    expect((await list(tenant, "?status=accepted")).items).toMatchObject([{ id, accepted_at: expect.any(String) }]);
    expect((await accept(id, token)).status).toBe(404);
  });

  it("prevents later invites from signing in somebody else as this user, who has no key", async () => {
    const tenant = await createTenant(service.database);
    const { id } = await invite(tenant);
    const sub = crypto.randomUUID();
    expect((await accept(id, await verified(tenant, "ida@test.example", { sub }))).status).toBe(200);
    expect((await post(tenant, { email: "ida@test.example" })).status).toBe(409);
    const users = await service.get(`/v1/tenants/${tenant.id}/users`, tenant.owner.key);
    const { items } = await users.json<{ items: { user_id: string; is_tenant_idp_managed: boolean }[] }>();
    expect(items.filter((user) => user.is_tenant_idp_managed).map(({ user_id }) => user_id)).toEqual([sub]);
  });

  it("answers 404 to all other callers, and 401 without a valid credential", async () => {
    const tenant = await createTenant(service.database);
    const { id } = await invite(tenant);
    const email = "ida@test.example";
    const status = async (token: string) => (await accept(id, token)).status;
    expect(await status(tenant.owner.key)).toBe(404);
    expect(await status(await verified(tenant, "eve@test.example"))).toBe(404);
    expect(await status(await verified(tenant, email, { sub: tenant.user.id, email_verified: false }))).toBe(404);
    expect(await status(await verified(tenant, email, { email_verified: false }))).toBe(401);
    expect(await status(await verified(tenant, email, { email_verified: "true" }))).toBe(401);
    expect(await status(await verified(tenant, email, { exp: inSeconds(-300) }))).toBe(401);
    expect(await status(await verified(tenant, email, { nbf: inSeconds(300) }))).toBe(401);
    await service.database.sql`update users set deactivated_at = now() where id = ${tenant.user.id}`;
    expect(await status(await verified(tenant, email, { sub: tenant.user.id }))).toBe(401);
    expect((await list(tenant)).total).toBe(1);
  });

  it("answers 404 after it has expired, and 409 to a user of another tenant and for an email that another user has", async () => {
    const tenant = await createTenant(service.database);
    const other = await createTenant(service.database);
    const first = await invite(tenant);
    const ofOther = await verified(other, "ida@test.example", { sub: other.user.id });
    expect((await accept(first.id, ofOther)).status).toBe(409);
    const body = { email: "ida@test.example", role: "USER" };
    await service.send("POST", `/v1/tenants/${tenant.id}/users`, tenant.owner.key, body);
    expect((await accept(first.id, await verified(tenant, "ida@test.example"))).status).toBe(409);
    const second = await invite(tenant, "eve@test.example");
    await expire(second);
    expect((await accept(second.id, await verified(tenant, "eve@test.example"))).status).toBe(404);
  });

  it("gives a user of the tenant the role of the invite, but the OWNER stays the OWNER", async () => {
    const tenant = await createTenant(service.database);
    for (const [user, role] of [
      [tenant.user, "ADMIN"],
      [tenant.owner, "OWNER"],
    ] as const) {
      const { id } = await invite(tenant, "ida@test.example", "ADMIN");
      const response = await accept(id, await verified(tenant, "ida@test.example", { sub: user.id }));
      expect([response.status, await response.json()]).toEqual([200, { tenant_id: tenant.id, role }]);
      expect(await meOf(user.key)).toMatchObject({ current_tenant_role: role });
    }
  });
});
