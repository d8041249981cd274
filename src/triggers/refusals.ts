/** Turns refusals of verbs and reads of triggers into problems. */
import { z } from "zod";
import { idTakenProblem, Problem, ValidationFailed } from "../http/problems.ts";
import { NEEDS_ONE_SLOT } from "../workflows/policy.ts";
import { NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "../workflows/workflow-definitions.ts";

export const triggerRefusalSchema = z.object({
  refused: z.enum(["not_found", "forbidden", "too_many", "id_taken", "past", "several_slots", "other_kind", "changed"]),
});

export const NO_TRIGGER = "There is no such trigger, or its workflow is not yours to see.";

/** `notFound` says what was not found. */
export function triggerProblem(
  { refused }: z.infer<typeof triggerRefusalSchema>,
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
    case "changed":
      return new Problem("conflict", "The trigger was changed meanwhile, so nothing was fired. Try again.");
  }
}

/** The same for a request that names a workflow. */
export const triggerOfDefinitionProblem = (refusal: z.infer<typeof triggerRefusalSchema>) =>
  triggerProblem(refusal, NO_DEFINITION);
