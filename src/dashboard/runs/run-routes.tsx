/** The routes of one run: its page, its log, and stop, retry and delete. */
import type { Context } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { whyWaiting } from "../../runs/details/explain-run.ts";
import { findPresence, isConnected } from "../../runs/leases/presence.ts";
import { toPlainText } from "../../runs/log/log-text.ts";
import { readLog } from "../../runs/log/read-log.ts";
import { NO_RUN } from "../../runs/refusals.ts";
import { deleteRun, prioritizeRun, retryRun, runAgain, startRunNow, stopRun } from "../../runs/run-verbs.ts";
import { RunPrioritySchema, StopWorkflowRunRequestSchema } from "../../runs/workflow-run-changes-routes.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit, toWholeNumber } from "../forms.tsx";
import { hrefWithin, listOf } from "../list-context.ts";
import { readNewId } from "../new-id.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf } from "../signed-in.tsx";
import { filterOf, firstPageOf, readRunsQuery, runsHref } from "./kit/runs-query.ts";
import { viewRun } from "./kit/view-run.ts";
import { earlierAttempt } from "./log/run-log.tsx";
import { RunPage } from "./run.tsx";
import { PriorityForm, StopForm } from "./run-actions.tsx";

export const run = new Pages();

/** The list from which the reader came. */
const listQueryOf = (c: Context<AppEnv>) => firstPageOf(readRunsQuery(new URLSearchParams(listOf(c))));

/** To the page of the run, which keeps the list. */
const backTo = (c: Context<AppEnv>, runId: string) => seeOther(c, hrefWithin(listOf(c), runId));

run.page("/app/runs/:id", async (c) => {
  const query = listQueryOf(c);
  // A refresh of the page leaves the links to the runs around it as they are.
  const filter = c.req.header("HX-Request") === undefined ? filterOf(query, c.var.session.userId) : null;
  const { run, ...view } = await viewRun(c.env.db, c.var.credential, idOf(c), filter);
  if (run === null) throw new Problem("not_found", NO_RUN);
  const runners = await findPresence(c.env.live, view.caller.tenant_id, run.runners, view.now);
  const connected = run.workflow.is_leased ? runners.filter(isConnected).length : null;
  const waitsFor = whyWaiting(run.wait_reason, connected);
  const loggedAttempt = earlierAttempt(run, c.req.query("attempt"));
  const props = { ...view, run, query, loggedAttempt, waitsFor, origin: c.env.config.publicUrl };
  return html(c, <RunPage {...props} />);
});

/** The query parameter `attempt` of a request for a log; null when it is missing, which means the latest attempt. */
const attemptSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .nullable()
  .catch(null);

run.page("/app/runs/:id/log", async (c) => {
  const runId = idOf(c);
  const attempt = attemptSchema.parse(c.req.query("attempt"));
  const page = await readLog(c.env.db, c.var.credential, { runId, attempt, after: null });
  const last = page.entries.at(-1)?.sequence;
  const query = `${attempt === null ? "" : `attempt=${attempt}&`}after=${last}`;
  const rest = page.has_more ? `\n[It goes on: /v1/workflow-runs/${runId}/log?${query}]\n` : "";
  return c.text(toPlainText(page) + rest);
});

run.form("/app/runs/:id/stop", async (c) => {
  const [runId, { values }] = [idOf(c), await readForm(c)];
  const given = {
    reason: values.reason?.trim() ?? "",
    grace_seconds: values.grace_seconds?.trim() ?? "",
    workflow: values.workflow ?? "",
  };
  return submit(
    c,
    async () => {
      const { reason = null, grace_seconds: graceSeconds = 0 } = checkBody(StopWorkflowRunRequestSchema, {
        ...(given.reason !== "" && { reason: given.reason }),
        ...(given.grace_seconds !== "" && { grace_seconds: toWholeNumber(given.grace_seconds) }),
      });
      await perform(c.var.services, stopRun, { runId, reason, graceSeconds });
      return backTo(c, runId);
    },
    (failure) => (
      <FormPage
        title={given.workflow === "" ? "Stop this run" : `Stop this run of “${given.workflow}”`}
        section="runs"
        back={hrefWithin(listOf(c), runId)}
      >
        <StopForm id={runId} values={given} hasGrace failure={failure} />
      </FormPage>
    ),
  );
});

run.form("/app/runs/:id/retry", async (c) => {
  const runId = idOf(c);
  await perform(c.var.services, retryRun, runId);
  return backTo(c, runId);
});

run.form("/app/runs/:id/start-now", async (c) => {
  const runId = idOf(c);
  await perform(c.var.services, startRunNow, runId);
  return backTo(c, runId);
});

run.form("/app/runs/:id/priority", async (c) => {
  const [runId, { values }] = [idOf(c), await readForm(c)];
  const given = { priority: values.priority ?? "", workflow: values.workflow ?? "" };
  return submit(
    c,
    async () => {
      const { priority } = checkBody(RunPrioritySchema, { priority: toWholeNumber(given.priority || "0") });
      await perform(c.var.services, prioritizeRun, { runId, priority });
      return backTo(c, runId);
    },
    (failure) => (
      <FormPage
        title={given.workflow === "" ? "Change its priority" : `Change the priority of this run of “${given.workflow}”`}
        section="runs"
        back={hrefWithin(listOf(c), runId)}
      >
        <PriorityForm id={runId} values={given} failure={failure} />
      </FormPage>
    ),
  );
});

run.form("/app/runs/:id/again", async (c) => {
  const { values } = await readForm(c);
  const { result } = await perform(c.var.services, runAgain, { runId: idOf(c), newRunId: readNewId(values) });
  return backTo(c, result.run.id);
});

run.form("/app/runs/:id/delete", async (c) => {
  await perform(c.var.services, deleteRun, idOf(c));
  return seeOther(c, runsHref(listQueryOf(c)));
});
