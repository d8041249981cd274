/** Turns refusals of verbs and reads of triggers into problems. */
import { z } from "zod";
import { lackingRights, partFaultSchema, toFault } from "../files/part-faults.ts";
import { idTakenProblem, Problem, ValidationFailed } from "../http/problems.ts";
import { inputFaultAt, inputFaultSchema } from "../inputs/input-schema.ts";
import { NEEDS_ONE_SLOT } from "../workflows/policy.ts";
import { NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "../workflows/workflow-definitions.ts";

export const triggerRefusalSchema = z.object({
  refused: z.enum([
    ...["not_found", "forbidden", "too_many", "id_taken", "past", "several_slots", "other_kind", "changed"],
    ...["other_scheme", "no_schedule", "no_secret", "token_given", "secret_malformed", "seen_another"],
    ...["of_itself", "of_not_found", "of_too_many", "input_invalid", "path_parts"],
  ] as const),
  /** Of `input_invalid`. */
  input_faults: z.array(inputFaultSchema).default([]),
  /** Of `path_parts`: the rights that the caller lacks in order to invoke the workflow. */
  faults: z.array(partFaultSchema).default([]),
});

/** What can be wrong with a secret that somebody has given. */
export const SECRET_FAULTS = {
  token_given: "The token is always made by the service. Leave it out.",
  secret_malformed:
    "Of standard-webhooks, it is `whsec_` and a key in base64, or else any text that does not begin so.",
} as const;

export const NO_TRIGGER = "There is no such trigger, or its workflow is not yours to see.";

/** `notFound` says what was not found. */
export function triggerProblem(
  { refused, input_faults, faults }: z.infer<typeof triggerRefusalSchema>,
  notFound: string = NO_TRIGGER,
): Problem | ValidationFailed {
  switch (refused) {
    case "not_found":
      return new Problem("not_found", notFound);
    case "forbidden":
      return new Problem("forbidden", NO_WRITE_ON_DEFINITION);
    case "too_many":
      return new Problem("conflict", "The workflow has 100 triggers already. Delete one that is not needed.");
    case "id_taken":
      return idTakenProblem();
    case "past":
      return new ValidationFailed([
        { loc: ["body", "schedule", "at"], type: "value_error", msg: "Must be in the future." },
      ]);
    case "several_slots":
      return new ValidationFailed([{ loc: ["body", "when_busy"], type: "value_error", msg: NEEDS_ONE_SLOT }]);
    case "other_kind":
      return new ValidationFailed([
        { loc: ["body", "kind"], type: "value_error", msg: "The kind of a trigger cannot be changed." },
      ]);
    case "other_scheme":
      return new ValidationFailed([
        { loc: ["body", "webhook", "scheme"], type: "value_error", msg: "The scheme of a trigger cannot be changed." },
      ]);
    case "no_schedule":
      return new Problem("conflict", "The trigger has no schedule, so there are no instants to fire it for.");
    case "no_secret":
      return new Problem("conflict", "The trigger receives no webhooks, so it has no secret.");
    case "token_given":
    case "secret_malformed":
      return new ValidationFailed([{ loc: ["body", "secret"], type: "value_error", msg: SECRET_FAULTS[refused] }]);
    case "seen_another":
      return new Problem("conflict", "The trigger was changed since you have opened it. Open it again.");
    case "of_itself":
      return new ValidationFailed([
        { loc: ["body", "run", "of"], type: "value_error", msg: "A workflow cannot run after itself." },
      ]);
    case "of_too_many":
      return new Problem(
        "conflict",
        "20 triggers fire after the runs of that workflow already. Delete one that is not needed, or let one workflow run after it and the " +
          "others after that one.",
      );
    case "input_invalid":
      return new ValidationFailed(input_faults.map((fault) => inputFaultAt(["body"], fault)));
    case "path_parts":
      return lackingRights("To let this trigger fire", faults) ?? new ValidationFailed(faults.map(toFault));
    case "of_not_found":
      return new ValidationFailed([{ loc: ["body", "run", "of"], type: "value_error", msg: NO_DEFINITION }]);
    case "changed":
      return new Problem("conflict", "The trigger was changed meanwhile, so nothing was fired. Try again.");
  }
}

/** The same for a request that names a workflow. */
export const triggerOfDefinitionProblem = (refusal: z.infer<typeof triggerRefusalSchema>) =>
  triggerProblem(refusal, NO_DEFINITION);

/** The same for a request that resumes a trigger, and so has no fields of it. */
export const resumeProblem = (refusal: z.infer<typeof triggerRefusalSchema>) =>
  refusal.refused === "of_not_found"
    ? new Problem("conflict", `${NO_DEFINITION} The trigger fires after its runs: change that, then it can be resumed.`)
    : triggerProblem(refusal);
