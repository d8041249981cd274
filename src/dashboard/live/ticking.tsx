/** Durations that `ticks.js` keeps up to date in the browser. Without it they are as of when the page was made. */
import { formatSeconds, secondsBetween } from "../format.ts";

/** `now` is the database's clock when the page was made: the browser's may be wrong. */
type Instants = { at: string; now: string };

/** How long it is until an instant: `4 min 3 s`. When none is left, the page asks how things stand. */
export const TimeLeft = ({ at, now }: Instants) => (
  <span data-tick="left" data-at={at} data-now={now}>
    {formatSeconds(secondsBetween(now, at))}
  </span>
);

/** How long ago an instant was. */
export const TimePassed = ({ at, now }: Instants) => (
  <span data-tick="passed" data-at={at} data-now={now}>
    {formatSeconds(secondsBetween(at, now))}
  </span>
);

/**
 * The attributes of an SVG's `rect` whose width follows the time: from 0 at `from` to `width` at `to`, or from `width` to 0 with
 * `left`.
 */
export const growing = (instants: { from: string; to: string; now: string; width: number; left?: boolean }) => ({
  "data-tick": instants.left ? "shrink" : "grow",
  "data-from": instants.from,
  "data-at": instants.to,
  "data-now": instants.now,
  "data-width": instants.width,
});
