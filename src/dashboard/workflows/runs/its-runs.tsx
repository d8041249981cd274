/** The lists of runs on the page of a workflow. What has come since stays behind a link, as in the list of runs. */
import type { Child } from "hono/jsx";
import { Empty } from "../../components.tsx";
import { pluralUpTo } from "../../format.ts";
import { ListNews } from "../../runs/kit/news.tsx";
import { RunList } from "../../runs/kit/run-list.tsx";
import { keepingHref, readShown, refreshHref } from "../../runs/kit/shown.ts";
import type { ViewedWorkflow } from "../kit/view-workflow.ts";
import { MAX_QUEUED } from "../view-workflows.ts";
import type { Shown, ShownRuns } from "./view-its-runs.ts";

/** The prefix of the ids of the queue's rows, and the query parameter with the shown ones. */
const QUEUE = "queue";

/** The runs that a refresh of the page names: see {@link keepRunsHref}. */
export const readShownRuns = (params: URLSearchParams): Shown => ({
  queue: readShown(params, QUEUE),
  latest: readShown(params),
});

/** The URL with which the page refreshes itself. An empty queue stays empty, since what comes would move all that is below it. */
export const keepRunsHref = (href: string, { queue, latest }: Lists): string =>
  refreshHref(keepingHref(href, QUEUE, queue.runs), latest.runs);

type Lists = { queue: ShownRuns; latest: ShownRuns };
type Props = { workflow: Pick<ViewedWorkflow, "id" | "queue" | "queued" | "latest">; now: string; href: string };

const Head = ({ title, children }: { title: Child; children: Child }) => (
  <div class="head list-head">
    <h2>{title}</h2>
    {children}
  </div>
);

export const Queue = ({ workflow: { id, queue, queued }, now, href }: Props) => (
  <section>
    <Head
      title={
        <>
          Queue{" "}
          <small class="muted">
            {queued > queue.runs.length && queue.runs.length > 0 && `${queue.runs.length} of `}
            {sizeOf(queued)}
          </small>
        </>
      }
    >
      <ListNews news={queue.news} href={href} list={QUEUE} left={["waits", "wait"]} />
    </Head>
    {queue.runs.length > 0 && (
      <>
        <RunList runs={queue.runs} name={QUEUE} now={now} withWorkflow={false} />
        <ClearQueue workflowId={id} />
      </>
    )}
  </section>
);

/** How many runs are in a queue, in words. */
export const sizeOf = (queued: number): string => (queued === 0 ? "empty" : pluralUpTo(MAX_QUEUED, queued, "run"));

/** A button that opens a page, which asks whether to stop all PENDING runs. */
const ClearQueue = ({ workflowId }: { workflowId: string }) => (
  <form method="post" action="/app/runs/bulk" class="more">
    <input type="hidden" name="action" value="stop" />
    <input type="hidden" name="all" value="1" />
    <input type="hidden" name="filter" value={`status=PENDING&workflow=${workflowId}`} />
    <button type="submit" class="danger">
      Clear the queue
    </button>
  </form>
);

export const LatestRuns = ({ workflow: { id, latest }, now, href }: Props) => (
  <section>
    <Head title="Latest runs">
      <ListNews news={latest.news} href={href} />
    </Head>
    {latest.runs.length > 0 ? (
      <RunList runs={latest.runs} now={now} withWorkflow={false} />
    ) : (
      <Empty title="It has not run yet." />
    )}
    <p class="more">
      <a href={`/app/runs?workflow=${id}`}>All its runs</a>
    </p>
  </section>
);
