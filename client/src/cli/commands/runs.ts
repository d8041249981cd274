import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import { hasEnded, type Run, type RunLogEntry, type RunStatus } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { Outage, readLog, showLog } from "../follow.ts";
import { integer } from "../input.ts";
import { sinceOption, untilOption } from "../instants.ts";
import { facts, harmless, instantOf, print, printList, printOne, say } from "../output.ts";
import { withPatience } from "../patience.ts";
import {
  batchOption,
  findRuns,
  labelOption,
  type RunFilterFlags,
  runFilterOf,
  statusOption,
  workflowOption,
} from "../run-filter.ts";
import { eventLine, placeText, printRun, progressLine, resultLines, runRow } from "../run-lines.ts";
import { waitWithProgress } from "../wait.ts";
import { addBulk } from "./bulk.ts";
import { requireWaiting, timeoutOption, untilEnd, type WaitFlags, withWaiting } from "./invoke.ts";

/** How far away the start of a run may be for somebody to wait for it without having said so. */
const SOON_MS = 3_600_000;

/** @throws CliError for a run that starts much later, which is easily not known to whoever watches it */
async function refuseFarStart(client: Client, id: string): Promise<void> {
  // Whether there is such a run, and that the service is unavailable, is told by watching it, which waits for the service.
  const details = await client.details(id).catch(() => null);
  const at = details?.start_after ?? null;
  if (at === null || Date.parse(at) - Date.now() < SOON_MS) return;
  throw new CliError(
    `The run starts not before ${instantOf(at)}. To watch it until then, add --wait; to start it now: \`workflow-runs runs start-now ${id}\`.`,
    EXIT.invalid,
  );
}

export function addRuns(program: Command): void {
  const runs = program.command("runs").description("List, follow, stop, retry and delete runs");

  runs
    .command("list")
    .description("List the runs that you may see, newest first")
    .addOption(statusOption())
    .addOption(workflowOption())
    .addOption(labelOption())
    .addOption(batchOption())
    .option("--suspended", "only those that wait for an answer, an instant, a signal or other runs")
    .addOption(sinceOption())
    .addOption(untilOption())
    .option("--limit <n>", "how many at most", integer(1, 10_000), 20)
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs runs list --status RUNNING --status PENDING
  $ workflow-runs runs list --since 2026-01-01 --until 2026-02-01
  $ workflow-runs runs list --label customer:4711
  $ workflow-runs runs list --suspended
  $ workflow-runs runs list --workflow "Quarterly report" --limit 5 --json`,
    )
    .action(async (flags: RunFilterFlags & { limit: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const filter = await runFilterOf(client, flags);
      const wanted = { most: flags.limit, withDetails: mode === "people" };
      const { runs: found, details } = await findRuns(client, filter, wanted);
      printList(
        mode,
        found,
        ({ id }) => id,
        (run) => runRow(run, details.get(run.id)),
      );
    });

  const ofRun = (name: string, description: string, example = `workflow-runs runs ${name} $RUN`) =>
    runs
      .command(name)
      .argument("<run>", "its id")
      .description(description)
      .addHelpText("after", `\nExample:\n  $ ${example}`);

  ofRun("children", "List the runs that a run has triggered, newest first")
    .addOption(statusOption())
    .option("--limit <n>", "how many at most", integer(1, 1_000), 100)
    .action(async (id: string, flags: { status?: RunStatus[]; limit: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const filter = { parent_run_id: id, ...(flags.status && { status: flags.status }) };
      const { runs: found, details } = await findRuns(client, filter, {
        most: flags.limit,
        withDetails: mode !== "quiet",
      });
      const children = found.map((run) => ({ child_key: details.get(run.id)?.child_key ?? "", ...run }));
      printList(
        mode,
        children,
        ({ id: childId }) => childId,
        ({ child_key: key, ...run }) => ({ key: harmless(key), ...runRow(run, details.get(run.id)) }),
      );
    });

  ofRun("get", "Show the state, the progress and the result of a run").action(
    async (id: string, _, command: Command) => {
      const context = contextOf(command);
      const { client, mode } = context;
      const [run, details] = await Promise.all([client.run(id), mode === "quiet" ? undefined : client.details(id)]);
      const explained = mode === "people" && run.status === "PENDING" ? await client.explain(id) : undefined;
      await printRun(context, run, details, explained);
    },
  );

  ofRun("result", "Show how a run ended, and its output", "workflow-runs runs result $RUN --json | jq .output")
    .option("--wait", "wait until it has ended; exit code 5 if it FAILED")
    .addOption(timeoutOption())
    .action(async (id: string, flags: Omit<WaitFlags, "follow">, command: Command) => {
      const { client, mode } = contextOf(command);
      requireWaiting(flags);
      if (flags.wait) {
        const begun = await client.run(id);
        const { status } = await withPatience(id, flags.timeout, (signal) => waitWithProgress(client, begun, signal));
        if (status === "FAILED") process.exitCode = EXIT.runFailed;
      }
      const params = { path: { run_id: id } };
      const result = await unwrap(client.api.GET("/v1/workflow-runs/{run_id}/result", { params }));
      printOne(mode, result, id, () => resultLines(result));
    });

  ofRun("watch", "Show the events and the progress of a run until it has ended; exit code 5 if it FAILED")
    .option("--wait", "also when the run starts only in more than an hour")
    .addHelpText("after", '\nWith --json, an event is {"run": …, "event": …}, and progress is {"progress": …}.')
    .action(async (id: string, flags: { wait?: boolean }, command: Command) => {
      const { client, mode } = contextOf(command);
      if (!flags.wait) await refuseFarStart(client, id);
      let last: Run | null = null;
      const outage = new Outage();
      for await (const { run, event, progress, message } of client.watch(id, { onRetry: outage.tell })) {
        outage.isOver();
        last = run ?? last;
        if (mode === "json") print(JSON.stringify(progress === null ? message.data : { progress }));
        else if (mode === "people" && event !== null) print(eventLine(event));
        else if (mode === "people" && progress !== null) print(progressLine(progress));
      }
      last ??= await client.run(id);
      if (mode === "quiet") print(last.id);
      if (last.status === "FAILED") process.exitCode = EXIT.runFailed;
    });

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

  ofRun(
    "start-now",
    "End the waiting of a run for its --start-after or for an automatic retry: it joins the queue now",
  ).action(async (id: string, _, command: Command) => {
    const context = contextOf(command);
    await printRun(context, await context.client.startNow(id));
  });

  ofRun("prioritize", "Change the priority of a run that waits", "workflow-runs runs prioritize $RUN 9")
    .argument("<priority>", "from 0 to 9: the highest starts first", integer(0, 9))
    .action(async (id: string, priority: number, _, command: Command) => {
      const context = contextOf(command);
      await printRun(context, await context.client.prioritize(id, priority));
    });

  withWaiting(
    ofRun("retry", "Retry a FAILED run, with the same snapshot and input", "workflow-runs runs retry $RUN --wait"),
  ).action(async (id: string, flags: WaitFlags, command: Command) => {
    const context = contextOf(command);
    requireWaiting(flags);
    const run = await context.client.retry(id);
    if (flags.wait || flags.follow) await untilEnd(context, run, flags);
    else await printRun(context, run);
  });

  ofRun(
    "delete",
    "Delete a run that waits or has ended, with its log and result; stop one that is RUNNING first",
  ).action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    await client.request(`/v1/workflow-runs/${encodeURIComponent(id)}`, { method: "DELETE" });
    printOne(mode, { id }, id, () => [`Deleted ${id}.`]);
  });

  addBulk(runs);

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
      harmless(explanation.message),
      ...facts({
        position: placeText(explanation.queue_position),
        "blocked by": explanation.blocked_by?.run_id,
        tries: explanation.tries,
        "last error": explanation.last_error === null ? null : harmless(explanation.last_error),
        "starts after": explanation.start_after,
        "must start by": explanation.must_start_by,
        "next try": explanation.next_try_at,
        deadline: hasEnded(explanation) ? null : explanation.deadline_at,
      }),
    ]);
  });
}
