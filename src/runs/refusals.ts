/**
 * Turns refusals of verbs on runs into problems. The SQL functions answer neutral outcomes. This file defines the status and
 * the text for each.
 */
import { z } from "zod";
import type { RunStatus } from "../db/enums.ts";
import { CAPS, RUN_STATUSES } from "../db/enums.ts";
import { lackingRights, namePart, partFaultSchema, toFault } from "../files/part-faults.ts";
import { namesOf } from "../http/json-value.ts";
import { type Fault, idTakenProblem, Problem, type Told, ValidationFailed } from "../http/problems.ts";
import { inputFaultAt, inputFaultSchema } from "../inputs/input-schema.ts";
import { capProblem } from "../verbs/caps.ts";
import { NO_WRITE_ON_DEFINITION } from "../workflows/workflow-definitions.ts";

export const NO_RUN = "There is no such run, or it is not yours to see.";

/** Why `trigger_run` refused. */
export const triggerRefusalSchema = z.object({
  refused: z.enum([
    "not_found",
    "paused",
    "no_runner",
    "other_input",
    "id_taken",
    "input_invalid",
    "no_key",
    "path_parts",
    "snapshot_too_large",
    "start_after",
    "must_start_by",
    "busy",
    "queue_full",
    "cap_reached",
  ]),
  faults: z.array(partFaultSchema).default([]),
  /** Of `input_invalid`: how the input does not fit the schema of the policy. */
  input_faults: z.array(inputFaultSchema).default([]),
  /** Where `no_key` has looked for the concurrency key: a JSON Pointer into the input. */
  pointer: z.string().optional(),
  /** Of `busy`: how many runs of the group are unfinished, the key of the group, and the run that is in the way. */
  limit: z.int().optional(),
  key: z.string().nullish(),
  run_id: z.string().optional(),
  /** Of `cap_reached`: the cap, whose number is `limit`. */
  cap: z.enum(CAPS).optional(),
  /** Of `queue_full`: how many runs may wait. */
  max_queued: z.int().optional(),
  bytes: z.int().optional(),
  max_bytes: z.int().optional(),
});

/** Why `stop_run`, `start_run_now`, `prioritize_run`, `retry_run` or `delete_run` refused: see `judge_run_change` and `judge_retry` in SQL. */
export const changeRefusalSchema = z.object({
  refused: z.enum([
    "not_found",
    "forbidden",
    "wrong_state",
    "not_delayed",
    "suspended",
    "definition_not_visible",
    "paused",
    "no_runner",
    "path_parts",
    "key_in_use",
  ]),
  status: z.enum(RUN_STATUSES).optional(),
  run_id: z.string().optional(),
  faults: z.array(partFaultSchema).default([]),
});

/** Why a read of one run refused: see `judge_run_read` and `read_log`. */
const readRefusalSchema = z.object({ refused: z.enum(["not_found", "no_such_attempt"]) });

const readProblem = ({ refused }: z.infer<typeof readRefusalSchema>): Problem =>
  new Problem("not_found", refused === "not_found" ? NO_RUN : "The run has not had this attempt yet.");

/** Of a read of one run. */
export const OF_RUN = { refusals: readRefusalSchema, refuse: readProblem };

/** Why `record_heartbeat` or `release_run` refused. */
export const attemptRefusalSchema = z.object({
  refused: z.enum(["not_found", "other_attempt", "ended"]),
  attempt: z.int().optional(),
  status: z.enum(RUN_STATUSES).optional(),
});

/** Why `append_log` refused. */
export const logRefusalSchema = z.union([attemptRefusalSchema, z.object({ refused: z.literal("other_text") })]);

/** Why `record_result` refused. */
export const resultRefusalSchema = attemptRefusalSchema.extend({ ended_by: z.string().nullish() });

export function triggerProblem(
  refusal: z.infer<typeof triggerRefusalSchema>,
  noDefinition: string,
): Problem | ValidationFailed {
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", noDefinition);
    case "paused":
    case "no_runner":
      return new Problem("conflict", cannotStart(refusal.refused, "invoke it"));
    case "other_input": {
      const msg = "The idempotency key has triggered a run with another input. Send the same input, or another key.";
      return new ValidationFailed([{ loc: ["body", "input"], type: "value_error", msg }]);
    }
    case "id_taken":
      return idTakenProblem();
    case "input_invalid":
      return new ValidationFailed(refusal.input_faults.map((fault) => inputFaultAt(["body"], fault)));
    case "no_key":
    case "start_after":
    case "must_start_by":
      return new ValidationFailed([faultOfRun(refusal.refused, refusal.pointer, ["body"])]);
    case "path_parts":
      return (
        lackingRights("To invoke this workflow", refusal.faults) ?? new ValidationFailed(refusal.faults.map(toFault))
      );
    case "snapshot_too_large": {
      const msg =
        `The run's snapshot would have ${refusal.bytes} bytes, of at most ${refusal.max_bytes}: the paths of the ` +
        "workflow's files and folders are too long together. Shorten their names, or name fewer of them.";
      return new ValidationFailed([{ loc: ["path", "definition_id"], type: "value_error", msg }]);
    }
    case "busy":
      return busyProblem(refusal);
    case "cap_reached":
      return capProblem({ cap: refusal.cap ?? "waiting_runs", limit: refusal.limit ?? 0 });
    case "queue_full":
      return new Problem(
        "queue_full",
        `The queue is full: the workflow's policy lets at most ${refusal.max_queued} of its runs wait. Invoke it again when one of ` +
          "them has started, or stop one.",
      );
  }
}

/** `purpose` is for what the workflow would have to start runs. */
const cannotStart = (obstacle: "paused" | "no_runner", purpose: string): Told =>
  obstacle === "paused"
    ? {
        api: `The workflow is paused. Set \`is_active\` to true to ${purpose}.`,
        pages: "The workflow is paused. Resume it first.",
      }
    : {
        api: `The workflow has no runner. Set \`runner_config\` to ${purpose}.`,
        pages: "The workflow has no runner. Give it a runner first.",
      };

/** The fault of a run, at this place of a request. `pointer` is the policy's `key_from`. */
export function faultOfRun(
  refused: "no_key" | "start_after" | "must_start_by",
  pointer: string | undefined,
  locOfRun: Fault["loc"],
): Fault {
  switch (refused) {
    case "no_key": {
      const msg =
        `The workflow's policy takes the concurrency key from ${pointer} of the input: a text of 1 to 128 characters, a ` +
        "number or a boolean. Send it there, or send `concurrency_key`.";
      return { loc: [...locOfRun, "input", ...namesOf(pointer ?? "")], type: "value_error", msg };
    }
    case "start_after":
      return { loc: [...locOfRun, "start_after"], type: "value_error", msg: "Must be within 90 days from now." };
    case "must_start_by": {
      const msg = "Must be in the future, and later than `start_after`.";
      return { loc: [...locOfRun, "must_start_by"], type: "value_error", msg };
    }
  }
}

/** The policy skips a run while the workflow is busy. The header names the run that is in the way. */
function busyProblem({ limit = 1, key, run_id }: z.infer<typeof triggerRefusalSchema>): Problem {
  const whose = key == null ? "" : ` with the concurrency key “${key}”`;
  const runs = limit === 1 ? `a run${whose} has` : `${limit} runs${whose} have`;
  const which = run_id === undefined ? "one of them" : `the run ${run_id}`;
  return new Problem(
    "busy",
    `The workflow is busy, and its policy skips a run then: ${runs} not ended yet. Wait for the end of ${which}, or stop it, and ` +
      "invoke the workflow again.",
    run_id === undefined ? {} : { "X-Blocked-By-Run": run_id },
    run_id === undefined ? [] : [{ kind: "run", id: run_id, name: `Run ${run_id}` }],
  );
}

const NOT_THEIRS = "Only the user who triggered the run, or an OWNER or ADMIN, may do that.";
type RunChange = "stop" | "start_now" | "prioritize" | "retry" | "delete";

/** `verb` is the refused change. Some texts depend on it. */
export function changeProblem(refusal: z.infer<typeof changeRefusalSchema>, verb: RunChange): Problem {
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", NO_RUN);
    case "forbidden":
      return new Problem("forbidden", verb === "prioritize" ? NO_WRITE_ON_DEFINITION : NOT_THEIRS);
    case "wrong_state":
      return new Problem("conflict", WRONG_STATE[verb](refusal.status));
    case "not_delayed":
      return new Problem(
        "conflict",
        "The run does not wait for an instant: it is in the queue, and starts at its turn.",
      );
    case "suspended":
      return new Problem("conflict", "The run is suspended: it goes on when what it waits for has come.");
    case "definition_not_visible":
      return new Problem("forbidden", "To retry this run you need read on its workflow, as for an invoke.");
    case "paused":
    case "no_runner":
      return new Problem("conflict", cannotStart(refusal.refused, "retry"));
    case "key_in_use":
      return new Problem(
        "conflict",
        `The run ${refusal.run_id} has taken over the idempotency key of this run and has not ended. Use that one.`,
        {},
        refusal.run_id === undefined ? [] : [{ kind: "run", id: refusal.run_id, name: `Run ${refusal.run_id}` }],
      );
    case "path_parts":
      return (
        lackingRights("To retry this run", refusal.faults) ??
        new Problem(
          "conflict",
          `Files of the run no longer exist: ${refusal.faults.map((part) => namePart(part)).join(", ")}. Invoke the workflow again instead.`,
        )
      );
  }
}

const WRONG_STATE: Record<RunChange, (status: RunStatus | undefined) => string> = {
  stop: (status) => `The run has already ended: it is ${status}.`,
  start_now: (status) => `Only a PENDING run can wait for an instant: it is ${status}.`,
  prioritize: (status) => `Only a PENDING run waits in a queue: it is ${status}.`,
  retry: (status) => `Only a FAILED run can be retried: it is ${status}.`,
  delete: () => "The run is RUNNING. Stop it first, then delete it.",
};

/**
 * Refuses a run token that was made for another run.
 * @throws Problem `conflict`
 */
export function checkTokenIsOf(token: { runId: string }, runId: string): void {
  if (token.runId !== runId.toLowerCase()) throw new Problem("conflict", "The token belongs to another run.");
}

/**
 * What a runner is told when its attempt does not count any more. `gone` ends the sentence about a run that is gone, and `ended` follows the
 * one about a run that has ended. By default, both tell the runner to stop working.
 */
export function attemptProblem(
  refusal: z.infer<typeof attemptRefusalSchema>,
  attempt: number | undefined,
  { gone = ". Stop working on it.", ended = "Stop working on it." }: { gone?: string; ended?: string } = {},
): Problem {
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", `There is no such run any more${gone}`);
    case "other_attempt":
      return new Problem(
        "conflict",
        `The token belongs to attempt ${attempt}, but the run is at attempt ${refusal.attempt}.`,
      );
    case "ended":
      return new Problem("conflict", `The run has ended: it is ${refusal.status}. ${ended}`);
  }
}

export const logProblem = (
  refusal: z.infer<typeof logRefusalSchema>,
  { attempt, sequence }: { attempt: number | undefined; sequence: number },
): Problem =>
  refusal.refused === "other_text"
    ? new Problem(
        "conflict",
        `The entry ${sequence} has been sent with another text. Give each entry a number of its own.`,
      )
    : attemptProblem(refusal, attempt, { gone: ": its log is not needed.", ended: "Its log is closed." });

export const resultProblem = (refusal: z.infer<typeof resultRefusalSchema>, attempt: number | undefined): Problem =>
  refusal.refused === "ended"
    ? new Problem("conflict", lateResult(refusal))
    : attemptProblem(refusal, attempt, { gone: ": its result is not needed." });

function lateResult({ status, ended_by }: z.infer<typeof resultRefusalSchema>): string {
  if (ended_by === "DEADLINE") {
    return "The result came after the deadline: the run is FAILED. It is kept in the run's events.";
  }
  if (ended_by === "LEASE") {
    return "The runner was silent for too long, so the run is FAILED. The result is kept in the run's events.";
  }
  if (ended_by === "STOP") return "The run was stopped meanwhile. The result is kept in the run's events.";
  return `The run has already ended: it is ${status}. The result is kept in the run's events.`;
}
