/** The routes of a run: its page, its log, and stop, retry and delete. */
import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { conditional } from "../../http/middleware/conditional.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { promotion } from "../../runners/dispatch-afterwards.ts";
import { tellStopped } from "../../runners/send-dispatches.ts";
import { deleteRun, retryRun, stopRun } from "../../runs/change-run.ts";
import { toPlainText } from "../../runs/log/log-text.ts";
import { readLog } from "../../runs/log/read-log.ts";
import { NO_RUN } from "../../runs/refusals.ts";
import { StopWorkflowRunRequestSchema } from "../../runs/workflow-run-changes-routes.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { html, seeOther } from "../render.ts";
import { idOf, signedIn } from "../signed-in.tsx";
import { RunPage, StopForm } from "./run.tsx";
import { viewRun } from "./view-run.ts";

export const run = new Hono<AppEnv>();

run.get("/app/runs/:id", conditional, signedIn, async (c) => {
  const { run, ...view } = await viewRun(c.env.db, c.var.credential, idOf(c));
  if (run === null) throw new Problem("not_found", NO_RUN);
  return html(c, <RunPage run={run} {...view} origin={c.env.config.publicUrl} />);
});

run.get("/app/runs/:id/log", conditional, signedIn, async (c) => {
  const runId = idOf(c);
  const page = await readLog(c.env.db, c.var.credential, { runId, attempt: null, after: null });
  const last = page.entries.at(-1)?.sequence;
  const rest = page.has_more ? `\n[It goes on: /v1/workflow-runs/${runId}/log?after=${last}]\n` : "";
  return c.text(toPlainText(page) + rest);
});

run.post("/app/runs/:id/stop", signedIn, async (c) => {
  const [runId, { values }] = [idOf(c), await readForm(c)];
  const given = values.reason?.trim() ?? "";
  return submit(
    c,
    async () => {
      const { reason = null } = checkBody(StopWorkflowRunRequestSchema, given === "" ? {} : { reason: given });
      const request = { credential: c.var.credential, runId, reason, ...promotion(c) };
      const { stopped } = await stopRun(c.env.db, request);
      if (stopped) c.executionCtx.waitUntil(tellStopped(c.env.config, stopped, reason));
      return seeOther(c, `/app/runs/${runId}`);
    },
    (failure) => (
      <FormPage title="Stop this run" section="runs" back={`/app/runs/${runId}`}>
        <StopForm id={runId} reason={given} failure={failure} />
      </FormPage>
    ),
  );
});

run.post("/app/runs/:id/retry", signedIn, async (c) => {
  const runId = idOf(c);
  await retryRun(c.env.db, { credential: c.var.credential, runId, ...promotion(c) });
  return seeOther(c, `/app/runs/${runId}`);
});

run.post("/app/runs/:id/delete", signedIn, async (c) => {
  await deleteRun(c.env.db, { credential: c.var.credential, runId: idOf(c), ...promotion(c) });
  return seeOther(c, "/app/runs");
});
