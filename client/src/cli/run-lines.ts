import { type FeedEvent, hasEnded, type Run, type RunEvent, type RunResult } from "../types.ts";
import type { Context } from "./context.ts";
import { ago, duration, facts, harmless, paint, paintState, printOne, timeOf } from "./output.ts";

/** Prints a run for people. If it has ended, its result is included. */
export async function printRun({ client, mode }: Context, run: Run): Promise<void> {
  const result = mode === "people" && hasEnded(run) ? await client.result(run.id) : null;
  printOne(mode, run, run.id, () => runLines(run, result));
}

function runLines(run: Run, result: RunResult | null): string[] {
  const took = run.completed_at === null ? null : (Date.parse(run.completed_at) - Date.parse(run.started_at)) / 1000;
  return facts({
    run: run.id,
    workflow: harmless(run.run_snapshot.workflow_name),
    state: paintState(run.status),
    started: run.status === "PENDING" ? null : ago(run.started_at),
    took: took === null ? null : duration(took),
    "failed by": result?.failure_code,
    error: run.error === null ? null : harmless(run.error),
    summary: result?.summary == null ? null : harmless(result.summary),
    output: result?.output == null ? null : JSON.stringify(result.output, null, 2),
    artifacts: result?.artifacts?.map(({ name, url }) => harmless(`${name} ${url ?? ""}`.trim())).join("\n"),
  });
}

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
