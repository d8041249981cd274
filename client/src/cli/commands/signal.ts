import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import { contextOf } from "../context.ts";
import { readJson } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { facts, harmless, instantOf, printOne } from "../output.ts";

type Flags = { correlation: string; id?: string; payload?: string };

export function addSignal(program: Command): void {
  program
    .command("signal")
    .argument("<workflow>", "its name or id")
    .argument("<name>", "the name of the signal")
    .description("Send a signal to the oldest run of a workflow that waits for it, or to the next one that will")
    .requiredOption(
      "--correlation <text>",
      "required: which of the signals with this name, such as the number of an invoice",
    )
    .option("--id <id>", "the same id is one signal, however often it is sent within seven days")
    .option("--payload <json>", "any JSON that the run gets: as text, as @file, or as @- from stdin")
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs signal "Invoices" paid --correlation invoice-4711
  $ workflow-runs signal "Invoices" paid --correlation invoice-4711 --id payment-815 --payload '{"amount": 1200}'`,
    )
    .action(async (nameOrId: string, name: string, { correlation, id, payload }: Flags, command: Command) => {
      const { client, mode } = contextOf(command);
      const given = payload === undefined ? undefined : { payload: await readJson(payload, "--payload") };
      const workflow = await findWorkflow(client, nameOrId);
      const receipt = await unwrap(
        client.api.POST("/v1/workflow-definitions/{definition_id}/signals", {
          params: { path: { definition_id: workflow.id } },
          body: { name, correlation, ...(id !== undefined && { id }), ...given },
        }),
      );
      printOne(mode, receipt, receipt.id, () =>
        facts({
          signal: harmless(receipt.id),
          run: receipt.run_id ?? "none waits for it yet",
          "kept until": receipt.kept_until && instantOf(receipt.kept_until),
        }),
      );
    });
}
