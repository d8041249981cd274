/**
 * Waits for the end of a run by `Prefer: wait` (RFC 7240): one request waits for up to a minute, so that polling is not needed.
 */
import { type Connection, request } from "./connection.ts";
import { pause } from "./pause.ts";
import { problemOf } from "./problem.ts";
import { hasEnded, type Run, type RunBatch, type RunResult } from "./types.ts";

export type WaitOptions = {
  signal?: AbortSignal;
  /** Called with each answer, including the last one. */
  onRun?(run: Run): void;
};

/**
 * The service waits for at most 60 s. Half of that is used, since some proxies close connections that are silent for a minute.
 */
const WAIT_SECONDS = 30;
/** The pause between two reads when the service answers at once, because it has no hubs. */
const POLL_MS = 2_000;
/** The least time between two reads of a batch whose progress is wanted, since its runs may change all the time. */
const PROGRESS_MS = 500;

/** Resolves to the run when it has ended, COMPLETED or FAILED. */
export async function waitForRun(connection: Connection, runId: string, options: WaitOptions = {}): Promise<Run> {
  for (;;) {
    const { value: run, hasWaited } = await read<Run>(connection, pathOf(runId), options);
    options.onRun?.(run);
    if (hasEnded(run)) return run;
    if (!hasWaited) await pause(POLL_MS, options.signal);
  }
}

/** Resolves to the result of a run when it has ended. */
export async function waitForResult(
  connection: Connection,
  runId: string,
  options: WaitOptions = {},
): Promise<RunResult> {
  for (;;) {
    const { value: result, hasWaited } = await read<RunResult>(connection, `${pathOf(runId)}/result`, options);
    if (hasEnded(result)) return result;
    if (!hasWaited) await pause(POLL_MS, options.signal);
  }
}

export type BatchWaitOptions = {
  signal?: AbortSignal;
  /** Called with each answer, including the last one. With it, the batch is also read whenever its runs have changed. */
  onBatch?(batch: RunBatch): void;
};

/** Waits until none of the batch's runs waits or runs any more, and resolves to the batch. */
export async function waitForBatch(
  connection: Connection,
  batchId: string,
  { signal, onBatch }: BatchWaitOptions = {},
): Promise<RunBatch> {
  const url = `${connection.origin}/v1/run-batches/${encodeURIComponent(batchId)}`;
  let tag: string | null = null;
  for (;;) {
    // The first answer is wanted at once, if each is.
    const waits = onBatch === undefined || tag !== null;
    const headers = new Headers(waits ? { Prefer: `wait=${WAIT_SECONDS}` } : {});
    if (onBatch !== undefined && tag !== null) headers.set("If-None-Match", tag);
    const response = await connection.send(new Request(url, { headers, ...(signal && { signal }) }));
    if (response.status !== 304) {
      if (!response.ok) throw await problemOf(response);
      const batch = (await response.json()) as RunBatch;
      tag = response.headers.get("ETag");
      onBatch?.(batch);
      if (batch.ended_at !== null) return batch;
    }
    if (waits && !response.headers.has("Preference-Applied")) await pause(POLL_MS, signal);
    else if (onBatch !== undefined) await pause(PROGRESS_MS, signal);
  }
}

const pathOf = (runId: string) => `/v1/workflow-runs/${encodeURIComponent(runId)}`;

async function read<Value>(connection: Connection, path: string, { signal }: WaitOptions) {
  const headers = { Prefer: `wait=${WAIT_SECONDS}` };
  const response = await request(connection, path, { headers, ...(signal && { signal }) });
  const value = (await response.json()) as Value;
  return { value, hasWaited: response.headers.has("Preference-Applied") };
}
