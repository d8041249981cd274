import process from "node:process";
import { CliError, EXIT } from "./exit.ts";
import { duration } from "./output.ts";

/** A timer takes no more: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** What is waited for, and how a person can go on with it. */
type Waited = { name: string; hint: string };

const run = (id: string): Waited => ({
  name: "run",
  hint: `\`workflow-runs runs watch ${id}\` follows it, and \`workflow-runs runs stop ${id}\` stops it.`,
});

/**
 * Waits for something by `wait`, whose signal is aborted by Ctrl-C and when the time is over. By default, that is the run with this id.
 * It goes on in both cases, which the message says.
 * @throws CliError with exit code 130 or 6
 */
export async function withPatience<Answer>(
  id: string,
  timeoutSeconds: number | undefined,
  wait: (signal: AbortSignal) => Promise<Answer>,
  { name, hint }: Waited = run(id),
): Promise<Answer> {
  const over = new AbortController();
  const onInterrupt = () => over.abort(new CliError(`\nThe ${name} goes on: ${hint}`, EXIT.interrupted));
  const onTimeout = () => {
    const text = `The ${name} has not ended within ${duration(timeoutSeconds ?? 0)}, and goes on: ${hint}`;
    over.abort(new CliError(text, EXIT.timeIsOver));
  };
  process.on("SIGINT", onInterrupt);
  const timer =
    timeoutSeconds === undefined ? undefined : setTimeout(onTimeout, Math.min(timeoutSeconds * 1000, LONGEST_MS));
  try {
    return await wait(over.signal);
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    clearTimeout(timer);
    // After Ctrl-C it stays, since `npx` sends the same signal once more. It does not keep the process alive.
    if (!over.signal.aborted) process.off("SIGINT", onInterrupt);
  }
}
