import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { Unauthenticated } from "../db/access.ts";
import { hashApiKey, isApiKey } from "../http/credentials/api-key.ts";
import type { NewSession } from "../http/credentials/session-token.ts";
import { signSession } from "../http/credentials/session-token.ts";
import type { AppEnv } from "../http/env.ts";
import { requireSameOrigin, SESSION_COOKIE } from "../http/middleware/authenticate.ts";
import { beginSession } from "../people/sign-in.ts";
import { type Failure, Failures, Field, NO_FAILURE, RESUMED_FIELD, readForm } from "./forms.tsx";
import { OpenPage } from "./layout.tsx";
import { html, seeOther } from "./render.ts";

export const SESSION_SECONDS = 60 * 60;

/** The page that the dashboard begins with. */
const START = "/app/runs";

const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

/** A form whose sender has to sign in first: the path that it was sent to, and its fields without the secrets. */
export type KeptForm = { action: string; fields: (readonly [name: string, value: string])[] };

/** The prefix of a kept form's fields inside the sign-in form, and the field with the path of the kept form. */
const KEPT = "kept.";
const KEPT_ACTION = "kept_action";

/** Fields that are never written into a page. The user has to type them again. */
const SECRET_FIELDS = new Set(["webhook_secret", "key"]);

/** The form in a request, to be sent to `action` again after its sender has signed in. */
export async function keepForm(c: Context<AppEnv>, action: string): Promise<KeptForm> {
  const { values, all } = await readForm(c);
  const names = Object.keys(values).filter((name) => !SECRET_FIELDS.has(name) && name !== RESUMED_FIELD);
  return { action, fields: names.flatMap((name) => all(name).map((value) => [name, value] as const)) };
}

/** The kept form inside the sign-in form; null when there is none, or when it does not go to one of our own pages. */
async function readKeptForm(c: Context<AppEnv>): Promise<KeptForm | null> {
  const { values, all } = await readForm(c);
  const action = findOwnPath(values[KEPT_ACTION], c.req.url);
  if (action === null) return null;
  const names = Object.keys(values).filter((name) => name.startsWith(KEPT));
  const fields = names.flatMap((name) => all(name).map((value) => [name.slice(KEPT.length), value] as const));
  return { action, fields };
}

const Hidden = ({ name, value }: { name: string; value: string }) => <input type="hidden" name={name} value={value} />;

type SignInPageProps = { isConfigured: boolean; next: string; kept: KeptForm | null; failure: Failure };

const SignInPage = ({ isConfigured, next, kept, failure }: SignInPageProps) => (
  <OpenPage title="Sign in">
    <div class="card center">
      <h1>workflow-runs</h1>
      {isConfigured ? (
        <form method="post" action="/app/sign-in" class="stack">
          <Failures failure={failure} />
          {kept && (
            <>
              <p>Your session has ended, so nothing was done. Sign in again: what you have typed is kept.</p>
              <Hidden name={KEPT_ACTION} value={kept.action} />
              {kept.fields.map(([name, value]) => (
                <Hidden name={KEPT + name} value={value} />
              ))}
            </>
          )}
          <Hidden name="next" value={next} />
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

/** The page after signing in with a kept form. The form is only sent when the user presses the button. */
const SignedInAgainPage = ({ kept: { action, fields } }: { kept: KeptForm }) => (
  <OpenPage title="Signed in again">
    <div class="card center">
      <h1>You are signed in again</h1>
      <p>Nothing has been sent yet.</p>
      <form method="post" action={action} class="actions">
        {fields.map(([name, value]) => (
          <Hidden name={name} value={value} />
        ))}
        <Hidden name={RESUMED_FIELD} value="1" />
        <button type="submit" class="primary">
          Go on with it
        </button>
        <a href={START}>Leave it</a>
      </form>
    </div>
  </OpenPage>
);

/** Answers the sign-in page, which may carry a kept form. */
export function answerSignIn(
  c: Context<AppEnv>,
  { next = START, kept = null, failure = NO_FAILURE }: Partial<Omit<SignInPageProps, "isConfigured">>,
  status: 200 | 401 = 200,
): Promise<Response> {
  const isConfigured = c.env.config.sessions.keys !== undefined;
  c.header("Cache-Control", "no-store");
  return html(c, <SignInPage isConfigured={isConfigured} next={next} kept={kept} failure={failure} />, status);
}

export const signIn = new Hono<AppEnv>();

signIn.get("/app/sign-in", (c) => answerSignIn(c, { next: findOwnPath(c.req.query("next"), c.req.url) ?? START }));

signIn.post("/app/sign-in", async (c) => {
  requireSameOrigin(c);
  const { values } = await readForm(c);
  const next = findOwnPath(values.next, c.req.url) ?? START;
  const kept = await readKeptForm(c);
  const key = values.key?.trim() ?? "";
  const session = isApiKey(key) ? await findSession(c, key) : null;
  if (session === null) {
    const failure = { faults: [{ loc: ["body", "key"], type: "value_error" as const, msg: REFUSAL }], detail: null };
    // The limit of failed authentications counts the answers with this header.
    c.header("WWW-Authenticate", "Bearer");
    return answerSignIn(c, { next, kept, failure }, 401);
  }
  if (!(await keepSession(c, session))) return seeOther(c, "/app/sign-in");
  if (kept === null) return seeOther(c, next);
  c.header("Cache-Control", "no-store");
  return html(c, <SignedInAgainPage kept={kept} />);
});

signIn.post("/app/sign-out", (c) => {
  if (getCookie(c, SESSION_COOKIE) !== undefined) requireSameOrigin(c);
  deleteCookie(c, SESSION_COOKIE, COOKIE);
  return seeOther(c, "/app/sign-in");
});

/** Puts a session into the browser's cookie; false when no key to sign it with is configured. */
export async function keepSession(c: Context<AppEnv>, session: NewSession): Promise<boolean> {
  const token = await signSession(c.env.config.sessions, session);
  if (token === null) return false;
  setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(session.expiresAt * 1000) });
  return true;
}

const REFUSAL = "This key does not work: it is mistyped, revoked or expired, or its user is deactivated.";

/** Begins a session with an API key; null when the key does not work. */
async function findSession(c: Context<AppEnv>, key: string): Promise<NewSession | null> {
  try {
    return await beginSession(c.env.db, await hashApiKey(key), SESSION_SECONDS);
  } catch (error) {
    if (error instanceof Unauthenticated) return null;
    throw error;
  }
}

/** The path and query of a link to one of our own pages; null for any other link. */
function findOwnPath(link: string | undefined, here: string): string | null {
  const url = link ? URL.parse(link, here) : null;
  const isOurs = url !== null && url.origin === new URL(here).origin && url.pathname.startsWith("/app/");
  return isOurs ? url.pathname + url.search : null;
}
