/** The routes for a runner with a session: ask for runs, send heartbeats, and give runs back. */
import { z } from "@hono/zod-openapi";
import type { Config } from "../../config.ts";
import { signRunToken } from "../../http/credentials/run-token.ts";
import { jsonValue } from "../../http/json-value.ts";
import { MOST_SESSION_WAITS } from "../../http/live/live.ts";
import { createRouter } from "../../http/router.ts";
import { runnerCall, runnerSessionCall } from "../../http/routes.ts";
import { instant, json, jsonBody, optionalJsonBody, text, uuid } from "../../http/schemas.ts";
import { toStorable } from "../../http/text.ts";
import { perform } from "../../verbs/perform.ts";
import { labelsOfRun } from "../labels.ts";
import { logWithinMs, NewLogEntrySchema, readLogWithinMs } from "../log/log-entry.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { exampleRun, runParams, WorkflowRunSnapshotSchema } from "../run-schema.ts";
import { recordHeartbeat, releaseRun } from "../run-verbs.ts";
import { ResumeSchema } from "../suspensions/suspension-schema.ts";
import { leaseOrWait } from "./lease-or-wait.ts";
import type { Lease } from "./lease-runs.ts";

export const leases = createRouter();

const CreateLeasesRequestSchema = z
  .strictObject({
    request_id: uuid().openapi({
      description: "A new id for each request. When no answer came, send the same id again: it gets the same leases.",
    }),
    wait_seconds: z.int().min(0).max(60).default(0).openapi({
      description: "How long to wait for a run when none is waiting. The answer comes as soon as there is one.",
    }),
    max: z.int().min(1).max(10).default(1).openapi({ description: "How many runs to lease, at most." }),
    after: text({ max: 100 }).nullish().openapi({
      description:
        "The `after` of the last answer. With it, a request that waits asks the database only when something has changed since then.",
    }),
  })
  .openapi("CreateLeasesRequest", {
    example: { request_id: "01920000-0000-7000-8000-000000000601", wait_seconds: 30, max: 1 },
  });

const LeaseSchema = z
  .strictObject({
    run_id: uuid(),
    attempt: z.int(),
    deadline_at: instant().openapi({ description: "The run is FAILED then if no result has arrived." }),
    run_snapshot: WorkflowRunSnapshotSchema,
    input: jsonValue().nullable().openapi({ description: "What the run was triggered with: a JSON object, or null." }),
    labels: labelsOfRun(),
    resume: ResumeSchema.optional(),
    scheduled_at: instant().optional().openapi({
      description: "The instant of the schedule that has triggered the run. Absent when none has.",
    }),
    previous_scheduled_at: instant().nullable().optional().openapi({
      description: "The instant before it for which a run was triggered; null for the first one.",
    }),
    traceparent: z.string().nullable().openapi({ description: "The trace of the invoke, if it had one (W3C)." }),
    callback_url: z.string(),
    callback_token: z.string().openapi({
      description: "The credential for all requests of this attempt, such as heartbeats, the log and the callback.",
    }),
    lease_expires_at: instant().openapi({
      description: "The run fails as LOST then, unless a heartbeat comes before.",
    }),
    heartbeat_interval_seconds: z.int().openapi({ description: "How often to send a heartbeat." }),
  })
  .openapi("Lease");

const LeasesSchema = z
  .strictObject({
    leases: z.array(LeaseSchema),
    after: z.string().nullable().openapi({ description: "Send it with the next request, unless it is null." }),
  })
  .openapi("Leases", {
    example: {
      leases: [
        {
          run_id: exampleRun.id,
          attempt: 1,
          deadline_at: "2026-01-31T12:05:00.000Z",
          run_snapshot: exampleRun.run_snapshot,
          input: { quarter: "2026-Q1" },
          labels: { customer: "4711" },
          traceparent: null,
          callback_url: `https://runs.example.com/v1/workflow-runs/${exampleRun.id}/callback`,
          callback_token: "eyJhbGci…",
          lease_expires_at: "2026-01-31T12:01:00.000Z",
          heartbeat_interval_seconds: 20,
        },
      ],
      after: null,
    },
  });

/**
 * A third of the lease, so that the lease survives two lost heartbeats. At most 20 seconds: a runner hears of a stop by the answer
 * to a heartbeat, and a long lease must not delay that.
 */
const heartbeatInterval = (leaseSeconds: number) => Math.min(Math.max(Math.floor(leaseSeconds / 3), 1), 20);

async function toLease(config: Config, lease: Lease): Promise<z.infer<typeof LeaseSchema>> {
  const { run_id: runId, attempt, tenant_id: tenantId, deadline_at: expiresAt } = lease;
  return {
    run_id: runId,
    attempt,
    deadline_at: expiresAt,
    run_snapshot: lease.run_snapshot,
    input: lease.input,
    labels: lease.labels,
    ...(lease.resume && { resume: lease.resume }),
    ...(lease.scheduled_at && {
      scheduled_at: lease.scheduled_at,
      previous_scheduled_at: lease.previous_scheduled_at ?? null,
    }),
    traceparent: lease.traceparent ?? null,
    callback_url: `${config.publicUrl}/v1/workflow-runs/${runId}/callback`,
    callback_token: await signRunToken(config.runTokenKeys, { runId, attempt, tenantId, cell: config.cell, expiresAt }),
    lease_expires_at: lease.lease_expires_at,
    heartbeat_interval_seconds: heartbeatInterval(lease.lease_seconds),
  };
}

const leaseRoute = runnerSessionCall({
  method: "post",
  path: "/v1/leases",
  operationId: "create_leases",
  tags: ["Runner"],
  summary: "Lease runs",
  description:
    "With the token of a session. The oldest runs first, over all workflows that the session takes, and no more than its " +
    "capacity. With `wait_seconds`, the answer may take that long. It is 503 when waiting is not available; 0 always works. " +
    `At most ${MOST_SESSION_WAITS} requests of a session wait at a time.`,
  request: { body: jsonBody(CreateLeasesRequestSchema) },
  problems: ["streams_unavailable"],
  responses: { 200: json("The leases; none when no run waits", LeasesSchema) },
});

leases.openapi(leaseRoute, async (c) => {
  const { request_id: requestId, max, wait_seconds: waitSeconds, after = null } = c.req.valid("json");
  const leased = await leaseOrWait(c, { requestId, max, waitSeconds, after });
  const answer = await Promise.all(leased.leases.map((lease) => toLease(c.env.config, lease)));
  return c.json({ leases: answer, after: leased.after }, 200, { "Cache-Control": "no-store" });
});

const MOST_MESSAGE_LENGTH = 500;

/** What is wrong with the progress must not cost a run its lease, so it is made right here. */
const ProgressSchema = z
  .strictObject({
    percent: z
      .number()
      .transform((percent) => Math.round(Math.min(Math.max(percent, 0), 100)))
      .optional()
      .openapi({ type: "number", description: "It is rounded, and kept between 0 and 100." }),
    message: z
      .string()
      .transform((message) => [...toStorable(message)].slice(0, MOST_MESSAGE_LENGTH).join(""))
      .optional()
      .openapi({
        type: "string",
        description: `What the runner is doing, for people, who see the first ${MOST_MESSAGE_LENGTH} characters.`,
      }),
  })
  .openapi("WorkflowRunProgress", { example: { percent: 40, message: "Reading 12 documents" } });

const MOST_ENTRIES = 100;

const HeartbeatRequestSchema = z
  .strictObject({
    progress: ProgressSchema.optional(),
    log: z
      .array(NewLogEntrySchema)
      .min(1)
      .max(MOST_ENTRIES)
      .refine((entries) => new Set(entries.map(({ sequence }) => sequence)).size === entries.length, {
        message: "Each `sequence` must be there once.",
      })
      .optional()
      .openapi({ description: "Entries of the run's log, as `/log` takes them one at a time." }),
  })
  .openapi("WorkflowRunHeartbeatRequest", {
    example: { progress: { percent: 40 }, log: [{ sequence: 0, text: "Reading 12 documents\n" }] },
  });

const HeartbeatSchema = z
  .strictObject({
    deadline_at: instant(),
    lease_expires_at: instant().openapi({
      description: "The run fails as LOST then, unless the next heartbeat comes before.",
    }),
    stop: z
      .strictObject({
        reason: z.string().nullable(),
        ends_at: instant().openapi({
          description: "The run ends then at the latest. A later result does not count.",
        }),
      })
      .nullable()
      .openapi({
        description: "Not null when somebody has asked for the run to stop. End the work, and send the callback.",
      }),
    log: z
      .strictObject({
        is_cut: z.boolean().openapi({
          description:
            "True when the log is full: what did not fit is not stored, and neither is a later entry. Stop sending, and keep the last 256 KiB " +
            "of the log for its end: see `omitted_bytes`.",
        }),
        cut_from: z
          .int()
          .nullable()
          .openapi({ description: "The number of the first of these entries that did not fit, so it is free again." }),
        conflicts: z.array(z.int()).openapi({
          description: "The numbers of entries that were not stored, since another text has that number. Stop sending.",
        }),
      })
      .nullable()
      .openapi({ description: "What became of the entries. Null when none were sent." }),
    log_within_ms: logWithinMs(),
  })
  .openapi("WorkflowRunHeartbeat", {
    example: {
      deadline_at: "2026-01-31T12:05:00.000Z",
      lease_expires_at: "2026-01-31T12:01:20.000Z",
      stop: null,
      log: { is_cut: false, cut_from: null, conflicts: [] },
      log_within_ms: 15_000,
    },
  });

const heartbeatRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/heartbeat",
  operationId: "heartbeat_workflow_run",
  tags: ["Runner"],
  summary: "Send a heartbeat",
  description:
    "It may bring the progress and the log of the run. " +
    "With the run's token. It extends the lease, never the deadline. A runner with a URL may send heartbeats, too: from its " +
    "first one on, its run fails as LOST when they stop. The entries of the log are stored as `/log` stores them.",
  request: { params: runParams, body: optionalJsonBody(HeartbeatRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The run continues", HeartbeatSchema) },
});

leases.openapi(heartbeatRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const within = readLogWithinMs(c.env.live, c.var.runToken);
  const { result } = await perform(c.var.services, recordHeartbeat, c.req.valid("json"));
  return c.json({ ...result, log: result.log ?? null, log_within_ms: await within }, 200);
});

const ReleaseSchema = z
  .strictObject({
    attempt: z.int().openapi({ description: "The new attempt of the run. Your token belongs to the attempt before." }),
  })
  .openapi("WorkflowRunRelease", { example: { attempt: 2 } });

const releaseRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/release",
  operationId: "release_workflow_run",
  tags: ["Runner"],
  summary: "Give a run back",
  description:
    "For a runner that shuts down, with the run's token. The run is PENDING again, as its next attempt and at its old place " +
    "in the queue. From then on, requests with the token are answered 409. A run that was asked to stop is STOPPED instead. " +
    "From the third time on, the run waits for some seconds before it can start again.",
  request: { params: runParams },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The run is PENDING again", ReleaseSchema) },
});

leases.openapi(releaseRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const { result } = await perform(c.var.services, releaseRun, undefined);
  return c.json(result, 200);
});
