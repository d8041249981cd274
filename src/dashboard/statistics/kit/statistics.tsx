import { ASSETS } from "../../../http/assets/folder.ts";
import { Table, WorkflowName } from "../../components.tsx";
import { formatSeconds, plural } from "../../format.ts";
import { countTicks, linePath, secondTicks } from "../../plot.ts";
import { Before, Trend } from "../before.tsx";
import { Chart, heights, STEP_WIDTH } from "../chart.tsx";
import { partsOf, StepTime } from "../step-time.tsx";
import { PERIOD_NAMES, type Period } from "./range.ts";
import {
  MAX_COUNTED_RUNS,
  MAX_MEASURED,
  type Percentiles,
  type Statistics,
  type Step,
  type Times,
} from "./view-statistics.ts";

const NAMES: Record<Period, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d" };

type Props = { statistics: Statistics; href: string; workflowId?: string };

const count = (value: number) => value.toLocaleString("en-GB");

const sumsOf = ({ completed, failed }: { completed: number; failed: number }) =>
  completed + failed === 0 ? "no run has ended" : `${count(completed)} completed, ${count(failed)} failed`;

/** The outcomes, wait times and run times of a range, with links to the usual periods. */
export const StatisticsCard = ({ statistics, href, workflowId }: Props) => {
  const { range, isCut, isSampled, total, before, workflows } = statistics;
  const sums = sumsOf(statistics);
  return (
    <section class="card statistics" aria-label={`Runs by when they ${range.isSummed ? "ended" : "were triggered"}`}>
      <div class="head">
        <h2>
          <RangeName statistics={statistics} />{" "}
          <small class="muted">{isCut ? `the last of them: ${sums}` : sums}</small>
        </h2>
        <nav class="actions" aria-label="Period">
          {PERIOD_NAMES.map((other) => (
            <a href={`${href}?period=${other}`} aria-current={other === range.period ? "true" : undefined} class="chip">
              {NAMES[other]}
            </a>
          ))}
        </nav>
      </div>
      <Before statistics={statistics}>
        In the {range.period === null ? "time before, which is as long" : `${NAMES[range.period]} before`}:{" "}
        {before === null ? "too many runs to compare" : sumsOf(before)}
      </Before>
      {range.isTooLong && (
        <p class="notice">
          Charts show up to {range.period === null ? "7 days" : "90 days"}, so these are the last{" "}
          {range.period === null ? "7 days" : "90 days"} of that time.
        </p>
      )}
      {isCut && (
        <p class="notice">
          More than {count(MAX_COUNTED_RUNS)} runs were triggered in this time. Only the steps that are complete are
          shown: choose a shorter time to see the others.
        </p>
      )}
      {/* Charts without runs have only their axes: then nothing moves when the first run ends. */}
      <OutcomeChart statistics={statistics} workflowId={workflowId} />
      <h3>
        How long they waited and took{" "}
        {isSampled && <small class="muted">measured for the last {count(MAX_MEASURED)} of each state</small>}
      </h3>
      <dl class="facts">
        <Percentile name="Wait" now={total.wait} before={before?.wait} />
        <Percentile name="Run time" now={total.run} before={before?.run} />
      </dl>
      <TimesChart statistics={statistics} workflowId={workflowId} />
      {range.isSummed && (
        <p class="muted">
          These are the runs of the workflows that you may see, counted by when they ended. A step opens the list of the
          runs that were triggered in it.{partsOf(range) === "day" && " Days are those of UTC."}
        </p>
      )}
      <p class="muted unscripted">The times are in UTC.</p>
      {workflows.length > 0 && <ByWorkflow statistics={statistics} />}
    </section>
  );
};

/** With it, a range of a chart can be chosen. */
export const ChartScript = () => <script type="module" src={`${ASSETS}/chart.js`} />;

const RangeName = ({ statistics: { range, steps } }: { statistics: Statistics }) => {
  const [first, last] = [steps[0], steps.at(-1)];
  const did = range.isSummed ? "Ended" : "Triggered";
  if (range.period !== null || !first || !last) {
    return (
      <>
        {did} in the last {NAMES[range.period ?? "24h"]}
      </>
    );
  }
  return (
    <>
      {did} <StepTime at={first.at} parts="weekday" /> – <StepTime at={last.end} parts="weekday" />
    </>
  );
};

const format = (seconds: number | null) => (seconds === null ? "–" : formatSeconds(seconds));

type PercentileProps = { name: string; now: Percentiles; before: Percentiles | undefined };

const Percentile = ({ name, now, before }: PercentileProps) => (
  <>
    {(["median", "p95"] as const).map((which) => (
      <div>
        <dt>
          {name}, {which}
        </dt>
        <dd>
          {format(now[which])}
          {before != null && before[which] !== null && (
            <small class="muted">
              {" "}
              before {format(before[which])} <Trend now={now[which]} before={before[which]} />
            </small>
          )}
        </dd>
      </div>
    ))}
  </>
);

type ChartProps = { statistics: Statistics; workflowId: string | undefined };

const describeOutcomes = ({ completed, failed }: Step) =>
  completed + failed === 0 ? null : `${count(completed)} completed, ${count(failed)} failed`;

/** COMPLETED runs above the line, FAILED runs below it. */
const OutcomeChart = ({ statistics, workflowId }: ChartProps) => {
  const { steps } = statistics;
  const most = (of: (step: Step) => number) => Math.max(0, ...steps.map(of));
  const ticks = countTicks(
    most((step) => step.completed),
    most((step) => step.failed),
  );
  const y = heights(ticks);
  const bar = (kind: string, index: number, top: number, bottom: number) =>
    bottom > top && (
      <rect class={kind} x={index * STEP_WIDTH + 1} width={STEP_WIDTH - 2} y={top} height={bottom - top} />
    );
  return (
    <Chart
      id="chart-outcomes"
      label="Outcomes, step by step: completed above the line, failed below it"
      {...{ statistics, workflowId, ticks }}
      format={count}
      describe={describeOutcomes}
    >
      {steps.map((step, index) => (
        <>
          {bar("up", index, y(step.completed), y(0))}
          {bar("down", index, y(0), y(-step.failed))}
        </>
      ))}
    </Chart>
  );
};

const LINES = [
  { kind: "wait", name: "Wait", of: ({ wait }: Times) => wait },
  { kind: "run", name: "Run time", of: ({ run }: Times) => run },
];

function describeTimes(step: Step): string | null {
  const parts = LINES.flatMap(({ name, of }) => {
    const { median, p95 } = of(step);
    return median === null ? [] : [`${name.toLowerCase()} ${format(median)}, p95 ${format(p95)}`];
  });
  return parts.length === 0 ? null : parts.join("; ");
}

/** The 95th percentiles of the wait and run times. A step without runs leaves a gap in the lines. */
const TimesChart = ({ statistics, workflowId }: ChartProps) => {
  const { steps } = statistics;
  const values = steps.flatMap((step) => LINES.flatMap(({ of }) => of(step).p95 ?? []));
  const ticks = secondTicks(Math.max(0.1, ...values));
  const y = heights(ticks);
  return (
    <>
      <ul class="legend">
        {LINES.map(({ kind, name }) => (
          <li class={`line ${kind}`}>
            <svg viewBox="0 0 8 8" aria-hidden="true">
              <circle cx="4" cy="4" r="4" />
            </svg>
            {name}, p95
          </li>
        ))}
      </ul>
      <Chart
        id="chart-times"
        label="Wait and run time, step by step"
        {...{ statistics, workflowId, ticks }}
        format={(value) => (value === 0 ? "0" : formatSeconds(value))}
        describe={describeTimes}
      >
        {LINES.map(({ kind, of }) => {
          const points = steps.map((step, index): [number, number] | null => {
            const { p95 } = of(step);
            return p95 === null ? null : [(index + 0.5) * STEP_WIDTH, y(p95)];
          });
          return (
            <g class={`line ${kind}`}>
              <path d={linePath(points)} />
              <path class="dots" d={points.flatMap((point) => (point ? [`M${point.join(",")}h0`] : [])).join("")} />
            </g>
          );
        })}
      </Chart>
    </>
  );
};

/** How long the runs of each workflow waited and took. */
const ByWorkflow = ({ statistics: { workflows, workflowsSince, range, isSampled } }: { statistics: Statistics }) => (
  <>
    <h3>
      By workflow{" "}
      <small class="muted">
        {isSampled ? `of the last ${count(MAX_MEASURED)} runs of each state` : "those with the most runs first"}
        {workflowsSince !== null && (
          <>
            , since <StepTime at={workflowsSince} parts={partsOf(range)} />
          </>
        )}
      </small>
    </h3>
    <Table
      kind="by-workflow"
      columns={["Workflow"]}
      numbers={["Runs", "Failed", "Wait, median", "p95", "Run time, median", "p95"]}
    >
      {workflows.map(({ id, name, is_visible, completed, failed, wait, run }) => (
        <tr>
          <td class="grow">
            <WorkflowName id={id} name={name} isVisible={is_visible} query={`?${range.query}`} />
          </td>
          <td class="number right" data-label="Ended">
            {plural(completed + failed, "run")}
          </td>
          <td class="number right" data-label="Failed">
            {count(failed)}
          </td>
          <td class="number right" data-label="Wait, median">
            {format(wait.median)}
          </td>
          <td class="number right" data-label="Wait, p95">
            {format(wait.p95)}
          </td>
          <td class="number right" data-label="Run time, median">
            {format(run.median)}
          </td>
          <td class="number right" data-label="Run time, p95">
            {format(run.p95)}
          </td>
        </tr>
      ))}
    </Table>
  </>
);
