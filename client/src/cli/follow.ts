import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../client.ts";
import type { Context } from "./context.ts";
import { harmless, say } from "./output.ts";
import { eventLine } from "./run-lines.ts";

const POLL_MS = 1_000;

/**
 * Shows the events and the log of a run until it has ended. With output for programs it shows nothing: the caller prints the
 * run.
 */
export async function followRun({ client, mode }: Context, runId: string): Promise<void> {
  if (mode !== "people") return;
  const ended = new AbortController();
  const log = followLog(client, runId, { signal: ended.signal, isFollowed: true }, (text) =>
    process.stdout.write(text),
  );
  // An error of the log must not end the process before the events were shown.
  log.catch(() => {});
  try {
    for await (const { event } of client.watch(runId)) if (event !== null) say(eventLine(event));
  } finally {
    await Promise.race([log, delay(5_000)]);
    ended.abort();
  }
}

export type LogOptions = { attempt?: number; isFollowed: boolean; signal?: AbortSignal };

/**
 * Passes on the log of a run, without characters that could control the terminal. When followed, also entries that come later.
 */
export async function followLog(
  client: Client,
  runId: string,
  { attempt, isFollowed, signal }: LogOptions,
  show: (text: string) => void,
): Promise<void> {
  let after: number | undefined;
  while (!signal?.aborted) {
    const query = { ...(attempt !== undefined && { attempt }), ...(after !== undefined && { after }) };
    const page = await client.log(runId, query);
    for (const { sequence, text, missing_before } of page.entries) {
      if (missing_before > 0) show(`\n[${missing_before} entries are missing here.]\n`);
      show(harmless(text));
      after = sequence;
    }
    if (page.has_more) continue;
    if (page.is_complete && page.is_cut) show("\n[The log was cut here, since it was too long.]\n");
    if (page.is_complete || !isFollowed) return;
    await delay(POLL_MS, undefined, signal && { signal }).catch(() => {});
  }
}
