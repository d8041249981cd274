import process from "node:process";
import type { Client } from "../client.ts";
import { hasEnded, type Run } from "../types.ts";
import { askUntilAnswered, Outage } from "./follow.ts";
import { knowsEscapes, startProgress } from "./output.ts";
import { progressText } from "./run-lines.ts";

/** Resolves to the run when it has ended. On a terminal, a line shows its state and its progress until then. */
export async function waitWithProgress(client: Client, begun: Run, signal?: AbortSignal): Promise<Run> {
  if (hasEnded(begun)) return begun;
  let state: string = begun.status;
  let note = "";
  const line = startProgress(() => ({ state, note }));
  const outage = new Outage();
  const onOutage = (reason: string) => {
    note = outage.noteOf(reason);
  };
  // The reason for waiting is read once, and again whenever the state has changed.
  const explain = async () => {
    const { message } = await client.explain(begun.id);
    note = message;
  };
  if (state === "PENDING") explain().catch(() => {});
  const onRun = ({ status }: Run) => {
    outage.isOver();
    if (status === state) return;
    state = status;
    note = "";
    if (status === "PENDING") explain().catch(() => {});
  };
  const ended = new AbortController();
  if (knowsEscapes(process.stderr)) {
    const onProgress = (text: string) => {
      note = text;
    };
    // Without the stream, the line still shows the state.
    showNews(client, begun.id, { signal: ended.signal, onRun, onProgress }).catch(() => {});
  }
  try {
    const waiting = { onRun, ...(signal && { signal }) };
    return await askUntilAnswered(() => client.wait(begun.id, waiting), onOutage, signal);
  } finally {
    ended.abort();
    line.stop();
  }
}

type News = { signal: AbortSignal; onRun(run: Run): void; onProgress(text: string): void };

/** Tells each new state and the progress of a run at once, by its stream. */
async function showNews(client: Client, runId: string, { signal, onRun, onProgress }: News): Promise<void> {
  for await (const { run, progress } of client.watch(runId, { signal })) {
    if (run !== null) onRun(run);
    if (progress !== null) onProgress(progressText(progress));
  }
}
