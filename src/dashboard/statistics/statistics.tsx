import type { Child } from "hono/jsx";
import { formatSeconds } from "../format.ts";
import { linearScale, linePath } from "../plot.ts";
import { formatStart, formatStep, PERIODS, type Period, stepHref } from "./period.ts";
import { MAX_RUNS_OF_A_STEP, type Percentiles, type Statistics, type Step } from "./view-statistics.ts";

const WIDTH = 720;
const HEIGHT = 170;
const BASE = 26;
const TOP = 22;

const NAMES: Record<Period, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 d" };

type Props = { statistics: Statistics; href: string; workflowId?: string };

/** The outcomes, wait times and run times of a period, with links to the other periods. */
export const StatisticsCard = ({ statistics, href, workflowId }: Props) => {
  const { period, total } = statistics;
  return (
    <section class="card statistics" aria-label="Runs by when they were triggered">
      <div class="head">
        <h2>
          Triggered in the last {NAMES[period]}{" "}
          <small class="muted">
            {total.completed.toLocaleString("en-GB")} completed, {total.failed.toLocaleString("en-GB")} failed
          </small>
        </h2>
        <nav class="actions" aria-label="Period">
          {PERIODS.map((other) => (
            <a href={`${href}?period=${other}`} aria-current={other === period ? "true" : undefined} class="chip">
              {NAMES[other]}
            </a>
          ))}
        </nav>
      </div>
      <OutcomeChart statistics={statistics} workflowId={workflowId} />
      <h3>How long they waited and took</h3>
      <dl class="facts">
        <Percentile name="Wait" percentiles={total.wait} />
        <Percentile name="Run time" percentiles={total.run} />
      </dl>
      <ul class="legend">
        {LINES.map((line) => (
          <li class={line.class}>
            <svg viewBox="0 0 8 8" aria-hidden="true">
              <circle cx="4" cy="4" r="4" />
            </svg>
            {line.name}, 95 % within
          </li>
        ))}
      </ul>
      <TimesChart statistics={statistics} workflowId={workflowId} />
      {statistics.steps.some(({ completed, failed }) => Math.max(completed, failed) >= MAX_RUNS_OF_A_STEP) && (
        <p class="muted">Only the last {MAX_RUNS_OF_A_STEP} runs of each state in each step are counted.</p>
      )}
    </section>
  );
};

const format = (seconds: number | null) => (seconds === null ? "–" : formatSeconds(seconds));

const Percentile = ({ name, percentiles: { median, p95 } }: { name: string; percentiles: Percentiles }) => (
  <>
    <div>
      <dt>{name}, median</dt>
      <dd>{format(median)}</dd>
    </div>
    <div>
      <dt>{name}, 95 % within</dt>
      <dd>{format(p95)}</dd>
    </div>
  </>
);

const describeOutcomes = ({ completed, failed }: Step) =>
  completed + failed === 0 ? "no run" : `${completed} completed, ${failed} failed`;

function describeTimes({ wait, run }: Step): string {
  const of = (name: string, { median, p95 }: Percentiles) =>
    median === null ? [] : [`${name} ${format(median)}, 95 % within ${format(p95)}`];
  const parts = [...of("wait", wait), ...of("run time", run)];
  return parts.length === 0 ? "nothing to measure" : parts.join("; ");
}

type StepLinkProps = {
  step: Step;
  index: number;
  statistics: Statistics;
  workflowId: string | undefined;
  describe: (step: Step) => string;
};

/** The area of a step in a chart. It shows the step's values on hover and focus, and links to its runs. */
const StepLink = ({ step, index, statistics: { period, steps }, workflowId, describe }: StepLinkProps) => {
  const width = WIDTH / steps.length;
  const label = `${formatStep(step.at, period)}: ${describe(step)}`;
  return (
    <a href={stepHref(step.at, period, workflowId)} class="step" aria-label={label}>
      <rect class="hit" x={index * width} width={width} y={TOP} height={HEIGHT - BASE - TOP} />
      <text class="value" x={WIDTH / 2} y={14}>
        {label}
      </text>
    </a>
  );
};

const Axis = ({ statistics: { period, steps } }: { statistics: Statistics }) => (
  <>
    {steps.map((step, index) =>
      index % (steps.length / 4) === 0 ? (
        <text
          class={index > steps.length / 2 ? "tick late" : "tick"}
          x={(index * WIDTH) / steps.length + 2}
          y={HEIGHT - 6}
        >
          {formatStart(step.at, period)}
        </text>
      ) : null,
    )}
    <text class="tick end" x={WIDTH} y={HEIGHT - 6}>
      now (UTC)
    </text>
  </>
);

const Chart = ({ label, children }: { label: string; children: Child }) => (
  <svg class="chart day" viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
    <title>{label}</title>
    {children}
  </svg>
);

type ChartProps = { statistics: Statistics; workflowId: string | undefined };

/** COMPLETED runs above the line, FAILED runs below it. */
const OutcomeChart = ({ statistics, workflowId }: ChartProps) => {
  const { steps } = statistics;
  const most = (of: (step: Step) => number) => Math.max(0, ...steps.map(of));
  const up = most((step) => step.completed);
  const scale = linearScale([0, Math.max(1, up + most((step) => step.failed))], [0, HEIGHT - BASE - TOP - 2]);
  const zero = TOP + scale(up);
  const width = WIDTH / steps.length;
  return (
    <Chart label="Outcomes, step by step">
      {steps.map((step, index) => (
        <g>
          <rect
            class="up"
            x={index * width + 2}
            width={width - 4}
            y={zero - scale(step.completed)}
            height={scale(step.completed)}
            rx="2"
          />
          <rect class="down" x={index * width + 2} width={width - 4} y={zero + 1} height={scale(step.failed)} rx="2" />
        </g>
      ))}
      <line class="axis" x2={WIDTH} y1={zero} y2={zero} />
      <Axis statistics={statistics} />
      {steps.map((step, index) => (
        <StepLink {...{ step, index, statistics, workflowId }} describe={describeOutcomes} />
      ))}
    </Chart>
  );
};

const LINES = [
  { class: "line wait", name: "wait", of: (step: Step) => step.wait.p95 },
  { class: "line run", name: "run time", of: (step: Step) => step.run.p95 },
];

/** The 95th percentiles of the wait and run times. A step without runs leaves a gap in the lines. */
const TimesChart = ({ statistics, workflowId }: ChartProps) => {
  const { steps } = statistics;
  const values = steps.flatMap((step) => LINES.flatMap(({ of }) => of(step) ?? []));
  const longest = Math.max(1, ...values);
  const y = linearScale([0, longest], [HEIGHT - BASE, TOP + 6]);
  const x = (index: number) => ((index + 0.5) * WIDTH) / steps.length;
  return (
    <Chart label="Wait and run time, step by step">
      <line class="axis" x2={WIDTH} y1={y(0)} y2={y(0)} />
      <line class="axis" x2={WIDTH} y1={y(longest)} y2={y(longest)} />
      <text class="tick end" x={WIDTH} y={y(longest) - 3}>
        {formatSeconds(longest)}
      </text>
      {LINES.map((line) => {
        const points = steps.map((step, index): [number, number] | null => {
          const value = line.of(step);
          return value === null ? null : [x(index), y(value)];
        });
        return (
          <g class={line.class}>
            <path d={linePath(points)} />
            {points.map((point) => point && <circle cx={point[0]} cy={point[1]} r="3" />)}
          </g>
        );
      })}
      <Axis statistics={statistics} />
      {steps.map((step, index) => (
        <StepLink {...{ step, index, statistics, workflowId }} describe={describeTimes} />
      ))}
    </Chart>
  );
};
