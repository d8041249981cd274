import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { RateLimiter } from "../../src/bindings.ts";
import { readConfig } from "../../src/config.ts";
import { telling } from "../../src/http/middleware/note-use.ts";
import { connectAgent } from "../support/agent.ts";
import { batchPath } from "../support/batches.ts";
import { toForm } from "../support/browser.ts";
import { claimsOf, SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../support/callers.ts";
import { invoke, invokePath } from "../support/lifecycle.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { callSqlFunction } from "../support/sql-function.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const ORIGIN = "https://service.test";

const LIST = "/v1/workflow-runs";

/** Lets each key pass so often, until its time is reset. */
function createLimiter(limit: number): RateLimiter & { reset(): void } {
  const counts = new Map<string, number>();
  return {
    reset: () => counts.clear(),
    async limit({ key }) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= limit };
    },
  };
}

/** A service with these limiters and a tenant in it. */
async function startLimited(settings: Record<string, unknown>): Promise<[Service, TestTenant]> {
  const service = await startService({ settings: { SESSION_SECRET, ...settings } });
  return [service, await createTenant(service.database)];
}

describe("the limit of an address", () => {
  it("answers 429 with Retry-After without a database request, while other addresses are served", async () => {
    const [service, { owner }] = await startLimited({ ADDRESS_LIMITER: createLimiter(2) });
    const from = (address: string) => service.get(LIST, owner.key, { "CF-Connecting-IP": address });
    expect([(await from("192.0.2.1")).status, (await from("192.0.2.1")).status]).toEqual([200, 200]);

    const [response, requests] = await service.counted(() => from("192.0.2.1"));
    expect([response.status, response.headers.get("retry-after"), requests]).toEqual([
      429,
      expect.stringMatching(/^1[0-5]$/),
      0,
    ]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ title: "Too many requests", request_id: expect.any(String) });
    expect((await from("192.0.2.2")).status).toBe(200);
  });

  it("counts a whole IPv6 network as one address, however the address is written", async () => {
    const [service, { owner }] = await startLimited({ ADDRESS_LIMITER: createLimiter(2) });
    const from = async (address: string) =>
      (await service.get(LIST, owner.key, { "CF-Connecting-IP": address })).status;
    expect(await from("2001:db8:1:2::1")).toBe(200);
    expect(await from("2001:DB8:1:2:ffff::7")).toBe(200);
    expect(await from("2001:db8:1:2:3:4:5:6")).toBe(429);
    expect(await from("2001:db8:1:3::1")).toBe(200);
  });

  it("counts an IPv4 address that is written as one of IPv6 like the address itself, and not like all others", async () => {
    const [service, { owner }] = await startLimited({ ADDRESS_LIMITER: createLimiter(2) });
    const from = async (address: string) =>
      (await service.get(LIST, owner.key, { "CF-Connecting-IP": address })).status;
    expect([await from("::ffff:192.0.2.1"), await from("192.0.2.1"), await from("::ffff:192.0.2.1")]).toEqual([
      200, 200, 429,
    ]);
    expect(await from("::ffff:192.0.2.2")).toBe(200);
  });

  it("is stricter for failed authentications, and locks out nobody with a valid credential", async () => {
    const [service, { owner }] = await startLimited({ FAILURE_LIMITER: createLimiter(2) });
    const status = async (key: string, address = "192.0.2.1") =>
      (await service.get(LIST, key, { "CF-Connecting-IP": address })).status;
    expect([await status("wr_a"), await status("garbage"), await status("wr_b")]).toEqual([401, 401, 429]);
    const { headers } = await service.get(LIST, "wr_b", { "CF-Connecting-IP": "192.0.2.1" });
    expect([headers.get("retry-after"), headers.get("www-authenticate")]).toEqual([
      expect.stringMatching(/^1[0-5]$/),
      null,
    ]);
    expect(await status(owner.key)).toBe(200);
    expect(await status("wr_c", "192.0.2.2")).toBe(401);
  });

  it("counts a failed sign-in as a failed authentication", async () => {
    const [service] = await startLimited({ FAILURE_LIMITER: createLimiter(2) });
    const signIn = async (key: string) => {
      const headers = { "CF-Connecting-IP": "192.0.2.1", "Sec-Fetch-Site": "same-origin" };
      return (await service.fetch("/app/sign-in", { method: "POST", headers, body: toForm({ key }) })).status;
    };
    expect([await signIn("wr_a"), await signIn("garbage"), await signIn("wr_b")]).toEqual([401, 401, 429]);
  });
});

describe("the limit of a caller", () => {
  it("counts each API key by itself", async () => {
    const [service, tenant] = await startLimited({ CALLER_LIMITER: createLimiter(1) });
    const status = async (key: string) => (await service.get(LIST, key)).status;
    expect([await status(tenant.owner.key), await status(tenant.owner.key)]).toEqual([200, 429]);
    expect(await status(tenant.user.key)).toBe(200);
  });

  it("counts all sessions of a user together", async () => {
    const [service, tenant] = await startLimited({ CALLER_LIMITER: createLimiter(1) });
    const status = async (lifetime: number) => {
      const claims = { ...claimsOf(tenant), exp: Math.floor(Date.now() / 1000) + lifetime };
      return (await service.get(LIST, await signSymmetric(claims, SESSION_KEYS.k2))).status;
    };
    expect([await status(100), await status(200)]).toEqual([200, 429]);
  });

  it("counts the tokens of each run, and those of each runner's session, without a database request", async () => {
    const [service, tenant] = await startLimited({ CALLER_LIMITER: createLimiter(3) });
    await useLeases(service, tenant);
    const runner = await startRunner(service, tenant);
    await invoke(service, tenant);
    const [lease] = (await runner.lease()).leases;
    if (lease === undefined) throw new Error("There is no lease.");
    expect([(await runner.ask()).status, (await runner.ask()).status]).toEqual([200, 200]);
    const [asked, ofSession] = await service.counted(() => runner.ask());
    expect([asked.status, ofSession]).toEqual([429, 0]);

    for (let i = 0; i < 3; i++) expect((await runner.heartbeat(lease)).status).toBe(200);
    const [beaten, ofRun] = await service.counted(() => runner.heartbeat(lease));
    expect([beaten.status, ofRun]).toEqual([429, 0]);
  });

  it("counts the calls of an agent like other requests with its key", async () => {
    const [service, { owner }] = await startLimited({ CALLER_LIMITER: createLimiter(5) });
    const agent = await connectAgent(service, owner.key);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await agent.call("list_workflows"));
    expect(answers[0]?.isError).toBe(false);
    expect(answers.at(-1)).toMatchObject({
      isError: true,
      text: expect.stringMatching(/more slowly\.\nRetry-After: 1[0-5]$/),
    });
  });

  it("is counted by the platform, like the other limits, with the names in wrangler.toml", async () => {
    const { limiters } = readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused", ...env });
    const answers = Object.values(limiters).map((limiter) => limiter?.limit({ key: "a" }));
    expect(await Promise.all(answers)).toEqual(Array(5).fill({ success: true }));
  });
});

describe("a tenant with large limits", () => {
  it("has them from its first answer on, until the operator takes them back, and so have its addresses", async () => {
    const limiters = { ADDRESS_LIMITER: createLimiter(4), CALLER_LIMITER: createLimiter(3) };
    const large = { LARGE_ADDRESS_LIMITER: createLimiter(50), LARGE_CALLER_LIMITER: createLimiter(20) };
    const [service, tenant] = await startLimited({ ...limiters, ...large });
    const other = await createTenant(service.database);
    const ask = async ({ owner }: TestTenant, times: number) => {
      const statuses = [];
      for (let n = 0; n < times; n++) {
        const from = owner === tenant.owner ? "192.0.2.1" : "192.0.2.2";
        statuses.push((await service.get(LIST, owner.key, { "CF-Connecting-IP": from })).status);
      }
      return statuses;
    };
    const setLimits = (limits: string) =>
      callSqlFunction(service.database, "set_limits", { tenant_id: tenant.id, limits });
    expect(await ask(tenant, 4)).toEqual([200, 200, 200, 429]);
    await setLimits("large");
    // A refusal makes the isolate ask which tenants have large limits, unless it has asked in the last five minutes.
    telling.at = performance.now() - 5 * 60_000 - 1;
    expect(await ask(tenant, 1)).toEqual([429]);
    for (const limiter of Object.values(limiters)) limiter.reset();
    // The first request is counted like those of others. Its answer says whose key and address it is.
    const [statuses, requests] = await service.counted(() => ask(tenant, 22));
    expect([statuses, requests]).toEqual([[...Array(21).fill(200), 429], 21]);
    expect(await ask(other, 4)).toEqual([200, 200, 200, 429]);

    await setLimits("default");
    telling.at = performance.now() - 3_600_001;
    await service.get(LIST, other.user.key, { "CF-Connecting-IP": "192.0.2.3" });
    expect(await ask(tenant, 3)).toEqual([200, 200, 429]);
  });

  it("is learned from any answer to one of its credentials", async () => {
    const [service, tenant] = await startLimited({ CALLER_LIMITER: createLimiter(3) });
    await callSqlFunction(service.database, "set_limits", { tenant_id: tenant.id, limits: "large" });
    telling.at = performance.now() - 3_600_001;
    const statuses = [];
    for (let n = 0; n < 10; n++) statuses.push((await service.get(LIST, tenant.owner.key)).status);
    expect(statuses).toEqual(Array(10).fill(200));
  });
});

describe("a service without limits", () => {
  it("answers every request", async () => {
    const [service, { owner }] = await startLimited({});
    const responses = await Promise.all(
      Array.from({ length: 30 }, () => service.get(LIST, owner.key, { "CF-Connecting-IP": "192.0.2.1" })),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe("the shape of a request", () => {
  let service: Service;
  let tenant: TestTenant;
  beforeAll(async () => {
    [service, tenant] = await startLimited({});
  });

  it("may have 100 header fields, and is 431 with more", async () => {
    const withHeaders = (count: number) =>
      service.fetch("/", { headers: Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, "1"])) });
    expect((await withHeaders(100)).status).toBe(200);
    const response = await withHeaders(101);
    expect(response.status).toBe(431);
    expect(await response.json()).toMatchObject({ title: "Request header fields too large" });
  });

  it("may have 32 KiB of header fields, also of one name, and is 431 with more", async () => {
    const withFields = async (count: number) => {
      const headers = new Headers();
      for (let i = 0; i < count; i++) headers.append("X-Filler", "x".repeat(1022));
      return (await service.fetch("/", { headers })).status;
    };
    expect([await withFields(31), await withFields(33)]).toEqual([200, 431]);
  });

  it("may have a URL of 8192 characters, and is 414 with more", async () => {
    const withUrl = (length: number) => service.fetch(`/?${"a&".repeat(8192)}`.slice(0, length - ORIGIN.length));
    expect((await withUrl(8192)).status).toBe(200);
    const response = await withUrl(8193);
    expect(response.status).toBe(414);
    expect(await response.json()).toMatchObject({ title: "URI too long" });
  });

  it("is 400 when its client closes the connection within the body, and is not logged as an error of the service", async () => {
    const error = vi.spyOn(console, "error");
    for (const path of [invokePath(tenant), "/app/sign-in"]) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"idempotency_key":'));
          controller.error(new Error("Network connection lost."));
        },
      });
      const headers = { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" };
      const response = await service.fetch(path, { method: "POST", headers, body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ title: "Incomplete body" });
    }
    expect(error).not.toHaveBeenCalled();
  });

  it("may have JSON of 32 levels, and is 422 with more", async () => {
    const post = (body: string) =>
      service.fetch(invokePath(tenant), {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json; charset=utf-8" },
        body,
      });
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const detail = async (response: Response) => (await response.json<{ detail: { type: string }[] }>()).detail;
    expect(await detail(await post(nested(32)))).toMatchObject([{ type: "extra_forbidden" }]);
    for (const body of [nested(33), "[".repeat(60_000), '{"a":'.repeat(10_000)]) {
      const response = await post(body);
      expect(response.status).toBe(422);
      expect(await detail(response)).toEqual([
        { loc: ["body"], type: "value_error", msg: "Must not be nested more than 32 levels deep." },
      ]);
    }
    const brackets = `{"idempotency_key":"${"[".repeat(100)}\\"${"{".repeat(100)}"}`;
    expect((await post(brackets)).status).toBe(409);
  });

  it("may not have a body over 64 KiB, also when it does not say its length", async () => {
    const chunk = new Uint8Array(16 * 1024).fill(32);
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 5; i++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const headers = { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" };
    const response = await service.fetch(invokePath(tenant), { method: "POST", headers, body });
    expect(response.status).toBe(413);
  });

  it("may have a body of 1 MiB only for a batch of runs, whatever the path begins or ends with", async () => {
    const headers = { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" };
    const statuses = await Promise.all(
      ["", "/", "/more", "?x=1"].map(async (end) => {
        const body = `{}${" ".repeat(70_000)}`;
        return (await service.fetch(`${batchPath(tenant)}${end}`, { method: "POST", headers, body })).status;
      }),
    );
    expect(statuses).toEqual([422, 413, 413, 422]);
  });
});

describe("pages of other origins", () => {
  const preflight = (service: Service, origin: string) =>
    service.fetch(LIST, {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
    });

  it("cannot read answers unless CORS_ORIGINS names them", async () => {
    const [service, { owner }] = await startLimited({});
    const answers = [
      await preflight(service, "https://app.test"),
      await service.get(LIST, owner.key, { Origin: "https://app.test" }),
    ];
    for (const { headers } of answers) {
      expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  it("may call the service when it does, without cookies, and read errors as well", async () => {
    const [service, { owner }] = await startLimited({ CORS_ORIGINS: "https://app.test, https://other.test:8443" });
    const allowed = async (origin: string) =>
      (await preflight(service, origin)).headers.get("access-control-allow-origin");
    expect(await allowed("https://app.test")).toBe("https://app.test");
    expect(await allowed("https://other.test:8443")).toBe("https://other.test:8443");
    expect(await allowed("https://evil.test")).toBeNull();

    for (const key of [owner.key, "wr_wrong"]) {
      const { headers } = await service.get(LIST, key, { Origin: "https://app.test" });
      expect(headers.get("access-control-allow-origin")).toBe("https://app.test");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("vary")).toContain("Origin");
    }
  });

  it("may read a 304, which has the headers of the 200 but those of its body", async () => {
    const [service, { owner }] = await startLimited({ CORS_ORIGINS: "https://app.test" });
    const headers = { Origin: "https://app.test", "X-Request-Id": "from-the-client" };
    const found = await service.get(LIST, owner.key, headers);
    const tag = found.headers.get("etag") ?? "";
    for (const tags of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const { status } = await service.get(LIST, owner.key, { ...headers, "If-None-Match": tags });
      expect(status).toBe(304);
    }
    const notModified = await service.get(LIST, owner.key, { ...headers, "If-None-Match": tag });
    expect(await notModified.text()).toBe("");
    const ofBody = ["content-type", "content-length", "server-timing"];
    const list = (response: Response) => [...response.headers].filter(([name]) => !ofBody.includes(name));
    expect(list(notModified)).toEqual(list(found));
    expect(notModified.headers.get("access-control-allow-origin")).toBe("https://app.test");
    expect(notModified.headers.get("x-request-id")).toBe("from-the-client");
    const changed = await service.get(LIST, owner.key, { ...headers, "If-None-Match": '"other"' });
    expect(changed.status).toBe(200);
  });

  it("cannot be allowed for all origins", () => {
    const read = (CORS_ORIGINS: string) => () =>
      readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused", CORS_ORIGINS });
    for (const origins of ["*", "https://app.test/", "app.test", "https://app.test,*", "null"]) {
      expect(read(origins)).toThrow("CORS_ORIGINS");
    }
    expect(read("")).not.toThrow();
  });
});
