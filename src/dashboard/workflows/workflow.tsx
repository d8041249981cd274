import { By, LastChanges, PausedBy } from "../activity/kit/changes.tsx";
import type { Caller } from "../caller.ts";
import { MedianDuration, Strip, SuccessRate } from "../charts.tsx";
import { Ago, Ask, CopyCurl, Fact, Id, Live, Name, Send, Time } from "../components.tsx";
import { PathTree } from "../files/kit/path-tree.tsx";
import { formatSeconds, plural, pluralUpTo } from "../format.ts";
import { NO_FAILURE } from "../forms.tsx";
import { textOfSchema } from "../invoke/kit/input-fields.tsx";
import { InvokeForm, NO_INVOCATION } from "../invoke/kit/invoke-form.tsx";
import { Page } from "../layout.tsx";
import { Runners, type ViewedRunner } from "../runners/kit/runners.tsx";
import { MAX_COUNTED } from "../runs/kit/view-runs.ts";
import { ChartScript, StatisticsCard } from "../statistics/kit/statistics.tsx";
import { Trail } from "../trail.tsx";
import type { ViewedWorkflow } from "./kit/view-workflow.ts";
import { describeBusy, describePolicy } from "./policy/policy-words.ts";
import { keepRunsHref, LatestRuns, Queue, sizeOf } from "./runs/its-runs.tsx";
import type { LastInput } from "./runs/view-its-runs.ts";
import { Keys, Slots } from "./slots/slots.tsx";
import { TestRunner } from "./test-runner.tsx";
import { Slot } from "./workflow-list.tsx";

type Props = {
  caller: Caller;
  now: string;
  workflow: ViewedWorkflow;
  runners: readonly ViewedRunner[];
  origin: string;
};

export const WorkflowPage = ({ caller, now, workflow, runners, origin }: Props) => (
  <Page title={workflow.name} section="workflows" caller={caller}>
    <Trail to={[["/app/workflows", "Workflows"]]}>
      <Id id={workflow.id} />
    </Trail>
    <ChartScript />
    <Live href={keepRunsHref(hrefOf(workflow), workflow)} listen={`/app/changes?workflow=${workflow.id}`}>
      <div class="head">
        <h1>
          <Name>{workflow.name}</Name>
        </h1>
        <Actions workflow={workflow} origin={origin} now={now} />
      </div>
      {workflow.description && (
        <p class="wrap muted pre">
          <bdi>{workflow.description}</bdi>
        </p>
      )}
      <section class="card" aria-label="Current state">
        <dl class="facts still">
          <Fact name={workflow.max_running === 1 ? "Slot" : "Slots"}>
            <Slot workflow={workflow} now={now} />
          </Fact>
          <Fact name="Queue">{sizeOf(workflow.queued)}</Fact>
          <Fact name="Last 20">
            <Strip outcomes={workflow} />
          </Fact>
          <Fact name={workflow.ended === 0 ? "Success" : `Success, last ${workflow.ended}`}>
            <SuccessRate outcomes={workflow} />
          </Fact>
          <Fact name="Median">
            <MedianDuration outcomes={workflow} />
          </Fact>
          <Fact name="Limit">{formatSeconds(workflow.max_run_duration_seconds)}</Fact>
        </dl>
      </section>
      <Slots workflow={workflow} now={now} />
      <Queue workflow={workflow} now={now} href={hrefOf(workflow)} />
      <div class="columns">
        <StatisticsCard
          statistics={workflow.statistics}
          href={`/app/workflows/${workflow.id}`}
          workflowId={workflow.id}
        />
        <About workflow={workflow} />
      </div>
      {workflow.policy.handover === "lease" && (
        <Runners runners={runners} now={now} workflowId={workflow.id} mayConnect={caller.is_administrator} />
      )}
      <LatestRuns workflow={workflow} now={now} href={hrefOf(workflow)} />
      <Keys workflow={workflow} />
      <LastChanges events={workflow.changes} id={workflow.id} />
    </Live>
  </Page>
);

/** The URL of the page with its range of the charts. */
const hrefOf = ({ id, statistics }: ViewedWorkflow) => `/app/workflows/${id}?${statistics.range.query}`;

/** Leads to the form with the input of an earlier run. */
const OfferedInput = ({ of, now }: { of: LastInput; now: string }) => (
  <p>
    <a href={`/app/runs/${of.run_id}/again?only=input`}>
      Use the input of the run{" "}
      {of.trigger_name === null ? (
        <>
          of <Name>{of.user_name}</Name>
        </>
      ) : (
        <>
          that the trigger <Name>{of.trigger_name}</Name> has made
        </>
      )}
      , <Ago at={of.created_at} now={now} />
    </a>
  </p>
);

type ActionsProps = Pick<Props, "workflow" | "origin" | "now">;

const Actions = ({ workflow, origin, now }: ActionsProps) => {
  const { id, may_write, may_invoke, is_active, obstacle, policy } = workflow;
  const isReady = obstacle === null;
  return (
    <div class="actions">
      <CopyCurl url={`${origin}/v1/workflow-definitions/${id}/invoke`} method="POST" />
      {may_write && (
        <a class="button" href={`/app/workflows/${id}/edit`}>
          Edit
        </a>
      )}
      {workflow.may_delete && (
        <>
          <a class="button" href={`/app/workflows/new?from=${id}`}>
            Make a copy
          </a>
          <a class="button" href={`/app/workflows/${id}/people`}>
            Share
          </a>
        </>
      )}
      {may_write && (
        <Ask
          id="ask-activity"
          label={is_active ? "Pause" : "Resume"}
          title={is_active ? `Pause “${workflow.name}”?` : `Resume “${workflow.name}”?`}
        >
          <p>
            {is_active
              ? "New runs are refused and the queue stops. What is RUNNING may finish."
              : `New runs are accepted again${workflow.queued > 0 ? ", and the next runs of the queue start" : ""}.`}
          </p>
          <Send
            action={`/app/workflows/${id}/${is_active ? "pause" : "resume"}`}
            label={is_active ? "Pause" : "Resume"}
            kind="primary"
          />
        </Ask>
      )}
      {workflow.may_delete && (
        <Ask id="ask-delete" label="Delete" title={`Delete “${workflow.name}”?`} kind="danger">
          <p>
            This deletes the workflow,{" "}
            {workflow.runs === 0
              ? "which has no runs"
              : `its ${pluralUpTo(MAX_COUNTED, workflow.runs, "run")} with their events`}
            {workflow.triggers.total > 0 && `, and its ${plural(workflow.triggers.total, "trigger")}`}, for good. The
            files that it names stay.
          </p>
          <Send action={`/app/workflows/${id}/delete`} label="Delete" kind="danger" />
        </Ask>
      )}
      {isReady && !may_invoke && (
        <span class="muted">You cannot invoke it: you lack permission on it or on some of its files.</span>
      )}
      {isReady && may_invoke && (
        <Ask id="ask-invoke" label="Invoke" title={`Trigger a run of “${workflow.name}”?`} kind="primary">
          <p>
            {workflow.running < workflow.max_running && workflow.queued === 0
              ? policy.handover === "lease"
                ? "It starts when a runner asks for it."
                : `${workflow.max_running === 1 ? "The" : "A"} slot is free: it starts at once.`
              : policy.when_busy === "queue"
                ? whyItWaits(workflow)
                : describeBusy(policy)}
          </p>
          <InvokeForm
            id={id}
            given={{
              ...{ ...NO_INVOCATION, workflow: workflow.name },
              schema: textOfSchema(workflow.policy.input_schema),
            }}
            failure={NO_FAILURE}
            offer={workflow.last_input && <OfferedInput of={workflow.last_input} now={now} />}
          />
        </Ask>
      )}
    </div>
  );
};

/** Why a run that is invoked now waits. When keys take turns, how many runs are before it depends on its key. */
function whyItWaits({ running, max_running, queued, policy }: ViewedWorkflow): string {
  const free = max_running - running;
  const slots =
    free > 0
      ? `${free} of ${plural(max_running, "slot")} free`
      : max_running === 1
        ? "Its slot is taken"
        : "All of its slots are taken";
  const turns = policy.max_running_per_key === null ? "" : ", in which keys take turns";
  return `${slots}, and ${queued === 0 ? "nothing is" : `${sizeOf(queued)} ${queued === 1 ? "is" : "are"}`} in the queue${turns}.`;
}

const About = ({ workflow }: { workflow: ViewedWorkflow }) => (
  <section class="card">
    <h2>About</h2>
    <dl class="rows">
      <Fact name="Sources">
        <PathTree parts={workflow.sources} />
      </Fact>
      <Fact name="Instructions">
        <PathTree parts={workflow.instructions} />
      </Fact>
      <Fact name="Outputs">
        <PathTree parts={workflow.outputs} />
      </Fact>
      <Fact name="Template">
        <PathTree parts={workflow.templates} />
      </Fact>
      <Fact name="Runner">
        {workflow.runner_url === null ? (
          <span class="muted">
            {workflow.policy.handover === "lease"
              ? "none with a URL: runners ask for its runs"
              : "none yet, so it cannot be invoked: give it the URL of one, or let runners ask for its runs"}
          </span>
        ) : (
          <>
            <code class="wrap">{workflow.runner_url}</code>
            {workflow.may_write && <TestRunner id={workflow.id} />}
          </>
        )}
      </Fact>
      <Fact name="Policy">
        {describePolicy(workflow.policy)} <By event={workflow.policy_by} />{" "}
        {workflow.may_write && <a href={`/app/workflows/${workflow.id}/policy`}>Change</a>}
      </Fact>
      <Fact name="Triggers">
        {workflow.triggers.total === 0
          ? "none"
          : `${plural(workflow.triggers.total, "trigger")}${workflow.triggers.paused === 0 ? "" : `, ${workflow.triggers.paused} of them paused`}`}{" "}
        <a href={`/app/workflows/${workflow.id}/triggers`}>
          {workflow.triggers.total === 0 && workflow.may_write ? "Add one" : "Show"}
        </a>
      </Fact>
      {!workflow.is_active && (
        <Fact name="Paused">
          yes <PausedBy event={workflow.activity_by} />
        </Fact>
      )}
      <Fact name="Changed">
        <Time at={workflow.updated_at} />
      </Fact>
    </dl>
  </section>
);
