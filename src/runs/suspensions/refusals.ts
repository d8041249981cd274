/** Turns refusals of the verbs on suspended runs into problems. */
import { z } from "zod";
import { WAIT_KINDS } from "../../db/enums.ts";
import { Problem, ValidationFailed } from "../../http/problems.ts";
import { NO_DEFINITION } from "../../workflows/workflow-definitions.ts";
import { attemptProblem, attemptRefusalSchema, NO_RUN } from "../refusals.ts";
import { answerSchema } from "./wait-rows.ts";

/** Why `suspend_run` refused. */
export const suspendRefusalSchema = z.union([
  attemptRefusalSchema,
  z.object({ refused: z.literal("other_kind"), key: z.string(), kind: z.enum(WAIT_KINDS) }),
  z.object({ refused: z.literal("too_many"), limit: z.int(), kind: z.enum(WAIT_KINDS).optional() }),
]);

export function suspendProblem(refusal: z.infer<typeof suspendRefusalSchema>, attempt: number | undefined): Problem {
  switch (refusal.refused) {
    case "other_kind":
      return new Problem(
        "conflict",
        `The key “${refusal.key}” is one of a ${refusal.kind} that the run has asked for before. Take another key.`,
      );
    case "too_many":
      return new Problem(
        "conflict",
        refusal.kind === undefined
          ? `A run may be suspended ${refusal.limit} times, and wait for ${refusal.limit} things altogether.`
          : `A run may wait for ${refusal.limit} ${refusal.kind}s altogether.`,
      );
    default:
      return attemptProblem(refusal, attempt);
  }
}

/** Why `answer_wait` refused. */
export const answerRefusalSchema = z.object({
  refused: z.enum(["not_found", "forbidden", "people_only", "answered", "closed", "not_a_choice"]),
  answer: answerSchema.extend({ user_name: z.string().nullish() }).optional(),
  status: z.string().optional(),
  choices: z.array(z.string()).optional(),
});

export function answerProblem(refusal: z.infer<typeof answerRefusalSchema>): Problem | ValidationFailed {
  const { answer, status, choices = [] } = refusal;
  switch (refusal.refused) {
    case "not_found":
      return new Problem("not_found", `${NO_RUN.replace(/\.$/, "")}, or it has no such question.`);
    case "forbidden":
      return new Problem(
        "forbidden",
        "To answer you need read on the workflow and its files and write on its outputs, as for an invoke, and the question must be for you: it may name roles or users, or leave out who has triggered the run.",
      );
    case "people_only":
      return new Problem(
        "forbidden",
        "Only a person may answer: sign in to the dashboard with a login, and answer there.",
      );
    case "answered":
      return new Problem(
        "conflict",
        `${answer?.user_name ?? `The user ${answer?.user_id}`} has answered “${answer?.value}” at ${answer?.at}. The first answer counts.`,
      );
    case "closed":
      return new Problem("conflict", `The run does not wait for this answer any more: it is ${status}.`);
    case "not_a_choice": {
      const msg = `Must be one of: ${choices.map((choice) => `“${choice}”`).join(", ")}.`;
      return new ValidationFailed([{ loc: ["body", "value"], type: "enum", msg }]);
    }
  }
}

/** Why `signal_workflow` refused. */
export const signalRefusalSchema = z.object({
  refused: z.enum(["not_found", "forbidden", "other_signal", "too_many_signals"]),
  limit: z.int().optional(),
});

export function signalProblem({ refused, limit }: z.infer<typeof signalRefusalSchema>): Problem {
  switch (refused) {
    case "not_found":
      return new Problem("not_found", NO_DEFINITION);
    case "forbidden":
      return new Problem(
        "forbidden",
        "To signal a workflow you need read on it and its files and write on its outputs, as for an invoke.",
      );
    case "other_signal":
      return new Problem(
        "conflict",
        "Another signal had this id within the last seven days. Give this one an id of its own.",
      );
    case "too_many_signals":
      return new Problem(
        "too_many_requests",
        `No run waits for this signal, and ${limit} are kept for the workflow already. Send it again when its runs have asked for some of them.`,
      );
  }
}
