import { Ask, Command, Copy, Empty, Live, Name, Send, Time } from "../components.tsx";
import { pluralUpTo, shortId } from "../format.ts";
import { Choices, type Failure, Failures, Field, NO_FAILURE, type Values } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { NewId, SentAgainPage } from "../new-id.tsx";
import { Trail } from "../trail.tsx";
import { Runners, UrlRunners, type ViewedRunner } from "./kit/runners.tsx";
import { type LeasedWorkflow, MAX_SESSIONS, type RunnerKey, type RunnersView } from "./view-all-runners.ts";

export const HREF = "/app/runners";

/** The labels of the form's fields, by their API names. */
export const WORDING = { labels: { name: "Name" }, sentences: { "name string_too_short": "Give it a name." } };

type Props = { view: RunnersView; runners: readonly ViewedRunner[]; workflowId: string };

export const RunnersPage = ({ view, runners, workflowId }: Props) => (
  <Page title="Runners" section="workflows" caller={view.caller}>
    <Trail to={[["/app/workflows", "Workflows"]]}>Runners</Trail>
    <div class="head">
      <h1>Runners</h1>
      {view.caller.is_administrator && (
        <div class="actions">
          <Ask id="ask-runner" label="New runner" title="A new runner" kind="primary">
            <p>It gets a key of its own, with which it can lease runs and do nothing else. The key is shown once.</p>
            <RunnerForm workflows={view.workflows} values={{ workflow: workflowId }} failure={NO_FAILURE} />
          </Ask>
        </div>
      )}
    </div>
    {view.caller.is_administrator ? (
      <Live href={HREF}>
        <Runners runners={runners} now={view.now} />
        {view.url_runners.length > 0 && <UrlRunners runners={view.url_runners} now={view.now} />}
        <Keys view={view} />
      </Live>
    ) : (
      <Empty title="An OWNER or ADMIN manages runners." />
    )}
  </Page>
);

const Keys = ({ view: { keys, workflows } }: { view: RunnersView }) => (
  <section class="card" aria-label="Runner keys">
    <h2>Their keys</h2>
    {keys.length === 0 ? (
      <p class="muted">There is no key of a runner. “New runner” makes one, and shows the line that starts it.</p>
    ) : (
      <ul class="items">
        {keys.map((key) => (
          <li id={`runner-${key.id}`}>
            <span class="item-name">
              <Name>{key.name}</Name> <code>…{key.suffix}</code>
            </span>
            <span class="muted">
              for <Scope of={key} workflows={workflows} />, since <Time at={key.created_at} />
              {key.expires_at !== null && (
                <>
                  , until <Time at={key.expires_at} />
                </>
              )}
            </span>
            {key.may_revoke && (
              <span class="actions">
                <Ask id={`ask-${key.id}`} label="Revoke" title={`Revoke the key “${key.name}”?`} kind="danger">
                  <p>
                    {key.sessions === 0
                      ? "No runner uses it now."
                      : `After that, ${pluralUpTo(MAX_SESSIONS, key.sessions, "runner session")} of it can take no further runs.`}{" "}
                    That cannot be undone.
                  </p>
                  <Send action={`${HREF}/keys/${key.id}/revoke`} label="Revoke" kind="danger" />
                </Ask>
              </span>
            )}
          </li>
        ))}
      </ul>
    )}
  </section>
);

/** The workflows whose runs a key may lease. */
const Scope = ({ of: { definition_ids: ids }, workflows }: { of: RunnerKey; workflows: readonly LeasedWorkflow[] }) => {
  if (ids === null) return <>all workflows</>;
  return (
    <>
      {ids.map((id, index) => (
        <>
          {index > 0 && ", "}
          <a href={`/app/workflows/${id}`}>
            <Name>{workflows.find((workflow) => workflow.id === id)?.name ?? shortId(id)}</Name>
          </a>
        </>
      ))}
    </>
  );
};

type FormProps = { workflows: readonly LeasedWorkflow[]; values: Values; failure: Failure };

export const RunnerForm = ({ workflows, values, failure }: FormProps) => (
  <form method="post" action={`${HREF}/new`} class="stack" novalidate>
    <Failures failure={failure} labels={WORDING.labels} />
    <NewId />
    <Field
      name="name"
      label="Name"
      failure={failure}
      hint="Of the machine, for example."
      control={(a) => <input {...a} type="text" value={values.name} required autocomplete="off" dir="auto" />}
    />
    <Field
      name="workflow"
      label="Takes the runs of"
      failure={failure}
      control={(a) => (
        <Choices
          attributes={a}
          none="all workflows whose runners ask for runs"
          chosen={values.workflow}
          nameOf={shortId}
          choices={workflows}
        />
      )}
    />
    <button type="submit" class="primary">
      Create
    </button>
  </form>
);

type NewRunnerProps = { name: string; apiKey: string; workflowId: string | null; origin: string };

/** Shows the key of a new runner, in the line that starts the runner. No other page ever shows the key. */
export const NewRunnerPage = ({ name, apiKey, workflowId, origin }: NewRunnerProps) => (
  <Page title="The new runner" section="workflows">
    <div class="narrow">
      <h1>
        The runner <Name>{name}</Name>
      </h1>
      <section class="card stack">
        <p>
          Copy its key now: it is shown only once, and only its hash is stored. It can lease runs
          {workflowId === null ? "" : " of this one workflow"}, and do nothing else.
        </p>
        <Command text={apiKey} label="Copy the key" />
        <h2>Start it</h2>
        <p>
          Paste this line on its machine, in a folder in which the package <code>workflow-runs</code> is installed, with
          your command instead of <code>./work.sh</code>. The command gets each run as JSON, and what it prints is the
          log.
        </p>
        <Command text={startLine({ origin, apiKey, workflowId })} label="Copy the line" isLong />
        <div class="actions">
          <Copy text={startLine({ origin, apiKey, workflowId })} label="Copy the line">
            Copy the line
          </Copy>
          <a class="button" href={HREF}>
            See whether it is connected
          </a>
        </div>
      </section>
    </div>
  </Page>
);

/** The command that starts a runner. */
const startLine = ({ origin, apiKey, workflowId }: Omit<NewRunnerProps, "name">) =>
  [
    `WORKFLOW_RUNS_URL=${origin} WORKFLOW_RUNS_API_KEY=${apiKey} \\\n  npx workflow-runs run`,
    ...(workflowId === null ? [] : [`--workflow ${workflowId}`]),
    "-- ./work.sh",
  ].join(" ");

type AgainProps = { apiKey: { id: string; name: string; keySuffix: string }; workflowId: string };

/** Answers the form of a new runner that was sent again. */
export const RunnerAgainPage = ({ apiKey, workflowId }: AgainProps) => (
  <SentAgainPage
    title="The runner is created already"
    section="workflows"
    heading={
      <>
        The runner <Name>{apiKey.name}</Name> is created already
      </>
    }
  >
    <p>
      Its key ends with <code>…{apiKey.keySuffix}</code>. It was shown once, and cannot be shown again. If you do not
      have it, make another, and revoke this one.
    </p>
    <div class="actions">
      <a class="button" href={HREF}>
        To the runners
      </a>
      <Send action={`${HREF}/new`} label="Make another" kind="primary">
        <NewId />
        <input type="hidden" name="name" value={apiKey.name} />
        <input type="hidden" name="workflow" value={workflowId} />
      </Send>
      <Send action={`${HREF}/keys/${apiKey.id}/revoke`} label="Revoke this one" kind="danger" />
    </div>
  </SentAgainPage>
);
