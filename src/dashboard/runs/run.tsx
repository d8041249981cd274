import type { PathSnapshot } from "../../db/run-snapshot.ts";
import { ASSETS } from "../../http/assets/folder.ts";
import { MOST_PLACES } from "../../runs/details/details-schema.ts";
import { describeKeysBefore, type ExplainedReason } from "../../runs/details/explain-run.ts";
import type { Caller } from "../caller.ts";
import { Ago, Copy, Fact, Id, Live, Name, Time } from "../components.tsx";
import { PathTree } from "../files/kit/path-tree.tsx";
import { formatAnnouncement, formatSeconds, plural, secondsBetween } from "../format.ts";
import { Page } from "../layout.tsx";
import { hrefOfRun } from "../list-context.ts";
import { type RunState, Status, StopClock, shownStateOf, wordOf } from "../run-state.tsx";
import type { ViewedRun } from "./kit/view-run.ts";
import { Crumbs, type CrumbsProps } from "./list/crumbs.tsx";
import { Progress } from "./log/progress.tsx";
import { RunLog } from "./log/run-log.tsx";
import { Actions } from "./run-actions.tsx";
import { RunData } from "./run-data.tsx";
import { Timeline } from "./run-events.tsx";
import { Facts } from "./run-facts.tsx";
import { WhyItFailed } from "./run-failure.tsx";
import { Attempts } from "./run-time-bar.tsx";
import { Checkpoints } from "./suspended/checkpoints.tsx";
import { Children } from "./suspended/children.tsx";
import { Answers, WaitsFor } from "./suspended/suspension.tsx";
import { goesOn } from "./suspended/view-family.ts";

type RunPageProps = Omit<CrumbsProps, "id"> & {
  caller: Caller;
  run: ViewedRun;
  /** The earlier attempt whose log is shown; null for the current attempt. */
  loggedAttempt: number | null;
  /** Why the run waits; null when it does not. */
  waitsFor: ExplainedReason | null;
  now: string;
  origin: string;
};

export const RunPage = (props: RunPageProps) => {
  const { caller, run, query, newer, older, loggedAttempt, waitsFor, now, origin } = props;
  return (
    <Page
      title={`${run.run_snapshot.workflow_name}: ${wordOf(shownStateOf(stateOf(run)))}`}
      section="runs"
      caller={caller}
    >
      <Crumbs id={run.id} query={query} newer={newer} older={older} />
      {/* A refresh leaves this element as it is: what goes on keeps its place until its end, and beyond it. */}
      <div class={run.completed_at === null ? "goes-on" : undefined}>
        <Live href={hrefOfRun(run.id)} listen={changesOf(run)}>
          <div
            class="head"
            id="head"
            data-announce={formatAnnouncement(
              run.run_snapshot.workflow_name,
              run.id,
              wordOf(shownStateOf(stateOf(run))),
            )}
          >
            <h1>
              <Name>{run.run_snapshot.workflow_name}</Name>
            </h1>
            <Status status={shownStateOf(stateOf(run))} />
            <StopClock run={stateOf(run)} now={now} />
            <Actions run={run} origin={origin} />
          </div>
          <Facts run={run} />
          <div class="lead">
            <WhyItFailed run={run} />
            {run.suspension !== null && <WaitsFor run={run} suspension={run.suspension} now={now} />}
            {run.status === "PENDING" && run.suspension === null && <Queue run={run} waitsFor={waitsFor} />}
            <Progress run={run} />
            <Completed run={run} />
          </div>
          <Answers run={run} />
          <Children run={run} now={now} />
          <Attempts run={run} now={now} />
          <RunLog run={run} attempt={loggedAttempt} />
          <RunData run={run} />
          <Checkpoints run={run} />
          <Timeline run={run} />
          <div class="columns last-parts">
            <Snapshot run={run} />
            <About run={run} now={now} />
          </div>
        </Live>
      </div>
      <script type="module" src={`${ASSETS}/log/log.js`} />
      <script type="module" src={`${ASSETS}/json.js`} />
    </Page>
  );
};

const stateOf = ({ status, dispatched_at, stop, suspension }: ViewedRun): RunState => ({
  status,
  taken_at: dispatched_at,
  stop_ends_at: stop?.ends_at ?? null,
  suspended_at: suspension?.since ?? null,
});

/**
 * The stream for the page of a run. A PENDING run listens to its whole workflow, since its place in the queue depends on other
 * runs. One with children that go on listens to all runs, since these may be of any workflow.
 */
function changesOf({ id, status, completed_at, workflow_definition_id, family }: ViewedRun): string | null {
  if (goesOn(family)) return `/app/changes?run=${id}&family=1`;
  if (completed_at !== null) return null;
  return status === "PENDING" ? `/app/changes?workflow=${workflow_definition_id}` : `/app/changes?run=${id}`;
}

type QueueProps = Pick<RunPageProps, "run" | "waitsFor">;

const placeOf = (place: number) => (place > MOST_PLACES ? `> ${MOST_PLACES.toLocaleString("en-GB")}` : place);

function describeRunsBefore(place: number): string {
  if (place === 1) return "It is next";
  return `${plural(place - 1, "run")} ${place > MOST_PLACES ? "or more " : ""}before it`;
}

const Queue = ({ run, waitsFor }: QueueProps) => (
  <section class="card" aria-label="Queue">
    <p class="queue">
      {run.queue_position !== null && <strong class="big">{placeOf(run.queue_position)}</strong>}
      <span>
        {run.queue_position !== null && (
          <>
            {describeRunsBefore(run.queue_position)} in the queue
            {run.keys_take_turns && " of its key; keys take turns"}
            {run.keys_before !== null && `, and ${describeKeysBefore(run.keys_before)}`}.{" "}
          </>
        )}
        <WhatBlocks run={run} waitsFor={waitsFor} />
        {run.must_start_by && (
          <>
            {" "}
            It expires unless it has started by <Time at={run.must_start_by} withSeconds />.
          </>
        )}
      </span>
    </p>
  </section>
);

/** When a run joins its queue. */
const Delay = ({ run: { attempt, not_before } }: Pick<QueueProps, "run">) =>
  not_before && (
    <>
      It {attempt === 1 ? "starts" : "is tried again automatically,"} not before <Time at={not_before} withSeconds />.
    </>
  );

const WhatBlocks = ({ run, waitsFor }: QueueProps) => {
  const { blockers } = run;
  switch (waitsFor) {
    case "paused":
      return (
        <>
          The workflow is paused. <Delay run={run} />
        </>
      );
    case "no_runner":
      return (
        <>
          The workflow has no runner. <Delay run={run} />
        </>
      );
    case "delayed":
    case "back_off":
      return <Delay run={run} />;
    case "no_runner_connected":
      return <>It waits for a runner: none is connected.</>;
    case "lease":
      return <>It starts when a runner asks for it.</>;
    default: {
      const [first, ...others] = blockers;
      const ofKey = waitsFor === "key" ? " of its key" : "";
      if (first === undefined) return <>It starts when the slot{ofKey} is free.</>;
      return (
        <>
          <Id id={first.id} href={`/app/runs/${first.id}`} /> of <Name>{first.user_name}</Name>
          {others.length > 0 && <> and {plural(others.length, "other run")}</>} {others.length > 0 ? "hold" : "holds"}{" "}
          the slot{others.length > 0 && "s"}
          {ofKey}, until <Time at={first.deadline_at} /> at the latest.
        </>
      );
    }
  }
};

/** How long a COMPLETED run took, and what its runner says about the result. */
const Completed = ({ run }: { run: ViewedRun }) => {
  if (run.status !== "COMPLETED" || run.completed_at === null) return null;
  return (
    <section class="card completed-card" aria-label="Completed">
      <h2>Completed in {formatSeconds(secondsBetween(run.begun_at ?? run.created_at, run.completed_at))}</h2>
      {run.summary === null ? (
        <p class="muted">Its runner gave no summary.</p>
      ) : (
        <p class="wrap pre short">
          <bdi>{run.summary}</bdi>
        </p>
      )}
      {(run.output !== null || run.artifacts !== null || run.files.length > 0) && (
        <p>
          <a href="#result">Its result</a>
        </p>
      )}
    </section>
  );
};

/** The state of the dispatch, for a run that no runner has accepted yet. */
const describeDispatch = ({ dispatch_count: count, dispatch_error: error }: ViewedRun) =>
  `No runner has taken it yet: ${plural(count, "try", "tries")}${error === null ? "." : `, the last: ${error}`}`;

const About = ({ run, now }: { run: ViewedRun; now: string }) => (
  <section class="card">
    <h2>About</h2>
    <dl class="rows">
      <Fact name="Run">
        <code class="wrap">{run.id}</code> <Copy text={run.id} label="Copy the id" />
      </Fact>
      <Fact name="Triggered">
        <Ago at={run.created_at} now={now} focusable />
      </Fact>
      <Fact name="Time limit">{formatSeconds(run.run_snapshot.max_run_duration_seconds)}</Fact>
      {run.idempotency_key !== null && (
        <Fact name="Idempotency key">
          <bdi class="wrap">{run.idempotency_key}</bdi>
        </Fact>
      )}
      {run.status === "RUNNING" && run.dispatched_at === null && (
        <Fact name="Dispatch">
          <bdi class="wrap">{describeDispatch(run)}</bdi>
        </Fact>
      )}
      {run.status === "RUNNING" && run.next_dispatch_at && (
        <Fact name="Next dispatch">
          <Time at={run.next_dispatch_at} withSeconds />
        </Fact>
      )}
    </dl>
  </section>
);

const Snapshot = ({ run: { run_snapshot: snapshot } }: { run: ViewedRun }) => (
  <section class="card">
    <h2>
      Parameters <small class="muted">frozen when the run was triggered</small>
    </h2>
    <div class="abcd">
      <Tree title="Sources" parts={snapshot.sources} />
      <Tree title="Instructions" parts={snapshot.instructions} />
      <Tree title="Outputs" parts={snapshot.outputs} />
      <Tree title="Template" parts={snapshot.template ? [snapshot.template] : []} />
    </div>
  </section>
);

const Tree = ({ title, parts }: { title: string; parts: PathSnapshot[] }) => (
  <div>
    <h3>{title}</h3>
    <PathTree
      parts={parts.map(({ path_part_id, materialized_path, part_type }) => ({
        id: path_part_id,
        path: materialized_path,
        type: part_type,
      }))}
    />
  </div>
);
