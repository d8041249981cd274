/** The settings of the login service by which people sign in on the pages. */
import { isLoopback } from "./base/loopback.ts";

/** How a client proves itself by its secret: in the header, or in the body. */
export const CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** Issuers at which anybody can have an account: Google, and Microsoft's personal accounts. */
const PUBLIC_ISSUERS = /^https:\/\/accounts\.google\.com\/?$|\/9188040d-6c67-4c5b-b112-36a304b66dad\//;

type LoginVars = {
  OIDC_ISSUER?: string | undefined;
  OIDC_CLIENT_ID?: string | undefined;
  OIDC_CLIENT_SECRET?: string | undefined;
  OIDC_CLIENT_AUTH_METHOD?: ClientAuthMethod | undefined;
  OIDC_NAME?: string | undefined;
  OIDC_TRUSTED_EMAIL_DOMAINS: readonly string[];
  SESSION_SECRET?: object | undefined;
  ALLOW_LOCAL_RUNNERS: boolean;
};

/** The login service by which people sign in. */
export type LoginService = {
  issuer: URL;
  clientId: string;
  clientSecret: string | undefined;
  /** When undefined, the login service says which it takes. */
  clientAuthMethod: ClientAuthMethod | undefined;
  name: string;
  trustedEmailDomains: readonly string[];
};

/** What is missing or wrong about the login service. */
export function findLoginFaults(vars: LoginVars): [name: keyof LoginVars, reason: string][] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID, OIDC_TRUSTED_EMAIL_DOMAINS, SESSION_SECRET, ALLOW_LOCAL_RUNNERS } = vars;
  if (issuer === undefined) return [];
  const { protocol, hostname } = new URL(issuer);
  const faults: [keyof LoginVars, string][] = [];
  if (protocol !== "https:" && !(ALLOW_LOCAL_RUNNERS && isLoopback(hostname))) {
    faults.push(["OIDC_ISSUER", "must begin with https://"]);
  }
  if (OIDC_CLIENT_ID === undefined) faults.push(["OIDC_CLIENT_ID", "is needed with OIDC_ISSUER"]);
  if (SESSION_SECRET === undefined) faults.push(["SESSION_SECRET", "is needed with OIDC_ISSUER"]);
  if (OIDC_TRUSTED_EMAIL_DOMAINS.length > 0 && PUBLIC_ISSUERS.test(issuer)) {
    faults.push(["OIDC_TRUSTED_EMAIL_DOMAINS", "needs the issuer of a single organisation"]);
  }
  return faults;
}

/** Undefined when people sign in with API keys only. */
export function readLogin(vars: LoginVars): LoginService | undefined {
  const { OIDC_ISSUER, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = vars;
  if (OIDC_ISSUER === undefined || clientId === undefined) return undefined;
  const issuer = new URL(OIDC_ISSUER);
  const { OIDC_NAME: name = issuer.host, OIDC_TRUSTED_EMAIL_DOMAINS: trustedEmailDomains } = vars;
  const { OIDC_CLIENT_AUTH_METHOD: clientAuthMethod } = vars;
  return { issuer, clientId, clientSecret, clientAuthMethod, name, trustedEmailDomains };
}
