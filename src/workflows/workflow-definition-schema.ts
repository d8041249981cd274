/** The schemas of workflow definitions in requests and answers. */
import { z } from "@hono/zod-openapi";
import { instant, oneLine, orNull, plainText, text, uuid, WorkflowRunnerTypeSchema } from "../http/schemas.ts";
import type { DefinitionRow } from "./workflow-definitions.ts";

const MAX_URL_LENGTH = 2083;

const runnerUrl = () => text({ min: 1, max: MAX_URL_LENGTH }).openapi({ format: "uri" });

const SelfHostedRunnerConfigSchema = z
  .strictObject({
    url: runnerUrl().openapi({ description: "Where dispatches are sent. Public and `https`." }),
    webhook_secret: text().openapi({
      format: "password",
      writeOnly: true,
      description:
        "Signs the dispatches (Standard Webhooks): `whsec_` and a key in base64, or any other text. Never returned.",
    }),
  })
  .openapi("SelfHostedRunnerConfig");

const SelfHostedRunnerConfigResponseSchema = z
  .strictObject({ url: runnerUrl() })
  .openapi("SelfHostedRunnerConfigResponse");

const MAX_DESCRIPTION_BYTES = 8192;

const fitsDescription = (text: string) => new TextEncoder().encode(text).length <= MAX_DESCRIPTION_BYTES;

const partIds = (description: string) => z.array(uuid()).max(20).openapi({ description });

const content = {
  name: oneLine({ max: 255 }),
  // A check instead of `maxLength`, since the contract's schema has no limit.
  description: plainText()
    .refine(fitsDescription, { message: "Must have at most 8192 bytes of UTF-8." })
    .nullish()
    .openapi({ description: "At most 8192 bytes of UTF-8." }),
  runner_type: WorkflowRunnerTypeSchema,
  runner_config: orNull(SelfHostedRunnerConfigSchema).optional(),
  max_run_duration_seconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(300)
    .openapi({ description: "Counted from the start of a run. A run that has not ended by then is FAILED." }),
  source_path_part_ids: partIds("A: what a run reads. Folders or documents. Empty for none."),
  instruction_path_part_ids: partIds("B: what it follows. Folders or documents. Empty for none."),
  output_path_part_ids: partIds(
    "C: where it writes. Folders. Empty for none: then the policy says who may run it, by `run_needs`.",
  ),
  template_path_part_id: uuid()
    .nullish()
    .openapi({ description: "D: what it fills in. A document or a version of one." }),
};

const exampleRequest = {
  name: "Quarterly report",
  runner_type: "SELF_HOSTED" as const,
  runner_config: {
    url: "https://runner.example.com/hook",
    webhook_secret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=",
  },
  max_run_duration_seconds: 300,
  source_path_part_ids: ["01920000-0000-7000-8000-000000000103"],
  instruction_path_part_ids: ["01920000-0000-7000-8000-000000000104"],
  output_path_part_ids: ["01920000-0000-7000-8000-000000000105"],
};

export const CreateWorkflowDefinitionRequestSchema = z
  .strictObject({
    ...content,
    // Without a default: a client that knows only the contract sends them, and one that does not need them leaves them out.
    source_path_part_ids: content.source_path_part_ids.optional(),
    instruction_path_part_ids: content.instruction_path_part_ids.optional(),
    output_path_part_ids: content.output_path_part_ids.optional(),
  })
  .openapi("CreateWorkflowDefinitionRequest", { example: exampleRequest });

export const UpdateWorkflowDefinitionRequestSchema = z
  .strictObject({
    ...content,
    is_active: z.boolean().default(true).openapi({ description: "False pauses the workflow." }),
  })
  .openapi("UpdateWorkflowDefinitionRequest", { example: { ...exampleRequest, is_active: true } });

export const exampleDefinition = {
  ...exampleRequest,
  id: "01920000-0000-7000-8000-000000000301",
  description: null,
  runner_config: { url: exampleRequest.runner_config.url },
  template_path_part_id: null,
  is_active: true,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

export const WorkflowDefinitionResponseSchema = z
  .strictObject({
    id: uuid(),
    name: z.string(),
    description: z.string().nullable(),
    runner_type: WorkflowRunnerTypeSchema,
    runner_config: orNull(SelfHostedRunnerConfigResponseSchema),
    max_run_duration_seconds: z.int(),
    source_path_part_ids: z.array(uuid()),
    instruction_path_part_ids: z.array(uuid()),
    output_path_part_ids: z.array(uuid()),
    template_path_part_id: uuid().nullable(),
    is_active: z.boolean(),
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("WorkflowDefinitionResponse", { example: exampleDefinition });

export const definitionParams = z.object({ definition_id: uuid().openapi({ example: exampleDefinition.id }) });

/** Converts a row to the API's form of a definition. */
export function toDefinition(row: DefinitionRow): z.infer<typeof WorkflowDefinitionResponseSchema> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    runner_type: row.runner_type,
    runner_config: row.runner_url === null ? null : { url: row.runner_url },
    max_run_duration_seconds: row.max_run_duration_seconds,
    source_path_part_ids: row.source_path_part_ids,
    instruction_path_part_ids: row.instruction_path_part_ids,
    output_path_part_ids: row.output_path_part_ids,
    template_path_part_id: row.template_path_part_id,
    is_active: row.is_active,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
