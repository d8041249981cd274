import type { SignInSession } from "../../people/sign-ins/sign-in-sessions.ts";
import { Ask, Empty, Send, Time } from "../components.tsx";
import type { Person, PersonView } from "./kit/view-people.ts";

/** When a credential was last used, to the hour. Isolates tell the database only once an hour: see `noteUse`. */
export const LastUse = ({ at }: { at: Date | null }) =>
  at === null ? (
    <>, no use known</>
  ) : (
    <>
      , last used <Time at={at.toISOString()} />
    </>
  );

type SessionsProps = { view: PersonView; person: Person; currentId: string | null };

/** The open sessions of a person on the dashboard. `currentId` is the session with which the page is read. */
export const Sessions = ({ view: { caller, sessions, agents }, person, currentId }: SessionsProps) => {
  const isSelf = caller.user_id === person.id;
  const mayEnd = isSelf || (caller.is_administrator && person.role !== "OWNER");
  return (
    <section class="card">
      <div class="head">
        <h2>Sessions</h2>
        {mayEnd && sessions.length + agents.length > 0 && (
          <div class="actions">
            <Ask
              id="ask-sign-out"
              label="Sign out everywhere"
              title={isSelf ? "Sign out everywhere?" : `Sign ${person.name} out everywhere?`}
              kind="danger"
            >
              <p>
                {isSelf ? "Your" : "Their"} sessions on the dashboard end with the next request
                {isSelf && ", also in this browser"}, and so does the access of all agents that{" "}
                {isSelf ? "you" : "they"} have let in. API keys and logins still work.
              </p>
              <Send action={`/app/people/${person.id}/sign-out`} label="Sign out" kind="danger" />
            </Ask>
          </div>
        )}
      </div>
      {sessions.length === 0 ? (
        <Empty title="They are not signed in on the dashboard." />
      ) : (
        <ul class="items">
          {sessions.map((session) => (
            <li>
              <span class="item-name">
                {session.loginId === null ? "With an API key" : "With the login service"}
                {session.id === currentId && " (this one)"}
              </span>
              <span class="muted">
                since <Time at={session.beganAt.toISOString()} />
                <LastUse at={session.lastUsedAt} />
              </span>
              <span class="actions">
                {mayEnd && session.id !== currentId && (
                  <Send
                    action={`/app/people/${person.id}/sessions/${session.id}/end`}
                    label="End"
                    name={`End the session ${describe(session)}`}
                    kind="small danger"
                  />
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const describe = ({ beganAt }: SignInSession) => `since ${beganAt.toISOString().slice(0, 16).replace("T", " ")}`;
