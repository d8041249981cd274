/** The sign-in of the command line by the browser: what the page asks for, and the attacks that are refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { challengeOf } from "../../src/people/sign-ins/command-line-verbs.ts";
import { type Browser, PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { VERIFIER } from "../support/sign-in-session.ts";
import { createTenant } from "../support/tenant.ts";

const ADDRESS = "http://127.0.0.1:49152/";
const STATE = "state-of-the-command-line-of-the-tests";

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service);
let browser: Browser;

beforeEach(async () => {
  browser = await signIn(service, tenant.user.key);
});

const requestOf = async (more: Record<string, string> = {}): Promise<Record<string, string>> => ({
  ...{ redirect_uri: ADDRESS, state: STATE, code_challenge: await challengeOf(VERIFIER), machine: "Ida’s laptop" },
  ...more,
});

/** Agrees on the page. Returns the code that the browser takes to the command line. */
async function agree(of = browser): Promise<string> {
  const response = await of.post("/app/command-line", await requestOf());
  const [, url = ""] = /^0; url=(.*)$/.exec(response.headers.get("Refresh") ?? "") ?? [];
  expect([response.status, url.split("?")[0]]).toEqual([200, ADDRESS]);
  const { code = "", state } = Object.fromEntries(new URL(url).searchParams);
  expect([code, state]).toEqual([expect.stringMatching(/^[\w-]{43}$/), STATE]);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(await response.text()).toContain(`href="${url.replaceAll("&", "&amp;")}"`);
  return code;
}

/** What the command line does with a code. */
const exchange = (code: string, code_verifier = VERIFIER) =>
  service.send("POST", "/v1/command-line-keys", code, { code_verifier });

const keysOf = async ({ id }: { id: string }) => {
  const rows = await service.database.sql`select name from api_keys where user_id = ${id} and name <> 'Test'`;
  return rows.map(({ name }) => name);
};

const refusal = { status: 401, detail: expect.stringContaining("The code has expired, was used already") };

async function expectRefused(answer: Promise<Response>) {
  const response = await answer;
  expect(await response.json()).toMatchObject(refusal);
  expect(await keysOf(tenant.user)).toEqual([]);
}

describe("the page for the command line", () => {
  it("names the machine, the tenant and what the key may do, and makes nothing by being opened", async () => {
    const [page, requests] = await service.counted(async () =>
      browser.read(`/app/command-line?${new URLSearchParams(await requestOf())}`),
    );
    expect(requests).toBe(1);
    expect(page).toMatch(/on <bdi[^>]*>Ida’s laptop<\/bdi> asks for an API key of yours/);
    expect(page).toMatch(/all that you may do in <bdi[^>]*>Test<\/bdi>, as USER\. It works until you revoke it/);
    expect(page).toContain(`href="${ADDRESS}?error=access_denied&amp;state=${STATE}"`);
    expect(await service.database.sql`select from command_line_codes where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("asks somebody without a session to sign in, and comes back", async () => {
    const path = `/app/command-line?${new URLSearchParams(await requestOf())}`;
    const response = await service.fetch(path, { redirect: "manual" });
    expect(response.headers.get("Location")).toBe(`/app/sign-in?next=${encodeURIComponent(path)}`);
  });

  it("leads to a key with the name of the machine and the rights of the person, each step in one database request", async () => {
    const [code, agreeing] = await service.counted(() => agree());
    const [response, exchanging] = await service.counted(() => exchange(code));
    expect([agreeing, response.status, exchanging]).toEqual([1, 200, 1]);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { key, name } = await response.json<{ key: string; name: string }>();
    expect(name).toBe("Command line on Ida’s laptop");
    const me = await service.get("/v1/users/me", key);
    expect(await me.json()).toMatchObject({ id: tenant.user.id, current_tenant_role: "USER" });
    expect(await browser.read(`/app/people/${tenant.user.id}`)).toContain(name);
  });

  it("asks again when somebody had to sign in between, who may be another user", async () => {
    const response = await browser.post("/app/command-line", { ...(await requestOf()), resumed: "1" });
    expect(response.headers.get("Location")).toBe(`/app/command-line?${new URLSearchParams(await requestOf())}`);
  });

  it("does not exceed the number of keys that a person may have", async () => {
    await service.database.sql`
      insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
      select gen_random_uuid(), ${tenant.id}, ${tenant.user.id}, 'Test', sha256(gen_random_uuid()::text::bytea), 'test'
      from generate_series(1, 19)`;
    expect((await exchange(await agree())).status).toBe(409);
    expect(await keysOf(tenant.user)).toEqual([]);
  });
});

describe("an attack is refused", () => {
  it("a code that is used twice, also at the same moment", async () => {
    const code = await agree();
    const statuses = (await Promise.all([1, 2, 3].map(() => exchange(code)))).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 401, 401]);
    expect((await exchange(code)).status).toBe(401);
    expect(await keysOf(tenant.user)).toHaveLength(1);
  });

  it("a stolen code with another verifier, after which it works with none", async () => {
    const code = await agree();
    await expectRefused(exchange(code, "verifier-of-somebody-else-0123456789-0123456789"));
    await expectRefused(exchange(code));
  });

  it("a code that is a minute old, by the clock of the database", async () => {
    const code = await agree();
    await service.database.sql`
      update command_line_codes set expires_at = expires_at - interval '1 minute' where tenant_id = ${tenant.id}`;
    await expectRefused(exchange(code));
  });

  it.each([
    [
      "has ended",
      (id: string) => service.database.sql`update sign_in_sessions set ended_at = now() where user_id = ${id}`,
    ],
    [
      "is of a revoked key",
      (id: string) => service.database.sql`update api_keys set revoked_at = now() where user_id = ${id}`,
    ],
    [
      "is of a deactivated user",
      (id: string) => service.database.sql`update users set deactivated_at = now() where id = ${id}`,
    ],
  ])("a code whose session %s", async (_, end) => {
    const code = await agree();
    await end(tenant.user.id);
    await expectRefused(exchange(code));
  });

  it.each([
    "https://elsewhere.example/",
    "http://elsewhere.example:49152/",
    "http://localhost:49152/",
    "http://127.0.0.1/",
    "http://127.0.0.1:49152/path",
    "http://127.0.0.1:49152/?next=x",
    "http://127.0.0.1:49152@elsewhere.example/",
    "http://user@127.0.0.1:49152/",
    "http://127.0.0.1.elsewhere.example:49152/",
    "http://2130706433:49152/",
    "https://127.0.0.1:49152/",
    "javascript:alert(1)//127.0.0.1:49152/",
    "//127.0.0.1:49152/",
    "",
  ])("a redirect to %j", async (redirect_uri) => {
    const request = await requestOf({ redirect_uri });
    const page = await browser.get(`/app/command-line?${new URLSearchParams(request)}`);
    const form = await browser.post("/app/command-line", request);
    expect([page.status, form.status, form.headers.get("Refresh")]).toEqual([422, 422, null]);
    if (redirect_uri !== "") expect(await page.text()).not.toContain(`href="${redirect_uri}`);
    expect(await service.database.sql`select from command_line_codes where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("a request without a state or a challenge of its own", async () => {
    for (const more of [{ state: "short" }, { code_challenge: "plain" }, { machine: "" }, { machine: "a\nb" }]) {
      expect((await browser.post("/app/command-line", await requestOf(more))).status).toBe(422);
    }
  });

  it("an agreement that another site sends, or that only an API key proves", async () => {
    const foreign = { Origin: "https://elsewhere.example", "Sec-Fetch-Site": "cross-site" };
    expect((await browser.post("/app/command-line", await requestOf(), foreign)).status).toBe(403);
    const response = await service.fetch("/app/command-line", {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.user.key}`, "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams(await requestOf()),
    });
    expect(response.status).toBe(401);
    expect(await service.database.sql`select from command_line_codes where tenant_id = ${tenant.id}`).toEqual([]);
  });

  it("a session of another tenant, whose code makes a key of that tenant only, whatever the form says", async () => {
    const other = await createTenant(service.database);
    const stranger = await signIn(service, other.owner.key);
    const form = { ...(await requestOf()), tenant_id: tenant.id, user_id: tenant.user.id };
    const response = await stranger.post("/app/command-line", form);
    const code = new URL((response.headers.get("Refresh") ?? "").slice(7)).searchParams.get("code") ?? "";
    const { key } = await (await exchange(code)).json<{ key: string }>();
    expect(await (await service.get("/v1/users/me", key)).json()).toMatchObject({ id: other.owner.id });
    expect(await keysOf(tenant.user)).toEqual([]);
  });

  it("no code, a made-up one, and an API key or a session in its place", async () => {
    for (const code of ["", "x".repeat(43), "x", tenant.user.key]) await expectRefused(exchange(code));
  });

  it("a copy of the database: it has no code, only its hash", async () => {
    const code = await agree();
    const [row] = await service.database.sql`
      select to_jsonb(c)::text as text from command_line_codes c where c.tenant_id = ${tenant.id}`;
    expect(row?.text).not.toContain(code);
  });
});
