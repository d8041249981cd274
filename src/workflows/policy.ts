import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import { tellWork, workSchema } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { HANDOVERS, RETRYABLE_FAILURES } from "../db/enums.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../runners/dispatch.ts";
import { definitionProblem } from "./refusals.ts";

const policySchema = z.object({
  handover: z.enum(HANDOVERS),
  lease_seconds: z.int(),
  max_attempts: z.int(),
  retry_on: z.array(z.enum(RETRYABLE_FAILURES)),
});

/** How a definition's runs get to a runner, and what happens when they fail. */
export type Policy = z.infer<typeof policySchema>;

const foundSchema = z.union([
  z.object({ refused: z.enum(["not_found", "forbidden"]) }),
  z.object({ policy: policySchema }),
]);

/**
 * The policy of a definition that the caller may see.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findPolicy(db: Database, credential: Credential, definitionId: string): Promise<Policy> {
  const args = { credential: credentialArgument(credential), definition_id: definitionId };
  const answer = await callFunction(db, "find_policy", args, foundSchema, { isRepeatable: true });
  if ("refused" in answer) throw definitionProblem(answer, "change");
  return answer.policy;
}

const replacedSchema = dispatchesSchema.and(workSchema).and(foundSchema);

/**
 * Replaces the policy of a definition. If the new policy allows it, a PENDING run starts or can be leased.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 */
export async function replacePolicy(
  db: Database,
  credential: Credential,
  request: { definitionId: string; policy: Policy } & Promotion,
): Promise<Policy> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: request.definitionId,
    handover: request.policy.handover,
    lease_seconds: request.policy.lease_seconds,
    max_attempts: request.policy.max_attempts,
    retry_on: request.policy.retry_on,
    ...promotionArguments(request),
  };
  const options = { isRepeatable: true, onChanged: request.onChanged };
  const answer = await callFunction(db, "replace_policy", args, replacedSchema, options);
  request.onPromoted(answer.dispatches);
  tellWork(request.onChanged, answer.tenant_id, answer.work);
  if ("refused" in answer) throw definitionProblem(answer, "change");
  return answer.policy;
}
