import { MedianDuration, Strip, SuccessRate } from "../charts.tsx";
import { Ago, Empty, Live, Name, Pages } from "../components.tsx";
import { Page } from "../layout.tsx";
import { Status, StopClock, shownStateOf, TimeUsed } from "../run-state.tsx";
import { type ListQuery, ListSearch, listHref, SortedHead } from "../search/kit/found-list.tsx";
import { sizeOf } from "./runs/its-runs.tsx";
import type { ListedWorkflow, WorkflowOrder, WorkflowsView } from "./view-workflows.ts";

const Paused = () => (
  <span class="status pending">
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5.500 3.500v9M10.500 3.500v9" />
    </svg>
    PAUSED
  </span>
);

/**
 * The user whose run holds the slot, its state unless it is simply RUNNING, and how much of its time is used. Of a workflow with
 * several slots: how many are held.
 */
export const Slot = ({
  workflow,
  now,
}: {
  workflow: Pick<ListedWorkflow, "holder" | "running" | "max_running" | "is_active" | "obstacle">;
  now: string;
}) => {
  const { holder, running, max_running } = workflow;
  if (holder === null) {
    if (workflow.obstacle === "paused") return <Paused />;
    return <span class="muted">{workflow.obstacle === null ? "free" : "no runner"}</span>;
  }
  if (max_running > 1 || running > 1) {
    return (
      <>
        {running} of {max_running} {!workflow.is_active && <small class="muted">then paused</small>}
      </>
    );
  }
  const state = shownStateOf(holder);
  const note = workflow.is_active ? "" : ", then paused";
  return (
    <>
      <a href={`/app/runs/${holder.id}`}>
        <Name>{holder.user_name}</Name>
      </a>{" "}
      {state !== "RUNNING" && (
        <>
          <Status status={state} />{" "}
        </>
      )}
      {state === "STOPPING" ? (
        <StopClock run={holder} now={now} />
      ) : (
        <TimeUsed from={holder.begun_at} deadline={holder.deadline_at} now={now} note={note} />
      )}
    </>
  );
};

type Props = { view: WorkflowsView; limit: number; query: ListQuery<WorkflowOrder> };

export const WorkflowsPage = ({ view, limit, query }: Props) => (
  <Page title="Workflows" section="workflows" caller={view.caller}>
    <div class="head">
      <h1>Workflows</h1>
      <div class="actions">
        <a class="button" href="/app/triggers">
          Triggers
        </a>
        {view.caller.is_administrator && (
          <>
            <a class="button" href="/app/runners">
              Runners
            </a>
            <a class="button primary" href="/app/workflows/new">
              New workflow
            </a>
          </>
        )}
      </div>
    </div>
    <ListSearch query={query} label="Search by name" />
    <Live href={listHref(query, "newest")}>
      {view.workflows.length === 0 ? (
        <Empty title={query.words === "" ? "There is no workflow yet." : "No workflows match."}>
          <p>
            {view.caller.is_administrator
              ? "A workflow defines which files a run reads and writes, and which runner takes it."
              : "Ask an OWNER or ADMIN for permission to see one."}
          </p>
        </Empty>
      ) : (
        <table class="list workflows rows-lead">
          <thead>
            <tr>
              <SortedHead query={query} first="newest" by="name" reversed="name_reversed">
                Workflow
              </SortedHead>
              <th scope="col">Slot</th>
              <th scope="col" class="right">
                Queue
              </th>
              <th scope="col">Last 20</th>
              <th scope="col" class="right">
                Success
              </th>
              <th scope="col" class="right">
                Median
              </th>
              <SortedHead query={query} first="newest" by="newest" reversed="oldest" direction="descending">
                Created
              </SortedHead>
            </tr>
          </thead>
          <tbody>
            {view.workflows.map((workflow) => (
              <tr id={`workflow-${workflow.id}`}>
                <td class="grow">
                  <a class="row-link" href={`/app/workflows/${workflow.id}`}>
                    <Name>{workflow.name}</Name>
                  </a>
                  {workflow.description && (
                    <small class="muted line">
                      <bdi>{workflow.description.slice(0, 200)}</bdi>
                    </small>
                  )}
                </td>
                <td class="slot">
                  <Slot workflow={workflow} now={view.now} />
                </td>
                <td class="number right" data-label="Queue">
                  {workflow.queued > 0 ? sizeOf(workflow.queued) : <span class="muted">empty</span>}
                </td>
                <td>
                  <Strip outcomes={workflow} />
                </td>
                <td class="number right" data-label="Success">
                  <SuccessRate outcomes={workflow} />
                </td>
                <td class="number right" data-label="Median">
                  <MedianDuration outcomes={workflow} />
                </td>
                <td class="when">
                  <Ago at={workflow.created_at} now={view.now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pages
        total={view.total}
        limit={limit}
        offset={query.offset}
        href={(next) => listHref({ ...query, offset: next }, "newest")}
      />
    </Live>
  </Page>
);
