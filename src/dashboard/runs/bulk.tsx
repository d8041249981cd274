/** Stop, retry and delete of many runs on the page of runs: the choice of runs, the confirmation, and the outcome. */
import { z } from "zod";
import { BULK_ACTIONS, type BulkAction, type BulkOutcome, MAX_CHANGED } from "../../runs/bulk/change-runs.ts";
import { Empty } from "../components.tsx";
import { plural, shortId } from "../format.ts";
import { FormPage } from "../forms.tsx";
import { ListNews } from "./kit/news.tsx";
import { firstPageOf, formatRunsQuery, type RunsQuery, runsHref } from "./kit/runs-query.ts";
import { MAX_COUNTED, type RunsView } from "./kit/view-runs.ts";
import { countOf } from "./run-filters.tsx";

const LABELS: Record<BulkAction, string> = { stop: "Stop", retry: "Retry", delete: "Delete" };
const DONE: Record<BulkAction, string> = { stop: "stopped", retry: "put back into their queues", delete: "deleted" };
const MEANING: Record<BulkAction, string> = {
  stop: "They are FAILED at once. Runners that work on them are notified, but what they have done so far is not undone.",
  retry:
    "Each becomes the next attempt of the same run, with the same frozen parameters, at the end of its workflow’s queue.",
  delete: "This deletes the runs and their events for good.",
};

/** How many runs the page's filter matches. */
function matchedBy({ counts }: RunsView, { status }: RunsQuery): number {
  const chosen = status.length === 0 ? Object.values(counts) : status.map((one) => counts[one]);
  return chosen.some((count) => count > MAX_COUNTED) ? MAX_COUNTED + 1 : chosen.reduce((sum, count) => sum + count, 0);
}

/** The buttons that change the ticked runs, or all runs that match the filter, and what has changed about the list. */
export const BulkBar = ({ view, query }: { view: RunsView; query: RunsQuery }) => {
  const filter = formatRunsQuery(firstPageOf(query));
  return (
    <div class="bulk">
      <form id="bulk" method="post" action="/app/runs/bulk" aria-label="Change several runs">
        {filter !== "" && (
          <label class="chip">
            <input type="checkbox" name="all" value="1" />
            All {countOf(matchedBy(view, query))} that match
          </label>
        )}
        <input type="hidden" name="filter" value={filter} />
        <span class="muted" data-picked>
          Selected runs:
        </span>
        {BULK_ACTIONS.map((action) => (
          <button type="submit" name="action" value={action} class={action === "retry" ? "small" : "small danger"}>
            {LABELS[action]}
          </button>
        ))}
      </form>
      <ListNews news={view.news} href={runsHref(query)} />
    </div>
  );
};

/** The runs that a form changes: those in `runIds`, or all that match `filter`, from `cursor` on. */
export type BulkForm = { action: BulkAction; runIds: string[] | null; filter: string; cursor: string | null };

const Hidden = ({ form }: { form: BulkForm }) => (
  <>
    <input type="hidden" name="action" value={form.action} />
    <input type="hidden" name="filter" value={form.filter} />
    {form.runIds === null && <input type="hidden" name="all" value="1" />}
    {form.runIds?.map((id) => (
      <input type="hidden" name="run" value={id} />
    ))}
    {form.cursor && <input type="hidden" name="cursor" value={form.cursor} />}
  </>
);

/** The refused runs, grouped by reason. */
const Refused = ({ refused }: { refused: BulkOutcome["refused"] }) => {
  const byReason = Map.groupBy(refused, ({ reason }) => reason);
  return (
    <>
      {[...byReason].map(([reason, runs]) => (
        <div class="refused">
          <p>
            <strong>{plural(runs.length, "run")} cannot be changed:</strong> {reason}
          </p>
          <p class="wrap">
            {runs.slice(0, 20).map(({ runId }) => (
              <>
                <a href={`/app/runs/${runId}`}>{shortId(runId)}</a>{" "}
              </>
            ))}
            {runs.length > 20 && `and ${runs.length - 20} more`}
          </p>
        </div>
      ))}
    </>
  );
};

const backTo = ({ filter }: BulkForm) => `/app/runs${filter === "" ? "" : `?${filter}`}`;

/** Asks for confirmation: it shows how many runs would change, and which would be refused. */
export const ConfirmPage = ({ form, outcome }: { form: BulkForm; outcome: BulkOutcome }) => {
  const count = plural(outcome.done, "run");
  if (outcome.matched === 0) {
    return (
      <FormPage title={`${LABELS[form.action]} runs`} section="runs" back={backTo(form)}>
        <Empty title={form.runIds === null ? "No runs match any more." : "Choose at least one run."} />
      </FormPage>
    );
  }
  return (
    <FormPage title={`${LABELS[form.action]} ${count}?`} section="runs" back={backTo(form)}>
      <div class="stack">
        {outcome.done > 0 && <p>{MEANING[form.action]}</p>}
        {outcome.next && (
          <p>These are the first {MAX_CHANGED.toLocaleString("en-GB")}. You will be asked again for the next ones.</p>
        )}
        <Refused refused={outcome.refused} />
        {outcome.done > 0 && (
          <form method="post" action="/app/runs/bulk/confirmed">
            <Hidden form={form} />
            <button type="submit" class={form.action === "retry" ? "primary" : "danger"}>
              {LABELS[form.action]} {count}
            </button>
          </form>
        )}
      </div>
    </FormPage>
  );
};

/** Shown when more runs match than one call changes, or when some were refused. */
export const DonePage = ({ form, outcome }: { form: BulkForm; outcome: BulkOutcome }) => (
  <FormPage title={`${plural(outcome.done, "run")} ${DONE[form.action]}`} section="runs" back={backTo(form)}>
    <div class="stack">
      <Refused refused={outcome.refused} />
      {form.cursor !== null && (
        <form method="post" action="/app/runs/bulk">
          <Hidden form={form} />
          <button type="submit">Go on with the next</button>
        </form>
      )}
    </div>
  </FormPage>
);

const noticeSchema = z.object({ did: z.enum(BULK_ACTIONS), done: z.coerce.number().int().min(0).max(MAX_CHANGED) });

/** The query parameters with which the page of runs shows what was done. */
const noticeOf = (action: BulkAction, done: number): string => `did=${action}&done=${done}`;

export const BulkNotice = ({ params }: { params: URLSearchParams }) => {
  const notice = noticeSchema.safeParse(Object.fromEntries(params)).data;
  return (
    notice && (
      <p class="notice" role="status">
        {plural(notice.done, "run")} {DONE[notice.did]}.
      </p>
    )
  );
};

export const NOTHING_CHOSEN: BulkOutcome = { matched: 0, done: 0, refused: [], next: null };

/** The URL of the list after the change, with the notice of what was done. */
export const listAfter = (query: RunsQuery, action: BulkAction, done: number): string => {
  const href = runsHref(firstPageOf(query));
  return `${href}${href.includes("?") ? "&" : "?"}${noticeOf(action, done)}`;
};
