import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { LoginService } from "../../login-service.ts";
import { type Failure, Failures, Field, NO_FAILURE, RESUMED_FIELD, readForm, type Values } from "../forms.tsx";
import { OpenPage } from "../layout.tsx";
import { html } from "../render.ts";

/** The first page after the sign-in. */
export const START = "/app/runs";

/** The longest path that a sign-in at the login service takes along. It is in a cookie, and browsers drop cookies of more than 4,096 bytes. */
export const MAX_NEXT = 1_500;

/** A form that is kept until its sender has signed in: the path that it was sent to, and its fields without secrets. */
export type KeptForm = { action: string; fields: (readonly [name: string, value: string])[] };

/** In the sign-in form: the prefix of the kept form's fields, and the field with the path of the kept form. */
const KEPT = "kept.";
const KEPT_ACTION = "kept_action";

const SECRET_FIELDS = new Set(["webhook_secret", "secret", "key"]);

/**
 * True for a field that is never written into a page, so the user has to type it again. The URL of a chat is such a field, since whoever
 * knows it can post to the chat.
 */
const isSecret = (name: string, { format }: Values): boolean =>
  SECRET_FIELDS.has(name) || (name === "url" && format !== "standard");

/** Keeps the form of a request, so that it can be sent to `action` after the sign-in. */
export async function keepForm(c: Context<AppEnv>, action: string): Promise<KeptForm> {
  const { values, all } = await readForm(c);
  const names = Object.keys(values).filter((name) => !isSecret(name, values) && name !== RESUMED_FIELD);
  return { action, fields: names.flatMap((name) => all(name).map((value) => [name, value] as const)) };
}

/** Reads the kept form from the sign-in form. Null when there is none, or when it goes to a URL that is not one of our pages. */
export async function readKeptForm(c: Context<AppEnv>): Promise<KeptForm | null> {
  const { values, all } = await readForm(c);
  const action = findOwnPath(values[KEPT_ACTION], c.req.url);
  if (action === null) return null;
  const names = Object.keys(values).filter((name) => name.startsWith(KEPT));
  const fields = names.flatMap((name) => all(name).map((value) => [name.slice(KEPT.length), value] as const));
  return { action, fields };
}

const Hidden = ({ name, value }: { name: string; value: string }) => <input type="hidden" name={name} value={value} />;

/** A kept form. It is sent only when the user presses the button. */
export const KeptFormAgain = ({ kept: { action, fields }, label }: { kept: KeptForm; label: string }) => (
  <form method="post" action={action} class="actions">
    {fields.map(([name, value]) => (
      <Hidden name={name} value={value} />
    ))}
    <Hidden name={RESUMED_FIELD} value="1" />
    <button type="submit" class="primary">
      {label}
    </button>
    <a href={START}>Leave it</a>
  </form>
);

type SignInPageProps = {
  isConfigured: boolean;
  login: LoginService | undefined;
  next: string;
  kept: KeptForm | null;
  failure: Failure;
};

const SignInPage = ({ isConfigured, login, next, kept, failure }: SignInPageProps) => (
  <OpenPage title="Sign in">
    <div class="card center">
      <h1>workflow-runs</h1>
      {isConfigured ? (
        <>
          <Failures failure={failure} />
          {kept && <p>Your session has ended, so nothing was changed. Sign in again: what you have typed is kept.</p>}
          {login && <LoginLink login={login} next={next} kept={kept} />}
          <KeyForm isFirst={login === undefined} next={next} kept={kept} failure={failure} />
        </>
      ) : (
        <p>
          Sign-in is not configured: the service has no <code>SESSION_SECRET</code> to sign sessions with. The API works
          without it; see <a href="/docs">its reference</a>.
        </p>
      )}
    </div>
  </OpenPage>
);

/**
 * The link to the login service. It is a link and not a form, since browsers apply `form-action` of our Content-Security-Policy to
 * redirects, too. What cannot be taken along stays on this page while the person signs in in another tab: a kept form, and a path that is
 * longer than {@link MAX_NEXT}, such as that of an agent with many addresses.
 */
const LoginLink = ({ login, next, kept }: { login: LoginService; next: string; kept: KeptForm | null }) => {
  const isLong = next.length > MAX_NEXT;
  const staysHere = kept !== null || isLong;
  return (
    <div class="stack">
      <p>
        <a
          class="button primary"
          href={`/app/sign-in/oidc?next=${encodeURIComponent(isLong ? START : next)}`}
          {...(staysHere && { target: "_blank", rel: "noopener" })}
        >
          Sign in with {login.name}
        </a>
      </p>
      {staysHere && <p>That opens another tab. When you are signed in there, go on here.</p>}
      {kept ? (
        <KeptFormAgain kept={kept} label="I am signed in again" />
      ) : (
        isLong && (
          <p>
            <a class="button" href={next}>
              I am signed in
            </a>
          </p>
        )
      )}
      <p class="muted">Or sign in with an API key:</p>
    </div>
  );
};

type KeyFormProps = Pick<SignInPageProps, "next" | "kept" | "failure"> & { isFirst: boolean };

const KeyForm = ({ isFirst, next, kept, failure }: KeyFormProps) => (
  <form method="post" action="/app/sign-in" class="stack">
    {kept && (
      <>
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
      hint="It begins with wr_. You stay signed in until you have been away for 12 hours, at most 7 days; the key itself is not kept."
      control={(a) => <input {...a} type="password" required autocomplete="current-password" autofocus={isFirst} />}
    />
    <button type="submit" class={isFirst ? "primary" : ""}>
      Sign in
    </button>
  </form>
);

/** Answers the sign-in page, which may carry a kept form. */
export function answerSignIn(
  c: Context<AppEnv>,
  { next = START, kept = null, failure = NO_FAILURE }: Partial<Pick<SignInPageProps, "next" | "kept" | "failure">>,
  status: 200 | 400 | 401 | 503 = 200,
): Promise<Response> {
  const { sessions, login } = c.env.config;
  const isConfigured = sessions.keys !== undefined;
  c.header("Cache-Control", "no-store");
  return html(c, <SignInPage {...{ isConfigured, login, next, kept, failure }} />, status);
}

/** The path and query of a link to one of our pages; null for any other link. */
export function findOwnPath(link: string | undefined, here: string): string | null {
  const url = link ? URL.parse(link, here) : null;
  const isOurs = url !== null && url.origin === new URL(here).origin && /^\/(app\/|docs(\/|$))/.test(url.pathname);
  return isOurs ? url.pathname + url.search : null;
}
