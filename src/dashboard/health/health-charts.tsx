import { formatSeconds, plural } from "../format.ts";
import { linearScale, linePath } from "../plot.ts";
import type { Hour } from "./view-health.ts";

const WIDTH = 720;
const HEIGHT = 170;
const BASE = 22;
const HOURS = 24;

/** The right edge of an hour; the hour that ends now is the last one at the right. */
const x = linearScale([HOURS, 0], [0, WIDTH]);

const Axis = () => (
  <>
    {[24, 18, 12, 6].map((hours) => (
      <text class="tick" x={x(hours) + 2} y={HEIGHT - 6}>
        {hours} h ago
      </text>
    ))}
    <text class="tick end" x={WIDTH} y={HEIGHT - 6}>
      now
    </text>
  </>
);

const hoursAgo = (hour: number) => (hour === 0 ? "the last hour" : `${hour} to ${hour + 1} hours ago`);

/** The runs that ended in each hour: COMPLETED above the line, FAILED below it. */
export const EndedChart = ({ hours }: { hours: readonly Hour[] }) => {
  const sum = (of: (hour: Hour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  const most = (of: (hour: Hour) => number) => Math.max(0, ...hours.map(of));
  const [up, down] = [most((h) => h.completed), most((h) => h.failed)];
  const scale = linearScale([0, Math.max(1, up + down)], [0, HEIGHT - BASE - 12]);
  const zero = 6 + scale(up);
  const label = `In the last 24 hours ${sum((h) => h.completed).toLocaleString("en-GB")} runs completed and ${sum((h) => h.failed).toLocaleString("en-GB")} failed`;
  return (
    <svg class="chart day" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <title>{label}</title>
      {hours.map(({ hour, completed, failed }) => (
        <g>
          <title>{`${hoursAgo(hour)}: ${completed} completed, ${failed} failed`}</title>
          <rect class="hit" x={x(hour + 1)} width={x(hour) - x(hour + 1)} height={HEIGHT - BASE} />
          <rect
            class="up"
            x={x(hour + 1) + 2}
            width={x(hour) - x(hour + 1) - 4}
            y={zero - scale(completed)}
            height={scale(completed)}
            rx="2"
          />
          <rect
            class="down"
            x={x(hour + 1) + 2}
            width={x(hour) - x(hour + 1) - 4}
            y={zero + 1}
            height={scale(failed)}
            rx="2"
          />
        </g>
      ))}
      <line class="axis" x2={WIDTH} y1={zero} y2={zero} />
      <Axis />
    </svg>
  );
};

/** The longest time from a deadline to the sweep that recorded it, for each hour. Hours without time-outs are gaps. */
export const LagChart = ({ hours }: { hours: readonly Hour[] }) => {
  const longest = Math.max(60, ...hours.map((hour) => hour.lag_max_seconds ?? 0));
  const y = linearScale([0, longest], [HEIGHT - BASE, 26]);
  const middle = ({ hour }: Hour) => x(hour + 0.5);
  const points = hours.filter((hour) => hour.lag_max_seconds !== null);
  const path = linePath(
    hours.map((hour) => (hour.lag_max_seconds === null ? null : [middle(hour), y(hour.lag_max_seconds)])),
  );
  const timedOut = hours.reduce((total, hour) => total + hour.timed_out, 0);
  const label = `${plural(timedOut, "run")} timed out in the last 24 hours; the longest wait for the sweep was ${formatSeconds(Math.max(0, ...points.map((hour) => hour.lag_max_seconds ?? 0)))}`;
  return (
    <svg class="chart day" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <title>{label}</title>
      {[0, 0.5, 1].map((share) => (
        <>
          <line class="axis" x2={WIDTH} y1={y(longest * share)} y2={y(longest * share)} />
          <text class="tick end" x={WIDTH} y={y(longest * share) - 3}>
            {formatSeconds(longest * share)}
          </text>
        </>
      ))}
      <path class="lag" d={path} />
      {points.map((hour) => (
        <circle class="lag-point" cx={middle(hour)} cy={y(hour.lag_max_seconds ?? 0)} r="4">
          <title>{`${hoursAgo(hour.hour)}: ${plural(hour.timed_out, "run")}, up to ${formatSeconds(hour.lag_max_seconds ?? 0)} late`}</title>
        </circle>
      ))}
      <Axis />
    </svg>
  );
};
