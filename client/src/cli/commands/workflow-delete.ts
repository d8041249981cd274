import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import { type CareFlags, isWanted, withCare } from "../care.ts";
import { contextOf } from "../context.ts";
import { findWorkflow } from "../names.ts";
import { harmless, printOne } from "../output.ts";

export function addWorkflowDelete(workflows: Command): void {
  withCare(
    workflows
      .command("delete")
      .argument("<workflow>", "its name or id")
      .description("Delete a workflow with all of its runs; none may be RUNNING"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs workflows delete "Monthly report" --dry-run
  $ workflow-runs workflows delete "Monthly report" --yes`,
    )
    .action(async (name: string, flags: CareFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const { id, name: found } = await findWorkflow(client, name);
      const params = { path: { definition_id: id } };
      const runs = await unwrap(
        client.api.GET("/v1/workflow-definitions/{definition_id}/runs", { params: { ...params, query: { limit: 1 } } }),
      );
      if (
        !(await isWanted(
          `This deletes the workflow "${harmless(found)}" with ${runs.total === 1 ? "its run" : `its ${runs.total} runs`}.`,
          flags,
        ))
      )
        return;
      await client.request(`/v1/workflow-definitions/${id}`, { method: "DELETE" });
      printOne(mode, { id }, id, () => [`Deleted ${harmless(found)}.`]);
    });
}
