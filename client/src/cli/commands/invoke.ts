import process from "node:process";
import { type Command, Option } from "commander";
import type { Run } from "../../types.ts";
import { invokeBatch } from "../batch.ts";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { followRun } from "../follow.ts";
import { labelAfter, priorityOption, readInput } from "../input.ts";
import { futureInstant, lengthOfTime } from "../instants.ts";
import { findWorkflow } from "../names.ts";
import { say } from "../output.ts";
import { withPatience } from "../patience.ts";
import { printRun } from "../run-lines.ts";
import { waitWithProgress } from "../wait.ts";

/** The flags of a command that can wait for the end of a run. `timeout` is in seconds. */
export type WaitFlags = { wait?: boolean; follow?: boolean; timeout?: number };
type Flags = WaitFlags & {
  input?: string;
  label?: Record<string, string>;
  key?: string;
  priority?: number;
  startAfter?: string;
  mustStartBy?: string;
  idempotencyKey?: string;
  batch?: string;
};

/** Adds the flags of {@link WaitFlags} to a command. */
export const withWaiting = (command: Command): Command =>
  command
    .option("--wait", "wait until it has ended; exit code 5 if it FAILED")
    .option("--follow", "show its events and its log while waiting")
    .addOption(timeoutOption());

export const timeoutOption = () =>
  new Option(
    "--timeout <time>",
    "wait at most so long, such as 90s or 10min; then exit code 6, and it goes on",
  ).argParser(lengthOfTime);

/** @throws CliError when a time is given, and nothing waits */
export function requireWaiting({ wait, follow, timeout }: WaitFlags): void {
  if (timeout === undefined || wait || follow) return;
  throw new CliError("--timeout limits how long the command waits. Add --wait.", EXIT.invalid);
}

export function addInvoke(program: Command): void {
  withWaiting(
    program
      .command("invoke")
      .argument("<workflow>", "its name or id")
      .description("Trigger a run of a workflow")
      .option("--input <json>", "a JSON object for the run's runner: as text, as @file, or as @- from stdin")
      .option("--label <key:value>", "a label to find the run by; can be repeated, for up to 10 keys", labelAfter)
      .option("--key <key>", "whose run it is, such as a customer: a policy can limit the runs of each key")
      .addOption(priorityOption())
      .option(
        "--start-after <when>",
        "it joins the queue then: 2027-01-31T12:00Z, or how long from now, such as 2h; up to 90d",
        futureInstant,
      )
      .option("--must-start-by <when>", "it fails as EXPIRED then unless it has started", futureInstant)
      .option("--idempotency-key <key>", "the same key triggers one run, however often it is sent")
      .option("--batch <file>", "trigger a run for each line of a file, or - for stdin: up to 500, all or none"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs invoke "Quarterly report"
  $ workflow-runs invoke "Quarterly report" --input @input.json --follow
  $ workflow-runs invoke "Quarterly report" --label customer:4711 --label env:prod
  $ workflow-runs invoke "Quarterly report" --key "customer 4711"
  $ workflow-runs invoke "Quarterly report" --priority 9
  $ workflow-runs invoke "Quarterly report" --start-after 2h --must-start-by 1d
  $ workflow-runs invoke "Quarterly report" --wait --timeout 10min
  $ workflow-runs invoke "Quarterly report" --batch runs.jsonl --wait
  $ RUN=$(workflow-runs invoke "Quarterly report" --quiet)

Each line of a batch is a JSON object: {"input": {"invoice": 4711}, "labels": {"customer": "4711"}}`,
    )
    .action(async (name: string, flags: Flags, command: Command) => {
      const context = contextOf(command);
      requireWaiting(flags);
      const { batch, ...others } = flags;
      if (batch !== undefined) {
        requireOfBatch(others);
        return invokeBatch(context, name, { ...others, batch });
      }
      const input = flags.input === undefined ? undefined : await readInput(flags.input);
      const workflow = await findWorkflow(context.client, name);
      const run = await context.client.invoke(workflow.id, {
        ...(input && { input }),
        ...(flags.label && { labels: flags.label }),
        ...(flags.key !== undefined && { concurrencyKey: flags.key }),
        ...(flags.priority !== undefined && { priority: flags.priority }),
        ...(flags.startAfter && { startAfter: flags.startAfter }),
        ...(flags.mustStartBy && { mustStartBy: flags.mustStartBy }),
        ...(flags.idempotencyKey && { idempotencyKey: flags.idempotencyKey }),
      });
      if (flags.wait || flags.follow) await untilEnd(context, run, flags);
      else await printRun(context, run);
    });
}

const FLAGS_OF_BATCH = new Set(["idempotencyKey", "priority", "wait", "timeout"]);

/** @throws CliError when a flag is given that is about one run */
function requireOfBatch(flags: Omit<Flags, "batch">): void {
  const isOfRun = Object.keys(flags).some((name) => !FLAGS_OF_BATCH.has(name));
  if (!isOfRun) return;
  const text =
    "With --batch, the lines of the file have the input, the labels, the key and the instants of each run. It goes with --wait, " +
    "--timeout, --priority and --idempotency-key.";
  throw new CliError(text, EXIT.invalid);
}

/**
 * Waits until a run has ended, and shows it. The exit code says whether the run FAILED.
 * @throws CliError when the time is over or after Ctrl-C; the run goes on
 */
export async function untilEnd(context: Context, begun: Run, { follow, timeout }: WaitFlags): Promise<void> {
  const { client, mode } = context;
  const wait = async (signal: AbortSignal) => {
    // Who reads this may press Ctrl-C: the signal is listened to by now.
    if (mode === "people") say(`Run ${begun.id}`);
    if (follow) await followRun(context, begun.id, signal);
    return waitWithProgress(client, begun, signal);
  };
  const run = await withPatience(begun.id, timeout, wait).catch(async (error: unknown) => {
    // Programs read the id of the run here, which they need to find out about its end.
    if (mode !== "people") await printRun(context, await client.run(begun.id).catch(() => begun));
    throw error;
  });
  if (run.status === "FAILED") process.exitCode = EXIT.runFailed;
  if (mode === "people") say("");
  await printRun(context, run);
}
