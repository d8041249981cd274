/** What an OWNER or ADMIN can do with somebody: invite them, change their role, deactivate or delete them. */
import { ROLES, type Role } from "../../db/enums.ts";
import { INVITE_DAYS } from "../../people/invites.ts";
import type { Caller } from "../caller.ts";
import { Ask, Send } from "../components.tsx";
import { listWords, plural, pluralUpTo } from "../format.ts";
import { Choices, choicesOf, type Failure, Failures, Field, NO_FAILURE } from "../forms.tsx";
import { InviteAgain } from "./kit/invite.tsx";
import { MAX_RUNNER_SESSIONS, MAX_UNFINISHED, type Person, type PersonWithWork } from "./kit/view-people.ts";

/** Nobody can change themselves. Nobody can change the OWNER either, who can only pass the role on. */
export const mayChange = (caller: Caller, person: Person) =>
  caller.is_administrator && caller.user_id !== person.id && person.role !== "OWNER";

/** What stops working when a person is deactivated: `sessions, 2 API keys and 1 runner session`. */
const credentialsOf = ({ keys, runnerSessions }: PersonWithWork) => [
  "sessions",
  keys > 0 && plural(keys, "API key"),
  runnerSessions > 0 && pluralUpTo(MAX_RUNNER_SESSIONS, runnerSessions, "runner session"),
];

/** What becomes of the runs of a person who is deactivated or deleted. */
function runsOf({ unfinished }: PersonWithWork): string {
  if (unfinished === 0) return "Their runs stay.";
  return `Their ${pluralUpTo(MAX_UNFINISHED, unfinished, "unfinished run")} ${unfinished === 1 ? "goes" : "go"} on, and all their runs stay.`;
}

export const PersonActions = ({ caller, person }: { caller: Caller; person: PersonWithWork }) => {
  const roles = ROLES.filter((role) => role !== "OWNER" || caller.role === "OWNER");
  return (
    <div class="actions">
      <Ask id="ask-role" label="Change role" title="Change the role?">
        <p>A USER sees what they have a permission on; an ADMIN sees and does everything.</p>
        {caller.role === "OWNER" && <p>There is one OWNER: an OWNER who passes the role on becomes an ADMIN.</p>}
        <RoleForm id={person.id} roles={roles} role={person.role} failure={NO_FAILURE} />
      </Ask>
      {person.mayBeInvited && person.email !== null && (
        <Ask id="ask-invite" label="Invite" title="Invite them?" kind="primary">
          <p>They have not signed in yet. You get a link to send to them: it is open for {INVITE_DAYS} days.</p>
          <InviteAgain email={person.email} role={person.role} label="Invite" />
        </Ask>
      )}
      {person.deactivatedAt === null ? (
        <Ask id="ask-activation" label="Deactivate" title={`Deactivate ${person.name}?`} kind="danger">
          <p>
            Their {listWords(credentialsOf(person))} stop working from the next request on, until this person is
            activated again. {runsOf(person)} Everything that they created stays.
          </p>
          <Send action={`/app/people/${person.id}/deactivate`} label="Deactivate" kind="danger" />
        </Ask>
      ) : (
        <Ask id="ask-activation" label="Activate" title={`Activate ${person.name}?`}>
          <p>Their keys that were neither revoked nor have expired meanwhile work again.</p>
          <Send action={`/app/people/${person.id}/activate`} label="Activate" kind="primary" />
        </Ask>
      )}
      <Ask id="ask-delete" label="Delete" title={`Delete ${person.name}?`} kind="danger">
        <p>
          Their{" "}
          {listWords([...credentialsOf(person), person.permissions > 0 && plural(person.permissions, "permission")])}{" "}
          end at once, and that cannot be undone. {runsOf(person)}
        </p>
        <Send action={`/app/people/${person.id}/delete`} label="Delete" kind="danger" />
      </Ask>
    </div>
  );
};

type RoleFormProps = { id: string; roles: readonly Role[]; role: string; failure: Failure };

export const RoleForm = ({ id, roles, role, failure }: RoleFormProps) => (
  <form method="post" action={`/app/people/${id}/role`} class="stack">
    <Failures failure={failure} />
    <Field
      name="role"
      label="Role"
      failure={failure}
      control={(a) => <Choices attributes={a} choices={choicesOf(roles)} chosen={role} />}
    />
    <button type="submit" class="primary">
      Change
    </button>
  </form>
);
