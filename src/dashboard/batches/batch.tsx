import type { RunStatus } from "../../db/enums.ts";
import type { Caller } from "../caller.ts";
import { Ago, CopyCurl, Empty, Fact, Id, Live, Name, Time, WorkflowName } from "../components.tsx";
import { plural } from "../format.ts";
import { Page } from "../layout.tsx";
import { RunList } from "../runs/kit/run-list.tsx";
import { Trail } from "../trail.tsx";
import type { ViewedBatch } from "./view-batch.ts";

type Props = { caller: Caller; batch: ViewedBatch; now: string; origin: string };

/** The parts of the bar in their order, and the words for each. */
const PARTS = [
  { state: "COMPLETED", field: "completed" },
  { state: "FAILED", field: "failed" },
  { state: "RUNNING", field: "running" },
  { state: "PENDING", field: "pending" },
] as const satisfies readonly { state: RunStatus; field: keyof ViewedBatch }[];

export const BatchPage = ({ caller, batch, now, origin }: Props) => (
  <Page title={`Batch of ${batch.workflow.name}`} section="runs" caller={caller}>
    <Trail to={[["/app/runs", "Runs"]]}>
      Batch <Id id={batch.id} />
    </Trail>
    <Live
      href={`/app/batches/${batch.id}`}
      listen={batch.ended_at === null ? `/app/changes?workflow=${batch.workflow_definition_id}` : null}
    >
      <div class="head" id="head" data-announce={announcementOf(batch)}>
        <h1>
          {plural(batch.run_count, "run")} of <Name>{batch.workflow.name}</Name>
        </h1>
        <div class="actions">
          <CopyCurl url={`${origin}/v1/run-batches/${batch.id}`} />
        </div>
      </div>
      <section class="card" aria-label="How its runs stand">
        <BatchBar batch={batch} />
        <dl class="facts">
          {PARTS.map(({ state, field }) => (
            <Fact name={state}>
              <a href={runsOf(batch, state)}>{batch[field].toLocaleString("en-GB")}</a>
            </Fact>
          ))}
          {batch.deleted > 0 && <Fact name="Deleted">{batch.deleted.toLocaleString("en-GB")}</Fact>}
        </dl>
      </section>
      <About batch={batch} now={now} />
      <section>
        <h2>Runs</h2>
        {batch.runs.length > 0 ? (
          <RunList runs={batch.runs} now={now} withWorkflow={false} />
        ) : (
          <Empty title="All its runs were deleted." />
        )}
        {batch.runs.length > 0 && (
          <p class="more">
            <a href={runsOf(batch)}>All its runs, to filter them, or to stop, retry or delete them together</a>
          </p>
        )}
      </section>
    </Live>
  </Page>
);

const runsOf = ({ id }: ViewedBatch, status?: RunStatus): string =>
  `/app/runs?${new URLSearchParams({ ...(status && { status }), batch: id })}`;

const endedOf = ({ completed, failed, deleted }: ViewedBatch) => completed + failed + deleted;

const announcementOf = (batch: ViewedBatch): string =>
  batch.ended_at === null
    ? `${endedOf(batch)} of ${batch.run_count} runs of the batch have ended`
    : `The batch has ended: ${batch.completed} completed, ${batch.failed} failed`;

/** What share of the runs is in each state, as one bar. */
const BatchBar = ({ batch }: { batch: ViewedBatch }) => {
  const label = `${announcementOf(batch)}.`;
  let from = 0;
  const parts = PARTS.map(({ state, field }) => {
    const x = from;
    from += batch[field];
    return { state, x, width: batch[field] };
  });
  return (
    <>
      <p>
        <strong>{endedOf(batch).toLocaleString("en-GB")}</strong> of {batch.run_count.toLocaleString("en-GB")} have
        ended
        {batch.failed > 0 && `, ${batch.failed.toLocaleString("en-GB")} of them FAILED`}.
      </p>
      <svg
        class="bar batch-bar"
        viewBox={`0 0 ${batch.run_count} 6`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <title>{label}</title>
        <rect class="track" width={batch.run_count} height="6" />
        {parts.map(({ state, x, width }) => (
          <rect class={state.toLowerCase()} x={x} width={width} height="6" />
        ))}
      </svg>
    </>
  );
};

const About = ({ batch, now }: { batch: ViewedBatch; now: string }) => (
  <section class="card">
    <h2>About</h2>
    <dl class="rows">
      <Fact name="Workflow">
        <WorkflowName
          id={batch.workflow_definition_id}
          name={batch.workflow.name}
          isVisible={batch.workflow.is_visible}
        />
      </Fact>
      <Fact name="Triggered by">
        <Name>{batch.user_name}</Name>
      </Fact>
      <Fact name="Triggered">
        <Ago at={batch.created_at} now={now} focusable />
      </Fact>
      <Fact name="Ended">{batch.ended_at === null ? "not yet" : <Time at={batch.ended_at} withSeconds />}</Fact>
      {batch.idempotency_key !== null && (
        <Fact name="Idempotency key">
          <bdi class="wrap">{batch.idempotency_key}</bdi>
        </Fact>
      )}
    </dl>
  </section>
);
