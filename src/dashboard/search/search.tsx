import type { Child } from "hono/jsx";
import { Ago, Empty, Name, Path } from "../components.tsx";
import { shortId } from "../format.ts";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { Status, shownStateOf } from "../run-state.tsx";
import { findActions } from "./actions.ts";
import { readWords } from "./kit/words.ts";
import { type FoundRun, MAX_FOUND, MIN_LENGTH, type SearchView, viewSearch } from "./view-search.ts";

export const search = new Pages();

search.page("/app/search", async (c) => {
  const text = readWords(c.req.query("q"));
  return html(c, <SearchPage text={text} view={await viewSearch(c.env.db, c.var.credential, text)} />);
});

const SearchPage = ({ text, view }: { text: string; view: SearchView }) => (
  <Page title={text === "" ? "Search" : `Search: ${text}`} caller={view.caller} search={text}>
    <div class="head">
      <h1>Search</h1>
    </div>
    <div class="card">
      <Answers text={text} view={view} />
    </div>
  </Page>
);

/** The results, grouped by kind, each in one line. While somebody types, `find.js` shows them below the search box. */
const Answers = ({ text, view }: { text: string; view: SearchView }) => {
  const { runs, labelled, workflows, triggers, runners, endpoints, people, files, failures, now } = view;
  const actions = text.length < MIN_LENGTH ? [] : findActions(view.caller, text);
  const kinds = [actions, runs, labelled, workflows, triggers, runners, endpoints, people, files, failures];
  const count = kinds.reduce((sum, found) => sum + found.length, 0);
  return (
    <div id="answers" class="answers">
      <Group
        title="Pages and actions"
        found={actions}
        more={null}
        show={({ name, href }) => <a href={href}>{name}</a>}
      />
      <Group title="Runs" found={runs} more={null} show={(run) => <RunAnswer run={run} now={now} />} />
      <Group
        title="Runs with this label"
        found={labelled}
        more={`/app/runs?${new URLSearchParams({ label: text })}`}
        show={(run) => <RunAnswer run={run} now={now} />}
      />
      <Group
        title="Workflows"
        found={workflows}
        more={`/app/workflows?q=${encodeURIComponent(text)}`}
        show={({ id, name }) => (
          <a href={`/app/workflows/${id}`}>
            <Name>{name}</Name>
          </a>
        )}
      />
      <Group
        title="Triggers"
        found={triggers}
        more={`/app/triggers?q=${encodeURIComponent(text)}`}
        show={({ id, name, workflow_name }) => (
          <a href={`/app/triggers/${id}`}>
            <Name>{name}</Name>
            <span class="muted">
              of <bdi>{workflow_name}</bdi>
            </span>
          </a>
        )}
      />
      <Group
        title="Runners"
        found={runners}
        more={null}
        show={({ id, name }) => (
          <a href={`/app/runners#runner-${id}`}>
            <Name>{name}</Name>
          </a>
        )}
      />
      <Group
        title="Notification endpoints"
        found={endpoints}
        more={null}
        show={({ id, name }) => (
          <a href={`/app/settings/notifications/${id}`}>
            <Name>{name}</Name>
          </a>
        )}
      />
      <Group
        title="People"
        found={people}
        more={`/app/people?q=${encodeURIComponent(text)}`}
        show={({ id, name, email }) => (
          <a href={`/app/people/${id}`}>
            <Name>{name}</Name>
            {email !== null && email !== name && (
              <span class="muted">
                <bdi>{email}</bdi>
              </span>
            )}
          </a>
        )}
      />
      <Group
        title="Files and folders"
        found={files}
        more={null}
        show={({ id, path }) => (
          <a href={`/app/files/${id}`}>
            <Path>{path}</Path>
          </a>
        )}
      />
      <Group
        title="Runs that failed with these words"
        found={failures}
        more={`/app/runs?${new URLSearchParams({ error: text })}`}
        show={(run) => <RunAnswer run={run} now={now} />}
      />
      {count === 0 && (
        <Empty title={text.length < MIN_LENGTH ? "Type at least two characters." : "Nothing was found."}>
          <p>
            Search for the id of a run or its end, a label such as “customer:4711”, a workflow, a trigger, a runner, a
            person, a file, a path that begins with “/”, words of an error, a page, or what you want to do, such as “new
            workflow”.
          </p>
        </Empty>
      )}
    </div>
  );
};

type GroupProps<Found> = {
  title: string;
  found: readonly Found[];
  /** The URL of a list with all results of this kind, if there is one. Results without a list are told to be more than are shown. */
  more: string | null;
  show: (found: Found) => Child;
};

const Group = <Found,>({ title, found, more, show }: GroupProps<Found>) =>
  found.length === 0 ? null : (
    <>
      <h2>{title}</h2>
      <ul>
        {found.slice(0, MAX_FOUND).map((one) => (
          <li>{show(one)}</li>
        ))}
        {more !== null && (
          <li>
            <a href={more}>All of them in the list</a>
          </li>
        )}
        {more === null && found.length > MAX_FOUND && (
          <li>
            <span class="muted">There are more: type more.</span>
          </li>
        )}
      </ul>
    </>
  );

const RunAnswer = ({ run, now }: { run: FoundRun; now: string }) => (
  <a href={`/app/runs/${run.id}`}>
    <Status status={shownStateOf(run)} />
    <code>{shortId(run.id)}</code>
    <Name>{run.workflow_name}</Name>
    {run.error !== null && (
      <span class="muted">
        <bdi>{run.error.slice(0, 200)}</bdi>
      </span>
    )}
    <Ago at={run.created_at} now={now} />
  </a>
);
