import { SCOPES, type Scope } from "../../db/enums.ts";
import { LastChanges } from "../activity/kit/changes.tsx";
import { Ask, Command, Copy, Empty, Fact, Id, Name, Path, Send, Time } from "../components.tsx";
import { type Failure, Failures, Field, NO_FAILURE, type Values } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { NewId, SentAgainPage } from "../new-id.tsx";
import { Trail } from "../trail.tsx";
import { Agents } from "./agents.tsx";
import type { Person, PersonView, PersonWithWork } from "./kit/view-people.ts";
import { LoginOfPerson } from "./login.tsx";
import { RoleName } from "./people.tsx";
import { mayChange, PersonActions } from "./person-actions.tsx";
import { LastUse, Sessions } from "./sessions.tsx";

type PersonPageProps = { view: PersonView; person: PersonWithWork; sessionId: string | null };

export const PersonPage = ({ view, person, sessionId }: PersonPageProps) => {
  const { caller } = view;
  const isSelf = caller.user_id === person.id;
  return (
    <Page title={person.name} section="people" caller={caller}>
      <Trail to={[["/app/people", "People"]]}>
        <Id id={person.id} />
      </Trail>
      <div class="head">
        <h1>
          <Name>{person.name}</Name>
        </h1>
        <RoleName person={person} />
        {mayChange(caller, person) && <PersonActions caller={caller} person={person} />}
      </div>
      <div class="stack">
        <section class="card">
          <dl class="facts">
            <Fact name="Email">
              <span class="wrap">
                <bdi>{person.email ?? "none"}</bdi>
              </span>
            </Fact>
            <Fact name="Since">
              <Time at={person.createdAt.toISOString()} />
            </Fact>
            <Fact name="Runs">
              <a href={isSelf ? "/app/runs?mine=1" : `/app/runs?user=${person.id}`}>
                {isSelf ? "Your runs" : "Their runs"}
              </a>
            </Fact>
            {caller.is_administrator && (
              <Fact name="Activity">
                <a href={`/app/activity?actor=${person.id}`}>{isSelf ? "Your changes" : "Their changes"}</a>
              </Fact>
            )}
          </dl>
        </section>
        <Permissions view={view} person={person} />
        <LoginOfPerson view={view} person={person} />
        <Keys view={view} person={person} />
        <Agents view={view} person={person} />
        <Sessions view={view} person={person} currentId={sessionId} />
        <LastChanges events={view.changes} id={person.id} />
      </div>
    </Page>
  );
};

const Permissions = ({ view: { caller, permissions }, person }: { view: PersonView; person: Person }) => (
  <section class="card">
    <div class="head">
      <h2>Permissions</h2>
      {caller.is_administrator && (
        <div class="actions">
          <a class="button" href={`/app/people/${person.id}/permission`}>
            Give a permission …
          </a>
        </div>
      )}
    </div>
    {person.role !== "USER" && (
      <p class="muted">As {person.role} they see and do everything, with and without permissions.</p>
    )}
    {permissions.length === 0 ? (
      person.role === "USER" && <Empty title="They have no permissions yet." />
    ) : (
      <ul class="items">
        {permissions.map(({ id, pathPartId, materializedPath, capability, workflowName }) => (
          <li>
            <a href={`/app/files/${pathPartId}`} class="item-name">
              {workflowName === null ? <Path>{materializedPath}</Path> : <Name>{`Workflow ${workflowName}`}</Name>}
            </a>
            <span class="muted">{capability === "READ_WRITE" ? "read and write" : "read"}</span>
            {caller.is_administrator && (
              <span class="actions">
                <Send
                  action={`/app/people/${person.id}/permissions/${id}/change`}
                  label={capability === "READ_WRITE" ? "Read only" : "Allow to write"}
                  kind="small"
                >
                  <input
                    type="hidden"
                    name="capability"
                    value={capability === "READ_WRITE" ? "READ_ONLY" : "READ_WRITE"}
                  />
                </Send>
                <Send
                  action={`/app/people/${person.id}/permissions/${id}/revoke`}
                  label="Revoke"
                  name={`Revoke ${materializedPath}`}
                  kind="small danger"
                />
              </span>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);

const Keys = ({ view: { caller, keys, login }, person }: { view: PersonView; person: Person }) => {
  const isService = person.role === "USER" && person.email === null && login === null;
  const mayMakeKeys = caller.user_id === person.id || (isService && caller.is_administrator);
  // Only the OWNER may revoke the OWNER's keys.
  const mayRevokeKeys = caller.user_id === person.id || person.role !== "OWNER";
  return (
    <section class="card">
      <div class="head">
        <h2>API keys</h2>
        {mayMakeKeys && (
          <div class="actions">
            <Ask id="ask-key" label="New key" title="A new API key" kind="primary">
              <p>
                It has all of {caller.user_id === person.id ? "your" : "the"} permissions
                {caller.user_id === person.id ? "" : " of this service user"}, unless you choose what it may at most do.
                It is shown once.
              </p>
              <KeyForm id={person.id} values={{}} failure={NO_FAILURE} />
            </Ask>
          </div>
        )}
      </div>
      {keys.length === 0 ? (
        <Empty title="There is no key that works." />
      ) : (
        <ul class="items">
          {keys.map((key) => (
            <li>
              <span class="item-name">
                <Name>{key.name}</Name> <code>…{key.keySuffix}</code>
              </span>
              <span class="muted">
                {key.scopes !== null && `only ${key.scopes.join(", ")}; `}since{" "}
                <Time at={key.createdAt.toISOString()} />
                {key.expiresAt !== null && (
                  <>
                    , until <Time at={key.expiresAt.toISOString()} />
                  </>
                )}
                <LastUse at={key.lastUsedAt} />
              </span>
              <span class="actions">
                {mayRevokeKeys && (
                  <Ask id={`ask-${key.id}`} label="Revoke" title={`Revoke the key “${key.name}”?`} kind="danger">
                    <p>It stops working from the next request on. That cannot be undone.</p>
                    <Send action={`/app/people/${person.id}/keys/${key.id}/revoke`} label="Revoke" kind="danger" />
                  </Ask>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const SCOPE_TEXTS: Record<Scope, string> = {
  read: "read",
  run: "trigger, stop, retry and delete runs",
  manage: "change workflows, triggers, files and notifications",
  metrics: "read the metrics",
};

export const KeyForm = ({ id, values, failure }: { id: string; values: Values; failure: Failure }) => (
  <form method="post" action={`/app/people/${id}/keys`} class="stack" novalidate>
    <Failures failure={failure} labels={{ name: "Name", expires_at: "Expires after" }} />
    <NewId />
    <Field
      name="name"
      label="Name"
      failure={failure}
      hint="What it is for."
      control={(a) => <input {...a} type="text" value={values.name} required autocomplete="off" dir="auto" />}
    />
    <Field
      name="expires_on"
      path="expires_at"
      label="Expires after (optional)"
      failure={failure}
      control={(a) => <input {...a} type="date" value={values.expires_on} />}
    />
    <fieldset>
      <legend>What it may at most do (optional)</legend>
      {SCOPES.map((scope) => (
        <label class="choice">
          <input type="checkbox" name={`scope_${scope}`} value="1" checked={values[`scope_${scope}`] === "1"} />
          {SCOPE_TEXTS[scope]}
        </label>
      ))}
    </fieldset>
    <button type="submit" class="primary">
      Create
    </button>
  </form>
);

type KeyAgainProps = { id: string; apiKey: { id: string; name: string; keySuffix: string }; values: Values };

/** Answers the form of a new API key that was sent again. */
export const KeyAgainPage = ({ id, apiKey, values }: KeyAgainProps) => (
  <SentAgainPage
    title="The API key is created already"
    section="people"
    heading={
      <>
        The API key <Name>{apiKey.name}</Name> is created already
      </>
    }
  >
    <p>
      It ends with <code>…{apiKey.keySuffix}</code>. It was shown once, and cannot be shown again. If you do not have
      it, make another, and revoke this one.
    </p>
    <div class="actions">
      <a class="button" href={`/app/people/${id}`}>
        To your keys
      </a>
      <Send action={`/app/people/${id}/keys`} label="Make another" kind="primary">
        <NewId />
        <input type="hidden" name="name" value={apiKey.name} />
        {["expires_on", ...SCOPES.map((scope) => `scope_${scope}`)].map((name) => (
          <input type="hidden" name={name} value={values[name] ?? ""} />
        ))}
      </Send>
      <Send action={`/app/people/${id}/keys/${apiKey.id}/revoke`} label="Revoke this one" kind="danger" />
    </div>
  </SentAgainPage>
);

/** Shows a new API key. No other page ever does. */
export const NewKeyPage = ({ id, name, apiKey }: { id: string; name: string; apiKey: string }) => (
  <Page title="The new API key" section="people">
    <div class="narrow">
      <h1>
        The new API key <Name>{name}</Name>
      </h1>
      <div class="card stack" data-result>
        <p>Copy it now: it is shown only once, and only its hash is stored.</p>
        <Command text={apiKey} label="Copy the key" />
        <div class="actions">
          <Copy text={apiKey} label="Copy the key">
            Copy the key
          </Copy>
          <a class="button" href={`/app/people/${id}`}>
            Done
          </a>
        </div>
      </div>
    </div>
  </Page>
);
