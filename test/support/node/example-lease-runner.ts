/** The example runners that lease runs, as processes that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const EXAMPLES = join(import.meta.dirname, "../../../examples");
const COMMANDS = {
  TypeScript: [process.execPath, join(EXAMPLES, "runner-lease/runner.ts")],
  Python: ["python3", join(EXAMPLES, "runner-python/lease.py")],
} as const;

export type ExampleLanguage = keyof typeof COMMANDS;

export type LeaseRunner = { child: ChildProcess; log: string[]; closed: Promise<unknown> };

/** Starts a runner, and waits until it asks for runs. */
export async function startLeaseRunner(
  language: ExampleLanguage,
  environment: Record<string, string>,
): Promise<LeaseRunner> {
  const [command, program] = COMMANDS[language];
  const child = spawn(command, [program], {
    // The URLs of the tests are on this machine, so they must not go through a proxy.
    env: { ...process.env, no_proxy: "*", RETRY_SECONDS: "0.2", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const log: string[] = [];
  const closed = new Promise((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        if (line.includes("for runs.")) resolve();
      });
    }
    closed.then(() => reject(new Error(`The runner did not start:\n${log.join("\n")}`)));
  });
  return { child, log, closed };
}
