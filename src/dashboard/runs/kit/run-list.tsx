import { Ago, Copy, Name, Time } from "../../components.tsx";
import { formatAnnouncement, formatSeconds, secondsBetween, shortId } from "../../format.ts";
import { hrefWithin } from "../../list-context.ts";
import { TimePassed } from "../../live/kit/ticking.tsx";
import { Status, StopClock, shownStateOf, TimeUsed, wordOf } from "../../run-state.tsx";
import { LabelsLine } from "./run-labels.tsx";
import type { ListedRun } from "./view-runs.ts";

/** How long a run has waited or run; for a RUNNING run also how much of its time is left. `now` is the database's clock. */
export const Duration = ({ run, now }: { run: ListedRun; now: string }) => {
  const { status, begun_at, deadline_at, completed_at, created_at, not_before, suspended_at } = run;
  if (status === "PENDING" && suspended_at !== null) {
    return (
      <span class="muted">
        {not_before === null ? (
          <>
            for <TimePassed at={suspended_at} now={now} />
          </>
        ) : (
          <>
            until <Time at={not_before} />
          </>
        )}
      </span>
    );
  }
  if (status === "PENDING" && not_before !== null) {
    return (
      <span class="muted">
        starts <Time at={not_before} />
      </span>
    );
  }
  if (status === "PENDING") {
    return (
      <span class="muted">
        waits <TimePassed at={created_at} now={now} />
      </span>
    );
  }
  if (begun_at === null) return <span class="muted">never started</span>;
  if (completed_at !== null) return <>{formatSeconds(secondsBetween(begun_at, completed_at))}</>;
  if (deadline_at === null) return null;
  return (
    <div class="time-used">
      <TimePassed at={begun_at} now={now} />{" "}
      {run.stop_ends_at === null ? (
        <TimeUsed from={begun_at} deadline={deadline_at} now={now} />
      ) : (
        <StopClock run={run} now={now} />
      )}
    </div>
  );
};

type RunListProps = {
  runs: ListedRun[];
  now: string;
  withWorkflow?: boolean;
  /** The prefix of the rows' ids. Two lists on one page need different prefixes, since both may contain the same run. */
  name?: string;
  /** The id of the form whose checkboxes choose runs, if there is one. */
  pickedBy?: string;
  /** The filter of the list, which the page of a run keeps: see {@link hrefWithin}. */
  within?: string;
};

/**
 * A table of runs; on a narrow screen, cards. A click anywhere in a row opens its run. A row is one line in
 * each state, so that no other row moves when the state changes.
 */
export const RunList = ({ runs, now, withWorkflow = true, name = "run", pickedBy, within = "" }: RunListProps) => (
  <table class="list runs rows-lead">
    <thead>
      <tr>
        {pickedBy && (
          <th scope="col" class="pick">
            <label>
              <input type="checkbox" data-pick-all aria-label="Select all runs of this page" hidden />
              <span class="visually-hidden">Selected</span>
            </label>
          </th>
        )}
        <th scope="col" class="state-col">
          State
        </th>
        {withWorkflow && <th scope="col">Workflow</th>}
        <th scope="col" class="who-col">
          By
        </th>
        <th scope="col" class="when-col">
          Triggered
        </th>
        <th scope="col" class={withWorkflow ? "time-col right" : undefined}>
          Time
        </th>
        <th scope="col" class="id-col">
          Run
        </th>
      </tr>
    </thead>
    <tbody>
      {runs.map((run) => (
        <tr
          id={`${name}-${run.id}`}
          data-announce={formatAnnouncement(run.workflow_name, run.id, wordOf(shownStateOf(run)))}
        >
          {pickedBy && (
            <td class="pick">
              <label>
                <input
                  type="checkbox"
                  name="run"
                  value={run.id}
                  form={pickedBy}
                  aria-label={`Select the run ${shortId(run.id)}`}
                />
              </label>
            </td>
          )}
          <td class="state-cell">
            <RowLink run={run} within={within} />
            {run.attempt > 1 && <small class="muted"> attempt {run.attempt}</small>}
          </td>
          {withWorkflow && (
            <td class="grow">
              <div class="one-line">
                <Name>{run.workflow_name}</Name>
                <PriorityNote run={run} />
                <LabelsLine labels={run.labels} />
                <ErrorLine error={run.error} />
              </div>
            </td>
          )}
          <td class="who-cell">
            <Name>{run.trigger_name ?? run.user_name}</Name>
          </td>
          <td class="when">
            <Ago at={run.created_at} now={now} />
          </td>
          {withWorkflow ? (
            <td class="number right">
              <Duration run={run} now={now} />
            </td>
          ) : (
            <td class="number rest">
              <div class="one-line">
                <div>
                  <Duration run={run} now={now} />
                </div>
                <PriorityNote run={run} />
                <LabelsLine labels={run.labels} />
                <ErrorLine error={run.error} />
              </div>
            </td>
          )}
          <td class="id-cell">
            <span class="id">
              <code title={run.id}>{shortId(run.id)}</code>
              <Copy text={run.id} label={`Copy the id ${run.id}`} />
            </span>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** The link of a row. The style sheet stretches it over the whole row. */
const RowLink = ({ run, within }: { run: ListedRun; within: string }) => (
  <a
    href={hrefWithin(within, run.id)}
    class="plain row-link"
    aria-label={`${wordOf(shownStateOf(run))}: ${run.workflow_name}, run ${shortId(run.id)}`}
  >
    <Status status={shownStateOf(run)} />
  </a>
);

/** The priority of a run that waits, if it has one. */
const PriorityNote = ({ run: { status, priority } }: { run: ListedRun }) =>
  status === "PENDING" && priority > 0 ? <small class="muted">priority {priority}</small> : null;

const ErrorLine = ({ error }: { error: string | null }) =>
  error === null ? null : (
    <small class="error-line" title={error}>
      <bdi>{error.slice(0, 200)}</bdi>
    </small>
  );
