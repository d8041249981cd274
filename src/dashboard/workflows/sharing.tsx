import { LastChanges } from "../activity/kit/changes.tsx";
import { Empty, Name, Pages, Send } from "../components.tsx";
import { plural } from "../format.ts";
import { Page } from "../layout.tsx";
import { Trail } from "../trail.tsx";
import type { PossibleRunner, SharingView } from "./view-sharing.ts";

export const SHARING_PAGE = 50;

type Props = { view: SharingView; workflow: NonNullable<SharingView["workflow"]>; search: string; offset: number };

/** Which USERs may run a workflow. One button gives a user all permissions that they lack. */
export const SharingPage = ({ view, workflow, search, offset }: Props) => {
  const href = `/app/workflows/${workflow.id}/people`;
  return (
    <Page title={`Who may run ${workflow.name}`} section="workflows" caller={view.caller}>
      <Trail to={[[`/app/workflows/${workflow.id}`, <Name>{workflow.name}</Name>]]}>People</Trail>
      <div class="head">
        <h1>Who may run it</h1>
        <form method="get" action={href} class="actions">
          <input type="search" name="q" value={search} aria-label="Name or email" placeholder="Name or email" />
          <button type="submit">Find</button>
        </form>
      </div>
      <p class="muted">
        An OWNER and an ADMIN may run every workflow. A USER needs to read the workflow, its sources, instructions and
        template, and to write its outputs or, if it has none, what its policy says: you can give them the permissions
        that they lack.
      </p>
      {view.people.length === 0 ? (
        <Empty title={search === "" ? "There is no USER in the tenant." : "Nobody matches."}>
          <p>
            <a href={search === "" ? "/app/people" : href}>{search === "" ? "Invite somebody" : "Show all"}</a>
          </p>
        </Empty>
      ) : (
        <ul class="items card">
          {view.people.map((person) => (
            <Runner person={person} action={`${href}/${person.id}`} />
          ))}
        </ul>
      )}
      <Pages
        total={view.total}
        limit={SHARING_PAGE}
        offset={offset}
        href={(to) => `${href}?${new URLSearchParams({ ...(search !== "" && { q: search }), offset: String(to) })}`}
      />
      <LastChanges events={workflow.shares} id={workflow.id} title="Who has shared it" />
    </Page>
  );
};

const Runner = ({ person, action }: { person: PossibleRunner; action: string }) => (
  <li>
    <div class="item-name">
      <a href={`/app/people/${person.id}`}>
        <Name>{person.name}</Name>
      </a>
      {person.email !== null && person.email !== person.name && (
        <small class="muted line">
          <bdi>{person.email}</bdi>
        </small>
      )}
    </div>
    {person.missing === 0 ? (
      <span class="muted">may run it</span>
    ) : (
      <>
        <span class="muted">lacks {plural(person.missing, "permission")}</span>
        <Send action={action} label="Let them run it" kind="primary" name={`Let them run it: ${person.name}`} />
      </>
    )}
  </li>
);
