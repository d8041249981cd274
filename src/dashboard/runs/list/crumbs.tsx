import { Id } from "../../components.tsx";
import { hrefWithin } from "../../list-context.ts";
import { Trail } from "../../trail.tsx";
import { formatRunsQuery, type RunsQuery, runsHref } from "../kit/runs-query.ts";

/** `query` is that of the list from which the run was opened, `newer` and `older` are the ids of the runs before and after it there. */
export type CrumbsProps = { id: string; query: RunsQuery; newer: string | null; older: string | null };

/** The way back from the page of a run to its list, and to the runs around it. */
export const Crumbs = ({ id, query, newer, older }: CrumbsProps) => (
  <Trail to={[[runsHref(query), "Runs"]]}>
    <Id id={id} />
    <nav aria-label="Runs of the list">
      <Neighbour id={newer} query={query} words="← Previous run" />
      <Neighbour id={older} query={query} words="Next run →" />
    </nav>
  </Trail>
);

/** Nothing at the end of the list. */
const Neighbour = ({ id, query, words }: { id: string | null; query: RunsQuery; words: string }) =>
  id && <a href={hrefWithin(formatRunsQuery(query), id)}>{words}</a>;
