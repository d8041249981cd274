import { Bar, Id, Name, Status, Time, WorkflowName } from "../components.tsx";
import { formatAnnouncement, formatSeconds, secondsBetween } from "../format.ts";
import { TimeLeft, TimePassed } from "../live/ticking.tsx";
import type { ListedRun } from "./view-runs.ts";

/** How long a run has waited or run, and how much of its time a RUNNING one has left. `now` is the database's clock. */
const Duration = ({ run, now }: { run: ListedRun; now: string }) => {
  const { status, begun_at, deadline_at, completed_at, created_at } = run;
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
  const share = secondsBetween(now, deadline_at) / secondsBetween(begun_at, deadline_at);
  return (
    <>
      <TimePassed at={begun_at} now={now} />
      <Bar
        value={share}
        kind={share < 0.2 ? "short" : "left"}
        label="How much of its time is left"
        left={{ from: begun_at, to: deadline_at, now }}
      />
      <small class="muted">
        <TimeLeft at={deadline_at} now={now} /> left
      </small>
    </>
  );
};

type RunListProps = {
  runs: ListedRun[];
  now: string;
  withWorkflow?: boolean;
  /** Begins the ids of the rows: two lists on one page have different names, since both may hold the same run. */
  name?: string;
};

/** Runs as a table, and on a narrow screen as cards. */
export const RunList = ({ runs, now, withWorkflow = true, name = "run" }: RunListProps) => (
  <table class="list runs">
    <thead>
      <tr>
        <th scope="col">State</th>
        {withWorkflow && <th scope="col">Workflow</th>}
        <th scope="col">By</th>
        <th scope="col">Triggered</th>
        <th scope="col">Time</th>
        <th scope="col">Run</th>
      </tr>
    </thead>
    <tbody>
      {runs.map((run) => (
        <tr id={`${name}-${run.id}`} data-announce={formatAnnouncement(run.workflow_name, run)}>
          <td>
            <a href={`/app/runs/${run.id}`} class="plain">
              <Status status={run.status} />
            </a>
            {run.attempt > 1 && <small class="muted"> attempt {run.attempt}</small>}
          </td>
          {withWorkflow && (
            <td class="grow">
              <WorkflowName
                id={run.workflow_definition_id}
                name={run.workflow_name}
                isVisible={run.workflow_is_visible}
              />
              {run.error !== null && (
                <small class="error-line" title={run.error}>
                  <bdi>{run.error.slice(0, 200)}</bdi>
                </small>
              )}
            </td>
          )}
          <td class="who-cell">
            <Name>{run.user_name}</Name>
          </td>
          <td class="when">
            <Time at={run.created_at} />
          </td>
          <td class="number">
            <Duration run={run} now={now} />
          </td>
          <td class="id-cell">
            <Id id={run.id} href={`/app/runs/${run.id}`} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
