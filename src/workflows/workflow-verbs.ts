/** The verbs that change workflow definitions and their policies. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import type { Handover, RunnerType } from "../db/enums.ts";
import { ValidationFailed } from "../http/problems.ts";
import { MAX_PERMISSIONS } from "../people/refusals.ts";
import { capProblem, capRefusalSchema } from "../verbs/caps.ts";
import { defineVerb } from "../verbs/verb.ts";
import { type Abcd, partFaultsSchema } from "./abcd.ts";
import { type Policy, taggedPolicySchema } from "./policy.ts";
import { definitionProblem, partFaultsProblem, permitProblem } from "./refusals.ts";
import { definitionRowSchema } from "./workflow-definitions.ts";

/** The content of a definition, in the form in which it is stored. */
export type DefinitionContent = Abcd & {
  id: string;
  name: string;
  description: string | null;
  runnerType: RunnerType;
  /** Null for a definition without a runner. A null secret keeps the stored one if the URL stays the same. */
  runner: { url: string; webhookSecretEncrypted: string | null } | null;
  maxRunDurationSeconds: number;
  isActive: boolean;
};

/** The ETags of the versions that may be replaced, without quotes; null for any version. */
export type IfMatch = { ifMatch: readonly string[] | null };

const contentArgument = (content: DefinitionContent) => ({
  json: {
    name: content.name,
    description: content.description,
    runner_type: content.runnerType,
    runner_url: content.runner?.url ?? null,
    webhook_secret_encrypted: content.runner?.webhookSecretEncrypted ?? null,
    max_run_duration_seconds: content.maxRunDurationSeconds,
    source_path_part_ids: content.source_path_part_ids,
    instruction_path_part_ids: content.instruction_path_part_ids,
    output_path_part_ids: content.output_path_part_ids,
    template_path_part_id: content.template_path_part_id,
    is_active: content.isActive,
  },
});

const writtenSchema = z.object({ definition: definitionRowSchema, etag: z.string() });
const partsRefusalSchema = z.object({ refused: z.literal("path_parts"), faults: partFaultsSchema });
const changeRefusalSchema = z.object({ refused: z.enum(["not_found", "forbidden"]) });

/**
 * Creates a definition, and its node in the tenant's tree; with `policyOf`, the id of another one, with the policy of that one. With
 * `handover`, its runs get to their runners in this way, otherwise by webhook. `is_new` is false when an earlier call with this id has created it.
 * Refused with Problem `forbidden` or `cap_reached`, and with ValidationFailed for path parts that are missing, of the wrong kind or below
 * one another.
 */
export const createDefinition = defineVerb({
  name: "create_definition",
  args: ({
    policyOf = null,
    handover = null,
    ...content
  }: DefinitionContent & { policyOf?: string | null; handover?: Handover | null }) => ({
    definition_id: content.id,
    node_id: newId(),
    content: contentArgument(content),
    policy_of: policyOf,
    handover,
  }),
  result: writtenSchema.extend({ is_new: z.boolean() }),
  refusals: z.union([partsRefusalSchema, capRefusalSchema, z.object({ refused: z.enum(["forbidden", "id_taken"]) })]),
  refuse: (refusal, content) => {
    if (refusal.refused === "path_parts") return partFaultsProblem(content, refusal.faults);
    return refusal.refused === "cap_reached" ? capProblem(refusal) : definitionProblem(refusal, "create");
  },
});

/**
 * Replaces the whole content of a definition. The first PENDING run starts if it can now, because the definition was resumed or
 * got a runner. `ifMatch` has the tags of the version that may be replaced; null for any. Only `saveDefinition` performs this.
 * Refused with Problem `not_found`, `forbidden`, or `precondition_failed` for another version; and with ValidationFailed for path parts that
 * are missing, of the wrong kind or below one another.
 */
export const replaceDefinition = defineVerb({
  name: "replace_definition",
  args: ({ ifMatch, ...content }: DefinitionContent & IfMatch) => ({
    definition_id: content.id,
    content: contentArgument(content),
    if_match: ifMatch,
  }),
  result: writtenSchema.extend({ stored_secret: z.string().optional() }),
  refusals: z.union([
    partsRefusalSchema,
    changeRefusalSchema,
    z.object({ refused: z.enum(["secret_missing", "changed"]) }),
  ]),
  refuse: (refusal, content) =>
    refusal.refused === "path_parts"
      ? partFaultsProblem(content, refusal.faults)
      : definitionProblem(refusal, "change"),
  isRepeatable: true,
});

/**
 * Pauses or resumes a definition. When it is resumed, PENDING runs start in its free slots.
 * Refused with Problem `not_found` or `forbidden`.
 */
export const changeActivity = defineVerb({
  name: "change_definition_activity",
  args: (change: { id: string; isActive: boolean }) => ({ definition_id: change.id, is_active: change.isActive }),
  result: z.unknown(),
  refusals: changeRefusalSchema,
  refuse: (refusal) => definitionProblem(refusal, "change"),
});

/**
 * Deletes a definition with its runs, their events, its node in the tree and the permissions on it.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` while one of its runs is RUNNING.
 */
export const deleteDefinition = defineVerb({
  name: "delete_definition",
  args: (id: string) => ({ definition_id: id }),
  result: z.unknown(),
  refusals: z.union([z.object({ refused: z.literal("running"), run_id: z.string() }), changeRefusalSchema]),
  refuse: (refusal) => definitionProblem(refusal, "delete"),
});

/**
 * Replaces the policy of a definition, whose input schema was checked. As many PENDING runs start or can be leased as the new policy allows.
 * Refused with Problem `not_found`, `forbidden`, or `precondition_failed` for another version than those of `ifMatch`.
 */
export const replacePolicy = defineVerb({
  name: "replace_policy",
  args: ({ definitionId, policy, ifMatch }: { definitionId: string; policy: Policy } & IfMatch) => ({
    definition_id: definitionId,
    handover: policy.handover,
    lease_seconds: policy.lease_seconds,
    max_attempts: policy.max_attempts,
    retry_on: policy.retry_on,
    max_running: policy.max_running,
    max_running_per_key: policy.max_running_per_key,
    key_from: policy.key_from,
    when_busy: policy.when_busy,
    replace_grace_seconds: policy.replace_grace_seconds,
    max_queued: policy.max_queued,
    run_needs: policy.run_needs,
    runner_tags: policy.runner_tags,
    may_trigger: policy.may_trigger,
    input_schema: policy.input_schema && { json: policy.input_schema },
    if_match: ifMatch,
  }),
  result: taggedPolicySchema,
  refusals: z.union([
    changeRefusalSchema,
    z.object({ refused: z.literal("changed") }),
    z.object({ refused: z.literal("may_trigger"), definition_ids: z.array(z.string()) }),
  ]),
  refuse: (refusal, { policy }) =>
    refusal.refused === "may_trigger"
      ? new ValidationFailed(
          refusal.definition_ids.map((id) => ({
            loc: ["body", "may_trigger", policy.may_trigger.indexOf(id)],
            type: "value_error",
            msg: "There is no such workflow, or it is not yours to see.",
          })),
        )
      : definitionProblem(refusal, "change"),
  isRepeatable: true,
});

/**
 * Gives a user the permissions that they lack to run a definition: to read it, its sources, instructions and template, and to write its
 * outputs or, without outputs, to write it itself if its policy says so. The result says how many were given; 0 when the user could already
 * run it. Refused with Problem `not_found`, `forbidden` for a USER, or `conflict` when the user would have too many permissions.
 */
export const permitWorkflow = defineVerb({
  name: "permit_workflow",
  args: (request: { definitionId: string; userId: string }) => ({
    definition_id: request.definitionId,
    user_id: request.userId,
    max_permissions: MAX_PERMISSIONS,
  }),
  result: z.object({ given: z.int() }),
  refusals: z.object({ refused: z.enum(["not_found", "forbidden", "user_unknown", "too_many"]) }),
  refuse: ({ refused }) => permitProblem(refused),
  isRepeatable: true,
});
