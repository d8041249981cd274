import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../client.ts";
import { reasonOf } from "../reason.ts";
import type { RunLog, RunLogEntry } from "../types.ts";
import type { Context } from "./context.ts";
import { isOutage } from "./exit.ts";
import { harmless, knowsEscapes, plural, say } from "./output.ts";
import { eventLine, progressLine } from "./run-lines.ts";

const POLL_MS = 1_000;

/** Says once in each outage that the service is away, so that nobody looks at a silent terminal. */
export class Outage {
  #isTold = false;

  readonly tell = (reason: string): void => {
    if (!this.#isTold) say(`The service cannot be reached. Trying again: ${harmless(reason)}`);
    this.#isTold = true;
  };

  /** What a line of progress says of it. Without a terminal, nobody sees that line, so it is told instead. */
  noteOf(reason: string): string {
    if (!knowsEscapes(process.stderr)) this.tell(reason);
    return `The service cannot be reached: ${harmless(reason)}`;
  }

  isOver(): void {
    this.#isTold = false;
  }
}

/**
 * Repeats a request until the service answers it. The client itself repeats it only for some seconds, which is too short for a
 * command that waits for hours.
 * @throws an error that is not an outage, and the reason of `signal`
 */
export async function askUntilAnswered<Answer>(
  ask: () => Promise<Answer>,
  onOutage: (reason: string) => void,
  signal?: AbortSignal,
): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal?.aborted || !isOutage(error)) throw error;
      onOutage(reasonOf(error));
      await delay(POLL_MS, undefined, signal && { signal });
    }
  }
}

/**
 * Shows the events, the progress and the log of a run until it has ended, in the order in which they happened. When the output is for
 * programs it shows nothing, since they get the run itself, which the caller prints at the end.
 */
export async function followRun({ client, mode }: Context, runId: string, signal: AbortSignal): Promise<void> {
  if (mode !== "people") return;
  const outage = new Outage();
  for await (const { event, progress, message } of client.watch(runId, { log: true, onRetry: outage.tell, signal })) {
    outage.isOver();
    if (event !== null) say(eventLine(event));
    else if (progress !== null) say(progressLine(progress));
    else if (isLogEntry(message.data)) printEntry(message.data);
    else if (message.event === "log_cut") process.stdout.write(CUT);
  }
}

export type LogOptions = { attempt?: number; isFollowed: boolean; signal?: AbortSignal };

/** Behind each entry of a log. */
const END = 2 ** 31 - 1;

/** Reads the log of a run by pages. When followed, also entries that come later, and unless an attempt is given, those of later attempts. */
export async function* readLog(
  client: Client,
  runId: string,
  { attempt, isFollowed, signal }: LogOptions,
): AsyncGenerator<RunLog, void, undefined> {
  const outage = new Outage();
  const ask = async (query: Parameters<Client["log"]>[1]) => {
    const read = () => client.log(runId, query);
    const page = isFollowed ? await askUntilAnswered(read, outage.tell, signal) : await read();
    outage.isOver();
    return page;
  };
  let query: { attempt?: number; after?: number } = attempt === undefined ? {} : { attempt };
  while (!signal?.aborted) {
    const page = await ask(query);
    yield page;
    // The next page is of the same attempt, also when the run has been retried meanwhile.
    query = { ...query, attempt: page.attempt };
    const last = page.entries.at(-1);
    if (last) query.after = last.sequence;
    if (page.has_more) continue;
    if (!isFollowed) return;
    if (!page.is_complete) await delay(POLL_MS, undefined, signal && { signal }).catch(() => {});
    else if (attempt === undefined && (await ask({ after: END })).attempt > page.attempt)
      query = { attempt: page.attempt + 1 };
    else return;
  }
}

/** Prints the log of a run for people, without characters that could control the terminal. */
export async function showLog(client: Client, runId: string, options: LogOptions): Promise<void> {
  let [isEmpty, isComplete, current] = [true, false, 1];
  for await (const { attempt, entries, is_complete, is_cut, has_more } of readLog(client, runId, options)) {
    entries.forEach(printEntry);
    if (is_complete && is_cut && !has_more) process.stdout.write(CUT);
    [isEmpty, isComplete, current] = [isEmpty && entries.length === 0, is_complete, attempt];
  }
  if (!isEmpty) return;
  say(isComplete ? "The run has no log." : "The run has no log yet. With -f, it is shown as it comes.");
  if (options.attempt === undefined && current > 1)
    say(`This is attempt ${current}: the log of the one before is shown by --attempt ${current - 1}.`);
}

const CUT = "\n[The log was cut here, since it was too long.]\n";

type PrintedEntry = Pick<RunLogEntry, "text" | "missing_before"> & Partial<Pick<RunLogEntry, "omitted_bytes">>;

function printEntry({ text, missing_before: missing, omitted_bytes: omitted = 0 }: PrintedEntry): void {
  if (omitted > 0)
    process.stdout.write(`\n[${plural(Math.ceil(omitted / 1024), "KiB is", "KiB are")} left out here.]\n`);
  else if (missing > 0) process.stdout.write(`\n[${plural(missing, "entry is", "entries are")} missing here.]\n`);
  process.stdout.write(harmless(text));
}

const isLogEntry = (data: unknown): data is RunLogEntry =>
  typeof data === "object" && data !== null && "sequence" in data && "text" in data;
