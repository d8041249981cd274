import { describe, expect, it } from "vitest";
import {
  hashApiKey,
  isWellFormedApiKey,
  MAX_ACTIVE_API_KEYS,
  scopesOfKey,
} from "../../src/http/credentials/api-key.ts";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { contractFaults } from "../support/contract.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant } from "../support/tenant.ts";

type Key = { id: string; name: string; key_suffix: string; created_at: string };

const service = await startService({ settings: PAGE_SETTINGS });

const post = (key: string, body: unknown) => service.send("POST", "/v1/api-keys", key, body);

async function create(key: string, body: Record<string, unknown> = { name: "Another" }) {
  const response = await post(key, body);
  expect(response.status).toBe(201);
  return response.json<Key & { key: string }>();
}

async function list(key: string, query = ""): Promise<Key[]> {
  const response = await service.get(`/v1/api-keys${query}`, key);
  expect(response.status).toBe(200);
  const keys = await response.json<Key[]>();
  expect(contractFaults("list_api_keys", 200, keys)).toEqual([]);
  return keys;
}

const namesOf = (keys: Key[]) => keys.map(({ name }) => name);
const statusOf = async (key: string) => (await service.get("/v1/path-parts", key)).status;

describe("POST /v1/api-keys", () => {
  it("shows the key once, with a prefix and a checksum, and the key has the permissions of its user", async () => {
    const tenant = await createTenant(service.database);
    const response = await post(tenant.user.key, { name: "Export" });
    const created = await response.json<Key & { key: string }>();

    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`/v1/api-keys/${created.id}`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(contractFaults("create_api_key", 201, created)).toEqual([]);
    expect(await isWellFormedApiKey(created.key)).toBe(true);
    expect(created).toMatchObject({ name: "Export", key_suffix: created.key.slice(-4) });

    const { key: _, ...shown } = created;
    const found = await service.get(`/v1/api-keys/${created.id}`, created.key);
    const body = await found.json();
    expect(contractFaults("get_api_key", 200, body)).toEqual([]);
    expect(body).toEqual(shown);
  });

  it("stores only the hash of the key and its last four characters", async () => {
    const tenant = await createTenant(service.database);
    const { id, key } = await create(tenant.owner.key);
    const [row] = await service.database.sql`
      select to_jsonb(k) - 'key_hash' as rest, encode(key_hash, 'hex') as hash from api_keys k where id = ${id}`;
    expect(row?.hash).toBe(await hashApiKey(key));
    expect(JSON.stringify(row?.rest)).not.toContain(key.slice(7, -4));
  });

  it("creates a key that expires, and that is then not found any more", async () => {
    const tenant = await createTenant(service.database);
    const { id, key } = await create(tenant.user.key, { name: "Brief", expires_at: "9998-12-31T23:59:59-05:00" });
    expect(await statusOf(key)).toBe(200);

    await service.database.sql`update api_keys set expires_at = statement_timestamp() where id = ${id}`;

    expect(await statusOf(key)).toBe(401);
    expect(namesOf(await list(tenant.user.key))).toEqual(["Test"]);
    expect((await service.get(`/v1/api-keys/${id}`, tenant.user.key)).status).toBe(404);
    expect((await service.send("DELETE", `/v1/api-keys/${id}`, tenant.user.key)).status).toBe(404);
  });

  it("refuses an invalid name and an invalid or past instant with 422, and creates nothing", async () => {
    const tenant = await createTenant(service.database);
    const cases: [unknown, string, string][] = [
      [{}, "body.name", "missing"],
      [{ name: "" }, "body.name", "string_too_short"],
      [{ name: "😀".repeat(101) }, "body.name", "string_too_long"],
      [{ name: "a\nb" }, "body.name", "value_error"],
      [{ name: "a", role: "OWNER" }, "body.role", "extra_forbidden"],
      [{ name: "a", expires_at: "tomorrow" }, "body.expires_at", "datetime_parsing"],
      [{ name: "a", expires_at: "0000-01-01T00:00:00Z" }, "body.expires_at", "datetime_parsing"],
      [{ name: "a", expires_at: "9999-12-31T23:59:59-23:00" }, "body.expires_at", "datetime_parsing"],
      [{ name: "a", expires_at: "2020-01-01T00:00:00+23:00" }, "body.expires_at", "value_error"],
    ];
    for (const [request, loc, type] of cases) {
      const response = await post(tenant.user.key, request);
      expect([request, response.status]).toEqual([request, 422]);
      const body = await response.json<{ detail: { loc: string[]; type: string }[] }>();
      expect(contractFaults("create_api_key", 422, body)).toEqual([]);
      expect(body.detail.map((fault) => [fault.loc.join("."), fault.type])).toEqual([[loc, type]]);
    }
    expect(await list(tenant.user.key)).toHaveLength(1);
    await create(tenant.user.key, { name: "😀".repeat(100), expires_at: null });
  });

  it(`gives a user at most ${MAX_ACTIVE_API_KEYS} keys that work, however many are asked for at once`, async () => {
    const tenant = await createTenant(service.database);
    const statuses = await Promise.all(
      Array.from(
        { length: MAX_ACTIVE_API_KEYS + 3 },
        async (_, n) => (await post(tenant.user.key, { name: `${n}` })).status,
      ),
    );
    // The user had one.
    expect(statuses.filter((status) => status === 201)).toHaveLength(MAX_ACTIVE_API_KEYS - 1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(4);
    expect((await post(tenant.owner.key, { name: "Somebody else's" })).status).toBe(201);

    const [oldest, second] = (await list(tenant.user.key)).toReversed();
    await service.send("DELETE", `/v1/api-keys/${second?.id}`, tenant.user.key);
    await create(tenant.user.key);
    await service.database.sql`update api_keys set expires_at = statement_timestamp() where id = ${oldest?.id ?? null}`;
    await create(tenant.admin.key);
  });
});

describe("GET /v1/users/me/api-keys", () => {
  it("lists the caller's own keys with their kind and expiry, and never a secret", async () => {
    const tenant = await createTenant(service.database);
    const brief = await create(tenant.owner.key, { name: "Brief", expires_at: "2999-01-31T00:00:00Z" });
    const made = await service.send("POST", "/v1/runner-keys", tenant.owner.key, { name: "Machine" });
    expect(made.status).toBe(201);
    await create(tenant.user.key, { name: "Somebody else's" });

    const response = await service.get("/v1/users/me/api-keys", tenant.owner.key);
    const text = await response.text();
    expect(text).not.toContain(brief.key);
    const { items }: { items: Record<string, unknown>[] } = JSON.parse(text);
    expect(items.map(({ name, kind, expires_at }) => [name, kind, expires_at])).toEqual([
      ["Machine", "runner", null],
      ["Brief", "user", "2999-01-31T00:00:00.000Z"],
      ["Test", "user", null],
    ]);
    expect(items[1]).toMatchObject({ id: brief.id, key_suffix: brief.key_suffix });
  });
});

describe("GET /v1/api-keys", () => {
  it("lists the caller's own keys, newest first, whoever they are", async () => {
    const tenant = await createTenant(service.database);
    await create(tenant.user.key, { name: "User's" });
    await create(tenant.admin.key, { name: "Admin's" });
    expect(namesOf(await list(tenant.user.key))).toEqual(["User's", "Test"]);
    expect(namesOf(await list(tenant.admin.key))).toEqual(["Admin's", "Test"]);
    expect(namesOf(await list(tenant.owner.key))).toEqual(["Test"]);
    expect(namesOf(await list(tenant.user.key, `?user_id=${tenant.user.id}`))).toEqual(["User's", "Test"]);
    expect(namesOf(await list(tenant.user.key, "?limit=1&offset=1"))).toEqual(["Test"]);
  });

  it("lists another user's keys with `user_id`, to an OWNER or ADMIN of the tenant alone", async () => {
    const tenant = await createTenant(service.database);
    const colleague = await addUser(service.database, tenant);
    const other = await createTenant(service.database);
    await create(colleague.key, { name: "Colleague's" });
    for (const { key } of [tenant.owner, tenant.admin]) {
      expect(namesOf(await list(key, `?user_id=${colleague.id}`))).toEqual(["Colleague's", "Test"]);
    }
    expect(await list(tenant.user.key, `?user_id=${colleague.id}`)).toEqual([]);
    expect(await list(tenant.owner.key, `?user_id=${other.user.id}`)).toEqual([]);
  });
});

describe("DELETE /v1/api-keys/{api_key_id}", () => {
  it("makes the key invalid at once, and the key is not found any more", async () => {
    const tenant = await createTenant(service.database);
    const { id, key } = await create(tenant.user.key);
    expect(await statusOf(key)).toBe(200);

    const response = await service.send("DELETE", `/v1/api-keys/${id}`, key);

    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await statusOf(key)).toBe(401);
    for (const method of ["GET", "DELETE"]) {
      expect((await service.send(method, `/v1/api-keys/${id}`, tenant.user.key)).status).toBe(404);
    }
  });

  it("lets a USER revoke only their own keys, and OWNER and ADMIN also those of others", async () => {
    const tenant = await createTenant(service.database);
    const other = await createTenant(service.database);
    const remove = async (id: string, key: string) => (await service.send("DELETE", `/v1/api-keys/${id}`, key)).status;
    const ofOwner = await create(tenant.owner.key);
    const ofUser = await create(tenant.user.key);
    const ofOther = await create(other.user.key);

    expect(await remove(ofOwner.id, tenant.user.key)).toBe(404);
    expect((await service.get(`/v1/api-keys/${ofOwner.id}`, tenant.user.key)).status).toBe(404);
    expect(await remove(ofOther.id, tenant.owner.key)).toBe(404);
    expect(await statusOf(ofOther.key)).toBe(200);
    expect(await remove(ofUser.id, tenant.admin.key)).toBe(204);
    expect(await remove((await create(tenant.admin.key)).id, tenant.owner.key)).toBe(204);
  });

  it("lets nobody but the OWNER revoke the OWNER's keys, so that no ADMIN can lock them out", async () => {
    const tenant = await createTenant(service.database);
    const { id, key } = await create(tenant.owner.key);
    const response = await service.send("DELETE", `/v1/api-keys/${id}`, tenant.admin.key);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("OWNER") });
    expect(await statusOf(key)).toBe(200);
    expect((await service.send("DELETE", `/v1/api-keys/${id}`, tenant.owner.key)).status).toBe(204);
    expect(await statusOf(key)).toBe(401);
  });

  it("answers 404 to one of two callers who revoke it at once", async () => {
    const tenant = await createTenant(service.database);
    const { id } = await create(tenant.user.key);
    const responses = await Promise.all(
      [tenant.user.key, tenant.owner.key].map((key) => service.send("DELETE", `/v1/api-keys/${id}`, key)),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([204, 404]);
  });
});

describe("a key with scopes", () => {
  it("has them in its text, in their order, and shows them in the list of one's own keys", async () => {
    const tenant = await createTenant(service.database);
    const { key, id } = await create(tenant.owner.key, { name: "CI", scopes: ["run", "read", "run"] });
    expect(key).toMatch(/^wr_one_ru_/);
    expect([scopesOfKey(key), await isWellFormedApiKey(key)]).toEqual([["read", "run"], true]);
    const own = await service.get("/v1/users/me/api-keys", key);
    const { items } = await own.json<{ items: { id: string; scopes: string[] | null }[] }>();
    expect(items.map(({ id: one, scopes }) => [one === id, scopes])).toEqual([
      [true, ["read", "run"]],
      [false, null],
    ]);
  });

  it("is another key with other letters, and none without them: both are unknown", async () => {
    const tenant = await createTenant(service.database);
    const { key } = await create(tenant.owner.key, { name: "CI", scopes: ["read"] });
    expect(await statusOf(key)).toBe(200);
    for (const changed of [key.replace("_r_", "_rm_"), key.replace("_r_", "_")])
      expect(await statusOf(changed)).toBe(401);
    // A Worker of before, which knows no scopes, passes none on, and must not take the key for one that may do everything.
    const caller = JSON.stringify({ api_key_hash: await hashApiKey(key) });
    const [row] = await service.database.sql`
      select count(*)::int as callers, (select count(*)::int from find_key_holder(decode(${await hashApiKey(key)}, 'hex'), null)) as holders
      from find_caller(${caller}::jsonb)`;
    expect(row).toEqual({ callers: 0, holders: 0 });
  });

  it("opens no session of the dashboard", async () => {
    const tenant = await createTenant(service.database);
    const { key } = await create(tenant.owner.key, { name: "CI", scopes: ["read", "run", "manage", "metrics"] });
    const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: "https://service.test" };
    const request = { method: "POST", headers, body: new URLSearchParams({ key }).toString() };
    const [answer, requests] = await service.counted(() => service.fetch("/app/sign-in", request));
    expect([answer.status, requests, await answer.text()]).toEqual([
      401,
      0,
      expect.stringContaining("A key with scopes is for programs."),
    ]);
  });

  it.each([[[]], [["write"]], ["read"]])("is 422 for the scopes %j", async (scopes) => {
    const tenant = await createTenant(service.database);
    expect((await post(tenant.owner.key, { name: "CI", scopes })).status).toBe(422);
  });
});
