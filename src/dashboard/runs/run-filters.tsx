import { RUN_STATUSES } from "../../db/enums.ts";
import { Name } from "../components.tsx";
import { shortId } from "../format.ts";
import { Choices } from "../forms.tsx";
import { wordOf } from "../run-state.tsx";
import { FIND, firstPageOf, ME, type RunsQuery, runsHref } from "./kit/runs-query.ts";
import { MAX_COUNTED, type RunsView } from "./kit/view-runs.ts";
import { kindsOf, MenuFilter } from "./list/menu-filter.tsx";
import { TimeFilter } from "./list/time-filter.tsx";

export const countOf = (count: number): string =>
  count > MAX_COUNTED ? `${MAX_COUNTED.toLocaleString("en-GB")}+` : count.toLocaleString("en-GB");

/**
 * The filters of the list of runs, in one line of a wide window: by state, with the number of runs in each, by workflow, person, label,
 * error and time, and by why they failed or wait and what has triggered them. `list.js` applies one as soon as it is set.
 */
export const RunFilters = ({ view, query }: { view: RunsView; query: RunsQuery }) => {
  const [workflows, ...others] = kindsOf(view, query);
  return (
    <form class="filters" method="get" action="/app/runs" aria-label="Filter">
      <fieldset>
        <legend class="visually-hidden">State</legend>
        {RUN_STATUSES.map((status) => (
          <label class="chip">
            <input type="checkbox" name="status" value={status} checked={query.status.includes(status)} />
            {wordOf(status)} <span class="count">{countOf(view.counts[status])}</span>
          </label>
        ))}
      </fieldset>
      {workflows && <MenuFilter kinds={[workflows]} query={query} label="Workflows" none="Any workflow" />}
      <Choices
        attributes={{ name: "user", "aria-label": "Person" }}
        none="Anybody"
        chosen={query.mine ? ME : query.user}
        nameOf={(id) => view.runs[0]?.user_name ?? shortId(id)}
        choices={[{ id: ME, name: "Me" }, ...view.people.filter(({ id }) => id !== view.caller.user_id)]}
      />
      <MenuFilter kinds={others} query={query} label="More filters" none="More" />
      <Finding query={query} />
      <TimeFilter query={query} />
      <button type="submit">Filter</button>
      {runsHref(firstPageOf(query)) !== "/app/runs" && (
        <a class="button quiet icon" href="/app/runs" aria-label="Clear the filters" title="Clear the filters">
          ✕
        </a>
      )}
    </form>
  );
};

/** What the list is searched for, and a field for a further label or for words of an error. */
const Finding = ({ query: { batch, parent, label, error, alike } }: { query: RunsQuery }) => (
  <>
    {batch !== undefined && <Found name="batch" text={batch} words={`Batch ${shortId(batch)}`} />}
    {parent !== undefined && <Found name="parent" text={parent} words={`Children of ${shortId(parent)}`} />}
    {label.map((text) => (
      <Found name="label" text={text} words={text} />
    ))}
    {alike !== undefined && <Found name="alike" text={alike} words="Alike failures" />}
    {error !== undefined && <Found name="error" text={error} words={`Error: ${error}`} />}
    <input
      type="text"
      name={FIND}
      aria-label="Words of an error, or a label"
      placeholder="Error or label"
      title="Words of an error, or a label such as customer:4711"
      autocomplete="off"
    />
  </>
);

const Found = ({ name, text, words }: { name: string; text: string; words: string }) => (
  <label class="chip">
    <input type="checkbox" name={name} value={text} checked />
    <Name>{words}</Name>
  </label>
);
