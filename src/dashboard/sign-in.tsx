import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { hashApiKey, isApiKey } from "../http/credentials/api-key.ts";
import type { NewSession } from "../http/credentials/session-token.ts";
import { signSession } from "../http/credentials/session-token.ts";
import type { AppEnv } from "../http/env.ts";
import { requireSameOrigin, SESSION_COOKIE } from "../http/middleware/authenticate.ts";
import { Problem } from "../http/problems.ts";
import { beginSession } from "../people/sign-in.ts";
import { type Failure, Failures, Field, NO_FAILURE, readForm } from "./forms.tsx";
import { OpenPage } from "./layout.tsx";
import { html, seeOther } from "./render.ts";

const SESSION_SECONDS = 60 * 60;

const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

const SignInPage = ({ isConfigured, next, failure }: { isConfigured: boolean; next: string; failure: Failure }) => (
  <OpenPage title="Sign in">
    <div class="card center">
      <h1>workflow-runs</h1>
      {isConfigured ? (
        <form method="post" action="/app/sign-in" class="stack">
          <Failures failure={failure} fields={["key"]} />
          <input type="hidden" name="next" value={next} />
          <Field
            name="key"
            label="API key"
            failure={failure}
            hint="It begins with wr_. You are signed in for an hour; the key itself is not kept."
            control={(a) => <input {...a} type="password" required autocomplete="current-password" autofocus />}
          />
          <button type="submit" class="primary">
            Sign in
          </button>
        </form>
      ) : (
        <p>
          Sign-in is not configured: the service has no <code>SESSION_SECRET</code> to sign sessions with. The API works
          without it; see <a href="/docs">its reference</a>.
        </p>
      )}
    </div>
  </OpenPage>
);

export const signIn = new Hono<AppEnv>();

signIn.get("/app/sign-in", (c) => {
  const next = ownPath(c.req.query("next"), c.req.url);
  const isConfigured = c.env.config.sessions.keys !== undefined;
  c.header("Cache-Control", "no-store");
  return html(c, <SignInPage isConfigured={isConfigured} next={next} failure={NO_FAILURE} />);
});

signIn.post("/app/sign-in", async (c) => {
  requireSameOrigin(c);
  const { values } = await readForm(c);
  const next = ownPath(values.next, c.req.url);
  const isConfigured = c.env.config.sessions.keys !== undefined;
  const key = values.key?.trim() ?? "";
  const session = isApiKey(key) ? await findSession(c, key) : null;
  if (session === null) {
    const failure = { faults: [{ loc: ["body", "key"], type: "value_error" as const, msg: REFUSAL }], detail: null };
    // As a failed authentication it counts towards the limit of these.
    c.header("WWW-Authenticate", "Bearer");
    return html(c, <SignInPage isConfigured={isConfigured} next={next} failure={failure} />, 401);
  }
  const token = await signSession(c.env.config.sessions, session);
  if (token === null) return seeOther(c, "/app/sign-in");
  setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(session.expiresAt * 1000) });
  return seeOther(c, next);
});

signIn.post("/app/sign-out", (c) => {
  if (getCookie(c, SESSION_COOKIE) !== undefined) requireSameOrigin(c);
  deleteCookie(c, SESSION_COOKIE, COOKIE);
  return seeOther(c, "/app/sign-in");
});

const REFUSAL = "This key does not work: it is mistyped, revoked or expired, or its user is deactivated.";

/** The session that begins with a key; null when the key does not work. */
async function findSession(c: Context<AppEnv>, key: string): Promise<NewSession | null> {
  try {
    return await beginSession(c.env.db, await hashApiKey(key), SESSION_SECONDS);
  } catch (error) {
    if (error instanceof Problem && error.code === "unauthenticated") return null;
    throw error;
  }
}

/** Where to go afterwards: a page of ours, whatever the link said. */
function ownPath(next: string | undefined, here: string): string {
  const url = next ? URL.parse(next, here) : null;
  const isOurs = url !== null && url.origin === new URL(here).origin && url.pathname.startsWith("/app/");
  return isOurs ? url.pathname + url.search : "/app/runs";
}
