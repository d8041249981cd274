import process from "node:process";
import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import { hasEnded, type Run, type RunFilter, type RunLogEntry, type RunStatus } from "../../types.ts";
import { contextOf } from "../context.ts";
import { EXIT } from "../exit.ts";
import { Outage, readLog, showLog } from "../follow.ts";
import { integer, severalOf } from "../input.ts";
import { findWorkflow } from "../names.ts";
import { facts, print, printList, printOne, say } from "../output.ts";
import { eventLine, printRun, progressLine, resultLines, runRow } from "../run-lines.ts";
import { waitWithProgress } from "../wait.ts";
import { untilEnd } from "./invoke.ts";

type ListFlags = { status?: RunStatus[]; workflow?: string; limit: number };

const STATES: readonly RunStatus[] = ["PENDING", "RUNNING", "COMPLETED", "FAILED"];

export function addRuns(program: Command): void {
  const runs = program.command("runs").description("List, follow, stop and retry runs");

  runs
    .command("list")
    .description("List the runs that you may see, newest first")
    .option("--status <state>", "only in this state; can be repeated", severalOf(STATES))
    .option("--workflow <workflow>", "only of this workflow, by its name or id")
    .option("--limit <n>", "how many at most", integer(1, 10_000), 20)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs runs list --status RUNNING --status PENDING
  $ workflow-runs runs list --workflow "Quarterly report" --limit 5 --json`,
    )
    .action(async (flags: ListFlags, command: Command) => {
      const { client, mode } = contextOf(command);
      const filter: RunFilter = {
        ...(flags.status && { status: flags.status }),
        ...(flags.workflow !== undefined && {
          workflow_definition_id: (await findWorkflow(client, flags.workflow)).id,
        }),
      };
      const found: Run[] = [];
      for await (const run of client.runs(filter)) if (found.push(run) >= flags.limit) break;
      printList(mode, found, ({ id }) => id, runRow);
    });

  const ofRun = (name: string, description: string, example = `workflow-runs runs ${name} $RUN`) =>
    runs
      .command(name)
      .argument("<run>", "its id")
      .description(description)
      .addHelpText("after", `\nExample:\n  $ ${example}`);

  ofRun("get", "Show the state, the progress and the result of a run").action(
    async (id: string, _, command: Command) => {
      const context = contextOf(command);
      const { client, mode } = context;
      const [run, details] = await Promise.all([client.run(id), mode === "quiet" ? undefined : client.details(id)]);
      await printRun(context, run, details);
    },
  );

  ofRun("result", "Show how a run ended, and its output", "workflow-runs runs result $RUN --json | jq .output")
    .option("--wait", "wait until it has ended; exit code 5 if it FAILED")
    .action(async (id: string, flags: { wait?: boolean }, command: Command) => {
      const { client, mode } = contextOf(command);
      if (flags.wait) {
        const { status } = await waitWithProgress(client, await client.run(id));
        if (status === "FAILED") process.exitCode = EXIT.runFailed;
      }
      const params = { path: { run_id: id } };
      const result = await unwrap(client.api.GET("/v1/workflow-runs/{run_id}/result", { params }));
      printOne(mode, result, id, () => resultLines(result));
    });

  ofRun("watch", "Show the events and the progress of a run until it has ended; exit code 5 if it FAILED").action(
    async (id: string, _, command: Command) => {
      const { client, mode } = contextOf(command);
      let last: Run | null = null;
      const outage = new Outage();
      for await (const { run, event, progress, message } of client.watch(id, { onRetry: outage.tell })) {
        outage.isOver();
        last = run ?? last;
        if (mode === "json") print(JSON.stringify(message.data));
        else if (mode === "people" && event !== null) print(eventLine(event));
        else if (mode === "people" && progress !== null) print(progressLine(progress));
      }
      last ??= await client.run(id);
      if (mode === "quiet") print(last.id);
      if (last.status === "FAILED") process.exitCode = EXIT.runFailed;
    },
  );

  ofRun("stop", "Stop a run that waits or runs", 'workflow-runs runs stop $RUN --reason "Wrong folder"')
    .option("--reason <text>", "why, for people")
    .option(
      "--grace-seconds <n>",
      "give its runner this many seconds to end its work, up to 300; by default the run ends at once",
      integer(0, 300),
    )
    .action(async (id: string, flags: { reason?: string; graceSeconds?: number }, command: Command) => {
      const context = contextOf(command);
      const run = await context.client.stop(id, flags);
      if (context.mode === "people") say(hasEnded(run) ? "Stopped." : "Its runner is asked to end it.");
      await printRun(context, run);
    });

  ofRun("retry", "Retry a FAILED run, with the same snapshot and input", "workflow-runs runs retry $RUN --wait")
    .option("--wait", "wait until it has ended; exit code 5 if it FAILED")
    .option("--follow", "show its events and its log while waiting")
    .action(async (id: string, flags: { wait?: boolean; follow?: boolean }, command: Command) => {
      const context = contextOf(command);
      const run = await context.client.retry(id);
      if (flags.wait || flags.follow) await untilEnd(context, run, flags.follow === true);
      else await printRun(context, run);
    });

  ofRun("log", "Show the log of a run", "workflow-runs runs log -f $RUN")
    .option("-f, --follow", "continue until the run has ended")
    .option("--attempt <n>", "the log of this attempt; by default the current one", integer(1, 1_000_000))
    .action(async (id: string, flags: { follow?: boolean; attempt?: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const attempt = flags.attempt === undefined ? {} : { attempt: flags.attempt };
      const options = { isFollowed: flags.follow === true, ...attempt };
      if (mode !== "json") await showLog(client, id, options);
      else if (flags.follow) {
        for await (const { entries } of readLog(client, id, options))
          for (const entry of entries) print(JSON.stringify(entry));
      } else {
        const all: RunLogEntry[] = [];
        for await (const { entries } of readLog(client, id, options)) all.push(...entries);
        print(JSON.stringify(all, null, 2));
      }
      if (flags.follow && (await client.wait(id)).status === "FAILED") process.exitCode = EXIT.runFailed;
    });

  ofRun("explain", "Say why a run waits, or how it failed").action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    const explanation = await client.explain(id);
    printOne(mode, explanation, id, () => [
      explanation.message,
      ...facts({
        position: explanation.queue_position,
        "blocked by": explanation.blocked_by?.run_id,
        tries: explanation.tries,
        "last error": explanation.last_error,
        "next try": explanation.next_try_at,
        deadline: hasEnded(explanation) ? null : explanation.deadline_at,
      }),
    ]);
  });
}
