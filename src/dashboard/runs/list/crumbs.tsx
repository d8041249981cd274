import { Id } from "../../components.tsx";
import { hrefWithin } from "../kit/run-list.tsx";
import { formatRunsQuery, type RunsQuery, runsHref } from "../kit/runs-query.ts";

/** `query` is that of the list from which the run was opened, `newer` and `older` are the ids of the runs before and after it there. */
export type CrumbsProps = { id: string; query: RunsQuery; newer: string | null; older: string | null };

/** The way back from the page of a run to its list, and to the runs around it. */
export const Crumbs = ({ id, query, newer, older }: CrumbsProps) => (
  <div class="crumbs">
    <a href={runsHref(query)}>Runs</a> / <Id id={id} />
    <nav aria-label="Runs of the list">
      <Neighbour id={newer} query={query} words="← Previous run" />
      <Neighbour id={older} query={query} words="Next run →" />
    </nav>
  </div>
);

/** Nothing at the end of the list. */
const Neighbour = ({ id, query, words }: { id: string | null; query: RunsQuery; words: string }) =>
  id && <a href={hrefWithin(id, formatRunsQuery(query))}>{words}</a>;
