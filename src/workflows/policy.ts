import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument, jsonText, openSet } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { HANDOVERS, RETRYABLE_FAILURES, RUN_NEEDS, WHEN_BUSY } from "../db/enums.ts";
import type { JsonObject } from "../http/json-value.ts";
import { ValidationFailed } from "../http/problems.ts";
import { definitionProblem } from "./refusals.ts";

/** The longest time that a runner may get to end its work, when its run is stopped or replaced. */
export const MAX_GRACE_SECONDS = 300;

export const policySchema = z.object({
  handover: z.enum(HANDOVERS),
  lease_seconds: z.int(),
  max_attempts: z.int(),
  retry_on: z.array(openSet(RETRYABLE_FAILURES)),
  max_running: z.int(),
  max_running_per_key: z.int().nullable(),
  key_from: z.string().nullable(),
  when_busy: openSet(WHEN_BUSY),
  replace_grace_seconds: z.int(),
  max_queued: z.int().nullable(),
  run_needs: openSet(RUN_NEEDS),
  runner_tags: z.array(z.string()),
  may_trigger: z.array(z.string()),
  /** A JSON Schema. Its text is kept, so its fields keep their order. */
  input_schema: jsonText.pipe(z.record(z.string(), z.unknown())).nullable(),
});

/**
 * How a definition's runs get to a runner, how many are RUNNING at the same time, what an invoke does when it is busy, and what happens
 * when they fail.
 */
export type Policy = z.infer<typeof policySchema>;

/** Why `replace_running` is refused. */
export const NEEDS_ONE_SLOT =
  "`replace_running` needs a `max_running` of 1, or a `max_running_per_key` of 1 and a `key_from`: otherwise it is not clear " +
  "which run is replaced.";

/**
 * Checks that an input schema can be saved, when a policy has one.
 * @throws ValidationFailed with each fault
 */
export async function checkInputSchema(schema: JsonObject | null): Promise<void> {
  if (schema === null) return;
  const { judgeSchema } = await import("../inputs/judge-schema.ts");
  const faults = await judgeSchema(schema);
  if (faults.length === 0) return;
  throw new ValidationFailed(
    faults.map(({ path, msg }) => ({ loc: ["body", "input_schema", ...path], type: "value_error", msg })),
  );
}

/** A policy, and its ETag. */
export const taggedPolicySchema = z.object({ policy: policySchema, etag: z.string() });

const foundSchema = z.union([z.object({ refused: z.literal("not_found") }), taggedPolicySchema]);

/**
 * The policy of a definition that the caller may see, and its ETag.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findPolicy(db: Database, credential: Credential, definitionId: string) {
  const args = { credential: credentialArgument(credential), definition_id: definitionId };
  const answer = await callFunction(db, "find_policy", args, foundSchema, { isRepeatable: true });
  if ("refused" in answer) throw definitionProblem(answer, "change");
  return answer;
}
