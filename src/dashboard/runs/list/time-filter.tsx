import { Time } from "../../components.tsx";
import { chartHref } from "../../statistics/kit/range.ts";
import {
  firstPageOf,
  RANGE_NAMES,
  type Range,
  type RunsQuery,
  runsHref,
  startOf,
  toInputMinute,
} from "../kit/runs-query.ts";

const WORDS = { "1h": "Last hour", "24h": "Last 24 h", "7d": "Last 7 days" } as const satisfies Record<Range, string>;

/**
 * The filter by time: it says in words what is chosen, and unfolds to links for the usual ranges, and to a first and a last minute.
 * `find.js` shows these in the reader's time zone. A refresh leaves it as it is.
 */
export const TimeFilter = ({ query }: { query: RunsQuery }) => {
  const other = { ...firstPageOf(query), range: undefined, from: undefined, to: undefined };
  const chart = chartHref(query);
  const isAny = query.range === undefined && query.from === undefined && query.to === undefined;
  return (
    <details class="menu" hx-morph-skip="">
      <summary class="button">
        <span class="visually-hidden">Triggered: </span>
        <Chosen query={query} />
      </summary>
      <div class="panel">
        <nav aria-label="Triggered within">
          <a href={runsHref(other)} aria-current={isAny ? "true" : undefined}>
            Any time
          </a>
          {RANGE_NAMES.map((range) => (
            <a href={runsHref({ ...other, range })} aria-current={range === query.range ? "true" : undefined}>
              {WORDS[range]}
            </a>
          ))}
          {chart && <a href={chart}>Chart of this time</a>}
        </nav>
        {query.range && <input type="hidden" name="range" value={query.range} />}
        <label>
          <span data-zone>From (UTC)</span>
          <input type="datetime-local" name="from" value={toInputMinute(query.from, false)} data-utc />
        </label>
        <label>
          <span data-zone>To (UTC)</span>
          <input type="datetime-local" name="to" value={toInputMinute(query.to, true)} data-utc />
        </label>
        <button type="submit">Show this range</button>
      </div>
    </details>
  );
};

/** The chosen time in words. */
export const Chosen = ({ query: { range, from, to } }: { query: RunsQuery }) => {
  if (from === undefined && to === undefined) return <>{range === undefined ? "Any time" : WORDS[range]}</>;
  return (
    <>
      {from === undefined ? "Until " : <Time at={startOf(from)} />}
      {from !== undefined && " – "}
      {to !== undefined && <Time at={startOf(to)} />}
    </>
  );
};
