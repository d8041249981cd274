import { type Command, Option } from "commander";
import { unwrap } from "../../connection.ts";
import type { NewWorkflow, Workflow } from "../../types.ts";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { integer, several } from "../input.ts";
import { findPart, findWorkflow } from "../names.ts";
import { ago, duration, facts, harmless, paint, printList, printOne, say } from "../output.ts";
import { addPolicyFlags, type PolicyFlags, policyChange, readPolicy, setPolicy } from "../policy.ts";

type CreateFlags = PolicyFlags & {
  source: string[];
  instruction: string[];
  output: string[];
  template?: string;
  runnerUrl?: string;
  lease?: boolean;
  description?: string;
  maxSeconds?: number;
};

export function addWorkflows(program: Command): void {
  const workflows = program.command("workflows").description("List, show, create, pause and resume workflows");

  workflows
    .command("list")
    .description("List the workflows, newest first")
    .addHelpText(
      "after",
      "\nExamples:\n  $ workflow-runs workflows list\n  $ workflow-runs workflows list --json | jq -r '.[].name'",
    )
    .action(async (_, command: Command) => {
      const { client, mode } = contextOf(command);
      const all: Workflow[] = [];
      for await (const workflow of client.workflows()) all.push(workflow);
      printList(
        mode,
        all,
        ({ id }) => id,
        (one) => ({
          id: one.id,
          name: harmless(one.name),
          state: stateOf(one),
          runner: harmless(one.runner_config?.url ?? "-"),
          "time limit": duration(one.max_run_duration_seconds),
        }),
      );
    });

  workflows
    .command("get")
    .argument("<workflow>", "its name or id")
    .description("Show a workflow")
    .addHelpText("after", '\nExample:\n  $ workflow-runs workflows get "Quarterly report"')
    .action(async (name: string, _, command: Command) => {
      const context = contextOf(command);
      await show(context, await findWorkflow(context.client, name));
    });

  const create = workflows
    .command("create")
    .argument("<name>")
    .description("Create a workflow; files and folders by id or path")
    .requiredOption("--source <part>", "what a run reads: a file or folder; can be repeated", several)
    .requiredOption("--instruction <part>", "what it follows; can be repeated", several)
    .requiredOption("--output <folder>", "where it writes; can be repeated", several)
    .option("--template <part>", "what it fills in: a document")
    .option("--runner-url <url>", "its runner has this URL; the secret is read from WORKFLOW_RUNS_WEBHOOK_SECRET")
    .addOption(
      new Option("--lease", "its runners have no URL and ask for work, as `workflow-runs run` does").conflicts(
        "runnerUrl",
      ),
    )
    .option("--description <text>", "what it is for")
    .option("--max-seconds <n>", "how long a run may take: 60 to 86400, by default 300", integer(60, 86_400));
  addPolicyFlags(create)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs workflows create "Monthly report" --lease \\
      --source /shared/reports/q1 --instruction /shared/how-to-summarise.md --output /shared/summaries \\
      --max-attempts 3 --retry-on LOST
  $ WORKFLOW_RUNS_WEBHOOK_SECRET=whsec_… workflow-runs workflows create "By webhook" \\
      --runner-url https://runner.example.com/hook --source /in --instruction /how.md --output /out`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const context = contextOf(command);
      const policy = { ...(flags.lease && { handover: "lease" as const }), ...policyChange(flags) };
      const created = await unwrap(
        context.client.api.POST("/v1/workflow-definitions", { body: await contentOf(context, name, flags) }),
      );
      if (Object.keys(policy).length > 0) await setPolicy(context.client, created.id, policy);
      if (context.mode === "people") say(`Created ${created.name}.`);
      await show(context, created);
    });

  for (const [verb, text] of [
    ["pause", "Accept no new runs, and start none that wait; the running one may finish"],
    ["resume", "Accept runs again"],
  ] as const) {
    workflows
      .command(verb)
      .argument("<workflow>", "its name or id")
      .description(text)
      .addHelpText("after", `\nExample:\n  $ workflow-runs workflows ${verb} "Quarterly report"`)
      .action(async (name: string, _, command: Command) => {
        const context = contextOf(command);
        const { id } = await findWorkflow(context.client, name);
        await context.client.request(`/v1/workflow-definitions/${id}/${verb}`, { method: "POST" });
        await show(context, await findWorkflow(context.client, id));
      });
  }
}

async function contentOf({ client }: Context, name: string, flags: CreateFlags): Promise<NewWorkflow> {
  const parts = (given: string[]) => Promise.all(given.map((part) => findPart(client, part)));
  const webhookSecret = process.env.WORKFLOW_RUNS_WEBHOOK_SECRET;
  if (flags.runnerUrl !== undefined && !webhookSecret) {
    throw new CliError("Set WORKFLOW_RUNS_WEBHOOK_SECRET to the secret that signs what the runner gets.", EXIT.invalid);
  }
  return {
    name,
    runner_type: "SELF_HOSTED",
    source_path_part_ids: await parts(flags.source),
    instruction_path_part_ids: await parts(flags.instruction),
    output_path_part_ids: await parts(flags.output),
    max_run_duration_seconds: flags.maxSeconds ?? 300,
    ...(flags.template !== undefined && { template_path_part_id: await findPart(client, flags.template) }),
    ...(flags.description !== undefined && { description: flags.description }),
    ...(flags.runnerUrl !== undefined &&
      webhookSecret && { runner_config: { url: flags.runnerUrl, webhook_secret: webhookSecret } }),
  };
}

const stateOf = ({ is_active }: Workflow): string => (is_active ? "active" : paint("yellow", "paused"));

async function show({ client, mode }: Context, workflow: Workflow): Promise<void> {
  const policy = mode === "people" ? await readPolicy(client, workflow.id) : null;
  printOne(mode, workflow, workflow.id, () =>
    facts({
      id: workflow.id,
      name: harmless(workflow.name),
      description: workflow.description === null ? null : harmless(workflow.description),
      state: stateOf(workflow),
      handover: policy?.handover,
      lease: policy?.handover === "lease" ? duration(policy.lease_seconds) : null,
      attempts:
        policy && policy.max_attempts > 1 ? `${policy.max_attempts}, after ${policy.retry_on.join(", ")}` : null,
      runner: workflow.runner_config === null ? null : harmless(workflow.runner_config.url),
      "time limit": duration(workflow.max_run_duration_seconds),
      changed: ago(workflow.updated_at),
    }),
  );
}
