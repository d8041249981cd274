import { formatCursor } from "../../runs/run-schema.ts";
import { Checklist } from "../beginning/kit/checklist.tsx";
import { Command, Empty, Live, Name } from "../components.tsx";
import { formatCurl } from "../format.ts";
import { Page } from "../layout.tsx";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { BulkBar, BulkNotice } from "./bulk.tsx";
import { RunList } from "./kit/run-list.tsx";
import {
  firstPageOf,
  formatRunsQuery,
  isFromForm,
  pageOf,
  type RunsQuery,
  readRunsQuery,
  runsHref,
} from "./kit/runs-query.ts";
import { readShown, refreshHref } from "./kit/shown.ts";
import { type RunsView, viewRuns } from "./kit/view-runs.ts";
import { RunFilters } from "./run-filters.tsx";

const PAGE_SIZE = 25;

export const runs = new Pages();

runs.page("/app/runs", async (c) => {
  const params = new URL(c.req.url).searchParams;
  const query = readRunsQuery(params);
  if (isFromForm(params)) return c.redirect(runsHref(query), 303);
  const page = pageOf(query, c.var.session.userId, PAGE_SIZE);
  const view = await viewRuns(c.env.db, c.var.credential, page, readShown(params));
  return html(c, <RunsPage view={view} query={query} params={params} origin={c.env.config.publicUrl} />);
});

type Props = { view: RunsView; query: RunsQuery; params: URLSearchParams; origin: string };

const RunsPage = ({ view, query, params, origin }: Props) => (
  <Page title="Runs" section="runs" caller={view.caller}>
    <div class="head">
      <h1>Runs</h1>
    </div>
    <BulkNotice params={params} />
    <Live
      href={refreshHref(runsHref(query), view.runs)}
      listen={`/app/changes${query.workflow.length === 1 ? `?workflow=${query.workflow[0]}` : ""}`}
    >
      <RunFilters view={view} query={query} />
      {view.runs.length > 0 && <BulkBar view={view} query={query} />}
      {view.runs.length > 0 ? (
        <RunList runs={view.runs} now={view.now} pickedBy="bulk" within={formatRunsQuery(firstPageOf(query))} />
      ) : (
        <NoRuns view={view} query={query} origin={origin} />
      )}
      <nav class="pages" aria-label="Pages">
        {view.newer ? (
          <span>
            <a href={runsHref({ ...firstPageOf(query), before: formatCursor(view.newer) })}>← Previous</a>{" "}
            <a href={runsHref(firstPageOf(query))}>Newest</a>
          </span>
        ) : (
          <span />
        )}
        {view.older ? (
          <a href={runsHref({ ...firstPageOf(query), cursor: formatCursor(view.older) })}>Next →</a>
        ) : (
          <span />
        )}
      </nav>
    </Live>
  </Page>
);

const NoRuns = ({ view, query, origin }: Omit<Props, "params">) => {
  if (runsHref(query) !== "/app/runs") {
    return (
      <Empty
        title={view.isCut ? "No runs match among those that were looked at. There may be more." : "No runs match."}
      >
        <p>
          <a href="/app/runs">Show all runs</a>
        </p>
      </Empty>
    );
  }
  if (view.beginning !== null) return <Checklist beginning={view.beginning} origin={origin} />;
  const [workflow] = view.workflows.filter(({ is_ready }) => is_ready).concat(view.workflows);
  if (!workflow) {
    return (
      <Empty title="There is no run yet, and no workflow to run.">
        <p>Ask an OWNER or ADMIN for permission to see one.</p>
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
