import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { RunStatus } from "../../types.ts";
import { type CareFlags, isWanted, NOT_DONE, withCare } from "../care.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { sinceOption, untilOption } from "../instants.ts";
import { harmless, type Mode, plural, print, say } from "../output.ts";
import {
  batchOption,
  labelOption,
  type RunFilterFlags,
  runFilterOf,
  statusOption,
  workflowOption,
} from "../run-filter.ts";

type Action = "stop" | "retry" | "delete";
type Flags = RunFilterFlags & CareFlags;
type Filter = Awaited<ReturnType<typeof runFilterOf>>;
type Report = {
  action: Action;
  dry_run: boolean;
  matched: number;
  done: number;
  refused: { run_id: string; reason: string }[];
};

/** The words for each action, and the states in which a run can have it done. */
const ACTIONS: Readonly<
  Record<Action, { text: string; does: string; done: string; states: RunStatus[]; example: string }>
> = {
  stop: {
    text: "Stop all runs that match",
    does: "stops",
    done: "Stopped",
    states: ["PENDING", "RUNNING"],
    example: 'workflow-runs runs bulk stop --workflow "Nightly digest" --status PENDING --dry-run',
  },
  retry: {
    text: "Retry all FAILED runs that match",
    does: "retries",
    done: "Retried",
    states: ["FAILED"],
    example: 'workflow-runs runs bulk retry --workflow "Quarterly report" --since 24h',
  },
  delete: {
    text: "Delete all ended runs that match, with their logs and results",
    does: "deletes",
    done: "Deleted",
    states: ["COMPLETED", "FAILED"],
    example: "workflow-runs runs bulk delete --until 2026-01-01 --yes",
  },
};

export function addBulk(runs: Command): void {
  const bulk = runs.command("bulk").description("Stop, retry or delete many runs");
  for (const action of ["stop", "retry", "delete"] as const) {
    const { text, states, example } = ACTIONS[action];
    withCare(
      bulk
        .command(action)
        .description(`${text}; at least one filter is needed`)
        .addOption(workflowOption())
        .addOption(labelOption())
        .addOption(batchOption())
        .addOption(statusOption(`; by default ${states.join(" and ")}`))
        .addOption(sinceOption())
        .addOption(untilOption()),
    )
      .addHelpText(
        "after",
        `
On a terminal it says how many runs match, and asks. It ends with exit code 1 if a run was refused.

Example:
  $ ${example}`,
      )
      .action(async (flags: Flags, command: Command) => {
        const { client, mode } = contextOf(command);
        const { dryRun, yes, ...filter } = flags;
        if (Object.keys(filter).length === 0) {
          const text =
            "Say which runs: --workflow, --label, --batch, --status, --since or --until. All runs at once are never meant.";
          throw new CliError(text, EXIT.invalid);
        }
        const chosen = { status: states, ...(await runFilterOf(client, filter)) };
        const change = (isDryRun: boolean) => changeRuns(client, action, chosen, isDryRun);
        if (dryRun) return show(mode, await change(true));
        const ask = (preview: Report) => isWanted(sentenceOf(preview), flags);
        const agreed = yes ? null : await agreeOn(() => change(true), ask);
        // When no run can be changed there was nothing to ask, and the report says why.
        const report = agreed?.done === 0 ? { ...agreed, dry_run: false } : await change(false);
        show(mode, report);
        if (report.refused.length > 0) process.exitCode = EXIT.failed;
      });
  }
}

/**
 * Asks about what `find` finds, and again when it finds more after the answer, such as runs that have ended meanwhile. Returns what it found
 * last. It does not ask when no run can be changed.
 */
export async function agreeOn<Found extends { done: number }>(
  find: () => Promise<Found>,
  ask: (found: Found) => Promise<unknown>,
): Promise<Found> {
  let found = await find();
  for (let asked = 0; found.done > asked; found = await find()) {
    await ask(found);
    asked = found.done;
  }
  return found;
}

/** Changes all runs that match, a thousand in a request. */
async function changeRuns(client: Client, action: Action, filter: Filter, isDryRun: boolean): Promise<Report> {
  const report: Report = { action, dry_run: isDryRun, matched: 0, done: 0, refused: [] };
  let cursor: string | null | undefined;
  do {
    const body = { action, filter, dry_run: isDryRun, ...(cursor && { cursor }) };
    const page = await unwrap(client.api.POST("/v1/workflow-runs/bulk", { body })).catch((error: unknown) => {
      if (report.done > 0 && !isDryRun)
        say(`${ACTIONS[action].done} ${plural(report.done, "run")} before this failed:`);
      throw error;
    });
    report.matched += page.matched;
    report.done += page.done;
    report.refused.push(...page.refused);
    cursor = page.next_cursor;
  } while (cursor);
  return report;
}

const sentenceOf = ({ action, done, matched }: Report): string =>
  `This ${ACTIONS[action].does} ${done} of ${matched} matching runs.`;

/** With --dry-run nothing was done, so the report for programs does not say `done`. */
const toDryReport = ({ action, dry_run, matched, done, refused }: Report) => ({
  ...{ action, dry_run, matched, would_change: done, refused },
});

function show(mode: Mode, report: Report): void {
  const { action, dry_run: isDryRun, matched, done, refused } = report;
  if (mode === "json") print(JSON.stringify(isDryRun ? toDryReport(report) : report, null, 2));
  if (mode === "quiet") print(String(done));
  if (mode !== "people") return;
  print(
    isDryRun ? `${sentenceOf(report)} ${NOT_DONE}` : `${ACTIONS[action].done} ${done} of ${matched} matching runs.`,
  );
  const counts = new Map<string, number>();
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [reason, count] of counts) print(`Refused ${count}: ${harmless(reason)}`);
}
