import { z } from "zod";
import type { FailureCode } from "../db/enums.ts";
import { defineVerb } from "../verbs/verb.ts";
import { definitionProblem } from "../workflows/refusals.ts";

type SeenFailure = { definitionId: string; failureCode: FailureCode; fingerprint: string; note: string };

/**
 * Notes that somebody has seen the failures of a workflow that are alike: see `alike_failures` in SQL.
 * Refused with Problem `not_found` or `forbidden`.
 */
export const markFailureSeen = defineVerb({
  name: "mark_failure_seen",
  args: ({ definitionId, failureCode, fingerprint, note }: SeenFailure) => ({
    definition_id: definitionId,
    failure_code: failureCode,
    fingerprint,
    note,
  }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(["not_found", "forbidden"]) }),
  refuse: (refusal) => definitionProblem(refusal, "change"),
  isRepeatable: true,
});
