import {
  type FeedEvent,
  hasEnded,
  type ListedDetails,
  type Run,
  type RunDetails,
  type RunEvent,
  type RunExplanation,
  type RunProgress,
  type RunResult,
} from "../types.ts";
import type { Context } from "./context.ts";
import { ago, duration, facts, harmless, paint, paintState, printOne, timeOf } from "./output.ts";

/**
 * Prints a run. If it has ended, its result is included. Its details are if they are given, and for people if it has ended. What a suspended run
 * waits for is, for people, if `explained` is given.
 */
export async function printRun(
  { client, mode }: Context,
  run: Run,
  details?: RunDetails,
  explained?: RunExplanation,
): Promise<void> {
  const isEnd = mode !== "quiet" && hasEnded(run);
  const [result, known] = await Promise.all([
    isEnd ? client.result(run.id) : null,
    details ?? (isEnd && mode === "people" ? client.details(run.id) : undefined),
  ]);
  printOne(mode, { ...run, ...known, ...result }, run.id, () => runLines(run, known, result, explained));
}

function runLines(
  run: Run,
  details: RunDetails | undefined,
  result: RunResult | null,
  explained: RunExplanation | undefined,
): string[] {
  // A service that is older knows no suspended runs.
  const suspension = explained?.suspension ?? null;
  const attempt = details?.attempt ?? result?.attempt ?? 1;
  return facts({
    run: run.id,
    workflow: harmless(run.run_snapshot.workflow_name),
    state: paintState(suspension ? "SUSPENDED" : run.status),
    attempt: attempt > 1 ? attempt : null,
    labels: details && labelsText(details.labels),
    position: details && placeText(details.queue_position),
    priority: details?.priority || null,
    "starts after": details?.start_after,
    "must start by": details?.must_start_by,
    progress: details?.progress && progressText(details.progress),
    ...(suspension ? { suspended: ago(suspension.since), why: explained?.message } : timesOf(run, details)),
    ...(result && resultFacts(result)),
  });
}

/** When a run began and how long it took. One that never started has `created_at` as its `started_at`, unless in its details. */
function timesOf(run: Run, details: Pick<RunDetails, "started_at"> | undefined): Record<string, string> {
  const startedAt = run.status === "PENDING" ? null : details === undefined ? run.started_at : details.started_at;
  if (startedAt === null) {
    const end = run.completed_at === null ? null : `${ago(run.completed_at)}, before it started`;
    return { queued: ago(run.created_at), ...(end !== null && { ended: end }) };
  }
  const took = run.completed_at === null ? null : (Date.parse(run.completed_at) - Date.parse(startedAt)) / 1000;
  return { started: ago(startedAt), ...(took !== null && { took: duration(took) }) };
}

const resultFacts = ({ failure_code, error, summary, output, artifacts }: RunResult) => ({
  "failed by": failure_code,
  error: error === null ? null : harmless(error),
  summary: summary === null ? null : harmless(summary),
  output: output === null ? null : JSON.stringify(output, null, 2),
  artifacts: artifacts?.map(({ name, url }) => harmless(`${name} ${url ?? ""}`.trim())).join("\n"),
});

/** The place of a run in its queue. The API counts places up to 1,000. */
export const placeText = (place: RunDetails["queue_position"]) =>
  place !== null && place > 1_000 ? "more than 1,000" : place;

/** Labels, such as `customer:4711  env:prod`. */
export const labelsText = (labels: RunDetails["labels"]): string =>
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

/** `details` is undefined when the service is older than that part of a list. */
export const runRow = (run: Run, details: ListedDetails | undefined) => ({
  run: run.id,
  // A service that is older does not say it.
  state: paintState(run.status === "PENDING" && details?.suspended_at ? "SUSPENDED" : run.status),
  workflow: cut(harmless(run.run_snapshot.workflow_name), 40),
  ...(details && { labels: cut(labelsText(details.labels), 40) }),
  triggered: ago(run.created_at),
  took: tookText(run, details),
  error: run.error === null ? "" : cut(harmless(run.error).replaceAll("\n", " "), 60),
});

/** How long a run took, or has taken so far. */
function tookText(run: Run, details: ListedDetails | undefined): string {
  if (run.status === "RUNNING") {
    const since = Date.now() - Date.parse(details?.started_at ?? run.started_at);
    return `${duration(Math.max(0, since / 1000))} so far`;
  }
  // Without details, one that has FAILED at the instant of its invoke may never have started.
  if (details === undefined && run.status === "FAILED" && run.started_at === run.created_at) return "";
  return timesOf(run, details).took ?? "";
}

export const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** An event of a run that is shown by itself. */
export const eventLine = ({ at, type, detail }: RunEvent): string =>
  [paint("dim", timeOf(at)), harmless(type), detailText(detail)].join("  ").trimEnd();

/** An event of any run. */
export const feedLine = ({ at, type, run_id, detail }: FeedEvent): string =>
  [paint("dim", timeOf(at)), harmless(type), run_id ?? "", detailText(detail)].join("  ").trimEnd();

export const detailText = (detail: FeedEvent["detail"]): string =>
  detail === null || Object.keys(detail).length === 0 ? "" : harmless(JSON.stringify(detail));
