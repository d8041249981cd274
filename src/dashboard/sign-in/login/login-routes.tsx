/** The routes of signing in by the login service, and of the tenants that an account can enter. */
import type { Context } from "hono";
import { describeError, log } from "../../../base/log.ts";
import { Unauthenticated } from "../../../db/access.ts";
import type { AppEnv } from "../../../http/env.ts";
import { problemHeaders } from "../../../http/errors.ts";
import { isSameOrigin } from "../../../http/middleware/authenticate.ts";
import { provideServices } from "../../../http/middleware/provide-services.ts";
import { Problem } from "../../../http/problems.ts";
import type { LoginService } from "../../../login-service.ts";
import { hashInviteSecret, inviteLink } from "../../../people/invites.ts";
import {
  type Account,
  type AskedTenant,
  redeemInviteByLogin,
  type SignedIn,
  signInByLogin,
} from "../../../people/login-verbs.ts";
import { enterTenant } from "../../../people/sign-ins/sign-in-verbs.ts";
import { perform } from "../../../verbs/perform.ts";
import { readForm } from "../../forms.tsx";
import { Pages } from "../../pages.ts";
import { ClosedInvitePage } from "../../people/kit/invite.tsx";
import { html, seeOther } from "../../render.ts";
import { readId } from "../../signed-in.tsx";
import { keepSession, SESSION_SECONDS } from "../kit/session.ts";
import { noteRefused } from "../refused.ts";
import { answerSignIn, findOwnPath, MAX_NEXT, START } from "../sign-in.tsx";
import { LoginRefused, LoginUnavailable } from "./failures.ts";
import { AccountTakenPage, JoinPage, SignedOutPage, TenantsPage, UnknownAccountPage } from "./login-pages.tsx";
import { keepPending, type PendingSignIn, takePending } from "./pending-sign-in.ts";
import { viewTenants } from "./view-tenants.ts";

export const logins = new Pages();

logins.openPage("/app/sign-in/oidc", async (c) => {
  const login = requireLogin(c);
  const next = nextOf(c, c.req.query("next"));
  const [id, secret] = [c.req.query("invite"), c.req.query("secret")];
  const invite = id !== undefined && secret !== undefined ? { id: readId(id), secret: secret.slice(0, 100) } : null;
  // A link of another site must not tie somebody's account to a tenant: they see first what they accept.
  if (invite !== null && !isSameOrigin(c)) return seeOther(c, inviteLink(c.env.config, invite.id, invite.secret));
  try {
    const { beginLogin } = await import("./oidc.ts");
    const asAnother = c.req.query("account") === "other";
    const { url, state, ...begun } = await beginLogin(login, redirectUri(c), { asAnother });
    await keepPending(c, login, state, { ...begun, next, invite, account: null });
    c.header("Cache-Control", "no-store");
    return c.redirect(url);
  } catch (error) {
    return explain(c, login, error, next);
  }
});

logins.openPage("/app/sign-in/oidc/callback", async (c) => {
  const login = requireLogin(c);
  const parameters = new URL(c.req.url).searchParams;
  const state = parameters.get("state") ?? "";
  const pending = await takePending(c, login, state);
  if (pending === null || pending.account !== null) return notBegunHere(c);
  try {
    const { finishLogin } = await import("./oidc.ts");
    const account = await finishLogin(login, redirectUri(c), { state, ...pending }, parameters);
    return await enter(c, login, pending, account);
  } catch (error) {
    return explain(c, login, error, pending.next);
  }
});

/** The person has chosen the tenant that they join. */
logins.openForm("/app/sign-in/oidc/join", async (c) => {
  const login = requireLogin(c);
  const { values } = await readForm(c);
  const tenantId = readId(values.tenant);
  const pending = await takePending(c, login, values.state ?? "");
  if (pending === null || pending.account === null) return notBegunHere(c);
  try {
    return await enter(c, login, pending, pending.account, tenantId);
  } catch (error) {
    return explain(c, login, error, pending.next);
  }
});

const NOT_BEGUN_HERE = "This sign-in did not begin in this browser, or more than ten minutes ago. Sign in again.";

const notBegunHere = (c: Context<AppEnv>) => answerSignIn(c, { failure: { faults: [], detail: NOT_BEGUN_HERE } }, 400);

/**
 * Begins the session of a person who has proved their account. Somebody whose account is tied to nobody yet is asked which tenant they join;
 * `tenantId` is the answer.
 */
async function enter(
  c: Context<AppEnv>,
  login: LoginService,
  pending: PendingSignIn,
  account: Account,
  tenantId: string | null = null,
): Promise<Response> {
  provideServices(c, {});
  const { next, invite } = pending;
  try {
    const begun = await beginSession(c, invite, account, tenantId);
    if ("asks" in begun) {
      const state = crypto.randomUUID();
      await keepPending(c, login, state, { ...pending, account });
      c.header("Cache-Control", "no-store");
      return html(c, <JoinPage asks={begun.asks} email={account.email ?? ""} state={state} />);
    }
    const { session, tenants, offers } = begun;
    await keepSession(c, session);
    return seeOther(
      c,
      tenantId === null && tenants + offers > 1 ? `/app/tenants?next=${encodeURIComponent(next)}` : next,
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    noteRefused(c, "login_service", error.code);
    if (error.code === "forbidden") {
      return html(c, <UnknownAccountPage serviceName={login.name} email={account.email} />, 403);
    }
    if (error.code === "not_found") return html(c, <ClosedInvitePage />, 404);
    if (error.code === "conflict") return html(c, <AccountTakenPage serviceName={login.name} />, 409);
    throw error;
  }
}

/** Begins a session in the tenant in which the account was last; for an invite, in its tenant. */
async function beginSession(
  c: Context<AppEnv>,
  invite: PendingSignIn["invite"],
  account: Account,
  tenantId: string | null,
): Promise<SignedIn | { asks: AskedTenant[] }> {
  const request = { account, sessionSeconds: SESSION_SECONDS };
  if (invite === null) return (await perform(c.var.services, signInByLogin, { ...request, tenantId })).result;
  const link = { inviteId: invite.id, secretHash: await hashInviteSecret(invite.secret) };
  return (await perform(c.var.services, redeemInviteByLogin, { ...link, ...request })).result;
}

/** Answers a sign-in that failed with the page to sign in, which says why. Nothing of an answer of the login service is shown. */
function explain(c: Context<AppEnv>, { name }: LoginService, error: unknown, next: string): Promise<Response> {
  if (error instanceof LoginUnavailable) {
    log("error", "login service", { request_id: c.var.requestId, ...describeError(error) });
    for (const [header, value] of Object.entries(problemHeaders(503))) c.header(header, value);
    const detail = `${name} does not answer as it should. Try again in a moment, or sign in with an API key.`;
    return answerSignIn(c, { next, failure: { faults: [], detail } }, 503);
  }
  if (!(error instanceof LoginRefused) && !(error instanceof Unauthenticated)) throw error;
  const reason = error instanceof LoginRefused ? error.reason : "expired";
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  noteRefused(c, "login_service", reason, { error: message });
  // The rate limit of failed authentications counts answers with this header.
  c.header("WWW-Authenticate", "Bearer");
  const detail =
    reason === "access_denied"
      ? `You have not signed in at ${name}, or it does not let you in here.`
      : `The answer of ${name} is not valid, so you are not signed in. Sign in again.`;
  return answerSignIn(c, { next, failure: { faults: [], detail } }, 401);
}

/** The page after signing out here. The person may still be signed in at the login service. */
logins.openPage("/app/signed-out", async (c) => {
  const login = requireLogin(c);
  const { findSignOut } = await import("./oidc.ts");
  const elsewhere = await findSignOut(login).catch((error: unknown) => {
    if (error instanceof LoginUnavailable) return null;
    throw error;
  });
  return html(c, <SignedOutPage serviceName={login.name} elsewhere={elsewhere} />);
});

logins.page("/app/tenants", async (c) => {
  const view = await viewTenants(c.env.db, c.var.session);
  return html(c, <TenantsPage view={view} next={nextOf(c, c.req.query("next"))} />);
});

logins.form("/app/tenants", async (c) => {
  const { values } = await readForm(c);
  const { session } = c.var;
  // A session of the cookie `ks_uat` may be planted, so it does not go on in the cookie of the dashboard: its person signs in again.
  if (session.renewable === null) throw new Problem("unauthenticated");
  const { result: entered } = await perform(c.var.services, enterTenant, readId(values.tenant));
  await keepSession(c, {
    ...entered,
    apiKeyId: null,
    beganAt: session.renewable.beganAt,
    expiresAt: session.expiresAt,
  });
  // Whatever renews the session after this answer must renew the new one.
  c.set("session", { ...session, ...entered });
  return seeOther(c, nextOf(c, values.next));
});

/** @throws Problem `not_found` when there is no login service */
function requireLogin({ env: { config } }: Context<AppEnv>): LoginService {
  if (config.login === undefined)
    throw new Problem("not_found", "This service has no login service. See docs/sign-in.md.");
  return config.login;
}

const redirectUri = ({ env: { config } }: Context<AppEnv>): string => `${config.publicUrl}/app/sign-in/oidc/callback`;

function nextOf(c: Context<AppEnv>, link: string | undefined): string {
  const next = findOwnPath(link, c.req.url) ?? START;
  return next.length > MAX_NEXT ? START : next;
}
