import type { Command } from "commander";
import type { BatchResult } from "../../types.ts";
import { contextOf } from "../context.ts";
import { harmless, paintState, printList } from "../output.ts";
import { cut, labelsText } from "../run-lines.ts";

export function addBatches(program: Command): void {
  program
    .command("batches")
    .description("Read the results of a batch of runs")
    .command("results")
    .argument("<batch>", "its id")
    .description("List how the runs of a batch have ended, in the order in which they were given")
    .addHelpText("after", "\nExample:\n  $ workflow-runs batches results $BATCH --json | jq '.[].output'")
    .action(async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      const results: BatchResult[] = [];
      for await (const result of client.batchResults(id)) results.push(result);
      printList(mode, results, ({ run_id }) => run_id, resultRow);
    });
}

const resultRow = ({ run_id, status, labels, summary, error, output }: BatchResult) => ({
  run: run_id,
  state: paintState(status),
  labels: cut(labelsText(labels), 40),
  result: cut(harmless(error ?? summary ?? (output === null ? "" : JSON.stringify(output))), 60),
});
