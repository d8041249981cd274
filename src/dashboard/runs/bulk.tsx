/** Stop, retry and delete of many runs on the page of runs: the choice of runs, the confirmation, and the outcome. */
import { z } from "zod";
import type { Fault } from "../../http/problems.ts";
import {
  BULK_ACTIONS,
  type BulkAction,
  type BulkOutcome,
  type BulkPreview,
  MAX_CHANGED,
} from "../../runs/bulk/change-runs.ts";
import { formatCursor } from "../../runs/run-schema.ts";
import { Empty, Name, Time } from "../components.tsx";
import { plural, shortId } from "../format.ts";
import { Field, FormPage, NO_FAILURE } from "../forms.tsx";
import { wordOf } from "../run-state.tsx";
import { ListNews } from "./kit/news.tsx";
import { firstPageOf, formatRunsQuery, type RunsQuery, readRunsQuery, runsHref } from "./kit/runs-query.ts";
import { MAX_COUNTED, type RunsView } from "./kit/view-runs.ts";
import { QueryInWords } from "./list/query-in-words.tsx";
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
export type BulkForm = {
  action: BulkAction;
  runIds: string[] | null;
  filter: string;
  cursor: string | null;
  /** How many runs the question was about, and what was typed in answer to it. Empty without a question. */
  count: string;
  typed: string;
};

/** How many runs are deleted without typing how many. */
const MAX_UNTYPED = 20;

/** True when as many runs are deleted that their number has to be typed, and it was not. */
export const lacksCount = ({ action, count, typed }: BulkForm): boolean =>
  action === "delete" && Number(count) > MAX_UNTYPED && typed.replaceAll(/[ ,.]/g, "") !== count;

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

/** The form of the answer to a question: it is about no run that is newer than the question. */
function answerTo(form: BulkForm, preview: BulkPreview | undefined): BulkForm {
  const askedAt = preview?.asked_at ?? null;
  if (form.runIds !== null || form.cursor !== null || askedAt === null) return form;
  return { ...form, cursor: formatCursor({ createdAt: askedAt, id: LAST_ID }) };
}

/** The last of all ids. */
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const backTo = ({ filter }: BulkForm) => `/app/runs${filter === "" ? "" : `?${filter}`}`;

/** What would be changed: the filter in words, how many runs of each workflow, and the newest of them. */
const Preview = ({ form, preview, done }: { form: BulkForm; preview: BulkPreview; done: number }) => (
  <>
    {form.runIds === null && (
      <section>
        <h2>All runs that match</h2>
        <QueryInWords query={readRunsQuery(new URLSearchParams(form.filter))} preview={preview} />
      </section>
    )}
    <section>
      <h2>Of these workflows</h2>
      <ul class="items">
        {preview.workflows.map(({ name, runs }) => (
          <li>
            <Name>{name}</Name> <span class="muted">{plural(runs, "run")}</span>
          </li>
        ))}
      </ul>
    </section>
    <section>
      <h2>{preview.runs.length < done ? `The newest ${preview.runs.length}` : "The runs"}</h2>
      <ul class="items">
        {preview.runs.map((run) => (
          <li>
            <a href={`/app/runs/${run.id}`}>{shortId(run.id)}</a> <Name>{run.workflow_name}</Name>{" "}
            <span class="muted">
              {wordOf(run.status)}, by <Name>{run.trigger_name ?? run.user_name}</Name>, <Time at={run.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  </>
);

/** The field for the number of runs, when many are deleted. */
const CountField = ({ form, done }: { form: BulkForm; done: number }) => {
  if (form.action !== "delete" || done <= MAX_UNTYPED) return null;
  const fault: Fault = { loc: ["body", "typed"], type: "value_error", msg: `Type ${done} to delete them.` };
  return (
    <Field
      name="typed"
      label={`Type ${done} to delete ${plural(done, "run")} for good`}
      failure={form.typed === "" ? NO_FAILURE : { faults: [fault], detail: null }}
      control={(a) => <input {...a} type="text" inputmode="numeric" autocomplete="off" required />}
    />
  );
};

/** The button that goes on with the runs of the filter that were not looked at yet, if there may be any. */
const GoOn = ({ form, outcome: { next } }: { form: BulkForm; outcome: BulkOutcome }) =>
  next && (
    <form method="post" action="/app/runs/bulk">
      <Hidden form={{ ...form, cursor: formatCursor(next) }} />
      <button type="submit">Go on with the next</button>
    </form>
  );

/**
 * Asks for confirmation: it shows what would change, and which runs would be refused. Who deletes many runs has to type how many. It asks
 * again when more runs would be changed than the first question has said, whose answer is `form`.
 */
export const ConfirmPage = ({ form, outcome }: { form: BulkForm; outcome: BulkOutcome }) => {
  const count = plural(outcome.done, "run");
  if (outcome.matched === 0) {
    return (
      <FormPage title={`${LABELS[form.action]} runs`} section="runs" back={backTo(form)}>
        {outcome.next === null ? (
          <Empty title={form.runIds === null ? "No runs match any more." : "Choose at least one run."} />
        ) : (
          <Empty title="No runs match among those that were looked at. There may be more.">
            <GoOn form={form} outcome={outcome} />
          </Empty>
        )}
      </FormPage>
    );
  }
  return (
    <FormPage title={`${LABELS[form.action]} ${count}?`} section="runs" back={backTo(form)}>
      <div class="stack">
        {form.count !== "" && outcome.done > Number(form.count) && (
          <p role="alert">You were asked about {plural(Number(form.count), "run")}, and there are more by now.</p>
        )}
        {outcome.done > 0 && <p>{MEANING[form.action]}</p>}
        {outcome.done > 0 && outcome.preview && <Preview form={form} preview={outcome.preview} done={outcome.done} />}
        {outcome.next && (
          <p>
            {outcome.matched === MAX_CHANGED
              ? `These are the first ${MAX_CHANGED.toLocaleString("en-GB")}.`
              : "Not all runs were looked at yet."}{" "}
            You will be asked again for the next ones.
          </p>
        )}
        <Refused refused={outcome.refused} />
        {outcome.done === 0 && <GoOn form={form} outcome={outcome} />}
        {outcome.done > 0 && (
          <form method="post" action="/app/runs/bulk/confirmed" class="stack">
            <Hidden form={answerTo(form, outcome.preview)} />
            <input type="hidden" name="count" value={outcome.done} />
            <CountField form={form} done={outcome.done} />
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
      <GoOn form={form} outcome={outcome} />
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
