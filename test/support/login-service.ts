/** A fake login service (OpenID Connect) that can be told to misbehave, and a browser that signs in by it. */
import { vi } from "vitest";
import { base64Url, inSeconds, type Payload } from "./callers.ts";
import { createIssuer } from "./issuer.ts";
import type { Service } from "./service.ts";

const ISSUER = "https://login.test";
const ORIGIN = "https://service.test";
const CLIENT = { id: "workflow-runs", secret: "client-secret-of-the-tests" };

const BASIC = `Basic ${btoa([CLIENT.id, CLIENT.secret].map((part) => part.replaceAll("-", "%2D")).join(":"))}`;

/** The settings of a service whose people sign in by the fake login service. */
export const LOGIN_SETTINGS = {
  OIDC_ISSUER: ISSUER,
  OIDC_CLIENT_ID: CLIENT.id,
  OIDC_CLIENT_SECRET: CLIENT.secret,
  OIDC_NAME: "the test login",
};

/** How the login service answers. Each test begins with what {@link FakeLogin.reset} sets. */
type Behaviour = {
  /** The claims of whoever signs in. */
  account: Payload;
  /** Changes the claims of the ID token before they are signed. */
  claims: (claims: Payload) => Payload;
  /** Makes the ID token of the claims. */
  token: (claims: Payload) => Promise<string> | string;
  /** The only way in which it takes the secret of its client. Null: it takes both. */
  clientAuthMethod: "client_secret_basic" | "client_secret_post" | null;
  /** What the userinfo endpoint answers, beside the subject. */
  userinfo: Payload;
  /** More of what the login service says about itself. */
  metadata: Payload;
  /** Answers instead of all that. */
  instead: ((init?: RequestInit) => Promise<Response>) | null;
};

export type FakeLogin = Behaviour & {
  /** How the requests for tokens have sent the secret of the client, since the last reset. */
  methods: string[];
  reset(): void;
  /** The person signs in there. Returns the path and query of the callback. */
  authorize(url: string): string;
};

type Code = { nonce: string; challenge: string; redirectUri: string };

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

const sha256 = async (value: string) => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  return base64Url(String.fromCharCode(...new Uint8Array(hash)));
};

/** Starts it: from now on it answers the Worker's requests to its issuer. Other requests go on as before. */
export async function startFakeLogin(): Promise<FakeLogin> {
  const signer = await createIssuer("first", "RS256");
  const codes = new Map<string, Code>();

  /** How the requests for tokens have sent the secret, in their order. */
  const methods: string[] = [];

  async function exchange(init: RequestInit | undefined): Promise<Response> {
    const body = new URLSearchParams(String(init?.body));
    const isInBody = body.has("client_secret");
    const method = isInBody ? "client_secret_post" : "client_secret_basic";
    methods.push(method);
    const header = new Headers(init?.headers).get("Authorization");
    const isClient = isInBody ? body.get("client_secret") === CLIENT.secret : header === BASIC;
    if (!isClient || (login.clientAuthMethod ?? method) !== method) {
      return json({ error: "invalid_client" }, 401);
    }
    const code = codes.get(body.get("code") ?? "");
    // A code works once.
    codes.delete(body.get("code") ?? "");
    const isGranted =
      code !== undefined &&
      body.get("redirect_uri") === code.redirectUri &&
      (await sha256(body.get("code_verifier") ?? "")) === code.challenge;
    if (!isGranted) return json({ error: "invalid_grant" }, 400);
    const times = { iat: inSeconds(0), exp: inSeconds(300) };
    const claims = login.claims({ iss: ISSUER, aud: CLIENT.id, nonce: code.nonce, ...times, ...login.account });
    return json({ access_token: "access", token_type: "Bearer", id_token: await login.token(claims) });
  }

  function answer(path: string, init: RequestInit | undefined): Promise<Response> | Response {
    switch (path) {
      case "/.well-known/openid-configuration":
        return json({
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/authorize`,
          token_endpoint: `${ISSUER}/token`,
          userinfo_endpoint: `${ISSUER}/userinfo`,
          jwks_uri: `${ISSUER}/keys`,
          token_endpoint_auth_methods_supported: ["client_secret_post"],
          id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
          ...login.metadata,
        });
      case "/keys":
        return json({ keys: [signer.publicKey] });
      case "/token":
        return exchange(init);
      case "/userinfo":
        return json({ sub: login.account.sub, ...login.userinfo });
      default:
        return new Response(null, { status: 404 });
    }
  }

  const reset = (): Behaviour => ({
    account: { sub: crypto.randomUUID() },
    claims: (claims) => claims,
    token: signer.sign,
    clientAuthMethod: null,
    userinfo: {},
    metadata: {},
    instead: null,
  });

  const login: FakeLogin = {
    ...reset(),
    methods,
    reset() {
      Object.assign(login, reset());
      methods.splice(0);
    },
    authorize(url) {
      const { searchParams } = new URL(url);
      const get = (name: string) => searchParams.get(name) ?? "";
      const code = crypto.randomUUID();
      codes.set(code, {
        nonce: get("nonce"),
        challenge: get("code_challenge"),
        redirectUri: get("redirect_uri"),
      });
      const callback = new URL(get("redirect_uri"));
      callback.search = new URLSearchParams({ code, state: get("state") }).toString();
      return callback.pathname + callback.search;
    },
  };

  const { fetch } = globalThis;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== ISSUER) return fetch(input, init);
    return login.instead ? login.instead(init) : answer(url.pathname, init);
  });
  return login;
}

/** A browser that keeps cookies, and follows no redirects. */
export type LoginBrowser = {
  cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, fields?: Record<string, string>): Promise<Response>;
  /** Clicks the link to the login service. Returns where it leads, which is another service if all is well. */
  begin(query?: Record<string, string>): Promise<string>;
  /** Signs in: the link, the login service, and the callback, whose answer is returned. It may ask which tenant the person joins. */
  arrive(query?: Record<string, string>): Promise<Response>;
  /** The same for a person who joins the tenant, or the first one, if they are asked. */
  signIn(query?: Record<string, string>): Promise<Response>;
};

/** The fields of each form by which a person joins a tenant. */
export const joinFields = (html: string): { tenant: string; state: string }[] =>
  [...html.matchAll(/name="tenant" value="([^"]+)"[^<]*<input type="hidden" name="state" value="([^"]+)"/g)].map(
    ([, tenant = "", state = ""]) => ({ tenant, state }),
  );

export function openLoginBrowser(service: Service, login: FakeLogin): LoginBrowser {
  const cookies = new Map<string, string>();
  async function send(path: string, init: RequestInit<IncomingRequestCfProperties>): Promise<Response> {
    const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await service.fetch(path, {
      ...init,
      headers: { ...(Cookie && { Cookie }), ...init.headers },
      redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/; Max-Age=0(;|$)/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }
  const browser: LoginBrowser = {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields = {}) =>
      send(path, { method: "POST", headers: { Origin: ORIGIN }, body: new URLSearchParams(fields) }),
    async begin(query = {}) {
      const response = await browser.get(`/app/sign-in/oidc?${new URLSearchParams(query)}`, {
        "Sec-Fetch-Site": "same-origin",
      });
      return response.headers.get("Location") ?? `status ${response.status}`;
    },
    arrive: async (query) => browser.get(login.authorize(await browser.begin(query))),
    async signIn(query) {
      const answer = await browser.arrive(query);
      const asked = joinFields(answer.status === 200 ? await answer.clone().text() : "")[0];
      return asked === undefined ? answer : browser.post("/app/sign-in/oidc/join", asked);
    },
  };
  return browser;
}
