/** The pages of invites: the form, the page that shows the link to the inviter, and the page that the link opens. */
import type { LoginService } from "../../../login-service.ts";
import type { Invite, OpenInvite } from "../../../people/invites.ts";
import { Command, Copy, Fact, Name, Send, Time } from "../../components.tsx";
import { type Failure, Failures, Field, type Values } from "../../forms.tsx";
import { OpenPage, Page } from "../../layout.tsx";
import { NewId, SentAgainPage } from "../../new-id.tsx";
import { SESSION_SECONDS } from "../../sign-in/kit/session.ts";
import { RoleField } from "../role-field.tsx";

/** How long the session lasts that begins when an invite is accepted. */
const SESSION_HOURS = SESSION_SECONDS / 3_600;

export const InviteForm = ({ values, failure }: { values: Values; failure: Failure }) => (
  <form method="post" action="/app/people/invite" class="stack" novalidate>
    <Failures failure={failure} />
    <NewId />
    <Field
      name="email"
      label="Email"
      failure={failure}
      control={(a) => <input {...a} type="email" value={values.email} required autocomplete="off" />}
    />
    <RoleField values={values} failure={failure} />
    <button type="submit" class="primary">
      Invite
    </button>
  </form>
);

/** Shows the link of an invite with its secret. No other page ever does. */
export const InviteLinkPage = ({ invite, link }: { invite: Invite; link: string }) => (
  <Page title="The invite" section="people">
    <div class="narrow">
      <h1>
        The invite of <Name>{invite.email}</Name>
      </h1>
      <div class="card stack">
        <p>
          Send them this link now: it is shown only once. It is open until <Time at={invite.expiresAt.toISOString()} />,
          and the first person who accepts it becomes {invite.role === "ADMIN" ? "an ADMIN" : "a USER"} of the tenant.
        </p>
        <Command text={link} label="Copy the link" />
        <div class="actions">
          <Copy text={link} label="Copy the link">
            Copy the link
          </Copy>
          <a class="button" href="/app/people">
            Done
          </a>
        </div>
      </div>
    </div>
  </Page>
);

/** A form that consists of a button, and invites somebody by a new link. A link that they have got before stops working. */
export const InviteAgain = ({ email, role, label }: { email: string; role: string; label: string }) => (
  <Send action="/app/people/invite" label={label} kind="primary">
    <NewId />
    <input type="hidden" name="email" value={email} />
    <input type="hidden" name="role" value={role} />
  </Send>
);

/** Answers the form of an invite that was sent again. */
export const InvitedAlreadyPage = ({ invite }: { invite: Invite }) => (
  <SentAgainPage
    title="The invite"
    section="people"
    heading={
      <>
        <Name>{invite.email}</Name> is invited already
      </>
    }
  >
    {invite.acceptedAt === null ? (
      <p>
        The link was shown once, and still works until <Time at={invite.expiresAt.toISOString()} />. If you do not have
        it, make a new one: the first one then stops working.
      </p>
    ) : (
      <p>They have accepted the invite.</p>
    )}
    <div class="actions">
      <a class="button" href="/app/people">
        To the people
      </a>
      {invite.acceptedAt === null && <InviteAgain email={invite.email} role={invite.role} label="Make a new link" />}
    </div>
  </SentAgainPage>
);

/** The page that the link of an open invite opens. Viewing it does not use the invite up. */
export const OpenInvitePage = (props: { invite: OpenInvite; secret: string; login: LoginService | undefined }) => {
  const { invite, secret, login } = props;
  return (
    <OpenPage title="You are invited">
      <div class="card center">
        <h1>You are invited</h1>
        <dl class="facts">
          <Fact name="To">
            <Name>{invite.tenantName}</Name>
          </Fact>
          <Fact name="As">
            <span class="wrap">
              <bdi>{invite.email}</bdi>
            </span>
          </Fact>
          <Fact name="Role">{invite.role}</Fact>
          <Fact name="Open until">
            <Time at={invite.expiresAt.toISOString()} />
          </Fact>
        </dl>
        {login && (
          <p>
            <a
              class="button primary"
              href={`/app/sign-in/oidc?invite=${invite.id}&secret=${encodeURIComponent(secret)}`}
            >
              Accept, and sign in with {login.name}
            </a>
          </p>
        )}
        <form method="post" action={`/app/invites/${invite.id}`} class="stack">
          <input type="hidden" name="secret" value={secret} />
          <button type="submit" class={login ? "" : "primary"}>
            {login ? "Accept the invite with an API key" : "Accept the invite"}
          </button>
        </form>
        <p class="muted">
          {login && `With ${login.name}, whatever account you have there, you sign in by it from now on. `}
          {login ? "Otherwise you" : "You"} get an API key, which is shown once, and are signed in for {SESSION_HOURS}{" "}
          hours.
        </p>
      </div>
    </OpenPage>
  );
};

export const ClosedInvitePage = () => (
  <OpenPage title="This invite is not open">
    <div class="card center">
      <h1>This invite is not open</h1>
      <p>The link is incomplete, or the invite was accepted, withdrawn or replaced, or has expired.</p>
      <p>Ask whoever invited you for a new one. If you have accepted it, sign in.</p>
      <p>
        If you have accepted it in this browser within the last {SESSION_HOURS} hours and have not copied the key, you
        are still signed in: your name, at the top of the pages, leads to where you make another key.
      </p>
      <p>
        <a class="button" href="/app/sign-in">
          Sign in
        </a>{" "}
        <a class="button" href="/app/runs">
          To the runs
        </a>
      </p>
    </div>
  </OpenPage>
);

/** Shows a user's first API key. No other page ever does. */
export const AcceptedInvitePage = (props: { tenantName: string; apiKey: string; isSignedIn: boolean }) => (
  <OpenPage title="Welcome">
    <div class="card center">
      <h1>
        Welcome to <Name>{props.tenantName}</Name>
      </h1>
      <p>This is your API key. Copy it now: it is shown only once, and you sign in with it from now on.</p>
      <Command text={props.apiKey} label="Copy the key" />
      <div class="actions">
        <Copy text={props.apiKey} label="Copy the key">
          Copy the key
        </Copy>
        {props.isSignedIn && (
          <a class="button" href="/app/runs">
            To the runs
          </a>
        )}
      </div>
    </div>
  </OpenPage>
);
