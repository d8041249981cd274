/** The routes of signing in and out. */
import type { Context } from "hono";
import { Unauthenticated } from "../../db/access.ts";
import { hashApiKey, isApiKey, scopesOfKey } from "../../http/credentials/api-key.ts";
import { cellOfKey, requireCell } from "../../http/credentials/cell.ts";
import type { NewSession } from "../../http/credentials/session-token.ts";
import type { AppEnv } from "../../http/env.ts";
import { sessionOfCookies } from "../../http/middleware/authenticate.ts";
import { provideServices } from "../../http/middleware/provide-services.ts";
import { Problem } from "../../http/problems.ts";
import { endSignInSession, signInByKey } from "../../people/sign-ins/sign-in-verbs.ts";
import { perform } from "../../verbs/perform.ts";
import { readForm } from "../forms.tsx";
import { OpenPage } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { forgetSession, keepSession, SESSION_SECONDS } from "./kit/session.ts";
import { noteRefused } from "./refused.ts";
import { answerSignIn, findOwnPath, type KeptForm, KeptFormAgain, readKeptForm, START } from "./sign-in.tsx";

export const signIn = new Pages();

signIn.openPage("/app/sign-in", (c) => answerSignIn(c, { next: findOwnPath(c.req.query("next"), c.req.url) ?? START }));

signIn.openForm("/app/sign-in", async (c) => {
  const { values } = await readForm(c);
  const next = findOwnPath(values.next, c.req.url) ?? START;
  const kept = await readKeptForm(c);
  const key = values.key?.trim() ?? "";
  const session = isApiKey(key) && scopesOfKey(key) === undefined ? await beginSession(c, key) : null;
  if (session === null) {
    noteRefused(c, "api_key", "invalid_key");
    const msg =
      scopesOfKey(key) === undefined ? REFUSAL : "A key with scopes is for programs. Sign in with one without scopes.";
    const failure = { faults: [{ loc: ["body", "key"], type: "value_error" as const, msg }], detail: null };
    // The rate limit of failed authentications counts answers with this header.
    c.header("WWW-Authenticate", "Bearer");
    return answerSignIn(c, { next, kept, failure }, 401);
  }
  if (!(await keepSession(c, session))) return seeOther(c, "/app/sign-in");
  if (kept === null) return seeOther(c, next);
  c.header("Cache-Control", "no-store");
  return html(c, <SignedInAgainPage kept={kept} />);
});

signIn.openForm("/app/sign-out", async (c) => {
  const session = await sessionOfCookies(c).catch(() => null);
  if (session !== null && session.signInSessionId !== null) {
    provideServices(c, { caller: { session } });
    await perform(c.var.services, endSignInSession, session.signInSessionId).catch(ignoreEnded);
  }
  forgetSession(c);
  return seeOther(c, session?.loginId && c.env.config.login ? "/app/signed-out" : "/app/sign-in");
});

/** A session that has ended already needs no end. */
function ignoreEnded(error: unknown): void {
  if (error instanceof Unauthenticated || (error instanceof Problem && error.code === "not_found")) return;
  throw error;
}

const REFUSAL = "This key does not work: it is mistyped, revoked or expired, or its user is deactivated.";

/** Begins a session with an API key; null when the key is not valid. */
async function beginSession(c: Context<AppEnv>, key: string): Promise<NewSession | null> {
  requireCell(c.env.config, cellOfKey(key));
  provideServices(c, { caller: { apiKeyHash: await hashApiKey(key) } });
  try {
    return (await perform(c.var.services, signInByKey, SESSION_SECONDS)).result;
  } catch (error) {
    if (error instanceof Unauthenticated) return null;
    throw error;
  }
}

/** The page after a sign-in that interrupted a form. */
const SignedInAgainPage = ({ kept }: { kept: KeptForm }) => (
  <OpenPage title="Signed in again">
    <div class="card center">
      <h1>You are signed in again</h1>
      <p>Nothing has been sent yet.</p>
      <KeptFormAgain kept={kept} label="Go on with it" />
    </div>
  </OpenPage>
);
