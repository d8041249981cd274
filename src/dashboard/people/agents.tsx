import { Ask, Name, Send, Time } from "../components.tsx";
import type { Person, PersonView } from "./kit/view-people.ts";

/** The agents that a person has let in. There is no card without any. */
export const Agents = ({ view: { caller, agents }, person }: { view: PersonView; person: Person }) => {
  if (agents.length === 0) return null;
  const mayEnd = caller.user_id === person.id || (caller.is_administrator && person.role !== "OWNER");
  return (
    <section class="card">
      <h2>Agents</h2>
      <ul class="items">
        {agents.map(({ id, clientName, redirectHost, scopes, createdAt, renewedAt }) => (
          <li>
            <span class="item-name">
              <Name>{clientName}</Name>
            </span>
            <span class="muted">
              {scopes.includes("run") ? "may read and run" : "may only read"}, let in at {redirectHost} since{" "}
              <Time at={createdAt.toISOString()} />, last renewed <Time at={renewedAt.toISOString()} />
            </span>
            <span class="actions">
              {mayEnd && (
                <Ask id={`ask-agent-${id}`} label="End" title={`End the access of “${clientName}”?`} kind="danger">
                  <p>The agent is refused from its next request on. It can ask for access again.</p>
                  <Send action={`/app/people/${person.id}/agents/${id}/end`} label="End its access" kind="danger" />
                </Ask>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
