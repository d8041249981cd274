/** Runs the example runner as a process for the tests (see `example-runner.ts`). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const EXAMPLES = join(import.meta.dirname, "../../examples");

const COMMANDS: Record<string, [command: string, program: string]> = {
  TypeScript: [process.execPath, join(EXAMPLES, "runner/runner.ts")],
  Python: ["python3", join(EXAMPLES, "runner-python/runner.py")],
};

/** All the example runners of one test run. */
export function createExampleRunners() {
  const runners: Awaited<ReturnType<typeof startExampleRunner>>[] = [];

  return {
    /** Answers the harness' `/example-runners…`. */
    async route(url: URL, body: string): Promise<unknown> {
      if (url.pathname === "/example-runners") {
        const runner = await startExampleRunner(url.searchParams.get("language") ?? "", JSON.parse(body));
        return { runner: runners.push(runner) - 1, url: runner.url };
      }
      const runner = runners[Number(url.searchParams.get("runner"))];
      if (url.pathname !== "/example-runners/stop" || !runner) throw new Error(`The harness has no ${url}.`);
      return runner.stop();
    },
    stopAll: () => Promise.all(runners.map((runner) => runner.stop())),
  };
}

/** Starts the example runner in this language. Its port is a free one if `environment` has no PORT. */
export async function startExampleRunner(language: string, environment: Record<string, string>) {
  const [command = "", program = ""] = COMMANDS[language] ?? [];
  const child = spawn(command, [program], {
    // The URLs of the tests are on this machine, so they must not go through a proxy.
    env: { ...process.env, no_proxy: "*", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  // "close" instead of "exit": by then all of its output was read.
  const closed = once(child, "close");
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const [listening] = /http:\/\/localhost:\d+\S*/.exec(line) ?? [];
        if (listening !== undefined) resolve(listening);
      });
    }
    closed.then(
      () => reject(new Error(`The example runner did not start:\n${log.join("\n")}`)),
      () => reject(new Error(`${command} is not installed, and the tests of the ${language} runner need it.`)),
    );
  });

  return {
    url,
    /** Stops the runner like Ctrl-C does. */
    async stop() {
      child.kill("SIGINT");
      await closed;
      return { code: child.exitCode, log };
    },
  };
}
