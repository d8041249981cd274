/** The sign-in of agents by OAuth: the official client's whole flow, and the attacks that are refused. */
import {
  auth,
  Client,
  type OAuthClientProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import signInGuide from "../../docs/sign-in.md?raw";
import { TOOLS } from "../../src/mcp/agent-server.ts";
import { challengeOf } from "../../src/people/sign-ins/command-line-verbs.ts";
import { ERAS, type Era, negotiation } from "../support/agent.ts";
import { type Browser, PAGE_SETTINGS, signIn, untouchedForm } from "../support/browser.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { VERIFIER } from "../support/sign-in-session.ts";
import { createTenant } from "../support/tenant.ts";
import { createTrigger, HOURLY } from "../triggers/support.ts";

const ISSUER = "https://service.test";
const MCP = `${ISSUER}/mcp`;
const REDIRECT = "http://127.0.0.1:3334/callback";
const DOCUMENT = "https://agent.example/client.json";

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service);
let browser: Browser;

beforeEach(async () => {
  browser = await signIn(service, tenant.user.key);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const fetchOf = (to: string | URL, init?: RequestInit) =>
  service.fetch(String(to), { ...init, redirect: "manual" } as RequestInit<IncomingRequestCfProperties>);

/** What the official client keeps. `asked` is the page that it opens in a browser. */
class Kept implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  clientMetadataUrl?: string;
  client: StoredOAuthClientInformation | undefined;
  kept: StoredOAuthTokens | undefined;
  verifier = "";
  asked = "";
  constructor(document?: string) {
    if (document !== undefined) this.clientMetadataUrl = document;
  }
  get clientMetadata() {
    return { client_name: "An agent of tests", redirect_uris: [REDIRECT] };
  }
  state = () => "state-of-the-agent";
  clientInformation = () => this.client;
  saveClientInformation(client: StoredOAuthClientInformation) {
    this.client = client;
  }
  tokens = () => this.kept;
  saveTokens(tokens: StoredOAuthTokens) {
    this.kept = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.asked = url.href;
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier;
  }
  codeVerifier = () => this.verifier;
  invalidateCredentials() {
    this.kept = undefined;
  }
}

/** What the person does: opens the page, and agrees. Returns the address to which the browser goes then. */
async function agree(page: string, of = browser): Promise<URL> {
  const path = page.slice(ISSUER.length);
  const form = await untouchedForm(await of.read(path), "/app/agent");
  const response = await of.post("/app/agent", form);
  const [, url = ""] = /^0; url=(.*)$/.exec(response.headers.get("Refresh") ?? "") ?? [];
  expect([response.status, response.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
  return new URL(url);
}

/** The official client after it has signed in. */
async function connect(provider: Kept, era: Era = "legacy"): Promise<Client> {
  const open = () => new StreamableHTTPClientTransport(new URL(MCP), { authProvider: provider, fetch: fetchOf });
  const first = open();
  await expect(new Client({ name: "test", version: "1" }).connect(first)).rejects.toThrow();
  const answer = await agree(provider.asked);
  expect(answer.searchParams.get("state")).toBe("state-of-the-agent");
  await first.finishAuth(answer.searchParams);
  const client = new Client({ name: "test", version: "1" }, negotiation[era]);
  await client.connect(open());
  return client;
}

const realFetch = globalThis.fetch;

/** Answers requests for the client's own document; all others go on. */
function serveDocument(document: object | string, status = 200): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (to, init) => {
    const url = to instanceof Request ? to.url : String(to);
    if (!url.startsWith("https://agent.example/")) return realFetch(to, init);
    return new Response(typeof document === "string" ? document : JSON.stringify(document), { status });
  });
}

const documentOf = (url: string) => ({ client_id: url, client_name: "A documented agent", redirect_uris: [REDIRECT] });

/** Registers a client, and returns its id. */
async function register(redirectUris: string[] = [REDIRECT]): Promise<string> {
  const body = { client_name: "Agent", redirect_uris: redirectUris };
  const response = await fetchOf("/oauth/register", { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(201);
  return (await response.json<{ client_id: string }>()).client_id;
}

const askedBy = async (clientId: string, more: Record<string, string> = {}) =>
  `${ISSUER}/app/agent?${new URLSearchParams({
    ...{ response_type: "code", client_id: clientId, redirect_uri: REDIRECT, state: "s", resource: MCP },
    ...{ code_challenge: await challengeOf(VERIFIER), code_challenge_method: "S256" },
    ...more,
  })}`;

async function codeFor(clientId: string, more: Record<string, string> = {}): Promise<string> {
  const { searchParams } = await agree(await askedBy(clientId, more));
  expect(searchParams.get("iss")).toBe(ISSUER);
  return searchParams.get("code") ?? "";
}

type Tokens = { access_token: string; refresh_token: string; scope: string; error?: string };

async function ask(form: Record<string, string>): Promise<[number, Tokens]> {
  const response = await fetchOf("/oauth/token", { method: "POST", body: new URLSearchParams(form) });
  return [response.status, await response.json<Tokens>()];
}

const exchange = (clientId: string, code: string, more: Record<string, string> = {}) =>
  ask({
    ...{ grant_type: "authorization_code", client_id: clientId, code, redirect_uri: REDIRECT, code_verifier: VERIFIER },
    ...more,
  });

const renew = (clientId: string, token: string) =>
  ask({ grant_type: "refresh_token", client_id: clientId, refresh_token: token, resource: MCP });

/** Sends a body to `/mcp` with a token. */
const send = (token: string, body: string) =>
  fetchOf(MCP, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
    },
    // Encoded here, since a `Request` may take a byte order mark away.
    body: new TextEncoder().encode(body),
  });

const messageOf = (method: string, params: object = {}) => ({ jsonrpc: "2.0", id: 1, method, params });

/** Sends a message to `/mcp` with a token. */
const post = (token: string, method: string, params: object = {}) =>
  send(token, JSON.stringify(messageOf(method, params)));

const statusOf = async (token: string) => (await post(token, "tools/list")).status;

describe("an agent", () => {
  it.each([
    ["registers", undefined],
    ["has a document that describes it", DOCUMENT],
  ])("signs in from nothing when it %s, and uses the tools as its person", async (_, document) => {
    serveDocument(documentOf(DOCUMENT));
    const provider = new Kept(document);
    const client = await connect(provider);
    expect((await client.listTools()).tools).toHaveLength(TOOLS.length);
    const answer = await client.callTool({ name: "list_workflows", arguments: {} });
    expect([answer.isError, answer.structuredContent]).toMatchObject([undefined, { items: [] }]);
    const first = provider.kept?.refresh_token;
    expect(await auth(provider, { serverUrl: MCP, fetchFn: fetchOf })).toBe("AUTHORIZED");
    expect(provider.kept?.refresh_token).not.toBe(first);
    expect(await statusOf(provider.kept?.access_token ?? "")).toBe(200);
  });

  it.each(ERAS)("of a %s client is to be let in again when it calls a tool after its access has ended", async (era) => {
    const provider = new Kept();
    const client = await connect(provider, era);
    const call = (name: string) => client.callTool({ name, arguments: {} });
    expect((await call("list_workflows")).isError).toBeUndefined();
    // It asks the API nothing.
    expect((await call("get_run")).isError).toBe(true);
    provider.asked = "";
    await service.database.sql`delete from agent_grants where user_id = ${tenant.user.id}`;
    await expect(call("list_workflows")).rejects.toThrow();
    expect(provider.asked).toContain("/app/agent?");
  });

  it("is told by the 401 where it signs in", async () => {
    const response = await fetchOf(MCP, { method: "POST", body: "{}" });
    const challenge = response.headers.get("WWW-Authenticate") ?? "";
    const [, metadata = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    expect(metadata).toBe(`${ISSUER}/.well-known/oauth-protected-resource/mcp`);
    for (const url of [metadata, `${ISSUER}/.well-known/oauth-protected-resource`]) {
      expect(await (await fetchOf(url)).json()).toMatchObject({ resource: MCP, authorization_servers: [ISSUER] });
    }
  });

  it("may only read when it has asked for that", async () => {
    const clientId = await register();
    const [, { access_token: token, scope }] = await exchange(clientId, await codeFor(clientId, { scope: "read" }));
    expect(scope).toBe("read");
    expect((await post(token, "tools/call", { name: "list_workflows", arguments: {} })).status).toBe(200);
    const refused = await post(token, "tools/call", { name: "invoke_workflow", arguments: {} });
    expect([refused.status, refused.headers.get("WWW-Authenticate")]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope"'),
    ]);
  });

  it.each(["", "\uFEFF", "\uFEFF\uFEFF", "\uFEFF\uFEFF\uFEFF"])(
    "that may only read is refused whatever is before its message: %j",
    async (marks) => {
      const clientId = await register();
      const [, { access_token: token }] = await exchange(clientId, await codeFor(clientId, { scope: "read" }));
      const refused = messageOf("tools/call", { name: "pause_trigger", arguments: {} });
      const read = messageOf("tools/call", { name: "list_workflows", arguments: {} });
      expect((await send(token, marks + JSON.stringify(refused))).status).toBe(marks.length < 2 ? 403 : 400);
      expect((await send(token, marks + JSON.stringify([read, read]))).status).toBe(400);
    },
  );

  it("is refused by the API itself what its person has not agreed to, whatever `/mcp` has let through", async () => {
    const clientId = await register();
    const [, { access_token: token, scope }] = await exchange(clientId, await codeFor(clientId, { scope: "run" }));
    expect(scope).toBe("read run");
    const { id: triggerId } = await createTrigger(service, tenant, HOURLY);
    const answer = await post(token, "tools/call", { name: "pause_trigger", arguments: { trigger_id: triggerId } });
    expect(await answer.text()).toContain(
      "The person lets this agent only read and run. This needs an API key with the scope manage.",
    );
    const [trigger] = await service.database.sql`select paused_at from triggers where id = ${triggerId}`;
    expect(trigger).toEqual({ paused_at: null });
  });

  it("is let in by a page that says where the answer goes: for an app, the scheme that any app can take", async () => {
    const address = "evilapp://claude.ai/api/mcp/auth_callback";
    const page = await askedBy(await register([address]), { redirect_uri: address });
    const text = await browser.read(page.slice(ISSUER.length));
    expect(text).toContain("<code>evilapp:</code>");
    expect(text).not.toContain("claude.ai</code>");
    await agree(page);
    const [grant] = await service.database.sql`
      select redirect_host from agent_grants where user_id = ${tenant.user.id}`;
    expect(grant).toEqual({ redirect_host: "evilapp:" });
  });

  it("loses its access when its person signs out everywhere, or their login is untied, also by the guide's statement", async () => {
    const { sql } = service.database;
    const tie = () => sql`
      insert into logins (id, tenant_id, user_id, iss, sub)
      values (gen_random_uuid(), ${tenant.id}, ${tenant.user.id}, 'https://old-login.example/', ${tenant.user.id})`;
    const [, statement = ""] = /```sql\n(.*?)```/s.exec(signInGuide) ?? [];
    const ways = [
      () => service.send("POST", "/v1/sign-in-sessions/end", tenant.owner.key, { user_id: tenant.user.id }),
      async () => {
        await tie();
        const owner = await signIn(service, tenant.owner.key);
        return owner.post(`/app/people/${tenant.user.id}/untie`);
      },
      async () => {
        await tie();
        await sql.query(statement);
        expect(await sql`select from logins where user_id = ${tenant.user.id}`).toEqual([]);
        return { status: 200 };
      },
    ];
    for (const end of ways) {
      browser = await signIn(service, tenant.user.key);
      const clientId = await register();
      const [, tokens] = await exchange(clientId, await codeFor(clientId));
      expect(await statusOf(tokens.access_token)).toBe(200);
      expect((await end()).status).toBeLessThan(400);
      const list = await post(tokens.access_token, "tools/list");
      const call = await post(tokens.access_token, "tools/call", { name: "list_workflows", arguments: {} });
      const challenge = list.headers.get("WWW-Authenticate");
      expect(challenge).toContain('error="invalid_token"');
      for (const refused of [list, call]) {
        expect([refused.status, refused.headers.get("WWW-Authenticate")]).toEqual([401, challenge]);
      }
      expect(await renew(clientId, tokens.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
    }
  });

  it("that has asked for nothing for 90 days is not listed, and has no access", async () => {
    const clientId = await register();
    const [, tokens] = await exchange(clientId, await codeFor(clientId));
    const path = `/app/people/${tenant.user.id}`;
    expect(await browser.read(path)).toContain("<h2>Agents</h2>");
    await service.database
      .sql`update agent_grants set renewed_at = renewed_at - interval '91 days' where user_id = ${tenant.user.id}`;
    expect(await browser.read(path)).not.toContain("<h2>Agents</h2>");
    expect(await renew(clientId, tokens.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
  });

  it("is on the person's page, whose “End” refuses it, and its refresh token", async () => {
    const clientId = await register();
    const [, tokens] = await exchange(clientId, await codeFor(clientId));
    const path = `/app/people/${tenant.user.id}`;
    const [, action = ""] = /action="(\/app\/people\/[^"]+\/agents\/[^"]+\/end)"/.exec(await browser.read(path)) ?? [];
    expect((await browser.post(action)).status).toBe(303);
    expect(await browser.read(path)).not.toContain("<h2>Agents</h2>");
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect(await renew(clientId, tokens.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
  });

  it("is no stranger's to end, but an OWNER's", async () => {
    const clientId = await register();
    const [, tokens] = await exchange(clientId, await codeFor(clientId));
    const [grant] = await service.database.sql`select id from agent_grants where user_id = ${tenant.user.id}`;
    const other = await createTenant(service.database);
    const end = `/app/people/${tenant.user.id}/agents/${grant?.id}/end`;
    expect((await (await signIn(service, other.owner.key)).post(end)).status).toBe(404);
    expect(await statusOf(tokens.access_token)).toBe(200);
    const owner = await signIn(service, tenant.owner.key);
    // An agent outlives the sessions of its person.
    await service.database.sql`delete from sign_in_sessions where user_id = ${tenant.user.id}`;
    expect(await owner.read(`/app/people/${tenant.user.id}`)).toContain("Sign out everywhere");
    expect((await owner.post(end)).status).toBe(303);
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect(await owner.read(`/app/people/${tenant.user.id}`)).not.toContain("Sign out everywhere");
  });

  it("is named in the audit log by what it changes", async () => {
    const clientId = await register();
    await exchange(clientId, await codeFor(clientId));
    const response = await service.get("/v1/audit-events", tenant.owner.key);
    const { items } = await response.json<{ items: { action: string; object: { name: string } }[] }>();
    expect(items[0]).toMatchObject({ action: "agent_grant.created", object: { name: "Agent" } });
  });
});

describe("an attack is refused", () => {
  it("a code that is used twice ends what it gave", async () => {
    const clientId = await register();
    const code = await codeFor(clientId);
    const [, tokens] = await exchange(clientId, code);
    expect(await exchange(clientId, code)).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await statusOf(tokens.access_token)).toBe(401);
  });

  it.each([
    ["another verifier", { code_verifier: "verifier-of-somebody-else-0123456789-0123456789" }, "invalid_grant"],
    ["another address", { redirect_uri: "http://127.0.0.1:3334/other" }, "invalid_grant"],
    ["another resource", { resource: "https://elsewhere.example/mcp" }, "invalid_target"],
    ["another kind of grant", { grant_type: "password" }, "unsupported_grant_type"],
  ])("a code with %s", async (_, more, error) => {
    const clientId = await register();
    const code = await codeFor(clientId);
    expect(await exchange(clientId, code, more)).toMatchObject([400, { error }]);
    expect(await exchange(clientId, code)).toMatchObject([200, {}]);
  });

  it("a code and a refresh token of another client", async () => {
    const [own, other] = [await register(), await register(["https://other.example/"])];
    const code = await codeFor(own);
    expect(await exchange(other, code)).toMatchObject([400, { error: "invalid_grant" }]);
    const [, tokens] = await exchange(own, code);
    expect(await renew(other, tokens.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await renew(own, tokens.refresh_token)).toMatchObject([200, {}]);
  });

  it("a code that is a minute old, by the clock of the database", async () => {
    const clientId = await register();
    const code = await codeFor(clientId);
    await service.database
      .sql`update agent_grants set created_at = created_at - interval '61 seconds' where user_id = ${tenant.user.id}`;
    expect(await exchange(clientId, code)).toMatchObject([400, { error: "invalid_grant" }]);
  });

  it("a refresh token whose successor was used: it ends the access; the one before works until then", async () => {
    const clientId = await register();
    const [, first] = await exchange(clientId, await codeFor(clientId));
    const [, lost] = await renew(clientId, first.refresh_token);
    const [status, second] = await renew(clientId, first.refresh_token);
    expect([status, lost.error, second.error]).toEqual([200, undefined, undefined]);
    const [, third] = await renew(clientId, second.refresh_token);
    expect(await renew(clientId, first.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await renew(clientId, third.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await statusOf(third.access_token)).toBe(401);
  });

  it("a refresh token that was used more than a minute ago: it ends the access of both who have it", async () => {
    const clientId = await register();
    const [, first] = await exchange(clientId, await codeFor(clientId));
    const [, second] = await renew(clientId, first.refresh_token);
    await service.database
      .sql`update agent_grants set renewed_at = renewed_at - interval '61 seconds' where user_id = ${tenant.user.id}`;
    expect(await renew(clientId, first.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await statusOf(second.access_token)).toBe(401);
  });

  it("the cookie of a session that has ended: no document is fetched, and nobody is sent on", async () => {
    serveDocument(documentOf(DOCUMENT));
    await service.database.sql`update sign_in_sessions set ended_at = now() where user_id = ${tenant.user.id}`;
    const page = (await askedBy(`${DOCUMENT}?ended`, { response_type: "token" })).slice(ISSUER.length);
    const response = await browser.get(page);
    expect([response.status, response.headers.get("Location")]).toEqual([
      303,
      expect.stringMatching(/^\/app\/sign-in\?/),
    ]);
    const fetched = vi.mocked(globalThis.fetch).mock.calls.map(([to]) => (to instanceof Request ? to.url : String(to)));
    expect(fetched.filter((url) => url.startsWith("https://agent.example/"))).toEqual([]);
  });

  it("a registration whose addresses are longer than an address can be, or than its page can take", async () => {
    for (const address of [`app://${"a".repeat(400)}/`, `${"a".repeat(400)}:/callback`]) {
      const one = await fetchOf("/oauth/register", {
        method: "POST",
        body: JSON.stringify({ redirect_uris: [address] }),
      });
      expect([one.status, await one.json()]).toMatchObject([400, { error: "invalid_redirect_uri" }]);
    }
    const long = Array.from({ length: 10 }, (_, n) => `https://agent.example/${n}${"a".repeat(400)}`);
    const all = await fetchOf("/oauth/register", { method: "POST", body: JSON.stringify({ redirect_uris: long }) });
    expect([all.status, await all.json()]).toMatchObject([400, { error: "invalid_client_metadata" }]);
  });

  it("a token of an agent at the API, and the tokens of others at /mcp", async () => {
    const clientId = await register();
    const [, tokens] = await exchange(clientId, await codeFor(clientId));
    expect((await service.get("/v1/users/me", tokens.access_token)).status).toBe(401);
    expect(await statusOf(tokens.refresh_token)).toBe(401);
    expect(await statusOf(`${tokens.access_token}x`)).toBe(401);
    expect(await statusOf(`wro_${clientId}`)).toBe(401);
  });

  it("an address that the client has not named, and an unknown client: nothing is sent there", async () => {
    const clientId = await register();
    const path = (url: string) => url.slice(ISSUER.length);
    const foreign = await browser.get(path(await askedBy(clientId, { redirect_uri: "https://evil.example/" })));
    const unknown = await browser.get(path(await askedBy(`${clientId}x`)));
    expect([foreign.status, unknown.status, foreign.headers.get("Location")]).toEqual([422, 422, null]);
    const anyPort = await browser.get(
      path(await askedBy(clientId, { redirect_uri: "http://127.0.0.1:50001/callback" })),
    );
    expect(anyPort.status).toBe(200);
  });

  it.each([
    ["the method plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["another resource", { resource: "https://elsewhere.example/mcp" }, "invalid_target"],
    ["an unknown scope", { scope: "admin" }, "invalid_scope"],
    ["a token in place of a code", { response_type: "token" }, "unsupported_response_type"],
  ])("a request for %s, which the agent is told", async (_, more, error) => {
    const response = await browser.get((await askedBy(await register(), more)).slice(ISSUER.length));
    const answer = new URL(response.headers.get("Location") ?? "");
    expect([answer.origin + answer.pathname, answer.searchParams.get("error")]).toEqual([REDIRECT, error]);
  });

  it("consent without a session, and from a page of another origin", async () => {
    const page = (await askedBy(await register())).slice(ISSUER.length);
    const open = await fetchOf(page);
    expect(open.headers.get("Location")).toBe(`/app/sign-in?next=${encodeURIComponent(page)}`);
    const form = Object.fromEntries(new URL(ISSUER + page).searchParams);
    const foreign = await browser.post("/app/agent", form, { Origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    expect(await service.database.sql`select from agent_grants where user_id = ${tenant.user.id}`).toEqual([]);
  });

  it.each<[string, object | string, number]>([
    ["names itself otherwise", { client_id: "https://agent.example/other.json" }, 200],
    ["sends the code somewhere by http", { redirect_uris: ["http://evil.example/"] }, 200],
    ["would run a script", { redirect_uris: ["javascript:alert(1)"] }, 200],
    ["is a redirect", {}, 302],
    ["is larger than 5 KB", { logo_uri: "x".repeat(6000) }, 200],
    ["is no JSON", "hello", 200],
  ])("a client whose document %s", async (name, more, status) => {
    const clientId = `${DOCUMENT}?${encodeURIComponent(name)}`;
    const open = async () => (await browser.get((await askedBy(clientId)).slice(ISSUER.length))).status;
    serveDocument(typeof more === "string" ? more : { ...documentOf(clientId), ...more }, status);
    expect(await open()).toBe(422);
    serveDocument(documentOf(clientId));
    expect(await open()).toBe(200);
  });

  it.each(["http://evil.example/", "javascript:alert(1)", "https://agent.example/#x", "nowhere"])(
    "a registration with the address %s",
    async (address) => {
      const body = JSON.stringify({ redirect_uris: [address] });
      const response = await fetchOf("/oauth/register", { method: "POST", body });
      expect([response.status, await response.json()]).toMatchObject([400, { error: "invalid_redirect_uri" }]);
    },
  );

  it("the agent of somebody who was deactivated", async () => {
    const clientId = await register();
    const [, tokens] = await exchange(clientId, await codeFor(clientId));
    await service.database.sql`update users set deactivated_at = now() where id = ${tenant.user.id}`;
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect(await renew(clientId, tokens.refresh_token)).toMatchObject([400, { error: "invalid_grant" }]);
  });
});
