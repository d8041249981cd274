/** The log on the page of a run. While the run is RUNNING, `log.js` requests new entries together with the progress. */
import { z } from "zod";
import { toPlainText } from "../../../runs/log/log-text.ts";
import { readLog } from "../../../runs/log/read-log.ts";
import { Pages } from "../../pages.ts";
import { idOf } from "../../signed-in.tsx";

export const runLog = new Pages();

const NUMBER = z.coerce.number().int().min(0).max(2_147_483_647);
const querySchema = z.object({ attempt: NUMBER.min(1).nullable().catch(null), after: NUMBER.nullable().catch(null) });

/** The entries of an attempt's log after a given one, as text, and the run's progress. */
runLog.page("/app/runs/:id/follow-log", async (c) => {
  const request = { runId: idOf(c), ...querySchema.parse(c.req.query()) };
  const page = await readLog(c.env.db, c.var.credential, request);
  return c.json({
    attempt: page.attempt,
    text: toPlainText(page),
    after: page.entries.at(-1)?.sequence ?? request.after,
    has_more: page.has_more,
    is_complete: page.is_complete,
    progress: page.progress ?? null,
  });
});

/** Without JavaScript it links to the whole log as text. */
export const RunLog = ({ runId }: { runId: string }) => (
  <section class="card log" id="log" data-log={`/app/runs/${runId}/follow-log`} aria-labelledby="log-title">
    <div class="head">
      <h2 id="log-title">Log</h2>
      <form class="log-search" hidden>
        <input type="search" aria-label="Find in the log" placeholder="Find in the log" autocomplete="off" />
        <output class="muted" />
      </form>
      <a class="button" href={`/app/runs/${runId}/log`}>
        As text
      </a>
    </div>
    <pre tabindex={0} role="log" aria-live="off" aria-label="Lines of the log" hidden />
    <p class="muted log-empty">The run has no log entries so far.</p>
  </section>
);
