/**
 * The protocol of a sign-in by the login service: OpenID Connect Core 1.0, authorization code with PKCE, `state` and `nonce`. Loaded by
 * the first sign-in of an isolate, since nothing else needs the library.
 *
 * 1. `/app/sign-in/oidc` asks the login service what it is, keeps `state`, nonce and PKCE verifier in an encrypted cookie, and redirects.
 * 2. The callback takes the cookie, exchanges the code, and verifies the ID token.
 * 3. `sign_in_by_login`, or `redeem_invite_by_login`, ties the account to users if it may, and begins a session in the first tenant of the
 *    account.
 */
import * as oauth from "oauth4webapi";
import { z } from "zod";
import { log } from "../../../base/log.ts";
import { withTimeLimit } from "../../../base/time-limit.ts";
import type { LoginService } from "../../../login-service.ts";
import type { Account } from "../../../people/login-verbs.ts";
import { exchangeCode } from "./exchange-code.ts";
import { LoginRefused, LoginUnavailable } from "./failures.ts";
import { verifiedEmail } from "./verified-email.ts";

/** How long each request to the login service may take. */
const TIMEOUT_MS = 5_000;

/** How long a sign-in that comes back may use what an isolate knows about the login service. */
const KNOWN_MS = 10 * 60_000;

/**
 * A hundred years: the library compares no instant of a token with the Worker's clock. The statement that signs the person in compares
 * them with the clock of the database.
 */
const ANY_CLOCK_SECONDS = 100 * 365 * 86_400;

/** The last second of the year 9999. Postgres may be unable to store later instants. */
const MAX_INSTANT = 253_402_300_799;

/** What the login service says about itself, and its keys. The library keeps the keys for some minutes. */
type Known = { server: oauth.AuthorizationServer; keys: oauth.JWKSCacheInput; readAt: number };

const knownOf = new WeakMap<LoginService, Known>();

/** The claims that identify the account, and its times. `sub` has up to 255 ASCII characters. */
const claimsSchema = z.object({
  iss: z.string().max(500),
  sub: z.string().regex(/^[\x20-\x7e]{1,255}$/),
  exp: z.number().transform((instant) => Math.min(instant, MAX_INSTANT)),
  nbf: z.number().max(MAX_INSTANT).default(0),
});

/** Sends a request to the login service, and reads the whole answer within the time limit. */
async function ask(
  url: string,
  { body, ...init }: oauth.CustomFetchOptions<string, URLSearchParams | undefined>,
): Promise<Response> {
  try {
    return await withTimeLimit(TIMEOUT_MS, async (signal) => {
      const response = await fetch(url, { ...init, ...(body && { body }), signal });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) throw new Error(`It answered ${response.status}.`);
      const type = response.headers.get("Content-Type");
      return new Response(text || null, { status: response.status, headers: type ? { "Content-Type": type } : {} });
    });
  } catch (error) {
    throw new LoginUnavailable(error);
  }
}

const optionsOf = ({ issuer }: LoginService) => ({
  [oauth.customFetch]: ask,
  // The configuration allows `http` only for an issuer on this machine.
  [oauth.allowInsecureRequests]: issuer.protocol === "http:",
});

const clientOf = ({ clientId }: LoginService): oauth.Client => ({
  client_id: clientId,
  [oauth.clockTolerance]: ANY_CLOCK_SECONDS,
});

/**
 * Asks the login service what it is (OpenID Connect Discovery 1.0).
 * @throws LoginUnavailable also when it calls itself by another issuer
 */
async function discover(login: LoginService): Promise<Known> {
  try {
    const answer = await oauth.discoveryRequest(login.issuer, { ...optionsOf(login), algorithm: "oidc" });
    const server = await oauth.processDiscoveryResponse(login.issuer, answer);
    const known = { server, keys: knownOf.get(login)?.keys ?? {}, readAt: Date.now() };
    knownOf.set(login, known);
    return known;
  } catch (error) {
    if (error instanceof LoginUnavailable) throw error;
    // The library's errors carry whole answers as their cause, which are not for the log.
    throw new LoginUnavailable(new Error(error instanceof Error ? error.message : "unknown"));
  }
}

async function findKnown(login: LoginService): Promise<Known> {
  const known = knownOf.get(login);
  return known && Math.abs(Date.now() - known.readAt) < KNOWN_MS ? known : discover(login);
}

/**
 * Where a person signs out of the login service itself (OpenID Connect RP-Initiated Logout 1.0, section 2); null when it publishes no
 * such page.
 * @throws LoginUnavailable
 */
export async function findSignOut(login: LoginService): Promise<string | null> {
  const { server } = await findKnown(login);
  const url = URL.parse(server.end_session_endpoint ?? "");
  if (url === null || (url.protocol !== "https:" && url.protocol !== login.issuer.protocol)) return null;
  url.searchParams.set("client_id", login.clientId);
  return url.href;
}

/** What the callback must find in the browser, and where the browser is sent. */
export type BegunLogin = { url: string; state: string; nonce: string; verifier: string };

/**
 * Begins a sign-in. With `asAnother`, the login service asks who the person is, also when it knows.
 * @throws LoginUnavailable
 */
export async function beginLogin(
  login: LoginService,
  redirectUri: string,
  { asAnother }: { asAnother: boolean },
): Promise<BegunLogin> {
  const { server } = await discover(login);
  const url = URL.parse(server.authorization_endpoint ?? "");
  if (url === null || (url.protocol !== "https:" && url.protocol !== login.issuer.protocol)) {
    throw new LoginUnavailable(new Error("It names no authorization endpoint that can be used."));
  }
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const verifier = oauth.generateRandomCodeVerifier();
  const parameters = {
    client_id: login.clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email profile",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...(asAnother && { prompt: "login" }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, state, nonce, verifier };
}

/**
 * Finishes a sign-in with the parameters of the callback: exchanges the code for an ID token, and verifies that, signature included.
 * @throws LoginUnavailable
 * @throws LoginRefused when the person did not sign in, or when anything is not as it must be
 */
export async function finishLogin(
  login: LoginService,
  redirectUri: string,
  { state, nonce, verifier }: Omit<BegunLogin, "url">,
  parameters: URLSearchParams,
): Promise<Account> {
  try {
    const { server, keys } = await findKnown(login);
    const [client, options] = [clientOf(login), optionsOf(login)];
    const code = oauth.validateAuthResponse(server, client, parameters, state);
    const answer = await exchangeCode(login, server, (authentication) =>
      oauth.authorizationCodeGrantRequest(
        ...([server, client, authentication, code, redirectUri, verifier, options] as const),
      ),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    // Also refuses `alg: none` and the symmetric algorithms, whatever the login service says that it supports.
    await oauth.validateApplicationLevelSignature(server, answer, { ...options, [oauth.jwksCache]: keys });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const { iss: issuer, sub: subject, exp: expiresAt, nbf: notBefore } = claimsSchema.parse(claims);
    const described = async () =>
      oauth.processUserInfoResponse(
        ...([server, client, subject] as const),
        await oauth.userInfoRequest(server, client, tokens.access_token, options),
      );
    const email = await findEmail(login, claims, server.userinfo_endpoint === undefined ? null : described);
    return { issuer, subject, email, expiresAt, notBefore };
  } catch (error) {
    throw error instanceof LoginUnavailable ? error : new LoginRefused(reasonOf(error), error);
  }
}

/**
 * The verified email of the account, or null. An ID token need not have all claims about an email: some login services give the email, or
 * whether it is verified, only at their userinfo endpoint (OpenID Connect Core 1.0, section 5.4).
 */
async function findEmail(
  login: LoginService,
  claims: oauth.IDToken | undefined,
  askUserInfo: (() => Promise<oauth.UserInfoResponse>) | null,
): Promise<string | null> {
  if (askUserInfo === null) return verifiedEmail(login, claims);
  if (claims?.email === undefined) return verifiedEmail(login, await askUserInfo());
  const email = verifiedEmail(login, claims);
  if (email !== null || claims.email_verified !== undefined) return email;
  try {
    return verifiedEmail(login, await askUserInfo());
  } catch (error) {
    // Without it the email is not verified, and whoever is tied already signs in all the same.
    log("error", "login service", { userinfo: error instanceof Error ? error.name : "unknown" });
    return null;
  }
}

/** Why a sign-in was refused, in one word: an error code of OAuth 2.0, or of the library. */
function reasonOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) return error.error;
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return error.code ?? error.name;
  }
  return error instanceof Error ? error.name : "unknown";
}
