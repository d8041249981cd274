import { z } from "zod";
import { idTakenProblem, Problem, ValidationFailed } from "../../http/problems.ts";

/** The reasons why a verb on endpoints refuses. */
const endpointRefusalSchema = z.object({
  refused: z.enum([
    "forbidden",
    "not_found",
    "too_many",
    "unknown_definitions",
    "disabled",
    "no_delivery",
    "id_taken",
    "changed",
    "other_format",
    "turn_in_vain",
    "giving_up",
    "not_signed",
  ]),
  ids: z.array(z.string()).default([]),
  format: z.string().optional(),
});

export const NO_ENDPOINT = "There is no such notification endpoint in your tenant.";

export function endpointProblem({
  refused,
  ids,
  format,
}: z.infer<typeof endpointRefusalSchema>): Problem | ValidationFailed {
  switch (refused) {
    case "forbidden":
      return new Problem("forbidden", "Only an OWNER or ADMIN may see and change notification endpoints.");
    case "not_found":
      return new Problem("not_found", NO_ENDPOINT);
    case "no_delivery":
      return new Problem("not_found", "The endpoint has no such delivery. They are kept for 30 days.");
    case "too_many":
      return new Problem(
        "conflict",
        "The tenant has 50 notification endpoints already. Delete one that is not needed.",
      );
    case "id_taken":
      return idTakenProblem();
    case "changed":
      return new Problem(
        "conflict",
        "The endpoint was changed since this form was opened, so nothing was changed now.",
      );
    case "disabled":
      return new Problem("conflict", {
        api: "The endpoint is disabled. Set `is_active` to true first.",
        pages: "The endpoint is disabled. Enable it first.",
      });
    case "giving_up":
      return new Problem(
        "conflict",
        "The endpoint was disabled a moment ago, and many notifications that waited for it are still being given up. Enable it in some minutes.",
      );
    case "not_signed":
      return new Problem(
        "conflict",
        "A chat has no secret to rotate: its address is the secret. Make a new one in the chat, and change the `url` to it.",
      );
    case "other_format": {
      const msg = `The format of the endpoint is \`${format}\`, which cannot be changed. Send it with a new \`url\`, or create another endpoint.`;
      return new ValidationFailed([{ loc: ["body", "format"], type: "value_error", msg }]);
    }
    case "turn_in_vain": {
      const msg =
        "`first_failure` needs the event `workflow_run.failed`, and `works_again` needs `workflow_run.completed`.";
      return new ValidationFailed([{ loc: ["body", "on"], type: "value_error", msg }]);
    }
    case "unknown_definitions": {
      const msg = `There are no such workflows: ${ids.join(", ")}.`;
      return new ValidationFailed([{ loc: ["body", "workflow_definition_ids"], type: "value_error", msg }]);
    }
  }
}

/** Of a verb on endpoints, or a read of them. */
export const OF_ENDPOINT = { refusals: endpointRefusalSchema, refuse: endpointProblem };
