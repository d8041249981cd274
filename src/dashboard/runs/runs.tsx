import { z } from "zod";
import { RUN_STATUSES, type RunStatus } from "../../db/enums.ts";
import type { RunFilter } from "../../runs/list-runs.ts";
import { formatCursor, parseCursor } from "../../runs/run-schema.ts";
import { Command, Empty, Live, Name } from "../components.tsx";
import { formatCurl, shortId } from "../format.ts";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { RunList } from "./run-list.tsx";
import { type RunsView, viewRuns } from "./view-runs.ts";

const PAGE_SIZE = 25;

/** A day in the years 1 to 9999, without the first and the last: a filter also needs the day before and the day after. */
const day = z.iso
  .date()
  .refine((text) => text > "0001-01-01" && text < "9999-12-31")
  .optional()
  .catch(undefined);

/** The query of the URL. A value that is not valid is ignored. */
const querySchema = z.object({
  status: z.array(z.enum(RUN_STATUSES)).catch([]),
  workflow: z.guid().optional().catch(undefined),
  mine: z.literal("1").optional().catch(undefined),
  user: z.guid().optional().catch(undefined),
  from: day,
  to: day,
  cursor: z.string().optional().catch(undefined),
});
type Query = z.infer<typeof querySchema>;

const DAY_MS = 86_400_000;

/** The filter of the query. The days are in UTC, and both are included. */
function toFilter(query: Query, userId: string): RunFilter {
  const dayStart = (date: string, offsetMs: number) => new Date(Date.parse(date) + offsetMs).toISOString();
  return {
    statuses: query.status,
    definitionId: query.workflow,
    userId: query.mine ? userId : query.user,
    createdAfter: query.from && dayStart(query.from, -1),
    createdBefore: query.to && dayStart(query.to, DAY_MS),
  };
}

function hrefOf({ status, ...rest }: Query): string {
  const params = new URLSearchParams(status.map((value) => ["status", value]));
  for (const [name, value] of Object.entries(rest)) if (value) params.set(name, value);
  return `/app/runs${params.size > 0 ? `?${params}` : ""}`;
}

export const runs = new Pages();

runs.page("/app/runs", async (c) => {
  const status = c.req.queries("status")?.filter((value) => value !== "");
  const query = querySchema.parse({ ...c.req.query(), status });
  const view = await viewRuns(c.env.db, c.var.credential, {
    filter: toFilter(query, c.var.session.userId),
    cursor: (query.cursor && parseCursor(query.cursor)) || undefined,
    limit: PAGE_SIZE,
  });
  return html(c, <RunsPage view={view} query={query} origin={c.env.config.publicUrl} />);
});

const RunsPage = ({ view, query, origin }: { view: RunsView; query: Query; origin: string }) => (
  <Page title="Runs" section="runs" caller={view.caller}>
    <div class="head">
      <h1>Runs</h1>
    </div>
    <Filters view={view} query={query} />
    <Live href={hrefOf(query)} listen={`/app/changes${query.workflow ? `?workflow=${query.workflow}` : ""}`}>
      {view.runs.length > 0 ? (
        <RunList runs={view.runs} now={view.now} />
      ) : (
        <NoRuns view={view} query={query} origin={origin} />
      )}
      <nav class="pages" aria-label="Pages">
        {query.cursor ? <a href={hrefOf({ ...query, cursor: undefined })}>← Newest</a> : <span />}
        {view.next ? <a href={hrefOf({ ...query, cursor: formatCursor(view.next) })}>Older →</a> : <span />}
      </nav>
    </Live>
  </Page>
);

const Filters = ({ view, query }: { view: RunsView; query: Query }) => {
  const isFiltered = hrefOf({ ...query, cursor: undefined }) !== "/app/runs";
  const isKnown = view.workflows.some(({ id }) => id === query.workflow);
  return (
    <form class="filters" method="get" action="/app/runs" aria-label="Filter">
      <fieldset>
        <legend>State</legend>
        {RUN_STATUSES.map((status: RunStatus) => (
          <label class="chip">
            <input type="checkbox" name="status" value={status} checked={query.status.includes(status)} />
            {status}
          </label>
        ))}
      </fieldset>
      <label>
        Workflow
        <select name="workflow">
          <option value="">All</option>
          {query.workflow && !isKnown && (
            <option value={query.workflow} selected>
              {query.workflow}
            </option>
          )}
          {view.workflows.map(({ id, name }) => (
            <option value={id} selected={id === query.workflow}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        From (UTC)
        <input type="date" name="from" value={query.from} />
      </label>
      <label>
        To (UTC)
        <input type="date" name="to" value={query.to} />
      </label>
      <label class="chip">
        <input type="checkbox" name="mine" value="1" checked={query.mine === "1"} />
        Mine
      </label>
      {query.user && (
        <label class="chip">
          <input type="checkbox" name="user" value={query.user} checked />
          Of <Name>{view.runs[0]?.user_name ?? shortId(query.user)}</Name>
        </label>
      )}
      <button type="submit">Filter</button>
      {isFiltered && <a href="/app/runs">Clear</a>}
    </form>
  );
};

const NoRuns = ({ view, query, origin }: { view: RunsView; query: Query; origin: string }) => {
  if (hrefOf(query) !== "/app/runs") {
    return (
      <Empty title="No runs match.">
        <p>
          <a href="/app/runs">Show all runs</a>
        </p>
      </Empty>
    );
  }
  const [workflow] = view.workflows.filter(({ is_ready }) => is_ready).concat(view.workflows);
  if (!workflow) {
    return (
      <Empty title="There is no run yet, and no workflow to run.">
        <p>
          {view.caller.is_administrator ? (
            <a class="button primary" href="/app/workflows/new">
              Create a workflow
            </a>
          ) : (
            "Ask an OWNER or ADMIN for permission to see one."
          )}
        </p>
      </Empty>
    );
  }
  const link = (
    <a href={`/app/workflows/${workflow.id}`}>
      <Name>{workflow.name}</Name>
    </a>
  );
  if (!workflow.is_ready) {
    return (
      <Empty title="There is no run yet.">
        <p>None can be triggered, because {link} is paused or has no runner.</p>
      </Empty>
    );
  }
  return (
    <Empty title="There is no run yet. Trigger the first, with an API key in $API_KEY:">
      <Command
        label="Copy the command"
        text={formatCurl(`${origin}/v1/workflow-definitions/${workflow.id}/invoke`, "POST")}
      />
      <p>Or invoke {link} from its page.</p>
    </Empty>
  );
};
