/** Charts, drawn on the server as SVG. Each has a label that says in words what it shows. */
import { formatSeconds, percent, plural } from "./format.ts";
import { linearScale } from "./plot.ts";
import type { Outcomes } from "./workflows/view-workflows.ts";

const STRIP = { count: 20, step: 7, width: 5, height: 22 };

/** How the last runs ended, the latest at the right. FAILED runs have shorter, red bars. */
export const Strip = ({ outcomes }: { outcomes: Outcomes }) => {
  const strip = outcomes.strip.toReversed();
  const failed = strip.filter(([status]) => status === "FAILED").length;
  const label =
    strip.length === 0
      ? "No run has ended yet"
      : `The last ${plural(strip.length, "run")}: ${strip.length - failed} completed, ${failed} failed`;
  const first = STRIP.count - strip.length;
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${STRIP.count * STRIP.step - 2} ${STRIP.height}`}
      width={STRIP.count * STRIP.step - 2}
      height={STRIP.height}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {Array.from({ length: STRIP.count }, (_, place) => {
        const status = strip[place - first]?.[0];
        const y = status === "COMPLETED" ? 0 : status === "FAILED" ? STRIP.height / 2 : STRIP.height - 3;
        return (
          <rect
            class={status?.toLowerCase() ?? "none"}
            x={place * STRIP.step}
            y={y}
            width={STRIP.width}
            height={STRIP.height - y}
            rx="1.5"
          />
        );
      })}
    </svg>
  );
};

export const SuccessRate = ({ outcomes: { completed, ended } }: { outcomes: Outcomes }) =>
  ended === 0 ? <span class="muted">–</span> : <span>{percent(completed, ended)}</span>;

export const MedianDuration = ({ outcomes: { median_seconds } }: { outcomes: Outcomes }) =>
  median_seconds === null ? <span class="muted">–</span> : <span>{formatSeconds(median_seconds)}</span>;

const HISTOGRAM = { width: 640, height: 180, left: 4, right: 4, top: 24, bottom: 26, bins: 24 };

/** The values that the axis may be labelled with; those above the limit are left out. */
const TICKS_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400];

/** How long runs took, against their limit. The axis is logarithmic, since runs take from seconds to hours. */
export const Histogram = ({ durations, limitSeconds }: { durations: readonly number[]; limitSeconds: number }) => {
  const { width, height, left, right, top, bottom, bins } = HISTOGRAM;
  const shortest = Math.min(...durations);
  const first = TICKS_SECONDS.findLast((seconds) => seconds <= shortest * 0.8) ?? 1;
  const log = (seconds: number) => Math.log(Math.max(first, seconds));
  const binOf = linearScale([log(first), log(limitSeconds)], [0, bins]);
  const x = linearScale([log(first), log(limitSeconds)], [left, width - right - 60]);
  const logOfEdge = linearScale([0, bins], [log(first), log(limitSeconds)]);
  const edge = (bin: number) => Math.exp(logOfEdge(bin));
  const counts = Array.from({ length: bins }, () => 0);
  for (const seconds of durations) {
    const bin = Math.min(bins - 1, Math.floor(binOf(log(seconds))));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const y = linearScale([0, most], [height - bottom, top]);
  const label = `How long the last ${plural(durations.length, "completed run")} took, against the limit of ${formatSeconds(limitSeconds)}`;
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      {counts.map((count, bin) => {
        const from = x(log(edge(bin)));
        return count === 0 ? null : (
          <rect
            class="histogram-bar"
            x={from.toFixed(1)}
            y={y(count).toFixed(1)}
            width={Math.max(1, x(log(edge(bin + 1))) - from - 1.5).toFixed(1)}
            height={(height - bottom - y(count)).toFixed(1)}
            rx="2"
          >
            <title>{`${plural(count, "run")}: ${formatSeconds(edge(bin))} to ${formatSeconds(edge(bin + 1))}`}</title>
          </rect>
        );
      })}
      <line class="axis" x1={left} x2={width - right} y1={height - bottom} y2={height - bottom} />
      <line class="axis" x1={left} x2={width - right} y1={top} y2={top} />
      <text class="tick" x={left} y={top - 4}>
        {plural(most, "run")}
      </text>
      {TICKS_SECONDS.filter((seconds) => seconds >= first && seconds <= limitSeconds * 0.75).map((seconds) => (
        <text class="tick" x={x(log(seconds)).toFixed(1)} y={height - 8}>
          {formatSeconds(seconds).replace(".0", "")}
        </text>
      ))}
      <line class="limit" x1={x(log(limitSeconds))} x2={x(log(limitSeconds))} y1={top} y2={height - bottom} />
      <text class="tick limit-label" x={x(log(limitSeconds)) + 6} y={top + 18}>
        limit
      </text>
      <text class="tick" x={x(log(limitSeconds)) - 4} y={height - 8}>
        {formatSeconds(limitSeconds)}
      </text>
    </svg>
  );
};
