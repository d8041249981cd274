/** What a workflow consists of, in flags: the same for `workflows create` and `workflows update`. */
import process from "node:process";
import { type Command, Option } from "commander";
import type { Client } from "../client.ts";
import type { components, Workflow } from "../types.ts";
import { CliError, EXIT } from "./exit.ts";
import { integer, several } from "./input.ts";
import { findPart } from "./names.ts";

/** `template` is false for `--no-template`. */
export type ContentFlags = {
  name?: string;
  source?: string[];
  instruction?: string[];
  output?: string[];
  template?: string | false;
  runnerUrl?: string;
  lease?: boolean;
  description?: string;
  maxSeconds?: number;
};

/** What a request that replaces a workflow has, except whether it is active. */
type Content = Omit<components["schemas"]["UpdateWorkflowDefinitionRequest"], "is_active">;

/** Adds the flags of {@link ContentFlags} to a command. */
export function withContent(command: Command, isNew: boolean): Command {
  const parts = (flag: string, text: string) => new Option(flag, text).argParser(several);
  return command
    .addOption(parts("--source <part>", "what a run reads: a file or folder; can be repeated"))
    .addOption(parts("--instruction <part>", "what it follows; can be repeated"))
    .addOption(parts("--output <folder>", "where it writes; can be repeated"))
    .option("--template <part>", "what it fills in: a document")
    .option("--runner-url <url>", "its runner has this URL; the secret is read from WORKFLOW_RUNS_WEBHOOK_SECRET")
    .addOption(
      new Option("--lease", "its runners have no URL and ask for work, as `workflow-runs run` does").conflicts(
        "runnerUrl",
      ),
    )
    .option("--description <text>", "what it is for")
    .option(
      "--max-seconds <n>",
      `how long a run may take: 60 to 86400${isNew ? ", by default 300" : ""}`,
      integer(60, 86_400),
    );
}

/** The content that these flags say. What they do not say stays as `before`. */
export async function contentOf(
  client: Client,
  flags: ContentFlags,
  before: Omit<Workflow, "id" | "is_active" | "created_at" | "updated_at">,
): Promise<Content> {
  const parts = async (given: string[] | undefined, ids: string[]) =>
    given === undefined ? ids : Promise.all(given.map((part) => findPart(client, part)));
  const { template } = flags;
  return {
    name: flags.name ?? before.name,
    description: flags.description ?? before.description,
    runner_type: before.runner_type,
    runner_config: runnerOf(flags.runnerUrl ?? before.runner_config?.url),
    source_path_part_ids: await parts(flags.source, before.source_path_part_ids),
    instruction_path_part_ids: await parts(flags.instruction, before.instruction_path_part_ids),
    output_path_part_ids: await parts(flags.output, before.output_path_part_ids),
    max_run_duration_seconds: flags.maxSeconds ?? before.max_run_duration_seconds,
    template_path_part_id:
      template === undefined
        ? before.template_path_part_id
        : template === false
          ? null
          : await findPart(client, template),
  };
}

/** The service never shows a webhook secret, so it has to be given with each change. */
function runnerOf(url: string | undefined): { url: string; webhook_secret: string } | null {
  if (url === undefined) return null;
  const secret = process.env.WORKFLOW_RUNS_WEBHOOK_SECRET;
  if (secret) return { url, webhook_secret: secret };
  throw new CliError("Set WORKFLOW_RUNS_WEBHOOK_SECRET to the secret that signs what the runner gets.", EXIT.invalid);
}
