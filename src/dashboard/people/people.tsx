import { INVITE_DAYS, type Invite } from "../../people/invites.ts";
import { Ask, Empty, Live, Name, Pages, Send, Time } from "../components.tsx";
import { plural } from "../format.ts";
import { type Failure, Failures, Field, NO_FAILURE, type Values } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { type ListQuery, ListSearch, listHref, SortedHead } from "../search/kit/found-list.tsx";
import { InviteForm } from "./kit/invite.tsx";
import type { PeopleOrder, PeopleView, Person } from "./kit/view-people.ts";
import { RoleField } from "./role-field.tsx";

export const PEOPLE_PAGE = 50;

export const PeoplePage = ({ view, query }: { view: PeopleView; query: ListQuery<PeopleOrder> }) => (
  <Page title="People" section="people" caller={view.caller}>
    <div class="head">
      <h1>People</h1>
      {view.caller.is_administrator && (
        <div class="actions">
          <Ask id="ask-invite" label="Invite somebody" title="Invite somebody" kind="primary">
            <p>You get a link to send to them. It is open for {INVITE_DAYS} days.</p>
            <InviteForm values={{ role: "USER" }} failure={NO_FAILURE} />
          </Ask>
          <Ask id="ask-new" label="Add somebody" title="Add somebody">
            <p>You can give them permissions before you invite them.</p>
            <NewPersonForm values={{ role: "USER" }} failure={NO_FAILURE} />
          </Ask>
        </div>
      )}
    </div>
    <ListSearch query={query} label="Search by name or email" />
    <Live href={listHref(query, "email")}>
      {view.people.length === 0 && <Empty title="Nobody matches." />}
      <table class="list people rows-lead" hidden={view.people.length === 0}>
        <thead>
          <tr>
            <SortedHead query={query} first="email" by="name">
              Name
            </SortedHead>
            <SortedHead query={query} first="email" by="role">
              Role
            </SortedHead>
            <th scope="col">Permissions</th>
            <th scope="col">API keys</th>
            <SortedHead query={query} first="email" by="newest" direction="descending">
              Since
            </SortedHead>
          </tr>
        </thead>
        <tbody>
          {view.people.map((person) => (
            <tr>
              <td class="grow">
                <a class="row-link" href={`/app/people/${person.id}`}>
                  <Name>{person.name}</Name>
                </a>
                {person.id === view.caller.user_id && <span class="muted"> (you)</span>}
                {person.email !== null && person.email !== person.name && (
                  <small class="muted line">
                    <bdi>{person.email}</bdi>
                  </small>
                )}
              </td>
              <td>
                <RoleName person={person} />
              </td>
              <td class="number">
                {person.role === "USER" ? plural(person.permissions, "permission") : <span class="muted">all</span>}
              </td>
              <td class="number">{plural(person.keys, "key")}</td>
              <td class="when">
                <Time at={person.createdAt.toISOString()} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pages
        total={view.total}
        limit={PEOPLE_PAGE}
        offset={query.offset}
        href={(next) => listHref({ ...query, offset: next }, "email")}
      />
      {view.invites.length > 0 && <Invites invites={view.invites} />}
    </Live>
  </Page>
);

/** The invites that were not accepted yet. */
const Invites = ({ invites }: { invites: readonly Invite[] }) => (
  <section class="card">
    <h2>Invites</h2>
    <ul class="items">
      {invites.map(({ id, email, role, expiresAt }) => (
        <li>
          <span class="item-name">
            <Name>{email}</Name> <span class="role">{role}</span>
          </span>
          <span class="muted">
            open until <Time at={expiresAt.toISOString()} />
          </span>
          <span class="actions">
            <Send
              action={`/app/people/invites/${id}/withdraw`}
              label="Withdraw"
              name={`Withdraw the invite of ${email}`}
              kind="small danger"
            />
          </span>
        </li>
      ))}
    </ul>
  </section>
);

export const RoleName = ({ person }: { person: Person }) => (
  <>
    <span class="role">{person.role}</span>
    {person.deactivatedAt !== null && <span class="status failed">DEACTIVATED</span>}
  </>
);

export const NewPersonForm = ({ values, failure }: { values: Values; failure: Failure }) => (
  <form method="post" action="/app/people/new" class="stack" novalidate>
    <Failures failure={failure} />
    <Field
      name="email"
      label="Email"
      failure={failure}
      hint="Leave it empty for a service user: a USER for a program, whose keys you make."
      control={(a) => <input {...a} type="email" value={values.email} autocomplete="off" />}
    />
    <Field
      name="first_name"
      label="First name (optional)"
      failure={failure}
      control={(a) => <input {...a} type="text" value={values.first_name} autocomplete="off" dir="auto" />}
    />
    <Field
      name="last_name"
      label="Last name (optional)"
      failure={failure}
      control={(a) => <input {...a} type="text" value={values.last_name} autocomplete="off" dir="auto" />}
    />
    <RoleField values={values} failure={failure} />
    <button type="submit" class="primary">
      Add
    </button>
  </form>
);
