import { RUN_STATUSES } from "../../db/enums.ts";
import { Name } from "../components.tsx";
import { shortId } from "../format.ts";
import { LabelFilter } from "./labels/run-labels.tsx";
import { firstPageOf, RANGES, type RunsQuery, runsHref, toInputMinute } from "./runs-query.ts";
import { MAX_COUNTED, type RunsView } from "./view-runs.ts";

export const countOf = (count: number): string =>
  count > MAX_COUNTED ? `${MAX_COUNTED.toLocaleString("en-GB")}+` : count.toLocaleString("en-GB");

const RANGE_LABELS = { "1h": "1 h", "24h": "24 h", "7d": "7 d" } as const;

/** The filters of the list of runs: by status, with the number of runs in each; by workflow, label, user and time. */
export const RunFilters = ({ view, query }: { view: RunsView; query: RunsQuery }) => {
  const isFiltered = runsHref(firstPageOf(query)) !== "/app/runs";
  const isKnown = view.workflows.some(({ id }) => id === query.workflow);
  return (
    <form class="filters" method="get" action="/app/runs" aria-label="Filter">
      <fieldset>
        <legend>State</legend>
        {RUN_STATUSES.map((status) => (
          <label class="chip">
            <input type="checkbox" name="status" value={status} checked={query.status.includes(status)} />
            {status} <span class="count">{countOf(view.counts[status])}</span>
          </label>
        ))}
      </fieldset>
      <label>
        Workflow
        <select name="workflow">
          <option value="">All</option>
          {query.workflow && !isKnown && (
            <option value={query.workflow} selected>
              {view.runs[0]?.workflow_name ?? query.workflow}
            </option>
          )}
          {view.workflows.map(({ id, name }) => (
            <option value={id} selected={id === query.workflow}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <LabelFilter labels={query.label} />
      <Times query={query} />
      <label class="chip">
        <input type="checkbox" name="mine" value="1" checked={query.mine === "1"} />
        Mine
      </label>
      {query.batch && (
        <label class="chip">
          <input type="checkbox" name="batch" value={query.batch} checked />
          Of the batch {shortId(query.batch)}
        </label>
      )}
      {query.user && (
        <label class="chip">
          <input type="checkbox" name="user" value={query.user} checked />
          Of <Name>{view.runs[0]?.user_name ?? shortId(query.user)}</Name>
        </label>
      )}
      <button type="submit">Filter</button>
      {isFiltered && (
        <a class="button quiet" href="/app/runs">
          Clear
        </a>
      )}
    </form>
  );
};

/**
 * The filter by time: links for the usual ranges, or a first and a last minute. `find.js` shows these in the reader's time
 * zone.
 */
const Times = ({ query }: { query: RunsQuery }) => {
  const other = { ...firstPageOf(query), range: undefined, from: undefined, to: undefined };
  return (
    <>
      <nav class="ranges" aria-label="Triggered within">
        {Object.keys(RANGES)
          .filter((name): name is keyof typeof RANGES => name in RANGES)
          .map((range) => (
            <a
              class="chip"
              href={runsHref({ ...other, range: range === query.range ? undefined : range })}
              aria-current={range === query.range ? "true" : undefined}
            >
              {RANGE_LABELS[range]}
            </a>
          ))}
      </nav>
      {query.range && <input type="hidden" name="range" value={query.range} data-range />}
      <div class="range">
        <label>
          <span data-zone>From (UTC)</span>
          <input type="datetime-local" name="from" value={toInputMinute(query.from, false)} data-utc />
        </label>
        <label>
          <span data-zone>To (UTC)</span>
          <input type="datetime-local" name="to" value={toInputMinute(query.to, true)} data-utc />
        </label>
      </div>
    </>
  );
};
