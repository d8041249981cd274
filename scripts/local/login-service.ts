/**
 * The example login service of the local stack: a real OpenID provider, on this machine only. It asks for no password: who is at this
 * machine chooses who they are.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import Provider, { type Adapter, type AdapterPayload } from "oidc-provider";

/** A person whom the login service offers. Any other email can be typed. */
export type LoginPerson = { email: string; name: string };

export type LoginServiceOptions = {
  port: number;
  /** Where the sign-ins come back to. */
  redirectUri: string;
  people: readonly LoginPerson[];
};

const DAY = 86_400;

/** How this service introduces itself. It is published, and protects nothing. */
const CLIENT = { id: "workflow-runs", secret: "only-for-the-local-stack-login-0123456789" };

/** The settings with which the Worker uses it. */
export const loginVars = (port: number): Record<string, string> => ({
  OIDC_ISSUER: issuerOf(port),
  OIDC_CLIENT_ID: CLIENT.id,
  OIDC_CLIENT_SECRET: CLIENT.secret,
  OIDC_NAME: "the example login service",
});

// Not 127.0.0.1: the pages are at localhost, too.
const issuerOf = (port: number) => `http://localhost:${port}`;

/** Keeps everything in memory. The library has such an adapter, too, but warns of it at each start. */
class Memory implements Adapter {
  static readonly #entries = new Map<string, AdapterPayload>();
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  readonly #keyOf = (id: string) => `${this.#model} ${id}`;

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    Memory.#entries.set(this.#keyOf(id), payload);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return Memory.#entries.get(this.#keyOf(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return Memory.#entries.values().find((payload) => payload.uid === uid);
  }

  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<void> {
    const payload = Memory.#entries.get(this.#keyOf(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    Memory.#entries.delete(this.#keyOf(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, payload] of Memory.#entries) if (payload.grantId === grantId) Memory.#entries.delete(key);
  }
}

/** Starts the login service. Its sessions and keys are lost when it stops. */
export async function startLoginService(options: LoginServiceOptions): Promise<{ close(): Promise<void> }> {
  const { port, redirectUri, people } = options;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const nameOf = (email: string) => people.find((person) => person.email === email)?.name ?? email;
  const provider = new Provider(issuerOf(port), {
    adapter: Memory,
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: "client_secret_post",
        redirect_uris: [redirectUri],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "example", use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(32).toString("hex")] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    // In seconds. Without them, and without an error page, the library tells the terminal that it uses its own.
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: DAY, IdToken: 300, Interaction: 3_600, Session: DAY },
    renderError(ctx, { error, error_description: description }) {
      ctx.type = "text/plain";
      ctx.body = `${error}: ${description ?? ""}\n`;
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    // Its one client may know who signs in, without a question.
    async loadExistingGrant({ oidc }) {
      const accountId = oidc.session?.accountId;
      if (accountId === undefined) return undefined;
      const grant = new provider.Grant({ accountId, clientId: CLIENT.id });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, email: accountId, email_verified: true, name: nameOf(accountId) }),
    }),
  });

  /** Shows who can be chosen, and takes the choice. */
  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { uid } = await provider.interactionDetails(request, response);
    if (request.method !== "POST") {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(pageOf(uid, people));
      return;
    }
    const email = new URLSearchParams(await text(request)).get("email")?.trim().toLowerCase() ?? "";
    const result = /^[^\s@]+@[^\s@]+$/.test(email) ? { login: { accountId: email } } : { error: "access_denied" };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  const answer = provider.callback();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith("/interaction/")) return void answer(request, response);
    interact(request, response).catch(() => {
      response.writeHead(400, { "Content-Type": "text/plain" }).end("This sign-in is over. Begin again.\n");
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const escapeHtml = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const pageOf = (uid: string, people: readonly LoginPerson[]) => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The example login service</title><link rel="icon" href="data:,">
<style>body { font: 16px/1.5 system-ui; max-width: 30rem; margin: 3rem auto; padding: 0 1rem } button { font: inherit; margin: .2rem 0 }</style>
<h1>Who are you?</h1>
<p>This is the example login service of <code>npm run dev</code>. It asks for no password.</p>
<form method="post" action="/interaction/${escapeHtml(uid)}">
${people.map(({ email, name }) => `<button name="email" value="${escapeHtml(email)}">${escapeHtml(name)} (${escapeHtml(email)})</button><br>`).join("\n")}
</form>
<form method="post" action="/interaction/${escapeHtml(uid)}">
<p><label>Another email <input name="email" type="email" required></label> <button>Sign in</button></p>
</form>
</html>
`;
