import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import type { Policy } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { findWorkflow } from "../names.ts";
import { addPolicyFlags, type PolicyFlags, policyChange, readPolicy, setPolicy } from "../policy.ts";
import { type ContentFlags, contentOf, withContent } from "../workflow-content.ts";
import { printWorkflow } from "../workflow-lines.ts";

export function addWorkflowUpdate(workflows: Command): void {
  const update = workflows
    .command("update")
    .argument("<workflow>", "its name or id")
    .description("Change some of what a workflow has; the rest stays as it is")
    .option("--name <name>", "its new name");
  addPolicyFlags(withContent(update, false))
    .option("--no-template", "it fills in nothing")
    .addHelpText(
      "after",
      `
Runs that were triggered before keep what they were triggered with. If the runner has a URL, set WORKFLOW_RUNS_WEBHOOK_SECRET
as for \`create\`: the service stores the secret and never shows it, so a change of the workflow has to send it again.

Examples:
  $ workflow-runs workflows update "Monthly report" --name "Report of the month" --max-seconds 900
  $ workflow-runs workflows update "Monthly report" --lease --max-attempts 3 --retry-on LOST
  $ workflow-runs workflows update "Monthly report" --max-running 5
  $ workflow-runs workflows update "Monthly report" --input-schema @schema.json`,
    )
    .action(async (name: string, flags: ContentFlags & PolicyFlags, command: Command) => {
      const context = contextOf(command);
      const { client } = context;
      const {
        lease,
        leaseSeconds,
        maxAttempts,
        retryOn,
        maxRunning,
        maxRunningPerKey,
        keyFrom,
        whenBusy,
        replaceGraceSeconds,
        maxQueued,
        runNeeds,
        runnerTags,
        mayTrigger,
        inputSchema,
        ...content
      } = flags;
      if (Object.keys(flags).length === 0) {
        throw new CliError("Say what to change, such as --name or --max-seconds: see --help.", EXIT.invalid);
      }
      const workflow = await findWorkflow(client, name);
      const policy: Partial<Policy> = {
        ...(lease && { handover: "lease" as const }),
        ...(flags.runnerUrl !== undefined && { handover: "webhook" as const }),
        ...(await policyChange(client, flags, (await readPolicy(client, workflow.id)) ?? undefined)),
      };
      const params = { path: { definition_id: workflow.id } };
      if (Object.keys(content).length > 0) {
        const body = { ...(await contentOf(client, content, workflow)), is_active: workflow.is_active };
        await unwrap(client.api.PUT("/v1/workflow-definitions/{definition_id}", { params, body }));
      }
      if (Object.keys(policy).length > 0) await setPolicy(client, workflow.id, policy);
      await printWorkflow(context, await findWorkflow(client, workflow.id), flags);
    });
}
