/** The exchange of a code for tokens, and how this service proves at the login service that it is its client. */
import * as oauth from "oauth4webapi";
import { log } from "../../../base/log.ts";
import type { ClientAuthMethod, LoginService } from "../../../login-service.ts";

const OTHER = { client_secret_basic: "client_secret_post", client_secret_post: "client_secret_basic" } as const;

/** The method that a login service has taken last, if it is not the one that it was expected to take. */
const takenBy = new WeakMap<LoginService, ClientAuthMethod>();

/**
 * The method that is used first: the one that worked before, then that of the setting, then the one that the login service names. What it
 * names are those that it knows, while it may take only one from this client. A secret goes into the body if it is taken there, since some
 * services decode the header wrongly.
 */
function firstMethod(login: LoginService, server: oauth.AuthorizationServer): ClientAuthMethod {
  const named = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const expected = named.includes("client_secret_post") ? "client_secret_post" : "client_secret_basic";
  return takenBy.get(login) ?? login.clientAuthMethod ?? expected;
}

const authenticate = (method: ClientAuthMethod, secret: string): oauth.ClientAuth =>
  method === "client_secret_post" ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);

/** How login services answer a client whose authentication failed (RFC 6749, section 5.2). Keycloak says `unauthorized_client`. */
const REFUSED_CLIENT = new Set(["invalid_client", "unauthorized_client"]);

async function isRefusedClient(answer: Response): Promise<boolean> {
  if (answer.status !== 400 && answer.status !== 401) return false;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  return typeof error === "string" ? REFUSED_CLIENT.has(error) : answer.status === 401;
}

/**
 * Exchanges a code. When the login service refuses how the client has authenticated, the other method is tried, once. The code is sent again
 * only then: it is judged after the client (RFC 6749, section 4.1.3), so it was not used, and nobody has got a token for it. A login service
 * that has used it up nevertheless refuses it the second time, as it would have refused the sign-in without that.
 */
export async function exchangeCode(
  login: LoginService,
  server: oauth.AuthorizationServer,
  exchange: (authentication: oauth.ClientAuth) => Promise<Response>,
): Promise<Response> {
  const { clientSecret: secret } = login;
  if (secret === undefined) return exchange(oauth.None());
  const method = firstMethod(login, server);
  const answer = await exchange(authenticate(method, secret));
  if (!(await isRefusedClient(answer))) return answer;
  const other = OTHER[method];
  const second = await exchange(authenticate(other, secret));
  if (!second.ok) return second;
  takenBy.set(login, other);
  log("info", "login service", { client_auth_method: other, setting: "OIDC_CLIENT_AUTH_METHOD" });
  return second;
}
