/** The log on the page of a run. While the run is RUNNING, `log.js` requests new entries together with the progress. */
import { z } from "zod";
import { CUT_MARK, markBefore } from "../../../runs/log/log-text.ts";
import { readLog } from "../../../runs/log/read-log.ts";
import { Pages } from "../../pages.ts";
import { idOf } from "../../signed-in.tsx";
import type { ViewedRun } from "../kit/view-run.ts";

export const runLog = new Pages();

const NUMBER = z.coerce.number().int().min(0).max(2_147_483_647);
const querySchema = z.object({ attempt: NUMBER.min(1).nullable().catch(null), after: NUMBER.nullable().catch(null) });

/** The entries of an attempt's log after a given one, and the run's progress. `mark` (before it) and `cut` are lines of their own. */
runLog.page("/app/runs/:id/follow-log", async (c) => {
  const request = { runId: idOf(c), ...querySchema.parse(c.req.query()) };
  const page = await readLog(c.env.db, c.var.credential, request);
  return c.json({
    attempt: page.attempt,
    entries: page.entries.map((entry) => {
      const mark = markBefore(entry);
      return { at: entry.at, text: entry.text, ...(mark !== null && { mark }) };
    }),
    cut: page.is_cut && !page.has_more ? CUT_MARK : null,
    after: page.entries.at(-1)?.sequence ?? request.after,
    has_more: page.has_more,
    is_complete: page.is_complete,
    progress: page.progress ?? null,
    heartbeat_at: page.heartbeat_at ?? null,
  });
});

/**
 * The attempt whose log the page shows for its query parameter `attempt`. Null for the current attempt, whose log is followed by
 * that of a retry.
 */
export function earlierAttempt(run: ViewedRun, given: string | undefined): number | null {
  const attempt = NUMBER.min(1).catch(run.attempt).parse(given);
  return attempt < run.attempt ? attempt : null;
}

/**
 * `attempt` is an earlier one, or null. A refresh of the page leaves the log alone: `log.js` keeps it up to date. Without JavaScript it
 * links to the log as text.
 */
export const RunLog = ({ run, attempt }: { run: ViewedRun; attempt: number | null }) => {
  const isLogged = run.logged_attempts.includes(attempt ?? run.attempt);
  return (
    <section
      class={isLogged ? "card log" : "card log without-lines"}
      id="log"
      data-log={`/app/runs/${run.id}/follow-log`}
      data-attempt={attempt}
      data-name={run.id}
      aria-labelledby="log-title"
      hx-morph-skip=""
    >
      <div class="head">
        <h2 id="log-title">{attempt === null ? "Log" : `Log of attempt ${attempt}`}</h2>
        <Tools />
        {attempt !== null && <a href={`/app/runs/${run.id}#log`}>The current log</a>}
        <a class="button" href={`/app/runs/${run.id}/log${attempt === null ? "" : `?attempt=${attempt}`}`}>
          As text
        </a>
      </div>
      <div class="log-lines" tabindex={0} role="log" aria-live="off" aria-label="Lines of the log" />
      <p class="muted log-empty" hidden={isLogged}>
        {run.completed_at === null ? "The run has no log entries so far." : "The run has no log entries."}
      </p>
      {isLogged && (
        <noscript>
          <p class="muted">“As text” shows it.</p>
        </noscript>
      )}
    </section>
  );
};

/** `log.js` shows them when there are lines. */
const Tools = () => (
  <div class="log-tools" hidden>
    <input type="search" aria-label="Find in the log" placeholder="Find in the log" autocomplete="off" />
    <output class="muted" />
    <input name="line" inputmode="numeric" aria-label="Go to line" placeholder="Line" autocomplete="off" />
    <button type="button" class="toggle" data-tool="follow" aria-pressed="true">
      Follow
    </button>
    <button type="button" class="toggle" data-tool="times" aria-pressed="false">
      Times
    </button>
    <button type="button" class="toggle" data-tool="wrap" aria-pressed="true">
      Wrap
    </button>
    <button type="button" class="toggle" data-tool="window" aria-pressed="false">
      Whole window
    </button>
    <button type="button" data-tool="download">
      Download
    </button>
  </div>
);
