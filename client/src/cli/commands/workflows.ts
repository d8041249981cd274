import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { Workflow } from "../../types.ts";
import { contextOf } from "../context.ts";
import { findWorkflow } from "../names.ts";
import { duration, harmless, plural, print, printList, say } from "../output.ts";
import { addPolicyFlags, type PolicyFlags, policyChange, setFirstPolicy } from "../policy.ts";
import { type ContentFlags, contentOf, withContent } from "../workflow-content.ts";
import { printWorkflow, stateOf } from "../workflow-lines.ts";
import { addWorkflowDelete } from "./workflow-delete.ts";
import { addWorkflowShare } from "./workflow-share.ts";
import { addWorkflowUpdate } from "./workflow-update.ts";

export function addWorkflows(program: Command): void {
  const workflows = program
    .command("workflows")
    .description("List, show, create, change, share, pause and delete workflows");

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
      await printWorkflow(context, await findWorkflow(context.client, name));
    });

  workflows
    .command("input-schema")
    .argument("<workflow>", "its name or id")
    .description("Show the JSON Schema that the input of a workflow's runs must fit; null when any input fits")
    .addHelpText("after", '\nExample:\n  $ workflow-runs workflows input-schema "Quarterly report" > schema.json')
    .action(async (name: string, _, command: Command) => {
      const { client } = contextOf(command);
      const params = { path: { definition_id: (await findWorkflow(client, name)).id } };
      const path = "/v1/workflow-definitions/{definition_id}/input-schema";
      const { input_schema: schema } = await unwrap(client.api.GET(path, { params }));
      print(JSON.stringify(schema, null, 2));
    });

  const create = workflows
    .command("create")
    .argument("<name>")
    .description("Create a workflow, with files and folders by id or path if it needs any");
  addPolicyFlags(withContent(create, true))
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs workflows create "Nightly job" --lease --run-needs read
  $ workflow-runs workflows create "Monthly report" --lease \\
      --source /shared/reports/q1 --instruction /shared/how-to-summarise.md --output /shared/summaries \\
      --max-attempts 3 --retry-on LOST
  $ WORKFLOW_RUNS_WEBHOOK_SECRET=whsec_… workflow-runs workflows create "By webhook" \\
      --runner-url https://runner.example.com/hook --source /in --instruction /how.md --output /out`,
    )
    .action(async (name: string, flags: ContentFlags & PolicyFlags, command: Command) => {
      const context = contextOf(command);
      const policy = {
        ...(flags.lease && { handover: "lease" as const }),
        ...(await policyChange(context.client, flags)),
      };
      const body = await contentOf(context.client, flags, { ...EMPTY, name });
      const created = await unwrap(context.client.api.POST("/v1/workflow-definitions", { body }));
      const hasPolicy = Object.keys(policy).length > 0;
      if (hasPolicy) await setFirstPolicy(context.client, created.id, policy, "the flags of the policy");
      if (context.mode === "people") {
        say(`Created ${harmless(created.name)}.`);
        await sayNamesakes(context.client, created);
      }
      if (context.mode === "people" && !flags.lease && flags.runnerUrl === undefined) say(NO_RUNNER);
      // Setting the policy has changed the workflow.
      await printWorkflow(context, hasPolicy ? await findWorkflow(context.client, created.id) : created, flags);
    });

  addWorkflowUpdate(workflows);
  addWorkflowShare(workflows);
  addWorkflowDelete(workflows);

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
        await printWorkflow(context, await findWorkflow(context.client, id));
      });
  }
}

/** Commands name a workflow by its name, which is clear only as long as no other one has it. */
async function sayNamesakes(client: Client, { id, name }: Workflow): Promise<void> {
  const others: string[] = [];
  for await (const one of client.workflows()) if (one.name === name && one.id !== id) others.push(one.id);
  if (others.length === 0) return;
  say(
    `${plural(others.length, "other workflow has", "other workflows have")} this name: ${others.join(", ")}. Name them by their ids.`,
  );
}

const NO_RUNNER =
  "Nothing can be invoked until it has a runner: give it one by `workflows update` with --lease or --runner-url.";

const EMPTY = {
  description: null,
  runner_type: "SELF_HOSTED",
  runner_config: null,
  source_path_part_ids: [],
  instruction_path_part_ids: [],
  output_path_part_ids: [],
  template_path_part_id: null,
  max_run_duration_seconds: 300,
} satisfies Partial<Workflow>;
