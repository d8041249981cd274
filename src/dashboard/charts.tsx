/** Charts, drawn on the server as SVG. The label of each describes in words what it shows. */
import { formatSeconds, percent, plural } from "./format.ts";
import type { Outcomes } from "./workflows/view-workflows.ts";

const STRIP = { count: 20, step: 7, width: 5, height: 22 };

/** How the latest runs ended, with the newest at the right. FAILED runs have shorter, red bars. */
export const Strip = ({ outcomes }: { outcomes: Outcomes }) => {
  const strip = outcomes.strip.toReversed();
  const failed = strip.filter(([status]) => status === "FAILED").length;
  const label = `The last ${plural(strip.length, "run")}: ${strip.length - failed} completed, ${failed} failed`;
  const first = STRIP.count - strip.length;
  if (strip.length === 0) return <span class="muted">none has ended</span>;
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
      {strip.map(([status], index) => {
        const y = status === "COMPLETED" ? 0 : STRIP.height / 2;
        return (
          <rect
            class={status.toLowerCase()}
            x={(first + index) * STRIP.step}
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
