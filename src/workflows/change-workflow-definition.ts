/** The verbs that change workflow definitions: create, replace, pause, resume and delete. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument, doneSchema } from "../db/call.ts";
import { changeByDeletion, tellWork, workSchema } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import type { RunnerType } from "../db/enums.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../runners/dispatch.ts";
import { type Abcd, partFaultsSchema } from "./abcd.ts";
import { definitionProblem, partFaultsProblem } from "./refusals.ts";
import { type DefinitionRow, definitionRowSchema } from "./workflow-definitions.ts";

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

const writtenSchema = z.object({ definition: definitionRowSchema });
const partsRefusalSchema = z.object({ refused: z.literal("path_parts"), faults: partFaultsSchema });

const createAnswerSchema = z.union([writtenSchema, partsRefusalSchema, z.object({ refused: z.literal("forbidden") })]);

/**
 * Creates a definition, and its node in the tenant's tree.
 * @throws Problem `unauthenticated` or `forbidden`
 * @throws ValidationFailed for path parts that are missing, of the wrong kind or below one another
 */
export async function createDefinition(
  db: Database,
  credential: Credential,
  content: DefinitionContent,
): Promise<DefinitionRow> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: content.id,
    node_id: newId(),
    content: contentArgument(content),
  };
  const answer = await callFunction(db, "create_definition", args, createAnswerSchema);
  if ("definition" in answer) return answer.definition;
  if (answer.refused === "path_parts") throw partFaultsProblem(content, answer.faults);
  throw definitionProblem(answer, "create");
}

const refusalSchema = z.object({ refused: z.enum(["not_found", "forbidden"]) });

const replaceAnswerSchema = dispatchesSchema
  .and(workSchema)
  .and(z.union([writtenSchema, partsRefusalSchema, refusalSchema, z.object({ refused: z.literal("secret_missing") })]));

/**
 * Replaces the whole content of a definition. The first PENDING run starts if it can now, because the definition was resumed or
 * got a runner.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 * @throws ValidationFailed for path parts that are missing, of the wrong kind or below one another
 */
export async function replaceDefinition(
  db: Database,
  credential: Credential,
  content: DefinitionContent & Promotion,
): Promise<DefinitionRow> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: content.id,
    content: contentArgument(content),
    ...promotionArguments(content),
  };
  const options = { isRepeatable: true, onChanged: content.onChanged };
  const answer = await callFunction(db, "replace_definition", args, replaceAnswerSchema, options);
  content.onPromoted(answer.dispatches);
  tellWork(content.onChanged, answer.tenant_id, answer.work);
  if ("definition" in answer) return answer.definition;
  if (answer.refused === "path_parts") throw partFaultsProblem(content, answer.faults);
  throw definitionProblem(answer, "change");
}

const activityAnswerSchema = dispatchesSchema.and(workSchema).and(z.union([refusalSchema, doneSchema]));

/**
 * Pauses or resumes a definition. When it is resumed and its slot is free, the first PENDING run starts.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 */
export async function changeActivity(
  db: Database,
  credential: Credential,
  request: { id: string; isActive: boolean } & Promotion,
): Promise<void> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: request.id,
    is_active: request.isActive,
    ...promotionArguments(request),
  };
  const answer = await callFunction(db, "change_definition_activity", args, activityAnswerSchema, {
    onChanged: request.onChanged,
  });
  request.onPromoted(answer.dispatches);
  tellWork(request.onChanged, answer.tenant_id, answer.work);
  if (answer.refused !== undefined) throw definitionProblem({ refused: answer.refused }, "change");
}

const deleteAnswerSchema = dispatchesSchema.and(
  z.union([z.object({ refused: z.literal("running"), run_id: z.string() }), refusalSchema, doneSchema]),
);

/**
 * Deletes a definition with its runs, their events, its node in the tree and the permissions on it.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` while one of its runs is RUNNING
 */
export async function deleteDefinition(
  db: Database,
  credential: Credential,
  request: { id: string } & Promotion,
): Promise<void> {
  const args = {
    credential: credentialArgument(credential),
    definition_id: request.id,
    ...promotionArguments(request),
  };
  const answer = await callFunction(db, "delete_definition", args, deleteAnswerSchema, {
    onChanged: request.onChanged,
  });
  request.onPromoted(answer.dispatches);
  if (answer.refused !== undefined) throw definitionProblem(answer, "delete");
  request.onChanged([changeByDeletion(answer.tenant_id, { definitionId: request.id })]);
}
