import {
  type FeedEvent,
  hasEnded,
  type Run,
  type RunDetails,
  type RunEvent,
  type RunProgress,
  type RunResult,
} from "../types.ts";
import type { Context } from "./context.ts";
import { ago, duration, facts, harmless, paint, paintState, printOne, timeOf } from "./output.ts";

/** Prints a run. If it has ended, its result is included, and its details are if they are given. */
export async function printRun({ client, mode }: Context, run: Run, details?: RunDetails): Promise<void> {
  const result = mode !== "quiet" && hasEnded(run) ? await client.result(run.id) : null;
  printOne(mode, { ...run, ...details, ...result }, run.id, () => runLines(run, details, result));
}

function runLines(run: Run, details: RunDetails | undefined, result: RunResult | null): string[] {
  const attempt = details?.attempt ?? result?.attempt ?? 1;
  const took = run.completed_at === null ? null : (Date.parse(run.completed_at) - Date.parse(run.started_at)) / 1000;
  return facts({
    run: run.id,
    workflow: harmless(run.run_snapshot.workflow_name),
    state: paintState(run.status),
    attempt: attempt > 1 ? attempt : null,
    labels: details && labelsText(details.labels),
    position: details?.queue_position,
    progress: details?.progress && progressText(details.progress),
    started: run.status === "PENDING" ? null : ago(run.started_at),
    took: took === null ? null : duration(took),
    ...(result && resultFacts(result)),
  });
}

const resultFacts = ({ failure_code, error, summary, output, artifacts }: RunResult) => ({
  "failed by": failure_code,
  error: error === null ? null : harmless(error),
  summary: summary === null ? null : harmless(summary),
  output: output === null ? null : JSON.stringify(output, null, 2),
  artifacts: artifacts?.map(({ name, url }) => harmless(`${name} ${url ?? ""}`.trim())).join("\n"),
});

/** Labels, such as `customer:4711  env:prod`. */
const labelsText = (labels: RunDetails["labels"]): string =>
  harmless(
    Object.entries(labels)
      .map(([key, value]) => `${key}:${value}`)
      .join("  "),
  );

/** The result of a run for people. */
export const resultLines = (result: RunResult): string[] =>
  facts({ state: paintState(result.status), ...resultFacts(result) });

/** What a runner reports, such as `40 %  Reading 12 documents`. */
export const progressText = ({ percent, message }: Pick<RunProgress, "percent" | "message">): string =>
  [percent === null ? "" : `${percent} %`, harmless(message ?? "").replaceAll("\n", " ")].join("  ").trim();

/** Progress that is shown as it comes. It has no instant of its own. */
export const progressLine = (progress: RunProgress): string =>
  [paint("dim", timeOf(new Date().toISOString())), "progress", progressText(progress)].join("  ");

export const runRow = (run: Run) => ({
  run: run.id,
  state: paintState(run.status),
  workflow: harmless(run.run_snapshot.workflow_name),
  triggered: ago(run.created_at),
  error: run.error === null ? "" : harmless(run.error).replaceAll("\n", " ").slice(0, 60),
});

/** An event of a run that is shown by itself. */
export const eventLine = ({ at, type, detail }: RunEvent): string =>
  [paint("dim", timeOf(at)), harmless(type), detailText(detail)].join("  ").trimEnd();

/** An event of any run. */
export const feedLine = ({ at, type, run_id, detail }: FeedEvent): string =>
  [paint("dim", timeOf(at)), harmless(type), run_id ?? "", detailText(detail)].join("  ").trimEnd();

export const detailText = (detail: FeedEvent["detail"]): string =>
  detail === null || Object.keys(detail).length === 0 ? "" : harmless(JSON.stringify(detail));
