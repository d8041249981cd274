/** Triggers the runs of a file together, and shows how they stand until the last one has ended. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { BatchedRun, RunBatch } from "../types.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { askUntilAnswered, Outage } from "./follow.ts";
import { NotKept, parseJson } from "./json.ts";
import { findWorkflow } from "./names.ts";
import { ago, facts, knowsEscapes, paint, printOne, say, startProgress } from "./output.ts";
import { withPatience } from "./patience.ts";

export type BatchFlags = {
  batch: string;
  idempotencyKey?: string;
  priority?: number;
  wait?: boolean;
  timeout?: number;
};

const MAX_RUNS = 500;
const BAR_WIDTH = 24;

/**
 * Triggers a run for each line of the file. The exit code says whether one of them FAILED, if the command waits.
 * @throws CliError for a file that cannot be read or has a wrong line, and when the time is over or after Ctrl-C
 */
export async function invokeBatch(context: Context, workflowName: string, flags: BatchFlags): Promise<void> {
  const { client, mode } = context;
  const runs = parseRuns(await readLines(flags.batch), flags.batch);
  const workflow = await findWorkflow(client, workflowName);
  const { idempotencyKey, priority, timeout } = flags;
  const { id, run_ids } = await client.invokeBatch(workflow.id, runs, {
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(priority !== undefined && { priority }),
  });
  const show = (batch: RunBatch) => printOne(mode, { ...batch, run_ids }, id, () => batchLines(batch));
  if (!flags.wait) return show(await client.batch(id));
  const hint = `\`workflow-runs runs list --batch ${id}\` lists its runs, and \`workflow-runs runs bulk stop --batch ${id}\` stops them.`;
  const wait = (signal: AbortSignal) => {
    // Who reads this may press Ctrl-C: the signal is listened to by now.
    if (mode === "people") say(`Batch ${id}`);
    return waitWithBar(context, id, signal);
  };
  const batch = await withPatience(id, timeout, wait, { name: "batch", hint }).catch(async (error: unknown) => {
    // Programs read the ids here, which they need to find out about the end.
    if (mode !== "people") printOne(mode, { ...(await client.batch(id).catch(() => ({ id }))), run_ids }, id, () => []);
    throw error;
  });
  if (batch.failed > 0) process.exitCode = EXIT.runFailed;
  show(batch);
}

/** Reads a file, or stdin for `-`. */
async function readLines(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, EXIT.invalid);
  }
}

/**
 * Parses lines of JSON, each with the fields of a run; empty lines are skipped.
 * @throws CliError that names the first wrong line
 */
export function parseRuns(lines: string, file: string): BatchedRun[] {
  const runs = lines.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const { run, fault } = parse(line);
    if (run !== null) return [run];
    if (fault !== null) throw new CliError(`Line ${index + 1} of ${file}: ${fault}.`, EXIT.invalid);
    const example = '{"input": {"invoice": 4711}, "labels": {"customer": "4711"}}';
    throw new CliError(`Line ${index + 1} of ${file} is not a JSON object such as ${example}.`, EXIT.invalid);
  });
  if (runs.length === 0) throw new CliError(`${file} has no line.`, EXIT.invalid);
  if (runs.length > MAX_RUNS) {
    const how = `Split the file, for example by \`split -l ${MAX_RUNS}\``;
    throw new CliError(
      `${file} has ${runs.length} lines, and a batch has at most ${MAX_RUNS} runs. ${how}.`,
      EXIT.invalid,
    );
  }
  return runs;
}

function parse(line: string): { run: BatchedRun | null; fault: string | null } {
  try {
    const value: unknown = parseJson(line);
    return { run: typeof value === "object" && value !== null && !Array.isArray(value) ? value : null, fault: null };
  } catch (error) {
    return { run: null, fault: error instanceof NotKept ? error.message : null };
  }
}

/** Resolves to the batch when it has ended. On a terminal, a bar shows how many of its runs have. */
async function waitWithBar({ client }: Context, id: string, signal: AbortSignal): Promise<RunBatch> {
  let state = "";
  let note = "";
  const line = startProgress(() => ({ state, note }));
  const outage = new Outage();
  const onOutage = (reason: string) => {
    note = outage.noteOf(reason);
  };
  const onBatch = (batch: RunBatch) => {
    outage.isOver();
    state = barOf(batch);
    note = noteOf(batch);
  };
  // Without a terminal nobody sees the progress, so only the end is waited for.
  const waiting = { signal, ...(knowsEscapes(process.stderr) && { onBatch }) };
  try {
    return await askUntilAnswered(() => client.waitForBatch(id, waiting), onOutage, signal);
  } finally {
    line.stop();
  }
}

const endedOf = ({ completed, failed, deleted }: RunBatch): number => completed + failed + deleted;

/** How many runs have ended, such as `███████░░░ 140/200`. */
export function barOf(batch: RunBatch): string {
  const full = Math.floor((BAR_WIDTH * endedOf(batch)) / batch.run_count);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${endedOf(batch)}/${batch.run_count}`;
}

const noteOf = ({ running, failed }: RunBatch): string =>
  [`${running} running`, failed > 0 ? `${failed} failed` : ""].filter((part) => part !== "").join(", ");

const batchLines = (batch: RunBatch): string[] =>
  facts({
    batch: batch.id,
    runs: `${endedOf(batch)} of ${batch.run_count} have ended`,
    completed: batch.completed,
    failed: batch.failed > 0 ? paint("red", String(batch.failed)) : 0,
    running: batch.running,
    waiting: batch.pending,
    deleted: batch.deleted > 0 ? batch.deleted : null,
    triggered: ago(batch.created_at),
    ended: batch.ended_at === null ? null : ago(batch.ended_at),
  });
