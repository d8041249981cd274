import { Ask, Name, Send, Time } from "../components.tsx";
import type { Person, PersonView } from "./kit/view-people.ts";
import { LastUse } from "./sessions.tsx";

/** By which account of the login service a person signs in. Nothing is shown for a person without one. */
export const LoginOfPerson = ({ view: { caller, login }, person }: { view: PersonView; person: Person }) => {
  if (login === null) return null;
  const isSelf = caller.user_id === person.id;
  return (
    <section class="card">
      <h2>Login</h2>
      <ul class="items">
        <li>
          <span class="item-name">
            <Name>{URL.parse(login.issuer)?.host ?? login.issuer}</Name>
          </span>
          <span class="muted">
            since <Time at={login.createdAt.toISOString()} />
            <LastUse at={login.lastUsedAt} />
          </span>
          <span class="actions">
            {isSelf && (
              <a class="button" href="/app/tenants">
                Your tenants
              </a>
            )}
            {caller.is_administrator && !isSelf && person.role !== "OWNER" && (
              <Ask id="ask-untie" label="Untie" title={`Untie the login of ${person.name}?`} kind="danger">
                <p>
                  Their sessions that began with it end. The next account that signs in with their verified email is
                  theirs.
                </p>
                <Send action={`/app/people/${person.id}/untie`} label="Untie" kind="danger" />
              </Ask>
            )}
          </span>
        </li>
      </ul>
    </section>
  );
};
