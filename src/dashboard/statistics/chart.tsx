/**
 * A chart of several steps. What is drawn is an SVG that is stretched to the width of the page. Over it lies a list of the steps: a step
 * with runs is a link to them, and says its values on hover and focus, at its place. `chart.js` lets the reader choose several steps.
 */
import type { Child } from "hono/jsx";
import { linearScale, type Ticks } from "../plot.ts";
import { endedRunsHref, minutesOf } from "./kit/range.ts";
import type { Statistics, Step } from "./kit/view-statistics.ts";
import { type Parts, partsOf, StepTime } from "./step-time.tsx";

/** The height in pixels, which the style sheet repeats. */
const HEIGHT = 150;
/** What is left free above and below the ticks, so that their words fit. */
const MARGIN = 8;
/** The width of a step in the SVG. Its unit is no pixel. */
export const STEP_WIDTH = 10;
/** Wide enough for `1 min 30 s`. */
const SCALE_WIDTH = 68;

/** The height at which a value is drawn. */
export const heights = ({ above, below }: Ticks) => linearScale([-below, above], [HEIGHT - MARGIN, MARGIN]);

type ChartProps = {
  id: string;
  label: string;
  statistics: Statistics;
  workflowId: string | undefined;
  ticks: Ticks;
  /** The words for a tick. */
  format: (value: number) => string;
  /** The values of a step in words; null for a step where nothing is drawn. */
  describe: (step: Step) => string | null;
  /** What is drawn, in SVG. */
  children: Child;
};

export const Chart = ({ id, label, statistics, workflowId, ticks, format, describe, children }: ChartProps) => {
  const { steps, range } = statistics;
  const y = heights(ticks);
  const parts = partsOf(range);
  return (
    <figure class="chart" aria-label={label}>
      <svg
        class="scale"
        viewBox={`0 0 ${SCALE_WIDTH} ${HEIGHT}`}
        width={SCALE_WIDTH}
        height={HEIGHT}
        aria-hidden="true"
      >
        {ticks.values.map((value) => (
          <text x={SCALE_WIDTH - 6} y={y(value) + 4}>
            {format(Math.abs(value))}
          </text>
        ))}
      </svg>
      <div class="plot" id={id} data-list={endedRunsHref(workflowId)} data-parts={parts}>
        <svg viewBox={`0 0 ${steps.length * STEP_WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {ticks.values.map((value) => (
            <path class={value === 0 ? "axis zero" : "axis"} d={`M0,${y(value)}H${steps.length * STEP_WIDTH}`} />
          ))}
          {steps.map(
            ({ isCounted }, index) =>
              !isCounted && <rect class="uncounted" x={index * STEP_WIDTH} width={STEP_WIDTH} height={HEIGHT} />,
          )}
          {children}
        </svg>
        <ol class="steps">
          {steps.map((step, index) => (
            <StepItem
              step={step}
              parts={parts}
              words={describe(step)}
              place={Math.round((10 * (index + 0.5)) / steps.length)}
              workflowId={workflowId}
            />
          ))}
        </ol>
        <p class="tip chosen" role="status" hidden />
      </div>
      <TimeAxis steps={steps} parts={parts} isOpen={range.given === null} />
    </figure>
  );
};

type StepItemProps = { step: Step; parts: Parts; words: string | null; place: number; workflowId: string | undefined };

/** `place` is where the step is, in tenths of the width: its words are there. */
const StepItem = ({ step, parts, words, place, workflowId }: StepItemProps) => {
  const minutes = minutesOf(step.at, step.end);
  return (
    <li
      class="step"
      data-from={minutes.from}
      data-to={minutes.to}
      data-completed={step.completed}
      data-failed={step.failed}
    >
      {words !== null && (
        <a href={endedRunsHref(workflowId, minutes)}>
          <span class={`tip at-${place}`}>
            <StepTime at={step.at} parts={parts} /> – <StepTime at={step.end} parts={parts} />: {words}
          </span>
        </a>
      )}
    </li>
  );
};

/** The beginnings of some steps, evenly spaced. */
const TimeAxis = ({ steps, parts, isOpen }: { steps: readonly Step[]; parts: Parts; isOpen: boolean }) => {
  const every = Math.ceil(steps.length / 4);
  const last = steps.at(-1);
  return (
    <ol class="times" aria-hidden="true">
      {steps.map(({ at }, index) => (
        <li class={index > steps.length / 2 ? "late" : undefined}>
          {index % every === 0 && index < steps.length - every / 2 && <StepTime at={at} parts={parts} />}
        </li>
      ))}
      <li class="end">{isOpen ? "now" : last && <StepTime at={last.end} parts={parts} />}</li>
    </ol>
  );
};
