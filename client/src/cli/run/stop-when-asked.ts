/** How `workflow-runs run` ends: after a signal, or when npm, which has started it, or the reader of its output has ended. */
import process from "node:process";
import { EXIT } from "../exit.ts";
import { plural, say } from "../output.ts";

export type StopOptions = {
  /** Stops the runner; resolves when its runs were given back. */
  stop(): Promise<void>;
  /** How long the commands may take to end. */
  graceSeconds: number;
};

/** Ctrl-C, `kill`, and a terminal that was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Within this time, a second signal counts as the same Ctrl-C: the terminal sends it to us, and `npx` passes it on again. */
const SAME_SIGNAL_MS = 1_000;
/** A request for work may still wait for this long, whatever the grace is. */
const SHORTEST_STOP_SECONDS = 5;
/** The time after the commands have ended, to send the rest of the log and to give the runs back. */
const REPORT_SECONDS = 5;
/** The process exits a little earlier than it has promised, since who has asked may kill it at that instant. */
const MARGIN_SECONDS = 0.5;
const WATCH_MS = 500;

/** Noted when the program starts, since the parent may end before the runner has begun to work. */
const parentAtStart = process.ppid;

/**
 * Stops the runner at the first signal, or when nobody reads its output any more. At a second signal the program exits at once. So it
 * does when the runner has not stopped in the promised time, for example because the service cannot be reached: the service then
 * finds out when the leases expire. Returns a function that resolves when the runner has stopped, or at once if nobody asked it to.
 */
export function stopWhenAsked({ stop, graceSeconds }: StopOptions): () => Promise<void> {
  const seconds = Math.max(graceSeconds, SHORTEST_STOP_SECONDS) + REPORT_SECONDS;
  let stopping: Promise<void> | null = null;
  let stoppedAt = 0;
  let lastMoment: NodeJS.Timeout | undefined;
  const exit = (why: string) => {
    say(`${why} A run that was not given back becomes FAILED when its lease expires.`);
    process.exit(EXIT.failed);
  };
  const begin = () => {
    if (stopping !== null) return;
    say(`Stopping within ${plural(seconds, "second")}. Unfinished runs are given back.`);
    stoppedAt = Date.now();
    lastMoment = setTimeout(() => exit("The time is up."), (seconds - MARGIN_SECONDS) * 1000);
    stopping = stop();
  };
  const onSignal = () => {
    if (stopping === null) begin();
    else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) exit("Exited at once.");
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  process.stdout.on("error", begin);
  const watch = watchNpm(begin);
  return async () => {
    await stopping;
    clearTimeout(lastMoment);
    clearInterval(watch);
    for (const name of SIGNALS) process.off(name, onSignal);
    process.stdout.off("error", begin);
  };
}

/**
 * Calls `onEnd` when npm has started this program and has ended since. `npx` and `npm run` start it through a shell, and pass a
 * SIGTERM on to that shell, which ends of it and tells nobody. The program would go on without anybody who could stop it. The only
 * sign of that is that it has another parent.
 */
function watchNpm(onEnd: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid !== parentAtStart) onEnd();
  }, WATCH_MS);
  return watch.unref();
}
