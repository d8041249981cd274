/** The routes of a run's log: the runner adds entries, and people read them. */
import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import { createRouter } from "../../http/router.ts";
import { callerRead, runnerCall } from "../../http/routes.ts";
import { instant, json, jsonBody } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { attemptQuery, MAX_INTEGER, runParams } from "../run-schema.ts";
import { appendLog } from "../run-verbs.ts";
import { logWithinMs, NewLogEntrySchema, readLogWithinMs } from "./log-entry.ts";
import { toPlainText } from "./log-text.ts";
import { readLog } from "./read-log.ts";

export const runLog = createRouter();

const ReceiptSchema = z
  .strictObject({
    is_cut: z.boolean().openapi({
      description:
        "True when the log is full: neither this entry nor a later one is stored. Stop sending, and keep the last 256 KiB of the log for " +
        "its end: see `omitted_bytes`.",
    }),
    log_within_ms: logWithinMs(),
  })
  .openapi("WorkflowRunLogReceipt", { example: { is_cut: false, log_within_ms: 15_000 } });

const appendRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/log",
  operationId: "append_workflow_run_log",
  tags: ["Runner"],
  summary: "Append to the log",
  description:
    "For the run's runner, with the run token of the dispatch or lease. Entries may be sent again, and in any order. The log " +
    "of an attempt may have 1 MiB, and the logs of all attempts together 4 MiB. For the end of a longer log there are 256 KiB more for " +
    "each attempt, and 1 MiB for all: see `omitted_bytes`.",
  request: { params: runParams, body: jsonBody(NewLogEntrySchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The entry is stored, or the log is full", ReceiptSchema) },
});

runLog.openapi(appendRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const within = readLogWithinMs(c.env.live, c.var.runToken);
  const { sequence, text, omitted_bytes: omittedBytes = null } = c.req.valid("json");
  const { result } = await perform(c.var.services, appendLog, { sequence, text, omittedBytes });
  return c.json({ ...result, log_within_ms: await within }, 200);
});

const NO_GAP = { missing_before: 0, omitted_bytes: 0 };

const LogPageSchema = z
  .strictObject({
    attempt: z.int(),
    entries: z.array(
      z
        .strictObject({
          sequence: z.int(),
          at: instant().openapi({ description: "When the entry arrived." }),
          text: z.string(),
          missing_before: z.int().openapi({ description: "How many entries before this one never arrived." }),
          omitted_bytes: z.int().openapi({
            description:
              "How many bytes the runner has left out before this entry, since the log is longer than may be stored.",
          }),
        })
        .openapi("WorkflowRunLogEntry"),
    ),
    has_more: z.boolean().openapi({ description: "True when the page is full: ask for the next one at once." }),
    is_complete: z.boolean().openapi({ description: "True when the attempt has ended, and nothing comes after this." }),
    is_cut: z.boolean().openapi({
      description: "True when the log was longer than may be stored, and its runner has not sent its end.",
    }),
  })
  .openapi("WorkflowRunLog", {
    example: {
      attempt: 1,
      entries: [
        { sequence: 0, at: "2026-01-31T12:00:01.020Z", text: "Reading 12 documents\n", ...NO_GAP },
        { sequence: 2, at: "2026-01-31T12:00:31.500Z", text: "Done\n", ...NO_GAP, missing_before: 1 },
      ],
      has_more: false,
      is_complete: true,
      is_cut: false,
    },
  });

const LogTextSchema = z
  .string()
  .openapi("WorkflowRunLogText", { example: "Reading 12 documents\n[1 entry is missing here.]\nDone\n" });

const logQuery = attemptQuery.extend({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_INTEGER)
    .optional()
    .openapi({ description: "Only entries after the one with this `sequence`." }),
});

const readRoute = callerRead({
  path: "/v1/workflow-runs/{run_id}/log",
  operationId: "read_workflow_run_log",
  tags: ["Workflow runs"],
  summary: "Read the log of a run",
  description:
    "In the order of `sequence`, whatever the order of arrival. Where entries are missing, the page ends until they " +
    "arrive, 30 seconds have passed, or the attempt has ended. To follow a log, ask again with the `attempt` of the answer, and " +
    "after the last `sequence` that you have, until `is_complete`. With `Accept: text/plain` it comes as text without the colours " +
    "of a terminal, in which control characters are made visible.",
  request: { params: runParams, query: logQuery },
  problems: ["not_found"],
  responses: {
    200: {
      description: "A page of the log: at most 10,000 entries",
      headers: {
        "X-Log-After": {
          schema: { type: "integer" },
          description: "The `sequence` of the page's last entry, when it has one: where the next page begins.",
        },
      },
      content: { "application/json": { schema: LogPageSchema }, "text/plain": { schema: LogTextSchema } },
    },
  },
});

runLog.openapi(readRoute, async (c) => {
  const { attempt = null, after = null } = c.req.valid("query");
  const page = await readLog(c.env.db, c.var.credential, { runId: c.req.valid("param").run_id, attempt, after });
  const supports = ["application/json", "text/plain"];
  const type = accepts(c, { header: "Accept", supports, default: "application/json" });
  c.header("Vary", "Accept");
  const last = page.entries.at(-1);
  if (last !== undefined) c.header("X-Log-After", String(last.sequence));
  if (type === "text/plain") return c.text(toPlainText(page), 200);
  return c.json(
    {
      attempt: page.attempt,
      entries: page.entries,
      has_more: page.has_more,
      is_complete: page.is_complete,
      is_cut: page.is_cut,
    },
    200,
  );
});
