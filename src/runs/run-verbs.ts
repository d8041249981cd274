/** The verbs on runs, for callers and for the runners of attempts. */
import { z } from "zod";
import type { JsonObject } from "../http/json-value.ts";
import { defineVerb } from "../verbs/verb.ts";
import { NO_DEFINITION } from "../workflows/workflow-definitions.ts";
import type { Artifact } from "./details/result-schema.ts";
import type { Labels } from "./labels.ts";
import {
  attemptProblem,
  attemptRefusalSchema,
  changeProblem,
  changeRefusalSchema,
  logProblem,
  logRefusalSchema,
  resultProblem,
  resultRefusalSchema,
  triggerProblem,
  triggerRefusalSchema,
} from "./refusals.ts";
import { runRowSchema } from "./run-rows.ts";

const runSchema = z.object({ run: runRowSchema });

/** The run, and whether an earlier call with the same idempotency key triggered it. */
const triggeredSchema = runSchema.extend({ replayed: z.boolean() });

/**
 * Triggers a run of a definition. It becomes RUNNING when a slot is free for it, otherwise PENDING at the end of the queue. When the
 * definition is busy, the run may take the place of others, as the policy says.
 * Refused with Problem `not_found`, `forbidden`, `busy` or `queue_full` by the policy, or `conflict` for a definition that is paused or
 * has no runner, and with ValidationFailed when the definition names parts that are gone, sources without a document, or paths that
 * are too long, when the idempotency key was used with another input, when the input does not fit the schema of the policy or has no
 * concurrency key where the policy says, and when the instants are too far away or have passed.
 */
export const triggerRun = defineVerb({
  name: "trigger_run",
  args: (run: {
    id: string;
    definitionId: string;
    idempotencyKey: string | null;
    input: JsonObject | null;
    /** The trace of the request: see `readTraceparent`. */
    traceparent: string | null;
    labels: Labels;
    /** Null: the key is taken from the input, if the policy says where. */
    concurrencyKey: string | null;
    priority: number;
    /** When it joins the queue, and until when it must have started, as RFC 3339. */
    startAfter: string | null;
    mustStartBy: string | null;
  }) => ({
    definition_id: run.definitionId,
    run_id: run.id,
    idempotency_key: run.idempotencyKey,
    input: run.input && { json: run.input },
    traceparent: run.traceparent,
    labels: Object.keys(run.labels).length === 0 ? null : { json: run.labels },
    concurrency_key: run.concurrencyKey,
    start_after: run.startAfter,
    must_start_by: run.mustStartBy,
    priority: run.priority,
  }),
  inputs: ({ definitionId, input }) => ({ of: definitionId, inputs: [input] }),
  result: triggeredSchema,
  refusals: triggerRefusalSchema,
  refuse: (refusal) => triggerProblem(refusal, NO_DEFINITION),
  isRepeatable: true,
});

/**
 * Triggers a new run of the same workflow and with the same input and labels as another run, which the caller must be allowed to
 * see. Refused as {@link triggerRun} is.
 */
export const runAgain = defineVerb({
  name: "run_again",
  args: (request: { runId: string; newRunId: string }) => ({ run_id: request.runId, new_run_id: request.newRunId }),
  result: triggeredSchema,
  refusals: triggerRefusalSchema,
  refuse: (refusal) => triggerProblem(refusal, NO_DEFINITION),
  isRepeatable: true,
});

/**
 * Stops a PENDING or RUNNING run. It ends at once, or after up to `graceSeconds`, in which its runner can end its work. When the
 * runner could not learn of the stop, the run fails at once in any case.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a run that has ended.
 */
export const stopRun = defineVerb({
  name: "stop_run",
  args: (stop: { runId: string; reason: string | null; graceSeconds: number }) => ({
    run_id: stop.runId,
    reason: stop.reason,
    grace_seconds: stop.graceSeconds,
  }),
  result: runSchema,
  refusals: changeRefusalSchema,
  refuse: (refusal) => changeProblem(refusal, "stop"),
});

/**
 * Ends the waiting of a PENDING run for its `start_after` or for the end of a back-off: it joins the end of the queue now.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a run that does not wait for an instant.
 */
export const startRunNow = defineVerb({
  name: "start_run_now",
  args: (runId: string) => ({ run_id: runId }),
  result: runSchema,
  refusals: changeRefusalSchema,
  refuse: (refusal) => changeProblem(refusal, "start_now"),
});

/**
 * Gives a PENDING run another priority, and with it another place in its queue. Whoever may write the workflow may do that.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a run that has started or ended.
 */
export const prioritizeRun = defineVerb({
  name: "prioritize_run",
  args: (change: { runId: string; priority: number }) => ({ run_id: change.runId, priority: change.priority }),
  result: runSchema,
  refusals: changeRefusalSchema,
  refuse: (refusal) => changeProblem(refusal, "prioritize"),
});

/**
 * Retries a FAILED run: it gets its next attempt with the same snapshot, at the end of the queue. The caller needs the same
 * permissions as for an invoke.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a run that is not FAILED, whose workflow is paused or has no
 * runner, whose files are gone, or whose idempotency key is used by another unfinished run.
 */
export const retryRun = defineVerb({
  name: "retry_run",
  args: (runId: string) => ({ run_id: runId }),
  result: runSchema,
  refusals: changeRefusalSchema,
  refuse: (refusal) => changeProblem(refusal, "retry"),
});

/**
 * Deletes a run and its events. Refused with Problem `not_found`, `forbidden`, or `conflict` for a RUNNING run.
 */
export const deleteRun = defineVerb({
  name: "delete_run",
  args: (runId: string) => ({ run_id: runId }),
  result: z.unknown(),
  refusals: changeRefusalSchema,
  refuse: (refusal) => changeProblem(refusal, "delete"),
});

const OUTCOMES = ["COMPLETED", "FAILED"] as const;

/**
 * Ends the RUNNING run of a run token with the result that its runner reports. The same result again gets the same answer. Another
 * result, or one after the deadline, changes nothing and is recorded as an event.
 * Refused with Problem `not_found`, or `conflict` for a late result or one of an older attempt.
 */
export const recordResult = defineVerb({
  name: "record_result",
  args: (result: {
    status: (typeof OUTCOMES)[number];
    /** Stored for a FAILED run only. */
    error: string | null;
    /** Any JSON; null for none. */
    output: unknown;
    summary: string | null;
    artifacts: readonly Artifact[] | null;
    /** Of a FAILED run: false when the policy must not retry it, and how long a retry has to wait at least. */
    retry: boolean;
    retryAfterSeconds: number | null;
  }) => ({
    status: result.status,
    error: result.status === "FAILED" ? result.error : null,
    output: result.output === null ? null : { json: result.output },
    summary: result.summary,
    artifacts: result.artifacts && { json: result.artifacts },
    retry: result.retry,
    retry_after_seconds: result.retryAfterSeconds,
  }),
  result: z.object({ status: z.enum(OUTCOMES) }),
  refusals: resultRefusalSchema,
  refuse: (refusal, _result, { run }) => resultProblem(refusal, run?.attempt),
  isRepeatable: true,
});

type LogEntry = { sequence: number; text: string; omitted_bytes?: number | undefined };

/**
 * Stores an entry of the log of a run token's attempt, once. `is_cut` says that the log is full: neither this entry nor any later
 * one is stored, except for those of its end, which have `omittedBytes`.
 * Refused with Problem `not_found`, or `conflict` for an ended run, an older attempt, or a number that was used for another text.
 */
export const appendLog = defineVerb({
  name: "append_log",
  args: ({ sequence, text, omittedBytes }: { sequence: number; text: string; omittedBytes: number | null }) => ({
    ...{ sequence, text, omitted_bytes: omittedBytes },
  }),
  result: z.object({ is_cut: z.boolean() }),
  refusals: logRefusalSchema,
  refuse: (refusal, { sequence }, { run }) => logProblem(refusal, { sequence, attempt: run?.attempt }),
  isRepeatable: true,
});

/** The progress of a run. Fields that are left out are unknown. */
type Progress = { percent?: number | undefined; message?: string | undefined };

/**
 * Extends the lease of a run token's attempt, and records its progress and entries of its log, if given. For a runner with a URL, the
 * first heartbeat begins a lease. Instants are RFC 3339.
 * Refused with Problem `not_found`, or `conflict` for an ended run or an older attempt.
 */
export const recordHeartbeat = defineVerb({
  name: "record_heartbeat",
  args: ({ progress, log }: { progress?: Progress | undefined; log?: readonly LogEntry[] | undefined }) => ({
    progress: progress ? { json: progress } : null,
    log: log ? { json: log } : null,
  }),
  result: z.object({
    deadline_at: z.string(),
    lease_expires_at: z.string(),
    /** Not null when somebody has asked the run to stop. It ends at `ends_at` at the latest. */
    stop: z.object({ reason: z.string().nullable(), ends_at: z.string() }).nullable(),
    /** What became of the entries. `conflicts` are the numbers that another text has, and from `cut_from` on nothing has fitted. */
    log: z
      .object({ is_cut: z.boolean(), conflicts: z.array(z.int()), cut_from: z.int().nullable().default(null) })
      .optional(),
  }),
  refusals: attemptRefusalSchema,
  refuse: (refusal, _request, { run }) => attemptProblem(refusal, run?.attempt),
  isRepeatable: true,
});

/**
 * Gives the run of a run token back: it becomes PENDING again, at its old place in the queue. The result is the number of its new
 * attempt.
 * Refused with Problem `not_found`, or `conflict` for an ended run or an older attempt.
 */
export const releaseRun = defineVerb({
  name: "release_run",
  args: () => ({}),
  result: z.object({ attempt: z.int() }),
  refusals: attemptRefusalSchema,
  refuse: (refusal, _request, { run }) => attemptProblem(refusal, run?.attempt),
});
