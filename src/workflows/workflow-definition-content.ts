import type { z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import { type Fault, ValidationFailed } from "../http/problems.ts";
import { encryptWebhookSecret } from "../webhooks/secret-box.ts";
import { checkRunnerUrl, urlOptions } from "../webhooks/url-guard.ts";
import { checkWebhookSecret } from "../webhooks/webhook-secret.ts";
import { findRepeated } from "./abcd.ts";
import { repetitionFaults } from "./refusals.ts";
import type { CreateWorkflowDefinitionRequestSchema } from "./workflow-definition-schema.ts";
import type { DefinitionContent } from "./workflow-verbs.ts";

/** A null secret keeps the stored one. */
type Runner = { url: string; webhook_secret: string | null };

type DefinitionRequest = Omit<z.infer<typeof CreateWorkflowDefinitionRequestSchema>, "runner_config"> & {
  runner_config?: Runner | null | undefined;
  is_active: boolean;
};

/**
 * Converts a request to the content that is stored, with the webhook secret encrypted.
 * @throws ValidationFailed for a runner's URL or secret that is not allowed, and for path parts that are named more than once
 */
export async function toContent(config: Config, id: string, body: DefinitionRequest): Promise<DefinitionContent> {
  const { runner_config: runner = null, template_path_part_id = null, description = null } = body;
  const content = {
    id,
    name: body.name,
    description,
    runnerType: body.runner_type,
    maxRunDurationSeconds: body.max_run_duration_seconds,
    source_path_part_ids: body.source_path_part_ids ?? [],
    instruction_path_part_ids: body.instruction_path_part_ids ?? [],
    output_path_part_ids: body.output_path_part_ids ?? [],
    template_path_part_id,
    isActive: body.is_active,
  };
  const faults = repetitionFaults(content, findRepeated(content));
  if (runner !== null) faults.unshift(...findRunnerFaults(config, runner));
  if (faults.length > 0) throw new ValidationFailed(faults);
  return {
    ...content,
    runner: runner && {
      url: runner.url,
      webhookSecretEncrypted:
        runner.webhook_secret === null
          ? null
          : await encryptWebhookSecret(config.encryptionKeys, id, runner.webhook_secret),
    },
  };
}

/** Finds the faults of a runner's URL and secret that the schema does not check. */
export function findRunnerFaults(config: Config, runner: Runner): Fault[] {
  const ofUrl = checkRunnerUrl(runner.url, urlOptions(config));
  const ofSecret = runner.webhook_secret === null ? null : checkWebhookSecret(runner.webhook_secret);
  return [
    ...(ofUrl === null
      ? []
      : [{ loc: ["body", "runner_config", "url"], type: "url_parsing" as const, msg: ofUrl, input: runner.url }]),
    ...(ofSecret === null
      ? []
      : [{ loc: ["body", "runner_config", "webhook_secret"], type: "value_error" as const, msg: ofSecret }]),
  ];
}
