/** Durations that `ticks.js` updates in the browser. Without JavaScript they stay as they were when the page was made. */
import { formatSeconds, secondsBetween } from "../../format.ts";

/** `now` is the database's clock when the page was made, since the browser's clock may be wrong. */
type Instants = { at: string; now: string };

/** The time until an instant: `4 min 3 s`. When none is left, the page requests its live part again. */
export const TimeLeft = ({ at, now }: Instants) => (
  <span data-tick="left" data-at={at} data-now={now}>
    {formatSeconds(secondsBetween(now, at))}
  </span>
);

/** The time since an instant. */
export const TimePassed = ({ at, now }: Instants) => (
  <span data-tick="passed" data-at={at} data-now={now}>
    {formatSeconds(secondsBetween(at, now))}
  </span>
);

/**
 * The attributes of an SVG `rect` whose width changes with time: from 0 at `from` to `width` at `to`.
 */
export const growing = (instants: { from: string; to: string; now: string; width: number }) => ({
  "data-tick": "grow",
  "data-from": instants.from,
  "data-at": instants.to,
  "data-now": instants.now,
  "data-width": instants.width,
});
