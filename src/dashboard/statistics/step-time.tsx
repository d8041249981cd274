import type { ChartRange } from "./kit/range.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** What is shown of an instant in a chart: `13:00`, `Mon 13:00` or `30 Nov`. */
export type Parts = "clock" | "weekday" | "day";

export const partsOf = ({ period, stepSeconds }: ChartRange): Parts =>
  stepSeconds >= 86_400 ? "day" : period === "1h" || period === "24h" ? "clock" : "weekday";

/**
 * The boundary of a step. It is in UTC, and `app.js` replaces it by the local time, except for days, which are those of UTC. Not by `Intl`,
 * which is slow to start in a Worker.
 */
export const StepTime = ({ at, parts }: { at: string; parts: Parts }) => (
  <time datetime={at} data-parts={parts}>
    {wordsOf(at, parts)}
  </time>
);

function wordsOf(at: string, parts: Parts): string {
  const instant = new Date(at);
  if (parts === "day") return `${instant.getUTCDate()} ${MONTHS[instant.getUTCMonth()]}`;
  const time = at.slice(11, 16);
  return parts === "weekday" ? `${WEEKDAYS[instant.getUTCDay()]} ${time}` : time;
}
