import process from "node:process";
import type { Command } from "commander";
import type { Run } from "../../types.ts";
import { type Context, contextOf } from "../context.ts";
import { EXIT } from "../exit.ts";
import { followRun } from "../follow.ts";
import { readInput } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { say } from "../output.ts";
import { printRun } from "../run-lines.ts";
import { waitWithProgress } from "../wait.ts";

type Flags = { input?: string; idempotencyKey?: string; wait?: boolean; follow?: boolean };

export function addInvoke(program: Command): void {
  program
    .command("invoke")
    .argument("<workflow>", "its name or id")
    .description("Trigger a run of a workflow")
    .option("--input <json>", "a JSON object for the run's runner: as text, as @file, or as @- from stdin")
    .option("--idempotency-key <key>", "the same key triggers one run, however often it is sent")
    .option("--wait", "wait until the run has ended; exit code 5 if it FAILED")
    .option("--follow", "show its events and its log while waiting")
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs invoke "Quarterly report"
  $ workflow-runs invoke "Quarterly report" --input @input.json --follow
  $ RUN=$(workflow-runs invoke "Quarterly report" --quiet)`,
    )
    .action(async (name: string, flags: Flags, command: Command) => {
      const context = contextOf(command);
      const input = flags.input === undefined ? undefined : await readInput(flags.input);
      const workflow = await findWorkflow(context.client, name);
      const run = await context.client.invoke(workflow.id, {
        ...(input && { input }),
        ...(flags.idempotencyKey && { idempotencyKey: flags.idempotencyKey }),
      });
      if (flags.wait || flags.follow) await untilEnd(context, run, flags.follow === true);
      else await printRun(context, run);
    });
}

/** Waits until a run has ended, and shows it. The exit code says whether the run FAILED. */
export async function untilEnd(context: Context, begun: Run, isFollowed: boolean): Promise<void> {
  const { client, mode } = context;
  if (mode === "people") say(`Run ${begun.id}`);
  if (isFollowed) await followRun(context, begun.id);
  const run = await waitWithProgress(client, begun);
  if (run.status === "FAILED") process.exitCode = EXIT.runFailed;
  if (mode === "people") say("");
  await printRun(context, run);
}
